// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * stores.c - from operations to the bytes and chains that they stored to
 */
#include "profile/profile.h"
#include "profile/stores.h"
#include "bpf/spans.h"

/*
 * Operations stored to bytes of a page: an access to each line that these lie in, but
 * for lines that there was no room for.
 */
static void span_take(const struct prof_store_row *row, const struct prof_span *span,
		      const struct prof_line_key *page, uint32_t kind,
		      const struct prof_rows *lines, struct prof_rows *accesses)
{
	uint32_t start = span->start, end;

	for (; start < span->end; start = end) {
		struct prof_line_key line = *page;
		struct prof_access_row *access;

		end = (start | (PROF_LINE_SIZE - 1)) + 1;
		if (end > span->end)
			end = span->end;
		line.line = start >> PROF_LINE_SHIFT;
		if (!prof_rows_find(lines, &line, sizeof(line)))
			continue;
		access = prof_rows_add(accesses);
		access->key.line = line;
		access->key.line.cpu = row->key.cpu;
		access->key.offset = start & (PROF_LINE_SIZE - 1);
		access->key.length = end - start;
		access->key.kind = kind;
		access->count = row->count;
	}
}

static void accesses_take(const struct prof_store_row *row, const struct prof_spans *spans,
			  const struct prof_rows *lines, struct prof_rows *accesses)
{
	struct prof_line_key page = {
		.map_id = row->key.map_id,
		.region = row->key.region,
		.page = row->key.page,
	};
	bool deleted = (row->key.kind & ~PROF_STORE_PARTIAL) == PROF_STORE_DELETE;

	span_take(row, &spans->key, &page, deleted ? PROF_ACCESS_CLEAR : PROF_ACCESS_KEY,
		  lines, accesses);
	if (!deleted)
		span_take(row, &spans->value, &page, PROF_ACCESS_VALUE, lines, accesses);
	span_take(row, &spans->tag, &page, PROF_ACCESS_TAG, lines, accesses);
	page.region = prof_head_region(row->key.region);
	page.page = row->key.head_page;
	span_take(row, &spans->head, &page, PROF_ACCESS_HEAD, lines, accesses);
}

static void bucket_take(const struct prof_store_row *row, struct prof_rows *buckets)
{
	struct prof_bucket_row *bucket = prof_rows_add(buckets);

	bucket->key.map_id = row->key.map_id;
	bucket->key.region = prof_head_region(row->key.region);
	bucket->key.page = row->key.head_page;
	bucket->key.bucket = row->key.head_bucket;
	switch (row->key.kind & ~PROF_STORE_PARTIAL) {
	case PROF_STORE_INSERT:
		bucket->count.inserts = row->count;
		break;
	case PROF_STORE_REPLACE:
		bucket->count.replaces = row->count;
		break;
	case PROF_STORE_DELETE:
		bucket->count.deletes = row->count;
		break;
	}
}

void prof_stores_tell(const struct prof_rows *operations, struct prof_rows *maps,
		      struct prof_rows *lines, struct prof_rows *accesses,
		      struct prof_rows *buckets)
{
	const struct prof_store_row *row = operations->rows, *end = row + operations->count;

	prof_rows_sort(maps, sizeof(uint64_t));
	prof_rows_sort(lines, sizeof(struct prof_line_key));
	for (; row < end; row++) {
		const struct prof_map_row *map = prof_rows_find(maps, &row->key.map_id,
								sizeof(row->key.map_id));
		struct prof_spans spans = prof_spans_partial(&row->key);

		/* Geometries are never forgotten, so what was known still is. */
		if (map && !(row->key.kind & PROF_STORE_PARTIAL))
			spans = prof_spans_get(&map->map, &row->key);
		accesses_take(row, &spans, lines, accesses);
		bucket_take(row, buckets);
	}
	prof_rows_merge(accesses, sizeof(struct prof_access_key), 1);
	prof_rows_merge(buckets, sizeof(struct prof_bucket_key),
			sizeof(struct prof_bucket) / sizeof(uint64_t));
}
