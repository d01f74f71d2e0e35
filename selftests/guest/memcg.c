// SPDX-License-Identifier: GPL-2.0-only
/*
 * memcg.c - a map's memory is its creator's, whoever writes
 */
#include "kselftest_harness.h"
#include <sys/prctl.h>
#include "khmap_test.h"
#include "system_file.h"

#define CREATOR	CGROUPS "/khmap-creator"
#define WRITER	CGROUPS "/khmap-writer"
#define NAME	"test-memcg"

/* What a map says that it has, and is not charged in pages. */
#define SLACK	(1 << 20)

/* Each processor may have some pages charged that nobody uses yet. */
#define STOCK	(256 * PAGE)

/* Run a function in a child process that is in a cgroup. */
static int run_in(const char *folder, int (*function)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (cgroup_write(folder, "cgroup.procs", "0"))
			_exit(255);
		_exit(function());
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   256 + WTERMSIG(status);
}

FIXTURE(memcg) {
	bool usable;
};

FIXTURE_SETUP(memcg)
{
	map_remove(NAME);
	if (cgroup_write(CGROUPS, "cgroup.subtree_control", "+memory"))
		SKIP(return, "no memory controller of cgroup v2");
	mkdir(CREATOR, 0755);
	mkdir(WRITER, 0755);
	if (cgroup_usage(CREATOR) < 0 || cgroup_usage(WRITER) < 0)
		SKIP(return, "no memory controller of cgroup v2");
	self->usable = true;
}

FIXTURE_TEARDOWN(memcg)
{
	map_remove(NAME);
	rmdir(CREATOR);
	rmdir(WRITER);
}

static int create_large(void)
{
	struct khmap_ioc_create args = create_args(NAME, 200000);

	int fd;

	args.load_percent = 95;
	fd = create_map(&args);
	return fd < 0 || map_reserve(fd, 200000);
}

static int write_many(void)
{
	int fd = map_open(NAME, O_RDWR);
	uint64_t i;

	if (fd < 0)
		return 1;
	for (i = 0; i < 200000; i++)
		if (put(fd, i, i))
			return 2;
	return 0;
}

static int snapshot_and_wait(void)
{
	struct khmap_ioc_snapshot args;
	int fd = map_open(NAME, O_RDWR);
	long long before = cgroup_usage(CREATOR);
	int shot = snapshot(fd, &args);

	if (fd < 0 || shot < 0)
		return 1;
	if (cgroup_usage(CREATOR) < before + (long long)args.image_size - SLACK)
		return 2;
	return cgroup_usage(WRITER) > STOCK ? 3 : 0;
}

TEST_F(memcg, charged_to_the_creator)
{
	long long before, created, written;
	struct khmap_ioc_stat one, two;
	int fd;

	if (!self->usable)
		return;
	before = cgroup_usage(CREATOR);
	ASSERT_EQ(0, run_in(CREATOR, create_large));
	created = cgroup_usage(CREATOR);
	fd = map_open(NAME, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(fd, &one));
	EXPECT_LT(3000000, one.bytes);
	EXPECT_LE(before + (long long)one.bytes - SLACK, created);

	/* Another one writes: overflow pages are the creator's all the same. */
	ASSERT_EQ(0, run_in(WRITER, write_many));
	written = cgroup_usage(CREATOR);
	ASSERT_EQ(0, map_stat(fd, &two));
	EXPECT_LT(one.bytes, two.bytes);
	EXPECT_LE(before + (long long)two.bytes - SLACK, written);
	EXPECT_GE(STOCK, cgroup_usage(WRITER));
	TH_LOG("map %llu bytes, creator %lld, writer %lld",
	       (unsigned long long)two.bytes, written, cgroup_usage(WRITER));

	ASSERT_EQ(0, run_in(WRITER, snapshot_and_wait));

	EXPECT_EQ(0, map_destroy(fd));
	close(fd);
	EXPECT_GE(before + STOCK, cgroup_usage(CREATOR));
}

