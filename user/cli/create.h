/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * create.h - options of a new map, or of its node, that several commands have
 */
#ifndef KHMAP_CLI_CREATE_H
#define KHMAP_CLI_CREATE_H

#include "cli.h"

/* What the help of several commands says of them. */
#define CREATE_HELP_MAX_BYTES	\
	"  --max-bytes SIZE          refuse to take more memory: 64M, 2G (the module's limit)\n"
#define CREATE_HELP_NODE	\
	"  --owner [USER][:GROUP]    owner and group of the node (yours)\n"	\
	"  --mode MODE               its permissions, octal (0660)\n"

/**
 * create_next() - Take the options of a new map; return the next one that is a command's own.
 * @argc: of the command
 * @argv: of the command
 * @letters: as for getopt_long(), of the command's own options
 * @own: likewise; their values are letters
 * @create: receives --max-entries, --max-bytes, --load-percent, --hash, --layout, --stripes,
 *	    --owner and --mode
 * @code: receives the exit status if the command is to end
 *
 * Return: as cli_option().
 */
int create_next(int argc, char **argv, const char *letters, const struct option *own,
		struct khmap_create_options *create, int *code);

/**
 * create_number() - Read a number that an option has as its argument.
 * @option: its name
 * @text: the argument
 * @min: the smallest allowed
 * @max: the largest allowed
 * @number: receives it
 *
 * Return: CLI_OK or CLI_USAGE, having said why.
 */
int create_number(const char *option, const char *text, uint64_t min, uint64_t max,
		  uint64_t *number);

/**
 * create_owner() - Read the argument of --owner.
 * @text: [USER][:GROUP], names or numbers; what is left out is the caller's, and the group
 *	  of a user that is named his
 * @uid: receives the user
 * @gid: receives the group
 *
 * Return: CLI_OK or the exit status, having said why.
 */
int create_owner(const char *text, uint32_t *uid, uint32_t *gid);

/**
 * create_mode() - Read the argument of --mode.
 * @text: octal
 * @mask: bits that it may have, 0666 or 0444
 * @mode: receives it
 *
 * Return: CLI_OK or CLI_USAGE, having said why.
 */
int create_mode(const char *text, uint32_t mask, uint32_t *mode);

#endif /* KHMAP_CLI_CREATE_H */
