// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_reserve.c - khmapctl reserve
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "progress.h"

enum reserve_option {
	RESERVE_SAMPLE = 256,
	RESERVE_DRY_RUN,
};

static const struct option reserve_options[] = {
	{ "sample", required_argument, NULL, RESERVE_SAMPLE },
	{ "dry-run", no_argument, NULL, RESERVE_DRY_RUN },
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char reserve_help[] =
	"Usage: khmapctl reserve NAME N [--dry-run] [--json]\n"
	"       khmapctl reserve NAME --sample FILE [--dry-run] [--json]\n"
	"Grows a map so that it holds N entries at its target load without growing further, or\n"
	"as many as a sample of sizes advises: their mean and two standard deviations.\n"
	"\n"
	"  --sample FILE  whole numbers, such as the entries of each day; - is standard input\n"
	"  --dry-run      say what it would take, and do nothing\n"
	"  -j, --json     as a JSON object\n"
	"\n"
	"Examples:\n"
	"  khmapctl reserve routes 1M\n"
	"  khmapctl reserve sessions --sample sizes.txt --dry-run\n";

/**
 * struct reserve - what is asked for and what it takes
 * @entries: to hold
 * @count: of the sample; 0 without one
 * @mean: of the sample
 * @deviation: standard deviation of the sample
 * @pages: primary pages for the entries
 * @bytes: of those pages
 */
struct reserve {
	uint64_t entries;
	uint64_t count;
	double mean;
	double deviation;
	uint64_t pages;
	uint64_t bytes;
};

/* Mean and deviation in one pass, after Welford (1962). */
static void reserve_add(struct reserve *reserve, double size, double *squares)
{
	double off = size - reserve->mean;

	reserve->count++;
	reserve->mean += off / (double)reserve->count;
	*squares += off * (size - reserve->mean);
}

static int reserve_sample(struct reserve *reserve, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *line = NULL, *word, *rest;
	unsigned long number = 0;
	double squares = 0;
	int code = CLI_OK;
	size_t room = 0;

	if (!file)
		return cli_error(CLI_FAILED, "%s: %s", path, strerror(errno));
	while (code == CLI_OK && getline(&line, &room, file) > 0) {
		number++;
		for (rest = line; code == CLI_OK && (word = strtok_r(rest, " \t\r\n", &rest));) {
			uint64_t size;

			if (cli_number(word, UINT64_MAX >> 1, &size))
				reserve_add(reserve, (double)size, &squares);
			else
				code = cli_error(CLI_FAILED,
						 "%s:%lu: \"%s\" is not a whole number", path,
						 number, word);
		}
	}
	if (code == CLI_OK && ferror(file))
		code = cli_error(CLI_FAILED, "%s: %s", path, strerror(errno));
	if (code == CLI_OK && !reserve->count)
		code = cli_error(CLI_FAILED, "%s: there is no number in it", path);
	free(line);
	if (file != stdin)
		fclose(file);
	if (code != CLI_OK)
		return code;
	if (reserve->count > 1)
		reserve->deviation = sqrt(squares / (double)(reserve->count - 1));
	reserve->entries = (uint64_t)ceil(reserve->mean + 2 * reserve->deviation);
	return CLI_OK;
}

static void reserve_cost(struct reserve *reserve, const struct khmap_image_header *h)
{
	double slots = (double)h->geometry.buckets_per_page * h->geometry.bucket_slots *
		       h->load_percent / 100;

	reserve->pages = (uint64_t)ceil((double)reserve->entries / slots);
	reserve->bytes = reserve->pages << h->geometry.page_shift;
}

static int reserve_print(const struct reserve *reserve, bool json, bool done)
{
	char amount[32];

	if (json)
		return cli_json(json_pack("{s:I, s:I, s:I, s:b, s:o, s:o, s:o}",
					  "entries", (json_int_t)reserve->entries,
					  "pages", (json_int_t)reserve->pages,
					  "bytes", (json_int_t)reserve->bytes,
					  "done", done,
					  "sample", reserve->count ?
						json_integer((json_int_t)reserve->count) :
						json_null(),
					  "mean", reserve->count ? json_real(reserve->mean) :
						json_null(),
					  "deviation", reserve->count ?
						json_real(reserve->deviation) : json_null()), 0);
	if (reserve->count)
		printf("%llu sizes: mean %.1f, deviation %.1f\n",
		       (unsigned long long)reserve->count, reserve->mean, reserve->deviation);
	progress_amount(amount, sizeof(amount), (double)reserve->bytes);
	printf("%s for %llu entries: %llu primary pages, %s\n", done ? "reserved" : "would reserve",
	       (unsigned long long)reserve->entries, (unsigned long long)reserve->pages, amount);
	return CLI_OK;
}

/* Of a dry run: what the kernel would refuse for good, whoever asks and whenever. */
static int reserve_foresee(struct khmap *map, const char *name, const struct reserve *reserve)
{
	const struct khmap_image_header *h = khmap_header(map);
	struct khmap_ioc_stat stat;
	int err;

	if (h->kind != KHMAP_IMAGE_LIVE)
		return cli_error(CLI_FAILED, "%s: is a snapshot and cannot be changed", name);
	if (reserve->entries > h->max_entries)
		return cli_error(CLI_FAILED, "%s: the map is at its ceiling of %llu entries", name,
				 (unsigned long long)h->max_entries);
	if (reserve->pages > (h->overflow_offset - h->primary_offset) >> h->geometry.page_shift)
		return cli_error(CLI_FAILED,
				 "%s: the map is at its ceiling: its regions have no room", name);
	err = khmap_stat(map, &stat);
	if (err)
		return cli_failed(err);
	if (stat.max_bytes && reserve->bytes > stat.max_bytes)
		return cli_error(CLI_FAILED, "%s: %llu bytes are above the map's limit of %llu",
				 name, (unsigned long long)reserve->bytes,
				 (unsigned long long)stat.max_bytes);
	return CLI_OK;
}

/* Memory that ran out, unless a limit told so before, was taken for what could be had. */
static int reserve_real(struct khmap *map, __u64 entries)
{
	struct khmap_ioc_stat stat;
	int err = khmap_stat(map, &stat), code;
	__u32 before = stat.primary_pages;

	if (!err)
		err = khmap_reserve(map, entries);
	if (!err)
		return CLI_OK;
	code = cli_failed(err);
	if (!khmap_stat(map, &stat) && stat.primary_pages != before)
		cli_note("the map has grown part of the way, and keeps its %u primary pages",
			 stat.primary_pages);
	return code;
}

static int reserve_do(const char *name, struct reserve *reserve, bool json, bool dry)
{
	struct cli_map map = { .map = NULL };
	int code = cli_open(name, dry ? 0 : KHMAP_OPEN_WRITE, &map);

	if (code)
		return code;
	reserve_cost(reserve, khmap_header(map.map));
	if (dry)
		code = reserve_foresee(map.map, name, reserve);
	else
		code = reserve_real(map.map, reserve->entries);
	if (!code)
		code = reserve_print(reserve, json, !dry);
	cli_close(&map);
	return code;
}

static int reserve_run(int argc, char **argv)
{
	struct reserve reserve = { .entries = 0 };
	bool json = false, dry = false;
	const char *sample = NULL;
	int option, code = CLI_OK;

	while ((option = cli_option(argc, argv, "j", reserve_options, &code)) > 0) {
		if (option == RESERVE_SAMPLE)
			sample = optarg;
		else if (option == RESERVE_DRY_RUN)
			dry = true;
		else
			json = true;
	}
	if (!option)
		return code;
	if (optind + (sample ? 1 : 2) != argc)
		return cli_usage(sample ? "one NAME is needed, and no number" :
				 "NAME and a number of entries are needed");
	if (sample)
		code = reserve_sample(&reserve, sample);
	else if (!cli_number(argv[optind + 1], UINT64_MAX >> 1, &reserve.entries))
		code = cli_usage("\"%s\" is not a whole number 0..%llu; " CLI_UNITS,
				 argv[optind + 1], (unsigned long long)UINT64_MAX >> 1);
	return code ? code : reserve_do(argv[optind], &reserve, json, dry);
}

const struct cli_command cli_reserve = {
	.name = "reserve",
	.summary = "grow a map now, for so many entries",
	.help = reserve_help,
	.run = reserve_run,
};
