/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * create.h - options of a new map that several commands have
 */
#ifndef KHMAP_CLI_CREATE_H
#define KHMAP_CLI_CREATE_H

#include "cli.h"

/**
 * create_number() - A number with a unit.
 * @option: its name, for the message
 * @text: what was given
 * @min: the least
 * @max: the most
 * @number: receives it
 *
 * Return: CLI_OK or CLI_USAGE, said.
 */
int create_number(const char *option, const char *text, uint64_t min, uint64_t max,
		  uint64_t *number);

/**
 * create_owner() - What --owner gives.
 * @text: [USER][:GROUP]
 * @create: @uid, @gid and @flags are set
 *
 * Return: CLI_OK or the exit status, said.
 */
int create_owner(const char *text, struct khmap_create_options *create);

/**
 * create_mode() - What --mode gives.
 * @text: octal
 * @create: @mode and @flags are set
 *
 * Return: CLI_OK or CLI_USAGE, said.
 */
int create_mode(const char *text, struct khmap_create_options *create);

#endif /* KHMAP_CLI_CREATE_H */
