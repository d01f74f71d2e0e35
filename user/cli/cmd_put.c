// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_put.c - khmapctl put and del
 */
#include <errno.h>
#include <string.h>

#include "keys.h"

static const struct option put_options[] = {
	{ "mode", required_argument, NULL, 'm' },
	{ NULL, 0, NULL, 0 },
};

static const char put_help[] =
	"Usage: khmapctl put NAME KEY VALUE [--mode insert|replace|either]\n"
	"Stores a value under a key.\n"
	"\n"
	"  -m, --mode MODE  insert: the key must not be there (else status 1)\n"
	"                   replace: it must be there (else status 1)\n"
	"                   either: it may (this is the default)\n"
	"\n"
	"Write \"--\" before a KEY or VALUE that begins with \"-\".\n"
	"\n"
	"Examples:\n"
	"  khmapctl put routes 10.0.0.0 '{gateway:192.168.0.1,metric:10}'\n"
	"  khmapctl put counters -- 7 -3\n";

static int put_mode(const char *text, __u32 *flags)
{
	if (!strcmp(text, "insert"))
		*flags = KHMAP_PUT_INSERT;
	else if (!strcmp(text, "replace"))
		*flags = KHMAP_PUT_REPLACE;
	else if (!strcmp(text, "either"))
		*flags = 0;
	else
		return cli_usage("--mode: insert, replace or either, not \"%s\"", text);
	return CLI_OK;
}

static int put_record(const struct cli_map *map, const char *key_text, const char *value_text,
		      __u32 flags)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	int code = cli_scan(khmap_schema_key(map->schema), "key", key_text, key), err;

	if (!code)
		code = cli_scan(khmap_schema_value(map->schema), "value", value_text, value);
	if (code)
		return code;
	err = khmap_put(map->map, key, value, flags);
	if (err == -EEXIST || err == -ENOENT)
		return cli_error(CLI_NO, "%s", khmap_reason());
	return err ? cli_failed(err) : CLI_OK;
}

static int put_run(int argc, char **argv)
{
	struct cli_map map = { .map = NULL };
	int option, code = CLI_OK;
	__u32 flags = 0;

	while ((option = cli_option(argc, argv, "m:", put_options, &code)) > 0) {
		code = put_mode(optarg, &flags);
		if (code)
			return code;
	}
	if (!option)
		return code;
	if (optind + 3 != argc)
		return cli_usage("NAME, KEY and VALUE are needed");
	code = cli_open(argv[optind], KHMAP_OPEN_WRITE, &map);
	if (code)
		return code;
	code = put_record(&map, argv[optind + 1], argv[optind + 2], flags);
	cli_close(&map);
	return code;
}

const struct cli_command cli_put = {
	.name = "put",
	.summary = "store a value under a key",
	.help = put_help,
	.run = put_run,
};

static const char del_help[] =
	"Usage: khmapctl del NAME KEY...\n"
	"Deletes keys.  KEY \"-\" reads keys from standard input, one a line; behind \"--\" it is a\n"
	"key.  Status 1 if one of them was not there; the others are deleted.\n"
	"\n"
	"Examples:\n"
	"  khmapctl del routes 10.0.0.0 10.1.0.0\n"
	"  khmapctl del routes - <./old-routes\n";

static int del_one(void *context, const char *text, size_t length, const void *key)
{
	const struct cli_map *map = context;
	int err = khmap_delete(map->map, key, NULL);

	if (err == -ENOENT)
		return cli_error(CLI_NO, "%.*s: there is no such key", (int)length, text);
	return err ? cli_failed(err) : CLI_OK;
}

static int del_keys(const struct keys *keys)
{
	unsigned char key[KHMAP_RECORD_MAX];
	int code = CLI_OK, i;

	/* First all of the command line are understood, then all are deleted. */
	for (i = 0; i < keys->count && !code; i++)
		if (!keys_is_input(keys, i))
			code = cli_scan(keys->type, "key", keys->texts[i], key);
	return code ? code : keys_each(keys);
}

static int del_run(int argc, char **argv)
{
	int code = CLI_OK, literal = keys_literal(argc, argv);
	int option = cli_option(argc, argv, "", NULL, &code);
	struct cli_map map = { .map = NULL };
	struct keys keys = { .each = del_one, .context = &map };

	if (!option)
		return code;
	if (optind + 2 > argc)
		return cli_usage("NAME and KEY are needed");
	code = cli_open(argv[optind], KHMAP_OPEN_WRITE, &map);
	if (code)
		return code;
	keys.type = khmap_schema_key(map.schema);
	keys.texts = argv + optind + 1;
	keys.count = argc - optind - 1;
	keys.literal = literal - optind - 1;
	code = del_keys(&keys);
	cli_close(&map);
	return code;
}

const struct cli_command cli_del = {
	.name = "del",
	.summary = "delete keys",
	.help = del_help,
	.run = del_run,
};
