// SPDX-License-Identifier: GPL-2.0-only
/*
 * race.c - writers in the kernel against readers of the mapping
 *
 * A value says which key it belongs to and proves that it is whole.  Two
 * threads write, two read through the mapping, without a system call.
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include "image_test.h"
#include "verify.h"

#define WRITERS		2
#define READERS		2
#define WORDS		6	/* of a value */

struct race {
	struct image image;
	int fd;
	uint64_t keys;
	uint64_t rounds;
	pthread_barrier_t start;
	int running;
	uint64_t hits, misses, undecided, wrong, failed;
};

struct racer {
	struct race *race;
	uint64_t state;
	unsigned int index;
};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static void make_value(uint64_t *value, uint64_t key, uint64_t nonce)
{
	int i;

	for (i = 0; i < WORDS; i++)
		value[i] = (key + 1) * (nonce | 1) + (uint64_t)i * nonce;
	value[WORDS - 1] = nonce;
}

static bool value_is_right(const uint64_t *value, uint64_t key)
{
	uint64_t right[WORDS];

	make_value(right, key, value[WORDS - 1]);
	return !memcmp(right, value, sizeof(right));
}

/* Each writer deletes only keys of its own, so that it knows what is there. */
static void *write_values(void *context)
{
	struct racer *racer = context;
	struct race *race = racer->race;
	uint64_t i, value[WORDS];

	pthread_barrier_wait(&race->start);
	for (i = 0; i < race->rounds; i++) {
		uint64_t random = next_random(&racer->state);
		uint64_t key = random % race->keys;
		struct khmap_ioc_record args =
			record_args(&key, 8, value, sizeof(value));
		int err;

		if (random >> 62 == 0 && key % WRITERS == racer->index) {
			args = record_args(&key, 8, NULL, 0);
			err = call(race->fd, KHMAP_IOC_DELETE, &args);
			if (err == -ENOENT)
				err = 0;
		} else {
			make_value(value, key, next_random(&racer->state));
			err = call(race->fd, KHMAP_IOC_PUT, &args);
		}
		if (err)
			__atomic_add_fetch(&race->failed, 1, __ATOMIC_RELAXED);
	}
	__atomic_sub_fetch(&race->running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *read_values(void *context)
{
	uint64_t hits = 0, misses = 0, undecided = 0, wrong = 0;
	struct racer *racer = context;
	struct race *race = racer->race;
	uint64_t value[WORDS];

	pthread_barrier_wait(&race->start);
	while (__atomic_load_n(&race->running, __ATOMIC_ACQUIRE)) {
		uint64_t key = next_random(&racer->state) % race->keys;
		int err = image_get(&race->image, &key, value);

		if (!err && value_is_right(value, key))
			hits++;
		else if (err == -ENOENT)
			misses++;
		else if (err == -EAGAIN)
			undecided++;
		else
			wrong++;
	}
	__atomic_add_fetch(&race->hits, hits, __ATOMIC_RELAXED);
	__atomic_add_fetch(&race->misses, misses, __ATOMIC_RELAXED);
	__atomic_add_fetch(&race->undecided, undecided, __ATOMIC_RELAXED);
	__atomic_add_fetch(&race->wrong, wrong, __ATOMIC_RELAXED);
	return NULL;
}

FIXTURE(race) {
	struct race race;
};

FIXTURE_VARIANT(race) {
	uint64_t keys;
	uint64_t expected;
	uint32_t layout;
	uint32_t load_percent;
};

/* All in the header page's bucket. */
FIXTURE_VARIANT_ADD(race, inline) {
	.keys = 12,
	.expected = 12,
};

/* Long chains: overflow buckets come and go. Larger pages need more keys for that. */
FIXTURE_VARIANT_ADD(race, chains) {
	.keys = 400,
	.expected = 100,
	.layout = KHMAP_LAYOUT_PACKED,
	.load_percent = 95,
};

FIXTURE_VARIANT_ADD(race, wide) {
	.keys = 20000,
	.expected = 20000,
};

FIXTURE_SETUP(race)
{
	uint64_t larger = variant->keys > variant->expected ? (uint64_t)PAGE >> 12 : 1;
	struct khmap_ioc_create args = create_args(NULL, variant->expected * larger);
	struct race *race = &self->race;

	args.value_size = WORDS * 8;
	args.layout = variant->layout;
	args.load_percent = variant->load_percent;
	args.max_entries = variant->keys * larger;
	race->fd = create_map(&args);
	ASSERT_LE(0, race->fd);
	ASSERT_EQ(0, image_open(&race->image, race->fd));
	race->keys = variant->keys * larger;
	race->rounds = 100000;
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_EQ(0, map_verify(self->race.fd));
	image_close(&self->race.image);
	close(self->race.fd);
}

TEST_F_TIMEOUT(race, readers_see_whole_values, 100)
{
	pthread_t threads[WRITERS + READERS];
	struct racer racers[WRITERS + READERS];
	struct race *race = &self->race;
	struct khmap_ioc_stat stat;
	uint64_t key, found = 0;
	unsigned int i;

	race->running = WRITERS;
	ASSERT_EQ(0, pthread_barrier_init(&race->start, NULL, WRITERS + READERS));
	for (i = 0; i < WRITERS + READERS; i++) {
		racers[i] = (struct racer){ race, i * 1000003, i };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    i < WRITERS ? write_values :
							  read_values,
					    &racers[i]));
	}
	for (i = 0; i < WRITERS + READERS; i++)
		pthread_join(threads[i], NULL);

	EXPECT_EQ(0, race->failed);
	EXPECT_EQ(0, race->wrong);
	EXPECT_LT(1000, race->hits);
	TH_LOG("%llu hits, %llu misses, %llu undecided",
	       (unsigned long long)race->hits,
	       (unsigned long long)race->misses,
	       (unsigned long long)race->undecided);

	/* At rest mapping, ioctl and counts agree. */
	for (key = 0; key < race->keys; key++) {
		uint64_t one[WORDS], two[WORDS];
		struct khmap_ioc_record args =
			record_args(&key, 8, one, sizeof(one));
		int err = call(race->fd, KHMAP_IOC_GET, &args);

		ASSERT_EQ(err, image_get(&race->image, &key, two));
		if (err)
			continue;
		ASSERT_EQ(0, memcmp(one, two, sizeof(one)));
		ASSERT_TRUE(value_is_right(one, key));
		found++;
	}
	ASSERT_EQ(0, map_stat(race->fd, &stat));
	EXPECT_EQ(found, stat.entries);
	EXPECT_EQ(stat.inserts - stat.deletes, stat.entries);
	if (variant->keys > variant->expected)
		EXPECT_LT(0, stat.overflow_buckets);
}

