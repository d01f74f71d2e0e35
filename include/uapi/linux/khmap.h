/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * khmap.h - ioctls of /dev/khmap/control and of maps
 *
 * Every argument is a struct that begins with @size, the size of the struct
 * as its caller knows it, and @flags.  A shorter struct than the kernel's is
 * taken as if the rest were zero; a longer one is taken if the rest is zero.
 * Results are written for as many bytes as @size covers.
 *
 * What an errno means, for every command unless its own comment says more:
 *
 *	ENOTTY		the command is not known, or not on this descriptor
 *	E2BIG		bytes beyond the struct that this kernel knows are not
 *			zero, or @size is above the page size
 *	EOPNOTSUPP	a bit in @flags is not known
 *	EINVAL		@size is below the first version's, a reserved field is
 *			not zero, or a value is out of its range
 *	EFAULT		a pointer leads nowhere
 *	EBADF		the descriptor is not open for writing, and the command
 *			changes the map or stalls its writers; or it is not open
 *			for reading, and the command tells what is in the map
 *			(GET, STAT, LIST, DELETE with a value, SNAPSHOT) or lets
 *			others read it (PUBLISH, CANARY)
 *	ENOMEM		no memory, or the map's or the module's limit is reached
 *	EINTR		a fatal signal came before anything was done
 *	ESTALE		the command would store to the map, and another one has
 *			taken its name (PUBLISH)
 *
 * An operation that fails changes nothing.
 */
#ifndef _UAPI_LINUX_KHMAP_H
#define _UAPI_LINUX_KHMAP_H

#include <linux/types.h>
#include <linux/ioctl.h>
#include <linux/khmap_image.h>

#define KHMAP_ABI_VERSION	1

#define KHMAP_DEVICE_DIR	"/dev/khmap"
#define KHMAP_CONTROL_NAME	"control"

#define KHMAP_IOC_TYPE		0xBE

/* On /dev/khmap/control. */
#define KHMAP_IOC_ABI		_IO(KHMAP_IOC_TYPE, 0x00)
#define KHMAP_IOC_CREATE	_IO(KHMAP_IOC_TYPE, 0x01)
#define KHMAP_IOC_LIST		_IO(KHMAP_IOC_TYPE, 0x02)
#define KHMAP_IOC_RESTORE	_IO(KHMAP_IOC_TYPE, 0x03)
#define KHMAP_IOC_SAMPLE	_IO(KHMAP_IOC_TYPE, 0x04)

/* On a map; those that only read, and DESTROY, also on a snapshot. */
#define KHMAP_IOC_DESTROY	_IO(KHMAP_IOC_TYPE, 0x10)
#define KHMAP_IOC_PUT		_IO(KHMAP_IOC_TYPE, 0x11)
#define KHMAP_IOC_GET		_IO(KHMAP_IOC_TYPE, 0x12)
#define KHMAP_IOC_DELETE	_IO(KHMAP_IOC_TYPE, 0x13)
#define KHMAP_IOC_CLEAR		_IO(KHMAP_IOC_TYPE, 0x14)
#define KHMAP_IOC_STAT		_IO(KHMAP_IOC_TYPE, 0x15)
#define KHMAP_IOC_SNAPSHOT	_IO(KHMAP_IOC_TYPE, 0x16)
#define KHMAP_IOC_BATCH		_IO(KHMAP_IOC_TYPE, 0x17)
#define KHMAP_IOC_RESERVE	_IO(KHMAP_IOC_TYPE, 0x18)
#define KHMAP_IOC_COMPACT	_IO(KHMAP_IOC_TYPE, 0x19)
#define KHMAP_IOC_WARN_AFTER	_IO(KHMAP_IOC_TYPE, 0x1b)
#define KHMAP_IOC_PUBLISH	_IO(KHMAP_IOC_TYPE, 0x1c)
#define KHMAP_IOC_ROLLBACK	_IO(KHMAP_IOC_TYPE, 0x1d)
#define KHMAP_IOC_CANARY	_IO(KHMAP_IOC_TYPE, 0x1e)
#define KHMAP_IOC_CHOOSE	_IO(KHMAP_IOC_TYPE, 0x1f)
#define KHMAP_IOC_VERSIONS	_IO(KHMAP_IOC_TYPE, 0x20)

