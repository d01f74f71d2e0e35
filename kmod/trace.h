/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - tracepoints
 *
 * They fire when all locks are dropped, so the order of two events on two CPUs
 * need not be that of the stores.  The arguments are for raw tracepoints
 * (raw_tp, tp_btf) and do not change: the map's id, which is unique in this
 * boot, and where the operation wrote.
 *
 * Swaps and additions are puts that replaced a value.
 *
 * A put or delete writes the slot that its store names and the sequence of the
 * chain's first bucket, @head_bucket of primary page @head_page or the inline
 * bucket, twice.  Unless it replaced a value, it also writes that slot's tag,
 * in the head of the same bucket, and if @chain is not 0, the filter byte in
 * the head of the first bucket.  Three write more than their store says:
 *
 *	the put that moves a map out of its header page writes all its keys to
 *	the first primary page, and empties the inline bucket (khmap_promote)
 *
 *	a put that khmap_overflow follows writes the reference to the new
 *	bucket, in the head of the bucket before it
 *
 *	a delete from a chain with overflow moves the chain's last entry to the
 *	slot that it names, unless that is the last one, and clears the slot and
 *	the tag of the last; writes the filter byte; and if the last bucket is
 *	empty then, the reference to it
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM khmap

#if !defined(_KHMAP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KHMAP_TRACE_H

#include <linux/tracepoint.h>
#include <linux/khmap_image.h>

#include "core/stall.h"
#include "core/table.h"
#include "stall.h"

TRACE_DEFINE_ENUM(KHMAP_REGION_HEADER);
TRACE_DEFINE_ENUM(KHMAP_REGION_PRIMARY);
TRACE_DEFINE_ENUM(KHMAP_REGION_OVERFLOW);

#define show_khmap_region(region)				\
	__print_symbolic(region,				\
			 { KHMAP_REGION_HEADER, "header" },	\
			 { KHMAP_REGION_PRIMARY, "primary" },	\
			 { KHMAP_REGION_OVERFLOW, "overflow" })

/* A map was created; @name is empty if it has none. */
TRACE_EVENT(khmap_create,
	TP_PROTO(u64 map_id, const char *name,
		 const struct khmap_geometry *geometry),
	TP_ARGS(map_id, name, geometry),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__array(char, name, KHMAP_NAME_MAX + 1)
		__field(u32, key_size)
		__field(u32, value_size)
		__field(u32, bucket_stride)
		__field(u32, buckets_per_page)
		__field(u32, bucket_slots)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		strscpy_pad(__entry->name, name, KHMAP_NAME_MAX + 1);
		__entry->key_size = geometry->key_size;
		__entry->value_size = geometry->value_size;
		__entry->bucket_stride = geometry->bucket_stride;
		__entry->buckets_per_page = geometry->buckets_per_page;
		__entry->bucket_slots = geometry->bucket_slots;
	),
	TP_printk("map_id=%llu name=%s key_size=%u value_size=%u bucket_stride=%u buckets_per_page=%u bucket_slots=%u",
		  __entry->map_id, __entry->name, __entry->key_size,
		  __entry->value_size, __entry->bucket_stride,
		  __entry->buckets_per_page, __entry->bucket_slots)
);

/* A map is gone: its name, and the last descriptor and mapping. */
TRACE_EVENT(khmap_destroy,
	TP_PROTO(u64 map_id, const char *name),
	TP_ARGS(map_id, name),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__array(char, name, KHMAP_NAME_MAX + 1)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		strscpy_pad(__entry->name, name, KHMAP_NAME_MAX + 1);
	),
	TP_printk("map_id=%llu name=%s", __entry->map_id, __entry->name)
);

/* Where an operation stored, in an event of its own or of samplers. */
#define KHMAP_STORE_FIELDS						\
	__field(u64, map_id)						\
	__field(u32, region)						\
	__field(u32, page)						\
	__field(u32, bucket)						\
	__field(u32, slot)						\
	__field(u32, offset)						\
	__field(u32, length)						\
	__field(u32, head_page)						\
	__field(u32, head_bucket)					\
	__field(u32, stripe)						\
	__field(u32, chain)						\
	__field(bool, replaced)

#define KHMAP_STORE_ASSIGN(store)					\
	do {								\
		__entry->map_id = map_id;				\
		__entry->region = (store)->region;			\
		__entry->page = (store)->page;				\
		__entry->bucket = (store)->bucket;			\
		__entry->slot = (store)->slot;				\
		__entry->offset = (store)->offset;			\
		__entry->length = (store)->length;			\
		__entry->head_page = (store)->head_page;		\
		__entry->head_bucket = (store)->head_bucket;		\
		__entry->stripe = (store)->stripe;			\
		__entry->chain = (store)->chain;			\
		__entry->replaced = (store)->replaced;			\
	} while (0)

