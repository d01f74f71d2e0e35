/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stall.h - memory that does not come until the test says so
 *
 * By userfaultfd(2): what an unprivileged user does with a file system in user space.
 */
#ifndef _KHMAP_STALL_H
#define _KHMAP_STALL_H

#include <linux/userfaultfd.h>
#include <poll.h>
#include "khmap_test.h"

#define STALL_PAGE	((size_t)PAGE)

/* What a call may need in this slow machine to come to the page. */
#define STALL_LIMIT_MS	(20000u * slower_factor())

/**
 * struct stall - a page whose next touch waits
 * @uffd: who waits is told here
 * @page: of two, the second of which is like any other, unless it is @probed
 * @at: where what is touched begins: the page's start, or with @probed its last bytes
 * @writes: a touch is a store to a page that is there; else any touch at all
 * @probed: it is stored to twice: before, to see whether it can be, and then in earnest
 * @content: that the page gets, if it was not there
 */
struct stall {
	int uffd;
	char *page;
	char *at;
	bool writes;
	bool probed;
	char content[PAGE_MAX];
};

/* Of one of the two pages: stores to it wait, or do not any more.  0 or -errno. */
static inline int stall_protect(const struct stall *stall, size_t index, bool wait)
{
	struct uffdio_writeprotect protect = {
		.range = {
			.start = address_of(stall->page + index * STALL_PAGE),
			.len = STALL_PAGE,
		},
		.mode = wait ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(stall->uffd, UFFDIO_WRITEPROTECT, &protect) ? -errno : 0;
}

/* Of a page that is not there, or, if it is writes that stall, that is.  0 or -errno. */
static inline int stall_at(struct stall *stall, char *page, bool writes)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range.len = stall->probed ? 2 * STALL_PAGE : STALL_PAGE,
		.mode = writes ? UFFDIO_REGISTER_MODE_WP : UFFDIO_REGISTER_MODE_MISSING,
	};
	int err = 0;

	stall->page = page;
	if (!stall->probed)
		stall->at = page;
	stall->writes = writes;
	stall->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (stall->uffd < 0)
		return -errno;
	range.range.start = address_of(stall->page);
	if (ioctl(stall->uffd, UFFDIO_API, &api) ||
	    ioctl(stall->uffd, UFFDIO_REGISTER, &range))
		return -errno;
	if (writes)
		err = stall_protect(stall, 0, true);
	if (!err && stall->probed)
		err = stall_protect(stall, 1, true);
	return err;
}

static inline char *stall_pages(void)
{
	return mmap(NULL, 2 * STALL_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Of a page of its own; with @content, if it is writes that stall.  0 or -errno. */
static inline int stall_make(struct stall *stall, bool writes)
{
	char *page = stall_pages();

	if (page == MAP_FAILED)
		return -errno;
	stall->probed = false;
	if (writes)
		memcpy(page, stall->content, STALL_PAGE);
	return stall_at(stall, page, writes);
}

/*
 * Of what is stored to twice, with @content: @first bytes of it are on one page, the
 * others on the next, and both stall.  0 or -errno.
 */
static inline int stall_make_probed(struct stall *stall, size_t first)
{
	char *page = stall_pages();

	if (page == MAP_FAILED)
		return -errno;
	stall->probed = true;
	stall->at = page + STALL_PAGE - first;
	memcpy(stall->at, stall->content, STALL_PAGE);
	return stall_at(stall, page, true);
}

/* Wait until somebody waits for one of the two pages; false if nobody comes. */
static inline bool stall_wait_at(const struct stall *stall, size_t index)
{
	struct pollfd event = { .fd = stall->uffd, .events = POLLIN };
	struct uffd_msg message;

	return poll(&event, 1, (int)STALL_LIMIT_MS) == 1 &&
	       read(stall->uffd, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT &&
	       (message.arg.pagefault.address & ~(STALL_PAGE - 1)) ==
	       address_of(stall->page + index * STALL_PAGE);
}

/* Wait until somebody waits for the page; false if nobody comes. */
static inline bool stall_wait(const struct stall *stall)
{
	return stall_wait_at(stall, 0);
}

/*
 * Who waits sees whether he can write, and then waits again, to do it; false if he does
 * not.  Bytes are stored in their order: while he waits at the second page he is done
 * with the first one, which is protected anew, so that whoever comes to it after that has
 * both pages probed, and writes.
 */
static inline bool stall_wait_again(const struct stall *stall)
{
	return !stall_protect(stall, 0, false) && stall_wait_at(stall, 1) &&
	       !stall_protect(stall, 0, true) && !stall_protect(stall, 1, false) &&
	       stall_wait_at(stall, 0);
}

/* Let them have it. */
static inline int stall_give(const struct stall *stall)
{
	struct uffdio_copy copy = {
		.dst = address_of(stall->page),
		.src = address_of(stall->content),
		.len = STALL_PAGE,
	};

	if (stall->writes)
		return stall_protect(stall, 0, false) ?:
		       (stall->probed ? stall_protect(stall, 1, false) : 0);
	return ioctl(stall->uffd, UFFDIO_COPY, &copy) ? -errno : 0;
}

static inline void stall_end(struct stall *stall)
{
	munmap(stall->page, 2 * STALL_PAGE);
	close(stall->uffd);
}

/* Can writes stall?  On arm64 only since Linux 6.10. */
static inline bool stall_protects(void)
{
	static struct stall try;
	int err = stall_make(&try, true);

	if (err != -EINVAL)
		stall_end(&try);
	return err != -EINVAL;
}

#endif /* _KHMAP_STALL_H */
