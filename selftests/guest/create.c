// SPDX-License-Identifier: GPL-2.0-only
/*
 * create.c - which maps can be made, and what is refused before any is
 */
#include "kselftest_harness.h"
#include "khmap_test.h"
#include "verify.h"

#define NAME "test-create"

FIXTURE(create) {
	int control;
	struct khmap_ioc_create args;
	struct khmap_ioc_abi before;
};

FIXTURE_SETUP(create)
{
	map_remove(NAME);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	self->args = create_args(NAME, 1000);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
}

FIXTURE_TEARDOWN(create)
{
	struct khmap_ioc_abi after;

	map_remove(NAME);
	/* Whatever happened, all memory is back. */
	ASSERT_EQ(0, query_abi(self->control, &after));
	EXPECT_EQ(self->before.maps, after.maps);
	EXPECT_EQ(self->before.bytes, after.bytes);
	close(self->control);
}

#define EXPECT_REFUSED(error)						\
	do {								\
		EXPECT_EQ(-(error), call(self->control,			\
					 KHMAP_IOC_CREATE, &self->args));\
		EXPECT_EQ(-ENOENT, map_open(NAME, O_RDONLY));		\
	} while (0)

TEST_F(create, zero_key_size)
{
	self->args.key_size = 0;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, zero_value_size)
{
	self->args.value_size = 0;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, over_large_sizes)
{
	self->args.key_size = KHMAP_RECORD_MAX + 1;
	EXPECT_REFUSED(EINVAL);
	self->args.key_size = ~0u;
	EXPECT_REFUSED(EINVAL);
	self->args.key_size = 8;
	self->args.value_size = KHMAP_RECORD_MAX + 1;
	EXPECT_REFUSED(EINVAL);
	self->args.value_size = ~0u;
	EXPECT_REFUSED(EINVAL);
}

/* Of 4 KiB; larger pages have room for the largest. */
TEST_F(create, record_that_fits_no_page)
{
	int fd;

	self->args.value_size = 4096;
	if (PAGE > 4096) {
		self->args.key_size = 4096;
		fd = create_map(&self->args);
		ASSERT_LE(0, fd);
		close(fd);
		return;
	}
	EXPECT_REFUSED(E2BIG);
	self->args.key_size = 2048;
	self->args.value_size = 2048;
	EXPECT_REFUSED(E2BIG);
}

TEST_F(create, no_expected_entries)
{
	self->args.expected_entries = 0;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, too_many_expected_entries)
{
	self->args.expected_entries = ~0ull;
	EXPECT_REFUSED(E2BIG);
	self->args.expected_entries = 1ull << 40;
	EXPECT_REFUSED(E2BIG);
}

TEST_F(create, unknown_kinds)
{
	self->args.hash_kind = 3;
	EXPECT_REFUSED(EINVAL);
	self->args.hash_kind = 0;
	self->args.layout = 3;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, load_out_of_range)
{
	self->args.load_percent = 9;
	EXPECT_REFUSED(EINVAL);
	self->args.load_percent = 96;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, stripes_out_of_range)
{
	self->args.stripes = 3;
	EXPECT_REFUSED(EINVAL);
	self->args.stripes = 2 * KHMAP_STRIPES_MAX;
	EXPECT_REFUSED(EINVAL);
	self->args.stripes = ~0u;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, mode_out_of_range)
{
	self->args.flags = KHMAP_CREATE_MODE;
	self->args.mode = 0770;
	EXPECT_REFUSED(EINVAL);
	self->args.mode = 04660;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, owner_out_of_range)
{
	self->args.flags = KHMAP_CREATE_OWNER;
	self->args.uid = ~0u;
	EXPECT_REFUSED(EINVAL);
	self->args.uid = 0;
	self->args.gid = ~0u;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, bad_names)
{
	static const char *const names[] = {
		"a/b", "/etc", "..", ".", "a.b", "a b", "a\n", "\xc3\xa9",
		"control", "a%sb", "a!b", "a:b",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		self->args.name = address_of(names[i]);
		self->args.name_length = (uint32_t)strlen(names[i]);
		EXPECT_REFUSED(EINVAL);
	}
	/* A NUL inside. */
	self->args.name = address_of("ab\0cd");
	self->args.name_length = 5;
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, long_names)
{
	char name[201];

	memset(name, 'n', sizeof(name) - 1);
	name[200] = '\0';
	self->args.name = address_of(name);
	self->args.name_length = 200;
	EXPECT_REFUSED(ENAMETOOLONG);
	self->args.name_length = 64;
	EXPECT_REFUSED(ENAMETOOLONG);

	name[63] = '\0';
	self->args.name_length = 63;
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_CREATE, &self->args));
	close(self->args.fd);
	map_remove(name);
}

