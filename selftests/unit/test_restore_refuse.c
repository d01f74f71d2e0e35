// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_restore_refuse.c - an image that is not as it should be becomes no map
 *
 * Each field is violated in an image that is right otherwise.  The restore says
 * why, and where, and leaves no memory behind.
 */
#include "restore_test.h"
#include "tap.h"

#define AT(field)	offsetof(struct khmap_image_header, field)
#define MAX32		0xffffffffull
#define MAX64		(~0ull)

/**
 * struct field - a field of the header and a value that it must not have
 * @name: of the field
 * @at: its offset, which the refusal is to tell
 * @size: its bytes, 4 or 8; 1 for one byte of it
 * @value: that is written there
 * @err: errno of the refusal
 */
struct field {
	const char *name;
	size_t at;
	u32 size;
	u64 value;
	int err;
};

#define F4(field, value, err)	{ #field, AT(field), 4, value, err }
#define F8(field, value, err)	{ #field, AT(field), 8, value, err }
#define G(field, value)		F4(geometry.field, value, EUCLEAN)

static const struct field fields[] = {
	{ "magic", AT(magic), 1, 'k', EINVAL },
	F4(byte_order, 0x04030201, EPROTONOSUPPORT),
	F4(byte_order, 0x01020305, EUCLEAN),
	F4(version, 0, EUCLEAN),
	F4(version, 2, EPROTONOSUPPORT),
	F4(version, MAX32, EPROTONOSUPPORT),
	F4(features_read, 1, EPROTONOSUPPORT),
	F4(features_read, 1u << 31, EPROTONOSUPPORT),
	F4(features_write, 1, EPROTONOSUPPORT),
	F4(kind, 1, EINVAL),
	F4(kind, 0, EUCLEAN),
	F4(kind, 3, EUCLEAN),
	F4(hash_kind, 0, EPROTONOSUPPORT),
	F4(hash_kind, 3, EPROTONOSUPPORT),
	F4(load_percent, 9, EUCLEAN),
	F4(load_percent, 96, EUCLEAN),
	F4(geometry.page_shift, 11, EUCLEAN),
	F4(geometry.page_shift, 13, EPROTONOSUPPORT),
	F4(geometry.page_shift, 16, EPROTONOSUPPORT),
	F4(geometry.page_shift, 17, EUCLEAN),
	F4(geometry.page_shift, MAX32, EUCLEAN),
	G(layout, 0), G(layout, 3), G(key_size, 0), G(key_size, 4097),
	G(value_size, 0), G(value_size, 4097), G(value_size, 4096),
	G(value_offset, 16), G(slot_stride, 24), G(slot_stride, 0), G(meta_kind, 1),
	G(meta_offset, 8), G(value_kind, 1), G(bucket_stride, 64), G(bucket_stride, 0),
	G(bucket_slots, 6), G(bucket_slots, MAX32), G(buckets_per_page, 31),
	G(buckets_per_page, 33), G(tags_size, 16), G(tags_size, 0), G(overflow_stride, 128),
	G(overflow_slots, 2), G(overflow_slots, 7), G(overflow_per_page, 63),
	G(overflow_per_page, 65), G(overflow_shift, 5), G(overflow_shift, 32),
	G(inline_slots, 14), G(inline_slots, 16), G(inline_offset, 648),
	G(inline_offset, MAX32), G(reserved, 1),
	F8(primary_offset, 0, EUCLEAN), F8(primary_offset, 8192, EUCLEAN),
	F8(primary_pages_max, 0, EUCLEAN), F8(primary_pages_max, 1 << 22, EUCLEAN),
	F8(primary_pages_max, MAX64, EUCLEAN),
	F8(overflow_offset, 4096, EUCLEAN), F8(overflow_offset, MAX64, EUCLEAN),
	F8(overflow_pages_max, 0, EUCLEAN), F8(overflow_pages_max, 1ull << 32, EUCLEAN),
	F8(image_size, 4096, EUCLEAN), F8(image_size, MAX64, EUCLEAN),
	F8(generation_offset, 4096, EUCLEAN),
	F8(schema_hash, 1, EUCLEAN),
	F4(schema_length, 1025, EUCLEAN), F4(schema_length, MAX32, EUCLEAN),
	F4(schema_offset, 640, EUCLEAN),
	F8(entries, 0, EUCLEAN), F8(entries, 1, EUCLEAN),
	F8(overflow_entries, 0, EUCLEAN), F8(overflow_entries, MAX64, EUCLEAN),
	F8(overflow_buckets, 0, EUCLEAN), F8(overflow_buckets, MAX64, EUCLEAN),
	F8(max_entries, 0, EUCLEAN), F8(max_entries, 5, EUCLEAN),
	F8(max_entries, MAX64 - 1, EUCLEAN),
	F4(primary_pages, 0, EUCLEAN), F4(primary_pages, MAX32, EUCLEAN),
	F4(overflow_pages, MAX32, EUCLEAN),
	F4(shape, 0x3ff, EUCLEAN), F4(shape, MAX32, EUCLEAN), F4(shape, 1, EUCLEAN),
	F4(mask, 0, EUCLEAN), F4(mask, MAX32, EUCLEAN),
	F4(successor, 1, EUCLEAN),
	{ "reserved, first", AT(reserved), 1, 1, EUCLEAN },
	{ "reserved_shape, first", AT(reserved_shape), 1, 1, EUCLEAN },
};

