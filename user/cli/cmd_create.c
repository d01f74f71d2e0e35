// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_create.c - khmapctl create
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "create.h"

enum create_option {
	CREATE_KEY = 256,
	CREATE_VALUE,
	CREATE_MAX_ENTRIES,
	CREATE_MAX_BYTES,
	CREATE_LOAD,
	CREATE_HASH,
	CREATE_LAYOUT,
	CREATE_OWNER,
	CREATE_MODE,
};

static const struct option create_options[] = {
	{ "key", required_argument, NULL, CREATE_KEY },
	{ "value", required_argument, NULL, CREATE_VALUE },
	{ "entries", required_argument, NULL, 'n' },
	{ "max-entries", required_argument, NULL, CREATE_MAX_ENTRIES },
	{ "max-bytes", required_argument, NULL, CREATE_MAX_BYTES },
	{ "load-percent", required_argument, NULL, CREATE_LOAD },
	{ "hash", required_argument, NULL, CREATE_HASH },
	{ "layout", required_argument, NULL, CREATE_LAYOUT },
	{ "owner", required_argument, NULL, CREATE_OWNER },
	{ "mode", required_argument, NULL, CREATE_MODE },
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
	"  --max-bytes SIZE          refuse to take more memory: 64M, 2G (the module's limit)\n"
	"  --load-percent N          fill of the buckets, 10..95: 60 is fast, 85 dense (75)\n"
	"  --hash fold|siphash13     siphash13 if enemies choose the keys (fold)\n"
	"  --layout aligned|packed   packed takes less memory and shares cache lines (aligned)\n"
	"  --owner [USER][:GROUP]    owner and group of the node (yours)\n"
	"  --mode MODE               its permissions, octal (0660)\n"
	"\n"
	"Examples:\n"
	"  khmapctl create routes --key ipv4 --value '{gateway:ipv4,metric:u32}' -n 100000\n"
	"  khmapctl create oui --key 'bytes[3]' --value 'str[64]' -n 40000 --mode 0644\n";

static int create_keyword(const char *option, const char *text, const char *first,
			  const char *second, uint32_t *value)
{
	if (!strcmp(text, first))
		*value = 1;
	else if (!strcmp(text, second))
		*value = 2;
	else
		return cli_usage("%s: %s or %s, not \"%s\"", option, first, second, text);
	return CLI_OK;
}

int create_number(const char *option, const char *text, uint64_t min, uint64_t max,
		  uint64_t *number)
{
	if (cli_number(text, max, number) && *number >= min)
		return CLI_OK;
	if (max < 1024)
		return cli_usage("%s: \"%s\" is not a whole number %llu..%llu", option, text,
				 (unsigned long long)min, (unsigned long long)max);
	return cli_usage("%s: \"%s\" is not a whole number %llu..%llu; " CLI_UNITS, option, text,
			 (unsigned long long)min, (unsigned long long)max);
}

static bool create_id(const char *text, uint32_t *id)
{
	uint64_t number;

	if (!isdigit((unsigned char)*text) || !cli_number(text, UINT32_MAX - 1, &number))
		return false;
	*id = (uint32_t)number;
	return true;
}

int create_owner(const char *text, struct khmap_create_options *create)
{
	char *copy = strdup(text), *group;
	const struct passwd *user;
	const struct group *entry;
	int code = CLI_OK;

	if (!copy)
		return cli_error(CLI_FAILED, "%s", strerror(errno));
	group = strchr(copy, ':');
	if (group)
		*group++ = '\0';
	create->uid = getuid();
	create->gid = getgid();
	if (*copy && !create_id(copy, &create->uid)) {
		user = getpwnam(copy);
		if (user) {
			create->uid = user->pw_uid;
			create->gid = user->pw_gid;
		} else {
			code = cli_usage("--owner: there is no user \"%s\"", copy);
		}
	}
	if (group && *group && !create_id(group, &create->gid)) {
		entry = getgrnam(group);
		if (entry)
			create->gid = entry->gr_gid;
		else
			code = cli_usage("--owner: there is no group \"%s\"", group);
	}
	create->flags |= KHMAP_CREATE_OWNER;
	free(copy);
	return code;
}

int create_mode(const char *text, struct khmap_create_options *create)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*end || end == text || *text == '-' || mode & ~0666ul)
		return cli_usage("--mode: octal, read and write bits only, not \"%s\"", text);
	create->mode = (uint32_t)mode;
	create->flags |= KHMAP_CREATE_MODE;
	return CLI_OK;
}

static int create_option(int option, struct khmap_create_options *create, const char **types)
{
	uint64_t number = 0;
	int code = CLI_OK;

	switch (option) {
	case CREATE_KEY:
		types[0] = optarg;
		return CLI_OK;
	case CREATE_VALUE:
		types[1] = optarg;
		return CLI_OK;
	case 'n':
		code = create_number("--entries", optarg, 1, INT64_MAX, &number);
		create->expected_entries = number;
		return code;
	case CREATE_MAX_ENTRIES:
		code = create_number("--max-entries", optarg, 1, INT64_MAX, &number);
		create->max_entries = number;
		return code;
	case CREATE_MAX_BYTES:
		code = create_number("--max-bytes", optarg, 1, INT64_MAX, &number);
		create->max_bytes = number;
		return code;
	case CREATE_LOAD:
		code = create_number("--load-percent", optarg, 10, 95, &number);
		create->load_percent = (uint32_t)number;
		return code;
	case CREATE_HASH:
		return create_keyword("--hash", optarg, "fold", "siphash13", &create->hash_kind);
	case CREATE_LAYOUT:
		return create_keyword("--layout", optarg, "aligned", "packed", &create->layout);
	case CREATE_OWNER:
		return create_owner(optarg, create);
	default:
		return create_mode(optarg, create);
	}
}

static int create_run(int argc, char **argv)
{
	struct khmap_create_options create = { .size = sizeof(create) };
	const char *types[2] = { NULL, NULL };
	struct khmap_schema *schema;
	struct khmap *map;
	int option, code = CLI_OK, err;

	while ((option = cli_option(argc, argv, "n:", create_options, &code)) > 0) {
		code = create_option(option, &create, types);
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
