// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - one instant of a map, and nothing else
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include "image_test.h"
#include "verify.h"

#define NAME "test-snapshot"

FIXTURE(snapshot) {
	int map;
};

FIXTURE_SETUP(snapshot)
{
	uint64_t i;

	map_remove(NAME);
	self->map = create_named(NAME, 2000);
	ASSERT_LE(0, self->map);
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, put(self->map, i, i + 1));
}

FIXTURE_TEARDOWN(snapshot)
{
	EXPECT_EQ(0, map_verify(self->map));
	map_remove(NAME);
	close(self->map);
}

TEST_F(snapshot, descriptor_is_read_only)
{
	struct khmap_ioc_snapshot args;
	int fd = snapshot(self->map, &args);
	struct khmap_ioc_stat stat;

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(fd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(1000, args.entries);
	EXPECT_EQ(args.image_size, image_size(fd));
	EXPECT_EQ(-ENOTTY, put(fd, 1, 1));
	EXPECT_EQ(-ENOTTY, delete(fd, 1));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(KHMAP_IMAGE_SNAPSHOT, stat.kind);
	EXPECT_EQ(1000, stat.entries);
	EXPECT_LE(args.image_size, stat.bytes);
	close(fd);
}

TEST_F(snapshot, keeps_what_the_map_loses)
{
	struct khmap_ioc_snapshot args;
	uint64_t i, value, deleted;
	char *image, *copy;
	size_t size;
	int fd;

	fd = snapshot(self->map, &args);
	ASSERT_LE(0, fd);
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	ASSERT_EQ(args.image_size, size);
	copy = malloc(size);
	ASSERT_NE(NULL, copy);
	memcpy(copy, image, size);

	for (i = 0; i < 500; i++)
		ASSERT_EQ(0, put(self->map, i, 77));
	for (i = 1000; i < 1500; i++)
		ASSERT_EQ(0, put(self->map, i, 77));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, get(fd, i, &value));
		ASSERT_EQ(i + 1, value);
	}
	ASSERT_EQ(0, clear(self->map, &deleted));
	EXPECT_EQ(-ENOENT, get(fd, 1000, &value));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, get(fd, i, &value));
		ASSERT_EQ(i + 1, value);
	}
	EXPECT_EQ(0, memcmp(copy, image, size));
	free(copy);
	munmap(image, size);
	close(fd);
}

TEST_F(snapshot, outlives_the_map)
{
	struct khmap_ioc_snapshot args;
	int fd = snapshot(self->map, &args);
	struct khmap_ioc_stat stat;
	uint64_t i, value;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_destroy(self->map));
	close(self->map);
	self->map = -1;
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, get(fd, i, &value));
		ASSERT_EQ(i + 1, value);
	}
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(1000, stat.entries);
	close(fd);
}

TEST_F(snapshot, is_counted)
{
	struct khmap_ioc_stat before, one, two, after;
	struct khmap_ioc_snapshot args;
	int fd, fd2;

	ASSERT_EQ(0, map_stat(self->map, &before));
	EXPECT_EQ(0, before.snapshots);
	EXPECT_EQ(0, before.snapshot_bytes);
	fd = snapshot(self->map, &args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(self->map, &one));
	EXPECT_EQ(1, one.snapshots);
	EXPECT_LE(args.image_size, one.snapshot_bytes);
	EXPECT_EQ(before.bytes, one.bytes);
	fd2 = snapshot(self->map, &args);
	ASSERT_LE(0, fd2);
	ASSERT_EQ(0, map_stat(self->map, &two));
	EXPECT_EQ(2, two.snapshots);
	EXPECT_EQ(2 * one.snapshot_bytes, two.snapshot_bytes);
	close(fd);
	close(fd2);
	ASSERT_EQ(0, map_stat(self->map, &after));
	EXPECT_EQ(0, after.snapshots);
	EXPECT_EQ(0, after.snapshot_bytes);
	EXPECT_EQ(before.bytes, after.bytes);
}