TEST_F(create, names_with_every_character)
{
	static const char *const names[] = {
		"abcdefghijklmnopqrstuvwxyz",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789_-", "-", "_",
		"Control", "controls", "power", "uevent",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = create_named(names[i], 1), node;

		ASSERT_LE(0, fd) TH_LOG("%s", names[i]);
		node = map_open(names[i], O_RDWR);
		EXPECT_LE(0, node);
		close(node);
		EXPECT_EQ(0, map_destroy(fd));
		EXPECT_EQ(-ENOENT, map_open(names[i], O_RDWR));
		close(fd);
	}
}

TEST_F(create, addresses_that_lead_nowhere)
{
	self->args.name = 8;
	EXPECT_REFUSED(EFAULT);
	self->args.name = address_of(NAME);
	self->args.schema = 8;
	self->args.schema_length = 10;
	EXPECT_REFUSED(EFAULT);
}

TEST_F(create, over_long_schema)
{
	char schema[KHMAP_SCHEMA_MAX + 1] = "";

	self->args.schema = address_of(schema);
	self->args.schema_length = KHMAP_SCHEMA_MAX + 1;
	EXPECT_REFUSED(EINVAL);
}

/* Every reader would refuse the map, and RESTORE its snapshots. */
TEST_F(create, schema_that_is_not_printable)
{
	char schema[] = "key u64; value u64";

	self->args.schema = address_of(schema);
	self->args.schema_length = strlen(schema);
	schema[8] = '\n';
	EXPECT_REFUSED(EINVAL);
	schema[8] = 0x7f;
	EXPECT_REFUSED(EINVAL);
	schema[8] = (char)0x80;
	EXPECT_REFUSED(EINVAL);
	schema[8] = ' ';
	self->args.schema_length = sizeof(schema);
	EXPECT_REFUSED(EINVAL);
}

TEST_F(create, name_that_exists)
{
	struct khmap_ioc_abi one, two;
	int first = create_named(NAME, 10);

	ASSERT_LE(0, first);
	ASSERT_EQ(0, query_abi(self->control, &one));
	EXPECT_EQ(-EEXIST, call(self->control, KHMAP_IOC_CREATE, &self->args));
	ASSERT_EQ(0, query_abi(self->control, &two));
	EXPECT_EQ(one.bytes, two.bytes);
	EXPECT_EQ(one.maps, two.maps);

	/* Its name is free as soon as it is destroyed. */
	EXPECT_EQ(0, map_destroy(first));
	EXPECT_EQ(0, call(self->control, KHMAP_IOC_CREATE, &self->args));
	close(self->args.fd);
	close(first);
}

