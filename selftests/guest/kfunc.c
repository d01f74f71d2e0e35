// SPDX-License-Identifier: GPL-2.0-only
/*
 * kfunc.c - BPF programs use maps
 *
 * Each test loads what it needs of bpf/kfunc.bpf.c.
 */
#include <sched.h>
#include <time.h>

#include "kselftest_harness.h"
#include "publish_test.h"
#include "verify.h"
#include "kfunc_test.h"

#define NAME	"test-kfunc"

/* The kernel's ENOTSUPP: an arm64 attaches none to a function before Linux 6.4. */
#define NO_TRAMPOLINE	524

FIXTURE(kfunc) {
	struct kfunc_bpf *bpf;
	uint64_t map_id;
	int fd;
};

FIXTURE_SETUP(kfunc)
{
	struct khmap_ioc_create args = create_args(NAME, 1000);

	ASSERT_EQ(0, access("/sys/kernel/btf/khmap", R_OK));
	map_remove(NAME);
	args.max_entries = 2000;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, map_reserve(self->fd, 1000));
	self->map_id = args.map_id;
}

FIXTURE_TEARDOWN(kfunc)
{
	kfunc_bpf__destroy(self->bpf);
	EXPECT_EQ(0, map_verify(self->fd));
	map_remove(NAME);
	close(self->fd);
}

static int programs_get(struct kfunc_bpf **bpf, uint64_t map_id,
			const char *first, const char *second)
{
	*bpf = programs_load(first, second);
	if (!*bpf)
		return -1;
	(*bpf)->bss->map_id = map_id;
	return 0;
}

#define LOAD(first, second)	\
	ASSERT_EQ(0, programs_get(&self->bpf, self->map_id, first, second))

TEST_F(kfunc, xdp_counts_packets_by_source)
{
	uint64_t source, count = 0;
	struct khmap *map;
	int copy;

	LOAD("count_packet", NULL);
	for (source = 0x0a000001; source <= 0x0a000064; source++)
		ASSERT_EQ(XDP_PASS, program_run_packet(self->bpf->progs.count_packet,
						       (uint32_t)source,
						       (int)(source & 0xff)));
	EXPECT_EQ(0, self->bpf->bss->count_error);

	copy = fcntl(self->fd, F_DUPFD_CLOEXEC, 3);
	ASSERT_EQ(0, khmap_open_fd(copy, NULL, &map));
	for (source = 0x0a000001; source <= 0x0a000064; source++) {
		ASSERT_EQ(0, khmap_get(map, &source, &count));
		ASSERT_EQ(source & 0xff, count);
	}
	source = 0x0a000065;
	EXPECT_EQ(-ENOENT, khmap_get(map, &source, &count));
	khmap_close(map);
}

/*
 * On each processor, from the same sources, at the same time.  A packet that
 * would need memory comes again.
 */
static pid_t start_adding(const struct kfunc_bpf *bpf, int cpu, uint32_t sources,
			  int packets)
{
	pid_t child = fork();
	int result, tries = 0;
	cpu_set_t set;
	uint32_t i;

	if (child)
		return child;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
	for (i = 1; i <= sources; i++) {
		while ((result = program_run_packet(bpf->progs.add_packet, i,
						    packets)) == XDP_ABORTED &&
		       packets == 1 && tries++ < 500)
			usleep(10000);
		if (result != XDP_PASS)
			_exit(2);
	}
	_exit(0);
}

/* One source that both count all the time, and many that either may find new. */
TEST_F(kfunc, xdp_adds_exactly)
{
	static const struct {
		uint32_t sources;
		int packets;
	} rounds[] = { { 1, 30000 }, { 1500, 1 } };
	struct khmap *map;
	size_t round;
	int copy;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "two processors are needed");
	LOAD("add_packet", NULL);
	copy = fcntl(self->fd, F_DUPFD_CLOEXEC, 3);
	ASSERT_EQ(0, khmap_open_fd(copy, NULL, &map));
	for (round = 0; round < sizeof(rounds) / sizeof(rounds[0]); round++) {
		uint64_t source, count;
		pid_t children[2];
		int i, status;

		ASSERT_EQ(0, clear(self->fd, &count));
		for (i = 0; i < 2; i++)
			children[i] = start_adding(self->bpf, i,
						   rounds[round].sources,
						   rounds[round].packets);
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(children[i], waitpid(children[i], &status, 0));
			ASSERT_EQ(0, status);
		}
		if (rounds[round].packets > 1)
			EXPECT_EQ(0, self->bpf->bss->count_error);
		for (source = 1; source <= rounds[round].sources; source++) {
			ASSERT_EQ(0, khmap_get(map, &source, &count));
			ASSERT_EQ(2 * (uint64_t)rounds[round].packets, count);
		}
	}
	khmap_close(map);
}

