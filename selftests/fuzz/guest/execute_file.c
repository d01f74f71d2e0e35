// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * execute_file.c - descriptors come, go and are passed on; nodes; a snapshot is read
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "execute.h"
#include "place.h"
#include "slots.h"

static long answer(long result)
{
	return result < 0 ? -errno : result;
}

static struct fuzz_slot *target(struct fuzz_thread *thread, const struct fuzz_op *op,
				const struct fuzz_call *call)
{
	return fuzz_slot_of(thread->worker, call->on, (enum fuzz_kind)op->on);
}

/* A descriptor that is new goes into a slot. */
static long keep(struct fuzz_thread *thread, const struct fuzz_call *call, int fd, bool named)
{
	if (fd < 0)
		return -errno;
	if (fd >= thread->worker->first_fd)
		fuzz_slot_put(thread->worker, call->at, fd)->named = named;
	return fd;
}

long fuzz_execute_raw(struct fuzz_thread *thread, const struct fuzz_op *op,
		      const struct fuzz_call *call)
{
	struct fuzz_filling filling = { .content = CONTENT_NUMBERS, .count = 64 };
	void *at = fuzz_place_fill(thread, call->field[1], &filling);

	return answer(syscall(SYS_ioctl, target(thread, op, call)->fd, call->field[0], at));
}

long fuzz_execute_control(struct fuzz_thread *thread, const struct fuzz_op *op,
			  const struct fuzz_call *call)
{
	return keep(thread, call, open(KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME,
				       (int)(call->field[0] & O_ACCMODE) | O_CLOEXEC), false);
}

static void node_path(char *path, size_t size, uint64_t name)
{
	if (name == FUZZ_NAMES)
		snprintf(path, size, KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME);
	else
		snprintf(path, size, KHMAP_DEVICE_DIR "/" FUZZ_NAME,
			 (unsigned int)(name % FUZZ_NAMES));
}

long fuzz_execute_open(struct fuzz_thread *thread, const struct fuzz_op *op,
		       const struct fuzz_call *call)
{
	int flags = (int)call->field[1] & (O_ACCMODE | O_PATH), fd, again;
	char path[64], link[64];

	node_path(path, sizeof(path), call->field[0]);
	fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0 && flags & O_PATH) {
		/* What it stands for may be another thing by now, or none. */
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		again = open(link, O_RDWR | O_CLOEXEC);
		close(fd);
		fd = again;
	}
	return keep(thread, call, fd, true);
}

long fuzz_execute_close(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call)
{
	fuzz_slot_close(target(thread, op, call));
	return 0;
}

long fuzz_execute_dup(struct fuzz_thread *thread, const struct fuzz_op *op,
		      const struct fuzz_call *call)
{
	struct fuzz_slot *slot = target(thread, op, call);
	struct fuzz_slot *over = &thread->worker->slots[call->field[1] % FUZZ_FDS];
	int fd = slot->fd, old = over->fd;

	switch (call->field[0]) {
	case 0:
		return keep(thread, call, fcntl(fd, F_DUPFD_CLOEXEC, FUZZ_FD_FIRST),
			    slot->named);
	case 1:
		/* What another thread is using becomes something else. */
		if (old < thread->worker->first_fd)
			return -EBADF;
		over->kind = slot->kind;
		return answer(dup2(fd, old));
	case 2:
		return answer(fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND));
	default: {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		if (read(fd, path, sizeof(path)) < 0)
			path[0] = 0;
		close(fd);
		return 0;
	}
	}
}

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

long fuzz_execute_send(struct fuzz_thread *thread, const struct fuzz_op *op,
		       const struct fuzz_call *call)
{
	char byte = 1;
	struct iovec vector = { &byte, 1 };
	union control control = { .head = {
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	} };
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd = target(thread, op, call)->fd;

	if (fd < 0)
		return -EBADF;
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return answer(sendmsg(thread->worker->socket[call->at & 1], &message,
			      MSG_DONTWAIT | MSG_NOSIGNAL));
}

