// SPDX-License-Identifier: GPL-2.0-only
/*
 * best_effort.c - snapshots without a reserve: right or lost, and never wrong
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include <khmap/khmap.h>
#include "image_test.h"

#define NAME	"test-best-effort"
#define SHOT	NAME "-shot"
#define KEYS	20000u
#define POOL	4u
#define LIMIT	"/sys/module/khmap/parameters/max_bytes"

static int write_limit(uint64_t bytes)
{
	FILE *file = fopen(LIMIT, "w");

	if (!file)
		return -errno;
	fprintf(file, "%llu\n", (unsigned long long)bytes);
	return fclose(file) ? -errno : 0;
}

/* From now on there is no memory for any map or snapshot, but @pages. */
static int memory_ends(int fd, uint64_t pages)
{
	struct khmap_ioc_abi abi;
	int err = query_abi(fd, &abi);

	return err ? err : write_limit(abi.bytes + pages * PAGE);
}

FIXTURE(best_effort) {
	int map;
	uint64_t limit;
	struct khmap_ioc_stat before;
};

FIXTURE_SETUP(best_effort)
{
	struct khmap_ioc_abi abi;
	uint64_t i;

	map_remove(SHOT);
	map_remove(NAME);
	self->map = create_named(NAME, KEYS);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, query_abi(self->map, &abi));
	self->limit = abi.max_bytes;
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, put(self->map, i, i + 1));
	ASSERT_EQ(0, map_stat(self->map, &self->before));
}

FIXTURE_TEARDOWN(best_effort)
{
	write_limit(self->limit);
	map_remove(SHOT);
	map_remove(NAME);
	close(self->map);
}

static int take(int map, const char *name, uint32_t pool_pages)
{
	struct khmap_ioc_snapshot args = snapshot_args(name);

	args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	args.pool_pages = pool_pages;
	return take_snapshot(map, &args);
}

/* Give every key another value. */
static int overwrite(int map)
{
	uint64_t i;
	int err = 0;

	for (i = 0; i < KEYS && !err; i++)
		err = put(map, i, 0);
	return err;
}

/**
 * struct tally - look-ups of keys that were there at the cut, and of some that were not
 * @right: as it was
 * @lost: -EIO
 * @wrong: anything else
 */
struct tally {
	uint64_t right;
	uint64_t lost;
	uint64_t wrong;
};

static void tally_add(struct tally *tally, uint64_t key, int err, uint64_t value)
{
	if (err == -EIO)
		tally->lost++;
	else if (key < KEYS ? !err && value == key + 1 : err == -ENOENT)
		tally->right++;
	else
		tally->wrong++;
}

/* By GET. */
static struct tally tally_of(int fd)
{
	struct tally tally = { 0 };
	uint64_t i, value = 0;
	int err;

	for (i = 0; i < KEYS + 500; i++) {
		err = get(fd, i, &value);
		tally_add(&tally, i, err, value);
	}
	return tally;
}

/* By a mapping alone. */
static struct tally tally_of_image(const struct image *image)
{
	struct tally tally = { 0 };
	uint64_t i, value = 0;
	int err;

	for (i = 0; i < KEYS + 500; i++) {
		err = image_get(image, &i, &value);
		tally_add(&tally, i, err, value);
	}
	return tally;
}

/* By the library, one by one and many at a time. */
static struct tally tally_of_library(int fd)
{
	static uint64_t keys[KEYS + 500], values[KEYS + 500];
	static int status[KEYS + 500];
	struct tally tally = { 0 };
	uint64_t i, value = 0;
	struct khmap *map;
	int err;

	if (khmap_open_fd(fcntl(fd, F_DUPFD_CLOEXEC, 3), NULL, &map)) {
		tally.wrong++;
		return tally;
	}
	for (i = 0; i < KEYS + 500; i++) {
		keys[i] = i;
		err = khmap_get(map, &i, &value);
		tally_add(&tally, i, err, value);
	}
	khmap_get_many(map, keys, KEYS + 500, values, status);
	for (i = 0; i < KEYS + 500; i++)
		tally_add(&tally, i, status[i], values[i]);
	khmap_close(map);
	return tally;
}

