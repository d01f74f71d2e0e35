// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi.c - the rules that every ioctl keeps: sizes, flags, reserved fields
 *
 * Built for 32-bit callers as well.
 */
#include "kselftest_harness.h"
#include "khmap_test.h"

#define NAME "test-abi"

/* The same for callers of 32 bits and of 64. */
_Static_assert(sizeof(struct khmap_op) == 48, "khmap_op");
_Static_assert(offsetof(struct khmap_op, key) == 8, "key");
_Static_assert(offsetof(struct khmap_op, value) == 16, "value");
_Static_assert(offsetof(struct khmap_op, operand) == 24, "operand");
_Static_assert(offsetof(struct khmap_op, offset) == 32, "offset");
_Static_assert(offsetof(struct khmap_op, status) == 36, "status");
_Static_assert(offsetof(struct khmap_op, result) == 40, "result");
_Static_assert(sizeof(struct khmap_ioc_sample) == 32, "khmap_ioc_sample");
_Static_assert(offsetof(struct khmap_ioc_sample, every) == 16, "every");
_Static_assert(offsetof(struct khmap_ioc_sample, fd) == 20, "fd");
_Static_assert(offsetof(struct khmap_ioc_sample, sampler) == 24, "sampler");
_Static_assert(sizeof(struct khmap_ioc_compact) == 24, "khmap_ioc_compact");
_Static_assert(offsetof(struct khmap_ioc_compact, moved) == 8, "moved");
_Static_assert(offsetof(struct khmap_ioc_compact, released) == 16, "released");
_Static_assert(offsetof(struct khmap_ioc_compact, overflow_pages) == 20,
	       "overflow_pages");
_Static_assert(sizeof(struct khmap_ioc_stat) == 240, "khmap_ioc_stat");
_Static_assert(offsetof(struct khmap_ioc_stat, compact_buckets) == 136,
	       "compact_buckets");
_Static_assert(offsetof(struct khmap_ioc_stat, compact_pages) == 144,
	       "compact_pages");
_Static_assert(offsetof(struct khmap_ioc_stat, overflow_needed) == 152,
	       "overflow_needed");
_Static_assert(offsetof(struct khmap_ioc_stat, copied_pages) == 160, "copied_pages");
_Static_assert(offsetof(struct khmap_ioc_stat, reserved_pages) == 168,
	       "reserved_pages");
_Static_assert(offsetof(struct khmap_ioc_stat, snapshot_ns) == 176, "snapshot_ns");
_Static_assert(offsetof(struct khmap_ioc_stat, snapshot_id) == 184, "snapshot_id");
_Static_assert(offsetof(struct khmap_ioc_stat, warn_after_ms) == 192, "warn_after_ms");
_Static_assert(offsetof(struct khmap_ioc_stat, held_ms) == 200, "held_ms");
_Static_assert(offsetof(struct khmap_ioc_stat, overdue) == 208, "overdue");
_Static_assert(offsetof(struct khmap_ioc_stat, retired) == 212, "retired");
_Static_assert(offsetof(struct khmap_ioc_stat, generation) == 216, "generation");
_Static_assert(offsetof(struct khmap_ioc_stat, lost_pages) == 224, "lost_pages");
_Static_assert(offsetof(struct khmap_ioc_stat, pool_pages) == 232, "pool_pages");
_Static_assert(offsetof(struct khmap_ioc_stat, pool_free) == 236, "pool_free");
_Static_assert(sizeof(struct khmap_map_info) == 208, "khmap_map_info");
_Static_assert(offsetof(struct khmap_map_info, of_map) == 128, "of_map");
_Static_assert(offsetof(struct khmap_map_info, warn_after_ms) == 136, "warn_after_ms");
_Static_assert(offsetof(struct khmap_map_info, held_ms) == 144, "held_ms");
_Static_assert(offsetof(struct khmap_map_info, copied_pages) == 152, "copied_pages");
_Static_assert(offsetof(struct khmap_map_info, reserved_pages) == 160,
	       "reserved_pages");
