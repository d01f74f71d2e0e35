// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * snapshot.c - a map's pages as a file
 */
#include <stdint.h>

#include "instant.h"

static const void *khmap_snapshot_page(void *context, __u64 index)
{
	const struct khmap_object *object = context;

	return object->base + (index << object->header.geometry.page_shift);
}

struct khmap_image_source khmap_instant_source(const struct khmap_instant *instant)
{
	return (struct khmap_image_source){
		.header = &instant->object->header,
		.page = khmap_snapshot_page,
		/* Who can write a file may do so while it is copied. */
		.stable = instant->object->origin != KHMAP_ORIGIN_FILE,
		.context = (void *)(uintptr_t)instant->object,
		.mode = instant->mode,
	};
}

int khmap_snapshot_write(struct khmap *map, const char *path,
			 const struct khmap_write_options *options)
{
	struct khmap_image_source source;
	struct khmap_instant instant;
	int err;

	if (options) {
		err = khmap_options_check("khmap_write_options", options, sizeof(*options), 0);
		if (!err && options->queue)
			err = khmap_options_check("khmap_write_queue", options->queue,
						  sizeof(*options->queue), UINT32_MAX);
		if (err)
			return err;
	}
	err = khmap_instant_take(map, &instant);
	if (err)
		return err;
	source = khmap_instant_source(&instant);
	err = khmap_image_write(&source, path, options);
	khmap_instant_drop(&instant);
	return err;
}
