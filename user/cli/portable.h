/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * portable.h - a map made from an image entry by entry
 */
#ifndef KHMAP_CLI_PORTABLE_H
#define KHMAP_CLI_PORTABLE_H

#include "cli.h"

/**
 * portable_restore() - Create a map and store every entry of an image in it.
 * @name: of a snapshot file, plain or compressed, of either byte order
 * @create: what the map shall be; what it leaves open is as in the image, but for
 *	    the secret, which is new
 * @opaque: of the other byte order and without a schema: take keys and values as they
 *	    are, which is refused otherwise
 *
 * The map can be seen while it fills.  If that fails, or is interrupted, it is
 * taken away again.
 *
 * Return: CLI_OK, or the exit status, having said why.
 */
int portable_restore(const char *name, const struct khmap_create_options *create, bool opaque);

#endif /* KHMAP_CLI_PORTABLE_H */
