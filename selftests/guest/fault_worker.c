// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_worker.c - pools, copies and growth in the background, with the kernel's workers failing
 *
 * It is a worker of the kernel, whichever is idle, so nobody knows whose n-th allocation
 * it would be.  All workers are marked instead, and so many percent of what they
 * allocate fails (/proc/PID/make-it-fail, with a filter of tasks).
 */
#include <dirent.h>
#include "kselftest_harness.h"
#include "fault_test.h"
#include "kfunc_test.h"

#define ROUNDS	6
#define KEYS	3000u
#define POOL	8u
#define TIMES	1000000		/* faults that may be injected: more than there will be */
#define TURN_US	20000		/* for a worker to do its work, on a slow machine */
#define GROWN	200u		/* keys of a map that has left its header page */

/* A program, which may not sleep, puts the keys that come after. */
#define FAILING	1400u		/* keys with which allocations fail no more */
#define PACKETS	1500u		/* keys in the end */
#define TRIES	500		/* of one of them */
#define IN_VAIN	25		/* of one whose memory is refused now and then */
#define AGAIN	5		/* rounds in which a worker that was just made met no fault */

/* Of each three rounds. */
static const unsigned int percents[] = { 100, 50, 10 };

static int task_mark(const char *task)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/make-it-fail", task);
	return write_file(path, "1");
}

/* New ones come and idle ones go, so again and again.  Returns how many there are. */
static int workers_mark(void)
{
	DIR *tasks = opendir("/proc");
	struct dirent *entry;
	char path[300], name[64];
	int count = 0;

	while (tasks && (entry = readdir(tasks))) {
		FILE *comm;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		comm = fopen(path, "r");
		if (comm && fgets(name, sizeof(name), comm) && !strncmp(name, "kworker/", 8))
			count += !task_mark(entry->d_name);
		if (comm)
			fclose(comm);
	}
	if (tasks)
		closedir(tasks);
	return count;
}

static int setting(const char *kind, const char *name, int value)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kind, name);
	snprintf(text, sizeof(text), "%d", value);
	return write_file(path, text);
}

static const char *const kinds[] = { "failslab", "fail_page_alloc" };

/* So many percent of what marked tasks allocate fails from now on.  0 or -errno. */
static int inject(unsigned int percent)
{
	int err = 0, i;

	for (i = 0; i < 2 && !err; i++) {
		err = setting(kinds[i], "probability", 0);
		err = err ?: setting(kinds[i], "interval", 1);
		err = err ?: setting(kinds[i], "task-filter", 1);
		err = err ?: setting(kinds[i], "times", TIMES);
		err = err ?: setting(kinds[i], "probability", (int)percent);
	}
	return err;
}

/* Objects and pages that were refused since inject(). */
static int refused(void)
{
	int count = 0, i;

	for (i = 0; i < 2; i++) {
		char path[64], text[16] = "";
		int fd;

		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/times", kinds[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
			abort();
		close(fd);
		count += TIMES - atoi(text);
	}
	return count;
}

FIXTURE(worker) {
	int control;
	struct khmap_ioc_abi before;
};

FIXTURE_SETUP(worker)
{
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
	ASSERT_LT(0, workers_mark());
}

FIXTURE_TEARDOWN(worker)
{
	struct khmap_ioc_abi after;

	EXPECT_EQ(0, inject(0));
	EXPECT_EQ(0, query_abi(self->control, &after));
	EXPECT_EQ(self->before.maps, after.maps);
	EXPECT_EQ(self->before.bytes, after.bytes);
	close(self->control);
}

/* A best-effort snapshot of a map that has the keys, each with one more as its value. */
static int take_of_keys(int map, struct khmap_ioc_snapshot *args)
{
	uint32_t key;
	int err = 0;

	for (key = 0; key < KEYS && !err; key++)
		err = put(map, key, key + 1);
	args->flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	args->pool_pages = POOL;
	return err ?: take_snapshot(map, args);
}

