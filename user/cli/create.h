/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * create.h - options of a new map that several commands have
 */
#ifndef KHMAP_CLI_CREATE_H
#define KHMAP_CLI_CREATE_H

#include "cli.h"

/* What getopt_long() returns for them; of -n, --entries, it is 'n'. */
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
	CREATE_OPTIONS_END,	/* a command's own ones come behind */
};

/**
 * create_option() - Take an option of a new map, whose argument is optarg.
 * @option: enum create_option or 'n', but neither CREATE_KEY nor CREATE_VALUE
 * @create: receives it
 *
 * Return: CLI_OK or the exit status, having said why.
 */
int create_option(int option, struct khmap_create_options *create);

#endif /* KHMAP_CLI_CREATE_H */