/* A value that is no number, and a key that does not fit any more. */
TEST_F(kfunc, adds_refused)
{
	struct khmap_ioc_create args = create_args(NULL, 10);
	uint64_t i;
	int fd;

	args.value_size = 16;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	LOAD("add_packet", NULL);
	self->bpf->bss->map_id = args.map_id;
	program_run_packet(self->bpf->progs.add_packet, 1, 1);
	EXPECT_EQ(-EINVAL, self->bpf->bss->count_error);
	close(fd);
	program_run_packet(self->bpf->progs.add_packet, 1, 1);
	EXPECT_EQ(-ENOENT, self->bpf->bss->count_error);
	for (i = 1; i <= 2000; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	self->bpf->bss->map_id = self->map_id;
	program_run_packet(self->bpf->progs.add_packet, 2001, 1);
	EXPECT_EQ(-ENOSPC, self->bpf->bss->count_error);
	self->bpf->bss->count_error = 0;
	program_run_packet(self->bpf->progs.add_packet, 2000, 1);
	EXPECT_EQ(0, self->bpf->bss->count_error);
	EXPECT_EQ(0, get(self->fd, 2000, &i));
	EXPECT_EQ(2001, i);
}

/* A packet gets no memory, but the worker then does, for the next one. */
TEST_F(kfunc, no_memory)
{
	struct khmap_ioc_create args = create_args(NULL, 15);
	uint64_t key, value;
	int fd, tries;

	fd = create_map(&args);
	ASSERT_LE(0, fd);
	LOAD("count_packet", NULL);
	self->bpf->bss->map_id = args.map_id;
	/* As many as fit the header page. */
	for (key = 1; key <= 15; key++)
		ASSERT_EQ(0, put(fd, key, 1));
	program_run_packet(self->bpf->progs.count_packet, 16, 1);
	EXPECT_EQ(-ENOMEM, self->bpf->bss->count_error);
	EXPECT_EQ(-ENOENT, get(fd, 16, &value));

	for (tries = 0; tries < 500 && self->bpf->bss->count_error; tries++) {
		usleep(10000);
		self->bpf->bss->count_error = 0;
		program_run_packet(self->bpf->progs.count_packet, 16, 1);
	}
	EXPECT_EQ(0, self->bpf->bss->count_error);
	EXPECT_EQ(0, get(fd, 16, &value));
	EXPECT_EQ(1, value);
	EXPECT_EQ(0, map_verify(fd));
	close(fd);
}

/* A put takes less, or the worker, which waits for 24 ms, is there before pages lack. */
#define PUT_QUICK_NS	300000

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* A map grows though only programs put: splits by them, memory by the worker. */
TEST_F(kfunc, growth)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	uint32_t source, sources = 3000 * (uint32_t)(PAGE >> 12);
	uint32_t refused = 0, behind = 0, other = 0;
	struct khmap_ioc_stat stat;
	uint64_t value, ns = 0;
	int fd, tries;

	fd = create_map(&args);
	ASSERT_LE(0, fd);
	LOAD("count_packet", NULL);
	self->bpf->bss->map_id = args.map_id;
	for (source = 1; source <= sources; source++) {
		for (tries = 0; tries < 500; tries++) {
			self->bpf->bss->count_error = 0;
			ns -= now_ns();
			program_run_packet(self->bpf->progs.count_packet, source, 1);
			ns += now_ns();
			if (!self->bpf->bss->count_error)
				break;
			ASSERT_EQ(-ENOMEM, self->bpf->bss->count_error);
			refused++;
			ASSERT_EQ(0, map_stat(fd, &stat));
			behind += stat.growth == KHMAP_GROWTH_BEHIND;
			/* Unless the worker has been there already. */
			other += stat.growth != KHMAP_GROWTH_BEHIND &&
				 stat.growth != KHMAP_GROWTH_IDLE;
			usleep(10000);
		}
		ASSERT_EQ(0, self->bpf->bss->count_error);
	}
	for (source = 1; source <= sources; source++) {
		ASSERT_EQ(0, get(fd, source, &value));
		ASSERT_EQ(1, value);
	}
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(sources, stat.entries);
	EXPECT_LT(200, stat.splits);
	/* The worker finishes what is left. */
	for (tries = 0; tries < 500 && stat.growth != KHMAP_GROWTH_IDLE; tries++) {
		usleep(10000);
		ASSERT_EQ(0, map_stat(fd, &stat));
	}
	EXPECT_EQ(KHMAP_GROWTH_IDLE, stat.growth);
	EXPECT_LT(0, refused);
	if (ns / (sources + refused) < PUT_QUICK_NS)
		EXPECT_LT(0, behind);
	EXPECT_EQ(0, other);
	TH_LOG("%u puts of %llu ns had to wait for memory, %u times the map was behind",
	       refused, (unsigned long long)ns / (sources + refused), behind);
	EXPECT_EQ(0, map_verify(fd));
	close(fd);
}

