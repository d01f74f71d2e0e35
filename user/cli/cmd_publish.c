// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_publish.c - khmapctl publish
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <khmap/version.h>

#include "cli.h"
#include "health.h"

#define PROBATION_DEFAULT	"30s"
#define INTERVAL_DEFAULT	"1s"
#define TIMEOUT_DEFAULT		"10s"

static const struct option publish_options[] = {
	{ "keep", required_argument, NULL, 'k' },
	{ "health", required_argument, NULL, 'H' },
	{ "probation", required_argument, NULL, 'p' },
	{ "interval", required_argument, NULL, 'i' },
	{ "timeout", required_argument, NULL, 't' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char publish_help[] =
	"Usage: khmapctl publish NAME NEW [--keep N] [--health COMMAND [OPTION...]]\n"
	"Makes the map NEW what NAME means, at once for everybody; NEW's own name is free then.\n"
	"Who writes to the old map gets ESTALE; its readers that follow the name reopen by\n"
	"themselves, and all others go on reading it.  Of a snapshot, or a snapshot file, a new\n"
	"live map is made and published.\n"
	"\n"
	"  -k, --keep N          earlier versions to keep for rollback, with their memory, 0 to 8;\n"
	"                        1 if not given\n"
	"  -H, --health COMMAND  run it by sh again and again, with KHMAP_NAME and\n"
	"                        KHMAP_GENERATION in its environment; if it fails, roll back\n"
	"  -p, --probation TIME  for so long (" PROBATION_DEFAULT ")\n"
	"  -i, --interval TIME   from the end of one run to the next (" INTERVAL_DEFAULT ")\n"
	"  -t, --timeout TIME    a run that takes longer is killed, and has failed ("
	TIMEOUT_DEFAULT ")\n"
	"  -q, --quiet           do not say what was done\n"
	"\n"
	"TIME is a number with ms, s, m or h behind it.  With --health the command stays in the\n"
	"foreground until the probation is over.  If COMMAND does not exit with status 0, or\n"
	"SIGINT, SIGTERM or SIGHUP interrupts khmapctl meanwhile, the version before is live again.\n"
	"Killed by another signal, khmapctl leaves the new version live.  COMMAND's standard input\n"
	"is empty.\n"
	"\n"
	"Exit status: 5 the health command failed and the map was rolled back; 130 interrupted,\n"
	"and rolled back if it was published.\n"
	"\n"
	"Examples:\n"
	"  khmapctl publish routes routes-new\n"
	"  khmapctl publish routes routes-new --keep 3 --health './probe \"$KHMAP_NAME\"'\n";

struct publish_request {
	const char *name;
	const char *fresh;
	uint64_t keep;
	struct health health;
	bool quiet;
};

/* The map that was published is open as @fresh: nobody else's is rolled back. */
static int publish_undo(struct khmap *fresh, const struct publish_request *request)
{
	int err = khmap_rollback(fresh, 1, NULL);

	if (!err) {
		cli_note("%s: rolled back", request->name);
		return CLI_OK;
	}
	if (err == -ESTALE)
		cli_note("%s: not rolled back: somebody else has published meanwhile",
			 request->name);
	else
		cli_note("%s: not rolled back: %s", request->name, khmap_reason());
	return CLI_FAILED;
}

static int publish_watch(struct khmap *fresh, struct publish_request *request, uint64_t generation)
{
	char why[256];
	int undone;

	switch (health_watch(&request->health, request->name, generation, why, sizeof(why))) {
	case HEALTH_GOOD:
		if (!request->quiet)
			printf("%s: generation %llu, in good health\n", request->name,
			       (unsigned long long)generation);
		return CLI_OK;
	case HEALTH_INTERRUPTED:
		cli_note("%s: interrupted in the probation", request->name);
		undone = publish_undo(fresh, request);
		return undone ? undone : CLI_INTERRUPTED;
	default:
		cli_note("%s: the health command %s", request->name, why);
		undone = publish_undo(fresh, request);
		return undone ? undone : CLI_ROLLED_BACK;
	}
}

static int publish_maps(struct khmap *map, struct khmap *fresh, struct publish_request *request)
{
	__u64 generation;
	int err;

	/* From the moment on that it is published, a signal is to roll back. */
	if (request->health.command)
		cli_interrupt_catch();
	err = khmap_publish(map, fresh, (__u32)request->keep, &generation);
	if (err)
		return cli_error(CLI_FAILED, "%s", khmap_reason());
	if (request->health.command)
		return publish_watch(fresh, request, generation);
	if (!request->quiet)
		printf("%s: generation %llu\n", request->name, (unsigned long long)generation);
	return CLI_OK;
}

/* A snapshot cannot be written to: a live map is made of it, which has no name yet. */
static int publish_snapshot(struct khmap *map, const struct khmap *snapshot,
			    struct publish_request *request)
{
	const struct khmap_restore_options options = { .size = sizeof(options) };
	struct khmap *restored = NULL;
	int err = khmap_restore(snapshot, &options, &restored), code;

	if (err)
		return cli_failed(err);
	code = publish_maps(map, restored, request);
	khmap_close(restored);
	return code;
}

static int publish(struct publish_request *request)
{
	struct cli_map map = { .map = NULL }, fresh = { .map = NULL };
	int code;

	code = cli_open(request->name, KHMAP_OPEN_WRITE, &map);
	if (!code)
		code = cli_open(request->fresh, KHMAP_OPEN_VERIFY, &fresh);
	if (!code && khmap_header(fresh.map)->kind == KHMAP_IMAGE_SNAPSHOT) {
		code = publish_snapshot(map.map, fresh.map, request);
	} else if (!code) {
		cli_close(&fresh);
		fresh = (struct cli_map) { .map = NULL };
		code = cli_open(request->fresh, KHMAP_OPEN_WRITE, &fresh);
		if (!code)
			code = publish_maps(map.map, fresh.map, request);
	}
	cli_close(&fresh);
	cli_close(&map);
	return code;
}

static int publish_option(struct publish_request *request, int option)
{
	struct health *health = &request->health;

	switch (option) {
	case 'k':
		return cli_number(optarg, KHMAP_KEEP_MAX, &request->keep) ? CLI_OK :
		       cli_usage("--keep: \"%s\" is no number of 0 to %d", optarg, KHMAP_KEEP_MAX);
	case 'H':
		health->command = optarg;
		return CLI_OK;
	case 'p':
		return health_time(optarg, &health->probation_ms) ? CLI_OK :
		       cli_usage("--probation: \"%s\" is no time such as 30s", optarg);
	case 'i':
		return health_time(optarg, &health->interval_ms) ? CLI_OK :
		       cli_usage("--interval: \"%s\" is no time such as 500ms", optarg);
	case 't':
		return health_time(optarg, &health->timeout_ms) ? CLI_OK :
		       cli_usage("--timeout: \"%s\" is no time such as 10s", optarg);
	default:
		request->quiet = true;
		health->quiet = true;
		return CLI_OK;
	}
}

static int publish_run(int argc, char **argv)
{
	struct publish_request request = { .keep = 1 };
	int option, code = CLI_OK;
	bool timed = false;

	health_time(PROBATION_DEFAULT, &request.health.probation_ms);
	health_time(INTERVAL_DEFAULT, &request.health.interval_ms);
	health_time(TIMEOUT_DEFAULT, &request.health.timeout_ms);
	while ((option = cli_option(argc, argv, "k:H:p:i:t:q", publish_options, &code)) > 0) {
		code = publish_option(&request, option);
		if (code)
			return code;
		timed = timed || strchr("pit", option);
	}
	if (!option)
		return code;
	if (optind + 2 != argc)
		return cli_usage("NAME and NEW are needed");
	if (timed && !request.health.command)
		return cli_usage("times are for --health");
	if (request.health.command && !request.keep)
		return cli_usage("--health needs a version to go back to: --keep 1");
	request.name = argv[optind];
	request.fresh = argv[optind + 1];
	return publish(&request);
}

const struct cli_command cli_publish = {
	.name = "publish",
	.summary = "make another map what a name means",
	.help = publish_help,
	.run = publish_run,
};
