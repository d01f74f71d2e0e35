// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_publish.c - who drops a snapshot, and gets no processor, holds up nobody
 *
 * The drop of a snapshot that others share pages with takes long and needs the mutex
 * of its map.  Here who drops is the last that its processor runs.  PUBLISH may have
 * to wait for that, where a kernel preempts who holds a mutex; who opens another map, or
 * lists all, may not.
 */
#include "kselftest_harness.h"
#include "hostile.h"

#define KEYS		600000u
#define SHARERS		500
/* The drop has begun by then, and is far from its end. */
#define BEGUN_US	10000
/* Far more than all of it takes, far less than the hog runs. */
#define SOON_S		2.5
#define HOG_S		8.

FIXTURE(dropped) {
	int map;
	int other;
	int shot;
	int sharers[SHARERS];
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
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

/* Opens, looks at and lists another map; the slowest of these took so long. */
static double others_slowest(double until)
{
	struct khmap_map_info info;
	struct khmap_ioc_stat stat;
	double slowest = 0;

	while (seconds_now() < until) {
		double began = seconds_now(), took;
		int fd = map_open(HOSTILE_OTHER, O_RDWR);

		if (fd < 0 || map_stat(fd, &stat) || put(fd, 1, 1) ||
		    !list_find(stat.map_id, 0, &info))
			return HOG_S;
		close(fd);
		took = seconds_now() - began;
		if (took > slowest)
			slowest = took;
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
	/* 1: the drop begins; 2: it is over. */
	volatile char *state = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool published, begun;
	char byte = 0;

	ASSERT_NE(MAP_FAILED, state);

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
		*state = 1;
		close(self->shot);
		*state = 2;
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
	if (!publisher)
		_exit(publish(self->map, fresh, 1) < 0);
	begun = *state == 1;
	slowest = others_slowest(began + HOG_S - 1);
	published = waitpid(publisher, &status, WNOHANG) == publisher;
	if (published)
		EXPECT_EQ(0, status);
	TH_LOG("the slowest took %.3f s; published: %s", slowest, published ? "yes" : "not yet");
	EXPECT_GT(SOON_S, slowest);
	/* Who waits can be killed. */
	if (!published) {
		kill(publisher, SIGKILL);
		waitpid(publisher, &status, 0);
	}
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
	munmap((void *)state, PAGE);
	if (!begun && _metadata->passed)
		SKIP(return, "the drop was over, or not begun, when its process got no processor");
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
