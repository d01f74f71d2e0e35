// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * main.cc - khmap beside its peers, natively; the samples go to one file
 *
 * bench-report makes tables and charts of the file.
 */
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <getopt.h>

#include "bench.hh"

namespace {

void usage(FILE *out)
{
	fprintf(out,
		"Usage: bench [OPTION...] [ENTRIES...]\n"
		"Measures single-thread look-ups and puts of 8-byte keys and values: khmap\n"
		"against boost::unordered_flat_map, absl::flat_hash_map and LMDB. The samples\n"
		"go to a file in JSON, of which bench-report makes tables.\n\n"
		"  --output FILE      the file (bench.json)\n"
		"  --rounds N         rounds of each (5)\n"
		"  --lookups N        look-ups of a round (4000000)\n"
		"  --doubling LIST    sizes, with commas between, from which ten sizes across a\n"
		"                     doubling are measured (100000,1000000,10000000); 0 for none\n"
		"  --puts N           keys that are put into an empty map (10000000); 0 for none\n"
		"  --revision TEXT    of the sources, for the file\n"
		"  ENTRIES            sizes that look-ups are measured at (100000 1000000\n"
		"                     10000000)\n");
}

[[noreturn]] void wrong()
{
	usage(stderr);
	exit(2);
}

std::size_t number(const char *text, std::size_t least)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || n < least)
		wrong();
	return n;
}

std::vector<std::size_t> numbers(char *list)
{
	std::vector<std::size_t> out;

	for (char *word = strtok(list, ","); word; word = strtok(nullptr, ","))
		if (std::size_t n = number(word, 0))
			out.push_back(n);
	return out;
}

options parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, nullptr, 'o' },
		{ "rounds", required_argument, nullptr, 'r' },
		{ "lookups", required_argument, nullptr, 'l' },
		{ "doubling", required_argument, nullptr, 'd' },
		{ "puts", required_argument, nullptr, 'p' },
		{ "revision", required_argument, nullptr, 'v' },
		{ "help", no_argument, nullptr, 'h' },
		{ }
	};
	options o;
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, nullptr)) != -1) {
		switch (c) {
		case 'o':
			o.output = optarg;
			break;
		case 'r':
			o.rounds = (int)number(optarg, 1);
			break;
		case 'l':
			o.lookups = number(optarg, 4);
			break;
		case 'd':
			o.doublings = numbers(optarg);
			break;
		case 'p':
			o.puts = number(optarg, 0);
			break;
		case 'v':
			o.revision = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			wrong();
		}
	}
	if (optind < argc)
		o.sizes.clear();
	for (; optind < argc; optind++)
		o.sizes.push_back(number(argv[optind], 1));
	return o;
}

} /* namespace */

int main(int argc, char **argv)
{
	options o = parse(argc, argv);
	json_t *root = json_pack("{s:I, s:o, s:o, s:{s:i, s:I}}", "version",
				 (json_int_t)1, "machine",
				 host_describe(o.revision, BENCH_FLAGS,
						  peer_versions()),
				 "load_average_before", host_load(),
				 "options", "rounds", o.rounds, "lookups",
				 (json_int_t)o.lookups);

	json_object_set_new(root, "get", measure_get(o));
	json_object_set_new(root, "doubling", measure_doubling(o));
	if (o.puts)
		json_object_set_new(root, "put", measure_put(o));
	json_object_set_new(root, "load_average_after", host_load());
	if (host_write(root, o.output))
		return 1;
	json_decref(root);
	return 0;
}
