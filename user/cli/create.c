// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * create.c - options of a new map
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "create.h"

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

static int create_number(const char *option, const char *text, uint64_t min, uint64_t max,
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

static int create_owner(const char *text, struct khmap_create_options *create)
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

static int create_mode(const char *text, struct khmap_create_options *create)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*end || end == text || *text == '-' || mode & ~0666ul)
		return cli_usage("--mode: octal, read and write bits only, not \"%s\"", text);
	create->mode = (uint32_t)mode;
	create->flags |= KHMAP_CREATE_MODE;
	return CLI_OK;
}

int create_option(int option, struct khmap_create_options *create)
{
	uint64_t number = 0;
	int code = CLI_OK;

	switch (option) {
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
