// SPDX-License-Identifier: GPL-2.0-only
/*
 * restore.c - KHMAP_IOC_RESTORE: an image in the caller's memory becomes a map
 *
 * What is in that memory may change while it is read.  So each page is copied
 * once, to where it stays, and the engine looks at nothing but copies.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "core/restore.h"
#include "account.h"
#include "claim.h"
#include "control.h"
#include "file.h"
#include "ioctl.h"
#include "map.h"
#include "restore.h"

static int khmap_restore_fetch(void *from, u64 page, void *to)
{
	const struct khmap_ioc_restore *restore = from;

	return khmap_copy_in(to, restore->image + (page << PAGE_SHIFT),
			     PAGE_SIZE);
}

static bool khmap_restore_stop(void *owner)
{
	return fatal_signal_pending(current);
}

/* Tell what is wrong with the image; returns @err, or -EFAULT. */
static int khmap_restore_reply(struct khmap_call *call,
			       const struct khmap_damage_place *damage, int err)
{
	struct khmap_ioc_restore *restore = &call->arg.restore;

	if (damage->what == KHMAP_DAMAGE_NONE)
		return err;
	restore->what = damage->what;
	restore->page = damage->page;
	restore->bucket = damage->bucket;
	restore->slot = damage->slot;
	restore->offset = damage->offset;
	return khmap_call_reply(call) ?: err;
}

static int khmap_restore_map(struct khmap_call *call, void *header,
			     const char *name,
			     const struct khmap_node_owner *owner,
			     struct khmap_map **map)
{
	struct khmap_ioc_restore *restore = &call->arg.restore;
	struct khmap_restore image = {
		.fetch = khmap_restore_fetch,
		.stop = khmap_restore_stop,
		.from = restore,
		.bytes = restore->image_bytes,
		.header = header,
	};
	struct khmap_table_params params;
	int err;

	err = khmap_restore_open(&image, &params);
	if (!err) {
		params.name = name;
		if (restore->max_entries)
			params.max_entries =
				restore->max_entries == KHMAP_ENTRIES_MAX ?
				0 : restore->max_entries;
		err = khmap_map_create(&params, &image, owner,
				       restore->max_bytes, map);
	}
	return err ? khmap_restore_reply(call, &image.damage, err) : 0;
}

int khmap_restore_call(struct khmap_call *call)
{
	struct khmap_ioc_restore *restore = &call->arg.restore;
	const struct khmap_claim claim = {
		.name = restore->name,
		.name_length = restore->name_length,
		.owner_given = restore->flags & KHMAP_CREATE_OWNER,
		.mode_given = restore->flags & KHMAP_CREATE_MODE,
		.uid = restore->uid,
		.gid = restore->gid,
		.mode = restore->mode,
		.mode_default = KHMAP_MODE_DEFAULT,
		.mode_mask = KHMAP_MODE_MASK,
	};
	char name[KHMAP_NAME_MAX + 1];
	struct khmap_node_owner owner;
	struct khmap_map *map;
	unsigned long header;
	int err;

	if (restore->reserved)
		return -EINVAL;
	if (restore->image_bytes > U64_MAX - restore->image)
		return -EFAULT;
	err = khmap_claim_check(&claim, name, &owner);
	if (err)
		return err;
	header = __get_free_page(KHMAP_GFP_CALL);
	if (!header)
		return -ENOMEM;
	err = khmap_restore_map(call, (void *)header, name, &owner, &map);
	free_page(header);
	if (err)
		return err;
	restore->what = KHMAP_DAMAGE_NONE;
	restore->page = 0;
	restore->bucket = 0;
	restore->slot = 0;
	restore->offset = 0;
	return khmap_file_answer(call, map, &restore->map_id, &restore->fd);
}
