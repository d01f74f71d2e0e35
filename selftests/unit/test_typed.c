// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_typed.c - the compiler's geometry is the engine's, and reads the same
 */
#include <stdlib.h>
#include <khmap/typed.h>
#include <linux/khmap.h>

#include "../../kmod/core/table.h"
#include "../../user/engine/memory.h"
#include "tap.h"

#define ENTRIES	2000

static void number_write(unsigned char *key, size_t size, __u32 number)
{
	size_t i;

	for (i = 0; i < size && i < sizeof(number); i++)
		key[i] = (unsigned char)(number >> 8 * i);
}

#define RECORD(name, key_bytes, value_bytes)				\
struct name##_k {							\
	unsigned char bytes[key_bytes];					\
};									\
struct name##_v {							\
	unsigned char bytes[value_bytes];				\
};									\
KHMAP_TYPED(name, struct name##_k, struct name##_v, KHMAP_HASH_FOLD)	\
static void test_##name(void)						\
{									\
	struct name##_k key = { { 0 } };				\
	struct name##_v value, got;					\
	struct khmap_account *account;					\
	struct khmap_reader reader;					\
	struct khmap_table *table;					\
	unsigned int i, wrong = 0, lost = 0;				\
	__u32 n = sizeof(key) == 1 ? 200 : ENTRIES;			\
									\
	table = make(sizeof(key), sizeof(value), n, &account);		\
	khmap_reader_init(&reader, table->header,			\
			  khmap_account_image(account));		\
	ok(name##_check(&reader), #name ": geometry of %u + %u bytes",	\
	   (unsigned int)sizeof(key), (unsigned int)sizeof(value));	\
	for (i = 0; i < n; i++) {					\
		number_write(key.bytes, sizeof(key.bytes), i);		\
		memset(&value, (int)i, sizeof(value));			\
		if (khmap_table_put(table, &key, &value,		\
				    KHMAP_PUT_EITHER, NULL))		\
			abort();					\
	}								\
	for (i = 0; i < n; i++) {					\
		number_write(key.bytes, sizeof(key.bytes), i);		\
		memset(&value, (int)i, sizeof(value));			\
		if (name##_get(&reader, &key, &got))			\
			lost++;						\
		else if (memcmp(&got, &value, sizeof(value)))		\
			wrong++;					\
		/* Key objects of each size, and no warning of longer ones. */ \
		memset(&got, 0, sizeof(got));				\
		if (khmap_reader_get(&reader, &key, &got))		\
			lost++;						\
		else if (memcmp(&got, &value, sizeof(value)))		\
			wrong++;					\
	}								\
	is_u64(lost, 0, #name ": every key is found");			\
	is_u64(wrong, 0, #name ": with its value");			\
	memset(&key, 0xff, sizeof(key));				\
	ok(name##_get(&reader, &key, &got) == -ENOENT,			\
	   #name ": no other key is");					\
	khmap_table_destroy(table);					\
	khmap_account_destroy(account);					\
}

static struct khmap_table *make(__u32 key_size, __u32 value_size, __u32 n,
				struct khmap_account **account)
{
	const struct khmap_table_params params = {
		.key_size = key_size,
		.value_size = value_size,
		.layout = KHMAP_LAYOUT_ALIGNED,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = KHMAP_LOAD_DENSE,
		.stripes = 4,
		.expected_entries = n,
		.max_pages = 16384,
		.secret = { 0x0123456789abcdefull, 0xfedcba9876543211ull },
	};
	struct khmap_table *table;

	*account = khmap_account_create(256ull << 20, 0, false);
	if (!*account || khmap_table_create(&params, *account, &table) ||
	    khmap_table_reserve(table, n, NULL))
		abort();
	return table;
}

RECORD(k1v1, 1, 1)
RECORD(k3v61, 3, 61)
RECORD(k4v4, 4, 4)
RECORD(k4v60, 4, 60)
RECORD(k6v2, 6, 2)
RECORD(k8v8, 8, 8)
RECORD(k12v20, 12, 20)
RECORD(k16v48, 16, 48)
RECORD(k16v112, 16, 112)
RECORD(k32v200, 32, 200)
RECORD(k64v448, 64, 448)
RECORD(k100v900, 100, 900)
RECORD(k8v2000, 8, 2000)
RECORD(k8v4064, 8, 4064)

int main(void)
{
	test_k1v1();
	test_k3v61();
	test_k4v4();
	test_k4v60();
	test_k6v2();
	test_k8v8();
	test_k12v20();
	test_k16v48();
	test_k16v112();
	test_k32v200();
	test_k64v448();
	test_k100v900();
	test_k8v2000();
	test_k8v4064();
	return done();
}
