// SPDX-License-Identifier: GPL-2.0-only
/*
 * grow.c - a map grows from nothing under processes that read, write and die
 *
 * Two writers put keys one after the other, and delete and put again some of
 * them; two readers look up, through the mapping, keys that are there and keys
 * that never were.  A fifth process kills one of them now and then; another
 * takes its place and goes on where it was.
 */
#include "kselftest_harness.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include <khmap/khmap.h>
#include "khmap_test.h"
#include "verify.h"

#define NAME	"test-grow"
#define WRITERS	2
#define READERS	2
#define PROCS	(WRITERS + READERS)
#define KEYS	1000000u	/* of each writer */

/* Keys whose number is 4 modulo 5 come and go; they are asked nothing of. */
#define FICKLE(number)	((number) % 5 == 4)

/**
 * struct shared - what the processes know of each other
 * @put: of each writer, keys that are there
 * @lookups: by all readers
 * @missed: keys not found that were there
 * @torn: values that nobody put
 * @phantoms: keys found that nobody put
 * @failed: calls that failed
 */
struct shared {
	uint32_t put[WRITERS];
	uint64_t lookups;
	uint32_t missed;
	uint32_t torn;
	uint32_t phantoms;
	uint32_t failed;
};

static uint64_t key_of(uint32_t writer, uint32_t number)
{
	return (uint64_t)number * WRITERS + writer;
}

static uint64_t value_of(uint64_t key)
{
	return key * 0x9e3779b97f4a7c15ull ^ 0x5a5a;
}

