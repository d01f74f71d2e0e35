/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * table.h - the engine: a hash map in pages
 *
 * The caller makes an account (os.h) and parameters, and gets a table whose
 * pages are an image of linux/khmap_image.h.  The engine knows nothing of
 * descriptors, processes or tracepoints.
 */
#ifndef _KHMAP_CORE_TABLE_H
#define _KHMAP_CORE_TABLE_H

#include "os.h"
#include "extents.h"
#include <khmap/hash.h>
#include <khmap/layout.h>

#define KHMAP_STRIPES		64	/* if nobody asks for others */
#define KHMAP_STRIPES_MOST	1024
#define KHMAP_CLEAR_PAGES	64	/* that khmap_table_clear() does at once */
/* Bytes of primary buckets from which on khmap_table_prefetch() pays. */
#define KHMAP_LARGE_BYTES	(512u << 10)

/**
 * struct khmap_table_params - what a table is made of
 * @key_size: bytes, 1..KHMAP_RECORD_MAX
 * @value_size: bytes, 1..KHMAP_RECORD_MAX
 * @layout: enum khmap_layout
 * @hash_kind: enum khmap_hash_kind
 * @load_percent: target load of the primary slots, 10..95
 * @stripes: locks, a power of two up to KHMAP_STRIPES_MOST
 * @expected_entries: a hint, 1 or more: pages are then allocated in longer runs
 * @max_entries: 0 for no ceiling but the format's
 * @max_pages: ceiling of the primary region; 0 for the format's
 * @primary_pages: that the primary region has room for at least, whatever the
 *	ceilings; 0..KHMAP_PAGES_MAX
 * @overflow_pages: likewise, of the overflow region
 * @secret: random bits for the hash
 * @map_id: for the header
 * @created_ns: for the header
 * @schema: @schema_length bytes; read during creation only
 * @schema_length: 0..KHMAP_SCHEMA_MAX
 * @name: NUL-terminated, at most KHMAP_NAME_MAX bytes; read during creation
 */
struct khmap_table_params {
	u32 key_size;
	u32 value_size;
	u32 layout;
	u32 hash_kind;
	u32 load_percent;
	u32 stripes;
	u64 expected_entries;
	u64 max_entries;
	u32 max_pages;
	u32 primary_pages;
	u32 overflow_pages;
	u64 secret[2];
	u64 map_id;
	u64 created_ns;
	const void *schema;
	u32 schema_length;
	const char *name;
};

/**
 * struct khmap_counts - what a stripe, or the header's lock, counts
 * @entries: keys.  Of the whole map only, see khmap_table_stat(): splits take
 *	keys from one stripe to another
 * @overflow_entries: of those, keys in overflow buckets
 * @overflow_buckets: overflow buckets in use
 * @inserts: puts that added a key
 * @replaces: puts that replaced a value
 * @deletes: keys deleted
 * @moves: overflow buckets that compaction moved
 */
struct khmap_counts {
	u64 entries;
	u64 overflow_entries;
	u64 overflow_buckets;
	u64 inserts;
	u64 replaces;
	u64 deletes;
	u64 moves;
};

/**
 * enum khmap_event - what a table tells its owner of
 * @KHMAP_EVENT_PROMOTE: the map has left its header page
 * @KHMAP_EVENT_GROW: pages were allocated for the primary region; a: the first,
 *	b: how many
 * @KHMAP_EVENT_SPLIT: a bucket was split; a: the shape since, b: keys moved
 * @KHMAP_EVENT_BEHIND: there is work that the operation could not do itself:
 *	call khmap_table_work()
 */
enum khmap_event {
	KHMAP_EVENT_PROMOTE,
	KHMAP_EVENT_GROW,
	KHMAP_EVENT_SPLIT,
	KHMAP_EVENT_BEHIND,
};

struct khmap_table;

/**
 * typedef khmap_notify_t - called after an event, with no lock held
 * @owner: of khmap_table_notify()
 * @event: what happened
 * @a: see there
 * @b: see there
 *
 * Context: that of the operation.
 */
typedef void (*khmap_notify_t)(void *owner, enum khmap_event event, u32 a,
			       u32 b);

/**
 * typedef khmap_stop_t - asked by what takes long whether to stop
 * @owner: of khmap_table_notify()
 *
 * Context: may sleep.
 */
typedef bool (*khmap_stop_t)(void *owner);