/* Each page of a map is written to, and its pool filled anew in the worker meanwhile. */
static int refill(struct __test_metadata *_metadata, unsigned int percent)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	int map = create_named(NULL, KEYS), shot, injected;
	uint32_t key, right = 0, lost = 0;
	struct khmap_ioc_stat stat;
	uint64_t value;

	ASSERT_LE(0, map);
	shot = take_of_keys(map, &args);
	ASSERT_LE(0, shot);
	ASSERT_EQ(0, inject(percent));
	for (key = 0; key < KEYS; key++) {
		/* So few pages at a time are in the pool. */
		if (key % 40 == 0 && key < 200)
			workers_mark();
		if (key < 200 && key % 2 == 0)
			usleep(TURN_US);
		ASSERT_EQ(0, put(map, key, key + 2));
	}
	injected = refused();
	ASSERT_EQ(0, inject(0));
	ASSERT_EQ(0, map_stat(shot, &stat));
	if (percent == 100)
		EXPECT_LT(0, stat.lost_pages);
	if (!percent)
		EXPECT_EQ(0, stat.lost_pages);
	for (key = 0; key < KEYS; key++) {
		int err = get(shot, key, &value);

		right += !err && value == key + 1;
		lost += err == -EIO;
	}
	EXPECT_EQ(KEYS, right + lost);
	EXPECT_EQ(!stat.lost_pages, !lost);
	for (key = 0; key < KEYS; key++)
		ASSERT_TRUE(!get(map, key, &value) && value == key + 2);
	EXPECT_EQ(0, map_verify(map));
	close(shot);
	close(map);
	return injected;
}

TEST_F_TIMEOUT(worker, fills_a_pool, FAULT_SECONDS)
{
	int injected, all = 0, i;

	EXPECT_EQ(0, refill(_metadata, 0));
	for (i = 0; i < ROUNDS; i++) {
		injected = refill(_metadata, percents[i % 3]);
		if (percents[i % 3] == 100)
			EXPECT_LT(0, injected);
		all += injected;
	}
	printf("# faults: %d in the worker that fills a pool, in %d rounds\n", all, ROUNDS);
	fflush(stdout);
}

static int materialize(int shot, uint32_t flags)
{
	struct khmap_ioc_materialize args = { .size = sizeof(args), .flags = flags };

	return call(shot, KHMAP_IOC_MATERIALIZE, &args);
}

/*
 * All pages of a best-effort snapshot are copied by a worker, as far as it has memory;
 * none is lost by that, and who asks himself has them all.
 */
static int copy(struct __test_metadata *_metadata, unsigned int percent)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	int map = create_named(NULL, KEYS), shot, injected, tries;
	struct khmap_ioc_stat stat;
	uint64_t value, pages;
	uint32_t key;

	ASSERT_LE(0, map);
	shot = take_of_keys(map, &args);
	ASSERT_LE(0, shot);
	pages = args.image_size / (uint64_t)PAGE;
	ASSERT_LT(2 * POOL, pages);
	workers_mark();
	ASSERT_EQ(0, inject(percent));
	ASSERT_EQ(0, materialize(shot, KHMAP_MATERIALIZE_BACKGROUND));
	for (tries = percent && percent < 100 ? IN_VAIN : TRIES; tries; tries--) {
		ASSERT_EQ(0, map_stat(shot, &stat));
		if (stat.copied_pages == pages || (percent == 100 && refused()))
			break;
		/* One that was made for this is marked, too, and tries again. */
		workers_mark();
		ASSERT_EQ(0, materialize(shot, KHMAP_MATERIALIZE_BACKGROUND));
		usleep(TURN_US);
	}
	ASSERT_EQ(0, map_stat(shot, &stat));
	injected = refused();
	ASSERT_EQ(0, inject(0));
	if (!percent)
		EXPECT_EQ(pages, stat.copied_pages);
	EXPECT_EQ(0, materialize(shot, 0));
	ASSERT_EQ(0, map_stat(shot, &stat));
	EXPECT_EQ(pages, stat.copied_pages);
	EXPECT_EQ(0, stat.lost_pages);
	for (key = 0; key < KEYS; key++)
		ASSERT_TRUE(!get(shot, key, &value) && value == key + 1);
	close(shot);
	close(map);
	return injected;
}