/* What the image says, and the restored map does not take over. */
static const struct field ignored[] = {
	F4(features_compat, 1u << 31, 0),
	F8(checksum_offset, 8, 0), F8(checksum_count, MAX64, 0), F8(checksum_checksum, 1, 0),
	F8(header_checksum, 1, 0), F8(map_id, MAX64, 0), F8(created_ns, MAX64, 0),
	F8(snapshot_ns, MAX64, 0), F8(epoch, MAX64, 0),
	{ "name", AT(name), 1, '/', 0 },
};

static void poke(struct picture *picture, u64 at, u64 value, u32 size)
{
	const unsigned char *bytes = (const unsigned char *)&value;

	/* The low bytes of it, where this machine has them. */
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		bytes += sizeof(value) - size;
	memcpy(picture->bytes + at, bytes, size);
}

/* Restores it, and says whether nothing was left behind. */
static int attempt(struct picture *picture, struct khmap_damage_place *damage, bool *clean)
{
	struct khmap_account *account = khmap_account_create(RESTORE_ROOM, 0, false);
	struct khmap_table *table = NULL;
	int err = picture_restore(picture, account, 0, damage, &table);

	if (!err)
		khmap_table_destroy(table);
	*clean = !khmap_account_used(account);
	khmap_account_destroy(account);
	return err;
}

static struct picture image(u32 key_size, u32 value_size, u32 layout, u32 load, u32 keys)
{
	struct khmap_table_params p = params_make(key_size, value_size, 1);
	unsigned char key[64], value[64];
	struct picture picture;
	struct engine e;
	u32 i;

	p.layout = layout;
	p.load_percent = load;
	engine_open(&e, &p);
	for (i = 0; i < keys; i++) {
		key_make(key, key_size, i);
		value_make(value, value_size, i, 1);
		if (khmap_table_put(e.table, key, value, KHMAP_PUT_EITHER, NULL))
			exit(1);
	}
	picture = picture_take(e.table);
	engine_close(&e);
	return picture;
}

static void try_field(struct picture *picture, const struct field *f)
{
	unsigned char old[8];
	struct khmap_damage_place damage;
	bool clean;
	int err;

	memcpy(old, picture->bytes + f->at, f->size);
	poke(picture, f->at, f->value, f->size);
	err = attempt(picture, &damage, &clean);
	memcpy(picture->bytes + f->at, old, f->size);
	if (f->err)
		ok(err == -f->err && damage.what == KHMAP_DAMAGE_HEADER && !damage.page &&
		   damage.bucket == KHMAP_DAMAGE_NOWHERE && damage.slot == KHMAP_DAMAGE_NOWHERE &&
		   clean, "%s %llx: %s, found %s", f->name, (unsigned long long)f->value,
		   strerror(f->err), strerror(-err));
	else
		ok(!err && clean, "%s %llx: ignored, found %s", f->name,
		   (unsigned long long)f->value, strerror(-err));
}

