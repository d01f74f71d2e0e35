// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * get.cc - single-thread look-ups of 8-byte keys and values
 *
 * khmap through the read path of a mapping against boost::unordered_flat_map
 * and LMDB, in one run, on the same keys.  Each figure is the median of
 * several rounds; the subjects take turns within a round, so that what
 * disturbs the machine disturbs all.
 */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <getopt.h>
#include <unistd.h>
#include <jansson.h>

#include "bench.hh"

namespace {

struct options {
	std::vector<std::size_t> sizes = { 100000, 1000000, 10000000 };
	int rounds = 5;
	std::size_t lookups = 4000000;
	bool json = false;
};

/* Places of the peers among the subjects. */
const std::size_t boost_at = 4, lmdb_at = 5;

struct figures {
	double hit, miss, chase;
};

double median(std::vector<double> v)
{
	std::sort(v.begin(), v.end());
	return v[v.size() / 2];
}

template <typename F> double time_ns(std::size_t count, F work)
{
	auto start = std::chrono::steady_clock::now();

	work();
	std::chrono::duration<double, std::nano> spent =
		std::chrono::steady_clock::now() - start;
	return spent.count() / (double)count;
}

workload make_workload(std::size_t entries, std::size_t lookups)
{
	std::mt19937_64 random(entries);
	workload w;

	/* Odd keys are stored; even ones are not. */
	w.keys.resize(entries);
	for (auto &key : w.keys)
		key = random() | 1;
	std::sort(w.keys.begin(), w.keys.end());
	w.keys.erase(std::unique(w.keys.begin(), w.keys.end()), w.keys.end());
	std::shuffle(w.keys.begin(), w.keys.end(), random);
	w.hits.resize(lookups);
	for (auto &key : w.hits)
		key = w.keys[random() % w.keys.size()];
	w.misses.resize(lookups);
	for (auto &key : w.misses)
		key = random() & ~1ull;
	return w;
}

std::vector<figures> measure(const workload &w, const options &o,
			     std::vector<std::unique_ptr<subject>> &subjects)
{
	std::vector<std::vector<double>> hit(subjects.size()),
		miss(subjects.size()), chase(subjects.size());
	std::size_t steps = o.lookups / 4;
	std::vector<figures> result;
	std::uint64_t expect = 0, end = 0;

	for (int round = 0; round <= o.rounds; round++) {
		for (std::size_t i = 0; i < subjects.size(); i++) {
			std::uint64_t sum = 0, none = 0, last = 0;
			double h, m, c;

			h = time_ns(w.hits.size(), [&] {
				sum = subjects[i]->find(w.hits);
			});
			m = time_ns(w.misses.size(), [&] {
				none = subjects[i]->find(w.misses);
			});
			c = time_ns(steps, [&] {
				last = subjects[i]->chase(w.keys[0], steps);
			});
			if (!round && !i) {
				expect = sum;
				end = last;
			}
			if (sum != expect || none || last != end) {
				fprintf(stderr, "bench: %s gives other values than %s\n",
					subjects[i]->name(),
					subjects[0]->name());
				exit(1);
			}
			/* Round 0 warms up. */
			if (round) {
				hit[i].push_back(h);
				miss[i].push_back(m);
				chase[i].push_back(c);
			}
		}
		if (isatty(2))
			fprintf(stderr, "\r%zu entries: round %d of %d ",
				w.keys.size(), round, o.rounds);
	}
	if (isatty(2))
		fprintf(stderr, "\r\033[K");
	for (std::size_t i = 0; i < subjects.size(); i++)
		result.push_back({ median(hit[i]), median(miss[i]),
				   median(chase[i]) });
	return result;
}

void print_text(std::size_t entries, const std::vector<figures> &f,
		const std::vector<std::unique_ptr<subject>> &subjects)
{
	printf("\n%zu entries%*s hit ns  miss ns  chain ns  bytes/entry   hit / boost  hit / LMDB\n",
	       entries, 17 - (int)std::to_string(entries).size(), "");
	for (std::size_t i = 0; i < f.size(); i++)
		printf("  %-25s %6.1f   %6.1f    %6.1f       %6.1f        %6.2f      1/%.1f\n",
		       subjects[i]->name(), f[i].hit, f[i].miss, f[i].chase,
		       subjects[i]->bytes_per_entry(), f[i].hit / f[boost_at].hit,
		       f[lmdb_at].hit / f[i].hit);
}

json_t *make_json(std::size_t entries, const std::vector<figures> &f,
		  const std::vector<std::unique_ptr<subject>> &subjects)
{
	json_t *rows = json_array();

	for (std::size_t i = 0; i < f.size(); i++)
		json_array_append_new(rows, json_pack(
			"{s:s, s:f, s:f, s:f, s:f, s:f, s:f}",
			"subject", subjects[i]->name(), "hit_ns", f[i].hit,
			"miss_ns", f[i].miss, "chain_ns", f[i].chase,
			"bytes_per_entry", subjects[i]->bytes_per_entry(),
			"hit_to_boost", f[i].hit / f[boost_at].hit,
			"hit_to_lmdb", f[i].hit / f[lmdb_at].hit));
	return json_pack("{s:I, s:o}", "entries", (json_int_t)entries,
			 "subjects", rows);
}

void usage(FILE *out)
{
	fprintf(out,
		"Usage: bench-get [--rounds N] [--lookups N] [--json] [ENTRIES...]\n"
		"Single-thread look-ups of 8-byte keys and values: khmap against\n"
		"boost::unordered_flat_map and LMDB, medians of N rounds (5).\n"
		"ENTRIES default to 100000 1000000 10000000.\n");
}

options parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "rounds", required_argument, nullptr, 'r' },
		{ "lookups", required_argument, nullptr, 'l' },
		{ "json", no_argument, nullptr, 'j' },
		{ "help", no_argument, nullptr, 'h' },
		{ }
	};
	options o;
	int c;

	while ((c = getopt_long(argc, argv, "r:l:jh", longs, nullptr)) != -1) {
		switch (c) {
		case 'r':
			o.rounds = atoi(optarg);
			break;
		case 'l':
			o.lookups = strtoull(optarg, nullptr, 0);
			break;
		case 'j':
			o.json = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc)
		o.sizes.clear();
	for (; optind < argc; optind++)
		o.sizes.push_back(strtoull(argv[optind], nullptr, 0));
	if (o.rounds < 1 || o.lookups < 4 ||
	    std::count(o.sizes.begin(), o.sizes.end(), 0)) {
		usage(stderr);
		exit(2);
	}
	return o;
}

} /* namespace */

int main(int argc, char **argv)
{
	options o = parse(argc, argv);
	json_t *runs = json_array();

	for (std::size_t entries : o.sizes) {
		workload w = make_workload(entries, o.lookups);
		std::vector<std::unique_ptr<subject>> subjects;

		subjects.push_back(make_khmap(w));
		subjects.push_back(make_khmap_default(w));
		subjects.push_back(make_khmap_dense(w));
		subjects.push_back(make_khmap_generic(w));
		subjects.push_back(make_boost(w));
		subjects.push_back(make_lmdb(w));
		auto f = measure(w, o, subjects);

		if (o.json)
			json_array_append_new(runs, make_json(entries, f,
							      subjects));
		else
			print_text(entries, f, subjects);
	}
	if (o.json) {
		json_dumpf(runs, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(runs);
	return 0;
}