/* Pages that read(2) and splice(2) refuse; -1 if anything else is wrong. */
static long pages_refused(int fd, uint64_t pages)
{
	static unsigned char bytes[PAGE_MAX];
	long refused = 0;
	int pipes[2];
	uint64_t i;

	if (pipe(pipes))
		return -1;
	for (i = 0; i < pages; i++) {
		ssize_t got = pread(fd, bytes, PAGE, (off_t)(i * PAGE));
		loff_t at = (loff_t)(i * PAGE);
		ssize_t moved;
		bool lost = got < 0 && errno == EIO;

		if (got != PAGE && !lost)
			return -1;
		moved = splice(fd, &at, pipes[1], NULL, PAGE, 0);
		if (lost ? moved >= 0 || errno != EIO :
			   moved != PAGE || read(pipes[0], bytes, PAGE) != PAGE)
			return -1;
		refused += lost;
	}
	close(pipes[0]);
	close(pipes[1]);
	return refused;
}

static int restore(const struct image *image, struct khmap_ioc_restore *args)
{
	int control = control_open(O_RDWR), err;

	*args = (struct khmap_ioc_restore){
		.size = sizeof(*args),
		.image = address_of(image->pages),
		.image_bytes = image->header.image_size,
	};
	err = call(control, KHMAP_IOC_RESTORE, args);
	close(control);
	return err;
}

TEST_F(best_effort, is_right_or_lost_and_says_so)
{
	struct khmap_ioc_materialize all = { .size = sizeof(all) };
	struct khmap_ioc_restore args;
	struct khmap_map_info info;
	struct khmap_ioc_stat stat;
	struct tally tally, mapped, library;
	struct image image;
	uint64_t pages;
	int fd;

	fd = take(self->map, NULL, POOL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(POOL, stat.pool_pages);
	EXPECT_EQ(POOL, stat.pool_free);
	EXPECT_EQ(0, stat.lost_pages);
	pages = stat.copied_pages + stat.reserved_pages;
	EXPECT_EQ(1 + stat.primary_pages + stat.overflow_pages, pages);
	/* Nothing is reserved but the pool, and what stands for lost pages. */
	EXPECT_GT((POOL + 4) * PAGE + 24 * pages, stat.bytes);
	ASSERT_EQ(0, memory_ends(fd, 0));
	ASSERT_EQ(0, overwrite(self->map));

	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_LT(0, stat.lost_pages);
	EXPECT_EQ(1 + POOL, stat.copied_pages);
	EXPECT_EQ(0, stat.pool_free);
	EXPECT_EQ(pages, stat.copied_pages + stat.reserved_pages + stat.lost_pages);
	ASSERT_TRUE(list_find(stat.snapshot_id, KHMAP_LIST_SNAPSHOTS, &info));
	EXPECT_EQ(stat.lost_pages, info.lost_pages);
	EXPECT_EQ(stat.reserved_pages, info.reserved_pages);
	EXPECT_EQ(POOL, info.pool_pages);
	EXPECT_EQ(0, info.pool_free);

	ASSERT_EQ(0, write_limit(self->limit));
	tally = tally_of(fd);
	EXPECT_EQ(0, tally.wrong);
	EXPECT_LT(0, tally.lost);
	EXPECT_LT(0, tally.right);
	ASSERT_EQ(0, image_open(&image, fd));
	mapped = tally_of_image(&image);
	EXPECT_EQ(0, mapped.wrong);
	EXPECT_EQ(tally.lost, mapped.lost);
	library = tally_of_library(fd);
	EXPECT_EQ(0, library.wrong);
	EXPECT_EQ(2 * tally.lost, library.lost);
	EXPECT_EQ((long)stat.lost_pages, pages_refused(fd, pages));

	EXPECT_EQ(-EIO, restore(&image, &args));
	EXPECT_EQ(KHMAP_DAMAGE_LOST, args.what);
	EXPECT_EQ(-EIO, call(fd, KHMAP_IOC_MATERIALIZE, &all));
	EXPECT_EQ(pages - stat.lost_pages, all.copied_pages);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.reserved_pages);
	/* As it was before: what was not lost is not lost later. */
	mapped = tally_of_image(&image);
	EXPECT_EQ(tally.right, mapped.right);
	image_close(&image);
	close(fd);
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshots);
	EXPECT_EQ(0, stat.snapshot_bytes);
	EXPECT_EQ(self->before.bytes, stat.bytes);
}

