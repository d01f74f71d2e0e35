/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * portable.h - a map made from an image entry by entry
 */
#ifndef KHMAP_CLI_PORTABLE_H
#define KHMAP_CLI_PORTABLE_H

#include "cli.h"

/**
 * portable_restore() - Create a map and store every entry of an image in it.
 * @image: a snapshot or a file
 * @create: what the map shall be; what it leaves open is as in the image, but for
 *	    the secret, which is new
 *
 * The map can be seen while it fills.  If that fails, or is interrupted, it is
 * taken away again.
 *
 * Return: CLI_OK, or the exit status, having said why.
 */
int portable_restore(const struct cli_map *image, const struct khmap_create_options *create);

#endif /* KHMAP_CLI_PORTABLE_H */
