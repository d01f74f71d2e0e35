// SPDX-License-Identifier: GPL-2.0-only
/*
 * named.c - snapshots with names, who holds them, and for how long
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/sysmacros.h>
#include <time.h>
#include "image_test.h"
#include "system_file.h"
#include "verify.h"

#define NAME	"test-named"
#define SHOT	NAME "-shot"
#define OTHER	NAME "-other"
#define KEYS	1000u
#define MANY	33
#define EVENTS	"/sys/kernel/tracing/instances/khmap-named"

FIXTURE(named) {
	int map;
	uint64_t map_id;
};

FIXTURE_SETUP(named)
{
	struct khmap_ioc_create args = create_args(NAME, KEYS);
	uint64_t i;

	map_remove(SHOT);
	map_remove(OTHER);
	map_remove(NAME);
	self->map = create_map(&args);
	ASSERT_LE(0, self->map);
	self->map_id = args.map_id;
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, put(self->map, i, i + 1));
}

FIXTURE_TEARDOWN(named)
{
	map_remove(SHOT);
	map_remove(OTHER);
	map_remove(NAME);
	close(self->map);
}

/* Take a named one and close its descriptor; 0 or -errno. */
static int keep(int map, const char *name)
{
	struct khmap_ioc_snapshot args = snapshot_args(name);
	int fd = take_snapshot(map, &args);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Keys whose value is not what it was when the map was filled. */
static uint64_t wrong(int fd)
{
	uint64_t i, value, bad = 0;

	for (i = 0; i < KEYS; i++)
		bad += get(fd, i, &value) || value != i + 1;
	return bad;
}

static void overwrite(int map)
{
	for (uint64_t i = 0; i < KEYS; i++)
		put(map, i, 0);
}

static int warn_after(int map, uint64_t ms)
{
	struct khmap_ioc_warn_after args = {
		.size = sizeof(args),
		.warn_after_ms = ms,
	};

	return call(map, KHMAP_IOC_WARN_AFTER, &args);
}

/* Wait for a condition, for 20 seconds at most. */
#define WAIT_FOR(condition)						\
	({								\
		int _left = 2000;					\
		bool _met = false;					\
									\
		while (!_met && _left--) {				\
			_met = (condition);				\
			if (!_met)					\
				usleep(10000);				\
		}							\
		_met;							\
	})

TEST_F(named, is_a_node_that_outlives_its_descriptor)
{
	struct khmap_ioc_stat stat;
	struct stat node;
	int fd;

	ASSERT_EQ(0, keep(self->map, SHOT));
	overwrite(self->map);
	ASSERT_EQ(0, stat_node(SHOT, &node));
	EXPECT_TRUE(S_ISCHR(node.st_mode));
	EXPECT_EQ(0440, node.st_mode & 0777);
	fd = map_open(SHOT, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, wrong(fd));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(KHMAP_IMAGE_SNAPSHOT, stat.kind);
	EXPECT_EQ(self->map_id, stat.map_id);
	EXPECT_LT(self->map_id, stat.snapshot_id);
	EXPECT_EQ(-ENOTTY, put(fd, 1, 1));
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(1, stat.snapshots);
	EXPECT_EQ(0, map_destroy(fd));
	EXPECT_EQ(-ENOENT, map_open(SHOT, O_RDONLY));
	EXPECT_EQ(-ENODEV, map_destroy(fd));
	EXPECT_EQ(0, wrong(fd));
	close(fd);
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshots);
	EXPECT_EQ(0, stat.snapshot_bytes);
}

TEST_F(named, is_read_as_the_descriptor_is)
{
	size_t size, at = 0;
	char *image, *bytes;
	FILE *file = tmpfile();
	ssize_t got;
	int fd;

	ASSERT_EQ(0, keep(self->map, SHOT));
	fd = map_open(SHOT, O_RDONLY);
	ASSERT_LE(0, fd);
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	bytes = malloc(size);
	ASSERT_EQ(size, read(fd, bytes, size));
	EXPECT_EQ(0, memcmp(bytes, image, size));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	while (at < size) {
		got = sendfile(fileno(file), fd, NULL, size - at);
		ASSERT_LT(0, got);
		at += got;
	}
	memset(bytes, 1, size);
	ASSERT_EQ(size, pread(fileno(file), bytes, size, 0));
	EXPECT_EQ(0, memcmp(bytes, image, size));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, fd, 0));
	munmap(image, size);
	free(bytes);
	fclose(file);
	close(fd);
}

TEST_F(named, is_not_opened_for_writing)
{
	char path[64];

	ASSERT_EQ(0, keep(self->map, SHOT));
	EXPECT_EQ(-EROFS, map_open(SHOT, O_RDWR));
	EXPECT_EQ(-EROFS, map_open(SHOT, O_WRONLY));
	snprintf(path, sizeof(path), "%s/%s", KHMAP_DEVICE_DIR, SHOT);
	ASSERT_EQ(0, chmod(path, 0666));
	EXPECT_EQ(-EROFS, map_open(SHOT, O_RDWR));
}