TEST_F(snapshot, headers_say_which)
{
	const struct khmap_image_header *one, *two;
	struct khmap_ioc_snapshot args;
	size_t size, size2;
	int fd, fd2;

	fd = snapshot(self->map, &args);
	fd2 = snapshot(self->map, &args);
	one = image_map(fd, &size);
	two = image_map(fd2, &size2);
	ASSERT_NE(MAP_FAILED, (void *)(uintptr_t)one);
	ASSERT_NE(MAP_FAILED, (void *)(uintptr_t)two);
	EXPECT_EQ(KHMAP_IMAGE_SNAPSHOT, one->kind);
	EXPECT_EQ(1000, one->entries);
	EXPECT_EQ(0, one->epoch);
	EXPECT_EQ(1, two->epoch);
	EXPECT_LT(0, one->snapshot_ns);
	EXPECT_LE(one->snapshot_ns, two->snapshot_ns);
	EXPECT_EQ(one->map_id, two->map_id);
	munmap((void *)(uintptr_t)one, size);
	munmap((void *)(uintptr_t)two, size2);
	close(fd);
	close(fd2);
}

TEST_F(snapshot, no_descriptor_left)
{
	struct khmap_ioc_snapshot args;
	struct rlimit limit, none;
	struct khmap_ioc_stat stat;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = dup(0);
	close(none.rlim_cur);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, snapshot(self->map, &args));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshots);
	EXPECT_EQ(0, stat.snapshot_bytes);
}

TEST(of_an_inline_map)
{
	struct khmap_ioc_snapshot args;
	int map = create_named(NULL, 5), fd;
	struct khmap_ioc_stat stat;
	uint64_t value;

	ASSERT_LE(0, map);
	ASSERT_EQ(0, put(map, 1, 10));
	fd = snapshot(map, &args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, put(map, 1, 11));
	EXPECT_EQ(0, get(fd, 1, &value));
	EXPECT_EQ(10, value);
	EXPECT_EQ(-ENOENT, get(fd, 2, &value));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.shape);
	EXPECT_EQ(1, stat.entries);
	close(fd);
	close(map);
}

TEST(beyond_the_map_s_limit)
{
	uint64_t larger = (uint64_t)PAGE >> 12;
	struct khmap_ioc_create create = create_args(NULL, 10000 * larger);
	struct khmap_ioc_stat before, after;
	struct khmap_ioc_snapshot args;
	int map;

	create.max_bytes = 400000 * larger;
	map = create_map(&create);
	ASSERT_LE(0, map);
	ASSERT_EQ(0, map_reserve(map, 10000 * larger));
	ASSERT_EQ(0, put(map, 1, 1));
	ASSERT_EQ(0, map_stat(map, &before));
	ASSERT_LT(200000 * larger, before.bytes);
	EXPECT_EQ(-ENOMEM, snapshot(map, &args));
	ASSERT_EQ(0, map_stat(map, &after));
	EXPECT_EQ(before.bytes, after.bytes);
	EXPECT_EQ(0, after.snapshot_bytes);
	EXPECT_EQ(0, after.snapshots);
	EXPECT_EQ(0, put(map, 2, 2));
	close(map);
}

#define KEYS 300

struct writing {
	int map;
	int stop;
	int error;
};

/* Keys in order, round after round: at every instant a prefix is newer. */
static void *write_rounds(void *context)
{
	struct writing *writing = context;
	uint64_t round, key;

	for (round = 1; !__atomic_load_n(&writing->stop, __ATOMIC_RELAXED);
	     round++)
		for (key = 0; key < KEYS; key++)
			if (put(writing->map, key, round))
				writing->error = 1;
	return NULL;
}

TEST(exact_while_a_writer_runs)
{
	int map = create_named(NULL, KEYS), shots, seen_within = 0;
	struct writing writing = { .map = map };
	uint64_t key, value, before;
	pthread_t thread;

	ASSERT_LE(0, map);
	for (key = 0; key < KEYS; key++)
		ASSERT_EQ(0, put(map, key, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_rounds, &writing));
	for (shots = 0; shots < 50; shots++) {
		struct khmap_ioc_snapshot args;
		int fd = snapshot(map, &args), older = 0;
		struct image image;
		uint64_t through;

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, image_open(&image, fd));
		EXPECT_EQ(KEYS, args.entries);
		ASSERT_EQ(0, get(fd, 0, &before));
		for (key = 0; key < KEYS; key++) {
			ASSERT_EQ(0, get(fd, key, &value));
			ASSERT_EQ(0, image_get(&image, &key, &through));
			ASSERT_EQ(value, through);
			older |= value != before;
			ASSERT_EQ(before - older, value);
		}
		seen_within += older;
		image_close(&image);
		close(fd);
	}
	__atomic_store_n(&writing.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, writing.error);
	/* Most snapshots should have come in the middle of a round. */
	EXPECT_LT(0, seen_within);
	close(map);
}

TEST_HARNESS_MAIN
