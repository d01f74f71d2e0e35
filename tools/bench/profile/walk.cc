// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * walk.cc - one subject does one thing, for a simulator of caches to count
 *
 * What counts is what bench_marked() does; the rest prepares it.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <linux/khmap.h>

#include "../bench.hh"

namespace {

const std::size_t walk_lookups = 200000;

struct maker {
	const char *name;
	std::unique_ptr<subject> (*make)(const workload &w);
	std::unique_ptr<put_subject> (*make_put)();
};

const maker makers[] = {
	{ "khmap", [](const workload &w) { return make_khmap(w, KHMAP_LOAD_DEFAULT); },
	  make_khmap_put },
	{ "khmap-batch", nullptr, make_khmap_put_many },
	{ "boost", make_boost, make_boost_put },
	{ "absl", make_absl, make_absl_put },
	{ "lmdb", make_lmdb, nullptr },
};

[[noreturn]] void usage()
{
	fprintf(stderr, "Usage: bench-walk SUBJECT hit|miss|put ENTRIES\n"
			"Looks %zu keys up in a map of so many entries, or puts as many new keys as that\n"
			"into one that begins small. Prints how many operations bench_marked() made.\n"
			"Subjects:", walk_lookups);
	for (const maker &m : makers)
		fprintf(stderr, " %s", m.name);
	fputc('\n', stderr);
	exit(2);
}

} /* namespace */

/* Found by its name; not inlined, and not left by a jump. */
extern "C" __attribute__((noinline)) void bench_marked(const std::function<void()> &work)
{
	work();
	__asm__ volatile("" : : : "memory");
}

int main(int argc, char **argv)
{
	std::size_t entries = argc == 4 ? strtoull(argv[3], nullptr, 10) : 0;
	const maker *chosen = nullptr;

	for (const maker &m : makers)
		if (argc == 4 && !strcmp(argv[1], m.name))
			chosen = &m;
	if (!chosen || !entries)
		usage();
	workload w = make_workload(entries, walk_lookups);
	if (!strcmp(argv[2], "put") && chosen->make_put) {
		std::unique_ptr<put_subject> map = chosen->make_put();

		bench_marked([&] { map->put(w.keys); });
		printf("%zu\n", w.keys.size());
	} else if ((!strcmp(argv[2], "hit") || !strcmp(argv[2], "miss")) && chosen->make) {
		const std::vector<std::uint64_t> &keys = argv[2][0] == 'h' ? w.hits : w.misses;
		std::unique_ptr<subject> map = chosen->make(w);

		bench_marked([&] { map->find(keys); });
		printf("%zu\n", keys.size());
	} else {
		usage();
	}
	return 0;
}
