// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_foreign.c - files of the other byte order
 *
 * Such a file is made from Documentation/image-format.rst, with nothing of the
 * reader: its records are those of a schema that names the other order for every
 * number, and what the format says has an order is turned byte by byte.  What comes
 * of reading it by the schema that names none is what the first schema tells of the
 * same entries.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include <khmap/foreign.h>

#include "../schema_random.h"
#include "test_delta.h"

#define PAGE		KHMAP_OS_PAGE_SIZE
#define SCHEMAS		400
#define AT(field)	offsetof(struct khmap_image_header, field)

/* The text of an order that is not this host's. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OTHER		"be"
#else
#define OTHER		"le"
#endif

static void turn(unsigned char *at, size_t size)
{
	size_t i;

	for (i = 0; i < size / 2; i++) {
		unsigned char byte = at[i];

		at[i] = at[size - 1 - i];
		at[size - 1 - i] = byte;
	}
}

static void put64(unsigned char *at, u64 number)
{
	memcpy(at, &number, sizeof(number));
	turn(at, sizeof(number));
}

static u64 get(const unsigned char *at, size_t size)
{
	u64 number = 0;

	for (; size; size--)
		number = number << 8 | at[OTHER[0] == 'b' ? 0 : size - 1], at += OTHER[0] == 'b';
	return number;
}

/* Checksums as if all else were right; of a file that was turned. */
static void image_sign(struct bytes *image)
{
	unsigned char *table = image->at + get(image->at + AT(checksum_offset), 8);
	u64 count = get(image->at + AT(checksum_count), 8), i;
	unsigned char page[PAGE];

	for (i = 1; i < count; i++)
		put64(table + 8 * i, XXH64(image->at + i * PAGE, PAGE, i));
	put64(image->at + AT(checksum_checksum), XXH64(table, 8 * count, 0));
	memcpy(page, image->at, PAGE);
	memset(page + 200, 0, 8);
	memset(page + 520, 0, 4);
	put64(image->at + AT(header_checksum), XXH64(page, PAGE, 0));
}

static void bucket_turn(unsigned char *bucket)
{
	turn(bucket, 4);
	turn(bucket + 4, 4);
}

/* Of this host's order, to the other. */
static void image_turn(struct bytes *image)
{
	static const struct {
		u32 from;
		u32 to;
		u32 size;
	} words[] = {
		{ 8, 32, 4 }, { 32, 48, 8 }, { 48, 136, 4 }, { 136, 224, 8 }, { 224, 232, 4 },
		{ 232, 296, 8 }, { 296, 304, 4 }, { 512, 524, 4 },
	};
	struct khmap_image_header h;
	u64 page;
	u32 i, at;

	memcpy(&h, image->at, sizeof(h));
	for (page = 0; page < h.primary_pages; page++)
		for (i = 0; i < h.geometry.buckets_per_page; i++)
			bucket_turn(image->at + h.primary_offset + page * PAGE +
				    i * h.geometry.bucket_stride);
	for (page = 0; page < h.overflow_pages; page++)
		for (i = 0; i < h.geometry.overflow_per_page; i++)
			bucket_turn(image->at + h.overflow_offset + page * PAGE +
				    i * h.geometry.overflow_stride);
	bucket_turn(image->at + h.geometry.inline_offset);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (at = words[i].from; at < words[i].to; at += words[i].size)
			turn(image->at + at, words[i].size);
	image_sign(image);
}

/* The schema with every number in the order that is not this host's. */
static void schema_other(const char *text, char *other)
{
	const char *from;

	for (from = text; *from; from++) {
		size_t length = strspn(from + 1, "0123456789") + 1;

		*other++ = *from;
		if (from == text || !strchr(": ", from[-1]) || !strchr("uif", *from) ||
		    length == 1 || (length == 2 && from[1] == '8') || isalpha(from[length]))
			continue;
		other = stpcpy(stpncpy(other, from + 1, length - 1), OTHER);
		from += length - 1;
	}
	*other = '\0';
}