TEST_F(named, shares_its_names_with_maps)
{
	struct khmap_ioc_snapshot args = snapshot_args("control");
	struct khmap_ioc_stat stat;

	EXPECT_EQ(-EEXIST, keep(self->map, NAME));
	ASSERT_EQ(0, keep(self->map, SHOT));
	EXPECT_EQ(-EEXIST, keep(self->map, SHOT));
	EXPECT_EQ(-EEXIST, create_named(SHOT, 1));
	EXPECT_EQ(-EINVAL, take_snapshot(self->map, &args));
	args = snapshot_args("a.b");
	EXPECT_EQ(-EINVAL, take_snapshot(self->map, &args));
	args.name_length = KHMAP_NAME_MAX + 1;
	EXPECT_EQ(-ENAMETOOLONG, take_snapshot(self->map, &args));
	args = snapshot_args(OTHER);
	args.flags = KHMAP_SNAPSHOT_MODE;
	args.mode = 0640;
	EXPECT_EQ(-EINVAL, take_snapshot(self->map, &args));
	/* What was refused has left nothing. */
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(1, stat.snapshots);
	EXPECT_EQ(-ENOENT, map_open(OTHER, O_RDONLY));
	map_remove(SHOT);
	EXPECT_EQ(0, keep(self->map, SHOT));
}

TEST_F(named, has_the_owner_and_mode_that_were_asked_for)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT);
	struct stat node;

	args.flags = KHMAP_SNAPSHOT_MODE | KHMAP_SNAPSHOT_OWNER;
	args.mode = 0444;
	args.uid = UNPRIVILEGED;
	args.gid = UNPRIVILEGED;
	ASSERT_LE(0, take_snapshot(self->map, &args));
	close(args.fd);
	ASSERT_EQ(0, stat_node(SHOT, &node));
	EXPECT_EQ(0444, node.st_mode & 0777);
	EXPECT_EQ(UNPRIVILEGED, node.st_uid);
	EXPECT_EQ(UNPRIVILEGED, node.st_gid);
}

static int destroy_it(const void *name)
{
	int fd = map_open(name, O_RDONLY), err;

	if (fd < 0)
		return -fd;
	err = map_destroy(fd);
	close(fd);
	return -err;
}

TEST_F(named, is_destroyed_by_its_owner)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT);
	char path[64];

	ASSERT_EQ(0, keep(self->map, OTHER));
	EXPECT_EQ(EACCES, run_unprivileged(destroy_it, OTHER));
	snprintf(path, sizeof(path), "%s/%s", KHMAP_DEVICE_DIR, OTHER);
	ASSERT_EQ(0, chmod(path, 0444));
	EXPECT_EQ(EPERM, run_unprivileged(destroy_it, OTHER));
	args.flags = KHMAP_SNAPSHOT_OWNER;
	args.uid = UNPRIVILEGED;
	args.gid = UNPRIVILEGED;
	ASSERT_LE(0, take_snapshot(self->map, &args));
	close(args.fd);
	EXPECT_EQ(0, run_unprivileged(destroy_it, SHOT));
	EXPECT_EQ(-ENOENT, map_open(SHOT, O_RDONLY));
}