_Static_assert(offsetof(struct khmap_map_info, kind) == 168, "kind");
_Static_assert(offsetof(struct khmap_map_info, overdue) == 172, "overdue");
_Static_assert(offsetof(struct khmap_map_info, generation) == 176, "generation");
_Static_assert(offsetof(struct khmap_map_info, lost_pages) == 184, "lost_pages");
_Static_assert(offsetof(struct khmap_map_info, retired) == 192, "retired");
_Static_assert(offsetof(struct khmap_map_info, pool_pages) == 196, "pool_pages");
_Static_assert(offsetof(struct khmap_map_info, pool_free) == 200, "pool_free");
_Static_assert(sizeof(struct khmap_ioc_snapshot) == 72, "khmap_ioc_snapshot");
_Static_assert(offsetof(struct khmap_ioc_snapshot, name) == 32, "name");
_Static_assert(offsetof(struct khmap_ioc_snapshot, name_length) == 40, "name_length");
_Static_assert(offsetof(struct khmap_ioc_snapshot, mode) == 44, "mode");
_Static_assert(offsetof(struct khmap_ioc_snapshot, uid) == 48, "uid");
_Static_assert(offsetof(struct khmap_ioc_snapshot, gid) == 52, "gid");
_Static_assert(offsetof(struct khmap_ioc_snapshot, snapshot_id) == 56, "snapshot_id");
_Static_assert(offsetof(struct khmap_ioc_snapshot, pool_pages) == 64, "pool_pages");
_Static_assert(sizeof(struct khmap_ioc_warn_after) == 16, "khmap_ioc_warn_after");
_Static_assert(sizeof(struct khmap_ioc_materialize) == 16, "khmap_ioc_materialize");
_Static_assert(offsetof(struct khmap_ioc_materialize, copied_pages) == 8,
	       "copied_pages");
_Static_assert(sizeof(struct khmap_ioc_publish) == 24, "khmap_ioc_publish");
_Static_assert(offsetof(struct khmap_ioc_publish, generation) == 16, "generation");
_Static_assert(sizeof(struct khmap_ioc_rollback) == 32, "khmap_ioc_rollback");
_Static_assert(offsetof(struct khmap_ioc_rollback, generation) == 24, "generation");
_Static_assert(sizeof(struct khmap_ioc_canary) == 40, "khmap_ioc_canary");
_Static_assert(offsetof(struct khmap_ioc_canary, generation) == 32, "generation");
_Static_assert(sizeof(struct khmap_ioc_choose) == 40, "khmap_ioc_choose");
_Static_assert(offsetof(struct khmap_ioc_choose, map_id) == 32, "map_id");
_Static_assert(sizeof(struct khmap_ioc_versions) == 40, "khmap_ioc_versions");
_Static_assert(offsetof(struct khmap_ioc_versions, generation) == 32, "generation");
_Static_assert(sizeof(struct khmap_version_info) == 40, "khmap_version_info");
_Static_assert(sizeof(struct khmap_ioc_batch) == 96, "khmap_ioc_batch");
_Static_assert(offsetof(struct khmap_ioc_batch, count) == 8, "count");
_Static_assert(offsetof(struct khmap_ioc_batch, done) == 12, "done");
_Static_assert(offsetof(struct khmap_ioc_batch, failed) == 16, "failed");
_Static_assert(offsetof(struct khmap_ioc_batch, op_size) == 20, "op_size");
_Static_assert(offsetof(struct khmap_ioc_batch, ops) == 24, "ops");
_Static_assert(offsetof(struct khmap_ioc_batch, opcode) == 32, "opcode");
_Static_assert(offsetof(struct khmap_ioc_batch, op_flags) == 36, "op_flags");
_Static_assert(offsetof(struct khmap_ioc_batch, keys) == 40, "keys");
_Static_assert(offsetof(struct khmap_ioc_batch, values) == 48, "values");
_Static_assert(offsetof(struct khmap_ioc_batch, statuses) == 56, "statuses");
_Static_assert(offsetof(struct khmap_ioc_batch, key_stride) == 64, "key_stride");
_Static_assert(offsetof(struct khmap_ioc_batch, value_stride) == 68, "value_stride");
_Static_assert(offsetof(struct khmap_ioc_batch, operands) == 72, "operands");
_Static_assert(offsetof(struct khmap_ioc_batch, results) == 80, "results");
_Static_assert(offsetof(struct khmap_ioc_batch, operand_stride) == 88, "operand_stride");
_Static_assert(offsetof(struct khmap_ioc_batch, offset) == 92, "offset");