/**
 * struct spots - where things are in an image with chains
 * @head: a primary bucket with a chain of three buckets
 * @second: its first overflow bucket
 * @last: its second, which has room
 * @other: another primary bucket with an overflow bucket
 * @page: of @head in the image
 * @bucket: of @head in its page
 */
struct spots {
	u64 head;
	u64 second;
	u64 last;
	u64 other;
	u64 page;
	u32 bucket;
};

static u64 follow(struct picture *picture, u64 at)
{
	const struct khmap_image_header *h = picture_header(picture);
	u32 reference;

	memcpy(&reference, picture->bytes + at + 4, 4);
	if (!reference)
		return 0;
	return h->overflow_offset + (u64)khmap_reference_page(&h->geometry, reference) * PAGE +
	       khmap_reference_bucket(&h->geometry, reference) * h->geometry.overflow_stride;
}

static struct spots find_spots(struct picture *picture)
{
	const struct khmap_image_header *h = picture_header(picture);
	const struct khmap_geometry *g = &h->geometry;
	struct spots s = { 0 };
	u32 page, bucket;

	for (page = 0; page < h->primary_pages; page++)
		for (bucket = 0; bucket < g->buckets_per_page; bucket++) {
			u64 at = (1 + (u64)page) * PAGE + bucket * g->bucket_stride;
			u64 second = follow(picture, at);
			u64 third = second ? follow(picture, second) : 0;

			if (third && !follow(picture, third) && !s.head &&
			    !picture->bytes[third + 8 + g->overflow_slots - 1]) {
				s.head = at;
				s.second = second;
				s.last = third;
				s.page = 1 + page;
				s.bucket = bucket;
			} else if (second) {
				s.other = at;
			}
		}
	if (!s.head || !s.other)
		exit(1);
	return s;
}

/* Violates bytes, and expects a refusal for @what at a bucket. */
static void try_bytes(struct picture *picture, const char *name, u64 at, const void *bytes,
		      u32 size, u32 what, u64 bucket_at)
{
	unsigned char *old = malloc(size);
	struct khmap_damage_place damage;
	bool clean;
	int err;

	memcpy(old, picture->bytes + at, size);
	memcpy(picture->bytes + at, bytes, size);
	err = attempt(picture, &damage, &clean);
	memcpy(picture->bytes + at, old, size);
	free(old);
	if (!ok(err == -EUCLEAN && damage.what == what && clean &&
		damage.page * PAGE + damage.offset == bucket_at, "%s: damage %u", name, what))
		diag("%d: damage %u, page %llu bucket %u slot %u offset %u, clean %u", err,
		     damage.what, (unsigned long long)damage.page, damage.bucket, damage.slot,
		     damage.offset, clean);
}

static void try_byte(struct picture *picture, const char *name, u64 at, u8 value, u32 what,
		     u64 bucket_at)
{
	try_bytes(picture, name, at, &value, 1, what, bucket_at);
}

static void try_word(struct picture *picture, const char *name, u64 at, u32 value, u32 what,
		     u64 bucket_at)
{
	try_bytes(picture, name, at, &value, 4, what, bucket_at);
}