/* On a snapshot. */
#define KHMAP_IOC_MATERIALIZE	_IO(KHMAP_IOC_TYPE, 0x1a)

/**
 * struct khmap_ioc_abi - KHMAP_IOC_ABI: what this kernel's module offers
 * @size: sizeof(struct khmap_ioc_abi)
 * @flags: must be 0
 * @abi_version: out: KHMAP_ABI_VERSION
 * @image_version: out: KHMAP_IMAGE_VERSION
 * @page_shift: out: log2 of the kernel's page size
 * @hash_kinds: out: bit enum khmap_hash_kind for each that is offered
 * @layouts: out: bit enum khmap_layout for each that is offered
 * @maps: out: maps that exist
 * @bytes: out: memory of all maps and snapshots, in bytes
 * @max_bytes: out: the module's limit of it, in bytes; 0 if none
 *
 * Also understood on a map and on a snapshot.
 */
struct khmap_ioc_abi {
	__u32 size;
	__u32 flags;
	__u32 abi_version;
	__u32 image_version;
	__u32 page_shift;
	__u32 hash_kinds;
	__u32 layouts;
	__u32 maps;
	__aligned_u64 bytes;
	__aligned_u64 max_bytes;
};

#define KHMAP_CREATE_OWNER	(1u << 0)	/* @uid and @gid are given */
#define KHMAP_CREATE_MODE	(1u << 1)	/* @mode is given */
#define KHMAP_CREATE_FLAGS	(KHMAP_CREATE_OWNER | KHMAP_CREATE_MODE)

#define KHMAP_LOAD_FAST		60
#define KHMAP_LOAD_DEFAULT	68
#define KHMAP_LOAD_DENSE	85

#define KHMAP_STRIPES_DEFAULT	64
#define KHMAP_STRIPES_MAX	1024

/**
 * struct khmap_ioc_create - KHMAP_IOC_CREATE: a new, empty map
 * @size: sizeof(struct khmap_ioc_create)
 * @flags: KHMAP_CREATE_*
 * @key_size: bytes of every key, 1..KHMAP_RECORD_MAX
 * @value_size: bytes of every value, 1..KHMAP_RECORD_MAX
 * @expected_entries: a hint, 1 or more.  Nothing is allocated for it, but
 *	pages then come in longer runs; KHMAP_IOC_RESERVE allocates
 * @max_entries: a put beyond fails with ENOSPC; 0 for no ceiling.  One keeps
 *	the mapping short: without one, or @max_bytes, readers map the format's
 *	largest image, tens of GiB of address space and no memory
 * @max_bytes: limit of the map's memory in bytes; 0 for the module's default
 * @hash_kind: enum khmap_hash_kind; 0 for KHMAP_HASH_FOLD
 * @layout: enum khmap_layout; 0 for KHMAP_LAYOUT_ALIGNED
 * @load_percent: target load of the primary slots, 10..95; 0 for
 *	KHMAP_LOAD_DEFAULT.  Lower is faster, higher is smaller.  The map grows
 *	to stay at it
 * @mode: permission bits of the node, a subset of 0666; 0660 if
 *	KHMAP_CREATE_MODE is not set
 * @uid: owner of the node; the caller's if KHMAP_CREATE_OWNER is not set
 * @gid: group of the node; likewise.  Another owner than oneself, or a group
 *	that one is not in, needs CAP_CHOWN
 * @name_length: bytes at @name; 0 for an unnamed map
 * @schema_length: bytes at @schema, 0..KHMAP_SCHEMA_MAX
 * @name: address of the name, [A-Za-z0-9_-]{1,63} and not "control"
 * @schema: address of a description of keys and values, printable ASCII: what it
 *	says is not looked at
 * @fd: out: a descriptor of the map, open for reading and writing, close on
 *	exec
 * @stripes: locks, each of which keeps the writers of some pages apart: a power of
 *	two up to KHMAP_STRIPES_MAX; 0 for KHMAP_STRIPES_DEFAULT.  More are for
 *	more processors that write at a time; a snapshot's cut passes them all
 * @map_id: out: unique among maps and snapshots of this boot
 *
 * A named map gets a node /dev/khmap/NAME and lives until KHMAP_IOC_DESTROY;
 * an unnamed one until its last descriptor and mapping are gone.
 *
 * Errors: EEXIST a map or snapshot of that name exists; E2BIG (also) the record does not
 * fit a page, or so many do not fit an image; ENOMEM (also) it would not fit
 * the limits: nothing was built; EPERM the owner may not be given; ENAMETOOLONG
 * @name_length is above KHMAP_NAME_MAX.
 */