union any {
	struct khmap_ioc_abi abi;
	struct khmap_ioc_create create;
	struct khmap_ioc_list list;
	struct khmap_ioc_restore restore;
	struct khmap_ioc_sample sample;
	struct khmap_ioc_destroy destroy;
	struct khmap_ioc_record record;
	struct khmap_ioc_clear clear;
	struct khmap_ioc_stat stat;
	struct khmap_ioc_snapshot snapshot;
	struct khmap_ioc_reserve reserve;
	struct khmap_ioc_compact compact;
	struct khmap_ioc_materialize materialize;
	struct khmap_ioc_warn_after warn_after;
	struct khmap_ioc_batch batch;
	uint32_t head[2];
	unsigned char bytes[8192];
};

FIXTURE(ioctls) {
	int control;
	int map;
	int snapshot;
	int fd;
	uint64_t key;
	uint64_t value;
	struct khmap_map_info infos[8];
	struct khmap_op op;
	union any arg;
	char name[16];
	void *image;
	size_t image_size;
};

/* A GET, by its own struct or by arrays. */
static struct khmap_ioc_batch batch_of_one(uint32_t flags, uint64_t *key,
					   uint64_t *value,
					   struct khmap_op *op)
{
	struct khmap_ioc_batch batch = { .flags = flags, .count = 1 };

	if (flags & KHMAP_BATCH_ARRAYS) {
		batch.opcode = KHMAP_OP_GET;
		batch.keys = address_of(key);
		batch.values = address_of(value);
		return batch;
	}
	*op = (struct khmap_op){
		.opcode = KHMAP_OP_GET,
		.key = address_of(key),
		.value = address_of(value),
	};
	batch.ops = address_of(op);
	batch.op_size = sizeof(*op);
	return batch;
}

enum target { CONTROL_FD, MAP_FD, SNAPSHOT_FD };

