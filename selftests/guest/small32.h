/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * small32.h - small maps for a test that is built for 32 bits
 *
 * An image takes the addresses of all that its map may grow to.  Those of a map without a limit
 * of its own are more than a 32-bit process has, so such maps get one.
 */
#ifndef _SMALL32_H
#define _SMALL32_H

#include <fcntl.h>
#include <unistd.h>

#define SMALL32_PARAMETER	"/sys/module/khmap/parameters/map_max_bytes"

static inline void small32_set(const char *bytes, size_t length)
{
	int fd = open(SMALL32_PARAMETER, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
		_exit(1);
	close(fd);
}

static void __attribute__((constructor)) small32_begin(void)
{
	small32_set("67108864", 8);
}

/* The default: those that come after are not to have it. */
static void __attribute__((destructor)) small32_end(void)
{
	small32_set("0", 1);
}

#endif /* _SMALL32_H */
