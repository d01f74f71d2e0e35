// SPDX-License-Identifier: GPL-2.0-only
/*
 * compact.c - COMPACT: a part of the map at a time, until it is done
 */
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "core/compact.h"
#include "core/retire.h"
#include "compact.h"
#include "ioctl.h"
#include "map.h"
#include "trace.h"

int khmap_compact_map(struct khmap_call *call)
{
	struct khmap_map *map = call->file->private_data;
	struct khmap_ioc_compact *arg = &call->arg.compact;
	struct khmap_compact compact = {};
	struct khmap_counts counts;
	bool more = true;
	int err = 0;

	/* Nothing is moved for one who cannot be told about it. */
	err = khmap_call_probe(call);
	if (err)
		return err;
	while (more) {
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		more = khmap_table_compact(map->table, &compact);
	}
	if (!err && khmap_table_retired(map->table))
		err = -ESTALE;
	/* For those who look at the header page only. */
	khmap_table_stat(map->table, &counts);
	arg->moved = compact.moved;
	arg->released = compact.released;
	arg->overflow_pages = READ_ONCE(map->table->header->overflow_pages);
	trace_khmap_compact(map->object.id, arg->moved, arg->released,
			    arg->overflow_pages);
	return khmap_call_reply(call) ?: err;
}