struct khmap_ioc_create {
	__u32 size;
	__u32 flags;
	__u32 key_size;
	__u32 value_size;
	__aligned_u64 expected_entries;
	__aligned_u64 max_entries;
	__aligned_u64 max_bytes;
	__u32 hash_kind;
	__u32 layout;
	__u32 load_percent;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 name_length;
	__u32 schema_length;
	__aligned_u64 name;
	__aligned_u64 schema;
	__s32 fd;
	__u32 stripes;
	__aligned_u64 map_id;
};

/**
 * struct khmap_ioc_restore - KHMAP_IOC_RESTORE: a new map with what an image has
 * @size: sizeof(struct khmap_ioc_restore)
 * @flags: KHMAP_CREATE_*
 * @image: address of a snapshot's image: a mapping of a file or of a snapshot
 * @image_bytes: of it, the header's @image_size or more
 * @max_entries: as of CREATE, but 0 for the image's own ceiling and
 *	KHMAP_ENTRIES_MAX for none
 * @max_bytes: as of CREATE
 * @mode: as of CREATE
 * @uid: as of CREATE
 * @gid: as of CREATE
 * @name_length: as of CREATE
 * @name: as of CREATE; the name in the image is not looked at
 * @fd: out: as of CREATE
 * @reserved: must be 0
 * @map_id: out: as of CREATE
 * @what: out: enum khmap_damage; KHMAP_DAMAGE_NONE if a map was made
 * @bucket: out: within the page, or ~0
 * @slot: out: within the bucket, or ~0
 * @offset: out: from the page's start: of the header's field, or of the bucket
 * @page: out: from the image's start
 *
 * Sizes, layout, load, schema and the hash with its secret are the image's, and so
 * is the place of each entry.  The kernel copies each page before it looks at it,
 * once, and checks all of the copy: who can write the image meanwhile gains
 * nothing.  The map appears with all of its entries, or not at all.
 *
 * @what and the place are written if the image is the reason for EINVAL,
 * EPROTONOSUPPORT, EUCLEAN or EIO; else the argument is left alone.
 *
 * Errors: EEXIST a map of that name exists; EINVAL a name or mode that no map can
 * have, or it is no image, or that of a live map; EPROTONOSUPPORT another byte
 * order, format version or page size, or a feature or hash that this kernel does
 * not know; EUCLEAN it is damaged; EIO it is that of a best-effort snapshot, which
 * has lost the page; E2BIG @max_entries need more pages than there
 * can be; ENOSPC the image has more entries than @max_entries, or there is no
 * minor number left; ENAMETOOLONG; EPERM; EFAULT a page cannot be read; ENOMEM,
 * before any page is allocated if it is sure; EINTR.
 */
struct khmap_ioc_restore {
	__u32 size;
	__u32 flags;
	__aligned_u64 image;
	__aligned_u64 image_bytes;
	__aligned_u64 max_entries;
	__aligned_u64 max_bytes;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 name_length;
	__aligned_u64 name;
	__s32 fd;
	__u32 reserved;
	__aligned_u64 map_id;
	__u32 what;
	__u32 bucket;
	__u32 slot;
	__u32 offset;
	__aligned_u64 page;
};