TEST_F(kfunc, full)
{
	uint64_t i;

	for (i = 1; i <= 2000; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	LOAD("count_packet", NULL);
	program_run_packet(self->bpf->progs.count_packet, 2001, 1);
	EXPECT_EQ(-ENOSPC, self->bpf->bss->count_error);
}

TEST_F(kfunc, tc)
{
	struct kfunc_results *results;
	uint64_t value;

	LOAD("use_in_tc", NULL);
	results = &self->bpf->bss->tc_results;
	self->bpf->bss->tc_key = 42;
	results->put = KFUNC_NOT_RUN;
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(0, results->put);
	EXPECT_EQ(0, results->get);
	EXPECT_EQ(7, results->value);
	EXPECT_EQ(0, results->add);
	EXPECT_EQ(0, results->delete);
	EXPECT_EQ(-ENOENT, get(self->fd, 42, &value));
}

TEST_F(kfunc, buffers_of_other_sizes)
{
	uint64_t value;
	int i;

	ASSERT_EQ(0, put(self->fd, 5, 50));
	LOAD("use_sizes", NULL);
	ASSERT_EQ(XDP_PASS, program_run_packet(self->bpf->progs.use_sizes, 1, 1));
	for (i = 0; i < KFUNC_SIZE_CALLS; i++)
		EXPECT_EQ(-EINVAL, self->bpf->bss->size_results[i]) {
			TH_LOG("call %d", i);
		}
	EXPECT_EQ(0, get(self->fd, 5, &value));
	EXPECT_EQ(50, value);
}

/*
 * It must neither deadlock nor do anything, and the put goes on.  The key is
 * the same one, so that the lock is.
 */
TEST_F(kfunc, under_a_lock)
{
	struct kfunc_results *results;
	uint64_t value;
	int err;

	LOAD("use_under_lock", NULL);
	results = &self->bpf->bss->insert_results;
	results->put = KFUNC_NOT_RUN;
	err = kfunc_bpf__attach(self->bpf);
	if (err == -NO_TRAMPOLINE)
		SKIP(return, "this kernel attaches no program to a function");
	ASSERT_EQ(0, err);
	EXPECT_EQ(0, put(self->fd, KFUNC_KEY_LOCKED, 10));
	EXPECT_EQ(1, self->bpf->bss->insert_count);
	EXPECT_EQ(-EBUSY, results->put);
	EXPECT_EQ(-EBUSY, results->get);
	EXPECT_EQ(-EBUSY, results->add);
	EXPECT_EQ(-EBUSY, results->delete);
	EXPECT_EQ(0, get(self->fd, KFUNC_KEY_LOCKED, &value));
	EXPECT_EQ(10, value);
	results->get = KFUNC_NOT_RUN;
	EXPECT_EQ(0, put(self->fd, KFUNC_KEY_LOCKED, 11));
	EXPECT_EQ(2, self->bpf->bss->insert_count);
	EXPECT_EQ(-EBUSY, results->get);
	EXPECT_EQ(0, delete(self->fd, KFUNC_KEY_LOCKED));
	EXPECT_EQ(3, self->bpf->bss->insert_count);
	kfunc_bpf__detach(self->bpf);
	EXPECT_EQ(-ENOENT, get(self->fd, KFUNC_KEY_LOCKED, &value));
}

/* A program that is called inside of what another one called. */
TEST_F(kfunc, under_a_lock_of_a_program)
{
	struct kfunc_results *results;
	int err;

	LOAD("use_under_lock", "use_in_tc");
	results = &self->bpf->bss->insert_results;
	self->bpf->bss->tc_key = KFUNC_KEY_LOCKED;
	err = kfunc_bpf__attach(self->bpf);
	if (err == -NO_TRAMPOLINE)
		SKIP(return, "this kernel attaches no program to a function");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	/* The put and the delete: a get takes no lock, and an addition cannot be hooked. */
	EXPECT_EQ(2, self->bpf->bss->insert_count);
	EXPECT_EQ(-EBUSY, results->put);
	EXPECT_EQ(0, self->bpf->bss->tc_results.put);
	EXPECT_EQ(7, self->bpf->bss->tc_results.value);
	EXPECT_EQ(0, self->bpf->bss->tc_results.delete);
	kfunc_bpf__detach(self->bpf);
}

/* On top of the cut itself nobody gets in. */
TEST_F(kfunc, in_a_snapshot)
{
	struct khmap_ioc_snapshot args;
	struct kfunc_results *results;
	struct bpf_link *link;
	uint64_t value;
	int copy;

	ASSERT_EQ(0, put(self->fd, KFUNC_KEY_SNAPSHOT, 11));
	LOAD("use_in_snapshot", "use_in_tc");
	self->bpf->bss->tc_key = 44;
	results = &self->bpf->bss->snapshot_results;
	link = bpf_program__attach(self->bpf->progs.use_in_snapshot);
	if (!link && errno == NO_TRAMPOLINE)
		SKIP(return, "this kernel attaches no program to a function");
	ASSERT_NE(NULL, link);
	copy = snapshot(self->fd, &args);
	ASSERT_LE(0, copy);
	/* The next put from a softirq gets through. */
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(0, self->bpf->bss->tc_results.put);
	EXPECT_EQ(7, self->bpf->bss->tc_results.value);
	EXPECT_EQ(2, self->bpf->bss->snapshot_count);
	EXPECT_EQ(-EBUSY, results->put);
	EXPECT_EQ(-EBUSY, results->get);
	EXPECT_EQ(-EBUSY, results->add);
	EXPECT_EQ(-EBUSY, results->delete);
	bpf_link__destroy(link);
	EXPECT_EQ(0, get(copy, KFUNC_KEY_SNAPSHOT, &value));
	EXPECT_EQ(11, value);
	close(copy);
}

/* Tracepoints fire with no lock held, so a program at one may put. */
TEST_F(kfunc, in_a_tracepoint)
{
	struct kfunc_results *results;
	struct bpf_link *link;
	uint64_t value;

	LOAD("use_in_trace", NULL);
	results = &self->bpf->bss->trace_results;
	results->put = KFUNC_NOT_RUN;
	link = bpf_program__attach(self->bpf->progs.use_in_trace);
	ASSERT_NE(NULL, link);
	EXPECT_EQ(0, put(self->fd, 1, 10));
	EXPECT_EQ(1, self->bpf->bss->trace_count);
	EXPECT_EQ(0, results->put);
	EXPECT_EQ(0, results->get);
	EXPECT_EQ(3, results->value);
	EXPECT_EQ(0, results->add);
	EXPECT_EQ(0, results->delete);
	bpf_link__destroy(link);
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(-ENOENT, get(self->fd, KFUNC_KEY_TRACED, &value));
}

TEST_F(kfunc, no_such_map)
{
	const uint64_t ids[] = { 0, self->map_id + 1, 1ull << 32, ~0ull };
	struct kfunc_results *results;
	size_t i;

	LOAD("use_in_tc", NULL);
	results = &self->bpf->bss->tc_results;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		*results = (struct kfunc_results){ 1, 1, 1, 1, 1 };
		self->bpf->bss->map_id = ids[i];
		ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
		EXPECT_EQ(-ENOENT, results->put);
		EXPECT_EQ(-ENOENT, results->get);
		EXPECT_EQ(0, results->value);
		EXPECT_EQ(-ENOENT, results->add);
		EXPECT_EQ(-ENOENT, results->delete);
	}
}