static void test_chains(struct picture *p)
{
	const struct khmap_image_header *h = picture_header(p);
	const struct khmap_geometry *g = &h->geometry;
	u32 slots = 8 + g->tags_size, pages = h->overflow_pages, other;
	struct spots s = find_spots(p);
	unsigned char two[16];
	u64 at;

	try_word(p, "sequence, odd", s.head, 1, KHMAP_DAMAGE_SEQUENCE, s.head);
	try_word(p, "sequence, overflow bucket", s.second, 2, KHMAP_DAMAGE_SEQUENCE, s.second);
	try_word(p, "reference, page 0", s.head + 4, 1, KHMAP_DAMAGE_REFERENCE, s.head);
	try_word(p, "reference, page beyond", s.head + 4, khmap_reference(g, pages, 0),
		 KHMAP_DAMAGE_REFERENCE, s.head);
	try_word(p, "reference, all ones", s.head + 4, ~0u, KHMAP_DAMAGE_REFERENCE, s.head);
	memcpy(&other, p->bytes + s.head + 4, 4);
	try_word(p, "reference, back", s.last + 4, other, KHMAP_DAMAGE_SHARED, s.last);
	memcpy(&other, p->bytes + s.other + 4, 4);
	/* Whoever comes second is told. */
	at = s.other < s.head ? s.head : s.other;
	if (s.other > s.head) {
		memcpy(&other, p->bytes + s.head + 4, 4);
		try_word(p, "reference, to another chain", s.other + 4, other,
			 KHMAP_DAMAGE_SHARED, at);
	} else {
		try_word(p, "reference, to another chain", s.head + 4, other,
			 KHMAP_DAMAGE_SHARED, at);
	}
	try_byte(p, "tag", s.head + 8, p->bytes[s.head + 8] == 7 ? 9 : 7, KHMAP_DAMAGE_TOPHASH,
		 s.head);
	try_byte(p, "tag 0 of a used slot", s.head + 8, 0, KHMAP_DAMAGE_SLACK, s.head);
	try_byte(p, "filter, without a class", s.head + 7 + g->tags_size, 0, KHMAP_DAMAGE_FILTER,
		 s.head);
	try_byte(p, "filter, with another", s.head + 7 + g->tags_size,
		 p->bytes[s.head + 7 + g->tags_size] == 0xff ? 0xfe : 0xff, KHMAP_DAMAGE_FILTER,
		 s.head);
	try_byte(p, "filter, overflow bucket", s.second + 15, 1, KHMAP_DAMAGE_FILTER, s.second);
	try_byte(p, "tag behind the slots, overflow bucket", s.second + 8 + g->overflow_slots, 1,
		 KHMAP_DAMAGE_TAGS, s.second);
	try_byte(p, "empty slot", s.last + 16 + g->slot_stride * g->overflow_slots - 1, 1,
		 KHMAP_DAMAGE_SLACK, s.last);
	/* The first key again, with its tag, in the first overflow bucket. */
	memcpy(two, p->bytes + s.second, 8);
	memcpy(two + 8, p->bytes + s.second + 8, 8);
	two[8] = p->bytes[s.head + 8];
	{
		unsigned char bucket[4096];

		memcpy(bucket, p->bytes + s.second, g->overflow_stride);
		memcpy(bucket, two, 16);
		memcpy(bucket + 16, p->bytes + s.head + slots, g->key_size);
		try_bytes(p, "key, twice", s.second, bucket, g->overflow_stride,
			  KHMAP_DAMAGE_TWICE, s.second);
		/* A bucket that is not the last one has a hole. */
		memcpy(bucket, p->bytes + s.head, g->bucket_stride);
		bucket[8] = 0;
		memset(bucket + slots, 0, g->slot_stride);
		try_bytes(p, "chain, not dense", s.head, bucket, g->bucket_stride,
			  KHMAP_DAMAGE_DENSE, s.head);
		memset(bucket, 0, g->overflow_stride);
		try_bytes(p, "overflow bucket, empty", s.last, bucket, g->overflow_stride,
			  KHMAP_DAMAGE_DENSE, s.last);
	}
	/* The last bucket of the region is free in most images; find one. */
	for (at = h->image_size - PAGE; at < h->image_size; at += g->overflow_stride) {
		u32 i = 0;

		while (i < g->overflow_stride && !p->bytes[at + i])
			i++;
		if (i == g->overflow_stride)
			break;
	}
	if (at + g->overflow_stride > h->image_size)
		exit(1);
	try_byte(p, "overflow bucket in no chain", at + 20, 1, KHMAP_DAMAGE_FREE, at);
	try_byte(p, "inline bucket, shape not 0", g->inline_offset + 8, 1, KHMAP_DAMAGE_INLINE,
		 g->inline_offset);
	try_word(p, "inline bucket, odd", g->inline_offset, 1, KHMAP_DAMAGE_SEQUENCE,
		 g->inline_offset);
	try_byte(p, "slack of the header page", PAGE - 1, 1, KHMAP_DAMAGE_SLACK,
		 g->inline_offset + 24 + g->inline_slots * g->slot_stride);
}