long fuzz_execute_receive(struct fuzz_thread *thread, const struct fuzz_op *op,
			  const struct fuzz_call *call)
{
	char byte;
	struct iovec vector = { &byte, 1 };
	union control control = {};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(thread->worker->socket[call->at & 1], &message,
			      MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd;

	if (got < 0)
		return -errno;
	if (message.msg_controllen < sizeof(struct cmsghdr))
		return -ENODATA;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return keep(thread, call, fd, false);
}

/* What root can do to a node, as udev does. */
long fuzz_execute_node(struct fuzz_thread *thread, const struct fuzz_op *op,
		       const struct fuzz_call *call)
{
	unsigned int number = (unsigned int)call->field[2];
	char path[64], other[80];
	struct stat node;

	node_path(path, sizeof(path), call->field[0]);
	snprintf(other, sizeof(other), "%s-x", path);
	switch (call->field[1]) {
	case 0:
		return answer(chmod(path, number & 0777));
	case 1:
		return answer(chown(path, number, number));
	case 2:
		return answer(stat(path, &node));
	case 3:
		/* A second node of the same number outlives the map. */
		if (stat(path, &node))
			return -errno;
		if (mknod(other, S_IFCHR | 0666, node.st_rdev))
			return -errno;
		return keep(thread, call, open(other, O_RDWR | O_CLOEXEC), true);
	case 4:
		return answer(unlink(other));
	default:
		return answer(call->field[0] == FUZZ_NAMES ? -1 : unlink(path));
	}
}

static long read_to_pipe(int fd, loff_t *offset, size_t length, bool whole)
{
	int ends[2], null;
	long result;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	result = answer(splice(fd, offset, ends[1], NULL, length, SPLICE_F_NONBLOCK));
	if (result > 0 && whole) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		splice(ends[0], NULL, null, NULL, (size_t)result, SPLICE_F_NONBLOCK);
		close(null);
	}
	close(ends[0]);
	close(ends[1]);
	return result;
}

long fuzz_execute_read(struct fuzz_thread *thread, const struct fuzz_op *op,
		       const struct fuzz_call *call)
{
	size_t length = call->field[1] & FUZZ_RIGHT ? ~0ul >> 1 : call->field[1];
	void *at = fuzz_place_find(thread, call->field[0], 4096);
	loff_t offset = (loff_t)call->field[2];
	int fd = target(thread, op, call)->fd, null;
	struct iovec vectors[2] = { { at, length < 8192 ? length / 2 : 100 }, { at, length } };
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	long result;

	switch (call->field[3]) {
	case 0:
		return answer(pread(fd, at, length, offset));
	case 1:
		return answer(read(fd, at, length));
	case 2:
		return answer(lseek(fd, offset, (int)(call->at % 5)));
	case 3:
		return answer(preadv2(fd, vectors, 2, offset, call->at % 2 ? RWF_NOWAIT : 0));
	case 4:
		return read_to_pipe(fd, &offset, length & 0xfffff, true);
	case 5:
		return read_to_pipe(fd, NULL, length & 0xfffff, false);
	case 6:
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		result = answer(sendfile(null, fd, &offset, length & 0xfffff));
		close(null);
		return result;
	case 7:
		return answer(poll(&poller, 1, 0));
	default:
		return answer(pwrite(fd, at, length & 0xfff, offset));
	}
}

/* A snapshot's image into memory, for RESTORE, with some bits flipped. */
long fuzz_execute_image(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call)
{
	struct rng rng = rng_of(call->field[2], call->at);
	int fd = target(thread, op, call)->fd;
	size_t *used, within;
	char *image = fuzz_memory_image(thread->memory, &used);
	ssize_t got = pread(fd, image, FUZZ_IMAGE_MAX, 0);
	uint64_t flips;

	if (got < 0)
		return -errno;
	*used = (size_t)got;
	if (!got)
		return 0;
	within = call->field[1] && call->field[1] < *used ? call->field[1] : *used;
	for (flips = call->field[0] % 128; flips; flips--)
		image[rng_below(&rng, within)] ^= (char)(1 << rng_below(&rng, 8));
	return got;
}
