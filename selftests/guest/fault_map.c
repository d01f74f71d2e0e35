// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_map.c - making, opening, mapping and asking maps, with each allocation failing
 */
#include "kselftest_harness.h"
#include "fault_test.h"

#define NAME	"test-fault-map"
#define SCHEMA	"u64 key -> u64 value"
#define KEYS	1000u

FIXTURE(fault) {
	int control;
	int map;
	int fd;			/* what a call has opened */
	void *image;
	size_t size;
	char text[512];
	uint64_t deleted;
	uint64_t seen;
	uint32_t snapshots;	/* that are listed, too */
	struct khmap_ioc_create create;
	struct khmap_ioc_stat stat;
	struct khmap_ioc_abi before, abi;
	struct khmap_map_info infos[8];
	struct khmap_ioc_list list;
};

static int fill(int fd, uint64_t first, uint64_t count)
{
	uint64_t i;
	int err = 0;

	for (i = first; i < first + count && !err; i++)
		err = put(fd, i, i + 1);
	return err;
}

FIXTURE_SETUP(fault)
{
	map_remove(NAME);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
	self->map = create_named(NULL, KEYS);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, fill(self->map, 0, KEYS));
	self->fd = -1;
}

FIXTURE_TEARDOWN(fault)
{
	EXPECT_EQ(0, map_verify(self->map));
	close(self->map);
	map_remove(NAME);
	/* All memory is back. */
	EXPECT_EQ(0, query_abi(self->control, &self->abi));
	EXPECT_EQ(self->before.maps, self->abi.maps);
	EXPECT_EQ(self->before.bytes, self->abi.bytes);
	close(self->control);
}

static void undo_close(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	close(self->fd);
	self->fd = -1;
}

static int call_create(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	int err = call(self->control, KHMAP_IOC_CREATE, &self->create);

	if (!err)
		self->fd = self->create.fd;
	return err;
}

static bool is_map(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value;

	return !fill(self->fd, 0, 20) && !get(self->fd, 19, &value) && value == 20;
}

TEST_F_TIMEOUT(fault, create, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "CREATE",
		.call = call_create,
		.right = is_map,
		.undo = undo_close,
		.context = self,
	};

	self->create = create_args(NULL, KEYS);
	EXPECT_EQ(0, fault_sweep(&c));
}

/* A map with a name has its node, there and nowhere else. */
static bool is_named_map(void *context, int result)
{
	struct stat node;
	int fd;

	if (stat_node(NAME, &node) || !S_ISCHR(node.st_mode) || (node.st_mode & 0777) != 0640 ||
	    !access("/dev/" NAME, F_OK))
		return false;
	fd = map_open(NAME, O_RDWR);
	close(fd);
	return fd >= 0 && is_map(context, result);
}

static void undo_named(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	map_destroy(self->fd);
	undo_close(context);
}

static bool no_node(void *context, int err)
{
	return access(KHMAP_DEVICE_DIR "/" NAME, F_OK) && access("/dev/" NAME, F_OK);
}

TEST_F_TIMEOUT(fault, create_named, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "CREATE with a name and a schema",
		.call = call_create,
		.right = is_named_map,
		.undo = undo_named,
		.kept = no_node,
		.context = self,
	};

	self->create = create_args(NAME, KEYS);
	self->create.schema = address_of(SCHEMA);
	self->create.schema_length = sizeof(SCHEMA) - 1;
	self->create.flags = KHMAP_CREATE_MODE;
	self->create.mode = 0640;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_destroy(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return map_destroy(self->fd);
}

static bool no_map(void *context, int result)
{
	return no_node(context, 0) && map_open(NAME, O_RDWR) == -ENOENT;
}

static void undo_destroy(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	undo_close(context);
	self->fd = create_named(NAME, KEYS);
}

TEST_F_TIMEOUT(fault, destroy, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "DESTROY",
		.call = call_destroy,
		.right = no_map,
		.undo = undo_destroy,
		.context = self,
		.map = &self->fd,
	};

	self->fd = create_named(NAME, KEYS);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, fault_sweep(&c));
	undo_close(self);
}

static int call_open(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->fd = map_open(NAME, O_RDWR);
	return self->fd;
}

TEST_F_TIMEOUT(fault, open, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "open",
		.call = call_open,
		.right = is_map,
		.undo = undo_close,
		.context = self,
		.err = ENFILE,
	};
	int map = create_named(NAME, KEYS);

	ASSERT_LE(0, map);
	ASSERT_EQ(0, fill(map, 0, 20));
	EXPECT_EQ(0, fault_sweep(&c));
	close(map);
}

static int call_open_control(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->fd = control_open(O_RDWR);
	return self->fd;
}

TEST_F_TIMEOUT(fault, open_control, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "open of control",
		.call = call_open_control,
		.undo = undo_close,
		.context = self,
		.err = ENFILE,
	};

	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_sample(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_sample args = { .size = sizeof(args), .every = 7 };
	int err = call(self->control, KHMAP_IOC_SAMPLE, &args);

	if (!err)
		self->fd = args.fd;
	return err ? err : (int)args.sampler;
}