static struct khmap_schema *schema_parse(const char *text)
{
	struct khmap_schema *schema;

	if (khmap_schema_parse(text, strlen(text), &schema))
		return NULL;
	return schema;
}

/**
 * struct lines - entries as text
 * @lines: one each; owned, as they are
 * @count: how many
 */
struct lines {
	char **lines;
	size_t count;
};

static void lines_add(struct lines *to, const struct khmap_schema *schema, const void *key,
		      const void *value)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	khmap_value_print_json(khmap_schema_key(schema), key, out);
	putc(' ', out);
	khmap_value_print_json(khmap_schema_value(schema), value, out);
	fclose(out);
	to->lines = realloc(to->lines, (to->count + 1) * sizeof(*to->lines));
	if (!to->lines)
		err(1, "lines");
	to->lines[to->count++] = text;
}

static int line_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Frees both. */
static bool lines_same(struct lines *a, struct lines *b)
{
	bool same = a->count == b->count;
	size_t i;

	qsort(a->lines, a->count, sizeof(*a->lines), line_compare);
	qsort(b->lines, b->count, sizeof(*b->lines), line_compare);
	for (i = 0; i < a->count && same; i++) {
		same = !strcmp(a->lines[i], b->lines[i]);
		if (!same)
			diag("%s\n# %s", a->lines[i], b->lines[i]);
	}
	for (i = 0; i < a->count; i++)
		free(a->lines[i]);
	for (i = 0; i < b->count; i++)
		free(b->lines[i]);
	free(a->lines);
	free(b->lines);
	*a = *b = (struct lines){ NULL, 0 };
	return same;
}

/* All entries of an image of this host's order. */
static void lines_native(struct lines *to, const struct khmap_schema *schema, const char *path)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct khmap_iter *iter;
	struct khmap *map;

	if (khmap_open(path, NULL, &map) || khmap_iter_create(map, &iter))
		errx(1, "%s", khmap_reason());
	while (khmap_iter_next(iter, key, value) > 0)
		lines_add(to, schema, key, value);
	khmap_iter_free(iter);
	khmap_close(map);
}

/* All entries of one of the other order: what the last call returned. */
static int lines_foreign(struct lines *to, const struct khmap_schema *schema, const char *path,
			 u32 flags)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct khmap_foreign *foreign;
	int got = khmap_foreign_open(path, flags, &foreign);

	if (got)
		return got;
	while ((got = khmap_foreign_next(foreign, key, value)) > 0)
		if (schema)
			lines_add(to, schema, key, value);
	if (khmap_foreign_next(foreign, key, value) != got)
		errx(1, "the end is not the end");
	khmap_foreign_close(foreign);
	return got;
}

/**
 * image_make() - A file of the other order, and its entries.
 * @text: the schema, canonical
 * @seed: of the records, and of what the map is like
 * @count: records that are put
 * @entries: receives them; or NULL
 *
 * The file is ./foreign.khm.
 *
 * Return: whether there is such a map.
 */