FIXTURE_VARIANT(ioctls) {
	enum target target;
	unsigned long command;
	uint32_t size;
	uint32_t first_size;	/* of the first version, if it was shorter */
	uint32_t known_flags;
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(ioctls, abi_on_control) {
	.target = CONTROL_FD,
	.command = KHMAP_IOC_ABI,
	.size = sizeof(struct khmap_ioc_abi),
};

FIXTURE_VARIANT_ADD(ioctls, abi_on_map) {
	.target = MAP_FD,
	.command = KHMAP_IOC_ABI,
	.size = sizeof(struct khmap_ioc_abi),
};

FIXTURE_VARIANT_ADD(ioctls, abi_on_snapshot) {
	.target = SNAPSHOT_FD,
	.command = KHMAP_IOC_ABI,
	.size = sizeof(struct khmap_ioc_abi),
};

FIXTURE_VARIANT_ADD(ioctls, create) {
	.target = CONTROL_FD,
	.command = KHMAP_IOC_CREATE,
	.size = sizeof(struct khmap_ioc_create),
	.known_flags = KHMAP_CREATE_FLAGS,
};

FIXTURE_VARIANT_ADD(ioctls, restore) {
	.target = CONTROL_FD,
	.command = KHMAP_IOC_RESTORE,
	.size = sizeof(struct khmap_ioc_restore),
	.known_flags = KHMAP_CREATE_FLAGS,
};

FIXTURE_VARIANT_ADD(ioctls, list) {
	.target = CONTROL_FD,
	.command = KHMAP_IOC_LIST,
	.size = sizeof(struct khmap_ioc_list),
	.known_flags = KHMAP_LIST_FLAGS,
};

FIXTURE_VARIANT_ADD(ioctls, sample) {
	.target = CONTROL_FD,
	.command = KHMAP_IOC_SAMPLE,
	.size = sizeof(struct khmap_ioc_sample),
};

FIXTURE_VARIANT_ADD(ioctls, put) {
	.target = MAP_FD,
	.command = KHMAP_IOC_PUT,
	.size = sizeof(struct khmap_ioc_record),
	.known_flags = KHMAP_PUT_FLAGS,
};

FIXTURE_VARIANT_ADD(ioctls, get) {
	.target = MAP_FD,
	.command = KHMAP_IOC_GET,
	.size = sizeof(struct khmap_ioc_record),
};

FIXTURE_VARIANT_ADD(ioctls, get_on_snapshot) {
	.target = SNAPSHOT_FD,
	.command = KHMAP_IOC_GET,
	.size = sizeof(struct khmap_ioc_record),
};

FIXTURE_VARIANT_ADD(ioctls, delete) {
	.target = MAP_FD,
	.command = KHMAP_IOC_DELETE,
	.size = sizeof(struct khmap_ioc_record),
};

FIXTURE_VARIANT_ADD(ioctls, clear) {
	.target = MAP_FD,
	.command = KHMAP_IOC_CLEAR,
	.size = sizeof(struct khmap_ioc_clear),
};

FIXTURE_VARIANT_ADD(ioctls, stat) {
	.target = MAP_FD,
	.command = KHMAP_IOC_STAT,
	.size = sizeof(struct khmap_ioc_stat),
	.first_size = offsetof(struct khmap_ioc_stat, snapshot_id),
};

FIXTURE_VARIANT_ADD(ioctls, stat_on_snapshot) {
	.target = SNAPSHOT_FD,
	.command = KHMAP_IOC_STAT,
	.size = sizeof(struct khmap_ioc_stat),
	.first_size = offsetof(struct khmap_ioc_stat, snapshot_id),
};

FIXTURE_VARIANT_ADD(ioctls, snapshot) {
	.target = MAP_FD,
	.command = KHMAP_IOC_SNAPSHOT,
	.size = sizeof(struct khmap_ioc_snapshot),
	.first_size = offsetof(struct khmap_ioc_snapshot, name),
	.known_flags = KHMAP_SNAPSHOT_FLAGS,
};

FIXTURE_VARIANT_ADD(ioctls, materialize) {
	.target = SNAPSHOT_FD,
	.command = KHMAP_IOC_MATERIALIZE,
	.size = sizeof(struct khmap_ioc_materialize),
	.known_flags = KHMAP_MATERIALIZE_FLAGS,
};

FIXTURE_VARIANT_ADD(ioctls, materialize_in_the_background) {
	.target = SNAPSHOT_FD,
	.command = KHMAP_IOC_MATERIALIZE,
	.size = sizeof(struct khmap_ioc_materialize),
	.known_flags = KHMAP_MATERIALIZE_FLAGS,
	.flags = KHMAP_MATERIALIZE_BACKGROUND,
};

FIXTURE_VARIANT_ADD(ioctls, warn_after) {
	.target = MAP_FD,
	.command = KHMAP_IOC_WARN_AFTER,
	.size = sizeof(struct khmap_ioc_warn_after),
};

FIXTURE_VARIANT_ADD(ioctls, reserve) {
	.target = MAP_FD,
	.command = KHMAP_IOC_RESERVE,
	.size = sizeof(struct khmap_ioc_reserve),
};

FIXTURE_VARIANT_ADD(ioctls, compact) {
	.target = MAP_FD,
	.command = KHMAP_IOC_COMPACT,
	.size = sizeof(struct khmap_ioc_compact),
};

FIXTURE_VARIANT_ADD(ioctls, batch) {
	.target = MAP_FD,
	.command = KHMAP_IOC_BATCH,
	.size = sizeof(struct khmap_ioc_batch),
	.known_flags = KHMAP_BATCH_FLAGS,
};

FIXTURE_VARIANT_ADD(ioctls, batch_of_arrays) {
	.target = MAP_FD,
	.command = KHMAP_IOC_BATCH,
	.size = sizeof(struct khmap_ioc_batch),
	.known_flags = KHMAP_BATCH_FLAGS,
	.flags = KHMAP_BATCH_ARRAYS,
};

FIXTURE_VARIANT_ADD(ioctls, destroy) {
	.target = MAP_FD,
	.command = KHMAP_IOC_DESTROY,
	.size = sizeof(struct khmap_ioc_destroy),
};

FIXTURE_VARIANT_ADD(ioctls, destroy_on_snapshot) {
	.target = SNAPSHOT_FD,
	.command = KHMAP_IOC_DESTROY,
	.size = sizeof(struct khmap_ioc_destroy),
};

FIXTURE_SETUP(ioctls)
{
	struct khmap_ioc_snapshot args;

	map_remove(NAME);
	map_remove("test-abi-2");
	map_remove("test-abi-3");
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	self->map = create_named(NAME, 100);
	ASSERT_LE(0, self->map);
	self->key = 1;
	self->value = 10;
	ASSERT_EQ(0, put(self->map, 1, 10));
	args = snapshot_args("test-abi-3");
	self->snapshot = take_snapshot(self->map, &args);
	ASSERT_LE(0, self->snapshot);
	self->fd = variant->target == CONTROL_FD ? self->control :
		   variant->target == MAP_FD	 ? self->map :
						   self->snapshot;

	self->image = image_map(self->snapshot, &self->image_size);
	ASSERT_NE(MAP_FAILED, self->image);

	/* An argument that is right. */
	memset(&self->arg, 0, sizeof(self->arg));
	switch (variant->command) {
	case KHMAP_IOC_CREATE:
		strcpy(self->name, "test-abi-2");
		self->arg.create = create_args(self->name, 100);
		break;
	case KHMAP_IOC_RESTORE:
		self->arg.restore.image = address_of(self->image);
		self->arg.restore.image_bytes = self->image_size;
		break;
	case KHMAP_IOC_SAMPLE:
		self->arg.sample.every = 1;
		break;
	case KHMAP_IOC_LIST:
		self->arg.list.infos = address_of(self->infos);
		self->arg.list.info_size = sizeof(self->infos[0]);
		self->arg.list.count = 8;
		break;
	case KHMAP_IOC_PUT:
	case KHMAP_IOC_GET:
	case KHMAP_IOC_DELETE:
		self->arg.record = record_args(&self->key, 8, &self->value, 8);
		break;
	case KHMAP_IOC_MATERIALIZE:
		self->arg.head[1] = variant->flags;
		break;
	case KHMAP_IOC_BATCH:
		self->arg.batch = batch_of_one(variant->flags,
					       &self->key, &self->value,
					       &self->op);
		break;
	}
	self->arg.head[0] = variant->size;
}

FIXTURE_TEARDOWN(ioctls)
{
	munmap(self->image, self->image_size);
	close(self->snapshot);
	close(self->map);
	close(self->control);
	map_remove(NAME);
	map_remove("test-abi-2");
	map_remove("test-abi-3");
}

/* What a right call leaves behind that a test must put away. */
static void put_away(unsigned long command, const union any *arg)
{
	if (command == KHMAP_IOC_CREATE)
		close(arg->create.fd);
	else if (command == KHMAP_IOC_RESTORE)
		close(arg->restore.fd);
	else if (command == KHMAP_IOC_SAMPLE)
		close(arg->sample.fd);
	else if (command == KHMAP_IOC_SNAPSHOT)
		close(arg->snapshot.fd);
}

TEST_F(ioctls, exact_size_is_taken)
{
	ASSERT_EQ(0, call(self->fd, variant->command, &self->arg));
	EXPECT_EQ(variant->size, self->arg.head[0]);
	put_away(variant->command, &self->arg);
}

TEST_F(ioctls, short_size_is_refused)
{
	uint32_t size;

	for (size = 0; size < (variant->first_size ?: variant->size); size++) {
		self->arg.head[0] = size;
		EXPECT_EQ(-EINVAL,
			  call(self->fd, variant->command, &self->arg));
	}
}

TEST_F(ioctls, long_with_zeros_is_taken)
{
	memset(self->arg.bytes + variant->size, 0, 64);
	self->arg.head[0] = variant->size + 64;
	ASSERT_EQ(0, call(self->fd, variant->command, &self->arg));
	EXPECT_EQ(variant->size + 64, self->arg.head[0]);
	put_away(variant->command, &self->arg);
}

TEST_F(ioctls, long_with_garbage_is_refused)
{
	self->arg.bytes[variant->size + 63] = 1;
	self->arg.head[0] = variant->size + 64;
	EXPECT_EQ(-E2BIG, call(self->fd, variant->command, &self->arg));
	self->arg.bytes[variant->size + 63] = 0;
	self->arg.bytes[variant->size] = 1;
	EXPECT_EQ(-E2BIG, call(self->fd, variant->command, &self->arg));
}

TEST_F(ioctls, absurd_size_is_refused)
{
	self->arg.head[0] = ~0u;
	EXPECT_EQ(-E2BIG, call(self->fd, variant->command, &self->arg));
	self->arg.head[0] = (__u32)PAGE + 1;
	EXPECT_EQ(-E2BIG, call(self->fd, variant->command, &self->arg));
}

TEST_F(ioctls, nothing_is_written_past_the_size)
{
	memset(self->arg.bytes + variant->size, 0xa5, 64);
	ASSERT_EQ(0, call(self->fd, variant->command, &self->arg));
	for (int i = 0; i < 64; i++)
		EXPECT_EQ(0xa5, self->arg.bytes[variant->size + i]);
	put_away(variant->command, &self->arg);
}

#define CANARY	0xa5

static void canary_set(union any *arg, uint32_t size)
{
	memset(arg, 0, size);
	memset(arg->bytes + size, CANARY, sizeof(arg->bytes) - size);
	arg->head[0] = size;
}

/* Is what @size covers as in @full, and what lies behind it untouched? */
static bool covered(const union any *arg, const void *full, uint32_t size)
{
	size_t i;

	for (i = size; i < sizeof(arg->bytes); i++)
		if (arg->bytes[i] != CANARY)
			return false;
	return arg->head[0] == size &&
	       !memcmp(arg->bytes + 4, (const char *)full + 4, size - 4);
}

FIXTURE(sizes) {
	int map;
	int snapshot;
};

FIXTURE_SETUP(sizes)
{
	struct khmap_ioc_snapshot args;
	uint64_t i;

	self->map = create_named(NULL, 100);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, map_reserve(self->map, 1000));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, put(self->map, i, i));
	self->snapshot = snapshot(self->map, &args);
	ASSERT_LE(0, self->snapshot);
	/* Copied, so that its numbers stay as they are. */
	ASSERT_EQ(0, put(self->map, 0, 1));
}