TEST_F(create, memory_limit_of_the_map)
{
	uint64_t i, value, larger = (uint64_t)PAGE >> 12;
	struct khmap_ioc_stat stat;
	int fd, err = 0;

	self->args.max_bytes = 4096;
	EXPECT_REFUSED(ENOMEM);
	/* The name is not taken by what failed. */
	self->args.max_bytes = larger << 20;
	fd = create_map(&self->args);
	ASSERT_LE(0, fd);
	/* Grown as far as memory goes, then fuller, then full. */
	for (i = 0; !err && i < 100000 * larger; i++)
		err = put(fd, i, i + 1);
	EXPECT_EQ(-ENOMEM, err);
	i--;
	EXPECT_LT(30000 * larger, i);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(i, stat.entries);
	EXPECT_EQ(KHMAP_GROWTH_REFUSED, stat.growth);
	EXPECT_LT(stat.shape, stat.wanted);
	EXPECT_GE(larger << 20, stat.bytes);
	while (i--) {
		ASSERT_EQ(0, get(fd, i, &value));
		ASSERT_EQ(i + 1, value);
	}
	EXPECT_EQ(0, put(fd, 0, 9));
	EXPECT_EQ(0, map_verify(fd));
	close(fd);
}

TEST_F(create, memory_limit_of_the_module)
{
	uint64_t most = self->before.max_bytes / 16;
	struct khmap_ioc_abi abi;
	int fd;

	/* Nothing is allocated for what is only expected. */
	self->args.expected_entries = most;
	fd = create_map(&self->args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, query_abi(self->control, &abi));
	EXPECT_GT(self->before.bytes + PAGE + 61440, abi.bytes);
	/* 32 bytes an entry at the least: more than the limit. */
	EXPECT_EQ(-ENOMEM, map_reserve(fd, most));
	EXPECT_EQ(0, put(fd, 1, 1));
	ASSERT_EQ(0, map_destroy(fd));
	close(fd);
	ASSERT_EQ(0, query_abi(self->control, &abi));
	EXPECT_EQ(self->before.bytes, abi.bytes);
}

/* RESERVE allocates what CREATE does not, once and for all that comes. */
TEST_F(create, reserve)
{
	struct khmap_ioc_reserve args = { .size = sizeof(args) };
	struct khmap_ioc_stat before, after;
	uint32_t pages;
	uint64_t i;
	int fd;

	self->args.max_entries = 50000;
	self->args.load_percent = 75;
	fd = create_map(&self->args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(fd, &before));
	EXPECT_EQ(0, before.primary_pages);
	EXPECT_EQ(0, before.shape);
	args.entries = 20000;
	ASSERT_EQ(0, call(fd, KHMAP_IOC_RESERVE, &args));
	/* 120 pages of 4 KiB would do; the next power of two is near. */
	pages = 128 / (uint32_t)(PAGE >> 12);
	EXPECT_EQ(pages, args.primary_pages);
	ASSERT_EQ(0, map_stat(fd, &before));
	EXPECT_EQ(pages << 10, before.shape);
	EXPECT_EQ((pages - 1) * 32 * (uint32_t)(PAGE >> 12), before.splits);
	EXPECT_EQ(KHMAP_GROWTH_IDLE, before.growth);
	for (i = 0; i < 20000; i++)
		ASSERT_EQ(0, put(fd, i, i));
	ASSERT_EQ(0, map_stat(fd, &after));
	EXPECT_EQ(before.shape, after.shape);
	EXPECT_EQ(before.splits, after.splits);

	EXPECT_EQ(-ENOSPC, map_reserve(fd, 50001));
	EXPECT_EQ(-ENOSPC, map_reserve(fd, ~0ull));
	EXPECT_EQ(0, map_reserve(fd, 0));
	args.reserved = 1;
	EXPECT_EQ(-EINVAL, call(fd, KHMAP_IOC_RESERVE, &args));
	ASSERT_EQ(0, map_stat(fd, &after));
	EXPECT_EQ(before.shape, after.shape);
	EXPECT_EQ(0, map_verify(fd));
	close(fd);
}

/* A map made for one entry takes as many as come. */
TEST_F(create, grows)
{
	struct khmap_ioc_stat stat;
	uint64_t i, value;
	int fd;

	self->args.expected_entries = 1;
	fd = create_map(&self->args);
	ASSERT_LE(0, fd);
	for (i = 0; i < 100000; i++)
		ASSERT_EQ(0, put(fd, i, ~i));
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(100000, stat.entries);
	EXPECT_EQ(KHMAP_ENTRIES_MAX, stat.max_entries);
	/* Each stripe may have begun another overflow page. */
	EXPECT_GT(100000 * 36 + KHMAP_STRIPES_DEFAULT * (uint64_t)(PAGE - 4096), stat.bytes);
	for (i = 0; i < 100000; i++) {
		ASSERT_EQ(0, get(fd, i, &value));
		ASSERT_EQ(~i, value);
	}
	EXPECT_EQ(0, map_verify(fd));
	close(fd);
}

