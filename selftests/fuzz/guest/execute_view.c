// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * execute_view.c - mappings of maps and snapshots
 *
 * The slots for mappings have fixed addresses far apart, and what is unmapped there is filled by
 * none but another call.  So two threads may unmap, move and touch the same pages without harm to
 * anything else in the process.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute.h"
#include "place.h"
#include "slots.h"

#define PAGE		4096ul
#define MOST_PAGES	(FUZZ_VIEW_STRIDE / PAGE)

static long answer(long result)
{
	return result < 0 ? -errno : result;
}

/* The part of a slot that a call is about, which stays within the slot. */
struct part {
	struct fuzz_view *view;
	char *at;
	size_t bytes;
};

static struct part part_of(struct fuzz_thread *thread, uint64_t slot, uint64_t page,
			   uint64_t pages)
{
	struct part part = {
		.view = &thread->worker->views[slot % FUZZ_VIEWS],
		.at = fuzz_view_address(slot),
	};

	page %= 1024;
	part.at += page * PAGE;
	part.bytes = pages & FUZZ_RIGHT ? part.view->length : pages % MOST_PAGES * PAGE;
	if (part.bytes > FUZZ_VIEW_STRIDE - page * PAGE)
		part.bytes = FUZZ_VIEW_STRIDE - page * PAGE;
	return part;
}

/* What the header page says, without the pages that no map here will have. */
static size_t image_bytes(struct fuzz_thread *thread, int fd)
{
	struct khmap_image_header header;
	size_t bytes = PAGE;
	void *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return PAGE;
	if (fuzz_copy(thread, &header, at, sizeof(header)))
		bytes = header.image_size;
	munmap(at, PAGE);
	return bytes < FUZZ_VIEW_STRIDE ? bytes & ~(PAGE - 1) : FUZZ_VIEW_STRIDE;
}

long fuzz_execute_mmap(struct fuzz_thread *thread, const struct fuzz_op *op,
		       const struct fuzz_call *call)
{
	int fd = fuzz_slot_of(thread->worker, call->on, (enum fuzz_kind)op->on)->fd;
	struct part part = part_of(thread, call->field[0], 0, call->field[3]);
	long result;

	if (call->field[3] & FUZZ_RIGHT)
		part.bytes = image_bytes(thread, fd);
	/* What else lies in the slot is replaced. */
	result = syscall(SYS_mmap, part.at, part.bytes, call->field[1] & 7,
			 (call->field[2] & ~(uint64_t)MAP_ANONYMOUS) | MAP_FIXED, fd,
			 call->field[4] * PAGE);
	if (result == -1)
		return -errno;
	part.view->length = part.bytes;
	return 0;
}

long fuzz_execute_munmap(struct fuzz_thread *thread, const struct fuzz_op *op,
			 const struct fuzz_call *call)
{
	struct part part = part_of(thread, call->field[0], call->field[1], call->field[2]);

	return answer(munmap(part.at, part.bytes));
}

long fuzz_execute_mremap(struct fuzz_thread *thread, const struct fuzz_op *op,
			 const struct fuzz_call *call)
{
	struct part part = part_of(thread, call->field[0], call->field[2], call->field[3]);
	struct part to = part_of(thread, call->field[1], 0, call->field[4]);
	unsigned long flags = call->field[5] & 7;

	if (!to.bytes)
		to.bytes = part.bytes;
	/* Only to where nothing of the process's own is. */
	if (flags & MREMAP_MAYMOVE)
		flags |= MREMAP_FIXED;
	if (syscall(SYS_mremap, part.at, part.bytes, to.bytes, flags, to.at) == -1)
		return -errno;
	to.view->length = to.bytes;
	return 0;
}

long fuzz_execute_mprotect(struct fuzz_thread *thread, const struct fuzz_op *op,
			   const struct fuzz_call *call)
{
	struct part part = part_of(thread, call->field[0], call->field[1], call->field[2]);

	return answer(mprotect(part.at, part.bytes, (int)(call->field[3] & 7)));
}

/* From 100 on it is memory that is said to be broken, which is another test. */
long fuzz_execute_madvise(struct fuzz_thread *thread, const struct fuzz_op *op,
			  const struct fuzz_call *call)
{
	struct part part = part_of(thread, call->field[0], call->field[1], call->field[2]);

	return answer(madvise(part.at, part.bytes, (int)(call->field[3] % 100)));
}

/* By the kernel on the process's behalf, into its own memory and from there. */
static long touch_remote(struct fuzz_thread *thread, const struct part *part, bool write)
{
	struct iovec remote = { part->at, part->bytes };
	struct iovec local;

	local.iov_base = fuzz_place_find(thread, fuzz_pointer(PLACE_GOOD, PAGE, 0), part->bytes);
	local.iov_len = part->bytes;
	if (write)
		return answer(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	return answer(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

static long touch_pipe(const struct part *part)
{
	struct iovec vector = { part->at, part->bytes };
	int ends[2];
	long result;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	result = answer(vmsplice(ends[1], &vector, 1, SPLICE_F_NONBLOCK));
	close(ends[0]);
	close(ends[1]);
	return result;
}

/* Writing is refused, by /proc/self/mem as well. */
static long touch_forced(const struct part *part)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	long result;

	if (fd < 0)
		return -errno;
	result = answer(pwrite(fd, "x", 1, (off_t)(uintptr_t)part->at));
	close(fd);
	return result;
}

long fuzz_execute_touch(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call)
{
	struct part part = part_of(thread, call->field[0], call->field[1],
				   call->field[2] % 512);
	unsigned char resident[512];

	switch (call->field[3]) {
	case 0:
		return (long)fuzz_touch(thread, part.at, part.bytes / PAGE);
	case 1:
		return fuzz_copy(thread, part.at, "x", 1) ? 0 : -EFAULT;
	case 2:
		return touch_remote(thread, &part, false);
	case 3:
		return touch_remote(thread, &part, true);
	case 4:
		return touch_pipe(&part);
	case 5:
		return touch_forced(&part);
	case 6:
		return answer(mincore(part.at, part.bytes, resident));
	case 7:
		return answer(mlock2(part.at, part.bytes, (unsigned int)(call->at & 1)));
	default:
		return answer(msync(part.at, part.bytes, MS_SYNC));
	}
}

/* A child that looks at what it has inherited, with nothing but system calls. */
static void child(struct fuzz_thread *thread, const struct fuzz_call *call)
{
	struct part part = part_of(thread, call->field[1], 0, 4);

	switch (call->field[0]) {
	case 0:
		break;
	case 1:
		fuzz_touch(thread, part.at, 4);
		break;
	case 2:
		munmap(fuzz_view_address(0), FUZZ_VIEWS * FUZZ_VIEW_STRIDE);
		break;
	case 3:
		fuzz_touch(thread, part.at, 4);
		syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
		break;
	default:
		syscall(SYS_close_range, FUZZ_FD_FIRST, ~0u, 0);
		fuzz_touch(thread, part.at, 4);
		break;
	}
	_exit(0);
}

long fuzz_execute_fork(struct fuzz_thread *thread, const struct fuzz_op *op,
		       const struct fuzz_call *call)
{
	/* Not fork(): no handler of the C library, which another thread may be in. */
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		return -errno;
	if (!pid)
		child(thread, call);
	return answer(waitpid(pid, NULL, 0));
}
