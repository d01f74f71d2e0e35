// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_publish.c - who drops a snapshot, and gets no processor, holds up nobody
 *
 * The drop of a snapshot that others share pages with takes long and needs the mutex
 * of its map.  Here who drops is the last that its processor runs.  PUBLISH has to wait
 * for that, where a kernel preempts who holds a mutex; who opens another map, or lists
 * all, gets on while it does.
 */
#include "kselftest_harness.h"
#include <sys/utsname.h>
#include "hostile.h"

#define KEYS		600000u
#define SHARERS		500
/* The drop has begun by then, and is far from its end. */
#define BEGUN_US	10000
/* Far more than all of it takes, far less than the hog runs. */
#define SOON_S		2.5
#define HOG_S		8.

/* Root's: when the kernel preempts itself. */
#define PREEMPT		"/sys/kernel/debug/sched/preempt"

FIXTURE(dropped) {
	int map;
	int other;
	int shot;
	int sharers[SHARERS];
};

/**
 * struct progress - what processes tell each other
 * @dropping: 1: the drop begins; 2: it is over
 * @moves: of the name, so far
 */
struct progress {
	volatile int dropping;
	volatile uint64_t moves;
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Does the kernel take the processor from one who holds a mutex?  It is not told to:
 * that would patch thousands of places of it, in which emulated processors may hang.
 */
static bool kernel_preempts(void)
{
	FILE *file = fopen(PREEMPT, "r");
	struct utsname name;
	char text[128] = "";

	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	/* The chosen one is in parentheses; where there is no choice, the version tells. */
	if (text[0])
		return strstr(text, "(full)") || strstr(text, "(lazy)");
	return !uname(&name) &&
	       (strstr(name.version, " PREEMPT ") || strstr(name.version, " PREEMPT_RT "));
}

FIXTURE_SETUP(dropped)
{
	struct khmap_ioc_create create = create_args(HOSTILE_MAP, KEYS);
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	uint64_t i;
	int k;

	map_remove(HOSTILE_MAP);
	self->other = hostile_map(HOSTILE_OTHER);
	ASSERT_LE(0, self->other);
	self->map = create_map(&create);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, map_reserve(self->map, KEYS));
	self->shot = take_snapshot(self->map, &args);
	ASSERT_LE(0, self->shot);
	for (k = 0; k < SHARERS; k++) {
		args = snapshot_args(NULL);
		args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
		args.pool_pages = 1;
		self->sharers[k] = take_snapshot(self->map, &args);
		ASSERT_LE(0, self->sharers[k]);
	}
	/* A copy of each page, which all of them share. */
	for (i = 0; i < KEYS / 4; i++)
		ASSERT_EQ(0, put(self->map, i, i));
}

FIXTURE_TEARDOWN(dropped)
{
	int k;

	for (k = 0; k < SHARERS; k++)
		close(self->sharers[k]);
	map_remove(HOSTILE_MAP);
	map_remove(HOSTILE_OTHER);
	close(self->map);
	close(self->other);
}

/* The name moves to another map and back, until one of these fails. */
static void publish_on(int map, int fresh, struct progress *progress)
{
	while (publish(map, fresh, 1) > 0) {
		progress->moves++;
		if (rollback(fresh, 1) <= 0)
			break;
		progress->moves++;
		usleep(1000);
	}
}

/* Does a process wait in the kernel, where only a fatal signal wakes it, if any? */
static bool is_waiting(pid_t process)
{
	char path[64], text[256] = "", *name;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", process);
	file = fopen(path, "r");
	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	name = strrchr(text, ')');
	return name && !strncmp(name, ") D", 3);
}

/*
 * Opens, looks at and lists another map; the slowest of these took so long.  @meanwhile
 * counts those that began and ended while one and the same move waited.
 */
static double others_slowest(double until, pid_t publisher, const struct progress *progress,
			     uint64_t *meanwhile)
{
	struct khmap_map_info info;
	struct khmap_ioc_stat stat;
	double slowest = 0;

	*meanwhile = 0;
	while (seconds_now() < until) {
		uint64_t moves = progress->moves;
		bool waits = is_waiting(publisher);
		double began = seconds_now(), took;
		int fd = map_open(HOSTILE_OTHER, O_RDWR);

		if (fd < 0 || map_stat(fd, &stat) || put(fd, 1, 1) ||
		    !list_find(stat.map_id, 0, &info))
			return HOG_S;
		close(fd);
		took = seconds_now() - began;
		if (took > slowest)
			slowest = took;
		*meanwhile += waits && is_waiting(publisher) && progress->moves == moves;
		usleep(1000);
	}
	return slowest;
}

