// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_canary.c - khmapctl canary
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <khmap/version.h>

#include "cli.h"

static const struct option canary_options[] = {
	{ "percent", required_argument, NULL, 'p' },
	{ "ids", required_argument, NULL, 'i' },
	{ "end", no_argument, NULL, 'e' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char canary_help[] =
	"Usage: khmapctl canary NAME NEW [--percent P] [--ids LIST|FILE]\n"
	"       khmapctl canary NAME [--percent P] [--ids LIST|FILE]\n"
	"       khmapctl canary NAME --end\n"
	"Gives NEW to some readers of NAME: to P percent of those that follow the name with an id,\n"
	"and to the ids that are listed.  An id that has it keeps it when P rises.  What is not\n"
	"given stays as it is.  \"khmapctl publish NAME\" makes a version everybody's and ends this.\n"
	"\n"
	"  -p, --percent P        of ids, 0 to 100, with up to two decimals\n"
	"  -i, --ids LIST|FILE    numbers, decimal or 0x and hex, with commas between them, or, if it\n"
	"                         has a '/' or a '.', a file with one on each line; at most 1024\n"
	"  -e, --end              nobody gets it any more; NEW is retired\n"
	"  -q, --quiet            do not say what was done\n"
	"\n"
	"Examples:\n"
	"  khmapctl canary routes routes-new --percent 5 --ids 17,18\n"
	"  khmapctl canary routes --percent 25\n";

struct canary_request {
	const char *name;
	const char *fresh;
	struct khmap_canary_options options;
	__u64 ids[KHMAP_CANARY_IDS_MAX];
	bool quiet;
};

/* @where: the place in a file, with a space behind it; or "". */
static int canary_id(struct canary_request *request, const char *where, const char *text)
{
	unsigned long long id;
	char *end;

	errno = 0;
	id = strtoull(text, &end, strncasecmp(text, "0x", 2) ? 10 : 16);
	if (*text < '0' || *text > '9' || *end || errno)
		return cli_usage("--ids: %s\"%s\" is no number", where, text);
	if (request->options.id_count == KHMAP_CANARY_IDS_MAX)
		return cli_usage("--ids: %smore than %d", where, KHMAP_CANARY_IDS_MAX);
	request->ids[request->options.id_count++] = id;
	return CLI_OK;
}

static int canary_ids_file(struct canary_request *request, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, where[512];
	unsigned long number = 0;
	size_t size = 0;
	int code = CLI_OK;
	ssize_t length;

	if (!file)
		return cli_error(CLI_FAILED, "%s: %s", path, strerror(errno));
	while (!code && (length = getline(&line, &size, file)) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		snprintf(where, sizeof(where), "%s line %lu: ", path, ++number);
		if (*line)
			code = canary_id(request, where, line);
	}
	if (!code && ferror(file))
		code = cli_error(CLI_FAILED, "%s: %s", path, strerror(errno));
	free(line);
	fclose(file);
	return code;
}

static int canary_ids(struct canary_request *request, char *text)
{
	char *next, *save = NULL;
	int code = CLI_OK;

	request->options.flags |= KHMAP_CANARY_IDS;
	request->options.ids = request->ids;
	request->options.id_count = 0;
	if (strpbrk(text, "/."))
		return canary_ids_file(request, text);
	for (next = strtok_r(text, ",", &save); next && !code; next = strtok_r(NULL, ",", &save))
		code = canary_id(request, "", next);
	return code;
}

static int canary_percent(struct canary_request *request, const char *text)
{
	unsigned int hundredths = 0, digits = 0;
	unsigned long whole;
	char *end;

	whole = strtoul(text, &end, 10);
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, digits++)
			hundredths = hundredths * 10 + (unsigned int)(*end - '0');
	if (digits == 1)
		hundredths *= 10;
	if (*text < '0' || *text > '9' || *end || digits > 2 || whole > 100 ||
	    whole * 100 + hundredths > KHMAP_SHARE_ALL)
		return cli_usage("--percent: \"%s\" is no number of 0 to 100 with two decimals",
				 text);
	request->options.flags |= KHMAP_CANARY_SHARE;
	request->options.share = (uint32_t)whole * 100 + hundredths;
	return CLI_OK;
}

static int canary(struct canary_request *request)
{
	struct cli_map map = { .map = NULL }, fresh = { .map = NULL };
	__u64 generation;
	int code;

	code = cli_open(request->name, KHMAP_OPEN_WRITE, &map);
	if (!code && request->fresh) {
		code = cli_open(request->fresh, KHMAP_OPEN_WRITE, &fresh);
		request->options.flags |= KHMAP_CANARY_MAP;
		request->options.second = fresh.map;
	}
	if (!code && khmap_canary(map.map, &request->options, &generation))
		code = cli_error(CLI_FAILED, "%s", khmap_reason());
	else if (!code && !request->quiet)
		printf("%s: generation %llu\n", request->name, (unsigned long long)generation);
	cli_close(&fresh);
	cli_close(&map);
	return code;
}

static int canary_option(struct canary_request *request, int option)
{
	switch (option) {
	case 'p':
		return canary_percent(request, optarg);
	case 'i':
		return canary_ids(request, optarg);
	case 'e':
		request->options.flags |= KHMAP_CANARY_END;
		return CLI_OK;
	default:
		request->quiet = true;
		return CLI_OK;
	}
}

static int canary_run(int argc, char **argv)
{
	static struct canary_request request;
	int option, code = CLI_OK;

	request.options.size = sizeof(request.options);
	while ((option = cli_option(argc, argv, "p:i:eq", canary_options, &code)) > 0) {
		code = canary_option(&request, option);
		if (code)
			return code;
	}
	if (!option)
		return code;
	if (argc - optind < 1 || argc - optind > 2)
		return cli_usage("NAME, and perhaps NEW, is needed");
	request.name = argv[optind];
	request.fresh = argc - optind == 2 ? argv[optind + 1] : NULL;
	if (request.options.flags & KHMAP_CANARY_END &&
	    (request.fresh || request.options.flags != KHMAP_CANARY_END))
		return cli_usage("--end stands alone");
	if (!request.fresh && !request.options.flags)
		return cli_usage("one of NEW, --percent, --ids and --end is needed");
	return canary(&request);
}

const struct cli_command cli_canary = {
	.name = "canary",
	.summary = "give another version to some readers",
	.help = canary_help,
	.run = canary_run,
};