/* The worker fills the pool; false if it has not within ten seconds. */
static bool pool_fills(int fd, uint32_t pages)
{
	struct khmap_ioc_stat stat;
	int left;

	for (left = 10000; left; left--) {
		if (map_stat(fd, &stat))
			return false;
		/* More than what may still be copied is not wanted. */
		if (stat.pool_free >= pages || stat.reserved_pages <= stat.pool_free)
			return true;
		usleep(1000);
	}
	return false;
}

TEST_F(best_effort, pool_is_filled_again)
{
	struct khmap_ioc_stat stat;
	struct tally tally;
	uint64_t i;
	int fd;

	fd = take(self->map, SHOT, 2);
	ASSERT_LE(0, fd);
	/* Each put waits for the worker; and then as fast as can be. */
	for (i = 0; i < KEYS / 2; i += 100) {
		ASSERT_TRUE(pool_fills(fd, 2));
		ASSERT_EQ(0, put(self->map, i, 0));
	}
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_LT(3, stat.copied_pages);
	ASSERT_EQ(0, overwrite(self->map));
	EXPECT_TRUE(pool_fills(fd, 2));
	ASSERT_EQ(0, map_stat(fd, &stat));
	tally = tally_of(fd);
	EXPECT_EQ(0, tally.wrong);
	EXPECT_EQ(stat.lost_pages > 0, tally.lost > 0);
	/* A named one, so nothing ends here. */
	close(fd);
	fd = map_open(SHOT, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(tally.lost, tally_of(fd).lost);
	EXPECT_EQ(0, map_destroy(fd));
	close(fd);
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshot_bytes);
}

/* What a reader cannot be given is not lost, and kills nobody. */
TEST_F(best_effort, reader_without_memory)
{
	struct khmap_ioc_materialize all = { .size = sizeof(all) };
	struct khmap_ioc_stat stat;
	struct tally tally;
	struct image image;
	uint64_t value;
	int fd;

	/* Two: a key may lie in a chain's second bucket, and both are stored to. */
	fd = take(self->map, NULL, 2);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, image_open(&image, fd));
	ASSERT_EQ(0, memory_ends(fd, 0));
	tally = tally_of_image(&image);
	EXPECT_EQ(0, tally.wrong);
	EXPECT_LT(0, tally.lost);
	EXPECT_EQ(0, tally.right);
	EXPECT_EQ(-ENOMEM, call(fd, KHMAP_IOC_MATERIALIZE, &all));
	/* The pool's pages are for one who stores. */
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.lost_pages);
	EXPECT_EQ(1, stat.copied_pages);
	ASSERT_EQ(0, put(self->map, 1, 1));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.lost_pages);
	EXPECT_LE(2, stat.copied_pages);
	EXPECT_GE(3, stat.copied_pages);
	EXPECT_LT(0, stat.reserved_pages);
	/* read(2) copies in passing. */
	EXPECT_EQ(0, pages_refused(fd, image.size / PAGE));

	ASSERT_EQ(0, write_limit(self->limit));
	EXPECT_EQ(tally.lost, tally_of_image(&image).lost);
	EXPECT_EQ(0, get(fd, 1, &value));
	tally = tally_of_library(fd);
	EXPECT_EQ(0, tally.wrong + tally.lost);
	image_close(&image);
	ASSERT_EQ(0, image_open(&image, fd));
	tally = tally_of_image(&image);
	EXPECT_EQ(0, tally.wrong + tally.lost);
	image_close(&image);
	close(fd);
}

