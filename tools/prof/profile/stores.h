/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * stores.h - from operations to the bytes and chains that they stored to
 */
#ifndef PROF_STORES_H
#define PROF_STORES_H

#include "prof.h"
#include "profile/rows.h"

/**
 * struct prof_store_row - an element of the BPF map "operations"
 * @key: the operations
 * @count: how many
 */
struct prof_store_row {
	struct prof_store_key key;
	uint64_t count;
};

/**
 * prof_stores_tell() - which bytes and chains did operations store to?
 * @operations: of struct prof_store_row
 * @maps: of struct prof_map_row; sorted for prof_rows_find()
 * @lines: of struct prof_line_row, likewise
 * @accesses: of struct prof_access_row; what was stored to bytes of @lines is added, and
 *	equal ones are made one
 * @buckets: of struct prof_bucket_row, likewise
 */
void prof_stores_tell(const struct prof_rows *operations, struct prof_rows *maps,
		      struct prof_rows *lines, struct prof_rows *accesses,
		      struct prof_rows *buckets);

#endif /* PROF_STORES_H */
