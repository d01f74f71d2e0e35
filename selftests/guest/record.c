// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - put, get, delete and clear
 */
#include "kselftest_harness.h"
#include "khmap_test.h"
#include "verify.h"

FIXTURE(record) {
	int fd;
	struct khmap_ioc_stat stat;
};

/* The same promises for maps of every kind. */
FIXTURE_VARIANT(record) {
	uint64_t expected;
	uint32_t layout;
	uint32_t hash_kind;
};

FIXTURE_VARIANT_ADD(record, inline) {
	.expected = 1,
};

FIXTURE_VARIANT_ADD(record, aligned) {
	.expected = 1000,
};

FIXTURE_VARIANT_ADD(record, packed) {
	.expected = 1000,
	.layout = KHMAP_LAYOUT_PACKED,
};

FIXTURE_VARIANT_ADD(record, siphash) {
	.expected = 1000,
	.hash_kind = KHMAP_HASH_SIPHASH13,
};

FIXTURE_SETUP(record)
{
	struct khmap_ioc_create args = create_args(NULL, variant->expected);

	args.layout = variant->layout;
	args.hash_kind = variant->hash_kind;
	args.max_entries = 1000;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(record)
{
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
}

TEST_F(record, put_then_get)
{
	uint64_t value = 7;

	EXPECT_EQ(-ENOENT, get(self->fd, 1, &value));
	EXPECT_EQ(7, value);
	EXPECT_EQ(0, put(self->fd, 1, 100));
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(100, value);
	EXPECT_EQ(0, put(self->fd, 1, 101));
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(101, value);
	EXPECT_EQ(-ENOENT, get(self->fd, 2, &value));

	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(1, self->stat.entries);
	EXPECT_EQ(1, self->stat.inserts);
	EXPECT_EQ(1, self->stat.replaces);
	EXPECT_EQ(0, self->stat.deletes);
}

TEST_F(record, insert_only)
{
	uint64_t value;

	EXPECT_EQ(0, put_flags(self->fd, 1, 100, KHMAP_PUT_INSERT));
	EXPECT_EQ(-EEXIST, put_flags(self->fd, 1, 101, KHMAP_PUT_INSERT));
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(100, value);
}

TEST_F(record, replace_only)
{
	uint64_t value;

	EXPECT_EQ(-ENOENT, put_flags(self->fd, 1, 100, KHMAP_PUT_REPLACE));
	EXPECT_EQ(-ENOENT, get(self->fd, 1, &value));
	EXPECT_EQ(0, put(self->fd, 1, 100));
	EXPECT_EQ(0, put_flags(self->fd, 1, 101, KHMAP_PUT_REPLACE));
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(101, value);
}

TEST_F(record, insert_and_replace_at_once)
{
	EXPECT_EQ(-EINVAL, put_flags(self->fd, 1, 1, KHMAP_PUT_FLAGS));
	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(0, self->stat.entries);
}

TEST_F(record, delete)
{
	uint64_t value;

	EXPECT_EQ(-ENOENT, delete(self->fd, 1));
	EXPECT_EQ(0, put(self->fd, 1, 100));
	EXPECT_EQ(0, delete(self->fd, 1));
	EXPECT_EQ(-ENOENT, get(self->fd, 1, &value));
	EXPECT_EQ(-ENOENT, delete(self->fd, 1));
	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(0, self->stat.entries);
	EXPECT_EQ(1, self->stat.deletes);
}

TEST_F(record, delete_gives_the_value)
{
	uint64_t key = 1, value = 0;
	struct khmap_ioc_record args = record_args(&key, 8, &value, 8);

	EXPECT_EQ(0, put(self->fd, 1, 100));
	EXPECT_EQ(0, call(self->fd, KHMAP_IOC_DELETE, &args));
	EXPECT_EQ(100, value);
}

TEST_F(record, delete_of_a_value_that_cannot_be_given)
{
	uint64_t key = 1, value;
	struct khmap_ioc_record args = record_args(&key, 8, NULL, 8);
	void *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	EXPECT_EQ(0, put(self->fd, 1, 100));
	args.value = 8;
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_DELETE, &args));
	args.value = address_of(page);
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_DELETE, &args));
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(100, value);
	munmap(page, PAGE);
}

