// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_memory.c - what a reader makes the kernel allocate is his own
 *
 * He is in a cgroup with a limit.  Nothing that he can do brings the kernel memory
 * that is charged to somebody else, but what was granted to a snapshot before.
 */
#include <limits.h>
#include "kselftest_harness.h"
#include "hostile.h"
#include "system_file.h"

#define OWNER	CGROUPS "/khmap-owner"
#define READER	CGROUPS "/khmap-reader"
#define LIMIT	"16777216"

/* Charges are batched by page and processor. */
#define SLACK	(256 * PAGE)

/* What he holds while it is looked at whose it is; each is some megabytes of the kernel's. */
#define DESCRIPTORS	50000
#define MAPPINGS	(PAGE > 16384 ? 500 : 1000)	/* that fit a process's addresses */
#define BATCHES		32
#define HELD		(4 << 20)
#define WIDE		1000	/* bytes of a value */

#define UNPRIVILEGED_STALLS	"/proc/sys/vm/unprivileged_userfaultfd"

/* What the kernel has for itself, whoever is charged, in bytes; stacks are in vmalloc. */
static long long kernel_memory(void)
{
	return (meminfo("Slab") + meminfo("PageTables") + meminfo("VmallocUsed")) * 1024ll;
}

/* One that looks for faults writes each object down, and keeps for a while what was freed. */
static bool kernel_keeps_books(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

static uint64_t module_bytes(void)
{
	struct khmap_ioc_abi abi;
	int control = control_open(O_RDONLY);
	uint64_t bytes = query_abi(control, &abi) ? 0 : abi.bytes;

	close(control);
	return bytes;
}

FIXTURE(memory) {
	int map;
	int shot;
	int reading;
	bool usable;
};

/* The owner's: a map of some megabytes, in his cgroup. */
static int owner_create(void)
{
	struct khmap_ioc_create args = create_args(HOSTILE_MAP, 100000);
	int fd = create_map(&args);
	uint64_t i;

	if (fd < 0)
		return 1;
	for (i = 0; i < 100000; i++)
		if (put(fd, i, i))
			return 2;
	return 0;
}

/* Run a function in a cgroup, as somebody who is nobody if he is to be. */
static int run_in(const char *folder, int (*function)(void), bool unprivileged)
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (cgroup_write(folder, "cgroup.procs", "0"))
			_exit(255);
		if (unprivileged && drop_privileges())
			_exit(254);
		_exit(function());
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

FIXTURE_SETUP(memory)
{
	struct rlimit files = { .rlim_cur = 100000, .rlim_max = 100000 };

	map_remove(HOSTILE_MAP);
	setrlimit(RLIMIT_NOFILE, &files);
	if (cgroup_write(CGROUPS, "cgroup.subtree_control", "+memory"))
		SKIP(return, "no memory controller of cgroup v2");
	mkdir(OWNER, 0755);
	mkdir(READER, 0755);
	if (cgroup_usage(OWNER) < 0 || cgroup_usage(READER) < 0)
		SKIP(return, "no memory controller of cgroup v2");
	self->usable = true;
	ASSERT_EQ(0, cgroup_write(READER, "memory.max", LIMIT));
	ASSERT_EQ(0, run_in(OWNER, owner_create, false));
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0644));
	self->map = map_open(HOSTILE_MAP, O_RDWR);
	ASSERT_LE(0, self->map);
}

FIXTURE_TEARDOWN(memory)
{
	map_remove(HOSTILE_MAP);
	if (self->usable)
		close(self->map);
	rmdir(OWNER);
	rmdir(READER);
}

/* Descriptors, so many at most, or until he may have no more. */
static int descriptors(int most)
{
	int count = 0;

	while (count < most && map_open(HOSTILE_MAP, O_RDONLY) >= 0)
		count++;
	return count;
}

/* Mappings of the whole, each with its tables; -1 if there can be none. */
static int mappings(int most)
{
	int fd = map_open(HOSTILE_MAP, O_RDONLY), count;
	struct khmap_ioc_stat stat;
	size_t size, page;

	if (fd < 0 || map_stat(fd, &stat))
		return -1;
	for (count = 0; count < most; count++) {
		const struct khmap_image_header *header = image_map(fd, &size);
		const char *image = (const void *)header;

		if (header == MAP_FAILED)
			break;
		for (page = 0; page < stat.primary_pages; page += 64)
			(void)*(const volatile char *)(image + header->primary_offset +
						       page * HOSTILE_PAGE);
	}
	return count;
}

static int many_descriptors(void)
{
	return descriptors(INT_MAX) > 1000 ? 0 : 1;
}

static int many_mappings(void)
{
	return mappings(INT_MAX) > 100 ? 0 : 1;
}

static int hold_descriptors(void)
{
	return descriptors(DESCRIPTORS) == DESCRIPTORS ? 0 : 1;
}

static int hold_mappings(void)
{
	return mappings(MAPPINGS) == MAPPINGS ? 0 : 1;
}