#define KHMAP_STORE_FORMAT						\
	"map_id=%llu region=%s page=%u bucket=%u slot=%u offset=%u length=%u head_page=%u head_bucket=%u stripe=%u chain=%u replaced=%d"

#define KHMAP_STORE_VALUES						\
	__entry->map_id, show_khmap_region(__entry->region),		\
	__entry->page, __entry->bucket, __entry->slot,			\
	__entry->offset, __entry->length, __entry->head_page,		\
	__entry->head_bucket, __entry->stripe, __entry->chain,		\
	__entry->replaced

DECLARE_EVENT_CLASS(khmap_store,
	TP_PROTO(u64 map_id, const struct khmap_store *store),
	TP_ARGS(map_id, store),
	TP_STRUCT__entry(
		KHMAP_STORE_FIELDS
	),
	TP_fast_assign(
		KHMAP_STORE_ASSIGN(store);
	),
	TP_printk(KHMAP_STORE_FORMAT, KHMAP_STORE_VALUES)
);

/* A value was stored. */
DEFINE_EVENT(khmap_store, khmap_put,
	TP_PROTO(u64 map_id, const struct khmap_store *store),
	TP_ARGS(map_id, store)
);

/* A key was deleted. */
DEFINE_EVENT(khmap_store, khmap_delete,
	TP_PROTO(u64 map_id, const struct khmap_store *store),
	TP_ARGS(map_id, store)
);

/*
 * An operation that samplers took: those in @samplers, a bit each, see
 * KHMAP_IOC_SAMPLE.  It stored a value, or @deleted a key.
 */
TRACE_EVENT(khmap_sample,
	TP_PROTO(u64 map_id, const struct khmap_store *store, bool deleted,
		 u32 samplers),
	TP_ARGS(map_id, store, deleted, samplers),
	TP_STRUCT__entry(
		KHMAP_STORE_FIELDS
		__field(bool, deleted)
		__field(u32, samplers)
	),
	TP_fast_assign(
		KHMAP_STORE_ASSIGN(store);
		__entry->deleted = deleted;
		__entry->samplers = samplers;
	),
	TP_printk(KHMAP_STORE_FORMAT " deleted=%d samplers=%#x",
		  KHMAP_STORE_VALUES, __entry->deleted, __entry->samplers)
);

/* A map left its header page for its first primary page. */
TRACE_EVENT(khmap_promote,
	TP_PROTO(u64 map_id),
	TP_ARGS(map_id),
	TP_STRUCT__entry(
		__field(u64, map_id)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
	),
	TP_printk("map_id=%llu", __entry->map_id)
);

/* Pages were allocated for the primary region, beyond the shape. */
TRACE_EVENT(khmap_grow,
	TP_PROTO(u64 map_id, u32 page, u32 pages),
	TP_ARGS(map_id, page, pages),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__field(u32, page)
		__field(u32, pages)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		__entry->page = page;
		__entry->pages = pages;
	),
	TP_printk("map_id=%llu page=%u pages=%u", __entry->map_id,
		  __entry->page, __entry->pages)
);

/* A bucket was split: @shape since then, @moved keys left for the new one. */
TRACE_EVENT(khmap_split,
	TP_PROTO(u64 map_id, u32 shape, u32 moved),
	TP_ARGS(map_id, shape, moved),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__field(u32, shape)
		__field(u32, moved)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		__entry->shape = shape;
		__entry->moved = moved;
	),
	TP_printk("map_id=%llu shape=%u moved=%u", __entry->map_id,
		  __entry->shape, __entry->moved)
);

/*
 * A compaction is done, or was killed: @moved overflow buckets, each with its
 * chain's sequence and the reference to it, and took @released pages out of the
 * image, which has @overflow_pages now.
 */
TRACE_EVENT(khmap_compact,
	TP_PROTO(u64 map_id, u64 moved, u32 released, u32 overflow_pages),
	TP_ARGS(map_id, moved, released, overflow_pages),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__field(u64, moved)
		__field(u32, released)
		__field(u32, overflow_pages)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		__entry->moved = moved;
		__entry->released = released;
		__entry->overflow_pages = overflow_pages;
	),
	TP_printk("map_id=%llu moved=%llu released=%u overflow_pages=%u",
		  __entry->map_id, __entry->moved, __entry->released,
		  __entry->overflow_pages)
);

