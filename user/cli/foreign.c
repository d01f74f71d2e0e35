// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * foreign.c - snapshot files of the other byte order where a command takes a file
 */
#include <errno.h>
#include <string.h>

#include "foreign.h"

int foreign_open(const char *name, uint32_t flags, struct khmap_foreign **foreign)
{
	int err;

	*foreign = NULL;
	if (!strpbrk(name, "/."))
		return 0;
	err = khmap_foreign_open(name, flags, foreign);
	switch (err) {
	case -ENODATA:
	case -EUCLEAN:
	case -EBADMSG:
	case -EPROTONOSUPPORT:
	case -EFBIG:
	case -ENOMEM:
	case -EIO:
		return err;
	default:
		return 0;
	}
}
