// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - what can be done with an open snapshot, and how one is taken
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/splice.h>
#include <linux/uio.h>

#include "core/snapshot.h"
#include "account.h"
#include "claim.h"
#include "compat.h"
#include "control.h"
#include "ioctl.h"
#include "map.h"
#include "overdue.h"
#include "record.h"
#include "shot.h"
#include "snapshot.h"

#define KHMAP_SNAPSHOT_MODE_DEFAULT	0440
#define KHMAP_SNAPSHOT_MODE_MASK	0444

static int khmap_snapshot_lookup(void *snapshot, const void *key, void *value)
{
	return khmap_snapshot_get(snapshot, key, value);
}

static int khmap_snapshot_file_get(struct khmap_call *call)
{
	struct khmap_shot *shot = call->file->private_data;

	return khmap_record_get(&shot->snapshot->header->geometry,
				&call->arg.record, khmap_snapshot_lookup,
				shot->snapshot);
}

static int khmap_snapshot_file_stat(struct khmap_call *call)
{
	struct khmap_shot *shot = call->file->private_data;
	const struct khmap_image_header *header = shot->snapshot->header;
	struct khmap_account *account = shot->account;
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
	stat->copied_pages = khmap_shot_copied(shot);
	stat->reserved_pages = khmap_shot_left(shot);
	stat->snapshot_ns = header->snapshot_ns;
	stat->snapshot_id = shot->object.id;
	stat->warn_after_ms = READ_ONCE(shot->map->warn_after_ms);
	stat->held_ms = khmap_overdue_held(shot);
	stat->overdue = khmap_overdue(shot);
	stat->lost_pages = khmap_snapshot_losses(shot->snapshot);
	stat->pool_pages = khmap_shot_pool(shot, &stat->pool_free);
	return khmap_call_reply(call);
}

static int khmap_snapshot_materialize(struct khmap_call *call)
{
	struct khmap_ioc_materialize *arg = &call->arg.materialize;
	struct khmap_shot *shot = call->file->private_data;
	int err = 0;

	/* Nothing is copied for one who cannot be told about it. */
	err = khmap_call_probe(call);
	if (err)
		return err;
	if (arg->flags & KHMAP_MATERIALIZE_BACKGROUND)
		khmap_shot_copy_later(shot);
	else
		err = khmap_shot_copy(shot);
	arg->copied_pages = khmap_shot_copied(shot);
	return khmap_call_reply(call) ?: err;
}

/* No descriptor is open for writing, so none has to be: the owner decides. */
static int khmap_snapshot_file_destroy(struct khmap_call *call)
{
	struct khmap_shot *shot = call->file->private_data;

	return khmap_object_destroy(&shot->object, call->file);
}

static const struct khmap_ioctl khmap_snapshot_ioctls[] = {
	KHMAP_IOCTL(KHMAP_IOC_ABI, khmap_ioc_abi, max_bytes, 0, 0,
		    khmap_control_abi),
	KHMAP_IOCTL(KHMAP_IOC_DESTROY, khmap_ioc_destroy, flags, 0, 0,
		    khmap_snapshot_file_destroy),
	KHMAP_IOCTL(KHMAP_IOC_GET, khmap_ioc_record, value_size, 0,
		    FMODE_READ, khmap_snapshot_file_get),
	KHMAP_IOCTL(KHMAP_IOC_STAT, khmap_ioc_stat, snapshot_ns, 0,
		    FMODE_READ, khmap_snapshot_file_stat),
	KHMAP_IOCTL(KHMAP_IOC_MATERIALIZE, khmap_ioc_materialize, copied_pages,
		    KHMAP_MATERIALIZE_FLAGS, FMODE_READ,
		    khmap_snapshot_materialize),
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
	struct khmap_shot *shot = file->private_data;

	return khmap_view_mmap(&shot->view, vma);
}

/*
 * The bytes of a page, or an error pointer.  By a page of the caller's, *@buffer, which
 * is allocated when it is needed first: what is read in passing is not copied for good.
 */
static const void *khmap_snapshot_look(struct khmap_snapshot *snapshot,
				       u64 page, void **buffer)
{
	const void *from = khmap_snapshot_peek(snapshot, page);
	int err;

	if (khmap_snapshot_lost(snapshot, from))
		return ERR_PTR(-EIO);
	if (from)
		return from;
	if (!*buffer)
		*buffer = (void *)__get_free_page(KHMAP_GFP_CALL);
	if (!*buffer)
		return ERR_PTR(-ENOMEM);
	err = khmap_snapshot_read(snapshot, page, *buffer);
	return err ? ERR_PTR(err) : *buffer;
}