FIXTURE_TEARDOWN(sizes)
{
	close(self->snapshot);
	close(self->map);
}

/* STAT with each size that a header has had, and those between. */
TEST_F(sizes, stat)
{
	const uint32_t first = offsetof(struct khmap_ioc_stat, snapshot_id);
	int fds[2] = { self->map, self->snapshot }, i;
	struct khmap_ioc_stat full;
	union any arg;
	uint32_t size;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, map_stat(fds[i], &full));
		EXPECT_EQ(100, full.entries);
		EXPECT_EQ(i ? KHMAP_IMAGE_SNAPSHOT : KHMAP_IMAGE_LIVE, full.kind);
		for (size = first; size <= sizeof(full); size++) {
			canary_set(&arg, size);
			ASSERT_EQ(0, call(fds[i], KHMAP_IOC_STAT, &arg));
			/* The one number of a snapshot that does not wait. */
			if (i && size > offsetof(struct khmap_ioc_stat, held_ms))
				memcpy(&full.held_ms, &arg.stat.held_ms,
				       size >= offsetof(struct khmap_ioc_stat, overdue) ?
				       8 : size - offsetof(struct khmap_ioc_stat, held_ms));
			EXPECT_TRUE(covered(&arg, &full, size)) {
				TH_LOG("%s, %u bytes", i ? "snapshot" : "map", size);
			}
		}
	}
}