/**
 * struct khmap_growth - how a table grows
 * @entry_places: places that an entry takes at the target load, in
 *	1/2^KHMAP_GROWTH_SHIFT; constant
 * @max_pages: ceiling of the primary region, constant
 * @hint_pages: what the expected entries will need, constant
 * @split_lock: held by who moves the shape; before a stripe's
 * @stage_lock: held by who allocates primary pages
 * @ready: primary pages that exist.  Stored under @stage_lock
 * @retry: the place up to which no more pages are asked for, after a refusal.
 *	Under @stage_lock
 * @refused: the last allocation of primary pages failed
 * @starved: a put that adds was refused for want of memory, and none succeeded
 *	since.  A hint, stored under nothing
 * @hungry: a put that may not sleep lacked memory, or will
 * @splits: buckets that were split, under @split_lock
 * @due: with fewer entries than this there is nothing to do; a hint that may be
 *	too low
 */
struct khmap_growth {
	u64 entry_places;
	u32 max_pages;
	u32 hint_pages;
	os_lock_t split_lock;
	os_mutex_t stage_lock;
	u32 ready;
	u32 retry;
	bool refused;
	bool starved;
	bool hungry;
	u64 splits;
	unsigned long due;
};

struct khmap_snapshot;

#define KHMAP_SAVE_LOCKS	64	/* a power of two */
/* At a time: a page's first writer walks all of them with interrupts off. */
#define KHMAP_SNAPSHOTS_MAX	1024

#define KHMAP_GATE_CLOSED	1ul	/* a snapshot is being taken: writers wait */
#define KHMAP_GATE_RETIRED	2ul	/* see retire.h: writers fail with -ESTALE */
#define KHMAP_GATE_MASK		(KHMAP_GATE_CLOSED | KHMAP_GATE_RETIRED)
#define KHMAP_GATE_SHIFT	2

/**
 * struct khmap_saves - what writers have to do with snapshots
 * @gate: KHMAP_GATE_* bits, and above KHMAP_GATE_SHIFT the number of snapshots
 *	that were taken.  Stored under @mutex
 * @newest: the youngest snapshot's number, from 1; 0 without one.  Raised while
 *	the gate is closed
 * @first: the oldest snapshot, or NULL; those after it are the younger ones.
 *	Stored under @mutex
 * @count: of them, KHMAP_SNAPSHOTS_MAX at most.  Stored under @mutex
 * @mutex: held by who takes or drops a snapshot; the first of all locks
 * @locks: under which pages are copied, by the page's index; taken under a
 *	stripe's, or alone
 */
struct khmap_saves {
	unsigned long gate;
	unsigned long newest;
	struct khmap_snapshot *first;
	u32 count;
	os_mutex_t mutex;
	os_lock_t locks[KHMAP_SAVE_LOCKS] __attribute__((aligned(64)));
} __attribute__((aligned(64)));

struct khmap_overflow_page;

/**
 * struct khmap_overflow_list - overflow pages in some order
 * @first: or NULL
 * @last: or NULL
 */
struct khmap_overflow_list {
	struct khmap_overflow_page *first;
	struct khmap_overflow_page *last;
};

/**
 * struct khmap_stripe - a lock and what it owns
 * @lock: taken by every writer of the stripe's pages
 * @ahead: keys that the table's @entries has already, but the stripe has not (yet);
 *	under @lock, see entries.h
 * @ahead_most: so many at most, or @entries is told; under @lock
 * @counts: under @lock
 * @free: overflow pages of this stripe with a free bucket, under @lock; the
 *	first is used first
 * @hungry: a free bucket was asked for and there was none, or the last one was
 *	taken; under @lock
 */
struct khmap_stripe {
	os_lock_t lock;
	u32 ahead;
	u32 ahead_most;
	struct khmap_counts counts;
	struct khmap_overflow_list free;
	bool hungry;
} __attribute__((aligned(128)));