/* What another snapshot pays for is not lost, even when that one is dropped. */
TEST_F(best_effort, beside_one_with_a_reserve)
{
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_stat stat;
	int fd, other;

	fd = take(self->map, NULL, POOL);
	ASSERT_LE(0, fd);
	other = snapshot(self->map, &args);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, memory_ends(fd, 0));
	ASSERT_EQ(0, overwrite(self->map));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.lost_pages);
	EXPECT_GT(PAGE * stat.copied_pages, stat.bytes);
	close(other);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_LT(PAGE * (stat.copied_pages - POOL), stat.bytes);
	EXPECT_EQ(0, tally_of(fd).lost + tally_of(fd).wrong);
	close(fd);
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshot_bytes);
}

TEST_F(best_effort, values_are_checked)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	struct khmap_ioc_materialize all = { .size = sizeof(all) };
	struct khmap_ioc_stat stat;
	int fd;

	args.pool_pages = 1;
	EXPECT_EQ(-EINVAL, take_snapshot(self->map, &args));
	EXPECT_EQ(-EINVAL, take(self->map, NULL, KHMAP_POOL_PAGES_MAX + 1));
	EXPECT_EQ(-EINVAL, take(self->map, NULL, UINT32_MAX));
	args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	args.reserved2 = 1;
	EXPECT_EQ(-EINVAL, take_snapshot(self->map, &args));
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshots);
	EXPECT_EQ(0, stat.pool_pages);
	/* A caller who does not know the field. */
	args = snapshot_args(NULL);
	args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	args.size = offsetof(struct khmap_ioc_snapshot, pool_pages);
	fd = take_snapshot(self->map, &args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(KHMAP_POOL_PAGES_DEFAULT, stat.pool_pages);
	/* It has fewer pages, and the pool no more than it needs, but for a few. */
	EXPECT_LE(stat.reserved_pages, stat.pool_free);
	EXPECT_GE(stat.reserved_pages + 16, stat.pool_free);
	close(fd);
	/* More than it has pages: all of them are in reserve, and no more. */
	fd = take(self->map, NULL, KHMAP_POOL_PAGES_MAX);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, overwrite(self->map));
	/* An overflow page may have no entry just now, which nobody then writes to. */
	ASSERT_EQ(0, call(fd, KHMAP_IOC_MATERIALIZE, &all));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.lost_pages);
	EXPECT_EQ(0, stat.reserved_pages);
	close(fd);
	/* One with a reserve has none of this. */
	args = snapshot_args(NULL);
	fd = take_snapshot(self->map, &args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, stat.pool_pages + stat.pool_free + stat.lost_pages);
	close(fd);
}

struct writers {
	int map;
	bool stop;
	int err;
};

static void *write_run(void *arg)
{
	struct writers *writers = arg;
	uint64_t i = 0;

	while (!__atomic_load_n(&writers->stop, __ATOMIC_RELAXED)) {
		i = (i + 97) % KEYS;
		if (put(writers->map, i, i + 1))
			__atomic_store_n(&writers->err, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Writers store what is there, so whatever can be read is right, at any time. */
TEST_F(best_effort, dropped_while_its_pool_is_filled)
{
	struct writers writers = { .map = self->map };
	struct khmap_ioc_stat stat;
	pthread_t thread[2];
	uint64_t i, k, value, lost = 0, wrong = 0;
	int fd, err;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, write_run, &writers));
	for (i = 0; i < 200; i++) {
		fd = take(self->map, NULL, 1 + i % 8);
		ASSERT_LE(0, fd);
		for (k = i; k < KEYS; k += 1000) {
			err = get(fd, k, &value);
			lost += err == -EIO;
			wrong += err ? err != -EIO : value != k + 1;
		}
		close(fd);
	}
	__atomic_store_n(&writers.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, writers.err);
	EXPECT_EQ(0, wrong);
	TH_LOG("%llu look-ups met a lost page", (unsigned long long)lost);
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, stat.snapshot_bytes);
	EXPECT_EQ(0, stat.snapshots);
}

TEST_HARNESS_MAIN
