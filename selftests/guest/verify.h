/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verify.h - after a test that wrote: is every invariant of its map in order?
 *
 * The one thing in these tests that goes through the library, as it judges
 * what the kernel left behind and not what it answers.
 */
#ifndef _KHMAP_TEST_VERIFY_H
#define _KHMAP_TEST_VERIFY_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <khmap/khmap.h>
#include <khmap/verify.h>

/* What a test leaves to the map's worker is done long before. */
#define VERIFY_TRIES	200
#define VERIFY_WAIT_US	20000

static inline int verify_tell(void *context, const struct khmap_finding *finding)
{
	(void)context;
	printf("# verify: %s\n", finding->text);
	return 0;
}

/*
 * Verify the map or snapshot behind a descriptor, which stays open.  Returns
 * the faults that were found, or -errno.  A descriptor that the test has closed
 * is in order.  The map's worker may still be splitting after the last write, so
 * that counts cannot be compared; then it is verified again.
 */
static inline long map_verify(int fd)
{
	struct khmap_verify_options options = {
		.size = sizeof(options),
		.finding = verify_tell,
	};
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), tries = VERIFY_TRIES, err;
	struct khmap *map;

	if (copy < 0)
		return errno == EBADF ? 0 : -errno;
	err = khmap_open_fd(copy, NULL, &map);
	if (err) {
		printf("# verify: %s\n", khmap_reason());
		close(copy);
		return err;
	}
	do
		err = khmap_verify(map, &options);
	while (!err && !options.findings && !options.counts_compared &&
	       --tries && !usleep(VERIFY_WAIT_US));
	khmap_close(map);
	if (!err && !options.counts_compared)
		printf("# verify: somebody wrote meanwhile\n");
	return err ? err : (long)options.findings + !options.counts_compared;
}

#endif /* _KHMAP_TEST_VERIFY_H */
