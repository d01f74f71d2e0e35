// SPDX-License-Identifier: GPL-2.0-only
/*
 * collide.c - keys that were made to meet in one bucket
 *
 * Who may read a map knows the secret of its hash, and finds keys whose hashes
 * agree in so many bits that no split parts them.  Their chain ends at 32
 * buckets, and all else goes on.
 */
#include "kselftest_harness.h"
#include "batch_test.h"
#include "image_test.h"
#include "verify.h"

#define KEYS	200
#define OTHERS	10000
#define BITS	16	/* of the hash, in which the keys agree */

enum way {
	BY_IOCTL,
	BY_BATCH,
	BY_ATOMIC_BATCH,
};

/* So many keys a chain holds. */
static uint32_t longest_chain(const struct image *image)
{
	const struct khmap_geometry *g = &image->reader.geometry;

	return g->bucket_slots + (KHMAP_CHAIN_MAX - 1) * g->overflow_slots;
}

static uint64_t hash_of(const struct image *image, uint64_t key)
{
	return khmap_hash(image->header.hash_kind, image->header.hash_secret, &key, sizeof(key));
}

/* Keys whose hashes are 0 in their low @bits. */
static void make_colliding(const struct image *image, uint64_t *keys, uint32_t bits)
{
	uint32_t mask = (1u << bits) - 1, found = 0;
	uint64_t key;

	for (key = 1; found < KEYS; key++)
		if (!((uint32_t)hash_of(image, key) & mask))
			keys[found++] = key;
}

/* The bucket that a key is in at the map's shape, as one number. */
static uint64_t bucket_of(const struct image *image, uint64_t key)
{
	uint32_t shape = ((const struct khmap_image_header *)image->pages)->shape;
	uint32_t place = khmap_hash_place(shape, khmap_shape_mask(shape), hash_of(image, key));

	return (uint64_t)khmap_place_page(place) << 32 |
	       khmap_place_bucket(&image->reader.geometry, place);
}

/* Keys of other buckets than that of @met. */
static void make_others(const struct image *image, uint64_t *keys, uint64_t met)
{
	uint64_t bucket = bucket_of(image, met), key;
	uint32_t found = 0;

	for (key = 1ull << 40; found < OTHERS; key++)
		if (bucket_of(image, key) != bucket)
			keys[found++] = key;
}

/* Put each key, with the next number as its value; 0, or what a call said. */
static int put_keys(int fd, enum way way, const uint64_t *keys, int32_t *statuses, uint32_t count)
{
	uint32_t i, step = way == BY_ATOMIC_BATCH ? KHMAP_ATOMIC_MAX : count;
	uint64_t values[OTHERS];

	for (i = 0; i < count; i++)
		values[i] = keys[i] + 1;
	if (way == BY_IOCTL) {
		for (i = 0; i < count; i++)
			statuses[i] = put(fd, keys[i], values[i]);
		return 0;
	}
	for (i = 0; i < count; i += step) {
		uint32_t part = count - i < step ? count - i : step;
		struct khmap_ioc_batch batch =
			arrays_of(KHMAP_OP_PUT, keys + i, values + i, statuses + i, part);
		int err;

		if (way == BY_ATOMIC_BATCH)
			batch.flags |= KHMAP_BATCH_ATOMIC;
		err = batch_call(fd, &batch);
		if (err || batch.done != part)
			return err ? err : -EINTR;
	}
	return 0;
}

FIXTURE(collide) {
	struct image image;
	int fd;
	uint64_t keys[KEYS];
	int32_t statuses[KEYS];
	uint64_t others[OTHERS];
	int32_t answers[OTHERS];
};

FIXTURE_VARIANT(collide) {
	enum way way;
};

FIXTURE_VARIANT_ADD(collide, by_ioctl) {
	.way = BY_IOCTL,
};

FIXTURE_VARIANT_ADD(collide, by_batch) {
	.way = BY_BATCH,
};

FIXTURE_VARIANT_ADD(collide, by_atomic_batch) {
	.way = BY_ATOMIC_BATCH,
};

FIXTURE_SETUP(collide)
{
	struct khmap_ioc_create args = create_args(NULL, 16);

	args.hash_kind = KHMAP_HASH_FOLD;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, image_open(&self->image, self->fd));
	make_colliding(&self->image, self->keys, BITS);
}

FIXTURE_TEARDOWN(collide)
{
	image_close(&self->image);
	EXPECT_EQ(0, map_verify(self->fd));
	close(self->fd);
}

