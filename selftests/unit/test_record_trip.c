// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_record_trip.c - records of every type, out in each format and in again
 */
#include "record_sort.h"
#include "record_test.h"

#define SCHEMAS 400
#define RECORDS 24
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

struct record_bytes {
	unsigned char key[KHMAP_RECORD_MAX];
	unsigned char value[KHMAP_RECORD_MAX];
};

/**
 * struct trip - Records, as they are written.
 * @schema: their schema
 * @records: their bytes
 * @count: how many
 * @text: what was written
 * @size: bytes of it
 */
struct trip {
	struct khmap_schema *schema;
	struct record_bytes *records;
	unsigned int count;
	char *text;
	size_t size;
};

static const struct record_options formats[] = {
	{ .format = RECORD_CSV },
	{ .format = RECORD_CSV, .no_header = true, .delimiter = '\t' },
	{ .format = RECORD_CSV, .delimiter = ';' },
	{ .format = RECORD_NDJSON },
	{ .format = RECORD_JSON },
	{ .format = RECORD_MSGPACK },
	{ .format = RECORD_RAW },
};

static const char * const names[] = {
	"CSV", "CSV with tabs", "CSV with semicolons", "NDJSON", "JSON", "MessagePack", "raw",
};

/* A map has each key once. */
static bool trip_has(const struct trip *trip, const unsigned char *key)
{
	for (unsigned int i = 0; i < trip->count; i++) {
		if (!memcmp(trip->records[i].key, key, khmap_schema_key_size(trip->schema)))
			return true;
	}
	return false;
}

static void trip_fill(struct trip *trip, uint64_t *state, unsigned int count)
{
	memset(trip->records, 0, count * sizeof(struct record_bytes));
	trip->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		struct record_bytes *record = &trip->records[trip->count];

		memset(record, 0, sizeof(*record));
		random_record(state, khmap_schema_key(trip->schema), record->key);
		random_record(state, khmap_schema_value(trip->schema), record->value);
		trip->count += !trip_has(trip, record->key);
	}
}

static void trip_shuffle(struct trip *trip, uint64_t *state)
{
	for (unsigned int i = trip->count; i > 1; i--) {
		unsigned int j = random_below(state, i);
		struct record_bytes swap = trip->records[i - 1];

		trip->records[i - 1] = trip->records[j];
		trip->records[j] = swap;
	}
}

/* @memory: of the sort, which is not made if it is 0. */
static void trip_write(struct trip *trip, const struct record_options *options, size_t memory)
{
	size_t key_size = khmap_schema_key_size(trip->schema);
	struct record_sort *sort = NULL;
	const unsigned char *record;
	struct record_sink *sink;
	int ret = 0;
	FILE *out;

	free(trip->text);
	out = open_memstream(&trip->text, &trip->size);
	if (record_sink_open(out, trip->schema, options, &sink) ||
	    (memory && record_sort_open(trip->schema, memory, &sort)))
		exit(1);
	for (unsigned int i = 0; i < trip->count && !ret; i++)
		ret = sort ? record_sort_add(sort, trip->records[i].key, trip->records[i].value) :
		      record_put(sink, trip->records[i].key, trip->records[i].value);
	while (sort && !ret && (ret = record_sort_next(sort, &record)) > 0)
		ret = record_put(sink, record, record + key_size);
	if (ret)
		diag("%s: %s", khmap_schema_text(trip->schema), khmap_reason());
	record_sort_close(sort);
	record_sink_close(sink);
	fclose(out);
}

/* Read what was written into another trip. */
static void trip_read(const struct trip *from, const struct record_options *options,
		      struct trip *to)
{
	FILE *file = file_of(from->text, from->size);
	struct record_bytes *more = malloc(sizeof(*more));
	struct record_source *source;
	int ret = 0;

	to->schema = from->schema;
	to->count = 0;
	if (record_source_open(fileno(file), "in", to->schema, options, &source)) {
		diag("%s: %s", khmap_schema_text(to->schema), khmap_reason());
	} else {
		while (to->count < from->count &&
		       (ret = record_next(source, to->records[to->count].key,
					  to->records[to->count].value)) > 0)
			to->count++;
		if (ret >= 0)
			ret = record_next(source, more->key, more->value);
		if (ret)
			diag("%s: %s", khmap_schema_text(to->schema), khmap_reason());
		record_source_close(source);
	}
	free(more);
	fclose(file);
}