/**
 * struct khmap_map_info - a map or snapshot in the answer of KHMAP_IOC_LIST
 * @map_id: unique among maps and snapshots of this boot
 * @created_ns: creation, or the snapshot's instant, nanoseconds since 1970
 * @entries: keys in it
 * @bytes: its memory, in bytes; a map's with that of its snapshots
 * @key_size: bytes of a key
 * @value_size: bytes of a value
 * @uid: owner that it was created for, in the caller's user namespace
 * @gid: group, likewise
 * @mode: permission bits, likewise as created; stat(2) tells the node's own
 * @snapshots: snapshots that exist; 0 of a snapshot
 * @schema_hash: hash of its schema's text; 0 without one
 * @name: NUL-padded; empty if unnamed
 * @of_map: of a snapshot, the @map_id of its map; else 0
 * @warn_after_ms: as of KHMAP_IOC_WARN_AFTER; 0 if none
 * @held_ms: of a snapshot, how long it has been held, in milliseconds; else 0
 * @copied_pages: of a snapshot, as in struct khmap_ioc_stat; else 0
 * @reserved_pages: likewise
 * @kind: enum khmap_image_kind
 * @overdue: snapshots that are held for longer than @warn_after_ms; of a
 *	snapshot, 1 if it is
 * @generation: of a version of a name, when it became live, or second; 0 if it
 *	never did, as the map with which a name was created, and of a snapshot
 * @lost_pages: of a snapshot, as in struct khmap_ioc_stat; else 0
 * @retired: 1 if stores to it fail with ESTALE
 * @pool_pages: as @lost_pages
 * @pool_free: likewise
 * @reserved: 0
 */
struct khmap_map_info {
	__aligned_u64 map_id;
	__aligned_u64 created_ns;
	__aligned_u64 entries;
	__aligned_u64 bytes;
	__u32 key_size;
	__u32 value_size;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 snapshots;
	__aligned_u64 schema_hash;
	__u8 name[KHMAP_NAME_MAX + 1];
	__aligned_u64 of_map;
	__aligned_u64 warn_after_ms;
	__aligned_u64 held_ms;
	__aligned_u64 copied_pages;
	__aligned_u64 reserved_pages;
	__u32 kind;
	__u32 overdue;
	__aligned_u64 generation;
	__aligned_u64 lost_pages;
	__u32 retired;
	__u32 pool_pages;
	__u32 pool_free;
	__u32 reserved;
};

#define KHMAP_LIST_SNAPSHOTS	(1u << 0)	/* and not maps alone */
#define KHMAP_LIST_FLAGS	KHMAP_LIST_SNAPSHOTS

/**
 * struct khmap_ioc_list - KHMAP_IOC_LIST: the maps and snapshots that exist
 * @size: sizeof(struct khmap_ioc_list)
 * @flags: KHMAP_LIST_*
 * @after: those with a higher map_id are listed, lowest first; 0 for the start
 * @infos: address of an array of struct khmap_map_info
 * @count: in: entries that the array has room for, 1 or more; out: entries
 *	filled.  Fewer than asked for: there are no more
 * @info_size: sizeof(struct khmap_map_info); the kernel writes so many bytes
 *	of each
 */
struct khmap_ioc_list {
	__u32 size;
	__u32 flags;
	__aligned_u64 after;
	__aligned_u64 infos;
	__u32 count;
	__u32 info_size;
};

#define KHMAP_SAMPLERS_MAX	8
#define KHMAP_SAMPLE_MAX	(1u << 30)

/**
 * struct khmap_ioc_sample - KHMAP_IOC_SAMPLE: have one operation in so many told
 * @size: sizeof(struct khmap_ioc_sample)
 * @flags: must be 0
 * @map_id: on this map; 0 on any
 * @every: of the operations on each processor that change a map, as the tracepoints
 *	khmap_put and khmap_delete tell of, the first is taken, and then each
 *	@every-th; 1..KHMAP_SAMPLE_MAX
 * @fd: out: a descriptor, close on exec
 * @sampler: out: below KHMAP_SAMPLERS_MAX: in the tracepoint khmap_sample this bit
 *	of "samplers" is set for operations that were taken
 * @reserved: must be 0
 *
 * While the descriptor is open, operations are counted, and khmap_sample fires for
 * those that are taken, which costs the others next to nothing.  read(2) of it
 * gives a __u64 in the host's byte order: operations counted so far.  Each
 * descriptor counts for itself.
 *
 * An operation that is to be taken in the middle of a batch, while another task
 * counts on the same processor, may be counted only, and the next is taken in
 * its place.
 *
 * Errors: EPERM the caller lacks CAP_PERFMON; EBUSY there are KHMAP_SAMPLERS_MAX;
 * EMFILE.
 */