TEST_F(create, defaults)
{
	const struct khmap_image_header *header;
	struct khmap_ioc_stat stat;
	struct stat node;
	size_t size;
	int fd;

	self->args.expected_entries = 1000;
	fd = create_map(&self->args);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(self->args.map_id, stat.map_id);
	EXPECT_EQ(0, stat.entries);
	EXPECT_EQ(KHMAP_ENTRIES_MAX, stat.max_entries);
	EXPECT_EQ(KHMAP_IMAGE_LIVE, stat.kind);
	EXPECT_EQ(64, stat.stripes);

	ASSERT_EQ(0, stat_node(NAME, &node));
	EXPECT_EQ(S_IFCHR | 0660, node.st_mode);
	EXPECT_EQ(0, node.st_uid);
	EXPECT_EQ(0, node.st_gid);

	header = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, (void *)(uintptr_t)header);
	EXPECT_EQ(0, memcmp(header->magic, KHMAP_IMAGE_MAGIC, 8));
	EXPECT_EQ(KHMAP_BYTE_ORDER, header->byte_order);
	EXPECT_EQ(KHMAP_HASH_FOLD, header->hash_kind);
	EXPECT_EQ(KHMAP_LAYOUT_ALIGNED, header->geometry.layout);
	EXPECT_EQ(KHMAP_LOAD_DEFAULT, header->load_percent);
	EXPECT_STREQ(NAME, (const char *)header->name);
	EXPECT_EQ(self->args.map_id, header->map_id);
	EXPECT_NE(0, header->hash_secret[0]);
	munmap((void *)(uintptr_t)header, size);
	close(fd);
}

TEST_F(create, options)
{
	static const char schema[] = "key u64; value u64";
	const struct khmap_image_header *header;
	struct khmap_ioc_stat stat;
	struct stat node;
	size_t size;
	int fd;

	self->args.flags = KHMAP_CREATE_OWNER | KHMAP_CREATE_MODE;
	self->args.uid = 1000;
	self->args.gid = 65534;
	self->args.mode = 0604;
	self->args.key_size = 5;
	self->args.value_size = 3;
	self->args.max_entries = 1500;
	self->args.max_bytes = 1 << 20;
	self->args.hash_kind = KHMAP_HASH_SIPHASH13;
	self->args.layout = KHMAP_LAYOUT_PACKED;
	self->args.load_percent = 60;
	self->args.schema = address_of(schema);
	self->args.schema_length = strlen(schema);
	fd = create_map(&self->args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(1500, stat.max_entries);
	EXPECT_EQ(1 << 20, stat.max_bytes);
	EXPECT_GE(1 << 20, stat.bytes);

	ASSERT_EQ(0, stat_node(NAME, &node));
	EXPECT_EQ(S_IFCHR | 0604, node.st_mode);
	EXPECT_EQ(1000, node.st_uid);
	EXPECT_EQ(65534, node.st_gid);

	header = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, (void *)(uintptr_t)header);
	EXPECT_EQ(KHMAP_HASH_SIPHASH13, header->hash_kind);
	EXPECT_EQ(KHMAP_LAYOUT_PACKED, header->geometry.layout);
	EXPECT_EQ(60, header->load_percent);
	EXPECT_EQ(5, header->geometry.key_size);
	EXPECT_EQ(3, header->geometry.value_size);
	EXPECT_EQ(strlen(schema), header->schema_length);
	EXPECT_EQ(0, memcmp((const char *)header + header->schema_offset,
			    schema, strlen(schema)));
	EXPECT_NE(0, header->schema_hash);
	munmap((void *)(uintptr_t)header, size);
	close(fd);
}