/* Of the few places none is lost. */
static bool is_first(void *context, int result)
{
	(void)context;
	return !result;
}

static int call_read_sampler(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	ssize_t count;

	self->seen = 0;
	count = read(self->fd, &self->seen, sizeof(self->seen));
	return count < 0 ? -errno : count == sizeof(self->seen) ? 0 : -EIO;
}

static bool is_seen(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return self->seen == 3;
}

TEST_F_TIMEOUT(fault, sample, FAULT_SECONDS)
{
	struct fault_call c = {
		.name = "SAMPLE",
		.call = call_sample,
		.right = is_first,
		.undo = undo_close,
		.context = self,
		.err = ENFILE,
	};

	EXPECT_EQ(0, fault_sweep(&c));
	ASSERT_EQ(0, call_sample(self));
	ASSERT_EQ(0, fill(self->map, 0, 3));
	c.name = "read of a sampler";
	c.call = call_read_sampler;
	c.right = is_seen;
	c.undo = NULL;
	c.err = 0;
	EXPECT_EQ(0, fault_sweep(&c));
	undo_close(self);
}

/* Map all of it, and touch each page.  A fault that fails is taken again. */
static int call_mmap(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	const struct khmap_image_header *header;
	const volatile char *bytes;
	uint64_t at;
	char byte;

	self->image = mmap(NULL, self->size, PROT_READ, MAP_SHARED, self->map, 0);
	if (self->image == MAP_FAILED)
		return -errno;
	header = self->image;
	bytes = self->image;
	for (at = 0; at < header->primary_pages; at++)
		byte = bytes[header->primary_offset + at * (uint64_t)PAGE];
	(void)byte;
	return 0;
}

static bool is_mapped(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	const struct khmap_image_header *header = self->image;

	return !memcmp(self->image, KHMAP_IMAGE_MAGIC, 8) && header->primary_pages > 1;
}

static void undo_mmap(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	munmap(self->image, self->size);
}

TEST_F_TIMEOUT(fault, mmap, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "mmap and page faults",
		.call = call_mmap,
		.right = is_mapped,
		.undo = undo_mmap,
		.context = self,
		.map = &self->map,
	};

	self->size = image_size(self->map);
	ASSERT_LT(0, self->size);
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_stat(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return map_stat(self->map, &self->stat);
}

static bool is_stat(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return self->stat.entries == KEYS && self->stat.kind == KHMAP_IMAGE_LIVE;
}

static int call_abi(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return query_abi(self->map, &self->abi);
}

static bool is_abi(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return self->abi.maps == self->before.maps + 1;
}

static int call_list(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	self->list = (struct khmap_ioc_list){
		.size = sizeof(self->list),
		.flags = self->snapshots ? KHMAP_LIST_SNAPSHOTS : 0,
		.infos = address_of(self->infos),
		.count = 8,
		.info_size = sizeof(self->infos[0]),
	};
	return call(self->control, KHMAP_IOC_LIST, &self->list);
}

static bool is_list(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return self->list.count == self->before.maps + 1 + self->snapshots;
}

/* Who holds what, as khmapctl asks for it; the file is open, as that is the kernel's own. */
static int call_fdinfo(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	ssize_t count = pread(self->fd, self->text, sizeof(self->text) - 1, 0);

	if (count < 0)
		return -errno;
	self->text[count] = '\0';
	return 0;
}

static bool is_fdinfo(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return strstr(self->text, "khmap-kind:\tmap\nkhmap-id:\t");
}

TEST_F_TIMEOUT(fault, questions, FAULT_SECONDS)
{
	struct fault_call c = {
		.name = "STAT",
		.call = call_stat,
		.right = is_stat,
		.context = self,
		.map = &self->map,
	};
	struct khmap_ioc_snapshot args;
	int one, other;
	char path[64];

	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "ABI";
	c.call = call_abi;
	c.right = is_abi;
	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "LIST";
	c.call = call_list;
	c.right = is_list;
	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "LIST with snapshots";
	one = snapshot(self->map, &args);
	ASSERT_LE(0, one);
	other = snapshot(self->map, &args);
	ASSERT_LE(0, other);
	self->snapshots = 2;
	EXPECT_EQ(0, fault_sweep(&c));
	close(one);
	close(other);
	c.name = "fdinfo";
	c.call = call_fdinfo;
	c.right = is_fdinfo;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->map);
	self->fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, fault_sweep(&c));
	undo_close(self);
}

static int call_warn_after(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	struct khmap_ioc_warn_after args = { .size = sizeof(args), .warn_after_ms = 60000 };

	return call(self->map, KHMAP_IOC_WARN_AFTER, &args);
}

static bool is_warned(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return !map_stat(self->map, &self->stat) && self->stat.warn_after_ms == 60000;
}

TEST_F_TIMEOUT(fault, warn_after, FAULT_SECONDS)
{
	const struct fault_call c = {
		.name = "WARN_AFTER",
		.call = call_warn_after,
		.right = is_warned,
		.context = self,
		.map = &self->map,
	};

	EXPECT_EQ(0, fault_sweep(&c));
}

TEST_HARNESS_MAIN
