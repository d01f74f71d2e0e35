// SPDX-License-Identifier: GPL-2.0-only
/*
 * grow.c - a map grows from nothing under processes that read, write and die
 *
 * Two writers put keys one after the other; meanwhile, and when all are there,
 * they replace, delete and put again keys at random.  What each is about to do
 * to a key, and has done, is in a word for each key that all share, so that two
 * readers, who look up through the mapping, know what an answer must be: that a
 * key is there, which version of its value, or that it is not there, because it
 * was deleted or never put.  A fifth process kills one of them at random;
 * another takes its place, and ends what the dead one had begun.
 */
#include "kselftest_harness.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <khmap/khmap.h>
#include "khmap_test.h"
#include "verify.h"

#define NAME	"test-grow"
#define WRITERS	2
#define READERS	2
#define PROCS	(WRITERS + READERS)
#define KEYS	1100000u	/* of each writer */
#define ENTRIES	2000000u	/* of the map, at least, in the end */
#define WORDS	4		/* of a value: its version, and what proves it */
#define LOOKUPS	10000000u	/* at least, on a kernel that is not slow */

/* Keys that are deleted at times; all others stay once they are there. */
#define FICKLE(number)	((number) % 10 == 9)

/* What a key is, or what is under way. */
enum phase {
	ABSENT,
	PRESENT,
	INSERTING,
	REPLACING,
	DELETING,
};

#define PHASE_BITS	3
#define PHASE(state)	((enum phase)((state) & ((1u << PHASE_BITS) - 1)))
#define VERSION(state)	((state) >> PHASE_BITS)
#define STATE(version, phase)	((version) << PHASE_BITS | (phase))

/**
 * struct seen - what readers have seen
 * @lookups: all of them
 * @present: found, as they had to be, in one version
 * @deleted: not found, as they had to be, for they were deleted
 * @never: not found, as they had to be, for they were never put
 * @moving: of keys that a writer changed meanwhile
 * @missed: keys not found that were there
 * @torn: values that are not whole
 * @stale: values that are whole, but of a version that the key had not
 * @ghosts: keys found that were deleted
 * @phantoms: keys found that were never put
 * @failed: look-ups that failed
 */
struct seen {
	uint64_t lookups;
	uint64_t present;
	uint64_t deleted;
	uint64_t never;
	uint64_t moving;
	uint64_t missed;
	uint64_t torn;
	uint64_t stale;
	uint64_t ghosts;
	uint64_t phantoms;
	uint64_t failed;
};

/**
 * struct shared - what the processes know of each other
 * @stop: it is enough
 * @grown: of each writer, keys that were put once
 * @doing: of each writer, the key that it changes, or changed last
 * @changes: operations that succeeded
 * @failed: operations that failed
 * @seen: by all readers
 * @states: of each writer's keys, version and phase
 */
