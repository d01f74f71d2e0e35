/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_sort.h - records in the order of their keys, in bounded memory
 *
 * Records are kept up to a limit; when there are more, those that are kept are
 * sorted and written to a temporary file, as a run, and at the end the runs are
 * merged.  The file is in $TMPDIR, or /tmp, has no name, and is as large as all
 * records together.
 */
#ifndef KHMAP_CLI_RECORD_SORT_H
#define KHMAP_CLI_RECORD_SORT_H

#include <stddef.h>

#include <khmap/schema.h>

/*
 * Bytes of records that are kept; qsort_r(3) may need as many again.  Runs share
 * them when they are merged, as long as each has room for a record.
 */
#define RECORD_SORT_MEMORY ((size_t)32 << 20)

struct record_sort;

/**
 * record_order() - Compare two records.
 * @type: type of both
 * @a: @type->size bytes
 * @b: likewise
 *
 * Numbers compare as numbers, all else by its bytes, arrays by element and
 * structs by field, in the schema's order.  Records that are the same so far,
 * of which padding differs, compare by their bytes: the order is total.
 *
 * Return: less than, equal to or more than 0, as memcmp().
 */
int record_order(const struct khmap_type *type, const void *a, const void *b);

/**
 * record_sort_open() - Begin to sort.
 * @schema: the map's schema; must outlive the sort
 * @memory: bytes of records to keep, RECORD_SORT_MEMORY but in tests
 * @sort: receives the sort, for record_sort_close()
 *
 * Return: 0; -ENOMEM.
 */
int record_sort_open(const struct khmap_schema *schema, size_t memory, struct record_sort **sort);

/**
 * record_sort_add() - Take a record.
 * @sort: the sort, before record_sort_next()
 * @key: copied
 * @value: copied
 *
 * Return: 0; -ENOMEM; -EIO if the temporary file cannot be made or written.
 */
int record_sort_add(struct record_sort *sort, const void *key, const void *value);

/**
 * record_sort_next() - Give a record back, by rising keys.
 * @sort: the sort
 * @record: receives the key and, right behind it, the value; valid until the next call
 *
 * Return: 1; 0 at the end; -ENOMEM; -EIO if the temporary file cannot be
 * written or read.
 */
int record_sort_next(struct record_sort *sort, const unsigned char **record);

/**
 * record_sort_close() - Free a sort and its file.
 * @sort: the sort, or NULL
 */
void record_sort_close(struct record_sort *sort);

#endif /* KHMAP_CLI_RECORD_SORT_H */