/* Writers of any number of stripes find each other's keys, and a snapshot all of them. */
TEST_F(create, stripes)
{
	static const uint32_t counts[] = { 1, 2, KHMAP_STRIPES_DEFAULT, 256, KHMAP_STRIPES_MAX };
	struct khmap_ioc_stat stat;
	uint64_t key;
	size_t i;
	int fd;

	self->args.name_length = 0;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		self->args.stripes = counts[i];
		fd = create_map(&self->args);
		ASSERT_LE(0, fd);
		for (key = 0; key < 20000; key++)
			ASSERT_EQ(0, put(fd, key, ~key));
		ASSERT_EQ(0, map_stat(fd, &stat));
		EXPECT_EQ(counts[i], stat.stripes);
		EXPECT_EQ(20000, stat.entries);
		EXPECT_EQ(0, map_verify(fd));
		close(fd);
	}
}

TEST_F(create, mode_zero)
{
	struct stat node;
	int fd;

	self->args.flags = KHMAP_CREATE_MODE;
	fd = create_map(&self->args);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, stat_node(NAME, &node));
	EXPECT_EQ(S_IFCHR, node.st_mode);
	close(fd);
}

TEST_F(create, no_descriptor_left)
{
	struct rlimit limit, none;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = dup(0);
	close(none.rlim_cur);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, call(self->control, KHMAP_IOC_CREATE, &self->args));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-ENOENT, map_open(NAME, O_RDONLY));
}

static int list(int control, uint64_t after, struct khmap_map_info *infos,
		uint32_t *count)
{
	struct khmap_ioc_list args = {
		.size = sizeof(args),
		.after = after,
		.infos = address_of(infos),
		.count = *count,
		.info_size = sizeof(*infos),
	};
	int err = call(control, KHMAP_IOC_LIST, &args);

	*count = args.count;
	return err;
}

TEST_F(create, list_in_order)
{
	struct khmap_ioc_create unnamed = create_args(NULL, 10);
	struct khmap_map_info infos[16];
	uint32_t count = 16, first;
	int fd, fd2;

	self->args.flags = KHMAP_CREATE_MODE;
	self->args.mode = 0640;
	fd = create_map(&self->args);
	fd2 = create_map(&unnamed);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, fd2);
	ASSERT_EQ(0, put(fd, 1, 2));

	ASSERT_EQ(0, list(self->control, 0, infos, &count));
	ASSERT_EQ(self->before.maps + 2, count);
	first = count - 2;
	EXPECT_EQ(self->args.map_id, infos[first].map_id);
	EXPECT_STREQ(NAME, (char *)infos[first].name);
	EXPECT_EQ(1, infos[first].entries);
	EXPECT_EQ(8, infos[first].key_size);
	EXPECT_EQ(8, infos[first].value_size);
	EXPECT_EQ(0640, infos[first].mode);
	EXPECT_EQ(0, infos[first].uid);
	EXPECT_LT(4096, infos[first].bytes);
	EXPECT_EQ(unnamed.map_id, infos[first + 1].map_id);
	EXPECT_STREQ("", (char *)infos[first + 1].name);
	EXPECT_LT(self->args.map_id, unnamed.map_id);

	/* One by one. */
	count = 1;
	ASSERT_EQ(0, list(self->control, self->args.map_id - 1, infos, &count));
	ASSERT_EQ(1, count);
	EXPECT_EQ(self->args.map_id, infos[0].map_id);
	ASSERT_EQ(0, list(self->control, self->args.map_id, infos, &count));
	ASSERT_EQ(1, count);
	EXPECT_EQ(unnamed.map_id, infos[0].map_id);
	ASSERT_EQ(0, list(self->control, unnamed.map_id, infos, &count));
	EXPECT_EQ(0, count);

	/* Without its name it still exists while it is open. */
	EXPECT_EQ(0, map_destroy(fd));
	count = 1;
	ASSERT_EQ(0, list(self->control, self->args.map_id - 1, infos, &count));
	EXPECT_EQ(self->args.map_id, infos[0].map_id);
	EXPECT_STREQ("", (char *)infos[0].name);
	close(fd);
	count = 1;
	ASSERT_EQ(0, list(self->control, self->args.map_id - 1, infos, &count));
	EXPECT_EQ(unnamed.map_id, infos[0].map_id);
	close(fd2);
}

