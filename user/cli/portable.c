// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * portable.c - a map made from an image entry by entry
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "foreign.h"
#include "load_queue.h"
#include "portable.h"
#include "progress.h"

#define PORTABLE_STEP 1024

/**
 * struct portable - A map that is being filled.
 * @image: of this host's byte order; @map is NULL if it is not
 * @iter: over it
 * @foreign: of the other one; or NULL
 * @header: of the image
 * @queue: what waits to be stored
 * @progress: the bar
 * @stored: entries
 * @key: of an entry
 * @value: likewise
 */
struct portable {
	struct cli_map image;
	struct khmap_iter *iter;
	struct khmap_foreign *foreign;
	const struct khmap_image_header *header;
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
		return cli_error(CLI_REFUSED, "entry %llu: its key is there twice%s",
				 (unsigned long long)entry,
				 portable->foreign ? "" : "; khmapctl verify tells more");
	return cli_error(CLI_FAILED, "entry %llu: %s", (unsigned long long)entry, khmap_reason());
}

static int portable_next(struct portable *portable)
{
	if (portable->foreign)
		return khmap_foreign_next(portable->foreign, portable->key, portable->value);
	return khmap_iter_next(portable->iter, portable->key, portable->value);
}

static int portable_fill(struct portable *portable)
{
	uint64_t count = 0;
	int got, code = CLI_OK;

	while (!code && !cli_interrupted()) {
		got = portable_next(portable);
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

static int portable_run(struct portable *portable, struct khmap *map)
{
	const struct khmap_image_header *header = portable->header;
	int code, err = 0;

	portable->key = malloc(header->geometry.key_size);
	portable->value = malloc(header->geometry.value_size);
	if (!portable->key || !portable->value)
		err = -ENOMEM;
	if (!err && !portable->foreign)
		err = khmap_iter_create(portable->image.map, &portable->iter);
	if (!err)
		err = load_queue_init(&portable->queue, map, KHMAP_PUT_INSERT, LOAD_IO_AUTO);
	if (err) {
		code = cli_error(CLI_FAILED, "%s", strerror(-err));
	} else {
		progress_start(&portable->progress, PROGRESS_THINGS, header->entries, false);
		code = portable_fill(portable);
		progress_end(&portable->progress);
	}
	load_queue_free(&portable->queue);
	khmap_iter_free(portable->iter);
	free(portable->key);
	free(portable->value);
	return code;
}

/* The image, and the schema of the map that comes of it; NULL if it has none. */
static int portable_open(struct portable *portable, const char *name, bool opaque,
			 const char **schema)
{
	int err = foreign_open(name, opaque ? KHMAP_FOREIGN_OPAQUE : 0, &portable->foreign), code;

	*schema = NULL;
	if (err == -ENODATA)
		return cli_error(CLI_REFUSED, "%s; --opaque takes them as they are",
				 khmap_reason());
	if (err)
		return cli_failed(err);
	if (portable->foreign) {
		portable->header = khmap_foreign_header(portable->foreign);
		if (khmap_foreign_schema(portable->foreign))
			*schema = khmap_schema_text(khmap_foreign_schema(portable->foreign));
		return CLI_OK;
	}
	code = cli_open(name, KHMAP_OPEN_VERIFY, &portable->image);
	if (code)
		return code;
	portable->header = khmap_header(portable->image.map);
	if (portable->image.has_schema)
		*schema = khmap_schema_text(portable->image.schema);
	return CLI_OK;
}

static struct khmap_create_options portable_options(const struct portable *portable,
						    const struct khmap_create_options *create,
						    const char *schema)
{
	const struct khmap_image_header *header = portable->header;
	struct khmap_create_options options = *create;

	if (schema) {
		options.schema = schema;
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
	return options;
}

/* By its descriptor: the name may be another map's by now. */
static void portable_drop(struct khmap *map, const char *name)
{
	struct khmap_ioc_destroy destroy = { .size = sizeof(destroy) };
	struct khmap_ioc_stat stat = { .size = sizeof(stat) };

	/* What somebody has published meanwhile has another name, and older versions. */
	if (khmap_stat(map, &stat) || stat.generation) {
		cli_note("%s has been published with some of the entries", name);
		return;
	}
	/* ENODEV: it has no name any more, and is gone with the descriptor. */
	if (ioctl(khmap_fd(map), KHMAP_IOC_DESTROY, &destroy) && errno != ENODEV)
		cli_note("%s is left behind, with some of the entries: %s", name,
			 strerror(errno));
}

int portable_restore(const char *name, const struct khmap_create_options *create, bool opaque)
{
	struct portable portable = { .image = { .map = NULL } };
	struct khmap_create_options options;
	const char *schema;
	struct khmap *map;
	int code = portable_open(&portable, name, opaque, &schema), err;

	if (!code) {
		options = portable_options(&portable, create, schema);
		cli_interrupt_catch();
		err = khmap_create(&options, &map);
		if (err) {
			code = cli_failed(err);
		} else {
			code = portable_run(&portable, map);
			if (code)
				portable_drop(map, options.name);
			khmap_close(map);
		}
	}
	khmap_foreign_close(portable.foreign);
	cli_close(&portable.image);
	return code;
}