/* SNAPSHOT likewise; each takes one. */
TEST_F(sizes, snapshot)
{
	const uint32_t first = offsetof(struct khmap_ioc_snapshot, name);
	struct khmap_ioc_snapshot full;
	struct khmap_ioc_stat stat;
	union any arg;
	uint32_t size;
	int fd;

	fd = snapshot(self->map, &full);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(100, full.entries);
	for (size = first; size <= sizeof(full); size++) {
		canary_set(&arg, size);
		ASSERT_EQ(0, call(self->map, KHMAP_IOC_SNAPSHOT, &arg));
		ASSERT_EQ(0, map_stat(arg.snapshot.fd, &stat));
		EXPECT_LT(full.snapshot_id, stat.snapshot_id);
		full.fd = arg.snapshot.fd;
		full.snapshot_id = stat.snapshot_id;
		EXPECT_TRUE(covered(&arg, &full, size)) {
			TH_LOG("%u bytes", size);
		}
		close(arg.snapshot.fd);
	}
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(1, stat.snapshots);
}

TEST_F(ioctls, unknown_flag_is_refused)
{
	for (int bit = 0; bit < 32; bit++) {
		if (variant->known_flags & (1u << bit))
			continue;
		self->arg.head[1] = 1u << bit;
		EXPECT_EQ(-EOPNOTSUPP,
			  call(self->fd, variant->command, &self->arg));
	}
}

