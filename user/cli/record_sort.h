/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_sort.h - records in the order of their keys
 */
#ifndef KHMAP_CLI_RECORD_SORT_H
#define KHMAP_CLI_RECORD_SORT_H

#include <stddef.h>

#include <khmap/schema.h>

/**
 * struct record_sort - Records to be sorted, all in memory.
 * @schema: the map's schema
 * @records: key and value of each, back to back
 * @count: records
 * @room: records that there is memory for
 */
struct record_sort {
	const struct khmap_schema *schema;
	unsigned char *records;
	size_t count;
	size_t room;
};

/**
 * record_sort_add() - Keep a record.
 * @sort: zero but for @sort.schema at first; @sort.records is to be freed
 * @key: copied
 * @value: copied
 *
 * Return: 0; -ENOMEM.
 */
int record_sort_add(struct record_sort *sort, const void *key, const void *value);

/**
 * record_sort_run() - Sort by key.
 * @sort: the records
 *
 * Numbers compare as numbers, all else by its bytes, arrays by element and
 * structs by field, in the schema's order.  Keys that are the same so far, of
 * which padding differs, compare by their bytes: the order is total.
 */
void record_sort_run(struct record_sort *sort);

#endif /* KHMAP_CLI_RECORD_SORT_H */
