// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_create.c - khmapctl create
 */
#include "create.h"

static const struct option create_options[] = {
	{ "key", required_argument, NULL, 'K' },
	{ "value", required_argument, NULL, 'V' },
	{ "entries", required_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 },
};

static const char create_help[] =
	"Usage: khmapctl create NAME --key TYPE --value TYPE [OPTION...]\n"
	"Creates an empty map, the node /dev/khmap/NAME.\n"
	"\n"
	"  --key TYPE, --value TYPE  what keys and values are: u8..u64 i8..i64 f32 f64 bool\n"
	"                            bytes[N] str[N] ipv4 ipv6 mac; numbers with be or le behind\n"
	"                            them in that byte order; TYPE[N] arrays;\n"
	"                            [packed|align4]{name:TYPE,...} structs\n"
	"  -n, --entries N           about N are expected; nothing is allocated for them (1)\n"
	"  --max-entries N           refuse more than N (no ceiling)\n"
	CREATE_HELP_MAX_BYTES
	"  --load-percent N          fill of the buckets, 10..95: 60 is fast, 85 dense (68)\n"
	"  --hash fold|siphash13     siphash13 if enemies choose the keys (fold)\n"
	"  --layout aligned|packed   packed takes less memory and shares cache lines (aligned)\n"
	"  --stripes N               locks of its writers, a power of two up to 1024: more for more\n"
	"                            processors that write at a time (64)\n"
	CREATE_HELP_NODE
	"\n"
	"Examples:\n"
	"  khmapctl create routes --key ipv4 --value '{gateway:ipv4,metric:u32}' -n 100000\n"
	"  khmapctl create oui --key 'bytes[3]' --value 'str[64]' -n 40000 --mode 0644\n";

static int create_run(int argc, char **argv)
{
	struct khmap_create_options create = { .size = sizeof(create) };
	const char *types[2] = { NULL, NULL };
	struct khmap_schema *schema;
	uint64_t entries = 0;
	struct khmap *map;
	int option, code = CLI_OK, err;

	while ((option = create_next(argc, argv, "n:", create_options, &create, &code)) > 0) {
		if (option == 'n')
			code = create_number("--entries", optarg, 1, INT64_MAX, &entries);
		else
			types[option == 'V'] = optarg;
		if (code)
			return code;
	}
	if (!option)
		return code;
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	if (!types[0] || !types[1])
		return cli_usage("--key TYPE and --value TYPE are needed");
	code = cli_name(argv[optind]);
	if (code)
		return code;
	err = khmap_schema_make(types[0], types[1], &schema);
	if (err)
		return cli_error(err == -ENOMEM ? CLI_FAILED : CLI_USAGE, "%s", khmap_reason());
	create.name = argv[optind];
	create.expected_entries = entries;
	create.schema = khmap_schema_text(schema);
	err = khmap_create(&create, &map);
	khmap_schema_free(schema);
	if (err)
		return cli_failed(err);
	khmap_close(map);
	return CLI_OK;
}

const struct cli_command cli_create = {
	.name = "create",
	.summary = "create a map",
	.help = create_help,
	.run = create_run,
};
