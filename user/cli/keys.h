/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * keys.h - keys from the command line and from standard input
 */
#ifndef KHMAP_CLI_KEYS_H
#define KHMAP_CLI_KEYS_H

#include "cli.h"

/**
 * typedef keys_do - Do what is wanted with a key.
 * @context: as given to keys_each()
 * @text: the key, as it was written
 * @length: bytes of @text
 * @key: its bytes
 *
 * Return: the exit status; above CLI_NO ends it all.
 */
typedef int keys_do(void *context, const char *text, size_t length, const void *key);

/**
 * struct keys - Keys to go through.
 * @type: of a key
 * @texts: the keys; "-" stands for the lines of standard input
 * @count: how many @texts
 * @literal: from this one on, "-" is a key
 * @each: called for each key
 * @context: for @each
 */
struct keys {
	const struct khmap_type *type;
	char *const *texts;
	int count;
	int literal;
	keys_do *each;
	void *context;
};

/**
 * keys_literal() - Where on a command line nothing has a special meaning any more.
 * @argc: of the command
 * @argv: of the command, before cli_option()
 *
 * Return: the index behind "--"; @argc if there is none.
 */
int keys_literal(int argc, char *const *argv);

/**
 * keys_is_input() - Does it stand for standard input?
 * @keys: the keys
 * @which: one of @keys->texts
 */
bool keys_is_input(const struct keys *keys, int which);

/**
 * keys_each() - Go through keys in order.
 * @keys: the keys
 *
 * Return: the exit status; a line that is no key is CLI_FAILED, an argument
 * that is none CLI_USAGE.
 */
int keys_each(const struct keys *keys);

#endif /* KHMAP_CLI_KEYS_H */