static bool image_make(const char *text, uint64_t seed, u32 count, struct lines *entries)
{
	char other_text[2 * KHMAP_SCHEMA_MAX];
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct khmap_schema *schema = schema_parse(text), *other;
	struct khmap_geometry g = { .page_shift = KHMAP_OS_PAGE_SHIFT };
	struct khmap_table_params params;
	struct bytes image;
	struct engine engine;

	schema_other(text, other_text);
	other = schema_parse(other_text);
	if (!schema || !other) {
		khmap_schema_free(schema);
		khmap_schema_free(other);
		return false;
	}
	params = params_make((u32)khmap_schema_key_size(schema),
			     (u32)khmap_schema_value_size(schema), seed % 3 ? 1 : count);
	params.schema = text;
	params.schema_length = (u32)strlen(text);
	params.load_percent = seed % 2 ? 95 : 50;
	params.layout = seed % 5 ? KHMAP_LAYOUT_PACKED : KHMAP_LAYOUT_ALIGNED;
	params.hash_kind = seed % 7 ? KHMAP_HASH_FOLD : KHMAP_HASH_SIPHASH13;
	g.layout = params.layout;
	g.key_size = params.key_size;
	g.value_size = params.value_size;
	if (khmap_geometry_solve(&g, params.schema_length)) {
		khmap_schema_free(schema);
		khmap_schema_free(other);
		return false;
	}
	engine_open(&engine, &params);
	for (; count; count--) {
		memset(key, 0, sizeof(key));
		memset(value, 0, sizeof(value));
		random_record(&seed, khmap_schema_key(other), key);
		random_record(&seed, khmap_schema_value(other), value);
		if (khmap_table_put(engine.table, key, value, KHMAP_PUT_EITHER, NULL))
			errx(1, "put");
	}
	snapshot_file(&engine, 1, "./native.khm");
	engine_close(&engine);
	if (entries)
		lines_native(entries, other, "./native.khm");
	image = bytes_load("./native.khm");
	image_turn(&image);
	bytes_store(&image, "./foreign.khm");
	free(image.at);
	unlink("./native.khm");
	khmap_schema_free(schema);
	khmap_schema_free(other);
	return true;
}

/* Is what is read from a file of the other order what was put there? */
static bool is_read(const char *text, u64 seed, u32 count)
{
	struct lines expected = { NULL, 0 }, got = { NULL, 0 };
	struct khmap_schema *schema;
	bool fine;
	int ret;

	if (!image_make(text, seed, count, &expected))
		return false;
	schema = schema_parse(text);
	ret = lines_foreign(&got, schema, "./foreign.khm", 0);
	khmap_schema_free(schema);
	fine = !ret && got.count;
	if (ret)
		diag("%s: %s", text, khmap_reason());
	if (!lines_same(&expected, &got)) {
		diag("%s: the entries differ", text);
		fine = false;
	}
	return ok(fine, "%.60s: %u records", text, count);
}

static void test_types(void)
{
	static const char *const bases[] = {
		"u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "u16le",
		"u16be", "i32le", "i32be", "u64le", "u64be", "f32be", "f64le", "bool", "bytes[7]",
		"str[9]", "ipv4", "ipv6", "mac", "u32[3]", "str[3][2]", "{a:u16,b:f64}",
		"packed{a:u8,b:u64}", "align4{a:u16,b:i64}[2]",
	};
	char text[KHMAP_SCHEMA_MAX];
	size_t i;

	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		snprintf(text, sizeof(text), "key {n:u32,x:%s};value %s", bases[i], bases[i]);
		is_read(text, i, 300);
	}
}

static void test_random(void)
{
	u64 seed = test_seed(), i;
	unsigned int made = 0;

	for (i = 0; made < SCHEMAS; i++) {
		static struct random_schema schema;

		random_schema(&schema, seed + i);
		made += is_read(schema.plain, seed + i, 1 + (u32)(i % 200));
	}
}

static const char plain[] = "key u64;value u64";

/**
 * struct scene - a file with a chain of several buckets
 * @image: its bytes
 * @head: the primary bucket
 * @second: its overflow bucket
 * @shift: overflow_shift
 */
struct scene {
	struct bytes image;
	u64 head;
	u64 second;
	u32 shift;
};

static u64 follow(const struct bytes *image, u64 at)
{
	const unsigned char *h = image->at;
	u64 reference = get(h + at + 4, 4), shift = get(h + AT(geometry.overflow_shift), 4);

	return !reference ? 0 : get(h + AT(overflow_offset), 8) +
	       ((reference >> shift) - 1) * PAGE + (reference & ((1u << shift) - 1)) *
	       get(h + AT(geometry.overflow_stride), 4);
}

