// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * workload.cc - random keys, and what every part of the benchmark needs
 */
#include <algorithm>
#include <cstdio>
#include <random>
#include <unistd.h>

#include "bench.hh"

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

const char *role_name(role r)
{
	switch (r) {
	case role::khmap:
		return "khmap";
	case role::peer:
		return "peer";
	case role::other:
		break;
	}
	return "other";
}

json_t *json_reals(const std::vector<double> &v)
{
	json_t *array = json_array();

	for (double x : v)
		json_array_append_new(array, json_real(x));
	return array;
}

void progress(const char *what, std::size_t entries, int round, int rounds)
{
	if (!isatty(2))
		return;
	fprintf(stderr, "\r\033[K");
	if (round < rounds)
		fprintf(stderr, "%s, %zu entries: round %d of %d ", what,
			entries, round + 1, rounds);
}
