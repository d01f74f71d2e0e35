// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_flood.c - readers who call as often as they can, stop in the midst, and die
 *
 * A writer gets on, whatever they do.  How fast is the scheduler's business: they take
 * the processor as any loop does.
 */
#include "kselftest_harness.h"
#include "hostile.h"
#include "verify.h"

#define FLOODERS	6
#define PUTS		20000u
/* Microseconds, if it waits for nobody; the rest is the scheduler's, and a busy host's. */
#define SLOWEST_S	10.

FIXTURE(flood) {
	int map;
	pid_t flooders[FLOODERS];
	uint64_t *rounds;
};

FIXTURE_SETUP(flood)
{
	self->map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0644));
	self->rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->rounds);
}

FIXTURE_TEARDOWN(flood)
{
	map_remove(HOSTILE_MAP);
	close(self->map);
	munmap(self->rounds, 4096);
}

static uint64_t flood_keys[16384], flood_values[16384];

static void flood_once(int fd, int kind)
{
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS | (kind == 5 ? KHMAP_BATCH_ATOMIC : 0),
		.count = kind == 5 ? 64 : 16384,
		.opcode = KHMAP_OP_GET,
		.keys = address_of(flood_keys),
		.values = address_of(flood_values),
	};
	struct khmap_version_info infos[KHMAP_VERSIONS_MAX];
	struct khmap_ioc_versions args;
	struct khmap_ioc_choose choice;
	struct khmap_ioc_stat stat;
	uint64_t value;
	char *image;
	size_t size;
	int i;

	switch (kind) {
	case 0:
		for (i = 0; i < 100; i++)
			get(fd, 1, &value);
		break;
	case 1:
		for (i = 0; i < 100; i++)
			map_stat(fd, &stat);
		break;
	case 2:
		close(map_open(HOSTILE_MAP, O_RDONLY));
		versions(fd, infos, KHMAP_VERSIONS_MAX, &args);
		choose(fd, &choice);
		break;
	case 3:
		image = image_map(fd, &size);
		(void)*(volatile char *)image;
		munmap(image, size);
		break;
	default:
		/* Stopped and gone on with, it may be within one of these. */
		call(fd, KHMAP_IOC_BATCH, &batch);
	}
}

static void flooder(int kind, uint64_t *rounds)
{
	int fd;

	if (drop_privileges())
		_exit(1);
	fd = map_open(HOSTILE_MAP, O_RDONLY);
	if (fd < 0)
		_exit(2);
	for (;;) {
		flood_once(fd, kind);
		__atomic_fetch_add(rounds, 1, __ATOMIC_RELAXED);
	}
}

/* Puts and cuts; the longest that one took. */
static double write_many(int map, uint64_t *failed)
{
	struct khmap_ioc_snapshot args;
	double slowest = 0;
	uint64_t i;

	for (i = 0; i < PUTS; i++) {
		double began = seconds_now(), took;
		int shot;

		*failed += put(map, i % HOSTILE_KEYS, i) != 0;
		took = seconds_now() - began;
		if (took > slowest)
			slowest = took;
		if (i % 1000)
			continue;
		shot = snapshot(map, &args);
		*failed += shot < 0;
		close(shot);
		*failed += hostile_batch(map) != 0;
	}
	return slowest;
}

TEST_F_TIMEOUT(flood, of_readers, 280)
{
	uint64_t failed = 0;
	double slowest;
	int k, status;

	for (k = 0; k < FLOODERS; k++) {
		self->flooders[k] = fork();
		if (!self->flooders[k])
			flooder(k, &self->rounds[k]);
	}
	/* All of them are at it. */
	for (k = 0; k < FLOODERS; k++)
		while (!__atomic_load_n(&self->rounds[k], __ATOMIC_RELAXED))
			usleep(1000);
	slowest = write_many(self->map, &failed);
	EXPECT_EQ(0, failed);
	EXPECT_GT(SLOWEST_S, slowest);
	TH_LOG("flooded, the slowest of %u puts took %.4f s", PUTS, slowest);

	/* Stopped wherever they are: from now on the processors are free. */
	for (k = 0; k < FLOODERS; k++)
		kill(self->flooders[k], SIGSTOP);
	slowest = write_many(self->map, &failed);
	EXPECT_EQ(0, failed);
	EXPECT_GT(SLOWEST_S, slowest);
	TH_LOG("with them stopped, it took %.4f s", slowest);
	EXPECT_EQ(0, others_work(HOSTILE_MAP, true));

	for (k = 0; k < FLOODERS; k++) {
		kill(self->flooders[k], SIGKILL);
		ASSERT_EQ(self->flooders[k], waitpid(self->flooders[k], &status, 0));
		/* None had come to his end before. */
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	EXPECT_EQ(0, map_verify(self->map));
}

TEST_HARNESS_MAIN