/* A key that leads to another bucket, with the right tag: two buckets change places. */
static void test_bucket(struct picture *p)
{
	const struct khmap_image_header *h = picture_header(p);
	u32 stride = h->geometry.bucket_stride, i;
	unsigned char *pair = malloc(2 * stride);
	u64 at = 0;

	for (i = 0; i + 1 < h->geometry.buckets_per_page && !at; i++) {
		u64 b = PAGE + i * stride;

		if (p->bytes[b + 8] && p->bytes[b + stride + 8] && !follow(p, b) &&
		    !follow(p, b + stride))
			at = b;
	}
	if (!at)
		exit(1);
	memcpy(pair, p->bytes + at + stride, stride);
	memcpy(pair + stride, p->bytes + at, stride);
	try_bytes(p, "keys of another bucket", at, pair, 2 * stride, KHMAP_DAMAGE_BUCKET, at);
	free(pair);
}

static void test_partly(void)
{
	struct picture p = image(8, 8, KHMAP_LAYOUT_ALIGNED, 75, 3000);
	struct khmap_image_header *h = picture_header(&p);
	u32 part = h->shape & 1023, pages = h->primary_pages;
	u64 last = (u64)pages * PAGE + PAGE - h->geometry.bucket_stride;
	struct field f = { "shape between buckets", AT(shape), 4, h->shape + 1, EUCLEAN };

	ok(part, "an image with a page in the middle of its split");
	try_byte(&p, "bucket that the shape does not reach", last + 9, 1, KHMAP_DAMAGE_UNUSED,
		 last);
	try_field(&p, &f);
	free(p.bytes);
}

static void test_small(void)
{
	struct picture p = image(3, 8, KHMAP_LAYOUT_PACKED, 75, 10);
	const struct khmap_geometry *g = &picture_header(&p)->geometry;
	u64 at = g->inline_offset;

	ok(!picture_header(&p)->shape, "an image without pages");
	try_word(&p, "inline: odd", at, 3, KHMAP_DAMAGE_SEQUENCE, at);
	try_word(&p, "inline: reference", at + 4, khmap_reference(g, 0, 0),
		 KHMAP_DAMAGE_REFERENCE, at);
	try_byte(&p, "inline: filter", at + 23, 1, KHMAP_DAMAGE_FILTER, at);
	try_byte(&p, "inline: tag", at + 8, p.bytes[at + 8] ^ 1, KHMAP_DAMAGE_TOPHASH, at);
	try_byte(&p, "inline: padding", at + 24 + 3, 1, KHMAP_DAMAGE_PADDING, at);
	try_byte(&p, "inline: empty slot", at + 24 + 12 * g->slot_stride, 1, KHMAP_DAMAGE_SLACK,
		 at);
	{
		struct field f = { "a schema, in the slack", AT(schema_length), 4, 3, EUCLEAN };

		try_field(&p, &f);
	}
	free(p.bytes);
}

/* Behind the last bucket of a page, and behind a bucket's slots: of records that fill neither. */
static void test_slack(void)
{
	struct picture p = image(12, 46, KHMAP_LAYOUT_PACKED, 90, 3000);
	const struct khmap_image_header *h = picture_header(&p);
	const struct khmap_geometry *g = &h->geometry;
	u32 used = g->buckets_per_page * g->bucket_stride;
	u32 over = g->overflow_per_page * g->overflow_stride;
	u32 tail = 8 + g->tags_size + g->bucket_slots * g->slot_stride;

	ok(h->overflow_pages && used < PAGE && over < PAGE && tail < g->bucket_stride,
	   "an image with slack of each kind");
	try_byte(&p, "behind the buckets of a page", 2 * PAGE - 1, 1, KHMAP_DAMAGE_SLACK,
		 PAGE + used);
	try_byte(&p, "behind the overflow buckets of a page", h->image_size - 1, 1,
		 KHMAP_DAMAGE_SLACK, h->image_size - PAGE + over);
	try_byte(&p, "behind the slots of a bucket", PAGE + g->bucket_stride - 1, 1,
		 KHMAP_DAMAGE_SLACK, PAGE);
	free(p.bytes);
}