/**
 * struct khmap_table - a map
 * @geometry: constant
 * @secret: constant
 * @hash_kind: constant
 * @eight: constant: @geometry is khmap_geometry_eight and @hash_kind
 *	KHMAP_HASH_FOLD, for which look-ups have code of their own
 * @stripe_mask: stripes - 1, constant once others use the table
 * @stripe_count: stripes that have memory, constant
 * @max_entries: constant; KHMAP_ENTRIES_MAX for no ceiling
 * @account: of the creator
 * @notify: constant once others use the table; or NULL
 * @owner: for @notify
 * @header: the header page
 * @primary: pages of primary buckets; there before the shape reaches them
 * @overflow: pages of overflow buckets; grows under writers
 * @overflow_owner: for each overflow page its struct khmap_overflow_page
 * @overflow_max: overflow pages that may have an index, constant
 * @growth: of the primary region
 * @saves: for snapshots
 * @grow_lock: guards the next five; a leaf, no lock is taken under it
 * @overflow_next: overflow pages that have an index
 * @overflow_pages: overflow pages of the image: those behind are spares or
 *	holes.  Loaded without the lock, too
 * @spares: overflow pages that belong to no stripe; the first is used first
 * @holes: indexes whose page could not be allocated
 * @compact_pages: overflow pages that compaction has taken out of the image
 * @entries: keys in the map, puts that are about to add one, and what stripes
 *	count ahead
 * @header_lock: guards the inline bucket and promotion; taken before a
 *	stripe's
 * @inline_counts: of the inline bucket, under @header_lock
 * @stripes: see struct khmap_stripe
 */
struct khmap_table {
	struct khmap_geometry geometry;
	u64 secret[2];
	u32 hash_kind;
	bool eight;
	u32 stripe_mask;
	u32 stripe_count;
	u64 max_entries;
	struct khmap_account *account;
	khmap_notify_t notify;
	void *owner;
	struct khmap_image_header *header;
	struct khmap_extents primary;
	struct khmap_extents overflow;
	struct khmap_extents overflow_owner;
	u32 overflow_max;
	struct khmap_growth growth;
	struct khmap_saves saves;
	os_lock_t grow_lock;
	u32 overflow_next;
	u32 overflow_pages;
	struct khmap_overflow_list spares;
	struct khmap_overflow_list holes;
	u64 compact_pages;
	os_count_t entries;
	os_lock_t header_lock;
	struct khmap_counts inline_counts;
	struct khmap_stripe *stripes;
};

/**
 * enum khmap_region - the parts of an image
 * @KHMAP_REGION_HEADER: the header page, and the inline bucket in it
 * @KHMAP_REGION_PRIMARY: primary buckets
 * @KHMAP_REGION_OVERFLOW: overflow buckets
 */
enum khmap_region {
	KHMAP_REGION_HEADER,
	KHMAP_REGION_PRIMARY,
	KHMAP_REGION_OVERFLOW,
};

/**
 * struct khmap_store - where an operation wrote, for those who trace it
 * @region: enum khmap_region
 * @page: page within the region
 * @bucket: bucket within the page
 * @slot: slot within the bucket
 * @offset: from the page's start to the slot
 * @length: bytes of the slot
 * @head_page: page of the chain's primary bucket, 0 for the inline bucket
 * @head_bucket: the chain's primary bucket within its page
 * @stripe: index of the stripe; 0 for the inline bucket
 * @chain: position in the chain, 0 the primary bucket
 * @replaced: a value was replaced, no key added
 * @overflowed: the chain got one more overflow bucket, named by @page and
 *	@bucket
 */
struct khmap_store {
	u32 region;
	u32 page;
	u32 bucket;
	u32 slot;
	u32 offset;
	u32 length;
	u32 head_page;
	u32 head_bucket;
	u32 stripe;
	u32 chain;
	bool replaced;
	bool overflowed;
};

enum khmap_put_mode {
	KHMAP_PUT_EITHER,
	KHMAP_PUT_ONLY_NEW,
	KHMAP_PUT_ONLY_OLD,
};

/**
 * khmap_geometry_solve() - the geometry for records of given sizes
 * @geometry: filled; @page_shift, @layout, @key_size and @value_size are given
 *	in it
 * @schema_length: bytes of the schema in the header page
 *
 * Context: any.
 * Return: 0; -EINVAL a size is 0 or above KHMAP_RECORD_MAX or the layout is
 * not known; -E2BIG the record does not fit a page.
 */
int khmap_geometry_solve(struct khmap_geometry *geometry, u32 schema_length);

/**
 * khmap_schema_printable() - is a schema one that readers take?
 * @schema: its text
 * @length: of it, in bytes, 0 or more
 *
 * They refuse an image with any other.
 *
 * Context: any.
 * Return: whether all of it is printable ASCII.
 */
