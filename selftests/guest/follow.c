// SPDX-License-Identifier: GPL-2.0-only
/*
 * follow.c - readers and writers follow a name that is published over and over
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include <khmap/follow.h>
#include <khmap/version.h>
#include "publish_test.h"
#include "verify.h"

#define NAME	"test-follow"
#define KEYS	40u	/* that every version has */
#define TURNS	2000u
#define OWN	1000u	/* the writer's key */

static const struct khmap_open_options writable = {
	.size = sizeof(writable),
	.flags = KHMAP_OPEN_WRITE,
};

/* A version: every key has the version's number. */
static struct khmap *version_make(uint64_t number)
{
	struct khmap_create_options options = {
		.size = sizeof(options),
		.key_size = 8,
		.value_size = 8,
	};
	struct khmap *map;
	uint64_t key;

	if (khmap_create(&options, &map))
		return NULL;
	for (key = 0; key < KEYS; key++)
		if (khmap_put(map, &key, &number, 0))
			return NULL;
	return map;
}

FIXTURE(follow) {
	struct khmap *map;
	bool stop;
	uint32_t missing;
	uint32_t mixed;
	uint32_t back;
	uint32_t lost;
	uint32_t outrun;
	uint64_t moves;
	uint64_t looks;
	uint64_t puts;
	uint64_t stale;
};

FIXTURE_SETUP(follow)
{
	struct khmap_create_options options = {
		.size = sizeof(options),
		.name = NAME,
		.key_size = 8,
		.value_size = 8,
	};
	uint64_t key, number = 1;

	map_remove(NAME);
	ASSERT_EQ(0, khmap_create(&options, &self->map));
	for (key = 0; key < KEYS; key++)
		ASSERT_EQ(0, khmap_put(self->map, &key, &number, 0));
}

FIXTURE_TEARDOWN(follow)
{
	EXPECT_EQ(0, map_verify(khmap_fd(self->map)));
	khmap_close(self->map);
	map_remove(NAME);
}

static void count(uint32_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* A follower that is slower than the name's owner, for long, may say so and stays. */
static void outrun_or_lost(struct _test_data_follow *self, int err)
{
	if (err == -EAGAIN)
		count(&self->outrun);
	else if (err < 0)
		count(&self->lost);
}

/* Nobody publishes any more: who follows gets to the last version. */
static void arrive(struct _test_data_follow *self, struct khmap_follower *follower)
{
	uint64_t key = 0, value = 0;

	if (khmap_follow_now(follower) < 0 ||
	    khmap_get(khmap_follow_map(follower), &key, &value) || value != TURNS + 1)
		count(&self->lost);
}

static void told(void *context, struct khmap *map, int err)
{
	(void)map;
	outrun_or_lost(context, err);
}

static void *read_on(void *arg)
{
	struct _test_data_follow *self = arg;
	const struct khmap_follow_options options = {
		.size = sizeof(options),
		.changed = told,
		.context = self,
	};
	struct khmap_follow_counts counts = { .size = sizeof(counts) };
	struct khmap_follower *follower;
	uint64_t key, value, seen = 0, last = 0;

	if (khmap_follow_open(NAME, &options, &follower)) {
		count(&self->missing);
		return NULL;
	}
	while (!__atomic_load_n(&self->stop, __ATOMIC_RELAXED)) {
		struct khmap *map = khmap_follow_map(follower);

		for (key = 0; key < KEYS; key++) {
			if (khmap_get(map, &key, &value))
				count(&self->missing);
			/* One version, and no older one than the last. */
			else if (!key)
				seen = value;
			else if (value != seen)
				count(&self->mixed);
		}
		if (seen < last)
			count(&self->back);
		last = seen;
		__atomic_fetch_add(&self->looks, 1, __ATOMIC_RELAXED);
	}
	arrive(self, follower);
	khmap_follow_counts(follower, &counts);
	__atomic_fetch_add(&self->moves, counts.moves, __ATOMIC_RELAXED);
	khmap_follow_close(follower);
	return NULL;
}

static void *write_on(void *arg)
{
	const struct khmap_follow_options options = {
		.size = sizeof(options),
		.open = &writable,
	};
	struct _test_data_follow *self = arg;
	struct khmap_follower *follower;
	uint64_t key = OWN, step = 0;

	if (khmap_follow_open(NAME, &options, &follower)) {
		count(&self->missing);
		return NULL;
	}
	while (!__atomic_load_n(&self->stop, __ATOMIC_RELAXED)) {
		int err = khmap_put(khmap_follow_map(follower), &key, &step, 0);

		step++;
		if (!err) {
			self->puts++;
		} else if (err == -ESTALE) {
			self->stale++;
			outrun_or_lost(self, khmap_follow_now(follower));
		} else {
			count(&self->lost);
		}
	}
	arrive(self, follower);
	khmap_follow_close(follower);
	return NULL;
}

TEST_F_TIMEOUT(follow, under_publishing, 240)
{
	void *(*const roles[])(void *) = { read_on, read_on, write_on };
	pthread_t threads[3];
	uint64_t number;
	uint32_t i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, roles[i], self));
	/* There are more of them than processors, and this one paces all. */
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -19);
	for (number = 2; number < TURNS + 2; number++) {
		struct khmap *fresh = version_make(number);

		ASSERT_NE(NULL, fresh);
		ASSERT_EQ(0, khmap_publish(self->map, fresh, number % 3, NULL));
		khmap_close(self->map);
		self->map = fresh;
	}
	__atomic_store_n(&self->stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, self->missing);
	EXPECT_EQ(0, self->mixed);
	EXPECT_EQ(0, self->back);
	EXPECT_EQ(0, self->lost);
	EXPECT_LT(0, self->puts);
	EXPECT_LT(0, self->moves);
	/* Each move was due to a publication. */
	EXPECT_GE(2 * TURNS, self->moves);
	TH_LOG("%llu rounds of reads, %llu moves, %llu puts, %llu refused, %u times outrun",
	       (unsigned long long)self->looks, (unsigned long long)self->moves,
	       (unsigned long long)self->puts, (unsigned long long)self->stale, self->outrun);
}