struct khmap_ioc_sample {
	__u32 size;
	__u32 flags;
	__aligned_u64 map_id;
	__u32 every;
	__s32 fd;
	__u32 sampler;
	__u32 reserved;
};

/**
 * struct khmap_ioc_destroy - KHMAP_IOC_DESTROY: take a name away
 * @size: sizeof(struct khmap_ioc_destroy)
 * @flags: must be 0
 *
 * Like unlink(2): the node is gone at once and the name is free; who has the
 * map open or mapped goes on using it, and the memory is freed with the last.
 * Snapshots have the map open in this sense, and keep their own names.
 *
 * Of a snapshot it takes the name away in the same way.  As no descriptor of one
 * is open for writing, none has to be: the owner decides.
 *
 * Errors: EPERM the caller is neither the owner of the name's node nor has
 * CAP_SYS_ADMIN; on a descriptor that was not had by opening the node, the owner
 * is the one that it was created with; ENODEV it has no name (any more).
 */
struct khmap_ioc_destroy {
	__u32 size;
	__u32 flags;
};

#define KHMAP_PUT_INSERT	(1u << 0)	/* EEXIST if the key is there */
#define KHMAP_PUT_REPLACE	(1u << 1)	/* ENOENT if it is not */
#define KHMAP_PUT_FLAGS		(KHMAP_PUT_INSERT | KHMAP_PUT_REPLACE)

/**
 * struct khmap_ioc_record - KHMAP_IOC_PUT, KHMAP_IOC_GET, KHMAP_IOC_DELETE
 * @size: sizeof(struct khmap_ioc_record)
 * @flags: KHMAP_PUT_* for PUT, not both; else must be 0
 * @key: address of the key
 * @value: address of the value: read by PUT, written by GET; by DELETE, the
 *	value that was deleted is written there unless it is 0
 * @key_size: must be the map's
 * @value_size: must be the map's; for DELETE with @value 0, must be 0
 *
 * Errors: ENOENT there is no such key (GET, DELETE, PUT with REPLACE); EEXIST
 * there is (PUT with INSERT); ENOSPC the map is at its ceiling; EXFULL the key's
 * chain is at its limit of KHMAP_CHAIN_MAX buckets.  A put fails with ENOMEM only
 * if there is no room for its entry: without memory to grow, a map becomes fuller.
 */
struct khmap_ioc_record {
	__u32 size;
	__u32 flags;
	__aligned_u64 key;
	__aligned_u64 value;
	__u32 key_size;
	__u32 value_size;
};

/**
 * struct khmap_ioc_clear - KHMAP_IOC_CLEAR: delete every key
 * @size: sizeof(struct khmap_ioc_clear)
 * @flags: must be 0
 * @deleted: out: keys that it deleted
 *
 * Keeps the map's pages.  Not one instant: what others put meanwhile may stay.
 *
 * Errors: EINTR after a fatal signal; what was deleted until then is gone.
 */
struct khmap_ioc_clear {
	__u32 size;
	__u32 flags;
	__aligned_u64 deleted;
};

/**
 * enum khmap_growth_kind - what a map's growth is doing
 * @KHMAP_GROWTH_IDLE: the load is at its target, or below
 * @KHMAP_GROWTH_BEHIND: splits are under way
 * @KHMAP_GROWTH_REFUSED: memory was refused the last time that it was needed, for
 *	pages that the load asks for or for a put's overflow bucket; it is asked for
 *	again as the map is written to
 * @KHMAP_GROWTH_FULL: the load asks for more than the primary region may have
 */