struct shared {
	uint32_t stop;
	uint32_t grown[WRITERS];
	uint32_t doing[WRITERS];
	uint64_t changes[DELETING + 1];
	uint64_t failed;
	struct seen seen;
	uint32_t states[WRITERS][KEYS];
};

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* KHMAP_SEED of the environment, or the time. */
static uint64_t seed_of_run(void)
{
	const char *given = getenv("KHMAP_SEED");
	struct timespec now;

	if (given)
		return strtoull(given, NULL, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Kernels that look for faults are asked for fewer. */
static uint64_t lookups_wanted(void)
{
	const char *factor = getenv("KHMAP_SLOWER");

	return LOOKUPS / (factor ? (uint64_t)atoi(factor) : 1);
}

static uint64_t key_of(uint32_t writer, uint32_t number)
{
	return (uint64_t)number * WRITERS + writer;
}

static void make_value(uint64_t *value, uint64_t key, uint32_t version)
{
	uint64_t state = key << 32 | version;
	int i;

	value[0] = version;
	for (i = 1; i < WORDS; i++)
		value[i] = next_random(&state);
}

static bool is_whole(const uint64_t *value, uint64_t key)
{
	uint64_t right[WORDS];

	make_value(right, key, (uint32_t)value[0]);
	return !memcmp(right, value, sizeof(right));
}

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* Do what a key's state says; @again: the one who was at it may have done it. */
static void carry_out(struct shared *shared, int fd, uint32_t writer, uint32_t number, bool again)
{
	static const uint32_t flags[] = {
		[INSERTING] = KHMAP_PUT_INSERT,
		[REPLACING] = KHMAP_PUT_REPLACE,
	};
	uint32_t *state = &shared->states[writer][number];
	uint64_t key = key_of(writer, number), value[WORDS];
	enum phase phase = PHASE(*state);
	struct khmap_ioc_record args;
	int err;

	if (phase == DELETING) {
		err = delete(fd, key);
		if (again && err == -ENOENT)
			err = 0;
	} else {
		make_value(value, key, VERSION(*state));
		args = record_args(&key, 8, value, sizeof(value));
		args.flags = again ? 0 : flags[phase];
		err = call(fd, KHMAP_IOC_PUT, &args);
	}
	__atomic_fetch_add(err ? &shared->failed : &shared->changes[phase], 1, __ATOMIC_RELAXED);
	__atomic_store_n(state, STATE(VERSION(*state), phase == DELETING ? ABSENT : PRESENT),
			 __ATOMIC_RELEASE);
}

/* Say what will be done, before anything is. */
static void change(struct shared *shared, int fd, uint32_t writer, uint32_t number, bool delete)
{
	uint32_t *state = &shared->states[writer][number];
	enum phase phase = REPLACING;

	if (PHASE(*state) == ABSENT)
		phase = INSERTING;
	else if (delete && FICKLE(number))
		phase = DELETING;
	__atomic_store_n(&shared->doing[writer], number, __ATOMIC_RELEASE);
	__atomic_store_n(state, STATE(VERSION(*state) + 1, phase), __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	carry_out(shared, fd, writer, number, false);
}

/* End what one's predecessor had begun, then go on where it was. */
static void write_keys(struct shared *shared, uint32_t writer, uint64_t seed)
{
	uint32_t grown = load(&shared->grown[writer]), last = load(&shared->doing[writer]);
	int fd = map_open(NAME, O_RDWR);

	if (fd < 0) {
		__atomic_fetch_add(&shared->failed, 1, __ATOMIC_RELAXED);
		return;
	}
	if (PHASE(shared->states[writer][last]) > PRESENT)
		carry_out(shared, fd, writer, last, true);
	while (!load(&shared->stop)) {
		uint64_t random = next_random(&seed);

		if (grown < KEYS) {
			if (!shared->states[writer][grown])
				change(shared, fd, writer, grown, false);
			__atomic_store_n(&shared->grown[writer], ++grown, __ATOMIC_RELEASE);
			if (random >> 63)
				continue;
		}
		change(shared, fd, writer, (uint32_t)((uint32_t)random % grown), random >> 62 & 1);
	}
}

/* Is, or was, there, whether its value is being replaced or not. */
static bool lasts(uint32_t state)
{
	return PHASE(state) == PRESENT || PHASE(state) == REPLACING;
}

/* The least version that a key has whose state was @before. */
static uint32_t least_version(uint32_t before)
{
	if (PHASE(before) == PRESENT)
		return VERSION(before);
	return PHASE(before) == ABSENT ? VERSION(before) + 1 : VERSION(before) - 1;
}

/* Was the answer right at one moment between two looks at the key's state? */
static void judge(struct seen *seen, uint32_t before, uint32_t after, bool found, uint64_t version)
{
	bool still = before == after && PHASE(before) <= PRESENT;

	seen->moving += !still;
	if (found) {
		if (still && PHASE(before) == ABSENT)
			seen->ghosts++;
		else if (version < least_version(before) || version > VERSION(after))
			seen->stale++;
		else
			seen->present += still;
	} else if (lasts(before) && lasts(after) && VERSION(after) - VERSION(before) < 2) {
		seen->missed++;
	} else {
		seen->deleted += still && VERSION(before);
	}
}

static void look(struct shared *shared, struct seen *seen, const struct khmap *map,
		 uint32_t writer, uint32_t number)
{
	uint32_t *state = &shared->states[writer][number], before, after;
	uint64_t key = key_of(writer, number), value[WORDS];
	int err;

	before = load(state);
	err = khmap_get(map, &key, value);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = load(state);
	if (err && err != -ENOENT)
		seen->failed++;
	else if (!err && !is_whole(value, key))
		seen->torn++;
	else
		judge(seen, before, after, !err, value[0]);
}

static void look_for_none(struct seen *seen, const struct khmap *map, uint64_t key)
{
	uint64_t value[WORDS];
	int err = khmap_get(map, &key, value);

	seen->phantoms += !err;
	seen->never += err == -ENOENT;
	seen->failed += err && err != -ENOENT;
}

static void add_seen(struct shared *shared, const struct seen *seen)
{
	uint64_t *sums = (uint64_t *)&shared->seen;
	const uint64_t *mine = (const uint64_t *)seen;
	size_t i;

	for (i = 0; i < sizeof(*seen) / sizeof(*mine); i++)
		__atomic_fetch_add(&sums[i], mine[i], __ATOMIC_RELAXED);
}

/* Of eight keys one was never put, two are what the writers are at, five any. */
static void read_keys(struct shared *shared, uint64_t seed)
{
	struct khmap_open_options options = { .size = sizeof(options) };
	struct khmap *map;
	uint32_t i;

	if (khmap_open(NAME, &options, &map)) {
		__atomic_fetch_add(&shared->failed, 1, __ATOMIC_RELAXED);
		return;
	}
	while (!load(&shared->stop)) {
		struct seen seen = { .lookups = 512 };

		for (i = 0; i < seen.lookups; i++) {
			uint64_t random = next_random(&seed);
			uint32_t writer = random >> 63, any = (uint32_t)random;
			uint32_t grown = load(&shared->grown[writer]);

			if (i % 8 == 0)
				look_for_none(&seen, map, key_of(writer, KEYS + any % KEYS));
			else if (i % 8 < 3 || !grown)
				look(shared, &seen, map, writer, load(&shared->doing[writer]));
			else
				look(shared, &seen, map, writer, any % grown);
		}
		add_seen(shared, &seen);
	}
	khmap_close(map);
}

static pid_t start(struct shared *shared, uint32_t index, uint64_t seed)
{
	pid_t child = fork();

	if (child)
		return child;
	if (index < WRITERS)
		write_keys(shared, index, seed);
	else
		read_keys(shared, seed);
	_exit(0);
}

static bool is_enough(const struct shared *shared)
{
	uint32_t writer;

	for (writer = 0; writer < WRITERS; writer++)
		if (load(&shared->grown[writer]) < KEYS)
			return false;
	return __atomic_load_n(&shared->seen.lookups, __ATOMIC_RELAXED) >= lookups_wanted();
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

FIXTURE(stress) {
	struct shared *shared;
	pid_t children[PROCS];
	int fd;
};

FIXTURE_SETUP(stress)
{
	struct khmap_ioc_create args = create_args(NAME, 16);

	map_remove(NAME);
	args.value_size = WORDS * 8;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
}

FIXTURE_TEARDOWN(stress)
{
	munmap(self->shared, sizeof(*self->shared));
	EXPECT_EQ(0, map_verify(self->fd));
	map_remove(NAME);
	close(self->fd);
}

/* What the readers saw was right, and they saw enough of everything. */
static void check_seen(struct __test_metadata *_metadata, const struct shared *shared)
{
	const struct seen *seen = &shared->seen;

	TH_LOG("%llu look-ups: %llu found in one version, %llu deleted, %llu never put, %llu moving",
	       (unsigned long long)seen->lookups, (unsigned long long)seen->present,
	       (unsigned long long)seen->deleted, (unsigned long long)seen->never,
	       (unsigned long long)seen->moving);
	TH_LOG("%llu keys put, %llu values replaced, %llu keys deleted",
	       (unsigned long long)shared->changes[INSERTING],
	       (unsigned long long)shared->changes[REPLACING],
	       (unsigned long long)shared->changes[DELETING]);
	EXPECT_EQ(0, seen->missed);
	EXPECT_EQ(0, seen->torn);
	EXPECT_EQ(0, seen->stale);
	EXPECT_EQ(0, seen->ghosts);
	EXPECT_EQ(0, seen->phantoms);
	EXPECT_EQ(0, seen->failed);
	EXPECT_EQ(0, shared->failed);
	EXPECT_LE(lookups_wanted(), seen->lookups);
	EXPECT_LE(lookups_wanted() / 4, seen->present);
	EXPECT_LE(lookups_wanted() / 1000, seen->deleted);
	EXPECT_LE(lookups_wanted() / 8, seen->never);
	EXPECT_LE(lookups_wanted() / 1000, seen->moving);
	EXPECT_LT(KEYS / 20, shared->changes[REPLACING]);
	EXPECT_LT(KEYS / 100, shared->changes[DELETING]);
	/* Each key once, and some again. */
	EXPECT_LT(WRITERS * KEYS + KEYS / 100, shared->changes[INSERTING]);
}

/* Every key is what its state says, and the map has no others. */
static void check_keys(struct __test_metadata *_metadata, const struct shared *shared, int fd)
{
	struct khmap_ioc_stat stat;
	uint64_t present = 0, value[WORDS];
	uint32_t writer, i;
	struct khmap *map;

	ASSERT_EQ(0, khmap_open(NAME, NULL, &map));
	for (writer = 0; writer < WRITERS; writer++)
		for (i = 0; i < KEYS; i++) {
			uint32_t state = shared->states[writer][i];
			uint64_t key = key_of(writer, i);
			bool there = PHASE(state) == PRESENT;

			ASSERT_GE(PRESENT, PHASE(state));
			ASSERT_EQ(there ? 0 : -ENOENT, khmap_get(map, &key, value));
			if (!there)
				continue;
			ASSERT_TRUE(is_whole(value, key));
			ASSERT_EQ(VERSION(state), value[0]);
			present++;
		}
	khmap_close(map);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(present, stat.entries);
	EXPECT_LE(ENTRIES, present);
	EXPECT_LE(stat.wanted, stat.shape);
	TH_LOG("%llu keys, %llu splits", (unsigned long long)present,
	       (unsigned long long)stat.splits);
}

TEST_F_TIMEOUT(stress, under_processes_that_die, 240)
{
	uint32_t i, killed[2] = { 0, 0 };
	uint64_t seed = seed_of_run();
	int status;

	TH_LOG("KHMAP_SEED=%llu", (unsigned long long)seed);
	for (i = 0; i < PROCS; i++)
		self->children[i] = start(self->shared, i, next_random(&seed));
	while (!is_enough(self->shared)) {
		uint64_t random = next_random(&seed);
		uint32_t victim = random % PROCS;

		usleep(20000 + (uint32_t)(random >> 32) % 80000);
		kill(self->children[victim], SIGKILL);
		ASSERT_EQ(self->children[victim],
			  waitpid(self->children[victim], &status, 0));
		/* None ends by itself. */
		ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		killed[victim < WRITERS]++;
		self->children[victim] = start(self->shared, victim, next_random(&seed));
	}
	__atomic_store_n(&self->shared->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < PROCS; i++) {
		ASSERT_EQ(self->children[i], waitpid(self->children[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	TH_LOG("%u readers and %u writers killed", killed[0], killed[1]);
	EXPECT_LT(8, killed[0]);
	EXPECT_LT(8, killed[1]);
	check_seen(_metadata, self->shared);
	check_keys(_metadata, self->shared, self->fd);
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
