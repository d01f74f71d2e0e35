// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * restore.c - an image becomes a live map
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"
#include "header_fields.h"
#include "lost.h"
#include "map.h"

static const char *const khmap_damages[] = {
	[KHMAP_DAMAGE_SEQUENCE] = "the sequence",
	[KHMAP_DAMAGE_REFERENCE] = "the overflow reference",
	[KHMAP_DAMAGE_SHARED] = "an overflow bucket that another chain has",
	[KHMAP_DAMAGE_TAGS] = "a tag behind the last slot",
	[KHMAP_DAMAGE_TOPHASH] = "a tag that is not its key's",
	[KHMAP_DAMAGE_FILTER] = "the overflow filter",
	[KHMAP_DAMAGE_BUCKET] = "a key of another bucket",
	[KHMAP_DAMAGE_TWICE] = "a key that is there twice",
	[KHMAP_DAMAGE_DENSE] = "a hole in a chain",
	[KHMAP_DAMAGE_PADDING] = "padding that is not zero",
	[KHMAP_DAMAGE_SLACK] = "slack that is not zero",
	[KHMAP_DAMAGE_UNUSED] = "a bucket out of reach that is not empty",
	[KHMAP_DAMAGE_FREE] = "a free overflow bucket that is not empty",
	[KHMAP_DAMAGE_INLINE] = "an inline bucket that is out of use and not empty",
	[KHMAP_DAMAGE_LOST] = "a page that a best-effort snapshot has lost",
};

/*
 * A field of the header, by its name, and what it must be.  The value is that of the
 * copy that was made when the image was opened.
 */
static int khmap_restore_refused_field(const struct khmap_object *object, __u32 offset,
				       const char *kernel, int err)
{
	const struct khmap_header_field *field = khmap_header_field_at(offset);
	const unsigned char *header = (const unsigned char *)&object->header;
	const char *rule = field && field->restore ? field->restore : "otherwise";
	unsigned long long value;

	if (!field)
		return khmap_fail(err, "%s: the kernel %s: header: byte %u", object->name, kernel,
				  offset);
	if (field->word == 1)
		return khmap_fail(err, "%s: the kernel %s: header: %s must be %s", object->name,
				  kernel, field->name, rule);
	value = field->word == 8 ? khmap_load64(header + field->offset) :
				   khmap_load32(header + field->offset);
	return khmap_fail(err, "%s: the kernel %s: header: %s is %llu, must be %s", object->name,
			  kernel, field->name, value, rule);
}

static int khmap_restore_refused(const struct khmap_object *object,
				 const struct khmap_ioc_restore *restore, int err)
{
	const char *kernel = err == EUCLEAN ? "finds it damaged" : "does not take such an image";
	const char *damage = "something that this library does not know";
	char bucket[32] = "", slot[32] = "";

	if (restore->what == KHMAP_DAMAGE_HEADER)
		return khmap_restore_refused_field(object, restore->offset, kernel, err);
	if (restore->what < sizeof(khmap_damages) / sizeof(khmap_damages[0]))
		damage = khmap_damages[restore->what];
	if (restore->bucket != UINT32_MAX)
		snprintf(bucket, sizeof(bucket), " bucket %u", restore->bucket);
	if (restore->slot != UINT32_MAX)
		snprintf(slot, sizeof(slot), " slot %u", restore->slot);
	return khmap_fail(err, "%s: the kernel %s: page %llu byte %u%s%s: %s", object->name, kernel,
			  (unsigned long long)restore->page, restore->offset, bucket, slot, damage);
}

static int khmap_restore_failed(const struct khmap_object *object, const char *name,
				const struct khmap_ioc_restore *restore, int err)
{
	const char *image = object->name;

	if (restore->what == KHMAP_DAMAGE_LOST)
		return khmap_lost_fail(object, "");
	if (restore->what != KHMAP_DAMAGE_NONE)
		return khmap_restore_refused(object, restore, err);
	switch (err) {
	case EEXIST:
		return khmap_name_taken(name);
	case ENOMEM:
		return khmap_fail(err,
				  "%s: no memory, or above a limit; the limits are --max-bytes and /sys/module/khmap/parameters/max_bytes",
				  image);
	case ENOSPC:
		return khmap_fail(err, "%s: it has more entries than --max-entries", image);
	case EPERM:
		return khmap_fail(err, "the map may not be given to this owner or group");
	case ENOTTY:
		return khmap_fail(err, "the loaded module cannot restore; load a newer one");
	default:
		return khmap_fail(err, "%s: restore: %s", image, strerror(err));
	}
}

int khmap_restore(const struct khmap *map, const struct khmap_restore_options *options,
		  struct khmap **restored)
{
	const struct khmap_open_options write = {
		.size = sizeof(write),
		.flags = KHMAP_OPEN_WRITE,
	};
	const struct khmap_object *object = khmap_object(map);
	struct khmap_ioc_restore restore = { .size = sizeof(restore) };
	bool best_effort;
	const char *name;
	int err, control;

	err = khmap_options_check("khmap_restore_options", options, sizeof(*options),
				  KHMAP_CREATE_FLAGS);
	if (!err && options->reserved)
		err = khmap_fail(EINVAL, "khmap_restore_options: reserved is %u, not 0",
				 options->reserved);
	if (!err && options->name)
		err = khmap_name_check(options->name);
	if (err)
		return err;
	if (khmap_is_live(map))
		return khmap_fail(EINVAL, "%s is a live map: take a snapshot of it, and restore that",
				  object->name);
	err = khmap_lost_check(object, &best_effort);
	/* The kernel checks what a map is made of, and cannot check values. */
	if (!err && !(object->flags & KHMAP_OPEN_VERIFY))
		err = khmap_map_verify(object);
	if (err)
		return err;
	name = options->name ? options->name : "";
	restore.flags = options->flags;
	restore.image = (__u64)(uintptr_t)object->base;
	restore.image_bytes = object->header.image_size;
	restore.max_entries = options->max_entries;
	restore.max_bytes = options->max_bytes;
	restore.mode = options->mode;
	restore.uid = options->uid;
	restore.gid = options->gid;
	restore.name = (__u64)(uintptr_t)name;
	restore.name_length = (__u32)strlen(name);
	control = khmap_control_open(O_RDWR);
	if (control < 0)
		return control;
	if (ioctl(control, KHMAP_IOC_RESTORE, &restore))
		err = khmap_restore_failed(object, name, &restore, errno);
	close(control);
	if (err)
		return err;
	err = khmap_map_open(restore.fd, *name ? name : "unnamed map", &write, restored);
	if (err)
		close(restore.fd);
	return err;
}
