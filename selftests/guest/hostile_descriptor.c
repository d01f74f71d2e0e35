// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_descriptor.c - descriptors that outlive the privilege they were opened with
 *
 * A descriptor is what it was opened as, whoever has it: it is kept through setuid,
 * sent over a socket, inherited.  It cannot be made more.
 */
#include "kselftest_harness.h"
#include <sys/socket.h>
#include "hostile.h"

FIXTURE(descriptor) {
	int map;
	int reading;
	int shot;
};

FIXTURE_SETUP(descriptor)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);

	self->map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, self->map);
	self->reading = map_open(HOSTILE_MAP, O_RDONLY);
	ASSERT_LE(0, self->reading);
	self->shot = take_snapshot(self->map, &args);
	ASSERT_LE(0, self->shot);
}

FIXTURE_TEARDOWN(descriptor)
{
	map_remove(HOSTILE_MAP);
	close(self->map);
	close(self->reading);
	close(self->shot);
}

/* What a descriptor for reading gives to one who could not have opened it. */
static int reads_only(const void *context)
{
	int fd = *(const int *)context, reopened;
	uint64_t value, deleted;
	char path[64];
	size_t size;

	if (get(fd, 1, &value) || value != 1)
		return 1;
	if (image_map(fd, &size) == MAP_FAILED)
		return 2;
	if (put(fd, 1, 2) != -EBADF || clear(fd, &deleted) != -EBADF ||
	    map_destroy(fd) != -EBADF)
		return 3;
	/* Opened anew, it is asked who he is. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reopened = open(path, O_RDONLY);
	if (reopened >= 0 || errno != EACCES)
		return 4;
	reopened = open(path, O_RDWR);
	if (reopened >= 0 || errno != EACCES)
		return 5;
	if (fcntl(fd, F_SETFL, O_RDWR) || put(fd, 1, 2) != -EBADF)
		return 6;
	return mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? 0 : 7;
}

TEST_F(descriptor, kept_after_setuid)
{
	EXPECT_EQ(0, run_unprivileged(reads_only, &self->reading));
}

/* Opened for all, then the mode is taken back: it goes on, and there is no other. */
static int keeps(const void *context)
{
	const int *words = context;
	int fd = map_open(HOSTILE_MAP, O_RDWR);
	char byte = 0;
	uint64_t value;

	if (fd < 0)
		return 1;
	if (write(words[1], &byte, 1) != 1 || read(words[2], &byte, 1) != 1)
		return 2;
	if (map_open(HOSTILE_MAP, O_RDONLY) != -EACCES)
		return 3;
	return put(fd, 1, 5) || get(fd, 1, &value) || value != 5 ? 4 : 0;
}

TEST_F(descriptor, kept_after_chmod)
{
	int there[2], back[2], words[3], status;
	char byte = 0;
	pid_t child;

	ASSERT_EQ(0, pipe(there));
	ASSERT_EQ(0, pipe(back));
	words[1] = there[1];
	words[2] = back[0];
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0666));
	child = fork();
	if (!child)
		_exit(drop_privileges() ? 255 : keeps(words));
	ASSERT_EQ(1, read(there[0], &byte, 1));
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0600));
	ASSERT_EQ(1, write(back[1], &byte, 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

static int send_descriptor(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -errno;
}

static int receive_descriptor(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head;
	int fd = -1;

	if (recvmsg(socket, &message, 0) != 1)
		return -errno;
	head = CMSG_FIRSTHDR(&message);
	if (head)
		memcpy(&fd, CMSG_DATA(head), sizeof(int));
	return fd;
}

static int receives(const void *context)
{
	int fd = receive_descriptor(*(const int *)context);

	return fd < 0 ? 100 : reads_only(&fd);
}

TEST_F(descriptor, sent_to_one_with_less)
{
	int sockets[2], status;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	if (!child) {
		close(self->map);
		close(self->reading);
		close(self->shot);
		_exit(drop_privileges() ? 255 : receives(&sockets[1]));
	}
	ASSERT_EQ(0, send_descriptor(sockets[0], self->reading));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(sockets[0]);
	close(sockets[1]);
}

/* One without a node cannot be opened again at all, not by root either. */
TEST_F(descriptor, without_a_node)
{
	int fds[] = { self->shot, self->map }, i;
	char path[64];

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i]);
		EXPECT_EQ(-1, open(path, O_RDONLY));
		EXPECT_EQ(ENXIO, errno);
		EXPECT_EQ(-1, open(path, O_RDWR));
	}
}

/* A descriptor of the control device that was dropped with its privilege. */
static int creates(const void *context)
{
	struct khmap_ioc_create args = create_args("hostile-mine", 1);
	int control = *(const int *)context, fd;
	struct stat node;

	if (call(control, KHMAP_IOC_CREATE, &args))
		return 1;
	fd = args.fd;
	/* It is his, and only as much. */
	if (stat_node("hostile-mine", &node) || node.st_uid != UNPRIVILEGED)
		return 2;
	args.flags = KHMAP_CREATE_OWNER;
	if (call(control, KHMAP_IOC_CREATE, &args) != -EPERM)
		return 3;
	return map_destroy(fd) ? 4 : 0;
}

TEST_F(descriptor, of_the_control_device)
{
	int control = control_open(O_RDWR);

	ASSERT_LE(0, control);
	map_remove("hostile-mine");
	EXPECT_EQ(0, run_unprivileged(creates, &control));
	close(control);
}

TEST_HARNESS_MAIN
