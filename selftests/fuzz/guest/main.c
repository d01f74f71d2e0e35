// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * main.c - fuzz the module from within the guest
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "corpus.h"
#include "execute.h"
#include "kcov.h"
#include "rounds.h"

#define SECONDS		20
#define ROUND_SECONDS	5
#define PROCS		4
#define PATIENCE	300
#define MODULE_FILE	"/khmap.ko"
#define REFUSALS	4	/* that are told of an operation */
#define SHARE		8	/* of so many steps of the journal one is done, at least */

struct fuzz_shared *fuzz_shared;

static void usage(FILE *to)
{
	fputs("Usage: fuzz [OPTION...]\n"
	      "Fuzzes the module khmap, as root, in a machine that may be lost.\n"
	      "\n"
	      "  --seed N           everything follows from it (default: the clock, and printed)\n"
	      "  --seconds N        for all rounds (default 20)\n"
	      "  --round N          seconds of a round (default 5)\n"
	      "  --ops N            programs of each process in a round, instead of a time, and\n"
	      "                     a life of the map with the journal for each 20 of them\n"
	      "  --rounds N         with --ops: so many (default 1)\n"
	      "  --procs N          processes, 1 to 16, and one with a journal (default 4)\n"
	      "  --module FILE      loaded again after each round (default /khmap.ko); \"\": never\n"
	      "  --log FILE         write each program before it is run\n"
	      "  --replay FILE      run the programs of such a file\n"
	      "  --life N           of the map with the journal: live it again, and tell each step\n"
	      "  --print N          print N programs of the seed, and run nothing\n"
	      "  --reprint FILE     read the programs of such a file and print them\n"
	      "  --corpus FILE      write the programs that reached something new\n"
	      "  --blind            do not look at what was reached\n"
	      "  --patience N       seconds that a call may take (default 300)\n"
	      "  --verbose          tell how often each operation was tried, succeeded, and why not\n",
	      to);
}

static uint64_t number(const char *text, uint64_t max)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end || end == text || value > max) {
		fprintf(stderr, "fuzz: not a number up to %" PRIu64 ": %s\n", max, text);
		exit(2);
	}
	return value;
}

/* What needs no module. */
static void print_programs(uint64_t seed, uint64_t count)
{
	static struct fuzz_program program;
	uint64_t i;

	for (i = 0; i < count; i++) {
		struct rng rng = rng_of(seed, i);

		fuzz_generate(&rng, &program);
		fuzz_print(stdout, &program);
	}
}

static int reprint(const char *name)
{
	static struct fuzz_program program;
	FILE *file = fopen(name, "re");
	int got;

	if (!file) {
		perror(name);
		return 1;
	}
	while ((got = fuzz_parse(file, &program)) > 0)
		fuzz_print(stdout, &program);
	fclose(file);
	return got ? 1 : 0;
}

static void parse(int argc, char **argv, struct fuzz_options *options, const char **corpus)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "round", required_argument, NULL, 'r' },
		{ "ops", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'O' },
		{ "procs", required_argument, NULL, 'p' },
		{ "module", required_argument, NULL, 'm' },
		{ "log", required_argument, NULL, 'l' },
		{ "replay", required_argument, NULL, 'R' },
		{ "life", required_argument, NULL, 'L' },
		{ "print", required_argument, NULL, 'n' },
		{ "reprint", required_argument, NULL, 'N' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "blind", no_argument, NULL, 'b' },
		{ "patience", required_argument, NULL, 'P' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (option) {
		case 's':
			options->seed = number(optarg, UINT64_MAX);
			break;
		case 't':
			options->seconds = (unsigned int)number(optarg, 1000000);
			break;
		case 'r':
			options->round_seconds = (unsigned int)number(optarg, 1000000);
			break;
		case 'o':
			options->programs = number(optarg, UINT64_MAX);
			break;
		case 'O':
			options->rounds = (unsigned int)number(optarg, 1000000);
			break;
		case 'p':
			options->procs = (unsigned int)number(optarg, FUZZ_WORKERS - 1);
			break;
		case 'm':
			options->module = *optarg ? optarg : NULL;
			break;
		case 'l':
			options->log = optarg;
			break;
		case 'R':
			options->replay = optarg;
			break;
		case 'L':
			options->life = number(optarg, UINT64_MAX);
			break;
		case 'n':
			print_programs(options->seed, number(optarg, UINT64_MAX));
			exit(0);
		case 'N':
			exit(reprint(optarg));
		case 'c':
			*corpus = optarg;
			break;
		case 'b':
			options->blind = true;
			break;
		case 'P':
			options->patience = (unsigned int)number(optarg, 100000);
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc || !options->procs) {
		usage(stderr);
		exit(2);
	}
}