static struct scene scene_make(void)
{
	struct scene scene = { .head = 0 };
	u64 at, stride;

	/* A load of 95, aligned, fold. */
	if (!image_make(plain, 5, 4000, NULL))
		errx(1, "no scene");
	scene.image = bytes_load("./foreign.khm");
	scene.shift = (u32)get(scene.image.at + AT(geometry.overflow_shift), 4);
	stride = get(scene.image.at + AT(geometry.bucket_stride), 4);
	for (at = PAGE; !scene.second && at < 2 * PAGE; at += stride) {
		scene.head = at;
		scene.second = follow(&scene.image, at);
	}
	if (!scene.second)
		errx(1, "no chain");
	return scene;
}

/* Writes @bytes at @at, the number @value in the other order; makes checksums anew. */
static void is_refused(const struct scene *scene, u64 at, size_t size, u64 value, int error,
		       const char *words, const char *what)
{
	struct bytes copy = { malloc(scene->image.size), scene->image.size };
	struct lines none = { NULL, 0 };
	u32 flags = at == AT(schema_length) ? KHMAP_FOREIGN_OPAQUE : 0;
	int got;

	memcpy(copy.at, scene->image.at, copy.size);
	memcpy(copy.at + at, (char *)&value + (OTHER[0] == 'b' ? 0 : sizeof(value) - size), size);
	turn(copy.at + at, size);
	if (at != AT(checksum_offset) && at != AT(checksum_count))
		image_sign(&copy);
	bytes_store(&copy, "./bad.khm");
	free(copy.at);
	got = lines_foreign(&none, NULL, "./bad.khm", flags);
	if (!ok(got == error && strstr(khmap_reason(), words), "%s: %s", what, strerror(-error)))
		diag("%d: %s", got, khmap_reason());
}

