// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.c - what can be done with an open map
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pagemap.h>

#include "core/compact.h"
#include "account.h"
#include "batch.h"
#include "canary.h"
#include "claim.h"
#include "compact.h"
#include "control.h"
#include "file.h"
#include "growth.h"
#include "ioctl.h"
#include "map.h"
#include "overdue.h"
#include "record.h"
#include "snapshot.h"
#include "uring.h"
#include "version.h"

static int khmap_destroy(struct khmap_call *call)
{
	struct khmap_map *map = call->file->private_data;

	return khmap_object_destroy(&map->object, call->file);
}

static int khmap_put(struct khmap_call *call)
{
	return khmap_record_put(call->file->private_data, &call->arg.record);
}

static int khmap_get(struct khmap_call *call)
{
	struct khmap_map *map = call->file->private_data;

	return khmap_record_get(&map->table->geometry, &call->arg.record,
				khmap_record_from_map, map);
}

static int khmap_delete(struct khmap_call *call)
{
	/* Who may only write learns no value. */
	if (call->arg.record.value && !(call->file->f_mode & FMODE_READ))
		return -EBADF;
	return khmap_record_delete(call->file->private_data,
				   &call->arg.record);
}

static int khmap_clear(struct khmap_call *call)
{
	int err;

	/* Nothing is cleared for one who cannot be told about it. */
	err = khmap_call_probe(call);
	if (err)
		return err;
	err = khmap_record_clear(call->file->private_data,
				 &call->arg.clear.deleted);
	return khmap_call_reply(call) ?: err;
}

static u32 khmap_growth_kind(const struct khmap_growth_state *growth, u32 shape)
{
	if (growth->refused)
		return KHMAP_GROWTH_REFUSED;
	if (shape < growth->wanted)
		return KHMAP_GROWTH_BEHIND;
	return growth->full ? KHMAP_GROWTH_FULL : KHMAP_GROWTH_IDLE;
}

static int khmap_stat(struct khmap_call *call)
{
	struct khmap_map *map = call->file->private_data;
	struct khmap_ioc_stat *stat = &call->arg.stat;
	const struct khmap_image_header *header = map->table->header;
	struct khmap_compaction compaction;
	struct khmap_growth_state growth;
	struct khmap_counts counts;
	u64 total;

	khmap_table_stat(map->table, &counts);
	khmap_table_growth(map->table, &growth);
	khmap_table_compaction(map->table, &compaction);
	stat->map_id = map->object.id;
	stat->entries = counts.entries;
	stat->max_entries = map->table->max_entries;
	stat->overflow_entries = counts.overflow_entries;
	stat->overflow_buckets = counts.overflow_buckets;
	stat->bytes = atomic64_read(&map->account->bytes);
	total = atomic64_read(&map->account->total);
	/* The two may have been read while the map itself grew or shrank. */
	stat->snapshot_bytes = total > stat->bytes ? total - stat->bytes : 0;
	stat->max_bytes = map->account->max_bytes;
	stat->inserts = counts.inserts;
	stat->replaces = counts.replaces;
	stat->deletes = counts.deletes;
	/* Splits and compaction may store to these meanwhile: each is told as it is just now. */
	stat->shape = READ_ONCE(header->shape);
	stat->primary_pages = READ_ONCE(header->primary_pages);
	stat->overflow_pages = READ_ONCE(header->overflow_pages);
	stat->stripes = map->table->stripe_mask + 1;
	stat->snapshots = atomic_read(&map->account->snapshots);
	stat->kind = KHMAP_IMAGE_LIVE;
	stat->splits = growth.splits;
	stat->wanted = growth.wanted;
	stat->growth = khmap_growth_kind(&growth, stat->shape);
	stat->compact_buckets = compaction.moved;
	stat->compact_pages = compaction.released;
	stat->overflow_needed = compaction.needed;
	stat->reserved = 0;
	stat->copied_pages = 0;
	stat->reserved_pages = 0;
	stat->snapshot_ns = 0;
	stat->snapshot_id = 0;
	/* WARN_AFTER stores it under a lock that is not taken here. */
	stat->warn_after_ms = READ_ONCE(map->warn_after_ms);
	stat->held_ms = 0;
	stat->overdue = khmap_overdue_count(map);
	khmap_version_tells(map, &stat->generation, &stat->retired);
	stat->lost_pages = 0;
	stat->pool_pages = 0;
	stat->pool_free = 0;
	return khmap_call_reply(call);
}

static int khmap_batch(struct khmap_call *call)
{
	struct khmap_ioc_batch *batch = &call->arg.batch;
	int done, err;

	/* Nothing is done for one who cannot be told how much. */
	err = khmap_call_probe(call);
	if (err)
		return err;
	done = khmap_batch_run(call->file, batch);
	return khmap_call_reply(call) ?: min(done, 0);
}