TEST_F_TIMEOUT(worker, copies_a_snapshot, FAULT_SECONDS)
{
	int injected, all = 0, i, again = AGAIN;

	EXPECT_EQ(0, copy(_metadata, 0));
	for (i = 0; i < ROUNDS; i++) {
		do {
			injected = copy(_metadata, percents[i % 3]);
		} while (percents[i % 3] == 100 && !injected && again--);
		if (percents[i % 3] == 100)
			EXPECT_LT(0, injected);
		all += injected;
	}
	printf("# faults: %d in the worker that copies a snapshot, in %d rounds\n", all, ROUNDS);
	fflush(stdout);
}

/* One that a program puts, after so many tries at most.  0 or the last errno. */
static int put_packet(struct kfunc_bpf *bpf, uint32_t source, int tries)
{
	do {
		bpf->bss->count_error = 0;
		program_run_packet(bpf->progs.count_packet, source, 1);
		if (bpf->bss->count_error != -ENOMEM)
			break;
		workers_mark();
		usleep(TURN_US);
	} while (--tries);
	return bpf->bss->count_error;
}

static int growth_of(int map)
{
	struct khmap_ioc_stat stat;
	int err = map_stat(map, &stat);

	return err ?: (int)stat.growth;
}

/* All keys up to one are there, and none behind. */
static void holds(struct __test_metadata *_metadata, int map, uint32_t last)
{
	struct khmap_ioc_stat stat;
	uint64_t value;
	uint32_t key;

	ASSERT_EQ(0, map_stat(map, &stat));
	EXPECT_EQ(last, stat.entries);
	for (key = 1; key <= last; key++)
		ASSERT_EQ(0, get(map, key, &value));
	EXPECT_EQ(-ENOENT, get(map, last + 1, &value));
	EXPECT_EQ(0, map_verify(map));
}

/*
 * Programs may not allocate, so all pages come from the worker.  As long as it gets
 * none the map takes what still finds a place, says that memory was refused, and
 * keeps what it has; as soon as it gets some it grows on.
 */
static int grow(struct __test_metadata *_metadata, struct kfunc_bpf *bpf, unsigned int percent)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	int map = create_map(&args), tries, injected;
	uint32_t key;

	ASSERT_LE(0, map);
	for (key = 1; key <= GROWN; key++)
		ASSERT_EQ(0, put(map, key, 1));
	bpf->bss->map_id = args.map_id;
	ASSERT_EQ(0, inject(percent));
	for (; key <= FAILING; key++)
		if (put_packet(bpf, key, percent == 100 ? IN_VAIN : TRIES))
			break;
	injected = refused();
	if (percent < 100)
		ASSERT_EQ(0, bpf->bss->count_error);
	if (percent == 100) {
		EXPECT_EQ(-ENOMEM, bpf->bss->count_error);
		EXPECT_EQ(KHMAP_GROWTH_REFUSED, growth_of(map));
		holds(_metadata, map, key - 1);
	}
	ASSERT_EQ(0, inject(0));
	for (; key <= PACKETS; key++)
		ASSERT_EQ(0, put_packet(bpf, key, TRIES));
	for (tries = 0; tries < TRIES && growth_of(map) != KHMAP_GROWTH_IDLE; tries++)
		usleep(TURN_US);
	EXPECT_EQ(KHMAP_GROWTH_IDLE, growth_of(map));
	holds(_metadata, map, PACKETS);
	close(map);
	return injected;
}

TEST_F_TIMEOUT(worker, grows_a_map, FAULT_SECONDS)
{
	struct kfunc_bpf *bpf = programs_load("count_packet", NULL);
	int injected, all = 0, i;

	ASSERT_TRUE(bpf);
	EXPECT_EQ(0, grow(_metadata, bpf, 0));
	for (i = 0; i < ROUNDS; i++) {
		injected = grow(_metadata, bpf, percents[i % 3]);
		if (percents[i % 3] >= 50)
			EXPECT_LT(0, injected);
		all += injected;
	}
	kfunc_bpf__destroy(bpf);
	printf("# faults: %d in the worker that grows a map, in %d rounds\n", all, ROUNDS);
	fflush(stdout);
}

TEST_HARNESS_MAIN