bool khmap_schema_printable(const void *schema, u32 length);

/**
 * khmap_table_create() - an empty map
 * @params: see there; checked
 * @account: charged; must outlive the table
 * @table: the new table, owned by the caller
 *
 * Context: may sleep.
 * Return: 0; -EINVAL or -E2BIG of @params; -ENOMEM.
 */
int khmap_table_create(const struct khmap_table_params *params,
		       struct khmap_account *account,
		       struct khmap_table **table);

/**
 * khmap_table_bytes() - memory that khmap_table_create() will take
 * @params: see there; checked
 * @bytes: filled, in bytes; without the allocator's own overhead
 *
 * Context: any.
 * Return: 0; -EINVAL or -E2BIG of @params.
 */
int khmap_table_bytes(const struct khmap_table_params *params, u64 *bytes);

/**
 * khmap_table_destroy() - free a table and its pages
 * @table: or NULL; nobody else may use it
 *
 * Context: may sleep.
 */
void khmap_table_destroy(struct khmap_table *table);

/**
 * khmap_table_put() - store a value under a key
 * @table: the map
 * @key: key_size bytes
 * @value: value_size bytes
 * @mode: whether the key may, must not or must be there already
 * @store: filled on success; or NULL
 *
 * Splits up to two buckets if the map is above its target load, so no put
 * pays for more than that.
 *
 * Context: may sleep, to allocate; takes a stripe's lock or the header's.
 * Return: 0; -EEXIST or -ENOENT by @mode; -ENOSPC the map is at its ceiling;
 * -EXFULL the chain is at its limit; -ESTALE it is retired; -ENOMEM.  On failure
 * no key and no value has changed.
 */
int khmap_table_put(struct khmap_table *table, const void *key,
		    const void *value, enum khmap_put_mode mode,
		    struct khmap_store *store);

/**
 * khmap_table_large() - is it worth its while to prefetch?
 * @table: the map
 *
 * Context: any.
 * Return: false while the primary region fits a core's own caches.
 */
static inline bool khmap_table_large(const struct khmap_table *table)
{
	return khmap_shape_pages(os_load(&table->header->shape)) >
	       KHMAP_LARGE_BYTES >> KHMAP_OS_PAGE_SHIFT;
}

/**
 * khmap_table_prefetch() - have a key's bucket brought near
 * @table: the map
 * @key: key_size bytes
 *
 * A hint for whoever has many operations in hand: some of them ahead, so that
 * memory is waited for once for all and not once for each.
 *
 * Context: any.
 * Return: for khmap_table_peek(), as long as the map lives; NULL if it is inline.
 */
const void *khmap_table_prefetch(const struct khmap_table *table,
				 const void *key);

/**
 * khmap_table_peek() - have a key's first overflow bucket brought near too
 * @table: the map
 * @near: of khmap_table_prefetch(), some operations ago; or NULL
 *
 * Context: any; no lock held.  Whatever it reads is a hint.
 */
void khmap_table_peek(const struct khmap_table *table, const void *near);

/**
 * khmap_table_notify() - have somebody told of a table's events
 * @table: nobody else uses it yet
 * @notify: called after each
 * @owner: its first argument
 */
void khmap_table_notify(struct khmap_table *table, khmap_notify_t notify,
			void *owner);

/**
 * khmap_table_reserve() - grow now
 * @table: the map
 * @entries: that it is to hold at its target load without growing further
 * @stop: asked between any two steps; or NULL
 *
 * Rounded up to whole pages, and to a power of two of them if that is near, as
 * all pages are then equally full.  A map is never made smaller.
 *
 * Context: may sleep.
 * Return: 0; -ENOSPC beyond the map's ceiling, or -ENOMEM beyond a limit of
 * memory, or -ESTALE of a map that is retired: nothing was done; -ENOMEM or
 * -ESTALE otherwise, or -EINTR if @stop said so: it has grown part of the way.
 */
int khmap_table_reserve(struct khmap_table *table, u64 entries,
			khmap_stop_t stop);

/**
 * khmap_table_work() - do what puts have left undone
 * @table: the map
 *
 * Allocates pages that were refused or could not be asked for, and splits until
 * the load is at its target, for a bounded number of buckets.
 *
 * Context: may sleep.
 * Return: whether there is more to do.
 */