static bool trip_equal(const struct trip *a, const struct trip *b)
{
	bool equal = a->count == b->count;

	for (unsigned int i = 0; equal && i < a->count; i++)
		equal = !memcmp(a->records[i].key, b->records[i].key,
				khmap_schema_key_size(a->schema)) &&
			!memcmp(a->records[i].value, b->records[i].value,
				khmap_schema_value_size(a->schema));
	return equal;
}

static bool trip_same_text(const struct trip *a, const struct trip *b)
{
	return a->size == b->size && !memcmp(a->text, b->text, a->size);
}

/* Out, in, and out again: the same records, in the same order, and the same bytes. */
static bool trip_goes(struct trip *trip, const struct record_options *options, struct trip *back)
{
	trip_write(trip, options, 0);
	trip_read(trip, options, back);
	trip_write(back, options, 0);
	return trip_equal(trip, back) && trip_same_text(trip, back);
}

/*
 * The same sorted: whatever the order, and however much memory the sort has, the
 * bytes are the same, also of what is read of them.
 */
static bool trip_goes_sorted(struct trip *trip, const struct record_options *options,
			     struct trip *back, uint64_t *state)
{
	trip_write(trip, options, RECORD_SORT_MEMORY);
	trip_read(trip, options, back);
	trip_shuffle(back, state);
	trip_write(back, options, random_below(state, 2) ? 1 : 2 * KHMAP_RECORD_MAX);
	return trip->count == back->count && trip_same_text(trip, back);
}

/* Which types there are in a schema: kinds times orders. */
static void types_seen(const struct khmap_type *type, bool seen[KHMAP_KIND_STRUCT + 1][3])
{
	seen[type->kind][type->order] = true;
	if (type->kind == KHMAP_KIND_ARRAY)
		types_seen(type->element, seen);
	for (unsigned int i = 0; type->kind == KHMAP_KIND_STRUCT && i < type->count; i++)
		types_seen(type->fields[i].type, seen);
}

static void trip_open(struct trip trips[2], unsigned int count)
{
	for (unsigned int i = 0; i < 2; i++) {
		trips[i] = (struct trip){ .records = calloc(count, sizeof(struct record_bytes)) };
		if (!trips[i].records)
			exit(1);
	}
}

static void trip_close(struct trip trips[2])
{
	for (unsigned int i = 0; i < 2; i++) {
		free(trips[i].records);
		free(trips[i].text);
	}
}

static void test_every_type(void)
{
	bool seen[2][KHMAP_KIND_STRUCT + 1][3] = { { { false } } };
	unsigned int goes[FORMATS] = { 0 }, sorted[FORMATS] = { 0 }, any[FORMATS] = { 0 };
	unsigned int schemas = 0, kinds = 0;
	struct trip trips[2];

	trip_open(trips, RECORDS);
	for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
		struct random_schema random;

		random_schema(&random, seed);
		if (khmap_schema_parse(random.plain, strlen(random.plain), &trips[0].schema))
			continue;
		schemas++;
		types_seen(khmap_schema_key(trips[0].schema), seen[0]);
		types_seen(khmap_schema_value(trips[0].schema), seen[1]);
		trip_fill(&trips[0], &random.state, RECORDS);
		for (unsigned int i = 0; i < FORMATS; i++) {
			goes[i] += trip_goes(&trips[0], &formats[i], &trips[1]);
			sorted[i] += trip_goes_sorted(&trips[0], &formats[i], &trips[1],
						      &random.state);
		}
		/* Any bytes at all, valid or not: CSV and raw refuse them. */
		for (unsigned int i = 0; i < trips[0].count; i++) {
			for (unsigned int at = 0; at < sizeof(struct record_bytes); at++)
				((unsigned char *)&trips[0].records[i])[at] =
					(unsigned char)random_next(&random.state);
		}
		for (unsigned int i = 0; i < FORMATS; i++) {
			if (formats[i].format != RECORD_CSV && formats[i].format != RECORD_RAW)
				any[i] += trip_goes(&trips[0], &formats[i], &trips[1]);
		}
		khmap_schema_free(trips[0].schema);
	}
	for (unsigned int in = 0; in < 2; in++) {
		for (unsigned int kind = 0; kind <= KHMAP_KIND_STRUCT; kind++) {
			for (unsigned int order = 0; order < 3; order++)
				kinds += seen[in][kind][order];
		}
	}
	ok(schemas > SCHEMAS * 9 / 10, "most random schemas fit");
	/* Eleven kinds, three of them in two orders more, in keys and in values. */
	is_u64(kinds, 2 * (11 + 3 * 2), "every type of the language is among them");
	for (unsigned int i = 0; i < FORMATS; i++) {
		is_u64(goes[i], schemas, "%s: out, in, out", names[i]);
		is_u64(sorted[i], schemas, "%s: sorted", names[i]);
		if (formats[i].format != RECORD_CSV && formats[i].format != RECORD_RAW)
			is_u64(any[i], schemas, "%s: any bytes", names[i]);
	}
	trip_close(trips);
}