enum khmap_growth_kind {
	KHMAP_GROWTH_IDLE = 0,
	KHMAP_GROWTH_BEHIND = 1,
	KHMAP_GROWTH_REFUSED = 2,
	KHMAP_GROWTH_FULL = 3,
};

/**
 * struct khmap_ioc_stat - KHMAP_IOC_STAT: numbers of a map or snapshot
 * @size: sizeof(struct khmap_ioc_stat)
 * @flags: must be 0
 * @map_id: out: as of KHMAP_IOC_CREATE; a snapshot has its map's
 * @entries: out: keys in the map
 * @max_entries: out: a put beyond fails with ENOSPC; KHMAP_ENTRIES_MAX if there
 *	is no ceiling
 * @overflow_entries: out: keys in overflow buckets
 * @overflow_buckets: out: overflow buckets in use
 * @bytes: out: memory in bytes, without snapshots
 * @snapshot_bytes: out: memory of the map's snapshots, in bytes
 * @max_bytes: out: limit of both, in bytes; 0 if none
 * @inserts: out: puts that added a key, since creation
 * @replaces: out: puts that replaced a value
 * @deletes: out: keys deleted, those by CLEAR included
 * @shape: out: the shape word; 0 while the map is inline
 * @primary_pages: out: pages of the primary region, those included that are
 *	ready for the shape to grow into
 * @overflow_pages: out: pages of the overflow region, up to the last one that
 *	is in use
 * @stripes: out: stripes, each with a lock
 * @snapshots: out: snapshots that exist
 * @kind: out: enum khmap_image_kind
 * @splits: out: buckets that were split, since creation
 * @wanted: out: the shape that the load asks for; @shape below it: the map is
 *	still growing; 0 while the map is inline
 * @growth: out: enum khmap_growth_kind
 * @compact_buckets: out: overflow buckets that COMPACT moved, since creation
 * @compact_pages: out: overflow pages that it took out of the image, likewise
 * @overflow_needed: out: overflow pages that it would leave; 0 for a snapshot
 * @reserved: out: 0
 * @copied_pages: out: of a snapshot, pages that have been copied, the header page
 *	included
 * @reserved_pages: out: of a snapshot, pages that are still the map's own, for
 *	each of which one is held in reserve unless it is a best-effort one
 * @snapshot_ns: out: of a snapshot, its instant, nanoseconds since 1970
 * @snapshot_id: out: of a snapshot, its own id; else 0
 * @warn_after_ms: out: as of KHMAP_IOC_WARN_AFTER; 0 if none
 * @held_ms: out: of a snapshot, how long it has been held, in milliseconds
 * @overdue: out: snapshots that are held for longer than @warn_after_ms; of a
 *	snapshot, 1 if it is
 * @retired: out: 1 if stores to the map fail with ESTALE, see KHMAP_IOC_PUBLISH;
 *	of a snapshot 0
 * @generation: out: of a version of a name, when it became live, or second; 0 if
 *	it never did, and of a snapshot
 * @lost_pages: out: of a best-effort snapshot, pages that are lost; else 0
 * @pool_pages: out: of a best-effort snapshot, pages that its pool may hold; else 0
 * @pool_free: out: of a best-effort snapshot, pages that its pool holds; else 0
 *
 * Also brings the counts in a live map's header page up to date.  Counts of a
 * map that is being written have each operation that returned before the call,
 * none that began after it, and of those under way some.
 */
