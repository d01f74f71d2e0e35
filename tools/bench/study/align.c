// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * align.c - records whose fields are aligned naturally, to four bytes, or not
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/khmap.h>
#include <khmap/schema.h>

#include "align.h"
#include "map.h"

#define NEAR	400u		/* records that stay near the core */
#define FAR	1000000u	/* and that do not */
#define TEXTS	20000u
#define ENTRIES	100000u
#define TEXT	256

/**
 * struct align_case - a layout under study
 * @way: compiled
 * @schema: its description, as a map would have it
 * @type: of the record
 * @records: FAR of them
 * @near: cell of samples, as are the next ones
 */
struct align_case {
	const struct align_way *way;
	struct khmap_schema *schema;
	const struct khmap_type *type;
	unsigned char *records;
	json_t *near;
	json_t *far;
	json_t *walk;
	json_t *scan;
};

/* A schema and a compiler must agree where each field lies. */
static void align_check_layout(const struct align_case *c)
{
	u32 i;

	if (c->type->size != c->way->size || c->type->count != ALIGN_FIELDS)
		study_wrong("a record aligned to %s has %u bytes in a schema and %u in C",
			    c->way->title, c->type->size, c->way->size);
	for (i = 0; i < ALIGN_FIELDS; i++)
		if (c->type->fields[i].offset != c->way->offsets[i])
			study_wrong("field %s aligned to %s is at %u in a schema and at %u in C",
				    c->type->fields[i].name, c->way->title,
				    c->type->fields[i].offset, c->way->offsets[i]);
}

static void align_open(struct align_case *c, const struct align_way *way)
{
	char text[TEXT];
	u32 i;

	c->way = way;
	snprintf(text, sizeof(text), "%s%s", way->prefix, align_schema);
	if (khmap_schema_make("u64", text, &c->schema))
		study_wrong("%s: %s", text, khmap_reason());
	c->type = khmap_schema_value(c->schema);
	align_check_layout(c);
	c->records = study_alloc(FAR, way->size);
	for (i = 0; i < FAR; i++)
		way->fill(c->records + (size_t)i * way->size, i);
}

/* By the schema, as a tool reads a map whose records it was not compiled for. */
static u64 align_walk(const struct align_case *c, u32 count)
{
	const unsigned char *record = c->records;
	u64 sum = 0;
	u32 i;

	for (; count--; record += c->type->size)
		for (i = 0; i < c->type->count; i++) {
			const struct khmap_field *field = &c->type->fields[i];
			u64 value = 0;

			memcpy(&value, record + field->offset, field->type->size);
			sum += value;
		}
	return sum;
}

static void align_round(struct align_case *c, const u64 want[2])
{
	const u32 repeat = FAR / NEAR;
	double start = thread_ns();
	u64 sum = 0;
	u32 i;

	for (i = 0; i < repeat; i++)
		sum += c->way->sum(c->records, NEAR);
	study_sample(c->near, (thread_ns() - start) / (repeat * NEAR));
	if (sum != want[0] * repeat)
		study_wrong("records aligned to %s have another sum", c->way->title);
	start = thread_ns();
	sum = c->way->sum(c->records, FAR);
	study_sample(c->far, (thread_ns() - start) / FAR);
	if (sum != want[1])
		study_wrong("records aligned to %s have another sum", c->way->title);
	start = thread_ns();
	sum = 0;
	for (i = 0; i < repeat; i++)
		sum += align_walk(c, NEAR);
	study_sample(c->walk, (thread_ns() - start) / (repeat * NEAR));
	if (sum != want[0] * repeat)
		study_wrong("records aligned to %s have another sum by their schema",
			    c->way->title);
}

/* Text into records; each is compared. */
static void align_scan(struct align_case *c)
{
	unsigned char record[TEXT];
	double start, spent = 0;
	char *text = NULL;
	size_t length = 0;
	u32 i;

	for (i = 0; i < TEXTS; i++) {
		const unsigned char *want = c->records + (size_t)i * c->way->size;
		FILE *out = open_memstream(&text, &length);

		if (!out || khmap_value_print(c->type, want, out) || fclose(out))
			study_wrong("a record aligned to %s is not printed", c->way->title);
		start = thread_ns();
		if (khmap_value_scan(c->type, text, length, record))
			study_wrong("%s: %s", text, khmap_reason());
		spent += thread_ns() - start;
		if (memcmp(record, want, c->way->size))
			study_wrong("a record aligned to %s is not what its text says",
				    c->way->title);
		free(text);
	}
	study_sample(c->scan, spent / TEXTS);
}

static double align_map_bytes(const struct align_case *c)
{
	unsigned char record[TEXT];
	double bytes;
	struct map map;
	u64 key;

	map_open(&map, 8, c->way->size, KHMAP_LOAD_DEFAULT, false);
	for (key = 0; key < ENTRIES; key++)
		map_put(&map, &key, c->records + key * c->way->size);
	for (key = 0; key < ENTRIES; key++)
		if (!map_get(&map, &key, record) ||
		    memcmp(record, c->records + key * c->way->size, c->way->size))
			study_wrong("a map has another record aligned to %s than was put",
				    c->way->title);
	bytes = (double)map_bytes(&map) / ENTRIES;
	map_close(&map);
	return bytes;
}

void study_align(struct study *study)
{
	struct align_case cases[ALIGN_WAYS];
	json_t *table = study_table(study, "A record of 8 fields: bytes, and ns to read it",
				    "aligned|bytes|in a map|compiled|from memory|by schema|from text");
	u64 want[2];
	u32 i;
	int round;

	study_note(study, "%s", align_schema);
	study_note(study, "in a map: bytes an entry with an 8-byte key. from memory: %u records in a row.",
		   FAR);
	for (i = 0; i < ALIGN_WAYS; i++) {
		json_t *row = study_row(table, align_ways[i].title);

		align_open(&cases[i], &align_ways[i]);
		study_cell_count(row, align_ways[i].size);
		study_cell_real(row, align_map_bytes(&cases[i]));
		cases[i].near = study_cell_samples(row);
		cases[i].far = study_cell_samples(row);
		cases[i].walk = study_cell_samples(row);
		cases[i].scan = study_cell_samples(row);
	}
	want[0] = align_walk(&cases[0], NEAR);
	want[1] = align_walk(&cases[0], FAR);
	for (round = 0; round < study->options->rounds; round++)
		for (i = 0; i < ALIGN_WAYS; i++) {
			align_round(&cases[i], want);
			align_scan(&cases[i]);
		}
	study_chart(study, "bytes of a record, alone and in a map", "bytes", "1,2", "bars");
	study_chart(study, "reading a record, by alignment", "ns", "3,4,5", "bars");
	for (i = 0; i < ALIGN_WAYS; i++) {
		khmap_schema_free(cases[i].schema);
		free(cases[i].records);
	}
}