static int64_t value_of(struct khmap_follower *follower, uint64_t key)
{
	uint64_t value;
	int err = khmap_get(khmap_follow_map(follower), &key, &value);

	return err ? err : (int64_t)value;
}

/* There and back, with no call but khmap_follow_map(). */
TEST_F(follow, rollback)
{
	struct khmap *fresh = version_make(2);
	struct khmap_follower *follower;

	ASSERT_NE(NULL, fresh);
	ASSERT_EQ(0, khmap_follow_open(NAME, NULL, &follower));
	EXPECT_FALSE(khmap_follow_stale(follower));
	EXPECT_EQ(1, value_of(follower, 7));
	ASSERT_EQ(0, khmap_publish(self->map, fresh, 1, NULL));
	EXPECT_TRUE(khmap_follow_stale(follower));
	EXPECT_EQ(2, value_of(follower, 7));
	EXPECT_FALSE(khmap_follow_stale(follower));
	ASSERT_EQ(0, khmap_rollback(fresh, 1, NULL));
	EXPECT_EQ(1, value_of(follower, 7));
	EXPECT_EQ(0, khmap_follow_now(follower));
	khmap_follow_close(follower);
	khmap_close(fresh);
}

/* Options of a caller who was built with a longer struct. */
TEST_F(follow, longer_options)
{
	struct {
		struct khmap_open_options options;
		uint64_t more[8];
	} how = { .options = { .size = sizeof(how) } };
	const struct khmap_follow_options options = {
		.size = sizeof(options),
		.open = &how.options,
	};
	struct khmap *second = version_make(2), *third = version_make(3);
	struct khmap_follower *follower;

	ASSERT_TRUE(second && third);
	ASSERT_EQ(0, khmap_follow_open(NAME, &options, &follower));
	ASSERT_EQ(0, khmap_publish(self->map, second, 0, NULL));
	EXPECT_EQ(2, value_of(follower, 7));
	ASSERT_EQ(0, khmap_publish(second, third, 0, NULL));
	EXPECT_EQ(3, value_of(follower, 7));
	EXPECT_EQ(0, khmap_follow_now(follower));
	khmap_follow_close(follower);
	khmap_close(second);
	khmap_close(third);
}

/* What the follower told about last. */
struct told {
	uint32_t calls;
	int err;
	int verdict;
};

static int accept_it(void *context, struct khmap *map)
{
	const struct told *told = context;

	return told->verdict;
}

