// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_get.c - khmapctl get
 */
#include <errno.h>
#include <string.h>

#include "keys.h"

static const struct option get_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "raw", no_argument, NULL, 'r' },
	{ "field", required_argument, NULL, 'f' },
	{ NULL, 0, NULL, 0 },
};

static const char get_help[] =
	"Usage: khmapctl get NAME KEY... [OPTION...]\n"
	"Looks keys up and prints their values, a line for each; for several keys, each before\n"
	"its value.  KEY \"-\" reads keys from standard input, one a line; behind \"--\" it is\n"
	"a key.  NAME may be the path of a snapshot file; of a compressed one only the\n"
	"parts that the keys are in are unpacked.  Status 1 if a key is not there.\n"
	"\n"
	"  -f, --field PATH  print only a part of the value, such as \"metric\" or \"ports[2]\"\n"
	"  -j, --json        a JSON object a line: {\"key\":...,\"value\":...}; null if the key is\n"
	"                    not there\n"
	"  -r, --raw         the bytes of the values\n"
	"\n"
	"Examples:\n"
	"  khmapctl get routes 10.0.0.0\n"
	"  khmapctl get oui 28:6f:b9 -f organization\n"
	"  cut -d' ' -f1 access.log | khmapctl get ./routes.khmap - --json\n";

/**
 * struct get_request - What is wanted.
 * @map: of it
 * @packed: of it, if it is a compressed file; else NULL
 * @part: of the value
 * @json: as JSON
 * @raw: as bytes
 * @keys: print each key before its value
 */
struct get_request {
	struct cli_map map;
	struct khmap_compressed *packed;
	struct khmap_place part;
	bool json;
	bool raw;
	bool keys;
};

/* As dump prints records: with the shortest numbers that are read back the same. */
static int get_print_json(const struct get_request *request, const void *key,
			  const unsigned char *value)
{
	fputs("{\"key\":", stdout);
	khmap_value_print_json(khmap_schema_key(request->map.schema), key, stdout);
	fputs(",\"value\":", stdout);
	if (value)
		khmap_value_print_json(request->part.type, value + request->part.offset, stdout);
	else
		fputs("null", stdout);
	fputs("}\n", stdout);
	return value ? CLI_OK : CLI_NO;
}

static int get_print(const struct get_request *request, const void *key,
		     const unsigned char *value)
{
	const unsigned char *part = value + request->part.offset;

	if (request->raw) {
		fwrite(part, 1, request->part.type->size, stdout);
		return CLI_OK;
	}
	if (request->keys) {
		khmap_value_print(khmap_schema_key(request->map.schema), key, stdout);
		fputs("  ", stdout);
	}
	khmap_value_print(request->part.type, part, stdout);
	putchar('\n');
	return CLI_OK;
}

static int get_one(void *context, const char *text, size_t length, const void *key)
{
	const struct get_request *request = context;
	unsigned char value[KHMAP_RECORD_MAX];
	int err = request->packed ? khmap_compressed_get(request->packed, key, value) :
		  khmap_get(request->map.map, key, value);

	if (err && err != -ENOENT && request->packed)
		return cli_failed(err);
	if (err && err != -ENOENT)
		return cli_error(err == -EUCLEAN ? CLI_REFUSED : CLI_FAILED, "%.*s: %s",
				 (int)length, text, err == -EUCLEAN ?
				 "the key's chain is damaged; see verify" : err == -EIO ?
				 "its page is lost to this best-effort snapshot; see stat" :
				 strerror(-err));
	if (request->json)
		return get_print_json(request, key, err ? NULL : value);
	if (err)
		return cli_error(CLI_NO, "%.*s: there is no such key", (int)length, text);
	return get_print(request, key, value);
}

/* The part that --field names; fields of the key are none of the value's. */
static int get_field(struct get_request *request, const char *path)
{
	const struct khmap_type *value = khmap_schema_value(request->map.schema);
	struct khmap_place place = { .type = value };

	if (path && !strncmp(path, "value.", 6))
		path += 6;
	if (path && khmap_type_find(value, path, &place))
		return cli_usage("--field: %s", khmap_reason());
	request->part = place;
	return CLI_OK;
}

static int get_run(int argc, char **argv)
{
	struct get_request request = { .json = false };
	const char *field = NULL;
	int option, code = CLI_OK, literal = keys_literal(argc, argv);
	struct keys keys = { .each = get_one, .context = &request };

	while ((option = cli_option(argc, argv, "jrf:", get_options, &code)) > 0) {
		if (option == 'j')
			request.json = true;
		else if (option == 'r')
			request.raw = true;
		else
			field = optarg;
	}
	if (!option)
		return code;
	if (optind + 2 > argc)
		return cli_usage("NAME and KEY are needed");
	if (request.json && request.raw)
		return cli_usage("--json or --raw, not both");
	code = cli_open_packed(argv[optind], &request.packed, &request.map);
	if (!code && !request.packed)
		code = cli_open(argv[optind], 0, &request.map);
	optind++;
	if (!code)
		code = get_field(&request, field);
	if (!code) {
		keys.type = khmap_schema_key(request.map.schema);
		keys.texts = argv + optind;
		keys.count = argc - optind;
		keys.literal = literal - optind;
		request.keys = keys.count > 1 || keys_is_input(&keys, 0);
		code = keys_each(&keys);
	}
	cli_close(&request.map);
	khmap_compressed_close(request.packed);
	return code;
}

const struct cli_command cli_get = {
	.name = "get",
	.summary = "look keys up",
	.help = get_help,
	.run = get_run,
};