TEST_F_TIMEOUT(dropped, by_one_who_gets_no_processor, 300)
{
	const struct sched_param none = { 0 };
	int go[2], closed[2], fresh, status;
	pid_t hog, dropper, publisher;
	double began, slowest;
	struct progress *progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool preempts = kernel_preempts(), begun;
	uint64_t meanwhile;
	char byte = 0;

	ASSERT_NE(MAP_FAILED, progress);

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(closed));
	fresh = fresh_map(1, 1);
	ASSERT_LE(0, fresh);
	dropper = fork();
	if (!dropper) {
		pin(0);
		sched_setscheduler(0, SCHED_IDLE, &none);
		if (read(go[0], &byte, 1) != 1 || write(closed[1], &byte, 1) != 1)
			_exit(1);
		progress->dropping = 1;
		close(self->shot);
		progress->dropping = 2;
		_exit(0);
	}
	close(self->shot);
	hog = fork();
	if (!hog) {
		double end;

		pin(0);
		if (read(closed[0], &byte, 1) != 1)
			_exit(1);
		usleep(BEGUN_US);
		end = seconds_now() + HOG_S;
		while (seconds_now() < end)
			;
		_exit(0);
	}
	pin(1);
	began = seconds_now();
	ASSERT_EQ(1, write(go[1], &byte, 1));
	usleep(3 * BEGUN_US);
	publisher = fork();
	if (!publisher) {
		publish_on(self->map, fresh, progress);
		_exit(1);
	}
	begun = progress->dropping == 1;
	slowest = others_slowest(began + HOG_S - 1, publisher, progress, &meanwhile);
	TH_LOG("the slowest took %.3f s; %llu while PUBLISH or ROLLBACK waited, after %llu that did not",
	       slowest, (unsigned long long)meanwhile, (unsigned long long)progress->moves);
	EXPECT_GT(SOON_S, slowest);
	/* None has failed, and who waits can be killed. */
	kill(publisher, SIGKILL);
	ASSERT_EQ(publisher, waitpid(publisher, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	kill(hog, SIGKILL);
	EXPECT_GT(HOG_S + 1, seconds_now() - began);
	ASSERT_EQ(hog, waitpid(hog, &status, 0));
	ASSERT_EQ(dropper, waitpid(dropper, &status, 0));
	EXPECT_EQ(0, status);
	close(fresh);
	close(go[0]);
	close(go[1]);
	close(closed[0]);
	close(closed[1]);
	munmap(progress, PAGE);
	if (!begun && _metadata->passed)
		SKIP(return, "the drop was over, or not begun, when its process got no processor");
	if (!preempts && !meanwhile && _metadata->passed)
		SKIP(return, "PUBLISH had not to wait: this kernel preempts nobody who holds a mutex");
	/* Its process lost the processor just before or behind the mutex. */
	if (!meanwhile && _metadata->passed)
		SKIP(return, "PUBLISH had not to wait: the drop held no mutex when it was stopped");
}

/* Two names that change at once, each with the other's map in hand, get on. */
TEST(each_with_the_other_s_map)
{
	int a = hostile_map(HOSTILE_MAP), b = hostile_map(HOSTILE_OTHER), k;
	pid_t child[2];

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	/* From now on either is a former version of its name, and of no other's. */
	for (k = 0; k < 2; k++) {
		int fresh = fresh_map(1, 1);

		ASSERT_LT(0, publish(k ? b : a, fresh, 0));
		close(fresh);
	}
	for (k = 0; k < 2; k++) {
		child[k] = fork();
		if (!child[k]) {
			const char *name = k ? HOSTILE_OTHER : HOSTILE_MAP;
			int round, failed = 0;

			for (round = 0; round < 200; round++) {
				int live = map_open(name, O_RDWR), fresh = fresh_map(1, 1);

				failed += publish(live, fresh, 2) < 0;
				if (round % 3 == 0)
					failed += canary(fresh, KHMAP_CANARY_MAP, live,
							 0, NULL, 0) < 0;
				if (round % 3 == 1)
					failed += rollback(fresh, 1) < 0;
				/* The other's is no version of mine. */
				failed += publish(fresh, k ? a : b, 1) >= 0;
				close(live);
				close(fresh);
			}
			_exit(failed ? 1 : 0);
		}
	}
	for (k = 0; k < 2; k++) {
		int status;

		ASSERT_EQ(child[k], waitpid(child[k], &status, 0));
		EXPECT_EQ(0, status);
	}
	map_remove(HOSTILE_MAP);
	map_remove(HOSTILE_OTHER);
	close(a);
	close(b);
}

TEST_HARNESS_MAIN
