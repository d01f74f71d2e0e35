// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * keys.c - keys from the command line and from standard input
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define KEYS_MARK "\xef\xbb\xbf"

int keys_literal(int argc, char *const *argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			return i + 1;
	return argc;
}

bool keys_is_input(const struct keys *keys, int which)
{
	return which < keys->literal && !strcmp(keys->texts[which], "-");
}

static int keys_one(const struct keys *keys, const char *text, size_t length,
		    unsigned long long line)
{
	unsigned char key[KHMAP_RECORD_MAX];

	if (!khmap_value_scan_as(keys->type, KHMAP_NOTATION_TEXT, "key", text, length, key, NULL))
		return keys->each(keys->context, text, length, key);
	if (line)
		return cli_error(CLI_FAILED, "standard input:%llu: %s", line, khmap_reason());
	return cli_error(CLI_USAGE, "%s", khmap_reason());
}

/* As load reads lines: a mark at the start, "\r\n" and empty lines are nothing. */
static int keys_lines(const struct keys *keys)
{
	unsigned long long number = 0;
	int code = CLI_OK, one;
	char *line = NULL, *text;
	size_t size = 0;
	ssize_t length;

	while (code <= CLI_NO && (length = getline(&line, &size, stdin)) >= 0) {
		text = line;
		if (length && text[length - 1] == '\n')
			length--;
		if (length && text[length - 1] == '\r')
			length--;
		if (!number++ && length >= 3 && !memcmp(text, KEYS_MARK, 3)) {
			text += 3;
			length -= 3;
		}
		if (!length)
			continue;
		one = keys_one(keys, text, (size_t)length, number);
		code = one ? one : code;
	}
	free(line);
	if (code <= CLI_NO && ferror(stdin))
		return cli_error(CLI_FAILED, "standard input: %s", strerror(errno));
	return code;
}

int keys_each(const struct keys *keys)
{
	int code = CLI_OK, one, i;

	for (i = 0; i < keys->count && code <= CLI_NO; i++) {
		one = keys_is_input(keys, i) ? keys_lines(keys) :
		      keys_one(keys, keys->texts[i], strlen(keys->texts[i]), 0);
		code = one ? one : code;
	}
	return code;
}