/* A put gave a chain one more overflow bucket; follows its khmap_put. */
DEFINE_EVENT(khmap_store, khmap_overflow,
	TP_PROTO(u64 map_id, const struct khmap_store *store),
	TP_ARGS(map_id, store)
);

TRACE_DEFINE_ENUM(KHMAP_STALL_LOST);
TRACE_DEFINE_ENUM(KHMAP_STALL_STRIPE);
TRACE_DEFINE_ENUM(KHMAP_STALL_HEADER);
TRACE_DEFINE_ENUM(KHMAP_STALL_GATE);
TRACE_DEFINE_ENUM(KHMAP_STALL_SPLIT);
TRACE_DEFINE_ENUM(KHMAP_STALL_COPY);
TRACE_DEFINE_ENUM(KHMAP_STALL_COPY_OVERFLOW);
TRACE_DEFINE_ENUM(KHMAP_STALL_CUT);

#define show_khmap_stall(kind)						\
	__print_symbolic(kind,						\
			 { KHMAP_STALL_LOST, "lost" },			\
			 { KHMAP_STALL_STRIPE, "stripe" },		\
			 { KHMAP_STALL_HEADER, "header" },		\
			 { KHMAP_STALL_GATE, "gate" },			\
			 { KHMAP_STALL_SPLIT, "split" },		\
			 { KHMAP_STALL_COPY, "copy" },			\
			 { KHMAP_STALL_COPY_OVERFLOW, "copy_overflow" },	\
			 { KHMAP_STALL_CUT, "cut" })

/*
 * An operation waited, or made others wait: for what, @kind, an enum khmap_stall,
 * says, which has what @place is; and for how long.
 */
TRACE_EVENT_FN(khmap_stall,
	TP_PROTO(u64 map_id, u32 kind, u32 place, u64 ns),
	TP_ARGS(map_id, kind, place, ns),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__field(u32, kind)
		__field(u32, place)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		__entry->kind = kind;
		__entry->place = place;
		__entry->ns = ns;
	),
	TP_printk("map_id=%llu kind=%s place=%u ns=%llu", __entry->map_id,
		  show_khmap_stall(__entry->kind), __entry->place,
		  __entry->ns),
	khmap_stalls_forget, NULL
);

/* A snapshot was taken; @name is empty if it has none. */
TRACE_EVENT(khmap_snapshot_take,
	TP_PROTO(u64 map_id, u64 snapshot_id, const char *name, u64 pages,
		 u64 entries),
	TP_ARGS(map_id, snapshot_id, name, pages, entries),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__field(u64, snapshot_id)
		__array(char, name, KHMAP_NAME_MAX + 1)
		__field(u64, pages)
		__field(u64, entries)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		__entry->snapshot_id = snapshot_id;
		strscpy_pad(__entry->name, name, KHMAP_NAME_MAX + 1);
		__entry->pages = pages;
		__entry->entries = entries;
	),
	TP_printk("map_id=%llu snapshot_id=%llu name=%s pages=%llu entries=%llu",
		  __entry->map_id, __entry->snapshot_id, __entry->name,
		  __entry->pages, __entry->entries)
);

/* A snapshot is gone, after @held_ms: its name, last descriptor and mapping. */
TRACE_EVENT(khmap_snapshot_drop,
	TP_PROTO(u64 map_id, u64 snapshot_id, u64 copied_pages, u64 held_ms),
	TP_ARGS(map_id, snapshot_id, copied_pages, held_ms),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__field(u64, snapshot_id)
		__field(u64, copied_pages)
		__field(u64, held_ms)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		__entry->snapshot_id = snapshot_id;
		__entry->copied_pages = copied_pages;
		__entry->held_ms = held_ms;
	),
	TP_printk("map_id=%llu snapshot_id=%llu copied_pages=%llu held_ms=%llu",
		  __entry->map_id, __entry->snapshot_id, __entry->copied_pages,
		  __entry->held_ms)
);

/* A snapshot has been held for longer than its map's limit; once for each. */
TRACE_EVENT(khmap_snapshot_overdue,
	TP_PROTO(u64 map_id, u64 snapshot_id, u64 held_ms),
	TP_ARGS(map_id, snapshot_id, held_ms),
	TP_STRUCT__entry(
		__field(u64, map_id)
		__field(u64, snapshot_id)
		__field(u64, held_ms)
	),
	TP_fast_assign(
		__entry->map_id = map_id;
		__entry->snapshot_id = snapshot_id;
		__entry->held_ms = held_ms;
	),
	TP_printk("map_id=%llu snapshot_id=%llu held_ms=%llu",
		  __entry->map_id, __entry->snapshot_id, __entry->held_ms)
);

#endif /* _KHMAP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH kmod
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
