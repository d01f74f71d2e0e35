// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - one instant of a map, as a descriptor
 *
 * A snapshot is freed with its file.  It holds the map: what the map has not
 * written to since is the map's own page.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/splice.h>
#include <linux/uio.h>

#include "core/snapshot.h"
#include "account.h"
#include "compat.h"
#include "control.h"
#include "ioctl.h"
#include "map.h"
#include "record.h"
#include "snapshot.h"
#include "trace.h"

/* Pages that are materialized between two looks at signals. */
#define KHMAP_SNAPSHOT_STEP	64

/**
 * struct khmap_snapshot_file - a snapshot's descriptor
 * @map: a reference
 * @account: of the snapshot, below the map's; a reference
 * @snapshot: its pages
 * @view: what a mapping shows
 */
struct khmap_snapshot_file {
	struct khmap_map *map;
	struct khmap_account *account;
	struct khmap_snapshot *snapshot;
	struct khmap_view view;
};

/* Only what somebody wants is copied, and not the pages around it. */
static void *khmap_snapshot_view_page(const struct khmap_view *view, u64 page,
				      bool wanted)
{
	struct khmap_snapshot_file *file =
		container_of(view, struct khmap_snapshot_file, view);

	return wanted ? khmap_snapshot_page(file->snapshot, page) :
			khmap_snapshot_peek(file->snapshot, page);
}

static void khmap_snapshot_file_destroy(struct khmap_snapshot_file *file)
{
	struct khmap_account *account = file->account;
	struct khmap_map *map = file->map;

	khmap_snapshot_destroy(file->snapshot);
	os_free(account, file, sizeof(*file));
	khmap_account_put(account);
	khmap_map_put(map);
}

static bool khmap_snapshot_stop(void)
{
	return fatal_signal_pending(current);
}

static struct khmap_snapshot_file *
khmap_snapshot_file_create(struct khmap_map *map)
{
	struct khmap_snapshot_file *file;
	struct khmap_account *account;
	int err;

	account = khmap_account_create_snapshot(map->account);
	if (!account)
		return ERR_PTR(-ENOMEM);
	file = os_alloc(account, sizeof(*file));
	if (!file) {
		khmap_account_put(account);
		return ERR_PTR(-ENOMEM);
	}
	file->account = account;
	kref_get(&map->refs);
	file->map = map;
	err = khmap_snapshot_create(map->table, account, khmap_snapshot_stop,
				    &file->snapshot);
	if (err) {
		khmap_snapshot_file_destroy(file);
		return ERR_PTR(err);
	}
	file->view.page = khmap_snapshot_view_page;
	file->view.pages = file->snapshot->pages;
	return file;
}

static int khmap_snapshot_lookup(void *snapshot, const void *key, void *value)
{
	return khmap_snapshot_get(snapshot, key, value);
}

static int khmap_snapshot_file_get(struct khmap_call *call)
{
	struct khmap_snapshot_file *file = call->file->private_data;

	return khmap_record_get(&file->snapshot->header->geometry,
				&call->arg.record, khmap_snapshot_lookup,
				file->snapshot);
}

static int khmap_snapshot_file_stat(struct khmap_call *call)
{
	struct khmap_snapshot_file *file = call->file->private_data;
	const struct khmap_image_header *header = file->snapshot->header;
	struct khmap_account *account = file->account;
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
	stat->copied_pages = 1 + os_count_read(&file->snapshot->copied);
	stat->reserved_pages = file->snapshot->pages - stat->copied_pages;
	stat->snapshot_ns = header->snapshot_ns;
	return khmap_call_reply(call);
}