static void count(uint32_t *counter, bool wrong)
{
	if (wrong)
		__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void write_keys(struct shared *shared, uint32_t writer)
{
	int fd = map_open(NAME, O_RDWR), err;
	uint32_t i = __atomic_load_n(&shared->put[writer], __ATOMIC_ACQUIRE);

	count(&shared->failed, fd < 0);
	for (; i < KEYS; i++) {
		uint64_t key = key_of(writer, i);

		err = put(fd, key, value_of(key));
		if (!err && FICKLE(i) && i % 2)
			err = delete(fd, key);
		count(&shared->failed, err);
		__atomic_store_n(&shared->put[writer], i + 1, __ATOMIC_RELEASE);
	}
}

static void look(struct shared *shared, const struct khmap *map, uint64_t key,
		 bool there, bool never)
{
	uint64_t value = 0;
	int err = khmap_get(map, &key, &value);

	count(&shared->failed, err && err != -ENOENT);
	count(&shared->missed, err == -ENOENT && there);
	count(&shared->torn, !err && !never && value != value_of(key));
	count(&shared->phantoms, !err && never);
}

static bool writers_done(const struct shared *shared)
{
	uint32_t writer;

	for (writer = 0; writer < WRITERS; writer++)
		if (__atomic_load_n(&shared->put[writer], __ATOMIC_ACQUIRE) < KEYS)
			return false;
	return true;
}

static void read_keys(struct shared *shared, uint32_t seed)
{
	struct khmap_open_options options = { .size = sizeof(options) };
	struct khmap *map;
	uint64_t state = seed;
	uint32_t i;

	if (khmap_open(NAME, &options, &map)) {
		count(&shared->failed, true);
		return;
	}
	while (!writers_done(shared)) {
		for (i = 0; i < 256; i++) {
			uint32_t writer = i % WRITERS, put, number;

			put = __atomic_load_n(&shared->put[writer], __ATOMIC_ACQUIRE);
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			number = put ? (uint32_t)((state >> 33) % put) : 0;
			if (put)
				look(shared, map, key_of(writer, number), !FICKLE(number),
				     false);
			look(shared, map, key_of(writer, KEYS + number), false, true);
		}
		__atomic_fetch_add(&shared->lookups, 512, __ATOMIC_RELAXED);
	}
	khmap_close(map);
}

static pid_t start(struct shared *shared, uint32_t index, uint32_t seed)
{
	pid_t child = fork();

	if (child)
		return child;
	if (index < WRITERS)
		write_keys(shared, index);
	else
		read_keys(shared, seed);
	_exit(0);
}

FIXTURE(grow) {
	int fd;
};

FIXTURE_SETUP(grow)
{
	struct khmap_ioc_create args = create_args(NAME, 16);

	map_remove(NAME);
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(grow)
{
	EXPECT_EQ(0, map_verify(self->fd));
	map_remove(NAME);
	close(self->fd);
}

TEST_F_TIMEOUT(grow, under_processes_that_die, 240)
{
	struct khmap_ioc_stat stat;
	struct shared *shared;
	uint32_t i, killed = 0, writer;
	pid_t children[PROCS];
	int fd = self->fd;
	struct khmap *map;
	uint64_t value;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
	for (i = 0; i < PROCS; i++)
		children[i] = start(shared, i, i);
	for (i = 0; !writers_done(shared); i++) {
		uint32_t victim = i % PROCS;

		usleep(50000 + i % 7 * 10000);
		/* One that had already ended is followed by one that ends at once. */
		kill(children[victim], SIGKILL);
		ASSERT_EQ(children[victim], waitpid(children[victim], NULL, 0));
		killed++;
		children[victim] = start(shared, victim, 1000 + i);
	}
	for (i = 0; i < PROCS; i++)
		waitpid(children[i], NULL, 0);

	EXPECT_EQ(0, shared->missed);
	EXPECT_EQ(0, shared->torn);
	EXPECT_EQ(0, shared->phantoms);
	EXPECT_EQ(0, shared->failed);
	EXPECT_LT(8, killed);
	ASSERT_EQ(0, map_stat(fd, &stat));
	TH_LOG("%llu look-ups, %u processes killed, %llu splits",
	       (unsigned long long)shared->lookups, killed,
	       (unsigned long long)stat.splits);
	EXPECT_EQ(2 * (KEYS - KEYS / 10), stat.entries);
	EXPECT_LE(stat.wanted, stat.shape);
	ASSERT_EQ(0, khmap_open(NAME, NULL, &map));
	for (writer = 0; writer < WRITERS; writer++)
		for (i = 0; i < KEYS; i++) {
			uint64_t key = key_of(writer, i);
			bool gone = FICKLE(i) && i % 2;

			ASSERT_EQ(gone ? -ENOENT : 0, khmap_get(map, &key, &value));
			if (!gone)
				ASSERT_EQ(value_of(key), value);
		}
	khmap_close(map);
	munmap(shared, sizeof(*shared));
}

/* A process that reserves more than has been there so far. */
static pid_t start_reserve(int fd)
{
	pid_t child = fork();

	if (!child)
		_exit(map_reserve(fd, 2 * KEYS) ? 1 : 0);
	return child;
}

/* A reserve that takes long lets a snapshot in, for which all writers wait. */
TEST_F_TIMEOUT(grow, reserve_makes_way_for_snapshots, 240)
{
	struct khmap_ioc_snapshot args = { .size = sizeof(args) };
	struct khmap_ioc_stat stat;
	int fd = self->fd, status;
	uint32_t shape;
	pid_t child;

	child = start_reserve(fd);
	ASSERT_LE(0, child);
	do {
		ASSERT_EQ(0, map_stat(fd, &stat));
	} while (!stat.shape);
	ASSERT_LE(0, snapshot(fd, &args));
	ASSERT_EQ(0, map_stat(fd, &stat));
	shape = stat.shape;
	close(args.fd);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_LT(shape, stat.shape);
}

/* A page has room for 168 keys at the default load. */
TEST_F_TIMEOUT(grow, reserve_can_be_killed, 240)
{
	struct khmap_ioc_stat stat;
	int fd = self->fd;
	pid_t child;

	child = start_reserve(fd);
	ASSERT_LE(0, child);
	do {
		ASSERT_EQ(0, map_stat(fd, &stat));
	} while (!stat.primary_pages);
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_GT(2 * KEYS / 168 << KHMAP_PLACE_BITS, stat.shape);
	EXPECT_EQ(0, put(fd, 1, 1));
}

/* Nothing grows, nor is copied, for one who cannot be told about it. */
TEST(answer_on_read_only_memory)
{
	struct khmap_ioc_reserve *reserve;
	struct khmap_ioc_materialize *all;
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_stat stat;
	int map = create_named(NULL, 1), shot;
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_LE(0, map);
	ASSERT_EQ(0, map_reserve(map, 1000));
	shot = snapshot(map, &args);
	ASSERT_LE(0, shot);
	reserve = page;
	*reserve = (struct khmap_ioc_reserve){ .size = sizeof(*reserve), .entries = 100000 };
	all = (void *)((char *)page + 1024);
	*all = (struct khmap_ioc_materialize){ .size = sizeof(*all) };
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ));

	EXPECT_EQ(-EFAULT, call(map, KHMAP_IOC_RESERVE, reserve));
	ASSERT_EQ(0, map_stat(map, &stat));
	EXPECT_GT(100, stat.primary_pages);
	EXPECT_EQ(-EFAULT, call(shot, KHMAP_IOC_MATERIALIZE, all));
	ASSERT_EQ(0, map_stat(shot, &stat));
	EXPECT_EQ(1, stat.copied_pages);
	munmap(page, 4096);
	close(shot);
	close(map);
}

TEST_HARNESS_MAIN