static struct stall stall;

/* A batch of the largest buffer, that waits for its keys. */
static void *stalled_batch(void *context)
{
	static char values[KHMAP_ATOMIC_MAX * WIDE];
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS | KHMAP_BATCH_ATOMIC,
		.count = KHMAP_ATOMIC_MAX,
		.opcode = KHMAP_OP_GET,
		.keys = address_of(stall.page),
		.values = address_of(values),
	};

	call(*(int *)context, KHMAP_IOC_BATCH, &batch);
	return NULL;
}

static int hold_batches(void)
{
	static int fd;
	pthread_t thread;
	int i;

	fd = map_open(HOSTILE_OTHER, O_RDONLY);
	if (fd < 0)
		return 1;
	if (stall_make(&stall, false))
		return 2;
	for (i = 0; i < BATCHES; i++)
		if (pthread_create(&thread, NULL, stalled_batch, &fd) || !stall_wait(&stall))
			return 3;
	return 0;
}

/* A map whose batches need large buffers. */
static int wide_create(void)
{
	struct khmap_ioc_create args = create_args(HOSTILE_OTHER, 16);

	args.value_size = WIDE;
	return create_map(&args) < 0;
}

/* The largest batch, again and again, and answers. */
static int many_batches(void)
{
	struct khmap_version_info infos[KHMAP_VERSIONS_MAX];
	struct khmap_ioc_versions args;
	static uint64_t keys[65536], values[65536];
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = 65536,
		.opcode = KHMAP_OP_GET,
		.keys = address_of(keys),
		.values = address_of(values),
	};
	int fd = map_open(HOSTILE_MAP, O_RDONLY), i;

	for (i = 0; i < 65536; i++)
		keys[i] = (uint64_t)i * 2;
	for (i = 0; i < 10; i++) {
		if (call(fd, KHMAP_IOC_BATCH, &batch) || !batch.done)
			return 1;
		if (versions(fd, infos, KHMAP_VERSIONS_MAX, &args))
			return 2;
	}
	return 0;
}

/* What somebody in the reader's cgroup does and then holds; what was wrong, or 0. */
static int hold(int (*function)(void), pid_t *child)
{
	unsigned char result = 255;
	int ends[2];

	if (pipe(ends))
		return -1;
	*child = fork();
	if (!*child) {
		result = cgroup_write(READER, "cgroup.procs", "0") || drop_privileges() ?
			 254 : (unsigned char)function();
		if (write(ends[1], &result, 1) == 1)
			pause();
		_exit(0);
	}
	close(ends[1]);
	if (read(ends[0], &result, 1) != 1)
		result = 253;
	close(ends[0]);
	return result;
}

/* While he holds it, what the kernel has more than before is in his account. */
static void try_hold(struct __test_metadata *_metadata, int (*function)(void))
{
	long long owner = cgroup_usage(OWNER), kernel = kernel_memory(), more, his;
	uint64_t module = module_bytes();
	pid_t child = -1;

	ASSERT_EQ(0, cgroup_write(READER, "memory.max", "max"));
	EXPECT_EQ(0, hold(function, &child));
	his = cgroup_field(READER, "memory.stat", "kernel");
	more = kernel_memory() - kernel;
	TH_LOG("the kernel has %lld KiB more, %lld are charged to the reader", more >> 10,
	       his >> 10);
	EXPECT_LT(HELD, his);
	if (!kernel_keeps_books()) {
		EXPECT_LT(HELD, more);
		/* Of what a descriptor takes Linux 7.2 does not charge a fifth. */
		EXPECT_GE(his + his / 4 + SLACK, more);
	}
	EXPECT_GE(owner + SLACK, cgroup_usage(OWNER));
	EXPECT_EQ(module, module_bytes());
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	ASSERT_EQ(0, cgroup_write(READER, "memory.max", LIMIT));
}

/* Without end, he runs into his limit and nobody else is charged. */
static void try_all(struct __test_metadata *_metadata, int (*function)(void), bool limited)
{
	long long owner = cgroup_usage(OWNER);
	uint64_t module = module_bytes();
	int result = run_in(READER, function, true);

	/* Of the last, it may be that he was killed for it. */
	EXPECT_TRUE(!result || (limited && result == 256 + SIGKILL)) TH_LOG("result %d", result);
	EXPECT_EQ(limited, cgroup_field(READER, "memory.events", "max") > 0);
	EXPECT_GE(owner + SLACK, cgroup_usage(OWNER));
	EXPECT_EQ(module, module_bytes());
}

TEST_F_TIMEOUT(memory, of_descriptors, 100)
{
	if (!self->usable)
		return;
	try_hold(_metadata, hold_descriptors);
	try_all(_metadata, many_descriptors, true);
}

TEST_F_TIMEOUT(memory, of_mappings, 100)
{
	if (!self->usable)
		return;
	try_hold(_metadata, hold_mappings);
	try_all(_metadata, many_mappings, true);
}

