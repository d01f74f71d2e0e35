// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_refused.c - a user without permission gets nothing, whichever way he tries
 */
#include "kselftest_harness.h"
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/socket.h>
#include "hostile.h"

#define SHOT	"hostile-shot"

FIXTURE(refused) {
	int map;
	int shot;
	uint64_t sum;
};

FIXTURE_SETUP(refused)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT);

	map_remove(SHOT);
	self->map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, self->map);
	self->shot = take_snapshot(self->map, &args);
	ASSERT_LE(0, self->shot);
}

FIXTURE_TEARDOWN(refused)
{
	map_remove(SHOT);
	map_remove(HOSTILE_MAP);
	close(self->shot);
	close(self->map);
}

static const char *const nodes[] = {
	KHMAP_DEVICE_DIR "/control",
	KHMAP_DEVICE_DIR "/" HOSTILE_MAP,
	KHMAP_DEVICE_DIR "/" SHOT,
};

/* Every way to open a node.  Returns 0, or which node, from 1. */
static int open_all(const void *context)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE, O_RDWR | O_CREAT, O_RDWR | O_TRUNC,
		O_RDONLY | O_NONBLOCK, O_RDWR | O_APPEND | O_SYNC,
	};
	size_t node, i;

	(void)context;
	for (node = 0; node < 3; node++)
		for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if (open(nodes[node], flags[i], 0600) >= 0 || errno != EACCES)
				return (int)node + 1;
	return 0;
}

TEST_F(refused, every_open)
{
	EXPECT_EQ(0, run_unprivileged(open_all, NULL));
}

/*
 * A descriptor that only names the node may be had, as of any file, and serves for
 * nothing: it leads to no ioctl, mapping or byte, and not around the permission.
 */
static int by_path_descriptor(const void *context)
{
	unsigned long command;
	char link[64], bytes[8];
	size_t node;

	(void)context;
	for (node = 0; node < 3; node++) {
		int fd = open(nodes[node], O_PATH);

		if (fd < 0)
			return 1;
		for (command = 0xbe00; command < 0xbf00; command++)
			if (call(fd, command, bytes) != -EBADF)
				return 2;
		if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED ||
		    errno != EBADF)
			return 3;
		if (read(fd, bytes, 8) >= 0 || errno != EBADF)
			return 4;
		if (pread(fd, bytes, 8, 0) >= 0 || errno != EBADF)
			return 4;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (open(link, O_RDONLY) >= 0 || errno != EACCES)
			return 5;
		close(fd);
	}
	return 0;
}

TEST_F(refused, by_a_descriptor_of_the_path)
{
	EXPECT_EQ(0, run_unprivileged(by_path_descriptor, NULL));
}

/* Through the process that has them open. */
static int by_proc(const void *context)
{
	const int *numbers = context;
	char path[64];
	int i;

	for (i = 1; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", numbers[0], numbers[i]);
		if (open(path, O_RDONLY) >= 0 || errno != EACCES)
			return i;
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", numbers[0]);
	if (open(path, O_RDONLY) >= 0 || errno != EACCES)
		return 3;
	i = (int)syscall(SYS_pidfd_open, numbers[0], 0);
	if (i < 0)
		return 4;
	if (syscall(SYS_pidfd_getfd, i, numbers[1], 0) >= 0 || errno != EPERM)
		return 5;
	return 0;
}

TEST_F(refused, through_another_process)
{
	int numbers[] = { getpid(), self->map, self->shot };

	EXPECT_EQ(0, run_unprivileged(by_proc, numbers));
}

/* To the node itself, and to its directory. */
static int to_the_node(const void *context)
{
	struct stat node;
	size_t i;

	(void)context;
	for (i = 0; i < 3; i++) {
		if (!chmod(nodes[i], 0666) || errno != EPERM)
			return 1;
		if (!chown(nodes[i], UNPRIVILEGED, UNPRIVILEGED) || errno != EPERM)
			return 2;
		if (!unlink(nodes[i]) || errno != EACCES)
			return 3;
		if (!rename(nodes[i], KHMAP_DEVICE_DIR "/mine") || errno != EACCES)
			return 4;
		if (!truncate(nodes[i], 0) || (errno != EACCES && errno != EINVAL))
			return 5;
		if (stat(nodes[i], &node))
			return 6;
		if (!mknod("/tmp/hostile", S_IFCHR | 0666, node.st_rdev) || errno != EPERM)
			return 7;
		if (!link(nodes[i], "/tmp/hostile"))
			return 8;
	}
	if (!mknod(KHMAP_DEVICE_DIR "/mine", S_IFREG | 0666, 0) || errno != EACCES)
		return 9;
	return 0;
}

TEST_F(refused, to_the_node)
{
	EXPECT_EQ(0, run_unprivileged(to_the_node, NULL));
}

/* Only what ls shows as well: the name, the number, the owner and the mode. */
static bool is_public(char *text)
{
	static const char *const keys[] = {
		"MAJOR=", "MINOR=", "DEVNAME=", "DEVTYPE=khmap", "DEVMODE=", "DEVUID=",
		"DEVGID=",
	};
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		bool known = !*line;
		size_t i;

		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			known |= !strncmp(line, keys[i], strlen(keys[i]));
		if (!known)
			return false;
	}
	return true;
}

