// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * create.c - options of a new map, or of its node
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "create.h"

#define CREATE_OWN_MAX	8	/* options of a command */

/* What getopt_long() returns: behind all letters. */
enum create_option {
	CREATE_MAX_ENTRIES = 256,
	CREATE_MAX_BYTES,
	CREATE_LOAD,
	CREATE_HASH,
	CREATE_LAYOUT,
	CREATE_STRIPES,
	CREATE_OWNER,
	CREATE_MODE,
};

static const struct option create_options[] = {
	{ "max-entries", required_argument, NULL, CREATE_MAX_ENTRIES },
	{ "max-bytes", required_argument, NULL, CREATE_MAX_BYTES },
	{ "load-percent", required_argument, NULL, CREATE_LOAD },
	{ "hash", required_argument, NULL, CREATE_HASH },
	{ "layout", required_argument, NULL, CREATE_LAYOUT },
	{ "stripes", required_argument, NULL, CREATE_STRIPES },
	{ "owner", required_argument, NULL, CREATE_OWNER },
	{ "mode", required_argument, NULL, CREATE_MODE },
};

#define CREATE_OPTIONS	(sizeof(create_options) / sizeof(create_options[0]))

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

int create_owner(const char *text, uint32_t *uid, uint32_t *gid)
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
	*uid = getuid();
	*gid = getgid();
	if (*copy && !create_id(copy, uid)) {
		user = getpwnam(copy);
		if (user) {
			*uid = user->pw_uid;
			*gid = user->pw_gid;
		} else {
			code = cli_usage("--owner: there is no user \"%s\"", copy);
		}
	}
	if (group && *group && !create_id(group, gid)) {
		entry = getgrnam(group);
		if (entry)
			*gid = entry->gr_gid;
		else
			code = cli_usage("--owner: there is no group \"%s\"", group);
	}
	free(copy);
	return code;
}

int create_mode(const char *text, uint32_t mask, uint32_t *mode)
{
	char *end;
	unsigned long bits = strtoul(text, &end, 8);

	if (*end || end == text || !isdigit((unsigned char)*text) || bits & ~(unsigned long)mask)
		return cli_usage("--mode: octal, %s, not \"%s\"", mask & 0222 ?
				 "read and write bits only" :
				 "read bits only, as nobody writes to a snapshot", text);
	*mode = (uint32_t)bits;
	return CLI_OK;
}

static int create_option(int option, struct khmap_create_options *create)
{
	uint64_t number = 0;
	int code = CLI_OK;

	switch (option) {
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
	case CREATE_STRIPES:
		code = create_number("--stripes", optarg, 1, KHMAP_STRIPES_MAX, &number);
		if (!code && number & (number - 1))
			code = cli_usage("--stripes: a power of two, not %s", optarg);
		create->stripes = (uint32_t)number;
		return code;
	case CREATE_OWNER:
		create->flags |= KHMAP_CREATE_OWNER;
		return create_owner(optarg, &create->uid, &create->gid);
	default:
		create->flags |= KHMAP_CREATE_MODE;
		return create_mode(optarg, 0666, &create->mode);
	}
}

int create_next(int argc, char **argv, const char *letters, const struct option *own,
		struct khmap_create_options *create, int *code)
{
	struct option all[CREATE_OWN_MAX + CREATE_OPTIONS + 1] = { { .name = NULL } };
	size_t count = 0;
	int option;

	while (count < CREATE_OWN_MAX && own[count].name) {
		all[count] = own[count];
		count++;
	}
	memcpy(all + count, create_options, sizeof(create_options));
	while ((option = cli_option(argc, argv, letters, all, code)) >= CREATE_MAX_ENTRIES) {
		*code = create_option(option, create);
		if (*code)
			return 0;
	}
	return option;
}
