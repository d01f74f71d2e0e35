// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * instant.c - what of a map goes to a file: one instant of it
 */
#include <errno.h>
#include <sys/stat.h>

#include "error.h"
#include "instant.h"
#include "lost.h"
#include "memory.h"

#define KHMAP_INSTANT_MODE 0640

int khmap_instant_take(struct khmap *map, struct khmap_instant *instant)
{
	const struct khmap_object *object = khmap_object(map);
	bool best_effort = false;
	struct stat st;
	int err;

	*instant = (struct khmap_instant){ .object = object, .mode = KHMAP_INSTANT_MODE };
	/* A snapshot's descriptor has no permissions that mean something. */
	if ((object->origin == KHMAP_ORIGIN_FILE || khmap_is_live(map)) &&
	    !fstat(object->fd, &st))
		instant->mode = st.st_mode;
	if (!khmap_is_live(map)) {
		err = khmap_lost_check(object, &best_effort);
		if (err || !best_effort)
			return err;
		instant->page = khmap_memory_get((size_t)1 << object->header.geometry.page_shift);
		return instant->page ? 0 : khmap_fail(ENOMEM, "no memory for a page");
	}
	err = khmap_snapshot(map, &instant->snapshot);
	if (err)
		return err;
	/* All of them will be read; one by one that is a fault each. */
	khmap_materialize(instant->snapshot);
	instant->object = khmap_object(instant->snapshot);
	return 0;
}

void khmap_instant_drop(struct khmap_instant *instant)
{
	khmap_memory_put(instant->page, (size_t)1 << instant->object->header.geometry.page_shift);
	instant->page = NULL;
	khmap_close(instant->snapshot);
	instant->snapshot = NULL;
}
