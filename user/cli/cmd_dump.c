// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_dump.c - khmapctl dump
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "progress.h"
#include "record_print.h"
#include "record_sort.h"

#define DUMP_STEP 1024

static const struct option dump_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "sort", no_argument, NULL, 's' },
	{ "limit", required_argument, NULL, 'l' },
	{ "delimiter", required_argument, NULL, 'd' },
	{ "no-header", no_argument, NULL, 'H' },
	{ NULL, 0, NULL, 0 },
};

static const char dump_help[] =
	"Usage: khmapctl dump NAME [OPTION...]\n"
	"Prints all keys and values, in no order unless sorted.  NAME may be the path of a snapshot\n"
	"file.  Each bucket of a live map is as it was at one instant; for all of it, take a snapshot.\n"
	"\n"
	"  -f, --format FORMAT  text (default), " RECORD_FORMATS "; all but text can\n"
	"                       be loaded\n"
	"  -j, --json           the same as --format ndjson\n"
	"  -s, --sort           by key, so that equal contents give equal output; what does not fit\n"
	"                       into 64 MiB is sorted in a temporary file, in $TMPDIR or /tmp\n"
	"  -l, --limit N        stop after N entries\n"
	"  -d, --delimiter C    between the cells of CSV (,)\n"
	"  --no-header          CSV without names of columns\n"
	"\n"
	"Examples:\n"
	"  khmapctl dump routes --format csv >routes.csv\n"
	"  khmapctl dump ./packages.khmap --json | jq -r .value.version\n";

/**
 * struct dump_request - What is wanted.
 * @map: the map
 * @options: how records are written
 * @limit: entries at most
 * @sort: by key
 */
struct dump_request {
	struct cli_map map;
	struct record_options options;
	uint64_t limit;
	bool sort;
};

/* Another thing went wrong: the exit status is that of the worst. */
static void dump_worse(int *code, int another)
{
	*code = another > *code ? another : *code;
}

/* Write a record; 0, or the exit status in @code: -EILSEQ leaves it out. */
static int dump_put(struct record_sink *sink, const void *key, const void *value, int *code)
{
	int err = record_put(sink, key, value);

	if (err == -EILSEQ)
		dump_worse(code, cli_error(CLI_NO, "%s; left out", khmap_reason()));
	else if (err && errno != EPIPE)
		dump_worse(code, cli_failed(err));
	return err;
}

/* Returns the exit status so far, which was @code before. */
static int dump_sorted(const struct dump_request *request, struct record_sort *sort,
		       struct record_sink *sink, uint64_t *done, int code)
{
	size_t key_size = khmap_schema_key_size(request->map.schema);
	const unsigned char *record;

	while (*done < request->limit && !cli_interrupted()) {
		int got = record_sort_next(sort, &record), err;

		if (got < 0) {
			dump_worse(&code, cli_failed(got));
			break;
		}
		if (!got)
			break;
		err = dump_put(sink, record, record + key_size, &code);
		if (err && err != -EILSEQ)
			break;
		*done += !err;
	}
	return code;
}

/*
 * Records are written, or with @sort kept; receives the exit status so far.  Returns
 * false if they could not be kept, and so cannot be sorted.
 */
static bool dump_entries(const struct dump_request *request, struct khmap_iter *iter,
			 struct record_sink *sink, struct record_sort *sort,
			 uint64_t *done, int *code)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct khmap_ioc_stat stat = { .entries = 0 };
	struct progress progress;
	uint64_t seen = 0, lost = 0;
	int got = 1, err = 0;

	if (khmap_stat(request->map.map, &stat))
		stat.entries = 0;
	progress_start(&progress, PROGRESS_THINGS, stat.entries, false);
	/* A bar in between the lines of a dump would help nobody. */
	progress.shown = progress.shown && !isatty(STDOUT_FILENO);
	while (*done < request->limit && !cli_interrupted()) {
		got = khmap_iter_next(iter, key, value);
		if (!got)
			break;
		if (got == -EUCLEAN) {
			dump_worse(code, cli_error(CLI_REFUSED, "%s", khmap_reason()));
			continue;
		}
		if (got == -EIO) {
			/* The reason is the same for all of them. */
			if (!lost++)
				dump_worse(code, cli_failed(got));
			continue;
		}
		if (got < 0) {
			dump_worse(code, cli_failed(got));
			break;
		}
		if (request->sort) {
			err = record_sort_add(sort, key, value);
			if (err)
				dump_worse(code, cli_failed(err));
		} else {
			err = dump_put(sink, key, value, code);
			*done += !err;
		}
		if (err == -EILSEQ)
			continue;
		if (err)
			break;
		if (++seen % DUMP_STEP == 0)
			progress_show(&progress, seen);
	}
	progress_end(&progress);
	return got >= 0 && !(request->sort && err);
}

static int dump_map(const struct dump_request *request)
{
	struct record_sort *sort = NULL;
	struct record_sink *sink = NULL;
	struct khmap_iter *iter = NULL;
	uint64_t done = 0;
	int err, code = CLI_OK;
	bool kept;

	err = khmap_iter_create(request->map.map, &iter);
	if (!err)
		err = record_sink_open(stdout, request->map.schema, &request->options, &sink);
	if (!err && request->sort)
		err = record_sort_open(request->map.schema, RECORD_SORT_MEMORY, &sort);
	if (err) {
		code = cli_failed(err);
		record_sink_close(sink);
		khmap_iter_free(iter);
		return code;
	}
	cli_interrupt_catch();
	kept = dump_entries(request, iter, sink, sort, &done, &code);
	if (request->sort && kept)
		code = dump_sorted(request, sort, sink, &done, code);
	record_sort_close(sort);
	record_sink_close(sink);
	khmap_iter_free(iter);
	if (cli_interrupted())
		return cli_error(CLI_INTERRUPTED, "interrupted after %llu entries",
				 (unsigned long long)done);
	return code;
}

static int dump_option(int option, struct dump_request *request)
{
	switch (option) {
	case 'f':
		if (record_format_find(optarg, &request->options.format))
			return cli_usage("--format: text, " RECORD_FORMATS ", not \"%s\"",
					 optarg);
		return CLI_OK;
	case 'j':
		request->options.format = RECORD_NDJSON;
		return CLI_OK;
	case 's':
		request->sort = true;
		return CLI_OK;
	case 'l':
		if (!cli_number(optarg, UINT64_MAX, &request->limit))
			return cli_usage("--limit: \"%s\" is no whole number 0..%llu; " CLI_UNITS,
					 optarg, (unsigned long long)UINT64_MAX);
		return CLI_OK;
	case 'd':
		if (strlen(optarg) != 1)
			return cli_usage("--delimiter: one byte, not \"%s\"", optarg);
		request->options.delimiter = *optarg;
		return CLI_OK;
	default:
		request->options.no_header = true;
		return CLI_OK;
	}
}

static int dump_run(int argc, char **argv)
{
	struct dump_request request = {
		.options = { .format = RECORD_TEXT },
		.limit = UINT64_MAX,
	};
	int option, code = CLI_OK;

	while ((option = cli_option(argc, argv, "f:jsl:d:", dump_options, &code)) > 0) {
		code = dump_option(option, &request);
		if (code)
			return code;
	}
	if (!option)
		return code;
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	code = cli_open(argv[optind], 0, &request.map);
	if (code)
		return code;
	code = dump_map(&request);
	cli_close(&request.map);
	return code;
}

const struct cli_command cli_dump = {
	.name = "dump",
	.summary = "print all keys and values",
	.help = dump_help,
	.run = dump_run,
};
