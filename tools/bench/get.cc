// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * get.cc - single-thread look-ups of 8-byte keys and values
 *
 * khmap through the read path of a mapping against its peers, on the same keys.
 * The subjects take turns within a round, so that what disturbs the machine
 * disturbs all.
 */
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <linux/khmap.h>

#include "bench.hh"

namespace {

struct samples {
	std::vector<double> hit, miss, chain, many;
};

void check(const subject &s, std::uint64_t got, std::uint64_t want)
{
	if (got == want)
		return;
	fprintf(stderr, "bench: %s gives other values than the rest\n", s.name());
	exit(1);
}

/* One round of one subject. */
void measure(subject &s, const workload &w, std::uint64_t expect,
	     std::uint64_t end, samples *out)
{
	std::size_t steps = w.hits.size() / 4;
	std::uint64_t sum = 0, none = 0, last = 0;
	double h, m, c, many = 0;

	h = time_ns(w.hits.size(), [&] { sum = s.find(w.hits); });
	check(s, sum, expect);
	m = time_ns(w.misses.size(), [&] { none = s.find(w.misses); });
	check(s, none, 0);
	c = time_ns(steps, [&] { last = s.chase(w.keys[0], steps); });
	check(s, last, end);
	if (s.has_find_many()) {
		many = time_ns(w.hits.size(), [&] { sum = s.find_many(w.hits); });
		check(s, sum, expect);
	}
	if (!out)
		return;
	out->hit.push_back(h);
	out->miss.push_back(m);
	out->chain.push_back(c);
	if (s.has_find_many())
		out->many.push_back(many);
}

/* All rounds of all subjects. */
json_t *measure_all(const char *what, const workload &w, const options &o,
		    const subjects &list)
{
	std::vector<samples> got(list.size());
	std::uint64_t expect = list[0]->find(w.hits);
	std::uint64_t end = list[0]->chase(w.keys[0], w.hits.size() / 4);
	json_t *rows = json_array();

	for (int round = -1; round < o.rounds; round++) {
		progress(what, w.keys.size(), round, o.rounds);
		/* The first warms up. */
		for (std::size_t i = 0; i < list.size(); i++)
			measure(*list[i], w, expect, end,
				round < 0 ? nullptr : &got[i]);
	}
	progress(what, 0, o.rounds, o.rounds);
	for (std::size_t i = 0; i < list.size(); i++) {
		json_t *row = json_pack("{s:s, s:s, s:f, s:o, s:o, s:o}",
					"name", list[i]->name(),
					"role", role_name(list[i]->is()),
					"bytes_per_entry",
					list[i]->bytes_per_entry(),
					"hit_ns", json_reals(got[i].hit),
					"miss_ns", json_reals(got[i].miss),
					"chain_ns", json_reals(got[i].chain));

		if (!std::isnan(list[i]->image_bytes_per_entry()))
			json_object_set_new(row, "image_bytes_per_entry",
					    json_real(list[i]->image_bytes_per_entry()));
		if (!got[i].many.empty())
			json_object_set_new(row, "many_ns",
					    json_reals(got[i].many));
		json_array_append_new(rows, row);
	}
	return json_pack("{s:I, s:o}", "entries", (json_int_t)w.keys.size(),
			 "subjects", rows);
}

} /* namespace */

json_t *measure_get(const options &o)
{
	json_t *runs = json_array();

	for (std::size_t entries : o.sizes) {
		workload w = make_workload(entries, o.lookups);
		subjects list;

		list.push_back(make_khmap(w, KHMAP_LOAD_FAST));
		list.push_back(make_khmap(w, KHMAP_LOAD_DEFAULT));
		list.push_back(make_khmap(w, KHMAP_LOAD_DENSE));
		list.push_back(make_khmap_generic(w, KHMAP_LOAD_FAST));
		list.push_back(make_boost(w));
		list.push_back(make_absl(w));
		list.push_back(make_lmdb(w));
		json_array_append_new(runs, measure_all("look-ups", w, o, list));
	}
	return runs;
}

/*
 * Both a table that doubles and one that grows page by page have good and bad
 * sizes; ten of them across a doubling show which.
 */
json_t *measure_doubling(const options &o)
{
	const int points = 10;
	json_t *runs = json_array();

	for (std::size_t first : o.doublings) {
		json_t *at = json_array();

		for (int point = 0; point < points; point++) {
			auto entries = (std::size_t)((double)first *
						     std::exp2((double)point / points));
			workload w = make_workload(entries, o.lookups);
			subjects list;

			list.push_back(make_khmap(w, KHMAP_LOAD_DEFAULT));
			list.push_back(make_khmap(w, KHMAP_LOAD_DENSE));
			list.push_back(make_boost(w));
			list.push_back(make_absl(w));
			json_array_append_new(at, measure_all("doubling", w, o,
							      list));
		}
		json_array_append_new(runs, json_pack("{s:I, s:o}",
						      "from", (json_int_t)first,
						      "points", at));
	}
	return runs;
}