bool khmap_table_work(struct khmap_table *table);

/**
 * struct khmap_growth_state - how far a table's growth has come
 * @splits: buckets that were split since creation
 * @wanted: the shape that the load asks for
 * @ready: primary pages that exist
 * @refused: memory that the load, or a put, asks for was refused the last time
 * @full: the load asks for more than the region may have
 */
struct khmap_growth_state {
	u64 splits;
	u32 wanted;
	u32 ready;
	bool refused;
	bool full;
};

/**
 * khmap_table_growth() - how far a table's growth has come
 * @table: the map
 * @state: filled
 *
 * Context: any.
 */
void khmap_table_growth(struct khmap_table *table,
			struct khmap_growth_state *state);

/**
 * khmap_table_try_put() - khmap_table_put() that allocates nothing
 * @table: the map
 * @key: key_size bytes
 * @value: value_size bytes
 * @mode: whether the key may, must not or must be there already
 * @store: filled on success; or NULL
 *
 * Replaces any value.  Adds a key where a slot of its chain, or an overflow
 * bucket of its stripe, is free already.
 *
 * Context: any that may take a raw spinlock.
 * Return: 0; -EEXIST or -ENOENT by @mode; -ENOSPC the map is full; -EXFULL the
 * chain is at its limit; -EBUSY it is because splits are due, which come in a
 * moment; -ESTALE the map is retired; -ENOMEM the key needs an overflow page, or needs the
 * map to leave its header page: khmap_table_put() would do so, and
 * khmap_table_work() will provide for the next one.  On failure no key and no
 * value has changed.
 */
int khmap_table_try_put(struct khmap_table *table, const void *key,
			const void *value, enum khmap_put_mode mode,
			struct khmap_store *store);

/**
 * khmap_table_get() - copy a key's value, under the lock
 * @table: the map
 * @key: key_size bytes
 * @value: value_size bytes, filled on success
 *
 * For those who cannot read the mapping, or gave up retrying.
 *
 * Context: any that may take a raw spinlock.
 * Return: 0 or -ENOENT.
 */
int khmap_table_get(struct khmap_table *table, const void *key, void *value);

/**
 * khmap_table_delete() - remove a key
 * @table: the map
 * @key: key_size bytes
 * @value: value_size bytes, filled with what was deleted; or NULL
 * @store: filled on success; or NULL
 *
 * Context: any that may take a raw spinlock.
 * Return: 0, -ENOENT, or -ESTALE of a map that is retired.
 */
int khmap_table_delete(struct khmap_table *table, const void *key, void *value,
		       struct khmap_store *store);

/**
 * khmap_table_clear() - remove the keys of some pages
 * @table: the map
 * @page: where to begin: 0 at first, then what it was left at
 * @deleted: keys that were removed are added
 *
 * Keeps the pages and the shape.  Repeated until it returns 0 it has
 * removed every key, but for those that others put meanwhile.
 *
 * Context: may sleep.
 * Return: 0; -EAGAIN there are more pages; -ESTALE the map is retired: keys of
 * pages before @page are gone.
 */
int khmap_table_clear(struct khmap_table *table, u32 *page, u64 *deleted);

/**
 * khmap_table_stat() - sum what the stripes count
 * @table: the map
 * @counts: filled
 *
 * Also brings the counts in the header page up to date.  The sum is exact if no
 * writer is inside.  Else it has what returned before the call and not what
 * began after it, each operation counted once; of those under way, one may be
 * in it and an earlier one not.  What a split takes to another stripe meanwhile
 * may be counted twice as overflow, but never as entries.
 *
 * Context: any that may take a raw spinlock.
 */
void khmap_table_stat(struct khmap_table *table, struct khmap_counts *counts);

/**
 * khmap_table_count() - khmap_table_stat() that leaves the header page alone
 * @table: the map
 * @counts: filled
 *
 * Takes and drops every lock that a writer may be inside of, the header's first.
 */
void khmap_table_count(struct khmap_table *table, struct khmap_counts *counts);

/**
 * khmap_table_page() - a page of the image
 * @table: the map
 * @page: from the image's start, in pages
 *
 * Context: any.
 * Return: its address, valid while the table is; NULL if there is no such page
 * (yet).
 */
void *khmap_table_page(struct khmap_table *table, u64 page);

#endif /* _KHMAP_CORE_TABLE_H */