static ssize_t khmap_snapshot_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct khmap_shot *shot = iocb->ki_filp->private_data;
	u64 size = shot->snapshot->pages << PAGE_SHIFT;
	void *buffer = NULL;
	ssize_t done = 0;
	int err = 0;

	while (iov_iter_count(to) && iocb->ki_pos < size && !err) {
		size_t offset = offset_in_page(iocb->ki_pos);
		size_t want = min_t(size_t, iov_iter_count(to),
				    PAGE_SIZE - offset), got;
		const void *from = khmap_snapshot_look(shot->snapshot,
						       iocb->ki_pos >> PAGE_SHIFT,
						       &buffer);

		if (IS_ERR(from)) {
			err = PTR_ERR(from);
			break;
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

/* Into a pipe, @size bytes of a page at most, in a copy that is charged to the caller. */
static ssize_t khmap_snapshot_splice_page(struct khmap_snapshot *snapshot,
					  loff_t at, struct pipe_inode_info *pipe,
					  size_t size)
{
	struct pipe_buffer buffer = {
		.ops = &nosteal_pipe_buf_ops,
		.offset = offset_in_page(at),
		.len = min_t(size_t, size, PAGE_SIZE - offset_in_page(at)),
	};
	const void *from;
	void *copy;

	buffer.page = alloc_page(KHMAP_GFP_CALL);
	if (!buffer.page)
		return -ENOMEM;
	copy = page_address(buffer.page);
	from = khmap_snapshot_look(snapshot, at >> PAGE_SHIFT, &copy);
	if (IS_ERR(from)) {
		__free_page(buffer.page);
		return PTR_ERR(from);
	}
	if (from != copy)
		memcpy(copy + buffer.offset, from + buffer.offset, buffer.len);
	/* Which takes the page, also if it fails. */
	return add_to_pipe(pipe, &buffer);
}

/* The kernel's own way of it charges the pages to nobody. */
static ssize_t khmap_snapshot_splice_read(struct file *file, loff_t *at,
					  struct pipe_inode_info *pipe,
					  size_t size, unsigned int flags)
{
	struct khmap_shot *shot = file->private_data;
	u64 end = shot->snapshot->pages << PAGE_SHIFT;
	size_t done = 0;
	ssize_t got = 0;

	while (done < size && *at < end) {
		if (pipe_full(pipe->head, pipe->tail, pipe->max_usage))
			got = -EAGAIN;
		else if (fatal_signal_pending(current))
			got = -EINTR;
		else
			got = khmap_snapshot_splice_page(shot->snapshot, *at,
							 pipe, size - done);
		if (got < 0)
			break;
		*at += got;
		done += got;
		cond_resched();
	}
	return done ?: got;
}

static loff_t khmap_snapshot_seek(struct file *file, loff_t offset, int whence)
{
	struct khmap_shot *shot = file->private_data;

	return fixed_size_llseek(file, offset, whence,
				 shot->snapshot->pages << PAGE_SHIFT);
}

static int khmap_snapshot_close(struct inode *inode, struct file *file)
{
	struct khmap_shot *shot = file->private_data;

	khmap_object_put(&shot->object);
	return 0;
}

static void khmap_snapshot_show(struct seq_file *seq, struct file *file)
{
	struct khmap_shot *shot = file->private_data;

	khmap_object_show(&shot->object, seq);
}

const struct file_operations khmap_snapshot_fops = {
	.owner = THIS_MODULE,
	.llseek = khmap_snapshot_seek,
	.read_iter = khmap_snapshot_read_iter,
	.splice_read = khmap_snapshot_splice_read,
	.release = khmap_snapshot_close,
	.unlocked_ioctl = khmap_snapshot_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = khmap_snapshot_mmap,
	.show_fdinfo = khmap_snapshot_show,
};

/* Pages of the pool; 0 to have each page in reserve. */
static int khmap_snapshot_pool(const struct khmap_ioc_snapshot *arg, u32 *pages)
{
	bool best_effort = arg->flags & KHMAP_SNAPSHOT_BEST_EFFORT;

	if (arg->reserved2 || arg->pool_pages > KHMAP_POOL_PAGES_MAX ||
	    (arg->pool_pages && !best_effort))
		return -EINVAL;
	*pages = 0;
	if (best_effort)
		*pages = arg->pool_pages ? arg->pool_pages :
					   KHMAP_POOL_PAGES_DEFAULT;
	return 0;
}

int khmap_snapshot_ioctl(struct khmap_call *call)
{
	struct khmap_ioc_snapshot *arg = &call->arg.snapshot;
	const struct khmap_claim claim = {
		.name = arg->name,
		.name_length = arg->name_length,
		.owner_given = arg->flags & KHMAP_SNAPSHOT_OWNER,
		.mode_given = arg->flags & KHMAP_SNAPSHOT_MODE,
		.uid = arg->uid,
		.gid = arg->gid,
		.mode = arg->mode,
		.mode_default = KHMAP_SNAPSHOT_MODE_DEFAULT,
		.mode_mask = KHMAP_SNAPSHOT_MODE_MASK,
	};
	char name[KHMAP_NAME_MAX + 1];
	struct khmap_node_owner owner;
	struct khmap_shot *shot;
	struct file *file;
	u32 pool_pages;
	int err;

	if (arg->reserved)
		return -EINVAL;
	err = khmap_snapshot_pool(arg, &pool_pages);
	if (err)
		return err;
	err = khmap_claim_check(&claim, name, &owner);
	if (err)
		return err;
	if (fatal_signal_pending(current))
		return -EINTR;
	shot = khmap_shot_create(call->file->private_data, name, &owner,
				 pool_pages);
	if (IS_ERR(shot))
		return PTR_ERR(shot);
	file = khmap_object_file(&shot->object, shot, O_RDONLY);
	if (IS_ERR(file)) {
		khmap_object_put(&shot->object);
		return PTR_ERR(file);
	}
	/* From here on the reference is the file's. */
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	arg->image_size = shot->snapshot->header->image_size;
	arg->entries = shot->snapshot->header->entries;
	arg->snapshot_id = shot->object.id;
	return khmap_claim_answer(call, &arg->fd, file, &shot->object);
}
