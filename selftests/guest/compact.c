// SPDX-License-Identifier: GPL-2.0-only
/*
 * compact.c - after many deletes: a shorter image, and every key where it was
 */
#include "kselftest_harness.h"
#include <sys/wait.h>
#include <khmap/khmap.h>
#include <khmap/verify.h>
#include "khmap_test.h"
#include "verify.h"

#define NAME	"test-compact"
#define KEYS	20000u
#define KEEP	20u	/* every 20th key stays */

FIXTURE(compact) {
	int fd;
};

FIXTURE_SETUP(compact)
{
	struct khmap_ioc_create args = create_args(NAME, 16);

	map_remove(NAME);
	args.load_percent = 95;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(compact)
{
	EXPECT_EQ(0, map_verify(self->fd));
	map_remove(NAME);
	close(self->fd);
}

static int put_all(int fd)
{
	uint64_t key;
	int err = 0;

	for (key = 0; key < KEYS && !err; key++)
		err = put(fd, key, key + 1);
	return err;
}

static int thin_out(int fd)
{
	uint64_t key;
	int err = 0;

	for (key = 0; key < KEYS && !err; key++)
		err = key % KEEP ? delete(fd, key) : 0;
	return err;
}

/* Keys that a reader of the mapping is not told the truth about. */
static uint32_t wrong_keys(void)
{
	struct khmap *map;
	uint32_t wrong = 0;
	uint64_t key, value;

	if (khmap_open(NAME, NULL, &map))
		return ~0u;
	for (key = 0; key < KEYS; key++) {
		int err = khmap_get(map, &key, &value);

		wrong += key % KEEP ? err != -ENOENT : err || value != key + 1;
	}
	khmap_close(map);
	return wrong;
}

static uint64_t snapshot_pages(int fd)
{
	struct khmap_ioc_snapshot args = { .size = sizeof(args) };

	if (call(fd, KHMAP_IOC_SNAPSHOT, &args))
		return 0;
	close(args.fd);
	return args.image_size / PAGE;
}

TEST_F(compact, after_many_deletes)
{
	struct khmap_ioc_stat before, after;
	struct khmap_ioc_compact done;
	uint64_t pages;

	ASSERT_EQ(0, put_all(self->fd));
	ASSERT_EQ(0, thin_out(self->fd));
	ASSERT_EQ(0, map_stat(self->fd, &before));
	pages = snapshot_pages(self->fd);
	EXPECT_EQ(0, before.compact_buckets);
	EXPECT_EQ(0, before.compact_pages);
	EXPECT_LT(before.overflow_needed, before.overflow_pages);

	ASSERT_EQ(0, map_compact(self->fd, &done));
	EXPECT_EQ(before.overflow_needed, done.overflow_pages);
	EXPECT_EQ(before.overflow_pages - before.overflow_needed, done.released);
	ASSERT_EQ(0, map_stat(self->fd, &after));
	EXPECT_EQ(done.overflow_pages, after.overflow_pages);
	EXPECT_EQ(done.overflow_pages, after.overflow_needed);
	EXPECT_EQ(done.moved, after.compact_buckets);
	EXPECT_EQ(done.released, after.compact_pages);
	EXPECT_EQ(before.overflow_buckets, after.overflow_buckets);
	EXPECT_EQ(before.bytes, after.bytes);
	EXPECT_EQ(before.entries, after.entries);
	EXPECT_EQ(pages - done.released, snapshot_pages(self->fd));
	EXPECT_EQ(0, wrong_keys());
	EXPECT_EQ(0, map_verify(self->fd));

	ASSERT_EQ(0, map_compact(self->fd, &done));
	EXPECT_EQ(0, done.moved);
	EXPECT_EQ(0, done.released);
	EXPECT_EQ(after.overflow_pages, done.overflow_pages);

	/* What left the image is used before any new memory. */
	ASSERT_EQ(0, put_all(self->fd));
	ASSERT_EQ(0, map_stat(self->fd, &after));
	EXPECT_EQ(before.bytes, after.bytes);
	EXPECT_LE(after.overflow_pages, before.overflow_pages);
}

TEST_F(compact, clear_keeps_pages)
{
	struct khmap_ioc_clear clear = { .size = sizeof(clear) };
	struct khmap_ioc_stat before, after;
	struct khmap_ioc_compact done;

	ASSERT_EQ(0, put_all(self->fd));
	ASSERT_EQ(0, map_stat(self->fd, &before));
	ASSERT_EQ(0, call(self->fd, KHMAP_IOC_CLEAR, &clear));
	EXPECT_EQ(KEYS, clear.deleted);
	ASSERT_EQ(0, map_stat(self->fd, &after));
	EXPECT_EQ(before.shape, after.shape);
	EXPECT_EQ(before.primary_pages, after.primary_pages);
	EXPECT_EQ(before.overflow_pages, after.overflow_pages);
	EXPECT_EQ(before.bytes, after.bytes);
	EXPECT_EQ(0, after.overflow_needed);
	ASSERT_EQ(0, map_compact(self->fd, &done));
	EXPECT_EQ(0, done.moved);
	EXPECT_EQ(before.overflow_pages, done.released);
	EXPECT_EQ(0, done.overflow_pages);
	ASSERT_EQ(0, map_stat(self->fd, &after));
	EXPECT_EQ(before.bytes, after.bytes);
	ASSERT_EQ(0, put_all(self->fd));
	ASSERT_EQ(0, map_stat(self->fd, &after));
	EXPECT_EQ(before.bytes, after.bytes);
}

TEST_F(compact, permission)
{
	int fd = map_open(NAME, O_RDONLY);
	struct khmap_ioc_compact done;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, map_compact(fd, &done));
	close(fd);
	fd = map_open(NAME, O_WRONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, map_compact(fd, &done));
	EXPECT_EQ(0, done.moved);
	EXPECT_EQ(0, done.released);
	EXPECT_EQ(0, done.overflow_pages);
	close(fd);
}

