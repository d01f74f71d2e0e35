// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_snapshot.c - snapshots and RESTORE, with each allocation and copy failing
 */
#include "kselftest_harness.h"
#include "fault_test.h"

#define NAME	"test-fault-shot"
#define COPY	"test-fault-copy"
#define KEYS	3000u
#define POOL	16u

FIXTURE(fault) {
	int control;
	int map;
	int shot;
	int ends[2];
	struct khmap_ioc_abi before;
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_materialize all;
	struct khmap_ioc_restore restore;
	struct khmap_ioc_stat stat;
	struct khmap_digest digest, seen;
	void *image;
	size_t size;
	uint64_t generation;	/* what the map's keys have got since */
	char *bytes, *whole;
};

static int store_all(int fd, uint64_t add)
{
	uint64_t keys[KEYS], values[KEYS], i;
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = KEYS,
		.opcode = KHMAP_OP_PUT,
		.keys = address_of(keys),
		.values = address_of(values),
	};
	int err;

	for (i = 0; i < KEYS; i++) {
		keys[i] = i;
		values[i] = i + add;
	}
	err = call(fd, KHMAP_IOC_BATCH, &batch);
	return err ? err : (int)batch.failed;
}

FIXTURE_SETUP(fault)
{
	map_remove(NAME);
	map_remove(COPY);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
	self->map = create_named(NULL, KEYS);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, store_all(self->map, 1));
	self->args = snapshot_args(NULL);
	self->shot = -1;
	self->generation = 1;
	self->bytes = calloc(1, PAGE);
	ASSERT_EQ(0, pipe(self->ends));
}

FIXTURE_TEARDOWN(fault)
{
	struct khmap_ioc_abi after;

	EXPECT_EQ(0, map_verify(self->map));
	close(self->shot);
	close(self->map);
	map_remove(NAME);
	map_remove(COPY);
	EXPECT_EQ(0, query_abi(self->control, &after));
	EXPECT_EQ(self->before.maps, after.maps);
	EXPECT_EQ(self->before.bytes, after.bytes);
	close(self->control);
	free(self->bytes);
	free(self->whole);
}

static int call_snapshot(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->shot = take_snapshot(self->map, &self->args);
	return self->shot;
}

/*
 * The snapshot stays what it was while each page of the map changes; of a best-effort
 * one, what can be read is right.
 */
static bool is_snapshot(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	bool loose = self->args.flags & KHMAP_SNAPSHOT_BEST_EFFORT;
	uint64_t was = self->generation, value, i;
	uint32_t right = 0, wrong = 0;

	if (self->args.entries != KEYS || store_all(self->map, ++self->generation))
		return false;
	for (i = 0; i < KEYS; i += 7) {
		int err = get(self->shot, i, &value);

		right += !err && value == i + was;
		wrong += err ? !loose || err != -EIO : value != i + was;
	}
	return right && !wrong && (loose || !map_verify(self->shot));
}

static void undo_snapshot(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	close(self->shot);
	self->shot = -1;
}

static struct fault_call snapshot_case(const char *name, void *context)
{
	return (struct fault_call){
		.name = name,
		.call = call_snapshot,
		.right = is_snapshot,
		.undo = undo_snapshot,
		.context = context,
		.map = &((FIXTURE_DATA(fault) *)context)->map,
	};
}

TEST_F_TIMEOUT(fault, snapshot, FAULT_SECONDS)
{
	const struct fault_call c = snapshot_case("SNAPSHOT", self);

	EXPECT_EQ(0, fault_sweep(&c));
}

/* With others beside it, which share copies, and one that has none in reserve. */
TEST_F_TIMEOUT(fault, snapshot_beside_others, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("SNAPSHOT beside others", self);
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	int one = take_snapshot(self->map, &args), other;

	ASSERT_LE(0, one);
	args = snapshot_args(NULL);
	args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	other = take_snapshot(self->map, &args);
	ASSERT_LE(0, other);
	/* A worker fills the pool of that one meanwhile. */
	c.grows = true;
	EXPECT_EQ(0, fault_sweep(&c));
	EXPECT_EQ(0, map_verify(one));
	close(one);
	close(other);
}

static bool is_named(void *context, int result)
{
	int fd = map_open(NAME, O_RDONLY);

	close(fd);
	return fd >= 0 && access("/dev/" NAME, F_OK) && is_snapshot(context, result);
}

static void undo_named(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	map_destroy(self->shot);
	undo_snapshot(context);
}

TEST_F_TIMEOUT(fault, snapshot_named, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("SNAPSHOT with a name", self);

	c.right = is_named;
	c.undo = undo_named;
	self->args = snapshot_args(NAME);
	EXPECT_EQ(0, fault_sweep(&c));
}

