// SPDX-License-Identifier: GPL-2.0-only
/*
 * module.c - the module does not go while anybody needs it
 *
 * The last test leaves it loaded again.
 */
#include "kselftest_harness.h"
#include "khmap_test.h"

#define NAME		"test-module"
#define MODULE_FILE	"/khmap.ko"

static int unload(void)
{
	return syscall(SYS_delete_module, "khmap", O_NONBLOCK) ? -errno : 0;
}

static int load(const char *parameters)
{
	int fd = open(MODULE_FILE, O_RDONLY), err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return err;
}

/* What the kernel says of a module that is in use; rmmod calls it busy. */
#define IN_USE	(-EAGAIN)

/* The last file of a process may be closed a moment after it has ended. */
static int unload_soon(void)
{
	int tries, err = 0;

	for (tries = 0; tries < 50; tries++) {
		err = unload();
		if (err != IN_USE)
			break;
		usleep(100000);
	}
	return err;
}

FIXTURE(module) {
	int fd;
};

FIXTURE_SETUP(module)
{
	if (access(MODULE_FILE, R_OK))
		SKIP(return, "there is no %s to load again", MODULE_FILE);
	self->fd = create_named(NAME, 100);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, put(self->fd, 1, 10));
	EXPECT_EQ(IN_USE, unload());
}

FIXTURE_TEARDOWN(module)
{
	EXPECT_EQ(0, unload_soon());
	EXPECT_EQ(-1, access(KHMAP_DEVICE_DIR, F_OK));
	EXPECT_EQ(0, load(""));
	EXPECT_EQ(0, access(CONTROL, F_OK));
}

TEST_F(module, stays_for_a_named_map)
{
	uint64_t value;

	close(self->fd);
	EXPECT_EQ(IN_USE, unload());
	self->fd = map_open(NAME, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(10, value);
	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
}

TEST_F(module, stays_for_a_descriptor)
{
	EXPECT_EQ(0, map_destroy(self->fd));
	EXPECT_EQ(IN_USE, unload());
	close(self->fd);
}

TEST_F(module, stays_for_a_mapping)
{
	size_t size;
	char *image = image_map(self->fd, &size);

	ASSERT_NE(MAP_FAILED, image);
	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(IN_USE, unload());
	EXPECT_EQ(0, memcmp(image, KHMAP_IMAGE_MAGIC, 8));
	munmap(image, size);
}

TEST_F(module, stays_for_a_snapshot)
{
	struct khmap_ioc_snapshot args;
	int fd = snapshot(self->fd, &args);
	uint64_t value;
	size_t size;
	char *image;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(IN_USE, unload());
	EXPECT_EQ(0, get(fd, 1, &value));
	EXPECT_EQ(10, value);
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	close(fd);
	EXPECT_EQ(IN_USE, unload());
	EXPECT_EQ(0, memcmp(image, KHMAP_IMAGE_MAGIC, 8));
	munmap(image, size);
}

TEST_F(module, stays_for_the_control_device)
{
	int control = control_open(O_RDONLY);

	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(IN_USE, unload());
	close(control);
}

/* A process that dies with all of it open leaves nothing behind. */
TEST_F(module, is_let_go_by_a_killed_process)
{
	pid_t child = fork();
	int status;

	if (!child) {
		struct khmap_ioc_snapshot args;
		size_t size;

		snapshot(self->fd, &args);
		image_map(self->fd, &size);
		raise(SIGKILL);
	}
	ASSERT_LT(0, child);
	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

/*
 * Whoever sits on a page of it keeps the page, not the module's code: the
 * header page, and the second of a run that was allocated as one.
 */
TEST_F(module, pages_in_a_pipe_outlive_it)
{
	static char copy[2 * PAGE_MAX], back[2 * PAGE_MAX];
	char *image;
	const struct khmap_image_header *header;
	size_t size, filled = 0;
	struct iovec vector[2];
	int ends[2], fd;

	fd = create_named(NULL, 10000);
	ASSERT_LE(0, fd);
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	header = (void *)image;
	vector[0] = (struct iovec){ image, PAGE };
	vector[1] = (struct iovec){ image + header->primary_offset + PAGE,
				    PAGE };
	for (uint64_t i = 0; i < 5000; i++)
		ASSERT_EQ(0, put(fd, i, ~i));
	memcpy(copy, vector[0].iov_base, PAGE);
	memcpy(copy + PAGE, vector[1].iov_base, PAGE);
	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ(2 * PAGE, vmsplice(ends[1], vector, 2, 0));
	munmap(image, size);
	close(fd);
	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(0, unload_soon());
	while (filled < 2 * (size_t)PAGE) {
		ssize_t count = read(ends[0], back + filled,
				     2 * PAGE - filled);

		ASSERT_LT(0, count);
		filled += (size_t)count;
	}
	EXPECT_EQ(0, memcmp(copy, back, 2 * PAGE));
	close(ends[0]);
	close(ends[1]);
	EXPECT_EQ(0, load(""));
}

/*
 * A number is given out again when all have been, or the module was loaded anew.  The
 * node that had it, if somebody kept it, leads nowhere all the same.
 */
TEST(node_of_an_earlier_load)
{
	struct stat before, after;
	char path[64];
	int fd, node;

	if (access(MODULE_FILE, R_OK))
		SKIP(return, "there is no %s to load again", MODULE_FILE);
	ASSERT_EQ(0, unload_soon());
	ASSERT_EQ(0, load(""));
	fd = create_named(NAME, 100);
	ASSERT_LE(0, fd);
	node = open(KHMAP_DEVICE_DIR "/" NAME, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, node);
	ASSERT_EQ(0, fstat(node, &before));
	ASSERT_EQ(0, map_destroy(fd));
	close(fd);
	ASSERT_EQ(0, unload_soon());
	ASSERT_EQ(0, load(""));
	fd = create_named(NAME, 100);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, stat(KHMAP_DEVICE_DIR "/" NAME, &after));
	ASSERT_EQ(before.st_rdev, after.st_rdev);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	EXPECT_EQ(-1, open(path, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(ENXIO, errno);
	close(node);
	EXPECT_EQ(0, map_destroy(fd));
	close(fd);
}

TEST(limit_of_all_maps)
{
	struct khmap_ioc_create args = create_args(NULL, 20000);
	struct khmap_ioc_abi abi;
	int control, fd, fd2;

	if (access(MODULE_FILE, R_OK))
		SKIP(return, "there is no %s to load again", MODULE_FILE);
	ASSERT_EQ(0, unload_soon());
	ASSERT_EQ(0, load("max_bytes=1000000"));
	control = control_open(O_RDWR);
	ASSERT_EQ(0, query_abi(control, &abi));
	EXPECT_EQ(1000000, abi.max_bytes);
	EXPECT_EQ(0, abi.bytes);
	fd = create_map(&args);
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, map_reserve(fd, 20000));
	fd2 = create_map(&args);
	EXPECT_LE(0, fd2);
	EXPECT_EQ(-ENOMEM, map_reserve(fd2, 20000));
	EXPECT_EQ(0, put(fd2, 1, 1));
	close(fd);
	EXPECT_EQ(0, map_reserve(fd2, 20000));
	close(fd2);
	close(control);
	ASSERT_EQ(0, unload_soon());
	ASSERT_EQ(0, load(""));
}

TEST_HARNESS_MAIN
