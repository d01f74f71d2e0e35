// SPDX-License-Identifier: GPL-2.0-only
/*
 * api.c - another module uses a map: see example/khmap_example.c
 */
#include "kselftest_harness.h"
#include "publish_test.h"
#include "system_file.h"
#include "verify.h"

#define NAME		"test-api"
#define SHOT		"test-api-shot"
#define SIZES		"test-api-sizes"
#define EXAMPLE		"khmap_example"
#define EXAMPLE_FILE	"/khmap/build/module/" EXAMPLE ".ko"
#define PARAMETERS	"/sys/module/" EXAMPLE "/parameters/"

static int load(const char *parameters)
{
	int fd = open(EXAMPLE_FILE, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return err;
}

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* What the example reports; INT_MIN if it is not loaded. */
static long result(const char *name)
{
	char path[128], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	file = fopen(path, "r");
	if (!file)
		return INT32_MIN;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return text[0] ? atol(text) : INT32_MIN;
}

/* Has the example use a key, and returns what comes of it. */
static int use(const char *key)
{
	return write_file(PARAMETERS "use", key);
}

/* Whatever a test has made, or one that was ended before. */
static void remove_all(void)
{
	map_remove(SHOT);
	map_remove(SIZES);
	map_remove(NAME);
}

FIXTURE(api) {
	int fd;
};

FIXTURE_SETUP(api)
{
	struct khmap_ioc_create args = create_args(NAME, 1000);

	remove_all();
	args.max_entries = 2000;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(api)
{
	unload(EXAMPLE);
	EXPECT_EQ(0, map_verify(self->fd));
	remove_all();
	close(self->fd);
}

TEST_F(api, every_context)
{
	struct khmap_ioc_stat stat;
	uint64_t key, value;

	ASSERT_EQ(0, load("map=" NAME));
	EXPECT_EQ(0, result("process"));
	EXPECT_EQ(0, result("atomic"));
	EXPECT_EQ(0, result("softirq"));
	EXPECT_EQ(0, result("hardirq"));
#ifdef __x86_64__
	EXPECT_EQ(-EBUSY, result("nmi"));
#else
	EXPECT_EQ(-EOPNOTSUPP, result("nmi"));
#endif
	EXPECT_EQ(-ENOENT, get(self->fd, 5000000, &value));
	EXPECT_EQ(0, result("filled"));
	for (key = 1000000; key <= 4000000; key += 1000000) {
		EXPECT_EQ(0, get(self->fd, key, &value));
		EXPECT_EQ(key + 2, value);
		EXPECT_EQ(-ENOENT, get(self->fd, key + 1, &value));
	}
	for (key = 1; key <= 1000; key++) {
		ASSERT_EQ(0, get(self->fd, key, &value));
		ASSERT_EQ(~key, value);
	}
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(1004, stat.entries);
	EXPECT_EQ(1008, stat.inserts);
	EXPECT_EQ(12, stat.replaces);
	EXPECT_EQ(4, stat.deletes);
	EXPECT_EQ(0, unload(EXAMPLE));
}

/* The 16th key makes the map leave its header page. */
TEST_F(api, memory_is_for_who_may_sleep)
{
	struct khmap_ioc_create args = create_args(NAME, 10);
	struct khmap_ioc_stat stat;

	map_remove(NAME);
	close(self->fd);
	args.max_entries = 100;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, load("map=" NAME " fill=50"));
	EXPECT_EQ(0, result("hardirq"));
	EXPECT_EQ(0, result("filled"));
	EXPECT_LE(1, result("refused"));
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(54, stat.entries);
	EXPECT_NE(0, stat.shape);
	EXPECT_EQ(0, unload(EXAMPLE));
}

TEST_F(api, full)
{
	struct khmap_ioc_stat stat;

	ASSERT_EQ(0, load("map=" NAME " fill=3000"));
	EXPECT_EQ(-ENOSPC, result("filled"));
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(2000, stat.entries);
	EXPECT_EQ(0, unload(EXAMPLE));
}

/* Who holds a map needs neither its name nor khmap's consent to go on. */
TEST_F(api, holds_the_map_and_the_module)
{
	struct khmap_ioc_abi abi;
	int control;

	ASSERT_EQ(0, load("map=" NAME " fill=0"));
	EXPECT_EQ(0, map_verify(self->fd));
	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(-EAGAIN, unload("khmap"));
	control = control_open(O_RDWR);
	ASSERT_EQ(0, query_abi(control, &abi));
	EXPECT_EQ(1, abi.maps);
	EXPECT_EQ(0, unload(EXAMPLE));
	ASSERT_EQ(0, query_abi(control, &abi));
	EXPECT_EQ(0, abi.maps);
	close(control);
}

/* Who holds a map whose name goes to another one can look up in it, and no more. */
TEST_F(api, published)
{
	struct khmap_ioc_stat before, after;
	int fresh = fresh_map(1, 20);
	uint64_t value;

	ASSERT_LE(0, fresh);
	ASSERT_EQ(0, map_reserve(self->fd, 1000));
	ASSERT_EQ(0, load("map=" NAME " fill=10"));
	ASSERT_EQ(0, use("6000000"));
	ASSERT_EQ(0, get(self->fd, 6000000, &value));
	EXPECT_EQ(6000002, value);
	ASSERT_EQ(0, map_stat(self->fd, &before));
	ASSERT_LT(0, publish(self->fd, fresh, 1));
	EXPECT_EQ(-ESTALE, use("7000000"));
	ASSERT_EQ(0, map_stat(self->fd, &after));
	EXPECT_EQ(before.inserts, after.inserts);
	EXPECT_EQ(before.replaces, after.replaces);
	EXPECT_EQ(before.deletes, after.deletes);
	EXPECT_EQ(-ENOENT, get(fresh, 7000000, &value));
	/* It is the same map that comes back. */
	ASSERT_LT(0, rollback(fresh, 1));
	EXPECT_EQ(0, use("7000000"));
	EXPECT_EQ(0, get(self->fd, 7000000, &value));
	EXPECT_EQ(0, unload(EXAMPLE));
	close(fresh);
}

TEST_F(api, no_such_map)
{
	EXPECT_EQ(-ENOENT, load("map=test-api-none"));
	EXPECT_EQ(-ENOENT, load("map="));
	EXPECT_EQ(-EINVAL, load(""));
	ASSERT_EQ(0, map_destroy(self->fd));
	EXPECT_EQ(-ENOENT, load("map=" NAME));
}

/* A snapshot is no map, and is not held by who asked for it as one. */
TEST_F(api, name_of_a_snapshot)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT);
	struct khmap_map_info info;
	int shot;

	ASSERT_EQ(0, put(self->fd, 1, 10));
	shot = take_snapshot(self->fd, &args);
	ASSERT_LE(0, shot);
	EXPECT_EQ(-ENOENT, load("map=" SHOT));
	ASSERT_TRUE(list_find(args.snapshot_id, KHMAP_LIST_SNAPSHOTS, &info));
	EXPECT_EQ(0, map_destroy(shot));
	close(shot);
	EXPECT_FALSE(list_find(args.snapshot_id, KHMAP_LIST_SNAPSHOTS, &info));
	/* The map itself is one. */
	EXPECT_EQ(0, load("map=" NAME));
	EXPECT_EQ(0, unload(EXAMPLE));
}

TEST_F(api, other_sizes)
{
	struct khmap_ioc_create args = create_args(SIZES, 10);
	int fd;

	args.value_size = 16;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, load("map=" SIZES));
	EXPECT_EQ(0, map_destroy(fd));
	close(fd);
}

TEST_HARNESS_MAIN
