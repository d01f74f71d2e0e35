// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - one instant of a map, as a descriptor
 *
 * A snapshot is freed with its file.  It shares nothing with the map but the
 * account that its memory is charged to, so the map may go before it.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/percpu-rwsem.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "account.h"
#include "control.h"
#include "ioctl.h"
#include "map.h"
#include "record.h"
#include "snapshot.h"

/* How often a copy may turn out to be too small before writers wait for it. */
#define KHMAP_SNAPSHOT_TRIES	4

/**
 * struct khmap_snapshot - a snapshot; nothing in it changes
 * @account: of the snapshot, below the map's; a reference
 * @copy: the pages
 * @view: what a mapping shows
 */
struct khmap_snapshot {
	struct khmap_account *account;
	struct khmap_copy *copy;
	struct khmap_view view;
};

static void *khmap_snapshot_view_page(const struct khmap_view *view, u64 page)
{
	struct khmap_snapshot *snapshot =
		container_of(view, struct khmap_snapshot, view);

	return khmap_copy_page(snapshot->copy, page);
}

static void khmap_snapshot_destroy(struct khmap_snapshot *snapshot)
{
	struct khmap_account *account = snapshot->account;

	khmap_copy_destroy(snapshot->copy);
	os_free(account, snapshot, sizeof(*snapshot));
	khmap_account_put(account);
}

static bool khmap_snapshot_stop(void)
{
	return fatal_signal_pending(current);
}

/* Writers wait while the map is copied, but not for memory, if possible. */
static int khmap_snapshot_fill(struct khmap_snapshot *snapshot,
			       struct khmap_map *map)
{
	struct khmap_copy *copy = snapshot->copy;
	int err, tries;

	for (tries = KHMAP_SNAPSHOT_TRIES; tries; tries--) {
		err = khmap_copy_reserve(copy, map->table, khmap_snapshot_stop);
		if (err)
			return err;
		percpu_down_write(&map->writers);
		err = khmap_copy_fill(copy, map->table, ktime_get_real_ns(),
				      map->epoch);
		/* It grows faster than memory can be had for it. */
		if (err == -EAGAIN && tries == 1) {
			err = khmap_copy_reserve(copy, map->table,
						 khmap_snapshot_stop);
			if (!err)
				err = khmap_copy_fill(copy, map->table,
						      ktime_get_real_ns(),
						      map->epoch);
		}
		if (!err)
			map->epoch++;
		percpu_up_write(&map->writers);
		if (err != -EAGAIN)
			return err;
	}
	return err;
}

static struct khmap_snapshot *khmap_snapshot_create(struct khmap_map *map)
{
	struct khmap_snapshot *snapshot;
	struct khmap_account *account;
	int err;

	account = khmap_account_create_snapshot(map->account);
	if (!account)
		return ERR_PTR(-ENOMEM);
	snapshot = os_alloc(account, sizeof(*snapshot));
	if (!snapshot) {
		khmap_account_put(account);
		return ERR_PTR(-ENOMEM);
	}
	snapshot->account = account;

	err = khmap_copy_alloc(account, &snapshot->copy);
	if (!err)
		err = khmap_snapshot_fill(snapshot, map);
	if (err) {
		khmap_snapshot_destroy(snapshot);
		return ERR_PTR(err);
	}
	snapshot->view.page = khmap_snapshot_view_page;
	snapshot->view.pages =
		snapshot->copy->header->image_size >> PAGE_SHIFT;
	return snapshot;
}

static int khmap_snapshot_lookup(void *copy, const void *key, void *value)
{
	return khmap_copy_get(copy, key, value);
}

static int khmap_snapshot_get(struct khmap_call *call)
{
	struct khmap_snapshot *snapshot = call->file->private_data;

	return khmap_record_get(&snapshot->copy->header->geometry,
				&call->arg.record, khmap_snapshot_lookup,
				snapshot->copy);
}

static int khmap_snapshot_stat(struct khmap_call *call)
{
	struct khmap_snapshot *snapshot = call->file->private_data;
	const struct khmap_image_header *header = snapshot->copy->header;
	struct khmap_account *account = snapshot->account;
	struct khmap_ioc_stat *stat = &call->arg.stat;
	u32 size = stat->size;

	memset(stat, 0, sizeof(*stat));
	stat->size = size;
	stat->map_id = header->map_id;
	stat->entries = header->entries;
	stat->max_entries = header->max_entries;
	stat->overflow_entries = header->overflow_entries;
	stat->overflow_buckets = header->overflow_buckets;
	stat->bytes = atomic64_read(&account->bytes);
	stat->max_bytes = account->map->max_bytes;
	stat->shape = header->shape;
	stat->primary_pages = header->primary_pages;
	stat->overflow_pages = header->overflow_pages;
	stat->kind = KHMAP_IMAGE_SNAPSHOT;
	return khmap_call_reply(call);
}

static const struct khmap_ioctl khmap_snapshot_ioctls[] = {
	KHMAP_IOCTL(KHMAP_IOC_ABI, khmap_ioc_abi, max_bytes, 0, 0,
		    khmap_control_abi),
	KHMAP_IOCTL(KHMAP_IOC_GET, khmap_ioc_record, value_size, 0,
		    FMODE_READ, khmap_snapshot_get),
	KHMAP_IOCTL(KHMAP_IOC_STAT, khmap_ioc_stat, reserved, 0,
		    FMODE_READ, khmap_snapshot_stat),
};

static long khmap_snapshot_file_ioctl(struct file *file, unsigned int command,
				      unsigned long arg)
{
	return khmap_ioctl_dispatch(khmap_snapshot_ioctls,
				    ARRAY_SIZE(khmap_snapshot_ioctls), file,
				    command, (void __user *)arg);
}

static int khmap_snapshot_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct khmap_snapshot *snapshot = file->private_data;

	return khmap_view_mmap(&snapshot->view, vma);
}

static int khmap_snapshot_close(struct inode *inode, struct file *file)
{
	khmap_snapshot_destroy(file->private_data);
	return 0;
}

static const struct file_operations khmap_snapshot_fops = {
	.owner = THIS_MODULE,
	.release = khmap_snapshot_close,
	.unlocked_ioctl = khmap_snapshot_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = khmap_snapshot_mmap,
};

int khmap_snapshot_ioctl(struct khmap_call *call)
{
	struct khmap_ioc_snapshot *arg = &call->arg.snapshot;
	struct khmap_snapshot *snapshot;
	struct file *file;
	int err;

	if (arg->reserved)
		return -EINVAL;
	if (fatal_signal_pending(current))
		return -EINTR;
	snapshot = khmap_snapshot_create(call->file->private_data);
	if (IS_ERR(snapshot))
		return PTR_ERR(snapshot);
	file = anon_inode_getfile("[khmap-snapshot]", &khmap_snapshot_fops,
				  snapshot, O_RDONLY | O_CLOEXEC);
	if (IS_ERR(file)) {
		khmap_snapshot_destroy(snapshot);
		return PTR_ERR(file);
	}
	/* From here on the snapshot is the file's. */
	arg->image_size = snapshot->copy->header->image_size;
	arg->entries = snapshot->copy->header->entries;
	err = khmap_call_reply_file(call, &arg->fd, file);
	if (!err)
		fd_install(arg->fd, file);
	return err;
}
