// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * snapshot.c - a map's pages as a file
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "instant.h"
#include "lost.h"

static const void *khmap_snapshot_page(void *context, __u64 index)
{
	const struct khmap_instant *instant = context;
	const struct khmap_object *object = instant->object;

	return object->base + (index << object->header.geometry.page_shift);
}

/* What is read is copied in passing: for the file it costs the map no memory. */
static const void *khmap_snapshot_read(void *context, __u64 index)
{
	struct khmap_instant *instant = context;
	__u32 shift = instant->object->header.geometry.page_shift;
	size_t size = (size_t)1 << shift;
	ssize_t got;

	do
		got = pread(instant->object->fd, instant->page, size, (off_t)(index << shift));
	while (got < 0 && errno == EINTR);
	if (got == (ssize_t)size)
		return instant->page;
	instant->err = got < 0 ? -errno : -EUCLEAN;
	return NULL;
}

static int khmap_snapshot_missing(void *context, __u64 index)
{
	const struct khmap_instant *instant = context;

	if (instant->err == -EIO)
		return khmap_lost_fail(instant->object, "");
	return khmap_fail(-instant->err, "%s: page %llu cannot be read: %s", instant->object->name,
			  (unsigned long long)index, strerror(-instant->err));
}

struct khmap_image_source khmap_instant_source(struct khmap_instant *instant)
{
	return (struct khmap_image_source){
		.header = &instant->object->header,
		.page = instant->page ? khmap_snapshot_read : khmap_snapshot_page,
		.missing = instant->page ? khmap_snapshot_missing : NULL,
		/* Who can write a file may do so while it is copied. */
		.stable = instant->object->origin != KHMAP_ORIGIN_FILE && !instant->page,
		.context = instant,
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
