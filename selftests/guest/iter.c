// SPDX-License-Identifier: GPL-2.0-only
/*
 * iter.c - an iteration over the mapping of a map that another process makes grow
 *
 * The map has 16 or 2,000 keys when the iteration begins and 300,000 when it ends;
 * what is returned is deleted at once, or the iteration is made over and over.
 * Keys that were there throughout come exactly once, others at most once.
 */
#include "kselftest_harness.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <khmap/khmap.h>
#include "khmap_test.h"
#include "verify.h"

#define NAME	"test-iter"
#define KEYS	300000u
#define FEW	16u
#define STEADY	2000u
#define SLOW	2000u	/* entries during which the map grows */

/**
 * struct shared - what the processes know of each other
 * @put: keys 0..@put - 1 were put
 * @allowed: so far the writer may go
 * @failed: calls of the writer that failed
 */
struct shared {
	uint32_t put;
	uint32_t allowed;
	uint32_t failed;
};

static uint64_t value_of(uint64_t key)
{
	return key * 0x9e3779b97f4a7c15ull ^ 0x5a5a;
}

static uint32_t put_so_far(const struct shared *shared)
{
	return __atomic_load_n(&shared->put, __ATOMIC_ACQUIRE);
}

/* The writer may put so many more; it is not left behind by more than @behind. */
static void allow(struct shared *shared, uint32_t keys, uint32_t behind)
{
	uint32_t allowed = shared->allowed + keys;

	if (allowed > KEYS)
		allowed = KEYS;
	__atomic_store_n(&shared->allowed, allowed, __ATOMIC_RELEASE);
	while (put_so_far(shared) + behind < allowed)
		sched_yield();
}

/* Every fifth key goes again at once, if @fickle, and comes back with the next one. */
static int write_key(int fd, uint32_t key, bool fickle)
{
	int err = put(fd, key, value_of(key));

	if (!fickle || err)
		return err;
	if (key % 5 == 4)
		return delete(fd, key);
	return key % 5 == 0 && key > STEADY ? put(fd, key - 1, value_of(key - 1)) : 0;
}

static pid_t start_writer(struct shared *shared, bool fickle)
{
	uint32_t key = shared->put;
	pid_t child = fork();
	int fd;

	if (child)
		return child;
	fd = map_open(NAME, O_RDWR);
	shared->failed += fd < 0;
	for (; key < KEYS; key++) {
		while (key >= __atomic_load_n(&shared->allowed, __ATOMIC_ACQUIRE))
			sched_yield();
		shared->failed += write_key(fd, key, fickle) != 0;
		__atomic_store_n(&shared->put, key + 1, __ATOMIC_RELEASE);
	}
	_exit(0);
}

/**
 * struct tally - what one iteration returned
 * @seen: how often each key was
 * @deleted: keys that were deleted
 * @foreign: entries that nobody put
 * @failed: calls that failed
 */
struct tally {
	uint8_t seen[KEYS];
	uint32_t deleted;
	uint32_t foreign;
	uint32_t failed;
};

static struct tally tally;

/**
 * iterate() - go through the map
 * @map: open for writing if anything is deleted
 * @shared: with the writer
 * @pace: keys that the writer may put after each of the first entries
 * @eat: delete what is returned
 */
static void iterate(struct khmap *map, struct shared *shared, uint32_t pace, bool eat)
{
	struct khmap_iter *iter;
	uint64_t key, value;
	uint32_t count = 0;
	int got;

	memset(&tally, 0, sizeof(tally));
	tally.failed += khmap_iter_create(map, &iter) != 0;
	while ((got = khmap_iter_next(iter, &key, &value)) == 1) {
		if (key >= KEYS || value != value_of(key)) {
			tally.foreign++;
			continue;
		}
		tally.seen[key] += tally.seen[key] < 255;
		if (eat && !khmap_delete(map, &key, NULL))
			tally.deleted++;
		if (count++ < SLOW)
			allow(shared, pace, pace);
	}
	tally.failed += got != 0;
	khmap_iter_free(iter);
}

/* Keys, from 0 on, that were not returned, and any that was more than once. */
static uint32_t lost(uint32_t steady)
{
	uint32_t key, count = 0;

	for (key = 0; key < steady; key++)
		count += !tally.seen[key];
	return count;
}