/* The value comes to where the key was, which is read once and first. */
TEST_F(record, delete_gives_the_value_in_place_of_the_key)
{
	uint64_t word = 7, value;
	struct khmap_ioc_record args = record_args(&word, 8, &word, 8);

	EXPECT_EQ(0, put(self->fd, 0, 5));
	EXPECT_EQ(0, put(self->fd, 7, 100));
	EXPECT_EQ(0, call(self->fd, KHMAP_IOC_DELETE, &args));
	EXPECT_EQ(100, word);
	EXPECT_EQ(-ENOENT, get(self->fd, 7, &value));
	EXPECT_EQ(0, get(self->fd, 0, &value));
	EXPECT_EQ(5, value);
	word = 7;
	EXPECT_EQ(-ENOENT, call(self->fd, KHMAP_IOC_DELETE, &args));
	EXPECT_EQ(7, word);
}

/* Where a call looks beforehand whether it can tell what it did, it changes nothing. */
TEST_F(record, refused_calls_leave_their_arguments)
{
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct khmap_ioc_reserve reserve = {
		.size = sizeof(reserve),
		.entries = ~0ull,
	};
	struct khmap_ioc_publish publish = {
		.size = sizeof(publish),
		.fd = self->fd,
		.keep = 3,
	};
	struct khmap_ioc_rollback rollback = {
		.size = sizeof(rollback),
		.steps = 1,
	};
	void *at;

	ASSERT_NE(MAP_FAILED, pages);
	/* Not at the start of a page, and over the end of one. */
	at = memcpy(pages + PAGE - 17, &reserve, sizeof(reserve));
	EXPECT_GT(0, call(self->fd, KHMAP_IOC_RESERVE, at));
	EXPECT_EQ(0, memcmp(at, &reserve, sizeof(reserve)));
	at = memcpy(pages + PAGE - 17, &publish, sizeof(publish));
	EXPECT_GT(0, call(self->fd, KHMAP_IOC_PUBLISH, at));
	EXPECT_EQ(0, memcmp(at, &publish, sizeof(publish)));
	at = memcpy(pages + PAGE - 13, &rollback, sizeof(rollback));
	EXPECT_GT(0, call(self->fd, KHMAP_IOC_ROLLBACK, at));
	EXPECT_EQ(0, memcmp(at, &rollback, sizeof(rollback)));
	munmap(pages, 2 * PAGE);
}

TEST_F(record, wrong_sizes)
{
	static const unsigned long commands[] = {
		KHMAP_IOC_PUT, KHMAP_IOC_GET, KHMAP_IOC_DELETE,
	};
	static const uint32_t sizes[] = { 0, 7, 9, 4096, ~0u };
	uint64_t key = 1, value = 100;
	size_t i, j;

	EXPECT_EQ(0, put(self->fd, 1, 100));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct khmap_ioc_record args =
				record_args(&key, sizes[j], &value, 8);

			EXPECT_EQ(-EINVAL, call(self->fd, commands[i], &args));
			args = record_args(&key, 8, &value, sizes[j]);
			EXPECT_EQ(-EINVAL, call(self->fd, commands[i], &args));
		}
	}
	EXPECT_EQ(100, value);
	EXPECT_EQ(0, get(self->fd, 1, &value));
}

TEST_F(record, delete_without_value_but_with_its_size)
{
	uint64_t key = 1;
	struct khmap_ioc_record args = record_args(&key, 8, NULL, 8);

	EXPECT_EQ(0, put(self->fd, 1, 100));
	EXPECT_EQ(-EINVAL, call(self->fd, KHMAP_IOC_DELETE, &args));
}

TEST_F(record, addresses_that_lead_nowhere)
{
	uint64_t key = 1, value = 100;
	struct khmap_ioc_record args = record_args(&key, 8, NULL, 8);

	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_PUT, &args));
	args.value = 8;
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_PUT, &args));
	args.value = ~0ull - 7;
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_PUT, &args));
	args = record_args(NULL, 8, &value, 8);
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_PUT, &args));
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_GET, &args));
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_DELETE, &args));
	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(0, self->stat.entries);

	EXPECT_EQ(0, put(self->fd, 1, 100));
	args = record_args(&key, 8, (void *)8, 8);
	EXPECT_EQ(-EFAULT, call(self->fd, KHMAP_IOC_GET, &args));
}