TEST_F_TIMEOUT(memory, of_batches, 100)
{
	if (!self->usable)
		return;
	ASSERT_EQ(0, run_in(OWNER, wide_create, false));
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" HOSTILE_OTHER, 0644));
	ASSERT_EQ(0, write_file(UNPRIVILEGED_STALLS, "1"));
	try_hold(_metadata, hold_batches);
	EXPECT_EQ(0, write_file(UNPRIVILEGED_STALLS, "0"));
	map_remove(HOSTILE_OTHER);
	try_all(_metadata, many_batches, false);
}

static int snapshot_fd;

/* Pages of a snapshot in pipes that nobody reads. */
static int hold_pipes(void)
{
	long long bytes = 0;

	while (bytes <= HELD + SLACK) {
		loff_t at = 0;
		ssize_t got;
		int ends[2];

		if (pipe(ends))
			return 1;
		got = splice(snapshot_fd, &at, ends[1], NULL, 16 * PAGE, 0);
		if (got != 16 * PAGE)
			return 2;
		bytes += got;
	}
	return 0;
}

TEST_F_TIMEOUT(memory, of_pipes, 100)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	long long owner, before, his;
	uint64_t module;
	pid_t child = -1;

	if (!self->usable)
		return;
	snapshot_fd = take_snapshot(self->map, &args);
	ASSERT_LE(0, snapshot_fd);
	owner = cgroup_usage(OWNER);
	module = module_bytes();
	before = cgroup_field(READER, "memory.stat", "kernel");
	ASSERT_EQ(0, cgroup_write(READER, "memory.max", "max"));
	EXPECT_EQ(0, hold(hold_pipes, &child));
	his = cgroup_field(READER, "memory.stat", "kernel");
	EXPECT_LT(before + HELD, his);
	EXPECT_GE(owner + SLACK, cgroup_usage(OWNER));
	EXPECT_EQ(module, module_bytes());
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	close(snapshot_fd);
}

/* Reads all of a snapshot, by each way, and has each page copied. */
static int read_snapshot(void)
{
	struct khmap_ioc_materialize all = { .size = sizeof(all) };
	char bytes[4096];
	size_t size, at;
	char *image = image_map(snapshot_fd, &size);

	if (image == MAP_FAILED)
		return 1;
	while (read(snapshot_fd, bytes, sizeof(bytes)) > 0)
		;
	for (at = 0; at < size; at += HOSTILE_PAGE)
		(void)*(volatile char *)(image + at);
	return call(snapshot_fd, KHMAP_IOC_MATERIALIZE, &all) ? 2 : 0;
}

/* What a snapshot has in reserve was charged when it was taken, to the map's owner. */
TEST_F_TIMEOUT(memory, of_a_snapshot_that_he_reads, 100)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);

	if (!self->usable)
		return;
	snapshot_fd = take_snapshot(self->map, &args);
	ASSERT_LE(0, snapshot_fd);
	try_all(_metadata, read_snapshot, false);
	close(snapshot_fd);
}

/*
 * A best-effort one has not: by reading it he has it take up to as much, from the
 * map's owner, and no more than that.  Documentation/security.rst says so.
 */
TEST_F_TIMEOUT(memory, of_a_best_effort_snapshot_that_he_reads, 100)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	long long before = cgroup_usage(OWNER);
	uint64_t module = module_bytes();

	if (!self->usable)
		return;
	args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	args.pool_pages = 1;
	snapshot_fd = take_snapshot(self->map, &args);
	ASSERT_LE(0, snapshot_fd);
	EXPECT_EQ(0, run_in(READER, read_snapshot, true));
	EXPECT_LT(module + args.image_size / 2, module_bytes());
	EXPECT_GE(module + args.image_size + SLACK, module_bytes());
	EXPECT_GE(before + (long long)args.image_size + SLACK, cgroup_usage(OWNER));
	close(snapshot_fd);
}

/* Written to by another while the reader holds a snapshot: the owner's, as granted. */
static int overwrite(void)
{
	int fd = map_open(HOSTILE_MAP, O_RDWR);
	uint64_t i;

	if (fd < 0)
		return 1;
	for (i = 0; i < 100000; i++)
		if (put(fd, i, 1))
			return 2;
	return 0;
}

TEST_F_TIMEOUT(memory, of_copies_that_others_make, 100)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	long long owner, reader;
	uint64_t module;

	if (!self->usable)
		return;
	snapshot_fd = take_snapshot(self->map, &args);
	ASSERT_LE(0, snapshot_fd);
	owner = cgroup_usage(OWNER);
	reader = cgroup_usage(READER);
	module = module_bytes();
	ASSERT_EQ(0, run_in(READER, overwrite, false));
	EXPECT_GE(owner + SLACK, cgroup_usage(OWNER));
	EXPECT_GE(reader + SLACK, cgroup_usage(READER));
	EXPECT_EQ(module, module_bytes());
	close(snapshot_fd);
}

TEST_HARNESS_MAIN