TEST_F(ioctls, bad_address_is_refused)
{
	EXPECT_EQ(-EFAULT, call(self->fd, variant->command, NULL));
	EXPECT_EQ(-EFAULT, call(self->fd, variant->command, (void *)8));
}

/* The argument's end lies on a page that is not there. */
TEST_F(ioctls, argument_across_a_hole_is_refused)
{
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = pages + PAGE - variant->size + 1;

	ASSERT_NE(MAP_FAILED, pages);
	munmap(pages + PAGE, PAGE);
	memcpy(at, &self->arg, variant->size - 1);
	EXPECT_EQ(-EFAULT, call(self->fd, variant->command, at));
	munmap(pages, PAGE);
}

/* Results that cannot be written: no descriptor, no map, nothing cleared. */
TEST_F(ioctls, results_on_read_only_memory_change_nothing)
{
	union any *arg = mmap(NULL, sizeof(*arg), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct khmap_ioc_abi before, after;
	int next, next_after;
	uint64_t value = 0;

	ASSERT_NE(MAP_FAILED, arg);
	memcpy(arg, &self->arg, variant->size);
	ASSERT_EQ(0, mprotect(arg, sizeof(*arg), PROT_READ));
	switch (variant->command) {
	case KHMAP_IOC_PUT:
	case KHMAP_IOC_GET:
	case KHMAP_IOC_DELETE:
	case KHMAP_IOC_DESTROY:
	case KHMAP_IOC_WARN_AFTER:
		/* These write nothing to their argument. */
		EXPECT_EQ(0, call(self->fd, variant->command, arg));
		goto unmap;
	}
	next = dup(0);
	close(next);
	ASSERT_EQ(0, query_abi(self->control, &before));
	EXPECT_EQ(-EFAULT, call(self->fd, variant->command, arg));
	ASSERT_EQ(0, query_abi(self->control, &after));
	next_after = dup(0);
	close(next_after);
	EXPECT_EQ(next, next_after);
	EXPECT_EQ(before.maps, after.maps);
	EXPECT_EQ(before.bytes, after.bytes);
	EXPECT_EQ(0, get(self->map, 1, &value));
	EXPECT_EQ(10, value);
	EXPECT_EQ(-ENOENT, map_open("test-abi-2", O_RDONLY));
unmap:
	munmap(arg, sizeof(*arg));
}

TEST(reserved_fields_are_refused)
{
	struct khmap_ioc_snapshot shot = { .size = sizeof(shot), .reserved = 1 };
	struct khmap_ioc_reserve reserve = { .size = sizeof(reserve), .reserved = 1 };
	int map = create_named(NULL, 1);

	ASSERT_LE(0, map);
	EXPECT_EQ(-EINVAL, call(map, KHMAP_IOC_SNAPSHOT, &shot));
	EXPECT_EQ(-EINVAL, call(map, KHMAP_IOC_RESERVE, &reserve));
	close(map);
}

TEST(unknown_commands)
{
	static const unsigned long on_control[] = {
		KHMAP_IOC_DESTROY, KHMAP_IOC_PUT, KHMAP_IOC_GET,
		KHMAP_IOC_DELETE, KHMAP_IOC_CLEAR, KHMAP_IOC_STAT,
		KHMAP_IOC_SNAPSHOT, KHMAP_IOC_RESERVE, KHMAP_IOC_COMPACT,
		KHMAP_IOC_BATCH, KHMAP_IOC_MATERIALIZE, KHMAP_IOC_WARN_AFTER,
		KHMAP_IOC_PUBLISH, KHMAP_IOC_ROLLBACK, KHMAP_IOC_CANARY,
		KHMAP_IOC_CHOOSE, KHMAP_IOC_VERSIONS,
		_IO(KHMAP_IOC_TYPE, 0xff), 0,
	};
	static const unsigned long on_map[] = {
		KHMAP_IOC_CREATE, KHMAP_IOC_LIST, KHMAP_IOC_RESTORE, KHMAP_IOC_SAMPLE,
		KHMAP_IOC_MATERIALIZE,
		_IO(KHMAP_IOC_TYPE, 0xff),
		_IOWR(KHMAP_IOC_TYPE, 0x12, struct khmap_ioc_record), 0,
	};
	static const unsigned long on_snapshot[] = {
		KHMAP_IOC_CREATE, KHMAP_IOC_LIST, KHMAP_IOC_RESTORE, KHMAP_IOC_SAMPLE,
		KHMAP_IOC_WARN_AFTER, KHMAP_IOC_BATCH,
		KHMAP_IOC_PUT, KHMAP_IOC_DELETE, KHMAP_IOC_CLEAR,
		KHMAP_IOC_SNAPSHOT, KHMAP_IOC_RESERVE, KHMAP_IOC_COMPACT,
		KHMAP_IOC_PUBLISH, KHMAP_IOC_ROLLBACK, KHMAP_IOC_CANARY,
		KHMAP_IOC_CHOOSE, KHMAP_IOC_VERSIONS,
		_IO(KHMAP_IOC_TYPE, 0xff), 0,
	};
	int control = control_open(O_RDWR), map = create_named(NULL, 1), shot;
	struct khmap_ioc_snapshot args;
	union any arg = { .head = { 8, 0 } };
	size_t i;

	ASSERT_LE(0, control);
	ASSERT_LE(0, map);
	shot = snapshot(map, &args);
	ASSERT_LE(0, shot);
	for (i = 0; i < ARRAY_SIZE(on_control); i++)
		EXPECT_EQ(-ENOTTY, call(control, on_control[i], &arg));
	for (i = 0; i < ARRAY_SIZE(on_map); i++)
		EXPECT_EQ(-ENOTTY, call(map, on_map[i], &arg));
	for (i = 0; i < ARRAY_SIZE(on_snapshot); i++)
		EXPECT_EQ(-ENOTTY, call(shot, on_snapshot[i], &arg));
	close(shot);
	close(map);
	close(control);
}

TEST(abi_tells_what_there_is)
{
	int control = control_open(O_RDWR), map;
	struct khmap_ioc_abi abi, more;

	ASSERT_LE(0, control);
	ASSERT_EQ(0, query_abi(control, &abi));
	EXPECT_EQ(1, abi.abi_version);
	EXPECT_EQ(1, abi.image_version);
	EXPECT_EQ(sysconf(_SC_PAGESIZE), 1l << abi.page_shift);
	EXPECT_EQ(6, abi.hash_kinds);
	EXPECT_EQ(6, abi.layouts);
	EXPECT_LT(0, abi.max_bytes);

	map = create_named(NULL, 1000);
	ASSERT_LE(0, map);
	ASSERT_EQ(0, map_reserve(map, 1000));
	ASSERT_EQ(0, query_abi(control, &more));
	EXPECT_EQ(abi.maps + 1, more.maps);
	EXPECT_LT(abi.bytes + 1000 * 16, more.bytes);
	close(map);
	ASSERT_EQ(0, query_abi(control, &more));
	EXPECT_EQ(abi.maps, more.maps);
	EXPECT_EQ(abi.bytes, more.bytes);
	close(control);
}

TEST_HARNESS_MAIN