/* The first @present of the keys are there, by both ways to read, and no others. */
static void check_read(struct __test_metadata *_metadata, const struct image *image, int fd,
		       const uint64_t *keys, uint32_t present)
{
	uint64_t value;
	uint32_t i;

	for (i = 0; i < KEYS; i++) {
		int err = i < present ? 0 : -ENOENT;

		value = 0;
		ASSERT_EQ(err, get(fd, keys[i], &value));
		ASSERT_EQ(err ? 0 : keys[i] + 1, value);
		value = 0;
		ASSERT_EQ(err, image_get(image, &keys[i], &value));
		ASSERT_EQ(err ? 0 : keys[i] + 1, value);
	}
}

TEST_F(collide, chain_is_bounded)
{
	uint32_t longest = longest_chain(&self->image), i;
	struct khmap_ioc_stat stat;

	ASSERT_GT(KEYS, longest);
	ASSERT_EQ(0, put_keys(self->fd, variant->way, self->keys, self->statuses, KEYS));
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(i < longest ? 0 : -EXFULL, self->statuses[i]);
	check_read(_metadata, &self->image, self->fd, self->keys, longest);
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(longest, stat.entries);
	EXPECT_EQ(KHMAP_CHAIN_MAX - 1, stat.overflow_buckets);

	/* What is there can be replaced, and who leaves makes room for one. */
	ASSERT_EQ(0, put_keys(self->fd, variant->way, self->keys, self->statuses, longest));
	for (i = 0; i < longest; i++)
		ASSERT_EQ(0, self->statuses[i]);
	ASSERT_EQ(0, delete(self->fd, self->keys[longest - 1]));
	self->keys[longest - 1] = self->keys[KEYS - 1];
	self->keys[KEYS - 1] = self->keys[KEYS - 2];
	ASSERT_EQ(0, put_keys(self->fd, variant->way, self->keys + longest - 1, self->statuses, 2));
	EXPECT_EQ(0, self->statuses[0]);
	EXPECT_EQ(-EXFULL, self->statuses[1]);
	check_read(_metadata, &self->image, self->fd, self->keys, longest);
}

TEST_F(collide, others_go_on)
{
	uint32_t longest = longest_chain(&self->image), i;
	struct khmap_ioc_stat stat;
	uint64_t value;

	ASSERT_EQ(0, put_keys(self->fd, variant->way, self->keys, self->statuses, KEYS));
	make_others(&self->image, self->others, self->keys[0]);
	ASSERT_EQ(0, put_keys(self->fd, variant->way, self->others, self->answers, OTHERS));
	for (i = 0; i < OTHERS; i++) {
		ASSERT_EQ(0, self->answers[i]);
		ASSERT_EQ(0, image_get(&self->image, &self->others[i], &value));
		ASSERT_EQ(self->others[i] + 1, value);
	}
	/* The map has grown, and its size is that of its entries. */
	check_read(_metadata, &self->image, self->fd, self->keys, longest);
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	EXPECT_EQ(longest + OTHERS, stat.entries);
	EXPECT_LT(OTHERS / 20, stat.splits);
	EXPECT_GT(OTHERS, stat.splits);
}

/* Keys that collide under one secret do not under another: SipHash keeps it. */
TEST(siphash_of_another_secret)
{
	struct khmap_ioc_create args = create_args(NULL, 16);
	struct image image, other;
	struct khmap_ioc_stat stat;
	int32_t statuses[KEYS];
	uint64_t keys[KEYS];
	uint32_t i;
	int fds[2];

	args.hash_kind = KHMAP_HASH_SIPHASH13;
	for (i = 0; i < 2; i++) {
		fds[i] = create_map(&args);
		ASSERT_LE(0, fds[i]);
	}
	ASSERT_EQ(0, image_open(&image, fds[0]));
	ASSERT_EQ(0, image_open(&other, fds[1]));
	EXPECT_NE(0, memcmp(image.header.hash_secret, other.header.hash_secret, 16));
	make_colliding(&image, keys, 12);

	ASSERT_EQ(0, put_keys(fds[0], BY_IOCTL, keys, statuses, KEYS));
	EXPECT_EQ(-EXFULL, statuses[KEYS - 1]);
	check_read(_metadata, &image, fds[0], keys, longest_chain(&image));
	ASSERT_EQ(0, put_keys(fds[1], BY_IOCTL, keys, statuses, KEYS));
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, statuses[i]);
	check_read(_metadata, &other, fds[1], keys, KEYS);
	ASSERT_EQ(0, map_stat(fds[1], &stat));
	EXPECT_GT(KHMAP_CHAIN_MAX - 1, stat.overflow_buckets);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, map_verify(fds[i]));
		close(fds[i]);
	}
	image_close(&image);
	image_close(&other);
}

TEST_HARNESS_MAIN