/* What the driver core shows of it. */
static int by_sysfs(const void *context)
{
	static const char base[] = "/sys/class/khmap/" HOSTILE_MAP;
	static const char *const files[] = { "uevent", "dev" };
	char path[128], text[256];
	struct stat node;
	size_t i;

	(void)context;
	if (access("/sys/class/khmap", F_OK))
		return 77;
	for (i = 0; i < 2; i++) {
		ssize_t got;
		int fd;

		snprintf(path, sizeof(path), "%s/%s", base, files[i]);
		if (stat(path, &node) || node.st_mode & 0022)
			return 1;
		fd = open(path, O_RDONLY);
		got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		text[got > 0 ? got : 0] = '\0';
		if (!*text || (!i && !is_public(text)))
			return 2;
		close(fd);
		if (open(path, O_WRONLY) >= 0 || errno != EACCES)
			return 3;
	}
	return 0;
}

TEST_F(refused, by_sysfs)
{
	int result = run_unprivileged(by_sysfs, NULL);

	if (result == 77)
		SKIP(return, "no sysfs");
	EXPECT_EQ(0, result);
}

/**
 * struct module_file - a file of the module
 * @path: of it
 * @flags: with which root opens it and nobody else does
 */
struct module_file {
	const char *path;
	int flags;
};

/* The last one is of the tracepoints, which not every kernel has. */
static const struct module_file module_files[] = {
	{ "/sys/module/khmap/parameters/max_bytes", O_WRONLY },
	{ "/sys/module/khmap/parameters/map_max_bytes", O_WRONLY },
	{ "/sys/module/khmap/parameters/snapshot_warn_after", O_WRONLY },
	{ "/sys/module/khmap/sections/.text", O_RDONLY },
	{ "/sys/kernel/tracing/events/khmap/enable", O_RDONLY },
	{ "/sys/kernel/tracing/events/khmap/enable", O_WRONLY },
};

#define MODULE_FILES	(sizeof(module_files) / sizeof(module_files[0]))

/* Is it there, for who may?  Opening these stores nothing. */
static bool module_file_opens(const struct module_file *file)
{
	int fd = open(file->path, file->flags);

	close(fd);
	return fd >= 0;
}

/* Returns 0, or which was not refused, from 1. */
static int module_refuses(const void *context)
{
	size_t count = *(const size_t *)context, i;

	for (i = 0; i < count; i++)
		if (open(module_files[i].path, module_files[i].flags) >= 0 || errno != EACCES)
			return (int)i + 1;
	if (!syscall(SYS_delete_module, "khmap", O_NONBLOCK) || errno != EPERM)
		return MODULE_FILES + 1;
	return 0;
}

TEST_F(refused, by_the_module_s_files)
{
	size_t count = MODULE_FILES, i;

	if (access("/sys/kernel/tracing/events", F_OK))
		count -= 2;
	for (i = 0; i < count; i++)
		EXPECT_TRUE(module_file_opens(&module_files[i]))
			TH_LOG("%s", module_files[i].path);
	EXPECT_EQ(0, run_unprivileged(module_refuses, &count));
	if (count < MODULE_FILES && _metadata->passed)
		SKIP(return, "no tracefs: all but the events' files was refused");
}

TEST_HARNESS_MAIN
