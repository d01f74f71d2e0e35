// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_diff.c - khmapctl diff
 *
 * Each key of the first map is looked up in the second, then each of the second in
 * the first, so that nothing need be kept or sorted.
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "progress.h"
#include "record_print.h"

static const struct option diff_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char diff_help[] =
	"Usage: khmapctl diff OLD NEW [--json | --quiet]\n"
	"Prints what is in NEW and not in OLD, what is in OLD and not in NEW, and what has another\n"
	"value.  Each is a map or the path of a snapshot file; both must have the same schema.\n"
	"Status 1 if they differ.  Of a live map that is being written take a snapshot first.\n"
	"\n"
	"  -j, --json   a JSON object a line: {\"change\":\"added\", \"removed\" or \"changed\", \"key\",\n"
	"               \"old\" and \"new\", as far as there are}\n"
	"  -q, --quiet  print nothing and stop at the first difference\n"
	"\n"
	"As text a line begins with + for what was added, - for what was removed, and with < and >\n"
	"for the old and the new value of what has changed.\n"
	"\n"
	"Examples:\n"
	"  khmapctl diff ./yesterday.khmap routes\n"
	"  khmapctl diff ./a.khmap ./b.khmap --json | jq -r 'select(.change == \"added\").key'\n";

/**
 * struct diff - A comparison.
 * @map: the old and the new one
 * @sink: for text
 * @json: a JSON object a line
 * @quiet: nothing is printed
 * @added: keys of the new one only
 * @removed: keys of the old one only
 * @changed: keys with another value
 */
struct diff {
	struct cli_map map[2];
	struct record_sink *sink;
	bool json;
	bool quiet;
	uint64_t added;
	uint64_t removed;
	uint64_t changed;
};

static bool diff_any(const struct diff *diff)
{
	return diff->added || diff->removed || diff->changed;
}

static void diff_member(const struct diff *diff, const char *name, const void *value)
{
	if (!value)
		return;
	printf(",\"%s\":", name);
	khmap_value_print_json(khmap_schema_value(diff->map[0].schema), value, stdout);
}

static int diff_line(struct diff *diff, const char *mark, const void *key, const void *value)
{
	if (!value)
		return 0;
	fputs(mark, stdout);
	return record_put(diff->sink, key, value);
}

/* One difference; @old or @new is NULL if there is none. */
static int diff_print(struct diff *diff, const void *key, const void *old, const void *new)
{
	int err;

	if (diff->quiet)
		return 0;
	if (!diff->json) {
		err = diff_line(diff, new ? "< " : "- ", key, old);
		return err ? err : diff_line(diff, old ? "> " : "+ ", key, new);
	}
	printf("{\"change\":\"%s\",\"key\":", !old ? "added" : !new ? "removed" : "changed");
	khmap_value_print_json(khmap_schema_key(diff->map[0].schema), key, stdout);
	diff_member(diff, "old", old);
	diff_member(diff, "new", new);
	puts("}");
	return ferror(stdout) ? -EIO : 0;
}

/* What the first map has: @side 0 the old one, 1 the new one. */
static int diff_entry(struct diff *diff, int side, const void *key, const void *value)
{
	size_t size = khmap_schema_value_size(diff->map[0].schema);
	unsigned char other[KHMAP_RECORD_MAX];
	int err = khmap_get(diff->map[!side].map, key, other);

	if (err == -ENOENT) {
		if (side)
			diff->added++;
		else
			diff->removed++;
		return diff_print(diff, key, side ? NULL : value, side ? value : NULL);
	}
	if (err || side || !memcmp(value, other, size))
		return err;
	diff->changed++;
	return diff_print(diff, key, value, other);
}

static int diff_side(struct diff *diff, int side, const char *name)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct khmap_ioc_stat stat = { .entries = 0 };
	struct progress progress;
	struct khmap_iter *iter;
	uint64_t done = 0;
	int err, found = 0;

	err = khmap_iter_create(diff->map[side].map, &iter);
	if (err)
		return cli_failed(err);
	if (khmap_stat(diff->map[side].map, &stat))
		stat.entries = 0;
	progress_start(&progress, PROGRESS_THINGS, stat.entries, diff->quiet);
	while (!found && !cli_interrupted() && !(diff->quiet && diff_any(diff)) &&
	       (err = khmap_iter_next(iter, key, value)) > 0) {
		found = diff_entry(diff, side, key, value);
		progress_show(&progress, ++done);
	}
	progress_end(&progress);
	khmap_iter_free(iter);
	if (cli_interrupted())
		return cli_error(CLI_INTERRUPTED, "%s: interrupted after %llu entries", name,
				 (unsigned long long)done);
	if (found == -EUCLEAN)
		return cli_error(CLI_REFUSED,
				 "the other map is damaged where a key of %s would be: run verify on it",
				 name);
	if (found == -EIO && !ferror(stdout))
		return cli_error(CLI_FAILED,
				 "the other map, a best-effort snapshot, has lost the page of a key of %s: see stat of it",
				 name);
	if (found == -EIO)
		return cli_error(CLI_FAILED, "differences cannot be written");
	if (found)
		return cli_failed(found);
	return err < 0 ? cli_failed(err) : CLI_OK;
}

static int diff_schemas(const struct diff *diff, char **names)
{
	const char *old = khmap_schema_text(diff->map[0].schema);
	const char *new = khmap_schema_text(diff->map[1].schema);

	if (!strcmp(old, new))
		return CLI_OK;
	return cli_error(CLI_REFUSED, "%s has the schema %s, %s has %s", names[0], old, names[1],
			 new);
}

static int diff_maps(struct diff *diff, char **names)
{
	const struct record_options text = { .format = RECORD_TEXT };
	int code = diff_schemas(diff, names), err;

	if (code)
		return code;
	err = record_sink_open(stdout, diff->map[0].schema, &text, &diff->sink);
	if (err)
		return cli_failed(err);
	cli_interrupt_catch();
	code = diff_side(diff, 0, names[0]);
	if (!code && !(diff->quiet && diff_any(diff)))
		code = diff_side(diff, 1, names[1]);
	err = record_sink_close(diff->sink);
	if (err && !code)
		code = cli_failed(err);
	if (code)
		return code;
	if (!diff->quiet && !diff->json)
		printf("%llu added, %llu removed, %llu changed\n", (unsigned long long)diff->added,
		       (unsigned long long)diff->removed, (unsigned long long)diff->changed);
	return diff_any(diff) ? CLI_NO : CLI_OK;
}

static int diff_run(int argc, char **argv)
{
	struct diff diff = { .json = false };
	int option, code = CLI_OK;

	while ((option = cli_option(argc, argv, "jq", diff_options, &code)) > 0) {
		if (option == 'j')
			diff.json = true;
		else
			diff.quiet = true;
	}
	if (!option)
		return code;
	if (optind + 2 != argc)
		return cli_usage("two maps, OLD and NEW, are needed");
	if (diff.json && diff.quiet)
		return cli_usage("--quiet prints no JSON");
	code = cli_open(argv[optind], KHMAP_OPEN_VERIFY, &diff.map[0]);
	if (!code)
		code = cli_open(argv[optind + 1], KHMAP_OPEN_VERIFY, &diff.map[1]);
	if (!code)
		code = diff_maps(&diff, argv + optind);
	cli_close(&diff.map[0]);
	cli_close(&diff.map[1]);
	return code;
}

const struct cli_command cli_diff = {
	.name = "diff",
	.summary = "what two maps do not have in common",
	.help = diff_help,
	.run = diff_run,
};
