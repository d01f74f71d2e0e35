// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * portable.c - a map made from an image entry by entry
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load_queue.h"
#include "portable.h"
#include "progress.h"

#define PORTABLE_STEP 1024

/**
 * struct portable - A map that is being filled.
 * @iter: over the image
 * @queue: what waits to be stored
 * @progress: the bar
 * @stored: entries
 * @key: of an entry
 * @value: likewise
 */
struct portable {
	struct khmap_iter *iter;
	struct load_queue queue;
	struct progress progress;
	uint64_t stored;
	unsigned char *key;
	unsigned char *value;
};

/* Each key is there once, so nothing may be in its way. */
static int portable_store(struct portable *portable,
			  int (*store)(struct load_queue *queue, uint64_t *stored, uint64_t *line))
{
	uint64_t entry;
	int err = store(&portable->queue, &portable->stored, &entry);

	if (!err)
		return CLI_OK;
	if (err == -EEXIST)
		return cli_error(CLI_REFUSED, "entry %llu: its key is there twice; khmapctl verify tells more",
				 (unsigned long long)entry);
	return cli_error(CLI_FAILED, "entry %llu: %s", (unsigned long long)entry, khmap_reason());
}

static int portable_fill(struct portable *portable)
{
	uint64_t count = 0;
	int got, code = CLI_OK;

	while (!code && !cli_interrupted()) {
		got = khmap_iter_next(portable->iter, portable->key, portable->value);
		if (got < 0)
			return cli_failed(got);
		if (!got)
			return portable_store(portable, load_queue_store);
		if (load_queue_add(&portable->queue, portable->key, portable->value, ++count))
			code = portable_store(portable, load_queue_send);
		if (count % PORTABLE_STEP == 0)
			progress_show(&portable->progress, count);
	}
	if (code)
		return code;
	return cli_error(CLI_INTERRUPTED, "interrupted after %llu entries; the map is taken away",
			 (unsigned long long)portable->stored);
}

static int portable_run(const struct khmap *image, struct khmap *map)
{
	const struct khmap_image_header *header = khmap_header(image);
	struct portable portable = { 0 };
	int code, err;

	portable.key = malloc(header->geometry.key_size);
	portable.value = malloc(header->geometry.value_size);
	err = portable.key && portable.value ? khmap_iter_create(image, &portable.iter) : -ENOMEM;
	if (!err)
		err = load_queue_init(&portable.queue, map, KHMAP_PUT_INSERT, LOAD_IO_AUTO);
	if (err) {
		code = cli_error(CLI_FAILED, "%s", strerror(-err));
	} else {
		progress_start(&portable.progress, PROGRESS_THINGS, header->entries);
		code = portable_fill(&portable);
		progress_end(&portable.progress);
	}
	load_queue_free(&portable.queue);
	khmap_iter_free(portable.iter);
	free(portable.key);
	free(portable.value);
	return code;
}

int portable_restore(const struct cli_map *image, const struct khmap_create_options *create)
{
	const struct khmap_image_header *header = khmap_header(image->map);
	struct khmap_create_options options = *create;
	struct khmap *map;
	int code, err;

	if (image->has_schema) {
		options.schema = khmap_schema_text(image->schema);
	} else {
		options.key_size = header->geometry.key_size;
		options.value_size = header->geometry.value_size;
	}
	if (!options.expected_entries)
		options.expected_entries = header->entries;
	if (!options.max_entries && header->max_entries != KHMAP_ENTRIES_MAX)
		options.max_entries = header->max_entries;
	if (!options.hash_kind)
		options.hash_kind = header->hash_kind;
	if (!options.layout)
		options.layout = header->geometry.layout;
	if (!options.load_percent)
		options.load_percent = header->load_percent;
	cli_interrupt_catch();
	err = khmap_create(&options, &map);
	if (err)
		return cli_failed(err);
	code = portable_run(image->map, map);
	khmap_close(map);
	if (code && khmap_destroy(options.name))
		cli_note("%s is left behind, with some of the entries: %s", options.name,
			 khmap_reason());
	return code;
}