struct khmap_ioc_stat {
	__u32 size;
	__u32 flags;
	__aligned_u64 map_id;
	__aligned_u64 entries;
	__aligned_u64 max_entries;
	__aligned_u64 overflow_entries;
	__aligned_u64 overflow_buckets;
	__aligned_u64 bytes;
	__aligned_u64 snapshot_bytes;
	__aligned_u64 max_bytes;
	__aligned_u64 inserts;
	__aligned_u64 replaces;
	__aligned_u64 deletes;
	__u32 shape;
	__u32 primary_pages;
	__u32 overflow_pages;
	__u32 stripes;
	__u32 snapshots;
	__u32 kind;
	__aligned_u64 splits;
	__u32 wanted;
	__u32 growth;
	__aligned_u64 compact_buckets;
	__aligned_u64 compact_pages;
	__u32 overflow_needed;
	__u32 reserved;
	__aligned_u64 copied_pages;
	__aligned_u64 reserved_pages;
	__aligned_u64 snapshot_ns;
	__aligned_u64 snapshot_id;
	__aligned_u64 warn_after_ms;
	__aligned_u64 held_ms;
	__u32 overdue;
	__u32 retired;
	__aligned_u64 generation;
	__aligned_u64 lost_pages;
	__u32 pool_pages;
	__u32 pool_free;
};

/**
 * struct khmap_ioc_reserve - KHMAP_IOC_RESERVE: grow now
 * @size: sizeof(struct khmap_ioc_reserve)
 * @flags: must be 0
 * @entries: that the map is to hold at its target load without growing further
 * @reserved: must be 0
 * @primary_pages: out: pages of the primary region
 *
 * Allocates the pages and splits every bucket.  Rounded up to whole pages, and
 * to a power of two of them if that is near.  Never makes a map smaller.
 *
 * Errors: ENOSPC beyond the map's ceiling, or ENOMEM beyond a limit of memory:
 * nothing was done; ENOMEM or EINTR otherwise: the map has grown part of the way.
 */
struct khmap_ioc_reserve {
	__u32 size;
	__u32 flags;
	__aligned_u64 entries;
	__u32 reserved;
	__u32 primary_pages;
};

/**
 * struct khmap_ioc_compact - KHMAP_IOC_COMPACT: have overflow buckets close up
 * @size: sizeof(struct khmap_ioc_compact)
 * @flags: must be 0
 * @moved: out: overflow buckets that moved
 * @released: out: overflow pages that left the image
 * @overflow_pages: out: overflow pages that it has
 *
 * For after many deletes, whose chains are short but lie scattered: snapshots
 * and their files have fewer pages then.  Pages that left keep their memory and
 * are used before any other.  Readers find every key throughout, and others may
 * write.
 *
 * Errors: EINTR after a fatal signal; what was moved until then has moved.
 */
struct khmap_ioc_compact {
	__u32 size;
	__u32 flags;
	__aligned_u64 moved;
	__u32 released;
	__u32 overflow_pages;
};

#define KHMAP_SNAPSHOT_OWNER	(1u << 0)	/* @uid and @gid are given */
#define KHMAP_SNAPSHOT_MODE	(1u << 1)	/* @mode is given */
#define KHMAP_SNAPSHOT_BEST_EFFORT (1u << 2)	/* no page for each page */
#define KHMAP_SNAPSHOT_FLAGS	(KHMAP_SNAPSHOT_OWNER | KHMAP_SNAPSHOT_MODE | \
				 KHMAP_SNAPSHOT_BEST_EFFORT)

#define KHMAP_POOL_PAGES_DEFAULT 1024u
#define KHMAP_POOL_PAGES_MAX	(1u << 20)