static void test_refused(void)
{
	struct scene s = scene_make();
	u64 beyond = get(s.image.at + AT(overflow_pages_max), 8) + 1;

#define HEADER(field, value, error, words) \
	is_refused(&s, AT(field), sizeof(((struct khmap_image_header *)NULL)->field), value, \
		   error, words, #field)
	HEADER(version, 2, -EPROTONOSUPPORT,
	       "version: expected format version 1, which this library reads, found version 2");
	HEADER(version, 0, -EUCLEAN, "found version 0");
	HEADER(features_read, 1, -EPROTONOSUPPORT, "unknown bits 0x1");
	HEADER(kind, 1, -EUCLEAN, "kind");
	HEADER(hash_kind, 3, -EPROTONOSUPPORT, "hash_kind");
	HEADER(geometry.page_shift, 17, -EUCLEAN, "page_shift");
	HEADER(geometry.key_size, 0, -EUCLEAN, "key_size");
	HEADER(geometry.buckets_per_page, 4096, -EUCLEAN, "buckets_per_page");
	HEADER(geometry.overflow_shift, 32, -EUCLEAN, "overflow_shift");
	HEADER(geometry.inline_offset, PAGE, -EUCLEAN, "inline_offset");
	HEADER(primary_offset, PAGE + 8, -EUCLEAN, "primary_offset");
	HEADER(overflow_pages_max, 1ull << 33, -EUCLEAN, "overflow_pages_max");
	HEADER(image_size, 1ull << 40, -EUCLEAN, "truncated");
	HEADER(shape, UINT32_MAX, -EUCLEAN, "shape");
	HEADER(schema_hash, 1, -EUCLEAN, "schema_hash");
	HEADER(schema_length, 1025, -EUCLEAN, "schema_length");
	HEADER(entries, 5, -EUCLEAN, "entries: expected 5, as the header says, found ");
#undef HEADER
	is_refused(&s, s.head, 4, 1, -EUCLEAN, "being written", "sequence");
	is_refused(&s, s.head + 4, 4, 1, -EUCLEAN, "leads outside, reference 0x1",
		   "reference, page");
	is_refused(&s, s.head + 4, 4, beyond << s.shift, -EUCLEAN, "leads outside",
		   "reference behind the region");
	is_refused(&s, s.head + 4, 4, UINT32_MAX, -EUCLEAN, "leads outside", "reference");
	is_refused(&s, s.second + 4, 4, get(s.image.at + s.head + 4, 4), -EUCLEAN,
		   "the chain has no end", "a circle");
	free(s.image.at);
}

static void is_damaged(const struct scene *scene, u64 at, const char *words, const char *what)
{
	struct lines none = { NULL, 0 };
	int got;

	scene->image.at[at] ^= 1;
	bytes_store(&scene->image, "./bad.khm");
	scene->image.at[at] ^= 1;
	got = lines_foreign(&none, NULL, "./bad.khm", 0);
	if (!ok(got == -EBADMSG && strstr(khmap_reason(), words), "a bit of %s", what))
		diag("%d: %s", got, khmap_reason());
}

static void test_damaged(void)
{
	struct scene s = scene_make();
	struct lines none = { NULL, 0 };
	u64 size = s.image.size, wrong = 0;

	is_damaged(&s, AT(created_ns), "header_checksum", "the header page");
	is_damaged(&s, s.head + 30, "checksum of page 1", "a primary page");
	is_damaged(&s, s.second + 30, "checksum of page", "an overflow page");
	is_damaged(&s, get(s.image.at + AT(checksum_offset), 8) + 9, "table of checksums",
		   "the table");
	for (s.image.size = 16; s.image.size < size; s.image.size += 1000) {
		bytes_store(&s.image, "./bad.khm");
		wrong += lines_foreign(&none, NULL, "./bad.khm", 0) != -EUCLEAN ||
			 !strstr(khmap_reason(), "truncated");
	}
	is_u64(wrong, 0, "a file that lost its end, at many places");
	free(s.image.at);
}

static void test_opaque(void)
{
	struct lines native = { NULL, 0 }, got = { NULL, 0 };
	struct khmap_schema *bytes = schema_parse("key bytes[8];value bytes[3]");
	struct khmap_table_params params = params_make(8, 3, 100);
	struct bytes image;
	struct engine engine;

	engine_open(&engine, &params);
	put_range(&engine, 1, 100, 1);
	snapshot_file(&engine, 1, "./native.khm");
	engine_close(&engine);
	lines_native(&native, bytes, "./native.khm");
	is_i64(lines_foreign(&got, NULL, "./native.khm", 0), -EINVAL,
	       "a file of this host's order is none of the other");
	image = bytes_load("./native.khm");
	image_turn(&image);
	bytes_store(&image, "./bad.khm");
	free(image.at);
	ok(lines_foreign(&got, NULL, "./bad.khm", 0) == -ENODATA &&
	   strstr(khmap_reason(), "has no schema; so nothing tells which bytes"),
	   "no schema: refused, and why");
	is_i64(lines_foreign(&got, bytes, "./bad.khm", KHMAP_FOREIGN_OPAQUE), 0,
	       "unless bytes are taken as they are");
	ok(got.count == 99 && lines_same(&native, &got), "and then they are");
	is_i64(lines_foreign(&got, NULL, "./bad.khm", 2), -EOPNOTSUPP, "an unknown flag");
	is_i64(lines_foreign(&got, NULL, "./none.khm", 0), -ENOENT, "no file");
	is_i64(lines_foreign(&got, NULL, ".", 0), -EINVAL, "a folder");
	khmap_schema_free(bytes);
	unlink("./native.khm");
}

int main(void)
{
	folder_enter();
	test_types();
	test_random();
	test_refused();
	test_damaged();
	test_opaque();
	unlink("./foreign.khm");
	unlink("./bad.khm");
	ok(folder_leave(0), "no file is left behind");
	return done();
}
