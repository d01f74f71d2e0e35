/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khmap_test.h - what the tests in the guest share
 *
 * The ioctls, as they are: a test of the kernel's answers must not go through
 * the library.  All return 0, or what else the ioctl returns, or -errno.
 */
#ifndef _KHMAP_TEST_H
#define _KHMAP_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/khmap.h>

#define CONTROL		KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME
#define UNPRIVILEGED	1000	/* the guest's user "tester" */
#define PAGE		sysconf(_SC_PAGESIZE)
#define PAGE_MAX	65536	/* bytes of a page on any machine */

static inline uint64_t address_of(const void *p)
{
	return (uintptr_t)p;
}

static inline int call(int fd, unsigned long command, void *arg)
{
	int result = ioctl(fd, command, arg);

	return result < 0 ? -errno : result;
}

static inline int control_open(int flags)
{
	int fd = open(CONTROL, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Arguments of CREATE for a small map of 8-byte keys and values. */
static inline struct khmap_ioc_create create_args(const char *name,
						  uint64_t expected)
{
	struct khmap_ioc_create args = {
		.size = sizeof(args),
		.key_size = 8,
		.value_size = 8,
		.expected_entries = expected,
		.name = address_of(name),
		.name_length = name ? (uint32_t)strlen(name) : 0,
	};

	return args;
}

/* The new map's descriptor or -errno. */
static inline int create_map(struct khmap_ioc_create *args)
{
	int control = control_open(O_RDWR), err;

	if (control < 0)
		return control;
	err = call(control, KHMAP_IOC_CREATE, args);
	close(control);
	return err ? err : args->fd;
}

static inline int create_named(const char *name, uint64_t expected)
{
	struct khmap_ioc_create args = create_args(name, expected);

	return create_map(&args);
}

static inline int map_reserve(int fd, uint64_t entries)
{
	struct khmap_ioc_reserve args = {
		.size = sizeof(args),
		.entries = entries,
	};

	return call(fd, KHMAP_IOC_RESERVE, &args);
}

static inline int map_compact(int fd, struct khmap_ioc_compact *args)
{
	*args = (struct khmap_ioc_compact){ .size = sizeof(*args) };
	return call(fd, KHMAP_IOC_COMPACT, args);
}

static inline int map_open(const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", KHMAP_DEVICE_DIR, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static inline int stat_node(const char *name, struct stat *node)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", KHMAP_DEVICE_DIR, name);
	return stat(path, node) ? -errno : 0;
}

static inline int map_destroy(int fd)
{
	struct khmap_ioc_destroy args = { .size = sizeof(args) };

	return call(fd, KHMAP_IOC_DESTROY, &args);
}

/*
 * A map or snapshot that an earlier test left behind would fail every later one.
 */
static inline void map_remove(const char *name)
{
	int fd = map_open(name, O_RDWR);

	if (fd == -EROFS)
		fd = map_open(name, O_RDONLY);
	if (fd >= 0) {
		map_destroy(fd);
		close(fd);
	}
}

static inline struct khmap_ioc_record record_args(const void *key,
						  uint32_t key_size,
						  const void *value,
						  uint32_t value_size)
{
	struct khmap_ioc_record args = {
		.size = sizeof(args),
		.key = address_of(key),
		.key_size = key_size,
		.value = address_of(value),
		.value_size = value_size,
	};

	return args;
}

static inline int put_flags(int fd, uint64_t key, uint64_t value,
			    uint32_t flags)
{
	struct khmap_ioc_record args = record_args(&key, 8, &value, 8);

	args.flags = flags;
	return call(fd, KHMAP_IOC_PUT, &args);
}

static inline int put(int fd, uint64_t key, uint64_t value)
{
	return put_flags(fd, key, value, 0);
}

static inline int get(int fd, uint64_t key, uint64_t *value)
{
	struct khmap_ioc_record args = record_args(&key, 8, value, 8);

	return call(fd, KHMAP_IOC_GET, &args);
}

static inline int delete(int fd, uint64_t key)
{
	struct khmap_ioc_record args = record_args(&key, 8, NULL, 0);

	return call(fd, KHMAP_IOC_DELETE, &args);
}

static inline int clear(int fd, uint64_t *deleted)
{
	struct khmap_ioc_clear args = { .size = sizeof(args) };
	int err = call(fd, KHMAP_IOC_CLEAR, &args);

	*deleted = args.deleted;
	return err;
}

static inline int map_stat(int fd, struct khmap_ioc_stat *stat)
{
	memset(stat, 0, sizeof(*stat));
	stat->size = sizeof(*stat);
	return call(fd, KHMAP_IOC_STAT, stat);
}

static inline int query_abi(int fd, struct khmap_ioc_abi *abi)
{
	memset(abi, 0, sizeof(*abi));
	abi->size = sizeof(*abi);
	return call(fd, KHMAP_IOC_ABI, abi);
}

/* Arguments of SNAPSHOT for a snapshot of this name, or of none. */
static inline struct khmap_ioc_snapshot snapshot_args(const char *name)
{
	struct khmap_ioc_snapshot args = {
		.size = sizeof(args),
		.name = address_of(name),
		.name_length = name ? (uint32_t)strlen(name) : 0,
	};

	return args;
}

/* The snapshot's descriptor or -errno. */
static inline int take_snapshot(int fd, struct khmap_ioc_snapshot *args)
{
	int err = call(fd, KHMAP_IOC_SNAPSHOT, args);

	return err ? err : args->fd;
}

/* The same, of a snapshot without a name. */
static inline int snapshot(int fd, struct khmap_ioc_snapshot *args)
{
	*args = snapshot_args(NULL);
	return take_snapshot(fd, args);
}

/* What LIST tells of an id; false if there is nothing. */
static inline bool list_find(uint64_t id, uint32_t flags, struct khmap_map_info *info)
{
	struct khmap_ioc_list args = {
		.size = sizeof(args),
		.flags = flags,
		.after = id - 1,
		.infos = address_of(info),
		.count = 1,
		.info_size = sizeof(*info),
	};
	int control = control_open(O_RDONLY);
	bool found = !call(control, KHMAP_IOC_LIST, &args) && args.count == 1 &&
		     info->map_id == id;

	close(control);
	return found;
}

/* Bytes to map of a live map. */
static inline size_t image_size(int fd)
{
	const struct khmap_image_header *header;
	size_t size;

	header = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (header == MAP_FAILED)
		return 0;
	size = header->image_size;
	munmap((void *)(uintptr_t)header, PAGE);
	return size;
}

/* The whole image, or MAP_FAILED. */
static inline void *image_map(int fd, size_t *size)
{
	*size = image_size(fd);
	return mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
}

/* Become somebody else, for good: in a child process. */
static inline int drop_privileges(void)
{
	if (setgroups(0, NULL) ||
	    syscall(SYS_setresgid, UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) ||
	    syscall(SYS_setresuid, UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED))
		return -errno;
	return 0;
}

/*
 * Run a function in a child process that has dropped its privileges.
 * Returns what the function returned: 0..255, or 256 + the signal.
 */
static inline int run_unprivileged(int (*function)(const void *),
				   const void *context)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(drop_privileges() ? 255 : function(context));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   256 + WTERMSIG(status);
}

/*
 * Read a byte in a child process.  Returns 0, or the signal that it died of.
 */
static inline int signal_of_read(const volatile char *at)
{
	pid_t child = fork();
	int status;

	if (!child) {
		(void)*at;
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

#endif /* _KHMAP_TEST_H */
