// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_memory.c - what a reader makes the kernel allocate is his own
 *
 * He is in a cgroup with a limit.  Nothing that he can do brings the kernel memory
 * that is charged to somebody else, but what was granted to a snapshot before.
 */
#include "kselftest_harness.h"
#include "hostile.h"
#include "system_file.h"

#define OWNER	CGROUPS "/khmap-owner"
#define READER	CGROUPS "/khmap-reader"
#define LIMIT	"16777216"

/* Charges are batched by page and processor. */
#define SLACK	(1 << 20)

/* What the kernel has for itself, whoever is charged, in bytes. */
static long long kernel_memory(void)
{
	return (meminfo("Slab") + meminfo("PageTables") + meminfo("VmallocUsed") +
		meminfo("KernelStack")) * 1024ll;
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
	struct rlimit files = { .rlim_cur = 60000, .rlim_max = 60000 };

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

/* Descriptors, until he may have no more. */
static int many_descriptors(void)
{
	int count = 0;

	while (map_open(HOSTILE_MAP, O_RDONLY) >= 0)
		count++;
	return count > 1000 ? 0 : 1;
}

/* Mappings of the whole, each with its tables. */
static int many_mappings(void)
{
	int fd = map_open(HOSTILE_MAP, O_RDONLY), count = 0;
	struct khmap_ioc_stat stat;
	size_t size, page;

	if (fd < 0 || map_stat(fd, &stat))
		return 1;
	for (;;) {
		const struct khmap_image_header *header = image_map(fd, &size);
		const char *image = (const void *)header;

		if (header == MAP_FAILED)
			break;
		for (page = 0; page < stat.primary_pages; page += 64)
			(void)*(const volatile char *)(image + header->primary_offset +
						       page * 4096);
		count++;
	}
	return count > 100 ? 0 : 2;
}

/* Threads would do the same: the largest batch, again and again, and answers. */
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

/* He runs into his limit, or out of descriptors; the kernel has no more than that. */
static void try_all(struct __test_metadata *_metadata, int (*function)(void))
{
	long long owner = cgroup_usage(OWNER), kernel = kernel_memory();
	uint64_t module = module_bytes();
	int result = run_in(READER, function, true);

	/* Of the last, it may be that he was killed for it. */
	EXPECT_TRUE(!result || result == 256 + SIGKILL) TH_LOG("result %d", result);
	EXPECT_GE(owner + SLACK, cgroup_usage(OWNER));
	EXPECT_EQ(module, module_bytes());
	/* Some of it is freed later, by RCU. */
	EXPECT_GE(kernel + 2 * atoll(LIMIT), kernel_memory());
}

TEST_F_TIMEOUT(memory, of_descriptors, 100)
{
	if (self->usable)
		try_all(_metadata, many_descriptors);
}

TEST_F_TIMEOUT(memory, of_mappings, 100)
{
	if (self->usable)
		try_all(_metadata, many_mappings);
}

TEST_F_TIMEOUT(memory, of_batches, 100)
{
	if (self->usable)
		try_all(_metadata, many_batches);
}

static int snapshot_fd;

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
	for (at = 0; at < size; at += 4096)
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
	try_all(_metadata, read_snapshot);
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
