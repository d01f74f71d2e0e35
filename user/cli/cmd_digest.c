// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_digest.c - khmapctl digest
 */
#include <khmap/digest.h>

#include "checksum.h"
#include "cli.h"
#include "map.h"
#include "progress.h"
#include "refusal.h"

static const struct option digest_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char digest_help[] =
	"Usage: khmapctl digest NAME... [--json]\n"
	"Prints one value, 128 bits in hex, for what each map or snapshot file holds.  Maps with\n"
	"the same schema and the same entries have the same digest, in whatever order they were\n"
	"put and however the map has grown; it tells accidents, not forgeries.  A file's\n"
	"checksums are checked first.  Of a live map that is being written it is of no single\n"
	"instant: take a snapshot.\n"
	"\n"
	"  -j, --json  a JSON object for each\n"
	"\n"
	"Examples:\n"
	"  khmapctl digest routes ./routes.khmap\n"
	"  khmapctl digest routes --json | jq -r .digest\n";

static int digest_progress(void *context, __u64 done, __u64 total)
{
	struct progress *progress = context;

	progress->total = total;
	progress_show(progress, done);
	return cli_interrupted();
}

static int digest_print(const char *name, const struct khmap_digest *digest, bool json)
{
	char hex[2 * KHMAP_DIGEST_SIZE + 1];
	int i;

	for (i = 0; i < KHMAP_DIGEST_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest->value[i]);
	if (json)
		return cli_json(json_pack("{s:o, s:s, s:I}", "name", cli_json_text(name),
					  "digest", hex,
					  "entries", (json_int_t)digest->entries), 0);
	printf("%s  %s\n", hex, name);
	return CLI_OK;
}

/* Not when it is opened: this can be interrupted. */
static int digest_checksums(const char *name, const struct khmap *map, struct progress *progress)
{
	struct khmap_refusal refusal = { .err = 0 };
	struct khmap_report report = { .finding = khmap_refusal_note, .context = &refusal };
	__u64 pages = 0;

	progress_start(progress, PROGRESS_THINGS, 0, false);
	khmap_checksum_verify(khmap_object(map), &report, digest_progress, progress, &pages);
	progress_end(progress);
	if (cli_interrupted())
		return cli_error(CLI_INTERRUPTED, "%s: interrupted after %llu checksums", name,
				 (unsigned long long)pages);
	return refusal.err ? cli_failed(khmap_refusal_result(name, &refusal)) : CLI_OK;
}

static int digest_one(const char *name, bool json)
{
	struct progress progress;
	struct khmap_digest digest = {
		.size = sizeof(digest),
		.progress = digest_progress,
		.context = &progress,
	};
	struct cli_map map = { .map = NULL };
	int code = cli_open(name, 0, &map), err;

	if (code)
		return code;
	code = digest_checksums(name, map.map, &progress);
	if (code) {
		cli_close(&map);
		return code;
	}
	progress_start(&progress, PROGRESS_THINGS, 0, false);
	err = khmap_digest(map.map, &digest);
	progress_end(&progress);
	cli_close(&map);
	if (cli_interrupted())
		return cli_error(CLI_INTERRUPTED, "%s: interrupted after %llu entries", name,
				 (unsigned long long)digest.entries);
	return err ? cli_failed(err) : digest_print(name, &digest, json);
}

static int digest_run(int argc, char **argv)
{
	int option, code = CLI_OK, one;
	bool json = false;

	while ((option = cli_option(argc, argv, "j", digest_options, &code)) > 0)
		json = true;
	if (!option)
		return code;
	if (optind == argc)
		return cli_usage("a NAME is needed");
	cli_interrupt_catch();
	for (; optind < argc && !cli_interrupted(); optind++) {
		one = digest_one(argv[optind], json);
		code = one > code ? one : code;
	}
	return code;
}

const struct cli_command cli_digest = {
	.name = "digest",
	.summary = "one value for what a map holds",
	.help = digest_help,
	.run = digest_run,
};