/* --- Processes that write, read, verify and compact; who compacts is killed. */

/**
 * struct shared - what the processes know of each other
 * @done: no more rounds
 * @compactions: that came to their end
 * @moved: buckets, by those
 * @lookups: of keys that stay
 * @missed: of those
 * @verified: verifications, and @faults what they found
 * @faults: see @verified
 * @failed: calls that failed
 */
struct shared {
	uint32_t done;
	uint32_t compactions;
	uint64_t moved;
	uint32_t lookups;
	uint32_t missed;
	uint32_t verified;
	uint32_t faults;
	uint32_t failed;
};

static void count(uint32_t *counter, uint32_t more)
{
	__atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

static bool done(const struct shared *shared)
{
	return __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE);
}

static void compact_run(struct shared *shared)
{
	int fd = map_open(NAME, O_RDWR);
	struct khmap_ioc_compact result;

	while (!done(shared)) {
		count(&shared->failed, map_compact(fd, &result) != 0);
		count(&shared->compactions, 1);
		__atomic_fetch_add(&shared->moved, result.moved, __ATOMIC_RELAXED);
	}
}

static void read_run(struct shared *shared)
{
	uint64_t key = 0, value;
	struct khmap *map;

	if (khmap_open(NAME, NULL, &map)) {
		count(&shared->failed, 1);
		return;
	}
	while (!done(shared)) {
		int err = khmap_get(map, &key, &value);

		count(&shared->missed, err || value != key + 1);
		count(&shared->lookups, 1);
		key = (key + KEEP * 7) % KEYS;
	}
}

static void verify_run(struct shared *shared)
{
	struct khmap *map;

	if (khmap_open(NAME, NULL, &map)) {
		count(&shared->failed, 1);
		return;
	}
	while (!done(shared)) {
		struct khmap_verify_options options = {
			.size = sizeof(options),
			.finding = verify_tell,
		};

		count(&shared->failed, khmap_verify(map, &options) != 0);
		count(&shared->faults, (uint32_t)options.findings);
		count(&shared->verified, 1);
	}
}

static pid_t start(struct shared *shared, void (*run)(struct shared *))
{
	pid_t child = fork();

	if (child)
		return child;
	run(shared);
	_exit(0);
}

TEST_F_TIMEOUT(compact, under_others, 120)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t reader, verifier, compactor;
	struct khmap_ioc_compact last;
	struct khmap_ioc_stat stat;
	uint32_t round;

	ASSERT_NE(MAP_FAILED, shared);
	ASSERT_EQ(0, put_all(self->fd));
	reader = start(shared, read_run);
	verifier = start(shared, verify_run);
	compactor = start(shared, compact_run);
	for (round = 0; round < 6; round++) {
		ASSERT_EQ(0, thin_out(self->fd));
		/* It may be anywhere in a compaction. */
		kill(compactor, SIGKILL);
		ASSERT_EQ(compactor, waitpid(compactor, NULL, 0));
		compactor = start(shared, compact_run);
		/* Quiet but for the compaction, which the verifier must notice. */
		usleep(200000);
		if (round < 5)
			ASSERT_EQ(0, put_all(self->fd));
	}
	__atomic_store_n(&shared->done, 1, __ATOMIC_RELEASE);
	waitpid(reader, NULL, 0);
	waitpid(verifier, NULL, 0);
	waitpid(compactor, NULL, 0);

	TH_LOG("%u look-ups, %u verifications, %u compactions, %llu buckets moved",
	       shared->lookups, shared->verified, shared->compactions,
	       (unsigned long long)shared->moved);
	EXPECT_EQ(0, shared->missed);
	EXPECT_EQ(0, shared->faults);
	EXPECT_EQ(0, shared->failed);
	EXPECT_LT(0, shared->lookups);
	EXPECT_LT(0, shared->verified);
	EXPECT_LT(0, shared->compactions);
	EXPECT_LT(0, shared->moved);
	ASSERT_EQ(0, map_compact(self->fd, &last));
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(stat.overflow_needed, stat.overflow_pages);
	EXPECT_EQ(KEYS / KEEP, stat.entries);
	EXPECT_EQ(0, wrong_keys());
	munmap(shared, sizeof(*shared));
}

TEST_HARNESS_MAIN