/* The id is of the map, not of the name: who stores must ask for the new one. */
TEST_F(kfunc, published)
{
	struct kfunc_results *results;
	uint64_t fresh_id, value;
	int fresh;

	fresh = fresh_map(1, 20);
	ASSERT_LE(0, fresh);
	ASSERT_EQ(0, map_reserve(fresh, 1000));
	fresh_id = map_id(fresh);
	LOAD("use_in_tc", NULL);
	results = &self->bpf->bss->tc_results;
	self->bpf->bss->tc_key = 42;
	ASSERT_EQ(0, put(self->fd, 42, 6));
	ASSERT_LT(0, publish(self->fd, fresh, 1));
	*results = (struct kfunc_results){ 1, 1, 1, 1, 1 };
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(-ESTALE, results->put);
	EXPECT_EQ(-ESTALE, results->add);
	EXPECT_EQ(-ESTALE, results->delete);
	/* A look-up stores nothing. */
	EXPECT_EQ(0, results->get);
	EXPECT_EQ(6, results->value);
	ASSERT_EQ(0, get(self->fd, 42, &value));
	EXPECT_EQ(6, value);

	self->bpf->bss->map_id = fresh_id;
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(0, results->put);
	EXPECT_EQ(7, results->value);
	EXPECT_EQ(0, results->add);
	EXPECT_EQ(0, results->delete);
	/* What comes back by ROLLBACK can be stored to as before. */
	ASSERT_LT(0, rollback(fresh, 1));
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(-ESTALE, results->put);
	self->bpf->bss->map_id = self->map_id;
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(0, results->put);
	EXPECT_EQ(0, results->delete);
	close(fresh);
}

