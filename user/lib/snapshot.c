// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * snapshot.c - a map's pages as a file
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "image_write.h"
#include "map.h"

#define KHMAP_FILE_MODE 0640

static const void *khmap_snapshot_page(void *context, __u64 index)
{
	const struct khmap_object *object = context;

	return object->base + (index << object->header.geometry.page_shift);
}

int khmap_snapshot_write(struct khmap *map, const char *path,
			 const struct khmap_write_options *options)
{
	const struct khmap_object *object = khmap_object(map);
	struct khmap_image_source source = {
		.header = &object->header,
		.page = khmap_snapshot_page,
		.context = khmap_object(map),
		.mode = KHMAP_FILE_MODE,
	};
	struct khmap *snapshot = NULL;
	struct stat st;
	int err;

	if (options) {
		err = khmap_options_check("khmap_write_options", options, sizeof(*options), 0);
		if (!err && options->queue)
			err = khmap_options_check("khmap_write_queue", options->queue,
						  sizeof(*options->queue), UINT32_MAX);
		if (err)
			return err;
	}
	/* Who can write a file may do so while it is copied. */
	source.stable = object->origin != KHMAP_ORIGIN_FILE;
	/* A snapshot's descriptor has no permissions that mean something. */
	if ((object->origin == KHMAP_ORIGIN_FILE || khmap_is_live(map)) &&
	    !fstat(object->fd, &st))
		source.mode = st.st_mode;
	if (khmap_is_live(map)) {
		err = khmap_snapshot(map, &snapshot);
		if (err)
			return err;
		/* All of them will be read; one by one that is a fault each. */
		khmap_materialize(snapshot);
		source.header = khmap_header(snapshot);
		source.context = khmap_object(snapshot);
	}
	err = khmap_image_write(&source, path, options);
	khmap_close(snapshot);
	return err;
}