/* Many records: pieces of the input end anywhere in them, and a sort has many runs. */
static void test_many(void)
{
	enum { COUNT = 5000 };
	struct trip trips[2];
	uint64_t state = 1;

	trip_open(trips, COUNT);
	trips[0].schema = schema_of("key {a:u64,b:str[7]};value {c:str[61],d:f64,e:bytes[3]}");
	trip_fill(&trips[0], &state, COUNT);
	ok(trips[0].count > COUNT * 9 / 10, "nearly 5000 keys");
	for (unsigned int i = 0; i < FORMATS; i++)
		ok(trip_goes(&trips[0], &formats[i], &trips[1]), "many as %s", names[i]);
	for (size_t memory = 1; memory <= (1 << 20); memory *= 32) {
		trip_write(&trips[0], &formats[6], RECORD_SORT_MEMORY);
		trip_shuffle(&trips[1], &state);
		trip_write(&trips[1], &formats[6], memory);
		ok(trip_same_text(&trips[0], &trips[1]), "sorted in %zu bytes", memory);
	}
	khmap_schema_free(trips[0].schema);
	trip_close(trips);
}

/* A key 1 is not a key "1", nor is either the byte 0x31. */
static void test_types_kept(void)
{
	static const char * const schemas[] = {
		"key u8;value bool", "key str[1];value bool", "key bytes[1];value bool",
	};
	static const char * const keys[] = { "1", "1", "31" };
	static const char * const written[][2] = {
		{ "{\"key\":1,\"value\":true}\n", "\x92\1\xc3" },
		{ "{\"key\":\"1\",\"value\":true}\n", "\x92\xa1\x31\xc3" },
		{ "{\"key\":\"31\",\"value\":true}\n", "\x92\xc4\1\x31\xc3" },
	};
	static const struct record_options options[] = {
		{ .format = RECORD_NDJSON }, { .format = RECORD_MSGPACK },
	};
	struct trip trips[2];

	trip_open(trips, 1);
	for (unsigned int i = 0; i < 3; i++) {
		trips[0].schema = schema_of(schemas[i]);
		trips[0].count = 1;
		khmap_value_scan(khmap_schema_key(trips[0].schema), keys[i], strlen(keys[i]),
				 trips[0].records[0].key);
		trips[0].records[0].value[0] = 1;
		for (unsigned int j = 0; j < 2; j++) {
			trip_write(&trips[0], &options[j], 0);
			is_str(trips[0].text, written[i][j], "%s, format %u", schemas[i], j);
		}
		for (unsigned int j = 0; j < 3; j++) {
			struct khmap_schema *other = schema_of(schemas[j]);
			struct trip from = trips[0];
			bool same;

			from.schema = other;
			trip_read(&from, &options[1], &trips[1]);
			same = trips[1].count == 1;
			ok(same == (i == j), "%s %s as %s", schemas[i],
			   i == j ? "is read" : "is not read", schemas[j]);
			khmap_schema_free(other);
		}
		khmap_schema_free(trips[0].schema);
	}
	trip_close(trips);
}

static void test_sort_refused(void)
{
	struct khmap_schema *schema = schema_of("key u32;value u32");
	struct record_sort *sort;
	__u32 record[2] = { 1, 2 };
	int ret;

	setenv("TMPDIR", "/nowhere", 1);
	record_sort_open(schema, 1, &sort);
	ok(!record_sort_add(sort, &record[0], &record[1]), "one record fits");
	ret = record_sort_add(sort, &record[0], &record[1]);
	is_i64(ret, -EIO, "a second needs a file");
	is_str(khmap_reason(),
	       "to sort, a temporary file is needed, and /nowhere takes none: No such file or directory (TMPDIR names another folder)",
	       "and says what to do");
	record_sort_close(sort);
	unsetenv("TMPDIR");
	khmap_schema_free(schema);
}

int main(void)
{
	test_every_type();
	test_many();
	test_types_kept();
	test_sort_refused();
	return done();
}