TEST_F(named, outlives_a_killed_creator)
{
	pid_t child = fork();
	int status, fd;

	if (!child) {
		struct khmap_ioc_snapshot args = snapshot_args(SHOT);

		if (take_snapshot(self->map, &args) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	overwrite(self->map);
	fd = map_open(SHOT, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, wrong(fd));
	close(fd);
}

TEST_F(named, outlives_its_map)
{
	struct khmap_map_info info;
	int fd;

	ASSERT_EQ(0, keep(self->map, SHOT));
	ASSERT_EQ(0, map_destroy(self->map));
	overwrite(self->map);
	close(self->map);
	/* The map has no name any more, and is there for the snapshot. */
	ASSERT_TRUE(list_find(self->map_id, 0, &info));
	EXPECT_EQ(0, info.name[0]);
	fd = map_open(SHOT, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, wrong(fd));
	ASSERT_EQ(0, map_destroy(fd));
	close(fd);
	EXPECT_FALSE(list_find(self->map_id, 0, &info));
	self->map = create_named(NAME, 1);
	EXPECT_LE(0, self->map);
}

TEST_F(named, holds_the_module)
{
	ASSERT_EQ(0, keep(self->map, SHOT));
	ASSERT_EQ(0, map_destroy(self->map));
	close(self->map);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "khmap", O_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	self->map = -1;
}

TEST_F(named, many_in_any_order)
{
	struct khmap_ioc_stat stat;
	int fd[MANY], order, k;
	uint64_t value;
	char name[64];

	for (k = 0; k < MANY; k++) {
		snprintf(name, sizeof(name), NAME "-%d", k);
		map_remove(name);
		ASSERT_EQ(0, put(self->map, 5, k));
		ASSERT_EQ(0, keep(self->map, name));
		fd[k] = map_open(name, O_RDONLY);
		ASSERT_LE(0, fd[k]);
	}
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(MANY, stat.snapshots);
	/* 7 and 33 have no divisor in common. */
	for (order = 0; order < MANY; order++) {
		k = order * 7 % MANY;
		ASSERT_EQ(0, get(fd[k], 5, &value));
		EXPECT_EQ(k, value);
		ASSERT_EQ(0, map_destroy(fd[k]));
		close(fd[k]);
	}
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshots);
	EXPECT_EQ(0, stat.snapshot_bytes);
}

TEST_F(named, is_listed_for_who_asks)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT);
	struct khmap_map_info info;
	struct khmap_ioc_stat stat;
	int fd = take_snapshot(self->map, &args), anonymous;
	struct khmap_ioc_snapshot second;

	ASSERT_LE(0, fd);
	EXPECT_FALSE(list_find(args.snapshot_id, 0, &info));
	ASSERT_TRUE(list_find(args.snapshot_id, KHMAP_LIST_SNAPSHOTS, &info));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(args.snapshot_id, stat.snapshot_id);
	EXPECT_EQ(KHMAP_IMAGE_SNAPSHOT, info.kind);
	EXPECT_EQ(self->map_id, info.of_map);
	EXPECT_STREQ(SHOT, (char *)info.name);
	EXPECT_EQ(stat.snapshot_ns, info.created_ns);
	EXPECT_EQ(stat.copied_pages, info.copied_pages);
	EXPECT_EQ(stat.reserved_pages, info.reserved_pages);
	EXPECT_EQ(stat.bytes, info.bytes);
	EXPECT_EQ(KEYS, info.entries);
	EXPECT_EQ(0, info.snapshots);
	anonymous = snapshot(self->map, &second);
	ASSERT_LE(0, anonymous);
	ASSERT_TRUE(list_find(second.snapshot_id, KHMAP_LIST_SNAPSHOTS, &info));
	EXPECT_EQ(0, info.name[0]);
	ASSERT_TRUE(list_find(self->map_id, KHMAP_LIST_SNAPSHOTS, &info));
	EXPECT_EQ(KHMAP_IMAGE_LIVE, info.kind);
	EXPECT_EQ(0, info.of_map);
	EXPECT_EQ(2, info.snapshots);
	close(anonymous);
	EXPECT_FALSE(list_find(second.snapshot_id, KHMAP_LIST_SNAPSHOTS, &info));
	close(fd);
}

/* Whether a line of a file begins like this and has that in it. */
static bool file_has(const char *path, const char *text)
{
	FILE *file = fopen(path, "r");
	bool found = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		found |= !!strstr(line, text);
	if (file)
		fclose(file);
	return found;
}

TEST_F(named, proc_tells_who_holds_what)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT);
	char path[64], text[64], link[64] = "";
	int fd = take_snapshot(self->map, &args);
	size_t size;
	char *image;

	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	EXPECT_TRUE(file_has(path, "khmap-kind:\tsnapshot\n"));
	EXPECT_TRUE(file_has(path, "khmap-name:\t" SHOT "\n"));
	snprintf(text, sizeof(text), "khmap-id:\t%llu\n", args.snapshot_id);
	EXPECT_TRUE(file_has(path, text));
	snprintf(text, sizeof(text), "khmap-map:\t%llu\n",
		 (unsigned long long)self->map_id);
	EXPECT_TRUE(file_has(path, text));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->map);
	EXPECT_TRUE(file_has(path, "khmap-kind:\tmap\n"));
	EXPECT_TRUE(file_has(path, "khmap-name:\t" NAME "\n"));

	/* Of a mapping whose descriptor is closed, too. */
	snprintf(text, sizeof(text), "anon_inode:[khmap-snapshot:%llu]",
		 args.snapshot_id);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_LT(0, readlink(path, link, sizeof(link) - 1));
	EXPECT_STREQ(text, link);
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	close(fd);
	EXPECT_TRUE(file_has("/proc/self/maps", text));
	munmap(image, size);
	EXPECT_FALSE(file_has("/proc/self/maps", text));
	fd = map_open(SHOT, O_RDONLY);
	image = image_map(fd, &size);
	close(fd);
	EXPECT_TRUE(file_has("/proc/self/maps", KHMAP_DEVICE_DIR "/" SHOT "\n"));
	munmap(image, size);
}

