// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * store.c - records in a map, whose snapshots are taken
 *
 * The engine stands for the kernel.  What a program sees of a snapshot is its
 * mapping, a page of which is copied when it is touched for the first time: here
 * that is memory of the store's, and the engine's reader copies the page.
 */
#include <linux/khmap.h>
#include <stdlib.h>

#include <khmap/khmap.h>

#include "../../../kmod/core/snapshot.h"
#include "../../../user/lib/image_file.h"
#include "../../../user/lib/image_write.h"
#include "store.h"

static struct khmap_snapshot *store_cut(struct store *store)
{
	struct khmap_snapshot *snapshot;

	if (khmap_snapshot_create(store->map.table, store->map.account, NULL, &snapshot))
		study_failed("a snapshot cannot be taken");
	return snapshot;
}

void store_open(struct store *store, const struct records *records, bool packed)
{
	struct khmap_snapshot *snapshot;
	u32 i;

	if (packed)
		map_open_packed(&store->map, 8, records_packed_size(records), STORE_DENSE);
	else
		map_open(&store->map, 8, records_value_size(records), KHMAP_LOAD_DEFAULT, false);
	for (i = 0; i < records->count; i++)
		map_put(&store->map, records_key(records, i), records_value(records, i));
	snapshot = store_cut(store);
	store->bytes = snapshot->pages * KHMAP_OS_PAGE_SIZE;
	khmap_snapshot_destroy(snapshot);
	store->pages = study_alloc(store->bytes, 1);
	store->copy = study_alloc(store->bytes, 1);
}

void store_close(struct store *store)
{
	free(store->pages);
	free(store->copy);
	map_close(&store->map);
}

struct heap_count store_copy(struct store *store)
{
	struct khmap_snapshot *snapshot = store_cut(store);
	struct heap_count heap;
	u64 page;

	heap_count_begin();
	for (page = 0; page < snapshot->pages; page++)
		if (khmap_snapshot_read(snapshot, page, store->pages + page * KHMAP_OS_PAGE_SIZE))
			study_wrong("a page is missing");
	heap = heap_count_end();
	khmap_snapshot_destroy(snapshot);
	return heap;
}

/**
 * struct store_source - where the writer has its pages from
 * @store: where they are copied to
 * @snapshot: where from
 * @next: the page that has not been touched yet
 */
struct store_source {
	struct store *store;
	struct khmap_snapshot *snapshot;
	u64 next;
};

static const void *store_page(void *context, __u64 index)
{
	struct store_source *source = context;
	char *page = source->store->pages + index * KHMAP_OS_PAGE_SIZE;

	if (index >= source->next) {
		if (khmap_snapshot_read(source->snapshot, index, page))
			return NULL;
		source->next = index + 1;
	}
	return page;
}

struct heap_count store_write(struct store *store, const char *path)
{
	struct store_source from = { .store = store, .snapshot = store_cut(store) };
	const struct khmap_image_source source = {
		.header = from.snapshot->header,
		.page = store_page,
		.stable = true,
		.context = &from,
		.mode = 0644,
	};
	struct heap_count heap;

	heap_count_begin();
	if (khmap_image_write(&source, path, NULL))
		study_failed("%s", khmap_reason());
	heap = heap_count_end();
	khmap_snapshot_destroy(from.snapshot);
	return heap;
}

void store_write_pages(struct store *store, const char *path)
{
	struct khmap_whole_file file = { .path = path, .fd = -1 };
	struct encode_sink sink = { 0 };

	if (khmap_whole_file_create(&file, 0644))
		study_failed("%s", khmap_reason());
	sink.fd = file.fd;
	while (sink.size < store->bytes)
		encode_sink_write(&sink, store->pages + sink.size,
				  store->bytes - sink.size < KHMAP_FILE_RUN ?
				  store->bytes - sink.size : KHMAP_FILE_RUN);
	if (khmap_whole_file_publish(&file))
		study_failed("%s", khmap_reason());
}

static void store_check(const struct khmap_reader *reader, const struct records *records)
{
	u32 size = reader->geometry.value_size, i;
	char value[RECORD_TEXT_SIZE];

	for (i = 0; i < records->count; i++)
		if (khmap_reader_get(reader, records_key(records, i), value) ||
		    memcmp(value, records_value(records, i), size))
			study_wrong("a snapshot does not have a record as it was given");
}

void store_check_pages(const struct store *store, const struct records *records)
{
	struct khmap_image_header header;
	struct khmap_reader reader;

	memcpy(&header, store->pages, sizeof(header));
	khmap_reader_init(&reader, &header, store->pages);
	if (header.entries != records->count)
		study_wrong("a snapshot has another number of entries");
	store_check(&reader, records);
}

void store_check_file(const char *path, const struct records *records)
{
	const struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_VERIFY,
	};
	struct khmap *map;

	if (khmap_open(path, &options, &map))
		study_wrong("%s", khmap_reason());
	if (khmap_header(map)->entries != records->count)
		study_wrong("%s: has another number of entries", path);
	store_check(&map->reader, records);
	khmap_close(map);
}