/* Promotion under the eyes of readers: what was put stays found. */
struct promotion {
	int fd;
	int stop;
	uint64_t lost, found;
};

static void *look_for_first(void *context)
{
	struct promotion *promotion = context;
	uint64_t key = 0, value, lost = 0, found = 0;
	struct image image;

	if (image_open(&image, promotion->fd)) {
		promotion->lost = 1;
		return NULL;
	}
	while (!__atomic_load_n(&promotion->stop, __ATOMIC_ACQUIRE)) {
		int err = image_get(&image, &key, &value);

		if (err == -EAGAIN)
			continue;
		if (err || value != 1000)
			lost++;
		else
			found++;
	}
	image_close(&image);
	promotion->lost += lost;
	promotion->found += found;
	return NULL;
}

TEST(promotion_loses_nothing)
{
	uint64_t found = 0, key;
	int round;

	for (round = 0; round < 100; round++) {
		struct khmap_ioc_create args = create_args(NULL, 15);
		struct promotion promotion = { .stop = 0 };
		pthread_t thread;

		args.max_entries = 40;
		promotion.fd = create_map(&args);
		ASSERT_LE(0, promotion.fd);
		ASSERT_EQ(0, put(promotion.fd, 0, 1000));
		ASSERT_EQ(0, pthread_create(&thread, NULL, look_for_first,
					    &promotion));
		for (key = 1; key < 40; key++)
			ASSERT_EQ(0, put(promotion.fd, key, key));
		__atomic_store_n(&promotion.stop, 1, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		ASSERT_EQ(0, promotion.lost);
		found += promotion.found;
		close(promotion.fd);
	}
	EXPECT_LT(100, found);
}

TEST_HARNESS_MAIN
