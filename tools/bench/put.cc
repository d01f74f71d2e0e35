// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * put.cc - single-thread puts of new keys into a map that begins small
 *
 * Twice a round: once for the time of all of them, and once with a clock read
 * around each, for a histogram, which adds the histograms of all rounds up.
 */
#include <cstdio>
#include <cstdlib>

#include "bench.hh"

namespace {

std::unique_ptr<put_subject> make(int which)
{
	switch (which) {
	case 0:
		return make_khmap_put();
	case 1:
		return make_khmap_put_many();
	case 2:
		return make_boost_put();
	default:
		return make_absl_put();
	}
}

void check(const put_subject &s, std::size_t entries)
{
	if (s.size() == entries)
		return;
	fprintf(stderr, "bench: %s holds %zu keys, not %zu\n", s.name(),
		(std::size_t)s.size(), entries);
	exit(1);
}

} /* namespace */

json_t *measure_put(const options &o)
{
	const int subjects_count = 4;
	std::vector<std::vector<double>> total(subjects_count);
	std::vector<histogram> latency(subjects_count);
	workload w = make_workload(o.puts, 1);
	double tick_ns = clock_tick_ns();
	json_t *rows = json_array();

	for (int round = 0; round < o.rounds; round++) {
		progress("puts", w.keys.size(), round, o.rounds);
		for (int i = 0; i < subjects_count; i++) {
			auto map = make(i);

			total[i].push_back(time_ns(w.keys.size(), [&] {
				map->put(w.keys);
			}));
			check(*map, w.keys.size());
			if (!map->has_latency())
				continue;
			map = nullptr;
			map = make(i);
			map->put_timed(w.keys, latency[i]);
			check(*map, w.keys.size());
		}
	}
	progress("puts", 0, o.rounds, o.rounds);
	for (int i = 0; i < subjects_count; i++) {
		auto map = make(i);
		json_t *row = json_pack("{s:s, s:s, s:o}", "name", map->name(),
					"role", role_name(map->is()),
					"put_ns", json_reals(total[i]));

		if (map->has_latency())
			json_object_set_new(row, "latency_ns",
					    histogram_json(&latency[i], tick_ns));
		json_array_append_new(rows, row);
	}
	return json_pack("{s:I, s:I, s:f, s:o}", "entries",
			 (json_int_t)w.keys.size(), "from",
			 (json_int_t)put_first_size, "tick_ns", tick_ns,
			 "subjects", rows);
}