TEST_F(record, a_full_map_is_unchanged)
{
	uint64_t i, value;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, put(self->fd, i * 977, i));
	EXPECT_EQ(-ENOSPC, put(self->fd, 1, 1));
	EXPECT_EQ(-ENOSPC, put_flags(self->fd, 1, 1, KHMAP_PUT_INSERT));
	EXPECT_EQ(-ENOENT, get(self->fd, 1, &value));
	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(1000, self->stat.entries);
	EXPECT_EQ(1000, self->stat.inserts);
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, get(self->fd, i * 977, &value));
		ASSERT_EQ(i, value);
	}
	/* What is there can still be replaced, and what is deleted makes room. */
	EXPECT_EQ(0, put(self->fd, 977, 5));
	EXPECT_EQ(0, delete(self->fd, 977));
	EXPECT_EQ(0, put(self->fd, 1, 1));
	EXPECT_EQ(-ENOSPC, put(self->fd, 977, 1));
}

TEST_F(record, clear)
{
	uint64_t i, value, deleted = 99;

	EXPECT_EQ(0, clear(self->fd, &deleted));
	EXPECT_EQ(0, deleted);
	for (i = 0; i < 500; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	EXPECT_EQ(0, clear(self->fd, &deleted));
	EXPECT_EQ(500, deleted);
	for (i = 0; i < 500; i++)
		ASSERT_EQ(-ENOENT, get(self->fd, i, &value));
	ASSERT_EQ(0, map_stat(self->fd, &self->stat));
	EXPECT_EQ(0, self->stat.entries);
	EXPECT_EQ(500, self->stat.deletes);
	EXPECT_EQ(0, self->stat.overflow_entries);
	EXPECT_EQ(0, self->stat.overflow_buckets);
	/* All room is free again. */
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, put(self->fd, i + 7777, i));
}

TEST(promotion_at_16_entries)
{
	struct khmap_ioc_create args = create_args(NULL, 15);
	struct khmap_ioc_stat stat;
	uint64_t i, j, value;
	int fd;

	/* Room for more than the inline bucket, which it starts with. */
	args.max_entries = 40;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	for (i = 0; i < 40; i++) {
		ASSERT_EQ(0, put(fd, i, i + 1));
		ASSERT_EQ(0, map_stat(fd, &stat));
		EXPECT_EQ(i + 1, stat.entries);
		EXPECT_EQ(i >= 15, stat.shape != 0);
		for (j = 0; j <= i; j++) {
			ASSERT_EQ(0, get(fd, j, &value));
			ASSERT_EQ(j + 1, value);
		}
	}
	EXPECT_EQ(-ENOSPC, put(fd, 40, 1));
	close(fd);
}

TEST(records_of_many_sizes)
{
	static const uint32_t sizes[][2] = {
		{ 1, 1 }, { 3, 1 }, { 1, 17 }, { 16, 32 }, { 4, 60 },
		{ 63, 200 }, { 6, 250 }, { 8, 300 }, { 1000, 2000 },
		{ 8, 4000 },
	};
	unsigned char key[4096], value[4096], out[4096];
	size_t s;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct khmap_ioc_create create = create_args(NULL, 100);
		uint32_t key_size = sizes[s][0], value_size = sizes[s][1];
		struct khmap_ioc_record args =
			record_args(key, key_size, value, value_size);
		int fd, i;

		create.key_size = key_size;
		create.value_size = value_size;
		fd = create_map(&create);
		ASSERT_LE(0, fd);
		for (i = 0; i < 100; i++) {
			memset(key, i, key_size);
			memset(value, i + 1, value_size);
			args.value = address_of(value);
			ASSERT_EQ(0, call(fd, KHMAP_IOC_PUT, &args));
		}
		for (i = 0; i < 100; i++) {
			memset(key, i, key_size);
			memset(value, i + 1, value_size);
			memset(out, 0, sizeof(out));
			args.value = address_of(out);
			ASSERT_EQ(0, call(fd, KHMAP_IOC_GET, &args));
			ASSERT_EQ(0, memcmp(out, value, value_size));
			if (value_size < sizeof(out))
				ASSERT_EQ(0, out[value_size]);
		}
		close(fd);
	}
}

TEST_HARNESS_MAIN