static bool set_up(struct fuzz_options *options)
{
	fuzz_shared = mmap(NULL, sizeof(*fuzz_shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz_shared == MAP_FAILED || !fuzz_kcov_init() || !fuzz_corpus_init())
		return false;
	signal(SIGPIPE, SIG_IGN);
	if (options->module && access(options->module, R_OK)) {
		printf("# there is no %s: the module stays loaded\n", options->module);
		options->module = NULL;
	}
	if (!options->blind && access("/sys/kernel/debug/kcov", F_OK)) {
		printf("# this kernel has no KCOV: programs are made blindly\n");
		options->blind = true;
	}
	return true;
}

/* The errnos that an operation was refused with most often. */
static void tell_refusals(uint32_t op)
{
	uint32_t left, i, most;

	for (left = REFUSALS; left; left--) {
		most = 0;
		for (i = 1; i < FUZZ_ERRNOS; i++)
			if (fuzz_shared->refused[op][i] > fuzz_shared->refused[op][most])
				most = i;
		if (!most)
			break;
		printf("  %s %" PRIu32, strerrorname_np((int)most), fuzz_shared->refused[op][most]);
		fuzz_shared->refused[op][most] = 0;
	}
}

static void tell_operations(void)
{
	uint32_t i;

	printf("# %-14s %12s %12s  %s\n", "operation", "tried", "succeeded", "refused");
	for (i = 0; i < fuzz_op_count; i++) {
		printf("# %-14s %12" PRIu64 " %12" PRIu64, fuzz_ops[i].name, fuzz_shared->tried[i],
		       fuzz_shared->done[i]);
		tell_refusals(i);
		printf("\n");
	}
}

static void verdict(int which, bool good, const char *text)
{
	printf("%sok %d %s\n", good ? "" : "not ", which, text);
}

int main(int argc, char **argv)
{
	struct fuzz_options options = {
		.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32,
		.seconds = SECONDS,
		.round_seconds = ROUND_SECONDS,
		.rounds = 1,
		.procs = PROCS,
		.patience = PATIENCE,
		.module = MODULE_FILE,
	};
	const char *corpus = NULL, *slower = getenv("KHMAP_SLOWER");
	time_t begin = time(NULL);
	uint32_t rounds;
	bool reached;

	parse(argc, argv, &options, &corpus);
	/* A debug kernel takes its time. */
	if (slower) {
		options.patience *= (unsigned int)number(slower, 1000);
		options.round_seconds *= (unsigned int)number(slower, 1000);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..2\n");
	if (!set_up(&options)) {
		printf("Bail out! no memory\n");
		return 1;
	}
	printf("# --seed %" PRIu64 ", %u processes\n", options.seed, options.procs);
	/* What was there before would count as left over. */
	fuzz_leftovers(&options);
	rounds = fuzz_rounds(&options);
	fuzz_limits_end();
	if (options.verbose)
		tell_operations();
	printf("# %" PRIu64 " calls, %" PRIu64 " programs, %u rounds, %ld seconds\n",
	       fuzz_shared->calls, fuzz_shared->programs, rounds, (long)(time(NULL) - begin));
	printf("# %" PRIu64 " steps of the journal, %" PRIu64 " answers that something was done, %"
	       PRIu64 " refused for want of memory\n", fuzz_shared->journal_steps,
	       fuzz_shared->journal_done, fuzz_shared->journal_refused);
	if (!options.blind)
		printf("# %" PRIu64 " edges, %" PRIu64 " places in the module, %u programs kept\n",
		       fuzz_kcov_edges(), fuzz_kcov_places(), fuzz_corpus_count());
	if (corpus) {
		FILE *file = fopen(corpus, "we");

		if (file) {
			fuzz_corpus_print(file);
			fclose(file);
		}
	}
	verdict(1, !fuzz_problems(), "what must hold after each round holds");
	reached = options.replay || options.life ||
		  (fuzz_shared->programs && fuzz_shared->journal_steps &&
		   fuzz_shared->journal_done * SHARE >= fuzz_shared->journal_steps);
	/* The journal alone does not look. */
	if (!options.blind && !options.life && !fuzz_kcov_edges()) {
		printf("# KCOV sees nothing of the module (KCOV_INSTRUMENT=y when it is built)\n");
		reached = false;
	}
	verdict(2, reached, "programs ran and were seen, and the journal did things");
	return fuzz_problems() || !reached;
}