/**
 * struct khmap_ioc_snapshot - KHMAP_IOC_SNAPSHOT: one instant of a map
 * @size: sizeof(struct khmap_ioc_snapshot)
 * @flags: KHMAP_SNAPSHOT_*
 * @fd: out: a read-only descriptor, close on exec, to map, to read, to GET, to
 *	STAT and to MATERIALIZE
 * @reserved: must be 0
 * @image_size: out: bytes to map
 * @entries: out: keys in the snapshot
 * @name: address of the name, as of KHMAP_IOC_CREATE
 * @name_length: bytes at @name; 0 for an unnamed snapshot
 * @mode: permission bits of the node, a subset of 0444; 0440 if
 *	KHMAP_SNAPSHOT_MODE is not set
 * @uid: owner of the node, as of KHMAP_IOC_CREATE
 * @gid: group of the node, likewise
 * @snapshot_id: out: unique among maps and snapshots of this boot
 * @pool_pages: with KHMAP_SNAPSHOT_BEST_EFFORT, pages that its pool may hold,
 *	KHMAP_POOL_PAGES_MAX at most; 0 for KHMAP_POOL_PAGES_DEFAULT
 * @reserved2: must be 0
 *
 * The map must be open for writing: its writers are held still, for microseconds
 * whatever its size, and its memory pays for the copy.  As much as the whole image
 * is reserved and counts towards the map's limit; pages are copied when the map
 * first writes to them or a reader of the snapshot first touches them.  The
 * snapshot lives until its last descriptor and mapping are gone, and the map's
 * pages as long, though not its name.
 *
 * A named one gets a node beside those of maps, with which it shares one space of
 * names, and lives until KHMAP_IOC_DESTROY at least.  The node can be opened for
 * reading alone: else EROFS, whatever its mode and whoever asks.
 *
 * With BEST_EFFORT nothing is reserved but @pool_pages at most, which a worker fills
 * up again.  A page that is stored to when there is none, and that no other snapshot
 * keeps, is lost: read(2), splice(2) and MATERIALIZE fail with EIO, and so does GET of
 * a key that is on it; in a mapping it looks as linux/khmap_image.h says.  What can be
 * read is right.  A page of which a mapping cannot be given a copy for want of memory
 * looks there as if it were lost, until it is mapped anew; GET tells.  No access to a
 * mapping within the image raises SIGBUS.
 *
 * Errors: EINVAL @pool_pages without BEST_EFFORT, or too many; EAGAIN the map
 * kept growing faster than memory could be reserved; EOVERFLOW no more can be
 * taken of this map while 1024 of it are there; EEXIST, EPERM, ENAMETOOLONG of
 * the name and owner, as KHMAP_IOC_CREATE.
 */
struct khmap_ioc_snapshot {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
	__aligned_u64 image_size;
	__aligned_u64 entries;
	__aligned_u64 name;
	__u32 name_length;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__aligned_u64 snapshot_id;
	__u32 pool_pages;
	__u32 reserved2;
};

/**
 * struct khmap_ioc_warn_after - KHMAP_IOC_WARN_AFTER: when a snapshot is overdue
 * @size: sizeof(struct khmap_ioc_warn_after)
 * @flags: must be 0
 * @warn_after_ms: milliseconds; 0 for never
 *
 * A snapshot costs the map memory and its writers copies for as long as it is
 * held.  One that is held for so long is told about once, by a line in the
 * kernel's log and the tracepoint khmap_snapshot_overdue, and marked in LIST and
 * STAT while it is.  Nothing else happens to it.  Holds for snapshots that exist
 * already, too; a new map has the module's parameter snapshot_warn_after.
 */
struct khmap_ioc_warn_after {
	__u32 size;
	__u32 flags;
	__aligned_u64 warn_after_ms;
};

#define KHMAP_MATERIALIZE_BACKGROUND	(1u << 0)	/* do not wait for it */
#define KHMAP_MATERIALIZE_FLAGS		KHMAP_MATERIALIZE_BACKGROUND

/**
 * struct khmap_ioc_materialize - KHMAP_IOC_MATERIALIZE: copy the rest
 * @size: sizeof(struct khmap_ioc_materialize)
 * @flags: KHMAP_MATERIALIZE_*
 * @copied_pages: out: pages that have been copied, all of them on success unless
 *	BACKGROUND is set
 *
 * Pages of a snapshot are copied when the map first writes to them, or when a
 * reader of the snapshot first touches them.  This copies all others now, so that
 * neither has to.  With BACKGROUND a worker of the kernel does it, until all are
 * or the snapshot is dropped, and the call returns at once; STAT tells how far it
 * has come.  Asking again changes nothing.
 *
 * Errors: EINTR after a signal; of a best-effort snapshot also ENOMEM, and EIO pages
 * are lost, and all others are copied.  What was copied until then is.
 */
struct khmap_ioc_materialize {
	__u32 size;
	__u32 flags;
	__aligned_u64 copied_pages;
};

#include <linux/khmap_batch.h>
#include <linux/khmap_version.h>

#endif /* _UAPI_LINUX_KHMAP_H */