/* The copies of a best-effort snapshot are allocated when a worker runs. */
static int best_effort_and_write(void)
{
	struct khmap_ioc_materialize all = { .size = sizeof(all) };
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	int fd = map_open(NAME, O_RDWR), shot;
	long long before = cgroup_usage(CREATOR);
	uint64_t i;

	args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	args.pool_pages = 64;
	shot = take_snapshot(fd, &args);
	if (fd < 0 || shot < 0)
		return 1;
	if (cgroup_usage(CREATOR) > before + STOCK)
		return 2;
	/* Some on each page, and now and then a turn for the worker. */
	for (i = 0; i < 20000; i++) {
		if (i % 200 == 0)
			usleep(2000);
		if (put(fd, i, i))
			return 3;
	}
	/* Some may be lost; what is there is the creator's. */
	call(shot, KHMAP_IOC_MATERIALIZE, &all);
	if (all.copied_pages < 300 / (uint64_t)(PAGE >> 12))
		return 4;
	if (cgroup_usage(CREATOR) < before + (long long)all.copied_pages * PAGE - SLACK)
		return 5;
	return cgroup_usage(WRITER) > STOCK ? 6 : 0;
}

TEST_F(memcg, best_effort_charged_to_the_creator)
{
	long long before;
	int fd;

	if (!self->usable)
		return;
	before = cgroup_usage(CREATOR);
	ASSERT_EQ(0, run_in(CREATOR, create_large));
	ASSERT_EQ(0, run_in(WRITER, best_effort_and_write));
	fd = map_open(NAME, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, map_destroy(fd));
	close(fd);
	EXPECT_GE(before + STOCK, cgroup_usage(CREATOR));
}

static int create_refused(void)
{
	struct khmap_ioc_create args = create_args(NAME, 2000000);

	int fd = create_map(&args);

	return fd < 0 ? 1 : -map_reserve(fd, 2000000);
}

/* Of the same, what nothing is reserved for: more than processors have in stock. */
static int create_unreserved(void)
{
	struct khmap_ioc_create args = create_args(NAME, 200000);

	return create_map(&args) < 0;
}

static int write_refused(void)
{
	int fd = map_open(NAME, O_RDWR), err;
	uint64_t i;

	if (fd < 0)
		return 1;
	for (i = 0; i < 200000; i++) {
		err = put(fd, i, i);
		if (err)
			return -err;
	}
	return 0;
}

/* The creator's limit is an error for whoever needs more; nobody is killed. */
TEST_F(memcg, limit_of_the_creator)
{
	char limit[32];
	pid_t victim;
	int fd;

	if (!self->usable)
		return;
	/* The one whom the kernel would kill. */
	victim = fork();
	if (!victim) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ASSERT_LT(0, victim);
	snprintf(limit, sizeof(limit), "%d", victim);
	ASSERT_EQ(0, cgroup_write(CREATOR, "cgroup.procs", limit));
	ASSERT_EQ(0, cgroup_write(CREATOR, "memory.max", "8000000"));
	EXPECT_EQ(ENOMEM, run_in(CREATOR, create_refused));
	map_remove(NAME);

	ASSERT_EQ(0, cgroup_write(CREATOR, "memory.max", "max"));
	ASSERT_EQ(0, run_in(CREATOR, create_unreserved));
	snprintf(limit, sizeof(limit), "%lld", cgroup_usage(CREATOR) + 100000);
	ASSERT_EQ(0, cgroup_write(CREATOR, "memory.max", limit));
	EXPECT_EQ(ENOMEM, run_in(WRITER, write_refused));
	fd = map_open(NAME, O_RDWR);
	ASSERT_LE(0, fd);
	/* What fits still works. */
	EXPECT_EQ(0, put(fd, 0, 1));
	close(fd);
	ASSERT_EQ(0, cgroup_write(CREATOR, "memory.max", "max"));
	EXPECT_EQ(0, run_in(WRITER, write_refused));
	EXPECT_LT(0, cgroup_field(CREATOR, "memory.events", "max"));
	EXPECT_EQ(0, cgroup_field(CREATOR, "memory.events", "oom_kill"));
	EXPECT_EQ(0, waitpid(victim, NULL, WNOHANG));
	kill(victim, SIGKILL);
	EXPECT_EQ(victim, waitpid(victim, NULL, 0));
}

TEST_HARNESS_MAIN
