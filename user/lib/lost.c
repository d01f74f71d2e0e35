// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * lost.c - pages that a best-effort snapshot has lost
 */
#include <errno.h>

#include "error.h"
#include "lost.h"

static int khmap_lost_stat(const struct khmap_object *object, struct khmap_ioc_stat *stat)
{
	/* What is no snapshot of the kernel's has all of its pages. */
	if (object->origin == KHMAP_ORIGIN_FILE || object->header.kind != KHMAP_IMAGE_SNAPSHOT) {
		*stat = (struct khmap_ioc_stat){ .size = sizeof(*stat) };
		return 0;
	}
	return khmap_stat(&object->map, stat);
}

static int khmap_lost_say(const struct khmap_object *object, const char *where,
			  const struct khmap_ioc_stat *stat)
{
	return khmap_fail(EIO,
			  "%s%s: %llu of its %llu pages are lost: they were written to while its pool of %u pages was empty; take one with a larger pool, or one that is not best-effort",
			  where, object->name, (unsigned long long)stat->lost_pages,
			  (unsigned long long)(stat->lost_pages + stat->copied_pages +
					       stat->reserved_pages),
			  stat->pool_pages);
}

int khmap_lost_fail(const struct khmap_object *object, const char *where)
{
	struct khmap_ioc_stat stat;

	if (khmap_lost_stat(object, &stat))
		return khmap_fail(EIO, "%s%s: a page is lost", where, object->name);
	if (stat.lost_pages)
		return khmap_lost_say(object, where, &stat);
	if (!stat.pool_pages)
		return khmap_fail(EUCLEAN, "%s%s: a page is marked as lost, and none can be", where,
				  object->name);
	return khmap_fail(EIO,
			  "%s%s: there was no memory to copy a page: the limits are the map's max_bytes and /sys/module/khmap/parameters/max_bytes; then open it anew",
			  where, object->name);
}

int khmap_lost_check(const struct khmap_object *object, bool *best_effort)
{
	struct khmap_ioc_stat stat;
	int err = khmap_lost_stat(object, &stat);

	if (err)
		return err;
	*best_effort = stat.pool_pages;
	return stat.lost_pages ? khmap_lost_say(object, "", &stat) : 0;
}