/* One that readers refuse, though its hash is right. */
static void test_schema(void)
{
	static const char schema[] = "key u64;value u64";
	struct khmap_table_params params = params_make(8, 8, 1);
	struct khmap_damage_place damage;
	struct khmap_image_header *h;
	struct picture p;
	struct engine e;
	bool clean;
	char *text;

	params.schema = schema;
	params.schema_length = sizeof(schema) - 1;
	engine_open(&e, &params);
	p = picture_take(e.table);
	engine_close(&e);
	h = picture_header(&p);
	text = (char *)p.bytes + h->schema_offset;
	is_i64(attempt(&p, &damage, &clean), 0, "an image with a schema is right");
	try_byte(&p, "behind the schema", h->geometry.inline_offset - 1, 1, KHMAP_DAMAGE_SLACK,
		 h->schema_offset + h->schema_length);
	text[7] = '\n';
	h->schema_hash = khmap_schema_text_hash(text, h->schema_length);
	is_i64(attempt(&p, &damage, &clean), -EUCLEAN, "not if the schema is not printable");
	ok(damage.what == KHMAP_DAMAGE_HEADER && damage.offset == AT(schema_offset) && clean,
	   "schema_offset is said to be the reason");
	free(p.bytes);
}

static void test_truncated(struct picture *p)
{
	struct khmap_damage_place damage;
	u64 size = p->size;
	u32 wrong = 0;
	bool clean;

	for (p->size = 0; p->size < size; p->size += PAGE / 2) {
		wrong += attempt(p, &damage, &clean) != -EUCLEAN;
		wrong += damage.what != KHMAP_DAMAGE_HEADER || damage.offset != AT(image_size);
		wrong += !clean;
	}
	p->size = size;
	is_u64(wrong, 0, "a shorter image: EUCLEAN, image_size");
}

/* Every byte of an image in turn: refused, or the map is sound. */
static void test_every_byte(struct picture *p)
{
	struct khmap_account *account = khmap_account_create(RESTORE_ROOM, 0, false);
	u32 refused = 0, wrong = 0, taken = 0;
	struct rng rng = { test_seed() };
	u32 i;

	for (i = 0; i < 20000; i++) {
		u64 at = rng_below(&rng, 3) ? rng_below(&rng, p->size) : rng_below(&rng, 1024);
		u8 old = p->bytes[at];
		struct khmap_damage_place damage;
		struct khmap_table *table;

		p->bytes[at] ^= 1u << rng_below(&rng, 8);
		if (picture_restore(p, account, 0, &damage, &table)) {
			refused++;
		} else {
			struct image image = image_of_table(table);

			taken++;
			wrong += !image_check(&image);
			khmap_table_destroy(table);
		}
		wrong += khmap_account_used(account) != 0;
		p->bytes[at] = old;
	}
	ok(refused && taken, "a bit that is wrong: %u refused, %u taken", refused, taken);
	is_u64(wrong, 0, "what is taken is sound, and nothing is left behind");
	khmap_account_destroy(account);
}

int main(void)
{
	struct picture p = image(8, 8, KHMAP_LAYOUT_ALIGNED, 95, 3000);
	struct picture q = image(8, 8, KHMAP_LAYOUT_ALIGNED, 75, 200);
	struct khmap_damage_place damage;
	bool clean;
	u32 i;

	plan(1 + sizeof(fields) / sizeof(fields[0]) + sizeof(ignored) / sizeof(ignored[0]) + 21 +
	     1 + 3 + 8 + 4 + 1 + 3 + 3);
	is_i64(attempt(&p, &damage, &clean), 0, "the image is right");
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		try_field(&p, &fields[i]);
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		try_field(&p, &ignored[i]);
	test_chains(&p);
	test_bucket(&p);
	test_partly();
	test_small();
	test_slack();
	test_schema();
	test_truncated(&p);
	test_every_byte(&q);
	free(p.bytes);
	free(q.bytes);
	return done();
}
