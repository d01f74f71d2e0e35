// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_store.c - what stores to a map, with each allocation and copy failing
 */
#include "kselftest_harness.h"
#include "fault_test.h"
#include "batch_test.h"

#define KEYS	100u
#define NEW	5000u		/* a key that is not there */
#define LARGE	3000u		/* bytes of a record that a stack does not hold */
#define MANY	2000u

FIXTURE(fault) {
	int control;
	int map;
	uint64_t deleted;
	uint64_t value;
	struct khmap_ioc_abi before;
	struct khmap_ioc_reserve reserve;
	struct khmap_ioc_compact compact;
	char large[LARGE], seen[LARGE];
	uint64_t keys[MANY], values[MANY];
	int32_t statuses[MANY];
};

/* Keys from @first on, one batch. */
static int fill(int fd, uint64_t first, uint64_t count)
{
	uint64_t keys[MANY], values[MANY], i;
	struct khmap_ioc_batch batch;
	int err;

	for (i = 0; i < count; i++) {
		keys[i] = first + i;
		values[i] = first + i + 1;
	}
	batch = arrays_of(KHMAP_OP_PUT, keys, values, NULL, (uint32_t)count);
	err = batch_call(fd, &batch);
	return err ? err : (int)batch.failed;
}

static int map_with(uint64_t keys)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	int fd;

	args.load_percent = 95;
	fd = create_map(&args);
	if (fd >= 0 && keys && fill(fd, 0, keys)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

FIXTURE_SETUP(fault)
{
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
	self->map = map_with(KEYS);
	ASSERT_LE(0, self->map);
}

FIXTURE_TEARDOWN(fault)
{
	struct khmap_ioc_abi after;

	EXPECT_EQ(0, map_verify(self->map));
	close(self->map);
	EXPECT_EQ(0, query_abi(self->control, &after));
	EXPECT_EQ(self->before.maps, after.maps);
	EXPECT_EQ(self->before.bytes, after.bytes);
	close(self->control);
}

static int call_put(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return put(self->map, NEW, 7);
}

static bool is_put(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value;

	return !get(self->map, NEW, &value) && value == 7;
}

static void undo_put(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	delete(self->map, NEW);
}

/* A new map, which never had to leave its header page. */
static void undo_promotion(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	close(self->map);
	self->map = map_with(15);
}

TEST_F_TIMEOUT(fault, put, FAULT_SECONDS)
{
	struct fault_call c = {
		.name = "PUT of a new key",
		.call = call_put,
		.right = is_put,
		.undo = undo_put,
		.context = self,
		.map = &self->map,
		.grows = true,
	};

	EXPECT_EQ(0, fault_sweep(&c));
	undo_promotion(self);
	c.name = "PUT that makes a map leave its header page";
	c.undo = undo_promotion;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_replace(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return put_flags(self->map, 1, 7, KHMAP_PUT_REPLACE);
}

static void undo_replace(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	put(self->map, 1, 2);
}

static int call_get(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->value = 0;
	return get(self->map, 1, &self->value);
}

static bool is_got(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return self->value == 2;
}

TEST_F_TIMEOUT(fault, replace_and_get, FAULT_SECONDS)
{
	struct fault_call c = {
		.name = "PUT of an old key",
		.call = call_replace,
		.undo = undo_replace,
		.context = self,
		.map = &self->map,
	};

	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "GET";
	c.call = call_get;
	c.right = is_got;
	c.undo = NULL;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_delete(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t key = 1;
	struct khmap_ioc_record args = record_args(&key, 8, &self->value, 8);

	return call(self->map, KHMAP_IOC_DELETE, &args);
}

static bool is_deleted(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value;

	return get(self->map, 1, &value) == -ENOENT;
}

static int call_clear(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return clear(self->map, &self->deleted);
}

static bool is_cleared(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_stat stat;

	return !map_stat(self->map, &stat) && !stat.entries;
}

static void undo_clear(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	fill(self->map, 0, KEYS);
}

TEST_F_TIMEOUT(fault, delete_and_clear, FAULT_SECONDS)
{
	struct fault_call c = {
		.name = "DELETE that tells the value",
		.call = call_delete,
		.right = is_deleted,
		.undo = undo_replace,
		.context = self,
		.map = &self->map,
		.late = true,
	};

	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "CLEAR";
	c.call = call_clear;
	c.right = is_cleared;
	c.undo = undo_clear;
	EXPECT_EQ(0, fault_sweep(&c));
}

/* Records that a call needs memory for. */
static int call_put_large(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t key = 1;
	struct khmap_ioc_record args = record_args(&key, 8, self->large, LARGE);

	return call(self->map, KHMAP_IOC_PUT, &args);
}

static int call_get_large(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t key = 1;
	struct khmap_ioc_record args = record_args(&key, 8, self->seen, LARGE);

	memset(self->seen, 0, LARGE);
	return call(self->map, KHMAP_IOC_GET, &args);
}

static bool is_large(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return !call_get_large(context) && !memcmp(self->large, self->seen, LARGE);
}

static int call_delete_large(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t key = 1;
	struct khmap_ioc_record args = record_args(&key, 8, self->seen, LARGE);

	return call(self->map, KHMAP_IOC_DELETE, &args);
}

static bool is_no_large(void *context, int result)
{
	return call_get_large(context) == -ENOENT;
}

static void undo_put_large(void *context)
{
	call_delete_large(context);
}

static void undo_delete_large(void *context)
{
	call_put_large(context);
}

TEST_F_TIMEOUT(fault, large_records, FAULT_SECONDS)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	struct fault_call c = {
		.name = "PUT of a large record",
		.call = call_put_large,
		.right = is_large,
		.undo = undo_put_large,
		.context = self,
		.map = &self->map,
		.grows = true,
	};

	close(self->map);
	args.value_size = LARGE;
	self->map = create_map(&args);
	ASSERT_LE(0, self->map);
	memset(self->large, 'v', LARGE);
	EXPECT_EQ(0, fault_sweep(&c));
	call_put_large(self);
	c.name = "GET of a large record";
	c.call = call_get_large;
	c.undo = NULL;
	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "DELETE of a large record";
	c.call = call_delete_large;
	c.right = is_no_large;
	c.undo = undo_delete_large;
	c.late = true;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_reserve(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->reserve = (struct khmap_ioc_reserve){
		.size = sizeof(self->reserve),
		.entries = 20000,
	};
	return call(self->map, KHMAP_IOC_RESERVE, &self->reserve);
}

static bool is_reserved(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_stat stat;

	return !map_stat(self->map, &stat) && stat.primary_pages >= 80 && stat.entries == KEYS;
}

static void undo_reserve(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	close(self->map);
	self->map = map_with(KEYS);
}

TEST_F_TIMEOUT(fault, reserve, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "RESERVE: runs of pages, and splits",
		.call = call_reserve,
		.right = is_reserved,
		.undo = undo_reserve,
		.context = self,
		.map = &self->map,
		.grows = true,
		.late = true,
	};

	EXPECT_EQ(0, fault_sweep(&c));
}

/* From 100 keys to 2,100, with all pages and splits that takes. */
static int call_grow(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_batch batch;
	uint32_t i;
	int err;

	for (i = 0; i < MANY; i++) {
		self->keys[i] = KEYS + i;
		self->values[i] = KEYS + i + 1;
		self->statuses[i] = UNWRITTEN;
	}
	batch = arrays_of(KHMAP_OP_PUT, self->keys, self->values, self->statuses, MANY);
	batch.flags |= KHMAP_BATCH_STOP;
	err = batch_call(self->map, &batch);
	if (err)
		return err;
	return batch.failed ? self->statuses[batch.done - 1] : batch.done == MANY ? 0 : -EFAULT;
}

/* Keys that were put before the one that failed are there, and no others. */
static bool kept_prefix(void *context, int err)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value;
	uint32_t i = 0, wrong = 0;

	while (i < MANY && !get(self->map, KEYS + i, &value))
		wrong += value != KEYS + i++ + 1;
	for (; i < MANY; i++)
		wrong += get(self->map, KEYS + i, &value) != -ENOENT;
	for (i = 0; i < KEYS; i++)
		wrong += get(self->map, i, &value) || value != i + 1;
	return !wrong;
}

static bool is_grown(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_stat stat;

	return kept_prefix(context, 0) && !map_stat(self->map, &stat) &&
	       stat.entries == KEYS + MANY && stat.primary_pages > 1;
}

TEST_F_TIMEOUT(fault, growth, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "a map that grows from 100 keys to 2,100",
		.call = call_grow,
		.right = is_grown,
		.undo = undo_reserve,
		.kept = kept_prefix,
		.context = self,
		.map = &self->map,
		.grows = true,
		.late = true,
	};

	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_compact(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return map_compact(self->map, &self->compact);
}

static bool is_compacted(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_stat stat;

	return !map_stat(self->map, &stat) && stat.overflow_pages == stat.overflow_needed &&
	       stat.entries == KEYS;
}

/* Overflow buckets of a full map, most of which are not needed any more. */
static void undo_compact(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_batch batch;
	uint32_t i;

	for (i = 0; i < MANY; i++)
		self->keys[i] = KEYS + i;
	close(self->map);
	self->map = map_with(KEYS);
	fill(self->map, KEYS, MANY);
	batch = arrays_of(KHMAP_OP_DELETE, self->keys, NULL, NULL, MANY);
	batch_call(self->map, &batch);
}

TEST_F_TIMEOUT(fault, compact, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "COMPACT",
		.call = call_compact,
		.right = is_compacted,
		.undo = undo_compact,
		.context = self,
		.map = &self->map,
		.grows = true,
		.late = true,
	};

	undo_compact(self);
	EXPECT_EQ(0, fault_sweep(&c));
}

TEST_HARNESS_MAIN