static const struct khmap_ioctl khmap_map_ioctls[] = {
	KHMAP_IOCTL(KHMAP_IOC_ABI, khmap_ioc_abi, max_bytes, 0, 0,
		    khmap_control_abi),
	KHMAP_IOCTL(KHMAP_IOC_DESTROY, khmap_ioc_destroy, flags, 0,
		    FMODE_WRITE, khmap_destroy),
	KHMAP_IOCTL(KHMAP_IOC_PUT, khmap_ioc_record, value_size,
		    KHMAP_PUT_FLAGS, FMODE_WRITE, khmap_put),
	KHMAP_IOCTL(KHMAP_IOC_GET, khmap_ioc_record, value_size, 0,
		    FMODE_READ, khmap_get),
	KHMAP_IOCTL(KHMAP_IOC_DELETE, khmap_ioc_record, value_size, 0,
		    FMODE_WRITE, khmap_delete),
	KHMAP_IOCTL(KHMAP_IOC_CLEAR, khmap_ioc_clear, deleted, 0,
		    FMODE_WRITE, khmap_clear),
	KHMAP_IOCTL(KHMAP_IOC_STAT, khmap_ioc_stat, snapshot_ns, 0,
		    FMODE_READ, khmap_stat),
	KHMAP_IOCTL(KHMAP_IOC_RESERVE, khmap_ioc_reserve, primary_pages, 0,
		    FMODE_WRITE, khmap_growth_reserve),
	KHMAP_IOCTL(KHMAP_IOC_COMPACT, khmap_ioc_compact, overflow_pages, 0,
		    FMODE_WRITE, khmap_compact_map),
	/* The snapshot can be read, so the map must be readable too. */
	KHMAP_IOCTL(KHMAP_IOC_SNAPSHOT, khmap_ioc_snapshot, entries,
		    KHMAP_SNAPSHOT_FLAGS, FMODE_READ | FMODE_WRITE,
		    khmap_snapshot_ioctl),
	KHMAP_IOCTL(KHMAP_IOC_WARN_AFTER, khmap_ioc_warn_after, warn_after_ms,
		    0, FMODE_WRITE, khmap_overdue_set),
	/* Who has another version open may read and write this one afterwards (CHOOSE). */
	KHMAP_IOCTL(KHMAP_IOC_PUBLISH, khmap_ioc_publish, generation, 0,
		    FMODE_READ | FMODE_WRITE, khmap_version_publish),
	KHMAP_IOCTL(KHMAP_IOC_ROLLBACK, khmap_ioc_rollback, generation,
		    KHMAP_ROLLBACK_FLAGS, FMODE_WRITE, khmap_version_rollback),
	KHMAP_IOCTL(KHMAP_IOC_CANARY, khmap_ioc_canary, generation,
		    KHMAP_CANARY_FLAGS, FMODE_READ | FMODE_WRITE,
		    khmap_canary),
	KHMAP_IOCTL(KHMAP_IOC_CHOOSE, khmap_ioc_choose, map_id,
		    KHMAP_CHOOSE_FLAGS, 0, khmap_canary_choose),
	KHMAP_IOCTL(KHMAP_IOC_VERSIONS, khmap_ioc_versions, generation, 0,
		    FMODE_READ, khmap_version_list),
	/* Each operation asks for what it needs. */
	KHMAP_IOCTL(KHMAP_IOC_BATCH, khmap_ioc_batch, offset,
		    KHMAP_BATCH_FLAGS, 0, khmap_batch),
};

static long khmap_map_ioctl(struct file *file, unsigned int command,
			    unsigned long arg)
{
	return khmap_ioctl_dispatch(khmap_map_ioctls,
				    ARRAY_SIZE(khmap_map_ioctls), file,
				    command, (void __user *)arg);
}

static int khmap_map_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct khmap_map *map = file->private_data;

	return khmap_view_mmap(&map->view, vma);
}

static int khmap_file_release(struct inode *inode, struct file *file)
{
	khmap_map_put(file->private_data);
	return 0;
}

static void khmap_file_show(struct seq_file *seq, struct file *file)
{
	struct khmap_map *map = file->private_data;

	khmap_object_show(&map->object, seq);
}

const struct file_operations khmap_map_fops = {
	.owner = THIS_MODULE,
	.release = khmap_file_release,
	.show_fdinfo = khmap_file_show,
	.unlocked_ioctl = khmap_map_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = khmap_map_mmap,
	.uring_cmd = khmap_uring_cmd,
};

int khmap_file_answer(struct khmap_call *call, struct khmap_map *map,
		      u64 *map_id, s32 *fd)
{
	struct file *file = khmap_object_file(&map->object, map, O_RDWR);

	if (IS_ERR(file)) {
		khmap_map_put(map);
		return PTR_ERR(file);
	}
	/* From here on the reference is the file's. */
	*map_id = map->object.id;
	return khmap_claim_answer(call, fd, file, &map->object);
}