static void changed(void *context, struct khmap *map, int err)
{
	struct told *told = context;

	told->calls++;
	told->err = err;
}

/* A version that is not accepted is left alone; the next one is looked at. */
TEST_F(follow, last_good_version)
{
	struct told told = { 0 };
	const struct khmap_follow_options options = {
		.size = sizeof(options),
		.flags = KHMAP_FOLLOW_VERIFY,
		.accept = accept_it,
		.changed = changed,
		.context = &told,
	};
	struct khmap_follow_counts counts = { .size = sizeof(counts) };
	struct khmap *second = version_make(2), *third = version_make(3);
	struct khmap_follower *follower;

	ASSERT_TRUE(second && third);
	ASSERT_EQ(0, khmap_follow_open(NAME, &options, &follower));
	told.verdict = -EUCLEAN;
	ASSERT_EQ(0, khmap_publish(self->map, second, 0, NULL));
	EXPECT_EQ(1, value_of(follower, 7));
	EXPECT_EQ(1, told.calls);
	EXPECT_EQ(-EUCLEAN, told.err);
	/* Once is enough. */
	EXPECT_EQ(1, value_of(follower, 7));
	EXPECT_EQ(1, told.calls);
	EXPECT_EQ(-EUCLEAN, khmap_follow_now(follower));
	/* Though the name has let go of the map that the follower has stayed with. */
	told.verdict = 0;
	ASSERT_EQ(0, khmap_publish(second, third, 0, NULL));
	EXPECT_EQ(3, value_of(follower, 7));
	EXPECT_EQ(0, told.err);
	ASSERT_EQ(0, khmap_follow_counts(follower, &counts));
	EXPECT_EQ(1, counts.moves);
	EXPECT_EQ(2, counts.refused);
	khmap_follow_close(follower);
	khmap_close(second);
	khmap_close(third);
}

TEST_F(follow, canary)
{
	const __u64 ids[] = { 5 };
	struct khmap_canary_options second = {
		.size = sizeof(second),
		.flags = KHMAP_CANARY_MAP | KHMAP_CANARY_IDS,
		.second = version_make(2),
		.ids = ids,
		.id_count = 1,
	};
	struct khmap_follow_options options = {
		.size = sizeof(options),
		.flags = KHMAP_FOLLOW_ID,
	};
	struct khmap_follower *five, *six;

	ASSERT_NE(NULL, second.second);
	options.id = 5;
	ASSERT_EQ(0, khmap_follow_open(NAME, &options, &five));
	options.id = 6;
	ASSERT_EQ(0, khmap_follow_open(NAME, &options, &six));
	EXPECT_EQ(1, value_of(five, 7));
	ASSERT_EQ(0, khmap_canary(self->map, &second, NULL));
	EXPECT_EQ(2, value_of(five, 7));
	EXPECT_EQ(1, value_of(six, 7));
	/* Changed while both run. */
	second.flags = KHMAP_CANARY_SHARE;
	second.share = KHMAP_SHARE_ALL;
	ASSERT_EQ(0, khmap_canary(self->map, &second, NULL));
	EXPECT_EQ(2, value_of(six, 7));
	second.flags = KHMAP_CANARY_END;
	ASSERT_EQ(0, khmap_canary(self->map, &second, NULL));
	EXPECT_EQ(1, value_of(five, 7));
	EXPECT_EQ(1, value_of(six, 7));
	khmap_follow_close(five);
	khmap_follow_close(six);
	khmap_close(second.second);
}

/* Destroyed, the last map stays; created anew, whoever asks gets the new one. */
TEST_F(follow, destroyed)
{
	struct khmap_follower *follower;
	int fd;

	ASSERT_EQ(0, khmap_follow_open(NAME, NULL, &follower));
	ASSERT_EQ(0, khmap_destroy(NAME));
	EXPECT_EQ(1, value_of(follower, 7));
	EXPECT_EQ(-ENOENT, khmap_follow_now(follower));
	fd = create_named(NAME, 1);
	ASSERT_EQ(0, put(fd, 7, 70));
	EXPECT_EQ(1, khmap_follow_now(follower));
	EXPECT_EQ(70, value_of(follower, 7));
	close(fd);
	khmap_follow_close(follower);
	EXPECT_EQ(-ENOENT, khmap_follow_open("test-follow-none", NULL, &follower));
}

TEST_HARNESS_MAIN