static uint32_t twice(void)
{
	uint32_t key, count = 0;

	for (key = 0; key < KEYS; key++)
		count += tally.seen[key] > 1;
	return count;
}

FIXTURE(iter) {
	struct shared *shared;
	struct khmap *map;
	pid_t writer;
	int fd;
};

FIXTURE_SETUP(iter)
{
	struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_WRITE,
	};
	struct khmap_ioc_create args = create_args(NAME, 16);

	map_remove(NAME);
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, khmap_open(NAME, &options, &self->map));
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
}

FIXTURE_TEARDOWN(iter)
{
	EXPECT_EQ(0, map_verify(self->fd));
	khmap_close(self->map);
	munmap(self->shared, sizeof(*self->shared));
	map_remove(NAME);
	close(self->fd);
}

static void fill(int fd, struct shared *shared, uint32_t count)
{
	shared->allowed = count;
	for (; shared->put < count; shared->put++)
		shared->failed += put(fd, shared->put, value_of(shared->put)) != 0;
}

/* What must hold of an iteration that began with so many keys and deleted what it got. */
static void eat_while_it_grows(struct __test_metadata *_metadata, struct _test_data_iter *self,
			       uint32_t first)
{
	struct khmap_ioc_stat stat;
	uint32_t put;

	fill(self->fd, self->shared, first);
	self->writer = start_writer(self->shared, false);
	iterate(self->map, self->shared, KEYS / first, true);
	put = put_so_far(self->shared);
	allow(self->shared, KEYS, KEYS);
	ASSERT_EQ(self->writer, waitpid(self->writer, NULL, 0));
	EXPECT_EQ(0, self->shared->failed);
	EXPECT_EQ(0, lost(first));
	EXPECT_EQ(0, twice());
	EXPECT_EQ(0, tally.foreign);
	EXPECT_EQ(0, tally.failed);
	/* Returned keys were deleted, and those put behind the iteration were not returned. */
	EXPECT_LE(first, tally.deleted);
	EXPECT_GT(KEYS, tally.deleted);
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(KEYS - tally.deleted, stat.entries);
	/* It grew while the iteration was under way, not after it. */
	EXPECT_LE(KEYS / 2, put);
	TH_LOG("%u of %u keys were returned and deleted, %u put meanwhile", tally.deleted, KEYS,
	       put - first);
}

TEST_F_TIMEOUT(iter, a_few_keys_become_many, 120)
{
	eat_while_it_grows(_metadata, self, FEW);
}

TEST_F_TIMEOUT(iter, grows_and_is_eaten, 120)
{
	eat_while_it_grows(_metadata, self, STEADY);
}

TEST_F_TIMEOUT(iter, over_and_over, 120)
{
	uint32_t rounds, grown = 0;

	fill(self->fd, self->shared, STEADY);
	self->writer = start_writer(self->shared, true);
	for (rounds = 0; put_so_far(self->shared) < KEYS || !rounds; rounds++) {
		uint32_t before = put_so_far(self->shared);

		/* Step by step with the writer, or just beside it. */
		if (rounds % 2)
			allow(self->shared, 10000, KEYS);
		iterate(self->map, self->shared, rounds % 2 ? 0 : 10, false);
		grown += put_so_far(self->shared) - before > 1000;
		ASSERT_EQ(0, lost(STEADY));
		ASSERT_EQ(0, twice());
		ASSERT_EQ(0, tally.foreign);
		ASSERT_EQ(0, tally.failed);
	}
	ASSERT_EQ(self->writer, waitpid(self->writer, NULL, 0));
	EXPECT_EQ(0, self->shared->failed);
	EXPECT_LE(5, grown);
	/* At rest all of them come, exactly once. */
	iterate(self->map, self->shared, 0, false);
	EXPECT_EQ(1, lost(KEYS));
	EXPECT_EQ(0, tally.seen[KEYS - 1]);
	EXPECT_EQ(0, twice());
	TH_LOG("%u iterations, %u of them while the map grew by 1000 keys and more", rounds, grown);
}

TEST_HARNESS_MAIN