/* The id is good for as long as there is somebody who has the map. */
TEST_F(kfunc, destroyed)
{
	struct kfunc_results *results;

	LOAD("use_in_tc", NULL);
	results = &self->bpf->bss->tc_results;
	EXPECT_EQ(0, map_destroy(self->fd));
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(0, results->put);
	EXPECT_EQ(7, results->value);
	close(self->fd);
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(-ENOENT, results->put);
	EXPECT_EQ(-ENOENT, results->get);
	EXPECT_EQ(-ENOENT, results->add);
	EXPECT_EQ(-ENOENT, results->delete);
}

/* Maps come and go while a program puts into them. */
TEST_F(kfunc, destroyed_meanwhile)
{
	struct kfunc_results *results;
	pid_t child;
	int i;

	LOAD("use_in_tc", NULL);
	results = &self->bpf->bss->tc_results;
	child = fork();
	if (!child) {
		for (;;)
			program_run_packet(self->bpf->progs.use_in_tc, 1, 1000);
	}
	ASSERT_LT(0, child);
	for (i = 0; i < 50; i++) {
		struct khmap_ioc_create args = create_args(NULL, 1000);
		int fd = create_map(&args), tries = 0;

		ASSERT_LE(0, fd);
		results->get = KFUNC_NOT_RUN;
		self->bpf->bss->map_id = args.map_id;
		while (__atomic_load_n(&results->get, __ATOMIC_RELAXED) &&
		       tries++ < 5000)
			usleep(100);
		EXPECT_GT(5000, tries);
		close(fd);
	}
	EXPECT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(child, waitpid(child, &i, 0));
}

/* A snapshot has each put as a whole, whether it was counted or not. */
TEST_F(kfunc, snapshots_meanwhile)
{
	struct kfunc_results *results;
	pid_t child;
	int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, put(self->fd, 100 + (uint64_t)i, 1));
	LOAD("use_in_tc", NULL);
	results = &self->bpf->bss->tc_results;
	self->bpf->bss->tc_key = 1;
	child = fork();
	if (!child) {
		for (;;)
			program_run_packet(self->bpf->progs.use_in_tc, 1, 1000);
	}
	ASSERT_LT(0, child);
	for (i = 0; i < 30; i++) {
		struct khmap_ioc_snapshot args;
		int copy = snapshot(self->fd, &args);

		ASSERT_LE(0, copy);
		/* The program's key is there, or is not. */
		EXPECT_LE(1000, args.entries);
		EXPECT_GE(1001, args.entries);
		EXPECT_EQ(0, map_verify(copy));
		close(copy);
	}
	EXPECT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(child, waitpid(child, &i, 0));
	ASSERT_EQ(0, program_run_packet(self->bpf->progs.use_in_tc, 1, 1));
	EXPECT_EQ(0, results->put);
	EXPECT_EQ(0, results->add);
	EXPECT_EQ(0, results->delete);
}

TEST_F(kfunc, program_holds_the_module)
{
	LOAD("use_in_tc", NULL);
	EXPECT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "khmap", O_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_HARNESS_MAIN