static int khmap_snapshot_materialize(struct khmap_call *call)
{
	struct khmap_snapshot_file *file = call->file->private_data;
	struct khmap_snapshot *snapshot = file->snapshot;
	u64 page;
	int err = 0;

	for (page = 0; page < snapshot->pages; page++) {
		khmap_snapshot_page(snapshot, page);
		if (page % KHMAP_SNAPSHOT_STEP)
			continue;
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	call->arg.materialize.copied_pages =
		1 + os_count_read(&snapshot->copied);
	return khmap_call_reply(call) ?: err;
}

static const struct khmap_ioctl khmap_snapshot_ioctls[] = {
	KHMAP_IOCTL(KHMAP_IOC_ABI, khmap_ioc_abi, max_bytes, 0, 0,
		    khmap_control_abi),
	KHMAP_IOCTL(KHMAP_IOC_GET, khmap_ioc_record, value_size, 0,
		    FMODE_READ, khmap_snapshot_file_get),
	KHMAP_IOCTL(KHMAP_IOC_STAT, khmap_ioc_stat, snapshot_ns, 0,
		    FMODE_READ, khmap_snapshot_file_stat),
	KHMAP_IOCTL(KHMAP_IOC_MATERIALIZE, khmap_ioc_materialize, copied_pages,
		    0, FMODE_READ, khmap_snapshot_materialize),
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
	struct khmap_snapshot_file *snapshot = file->private_data;

	return khmap_view_mmap(&snapshot->view, vma);
}

/* By a page of its own: what is read in passing is not copied for good. */
static ssize_t khmap_snapshot_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct khmap_snapshot_file *file = iocb->ki_filp->private_data;
	u64 size = file->snapshot->pages << PAGE_SHIFT;
	void *buffer = NULL;
	ssize_t done = 0;
	int err = 0;

	while (iov_iter_count(to) && iocb->ki_pos < size && !err) {
		u64 page = iocb->ki_pos >> PAGE_SHIFT;
		size_t offset = offset_in_page(iocb->ki_pos);
		size_t want = min_t(size_t, iov_iter_count(to),
				    PAGE_SIZE - offset), got;
		const void *from = khmap_snapshot_peek(file->snapshot, page);

		if (!from) {
			if (!buffer)
				buffer = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
			if (!buffer) {
				err = -ENOMEM;
				break;
			}
			khmap_snapshot_read(file->snapshot, page, buffer);
			from = buffer;
		}
		got = copy_to_iter(from + offset, want, to);
		if (got != want)
			err = -EFAULT;
		iocb->ki_pos += got;
		done += got;
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	free_page((unsigned long)buffer);
	return done ?: err;
}

static loff_t khmap_snapshot_seek(struct file *file, loff_t offset, int whence)
{
	struct khmap_snapshot_file *snapshot = file->private_data;

	return fixed_size_llseek(file, offset, whence,
				 snapshot->snapshot->pages << PAGE_SHIFT);
}

static int khmap_snapshot_close(struct inode *inode, struct file *file)
{
	khmap_snapshot_file_destroy(file->private_data);
	return 0;
}

static const struct file_operations khmap_snapshot_fops = {
	.owner = THIS_MODULE,
	.llseek = khmap_snapshot_seek,
	.read_iter = khmap_snapshot_read_iter,
	.splice_read = khmap_splice_read,
	.release = khmap_snapshot_close,
	.unlocked_ioctl = khmap_snapshot_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = khmap_snapshot_mmap,
};

int khmap_snapshot_ioctl(struct khmap_call *call)
{
	struct khmap_ioc_snapshot *arg = &call->arg.snapshot;
	const struct khmap_image_header *header;
	struct khmap_snapshot_file *snapshot;
	struct file *file;
	int err;

	if (arg->reserved)
		return -EINVAL;
	if (fatal_signal_pending(current))
		return -EINTR;
	snapshot = khmap_snapshot_file_create(call->file->private_data);
	if (IS_ERR(snapshot))
		return PTR_ERR(snapshot);
	file = anon_inode_getfile("[khmap-snapshot]", &khmap_snapshot_fops,
				  snapshot, O_RDONLY | O_CLOEXEC);
	if (IS_ERR(file)) {
		khmap_snapshot_file_destroy(snapshot);
		return PTR_ERR(file);
	}
	/* From here on the snapshot is the file's. */
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	header = snapshot->snapshot->header;
	arg->image_size = header->image_size;
	arg->entries = header->entries;
	err = khmap_call_reply_file(call, &arg->fd, file);
	if (!err)
		fd_install(arg->fd, file);
	return err;
}