TEST_F_TIMEOUT(fault, snapshot_best_effort, FAULT_SECONDS)
{
	const struct fault_call c = snapshot_case("SNAPSHOT, best effort", self);

	self->args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	self->args.pool_pages = POOL;
	EXPECT_EQ(0, fault_sweep(&c));
}

static void retake(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	close(self->shot);
	self->args.size = sizeof(self->args);
	self->shot = take_snapshot(self->map, &self->args);
}

static int call_materialize(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->all = (struct khmap_ioc_materialize){ .size = sizeof(self->all) };
	return call(self->shot, KHMAP_IOC_MATERIALIZE, &self->all);
}

static bool is_materialized(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return !map_stat(self->shot, &self->stat) && !self->stat.reserved_pages &&
	       self->stat.copied_pages == self->args.image_size / PAGE;
}

TEST_F_TIMEOUT(fault, materialize, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("MATERIALIZE", self);

	c.call = call_materialize;
	c.right = is_materialized;
	c.undo = retake;
	c.late = true;
	retake(self);
	EXPECT_EQ(0, fault_sweep(&c));
	self->args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	self->args.pool_pages = POOL;
	retake(self);
	c.name = "MATERIALIZE, best effort";
	c.grows = true;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_materialize_later(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->all = (struct khmap_ioc_materialize){
		.size = sizeof(self->all),
		.flags = KHMAP_MATERIALIZE_BACKGROUND,
	};
	return call(self->shot, KHMAP_IOC_MATERIALIZE, &self->all);
}

/* A worker does it, whom nothing fails; fault_worker has others. */
static bool is_materialized_later(void *context, int result)
{
	int tries = 100;

	while (!is_materialized(context, result) && --tries)
		usleep(50000);
	return tries;
}

TEST_F_TIMEOUT(fault, materialize_later, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("MATERIALIZE in the background", self);

	c.call = call_materialize_later;
	c.right = is_materialized_later;
	c.undo = retake;
	c.late = true;
	retake(self);
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_destroy(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return map_destroy(self->shot);
}

static bool is_destroyed(void *context, int result)
{
	return access(KHMAP_DEVICE_DIR "/" NAME, F_OK) && access("/dev/" NAME, F_OK) &&
	       map_open(NAME, O_RDONLY) == -ENOENT;
}

static bool kept_named(void *context, int err)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value = 0;
	int fd = map_open(NAME, O_RDONLY);

	err = get(fd, 5, &value);
	close(fd);
	return !err && value == 5 + self->generation && !map_verify(self->shot);
}

TEST_F_TIMEOUT(fault, destroy, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("DESTROY of a snapshot", self);

	self->args = snapshot_args(NAME);
	retake(self);
	ASSERT_LE(0, self->shot);
	c.call = call_destroy;
	c.right = is_destroyed;
	c.undo = retake;
	c.kept = kept_named;
	EXPECT_EQ(0, fault_sweep(&c));
	map_destroy(self->shot);
}

static int call_map(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	const volatile char *bytes;
	uint64_t at;
	char byte;

	self->size = self->args.image_size;
	self->image = mmap(NULL, self->size, PROT_READ, MAP_SHARED, self->shot, 0);
	if (self->image == MAP_FAILED)
		return -errno;
	bytes = self->image;
	for (at = 0; at < self->size; at += PAGE)
		byte = bytes[at];
	(void)byte;
	return 0;
}

/* Its pages are those of the whole image; of a best-effort one some may be said to be lost. */
static bool is_mapped(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	bool loose = self->args.flags & KHMAP_SNAPSHOT_BEST_EFFORT;
	uint64_t at, differ = 0;

	/* The header tells each snapshot's own instant. */
	for (at = PAGE; at < self->size; at += PAGE)
		differ += !!memcmp((char *)self->image + at, self->whole + at, PAGE);
	return differ <= loose;
}

static void undo_map(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	munmap(self->image, self->size);
	retake(context);
}

static int read_whole(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	ssize_t count;

	free(self->whole);
	self->whole = malloc(self->args.image_size);
	count = pread(self->shot, self->whole, self->args.image_size, 0);
	return count == (ssize_t)self->args.image_size ? 0 : -EIO;
}

TEST_F_TIMEOUT(fault, mapping, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("mmap and page faults of a snapshot", self);

	c.call = call_map;
	c.right = is_mapped;
	c.undo = undo_map;
	retake(self);
	ASSERT_EQ(0, read_whole(self));
	EXPECT_EQ(0, fault_sweep(&c));
	self->args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	self->args.pool_pages = POOL;
	retake(self);
	ASSERT_EQ(0, read_whole(self));
	c.name = "mmap and page faults, best effort";
	c.grows = true;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_pread(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	ssize_t count = pread(self->shot, self->bytes, PAGE, 2 * PAGE);

	return count < 0 ? -errno : count == PAGE ? 0 : -EFAULT;
}

static bool is_read(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return !memcmp(self->bytes, self->whole + 2 * PAGE, PAGE);
}

static int call_splice(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	loff_t at = 2 * PAGE;
	ssize_t count = splice(self->shot, &at, self->ends[1], NULL, PAGE, 0);

	return count < 0 ? -errno : count == PAGE ? 0 : -EIO;
}

static void drain(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	memset(self->bytes, 0, PAGE);
	fcntl(self->ends[0], F_SETFL, O_NONBLOCK);
	while (read(self->ends[0], self->bytes, PAGE) > 0)
		;
}

static bool is_spliced(void *context, int result)
{
	drain(context);
	return is_read(context, result);
}

static int call_get(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value = 0;
	int err = get(self->shot, 5, &value);

	return err ? err : value == 6 ? 0 : -EIO;
}

static int call_stat(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return map_stat(self->shot, &self->stat);
}

/* A page by read() and by splice(), which leave the snapshot as it is. */
static int sweep_reads(struct fault_call *c, const char *by_splice)
{
	int wrong;

	retake(c->context);
	wrong = read_whole(c->context);
	if (wrong)
		return wrong;
	c->call = call_pread;
	c->right = is_read;
	c->undo = NULL;
	wrong = fault_sweep(c);
	c->name = by_splice;
	c->call = call_splice;
	c->right = is_spliced;
	c->settle = drain;
	wrong |= fault_sweep(c);
	c->settle = NULL;
	return wrong;
}

TEST_F_TIMEOUT(fault, reading, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("read of a snapshot", self);

	EXPECT_EQ(0, sweep_reads(&c, "splice from a snapshot"));
	c.name = "GET from a snapshot";
	c.call = call_get;
	c.right = NULL;
	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "STAT of a snapshot";
	c.call = call_stat;
	EXPECT_EQ(0, fault_sweep(&c));
}

/* Pages that are not there yet, of a pool that has one. */
static int call_get_some(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value, i;
	int err;

	for (i = 0; i < KEYS; i += 100) {
		value = 0;
		err = get(self->shot, i, &value);
		if (err)
			return err;
		if (value != i + 1)
			return -EIO;
	}
	return 0;
}

/* What found no memory is not lost. */
static bool none_is_lost(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return !map_stat(self->shot, &self->stat) && !self->stat.lost_pages &&
	       self->stat.copied_pages > 2;
}

TEST_F_TIMEOUT(fault, reading_best_effort, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("read, best effort", self);

	self->args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	self->args.pool_pages = POOL;
	c.grows = true;
	EXPECT_EQ(0, sweep_reads(&c, "splice, best effort"));
	self->args.pool_pages = 1;
	retake(self);
	c.name = "GET, best effort";
	c.call = call_get_some;
	c.right = none_is_lost;
	c.undo = retake;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_open(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->shot = map_open(NAME, O_RDONLY);
	return self->shot;
}

TEST_F_TIMEOUT(fault, open, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("open of a snapshot", self);
	int shot;

	self->args = snapshot_args(NAME);
	shot = take_snapshot(self->map, &self->args);
	ASSERT_LE(0, shot);
	c.call = call_open;
	c.right = NULL;
	c.err = ENFILE;
	EXPECT_EQ(0, fault_sweep(&c));
	close(shot);
}

static int call_restore(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	int err;

	self->restore = (struct khmap_ioc_restore){
		.size = sizeof(self->restore),
		.image = address_of(self->image),
		.image_bytes = self->size,
		.name = address_of(COPY),
		.name_length = sizeof(COPY) - 1,
		.what = 77,
	};
	err = call(self->control, KHMAP_IOC_RESTORE, &self->restore);
	return err;
}

static bool is_restored(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return !map_verify(self->restore.fd) &&
	       !fault_digest(self->restore.fd, &self->seen) &&
	       !memcmp(self->seen.value, self->digest.value, KHMAP_DIGEST_SIZE) &&
	       !access(KHMAP_DEVICE_DIR "/" COPY, F_OK);
}

static void undo_restore(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	map_destroy(self->restore.fd);
	close(self->restore.fd);
}

static bool no_copy(void *context, int err)
{
	return access(KHMAP_DEVICE_DIR "/" COPY, F_OK) && access("/dev/" COPY, F_OK);
}

TEST_F_TIMEOUT(fault, restore, FAULT_SECONDS)
{
	struct fault_call c = snapshot_case("RESTORE", self);

	retake(self);
	ASSERT_EQ(0, read_whole(self));
	self->image = self->whole;
	self->size = self->args.image_size;
	ASSERT_EQ(0, fault_digest(self->shot, &self->digest));
	c.call = call_restore;
	c.right = is_restored;
	c.undo = undo_restore;
	c.kept = no_copy;
	EXPECT_EQ(0, fault_sweep(&c));
}

TEST_HARNESS_MAIN
