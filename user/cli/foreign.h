/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * foreign.h - snapshot files of the other byte order where a command takes a file
 */
#ifndef KHMAP_CLI_FOREIGN_H
#define KHMAP_CLI_FOREIGN_H

#include <khmap/foreign.h>

/**
 * foreign_open() - Open a file of the other byte order, if it is one.
 * @name: of a map, or a path
 * @flags: KHMAP_FOREIGN_*
 * @foreign: receives the file, for khmap_foreign_close(); or NULL if it is something
 *	     else, of which cli_open() will say more
 *
 * Return: 0; a negative errno, of khmap_foreign_open().
 */
int foreign_open(const char *name, uint32_t flags, struct khmap_foreign **foreign);

#endif /* KHMAP_CLI_FOREIGN_H */