/* Of a newer header: what this kernel does not know of an entry becomes zero. */
TEST_F(create, list_of_longer_infos)
{
	enum { LONG = sizeof(struct khmap_map_info) + 64 };
	unsigned char infos[3][LONG];
	struct khmap_ioc_list args = {
		.size = sizeof(args),
		.infos = address_of(infos),
		.count = 3,
		.info_size = LONG,
	};
	struct khmap_ioc_create other = create_args(NULL, 10);
	struct khmap_map_info right[2];
	int fd = create_map(&self->args), fd2 = create_map(&other);
	uint32_t count = 2;
	int i, j;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, fd2);
	ASSERT_EQ(0, list(self->control, self->args.map_id - 1, right, &count));
	ASSERT_EQ(2, count);
	args.after = self->args.map_id - 1;
	memset(infos, 0xff, sizeof(infos));
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_LIST, &args));
	ASSERT_EQ(2, args.count);
	EXPECT_EQ(self->args.map_id, right[0].map_id);
	EXPECT_EQ(other.map_id, right[1].map_id);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, memcmp(infos[i], &right[i], sizeof(right[i])));
		for (j = sizeof(right[i]); j < LONG; j++)
			EXPECT_EQ(0, infos[i][j]);
	}
	for (j = 0; j < LONG; j++)
		EXPECT_EQ(0xff, infos[2][j]);
	close(fd2);
	close(fd);
}

/* Of an older one: as much of each as there is a place for, and nothing behind it. */
TEST_F(create, list_of_shorter_infos)
{
	const size_t least = offsetof(struct khmap_map_info, of_map);
	unsigned char infos[2 * sizeof(struct khmap_map_info)];
	struct khmap_map_info right;
	struct khmap_ioc_list args = {
		.size = sizeof(args),
		.infos = address_of(infos),
		.count = 2,
	};
	int fd = create_map(&self->args);
	uint32_t count = 1;
	size_t size, i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, list(self->control, self->args.map_id - 1, &right, &count));
	for (size = least; size < sizeof(right); size++) {
		args.after = self->args.map_id - 1;
		args.count = 2;
		args.info_size = (uint32_t)size;
		memset(infos, 0xff, sizeof(infos));
		ASSERT_EQ(0, call(self->control, KHMAP_IOC_LIST, &args));
		ASSERT_EQ(1, args.count);
		EXPECT_EQ(0, memcmp(infos, &right, size));
		for (i = size; i < sizeof(infos); i++)
			ASSERT_EQ(0xff, infos[i]);
	}
	close(fd);
}

TEST_F(create, list_of_bad_arguments)
{
	struct khmap_map_info infos[1];
	struct khmap_ioc_list right = {
		.size = sizeof(right),
		.infos = address_of(infos),
		.count = 1,
		.info_size = sizeof(infos[0]),
	}, args;
	int fd = create_map(&self->args);

	ASSERT_LE(0, fd);
	args = right;
	args.count = 0;
	EXPECT_EQ(-EINVAL, call(self->control, KHMAP_IOC_LIST, &args));
	args = right;
	args.info_size = offsetof(struct khmap_map_info, of_map) - 1;
	EXPECT_EQ(-EINVAL, call(self->control, KHMAP_IOC_LIST, &args));
	args = right;
	args.info_size = ~0u;
	EXPECT_EQ(-EINVAL, call(self->control, KHMAP_IOC_LIST, &args));
	args = right;
	args.infos = 8;
	EXPECT_EQ(-EFAULT, call(self->control, KHMAP_IOC_LIST, &args));
	close(fd);
}

TEST_HARNESS_MAIN