static uint64_t overdue(int fd)
{
	struct khmap_ioc_stat stat;

	return map_stat(fd, &stat) ? ~0ull : stat.overdue;
}

/* Lines of the trace about a snapshot being overdue. */
static int told(uint64_t id)
{
	FILE *file = fopen(EVENTS "/trace", "r");
	char line[400], text[64];
	int count = 0;

	snprintf(text, sizeof(text), " snapshot_id=%llu ",
		 (unsigned long long)id);
	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, ": khmap_snapshot_overdue:") &&
			 strstr(line, text);
	if (file)
		fclose(file);
	return count;
}

TEST_F(named, overdue_is_told_once)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT), second;
	struct khmap_map_info info;
	int fd, fd2;

	if (access("/sys/kernel/tracing/events/khmap", F_OK))
		SKIP(return, "no tracefs");
	ASSERT_TRUE(!mkdir(EVENTS, 0700) || errno == EEXIST);
	ASSERT_EQ(0, write_file(EVENTS "/events/khmap/enable", "1"));
	fd = take_snapshot(self->map, &args);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, overdue(fd));
	ASSERT_EQ(0, warn_after(self->map, 3600000));
	EXPECT_EQ(0, overdue(fd));
	/* It holds for one that is there, and for one that comes. */
	ASSERT_EQ(0, warn_after(self->map, 50));
	EXPECT_TRUE(WAIT_FOR(told(args.snapshot_id) == 1));
	EXPECT_EQ(1, overdue(fd));
	fd2 = snapshot(self->map, &second);
	ASSERT_LE(0, fd2);
	EXPECT_TRUE(WAIT_FOR(told(second.snapshot_id) == 1));
	EXPECT_EQ(2, overdue(self->map));
	ASSERT_TRUE(list_find(args.snapshot_id, KHMAP_LIST_SNAPSHOTS, &info));
	EXPECT_EQ(1, info.overdue);
	EXPECT_EQ(50, info.warn_after_ms);
	EXPECT_LE(50, info.held_ms);
	ASSERT_TRUE(list_find(self->map_id, 0, &info));
	EXPECT_EQ(2, info.overdue);
	/* Another limit is no reason to tell again; the third shows the time. */
	ASSERT_EQ(0, warn_after(self->map, 60));
	close(fd2);
	fd2 = snapshot(self->map, &second);
	EXPECT_TRUE(WAIT_FOR(told(second.snapshot_id) == 1));
	EXPECT_EQ(1, told(args.snapshot_id));
	ASSERT_EQ(0, warn_after(self->map, 0));
	EXPECT_EQ(0, overdue(self->map));
	/* One that is dropped in time is not told about. */
	ASSERT_EQ(0, warn_after(self->map, 3600000));
	close(fd2);
	close(fd);
	write_file(EVENTS "/events/khmap/enable", "0");
	rmdir(EVENTS);
}

static int materialize(int fd, uint32_t flags)
{
	struct khmap_ioc_materialize args = {
		.size = sizeof(args),
		.flags = flags,
	};

	return call(fd, KHMAP_IOC_MATERIALIZE, &args);
}

static uint64_t reserved(int fd)
{
	struct khmap_ioc_stat stat;

	return map_stat(fd, &stat) ? ~0ull : stat.reserved_pages;
}

TEST_F(named, materialized_in_the_background)
{
	struct khmap_ioc_snapshot args;
	int fd = snapshot(self->map, &args);

	ASSERT_LE(0, fd);
	EXPECT_LT(0, reserved(fd));
	ASSERT_EQ(0, materialize(fd, KHMAP_MATERIALIZE_BACKGROUND));
	ASSERT_EQ(0, materialize(fd, KHMAP_MATERIALIZE_BACKGROUND));
	EXPECT_TRUE(WAIT_FOR(reserved(fd) == 0));
	ASSERT_EQ(0, materialize(fd, KHMAP_MATERIALIZE_BACKGROUND));
	overwrite(self->map);
	EXPECT_EQ(0, wrong(fd));
	close(fd);
}

/* Dropped at once, over and over: the worker ends before the snapshot does. */
TEST_F(named, dropped_while_it_is_materialized)
{
	struct khmap_ioc_stat stat;
	int round;

	ASSERT_EQ(0, map_reserve(self->map, 200000));
	for (round = 0; round < 30; round++) {
		struct khmap_ioc_snapshot args;
		int fd = snapshot(self->map, &args);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, materialize(fd, KHMAP_MATERIALIZE_BACKGROUND));
		close(fd);
	}
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshots);
	EXPECT_EQ(0, stat.snapshot_bytes);
	EXPECT_EQ(0, map_verify(self->map));
}

TEST_HARNESS_MAIN
