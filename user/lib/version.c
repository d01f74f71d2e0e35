// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * version.c - publish another map under a name, and roll back
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <khmap/version.h>

#include "error.h"
#include "map.h"

#ifndef EMEDIUMTYPE
#define EMEDIUMTYPE 124
#endif

/* In what the two maps differ. */
static int khmap_publish_differs(const struct khmap *map, const struct khmap *fresh)
{
	const struct khmap_object *a = khmap_object(map), *b = khmap_object(fresh);

	if (a->header.geometry.key_size != b->header.geometry.key_size ||
	    a->header.geometry.value_size != b->header.geometry.value_size)
		return khmap_fail(EMEDIUMTYPE, "%s: keys of %u and values of %u bytes, %s has %u and %u",
				  b->name, b->header.geometry.key_size,
				  b->header.geometry.value_size, a->name,
				  a->header.geometry.key_size, a->header.geometry.value_size);
	return khmap_fail(EMEDIUMTYPE, "%s: schema \"%s\", %s has \"%s\"", b->name, b->schema,
			  a->name, a->schema);
}

/* Why an ioctl on @map failed, with @other as the map that was to take part. */
static int khmap_version_failed(const struct khmap *map, const struct khmap *other, int err)
{
	const struct khmap_object *a = khmap_object(map);

	switch (err) {
	case ESTALE:
		return khmap_fail(err, "%s: another map has taken the name meanwhile", a->name);
	case ENODEV:
		return khmap_fail(err, "%s: has no name (any more)", a->name);
	case ENOENT:
		return khmap_fail(err, "%s: no such version is kept", a->name);
	case ENOTTY:
		return khmap_fail(a->header.kind == KHMAP_IMAGE_LIVE ? err : EROFS, "%s: %s",
				  a->name, a->header.kind == KHMAP_IMAGE_LIVE ?
				  "the module knows no versions" :
				  "is a snapshot and cannot be changed");
	case EBADF:
		if (other && !(khmap_object(other)->flags & KHMAP_OPEN_WRITE))
			return khmap_fail(err, "%s: was not opened for writing, or is no live map",
					  khmap_object(other)->name);
		return khmap_fail(err, "%s: was not opened for writing", a->name);
	default:
		break;
	}
	if (!other)
		return khmap_fail(err, "%s: %s", a->name, strerror(err));
	switch (err) {
	case EMEDIUMTYPE:
		return khmap_publish_differs(map, other);
	case EBUSY:
		return khmap_fail(err, "%s: is a version of another name",
				  khmap_object(other)->name);
	case EPERM:
		return khmap_fail(err, "%s: only its owner may take its name away",
				  khmap_object(other)->name);
	default:
		return khmap_fail(err, "%s: %s", khmap_object(other)->name, strerror(err));
	}
}

static int khmap_version_call(const struct khmap *map, const struct khmap *other,
			      unsigned long command, void *argument)
{
	if (khmap_object(map)->origin == KHMAP_ORIGIN_FILE)
		return khmap_fail(EROFS, "%s: is a file and has no versions",
				  khmap_object(map)->name);
	if (!ioctl(khmap_object(map)->fd, command, argument))
		return 0;
	return khmap_version_failed(map, other, errno);
}

int khmap_publish(struct khmap *map, struct khmap *fresh, __u32 keep, __u64 *generation)
{
	struct khmap_ioc_publish publish = {
		.size = sizeof(publish),
		.fd = khmap_object(fresh)->fd,
		.keep = keep,
	};
	int err;

	if (keep > KHMAP_KEEP_MAX)
		return khmap_fail(EINVAL, "a name keeps at most %d versions, not %u",
				  KHMAP_KEEP_MAX, keep);
	err = khmap_version_call(map, fresh, KHMAP_IOC_PUBLISH, &publish);
	if (!err && generation)
		*generation = publish.generation;
	return err;
}

static int khmap_rollback_call(struct khmap *map, struct khmap_ioc_rollback *rollback,
			       __u64 *generation)
{
	int err;

	rollback->size = sizeof(*rollback);
	err = khmap_version_call(map, NULL, KHMAP_IOC_ROLLBACK, rollback);
	if (!err && generation)
		*generation = rollback->generation;
	return err;
}

int khmap_rollback(struct khmap *map, __u32 steps, __u64 *generation)
{
	struct khmap_ioc_rollback rollback = { .steps = steps };

	return khmap_rollback_call(map, &rollback, generation);
}

int khmap_rollback_to(struct khmap *map, __u64 version, __u64 *generation)
{
	struct khmap_ioc_rollback rollback = {
		.flags = KHMAP_ROLLBACK_TO,
		.to = version,
	};

	return khmap_rollback_call(map, &rollback, generation);
}

int khmap_canary(struct khmap *map, const struct khmap_canary_options *options,
		 __u64 *generation)
{
	struct khmap_ioc_canary canary = { .size = sizeof(canary), .fd = -1 };
	int err = khmap_options_check("khmap_canary_options", options, sizeof(*options),
				      KHMAP_CANARY_FLAGS);

	if (err)
		return err;
	canary.flags = options->flags;
	/* What is not given need not be cleared by the caller. */
	if (options->flags & KHMAP_CANARY_SHARE)
		canary.share = options->share;
	if (options->flags & KHMAP_CANARY_IDS) {
		canary.ids = (__u64)(uintptr_t)options->ids;
		canary.id_count = options->id_count;
	}
	if (options->flags & KHMAP_CANARY_MAP)
		canary.fd = khmap_object(options->second)->fd;
	err = khmap_version_call(map, options->flags & KHMAP_CANARY_MAP ? options->second : NULL,
				 KHMAP_IOC_CANARY, &canary);
	if (err == -ENOENT)
		return khmap_fail(ENOENT, "%s: there is no second version",
				  khmap_object(map)->name);
	if (!err && generation)
		*generation = canary.generation;
	return err;
}

int khmap_versions(const struct khmap *map, struct khmap_ioc_versions *summary,
		   struct khmap_version_info **infos, size_t *count)
{
	struct khmap_version_info *found = calloc(KHMAP_VERSIONS_MAX, sizeof(*found));
	int err;

	if (!found)
		return khmap_fail(ENOMEM, "no memory for a list of versions");
	*summary = (struct khmap_ioc_versions) {
		.size = sizeof(*summary),
		.infos = (__u64)(uintptr_t)found,
		.count = KHMAP_VERSIONS_MAX,
	};
	err = khmap_version_call(map, NULL, KHMAP_IOC_VERSIONS, summary);
	if (err) {
		free(found);
		return err;
	}
	*infos = found;
	*count = summary->count < KHMAP_VERSIONS_MAX ? summary->count : KHMAP_VERSIONS_MAX;
	return 0;
}
