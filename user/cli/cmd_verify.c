// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_verify.c - khmapctl verify
 */
#include <errno.h>
#include <string.h>

#include <khmap/verify.h>

#include "cli.h"
#include "packed.h"
#include "progress.h"

#define VERIFY_SHOWN 20

static const struct option verify_options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char verify_help[] =
	"Usage: khmapctl verify NAME... [OPTION...]\n"
	"Checks every invariant of maps or snapshot files: each key in its bucket and only once,\n"
	"tags and filters, chains, counts, zeros where nothing is stored, checksums.  A live map\n"
	"may be written meanwhile.  Status 0 if they are clean, 1 if faults were found, 4 if one\n"
	"cannot be read as a khmap image at all.\n"
	"\n"
	"  -a, --all    print all faults, not only the first 20\n"
	"  -j, --json   a JSON object for each, with all faults\n"
	"  -q, --quiet  only the exit status\n"
	"\n"
	"Examples:\n"
	"  khmapctl verify routes\n"
	"  khmapctl verify *.khmap --quiet || echo damaged\n";

/**
 * struct verify_watch - A verification under way.
 * @name: of what
 * @list: JSON array of the faults, or NULL
 * @progress: its bar
 * @limit: faults to print
 * @shown: faults printed
 */
struct verify_watch {
	const char *name;
	json_t *list;
	struct progress progress;
	uint64_t limit;
	uint64_t shown;
};

static const char *const verify_parts[] = {
	[KHMAP_PART_HEADER] = "header",
	[KHMAP_PART_INLINE] = "inline",
	[KHMAP_PART_PRIMARY] = "primary",
	[KHMAP_PART_OVERFLOW] = "overflow",
	[KHMAP_PART_CHECKSUMS] = "checksums",
	[KHMAP_PART_FILE] = "file",
};

static void verify_set_place(json_t *object, const char *name, __u32 place)
{
	if (place != KHMAP_NOWHERE)
		json_object_set_new(object, name, json_integer(place));
}

static int verify_finding(void *context, const struct khmap_finding *finding)
{
	struct verify_watch *watch = context;
	json_t *object;

	if (watch->list) {
		object = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}",
				   "rule", finding->rule,
				   "part", verify_parts[finding->part],
				   "offset", (json_int_t)finding->offset,
				   "expected", finding->expected,
				   "found", finding->found,
				   "text", finding->text);
		verify_set_place(object, "page", finding->page);
		verify_set_place(object, "bucket", finding->bucket);
		verify_set_place(object, "slot", finding->slot);
		json_array_append_new(watch->list, object);
	} else if (watch->shown < watch->limit) {
		printf("%s: %s\n", watch->name, finding->text);
		watch->shown++;
	}
	return cli_interrupted();
}

static int verify_progress(void *context, __u64 done, __u64 total)
{
	struct verify_watch *watch = context;

	watch->progress.total = total;
	progress_show(&watch->progress, done);
	return cli_interrupted();
}

static int verify_result_json(const struct verify_watch *watch,
			      const struct khmap_verify_options *verify)
{
	return cli_json(json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:O}",
				  "name", cli_json_text(watch->name),
				  "clean", !verify->findings,
				  "faults", (json_int_t)verify->findings,
				  "entries", (json_int_t)verify->entries,
				  "chains", (json_int_t)verify->chains,
				  "checksums", (json_int_t)verify->pages,
				  "unsettled", (json_int_t)verify->unsettled,
				  "skipped", (json_int_t)verify->skipped,
				  "counts_compared", (int)verify->counts_compared,
				  "findings", watch->list), 0);
}

static void verify_result(const struct verify_watch *watch,
			  const struct khmap_verify_options *verify)
{
	if (verify->findings > watch->shown)
		printf("%s: and %llu more; --all prints them\n", watch->name,
		       (unsigned long long)(verify->findings - watch->shown));
	printf("%s: %s: %llu faults, %llu entries in %llu chains, %llu checksums",
	       watch->name, verify->findings ? "damaged" : "clean",
	       (unsigned long long)verify->findings, (unsigned long long)verify->entries,
	       (unsigned long long)verify->chains, (unsigned long long)verify->pages);
	if (verify->unsettled)
		printf(", %llu chains not checked as they were being written all the time",
		       (unsigned long long)verify->unsettled);
	if (verify->skipped)
		printf(", %llu pages not checked for zeros as they could not be read",
		       (unsigned long long)verify->skipped);
	if (!verify->counts_compared)
		printf(", counts not compared as it was being written");
	putchar('\n');
}

static int verify_one(struct verify_watch *watch, bool quiet)
{
	struct khmap_verify_options verify = {
		.size = sizeof(verify),
		.finding = verify_finding,
		.progress = verify_progress,
		.context = watch,
	};
	const struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_DAMAGED,
	};
	struct khmap *map;
	int err = packed_map(watch->name, &options, &map, NULL), code = CLI_OK;

	if (err)
		return err == -EINVAL ? cli_error(CLI_REFUSED, "%s", khmap_reason()) :
		       cli_failed(err);
	progress_start(&watch->progress, PROGRESS_THINGS, 0, quiet);
	err = khmap_verify(map, &verify);
	progress_end(&watch->progress);
	khmap_close(map);
	if (cli_interrupted())
		return cli_error(CLI_INTERRUPTED, "%s: interrupted after %llu chains, %llu faults",
				 watch->name, (unsigned long long)verify.chains,
				 (unsigned long long)verify.findings);
	if (err < 0)
		return cli_failed(err);
	if (watch->list)
		code = verify_result_json(watch, &verify);
	else if (!quiet)
		verify_result(watch, &verify);
	return code ? code : err ? CLI_NO : CLI_OK;
}

static int verify_run(int argc, char **argv)
{
	struct verify_watch watch = { .limit = VERIFY_SHOWN };
	bool json = false, quiet = false;
	int option, code = CLI_OK, one;

	while ((option = cli_option(argc, argv, "ajq", verify_options, &code)) > 0) {
		if (option == 'a')
			watch.limit = UINT64_MAX;
		else if (option == 'j')
			json = true;
		else
			quiet = true;
	}
	if (!option)
		return code;
	if (optind == argc)
		return cli_usage("a NAME is needed");
	if (quiet)
		watch.limit = 0;
	cli_interrupt_catch();
	for (; optind < argc && !cli_interrupted(); optind++) {
		watch.name = argv[optind];
		watch.shown = 0;
		watch.list = json ? json_array() : NULL;
		one = verify_one(&watch, quiet);
		code = one > code ? one : code;
		json_decref(watch.list);
	}
	return code;
}

const struct cli_command cli_verify = {
	.name = "verify",
	.summary = "check every invariant of a map or snapshot file",
	.help = verify_help,
	.run = verify_run,
};
