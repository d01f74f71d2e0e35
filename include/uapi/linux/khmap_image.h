/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * khmap_image.h - every byte of a khmap image
 *
 * An image is a whole hash map as pages.  A live map's mapping, a snapshot's
 * mapping and a snapshot file are images of this one format and are read by
 * the same code.  References are indexes, never pointers, so a copy of the
 * pages is a valid image anywhere.
 *
 *	header page	struct khmap_image_header, the schema's text, and the
 *			inline bucket of a map too small for buckets of its own
 *	primary region	pages of primary buckets, at @primary_offset
 *	overflow region	pages of overflow buckets, at @overflow_offset
 *	side tables	in files only: a checksum for each page
 *
 * In a live map the regions are far apart in the mapping, so that each can
 * grow in place; in a snapshot they are adjacent.  Integers are in the byte
 * order of the host that made the image (@byte_order tells); words that a
 * reader loads atomically have 32 bits.  All padding and slack is zero.
 *
 *
 * From a key to its slot
 *
 * The key's bytes are hashed to 64 bits by @hash_kind with @hash_secret
 * (include/khmap/hash.h).  The hash's bits are used once each:
 *
 *	63..56	tophash; 0 means "empty slot", so 0 becomes 1
 *	34..32	class in the overflow filter
 *	31..10	page, by linear hashing
 *	9..0	bucket within the page: (bits * buckets_per_page) >> 10
 *
 * The low 32 bits are a place in the primary region, in 1024ths of a page.
 * The shape, a 32-bit word in the header page, is the place up to which the
 * region is filled: whole pages, then the part of the page being split off that
 * is done.  With
 *
 *	mask = (2 << floor(log2(shape))) - 1
 *
 * which is ones up to the shape's highest bit:
 *
 *	place = hash & mask
 *	if (place >= shape)
 *		place &= mask >> 1
 *	page = place >> 10
 *	bucket = ((place & 1023) * buckets_per_page) >> 10
 *
 * The mask stands beside the shape and changes with it in one 64-bit store, so
 * that a reader who can load both at once need not compute it; one who loads
 * 32 bits at a time computes it from the shape.
 *
 * Shape 0 means that the map is inline: its only bucket is the inline bucket
 * of the header page, at @inline_offset.  Its mask is 0.
 *
 *
 * A bucket
 *
 *	0	__u32	sequence; odd while the kernel changes the chain
 *	4	__u32	overflow; 0 or the reference of the next bucket
 *	8	__u8	tags[tags_size]: one tophash for each slot, then zeros;
 *			the last byte is the overflow filter
 *	8+tags_size	slots of @slot_stride bytes: the key at 0, the value at
 *			@value_offset; then zeros up to the bucket's stride
 *
 * Primary buckets lie @bucket_stride apart from the start of each page and
 * have @bucket_slots slots; overflow buckets @overflow_stride, @overflow_slots
 * and 8 tag bytes; the inline bucket has @inline_slots slots and 16 tag bytes.
 * Only a primary (or the inline) bucket's sequence and filter count: they
 * guard the chain as a whole.  Bit c of the filter is set when a key of class
 * c is in an overflow bucket of the chain.
 *
 * An overflow reference is ((page + 1) << overflow_shift) | bucket, with the
 * page counted from the start of the overflow region.  A chain has at most
 * KHMAP_CHAIN_MAX buckets, the primary one included.
 *
 *
 * The reader's loop
 *
 *	retry:
 *		shape = load_acquire(&header->shape);
 *		bucket = shape ? primary bucket of (hash, shape) : inline bucket;
 *		sequence = load_acquire(&bucket->sequence);
 *		if (sequence & 1)
 *			goto retry;
 *		for each bucket of the chain, references checked:
 *			for each slot whose tag is the tophash:
 *				if its key is the key, take its value, goto found
 *			stop after the first when the filter lacks the class
 *		fence_acquire();
 *		if (load_relaxed(&bucket->sequence) != sequence)
 *			goto retry;
 *		if (shape moved and now sends this hash elsewhere)
 *			goto retry;
 *		return "not there";
 *	found:
 *		fence_acquire();
 *		if (load_relaxed(&bucket->sequence) != sequence)
 *			goto retry;
 *		return the value;
 *
 * A reference that is out of range, or a chain that does not end, counts only
 * after the sequence has validated: then the image is corrupt.  After
 * KHMAP_RETRY_MAX retries a reader of a live map asks the kernel
 * (KHMAP_IOC_GET), which takes the lock.
 *
 *
 * Lost pages
 *
 * A best-effort snapshot (KHMAP_SNAPSHOT_BEST_EFFORT) may have lost pages, though
 * never its header page.  In a mapping of it each bucket of a lost page has an odd
 * sequence, KHMAP_REFERENCE_LOST as its overflow reference, and else zeros.  So the
 * loop above ends in an error, whether a key's chain begins on such a page or goes
 * on there: it must not retry for ever in an image that is not live.  No file has
 * such pages: read(2) fails with EIO.
 */
#ifndef _UAPI_LINUX_KHMAP_IMAGE_H
#define _UAPI_LINUX_KHMAP_IMAGE_H

#include <linux/types.h>

#define KHMAP_IMAGE_MAGIC	"KHMAPIMG"
#define KHMAP_IMAGE_MAGIC_LEN	8
#define KHMAP_IMAGE_VERSION	1
#define KHMAP_BYTE_ORDER	0x01020304u
#define KHMAP_BYTE_ORDER_OTHER	0x04030201u

/* Features that a reader of this version knows; none are defined yet. */
#define KHMAP_FEATURES_COMPAT	0u
#define KHMAP_FEATURES_READ	0u
#define KHMAP_FEATURES_WRITE	0u

#define KHMAP_NAME_MAX		63	/* bytes, without the NUL */
#define KHMAP_SCHEMA_MAX	1024	/* bytes of text, without a NUL */
#define KHMAP_RECORD_MAX	4096	/* bytes of a key and of a value */
#define KHMAP_INLINE_MAX	15	/* slots of the inline bucket */
#define KHMAP_SLOTS_MAX		15	/* slots of a primary bucket */
#define KHMAP_CHAIN_MAX		32	/* buckets of a chain */
#define KHMAP_RETRY_MAX		1024	/* retries of a lock-free reader */
#define KHMAP_ENTRIES_MAX	(~0ull)	/* max_entries of a map without one */

#define KHMAP_REFERENCE_LOST	0xffffffffu	/* leads nowhere: the page is lost */

#define KHMAP_BUCKET_TAGS	8	/* offset of a bucket's tag bytes */
#define KHMAP_INLINE_TAGS	16	/* tag bytes of the inline bucket */
#define KHMAP_OVERFLOW_TAGS	8	/* tag bytes of an overflow bucket */

#define KHMAP_PLACE_BITS	10	/* of a place: within its page */
#define KHMAP_PLACE_UNITS	(1u << KHMAP_PLACE_BITS)
#define KHMAP_PAGES_MAX		((1u << (32 - KHMAP_PLACE_BITS)) - 1)
#define KHMAP_CLASS_SHIFT	32	/* hash bits 32..34: filter class */
#define KHMAP_TOPHASH_SHIFT	56

/**
 * enum khmap_hash_kind - how a key becomes 64 bits
 * @KHMAP_HASH_FOLD: keyed multiply-and-fold; fast; for keys that nobody
 *	chooses with intent to collide
 * @KHMAP_HASH_SIPHASH13: SipHash-1-3; for keys that an adversary chooses and
 *	who cannot read the map
 */
enum khmap_hash_kind {
	KHMAP_HASH_FOLD = 1,
	KHMAP_HASH_SIPHASH13 = 2,
};

/**
 * enum khmap_layout - how far apart buckets lie
 * @KHMAP_LAYOUT_ALIGNED: strides are multiples of 64 bytes
 * @KHMAP_LAYOUT_PACKED: strides are multiples of 8 bytes: less memory, and
 *	neighbouring buckets share cache lines
 */
enum khmap_layout {
	KHMAP_LAYOUT_ALIGNED = 1,
	KHMAP_LAYOUT_PACKED = 2,
};

/**
 * enum khmap_meta_kind - what a slot holds beside key and value
 * @KHMAP_META_NONE: nothing
 * @KHMAP_META_EXPIRY: reserved
 * @KHMAP_META_VERSION: reserved
 */
enum khmap_meta_kind {
	KHMAP_META_NONE = 0,
	KHMAP_META_EXPIRY = 1,
	KHMAP_META_VERSION = 2,
};

/**
 * enum khmap_value_kind - what the value field of a slot is
 * @KHMAP_VALUE_INLINE: the value
 * @KHMAP_VALUE_INDIRECT: reserved
 */
enum khmap_value_kind {
	KHMAP_VALUE_INLINE = 0,
	KHMAP_VALUE_INDIRECT = 1,
};

/**
 * enum khmap_image_kind - what the image is a picture of
 * @KHMAP_IMAGE_LIVE: a live map's own pages; counts are of the last STAT
 * @KHMAP_IMAGE_SNAPSHOT: one instant of a map; nothing in it changes
 */
enum khmap_image_kind {
	KHMAP_IMAGE_LIVE = 1,
	KHMAP_IMAGE_SNAPSHOT = 2,
};

/**
 * enum khmap_damage - why an image cannot become a map (KHMAP_IOC_RESTORE)
 * @KHMAP_DAMAGE_NONE: it is not the image
 * @KHMAP_DAMAGE_HEADER: a field of the header is none of a snapshot that this
 *	kernel understands, or does not agree with the other pages
 * @KHMAP_DAMAGE_SEQUENCE: odd, or not 0 in an overflow bucket
 * @KHMAP_DAMAGE_REFERENCE: to no bucket, or of a chain that is too long
 * @KHMAP_DAMAGE_SHARED: an overflow bucket is referred to twice
 * @KHMAP_DAMAGE_TAGS: a tag of no slot
 * @KHMAP_DAMAGE_TOPHASH: a tag is not that of the slot's key
 * @KHMAP_DAMAGE_FILTER: an overflow filter is not that of the chain's keys
 * @KHMAP_DAMAGE_BUCKET: a key's hash leads to another bucket
 * @KHMAP_DAMAGE_TWICE: a key is in its chain already
 * @KHMAP_DAMAGE_DENSE: a bucket before the chain's last one is not full, or an
 *	overflow bucket is empty
 * @KHMAP_DAMAGE_PADDING: beside a key or a value there are not zeros
 * @KHMAP_DAMAGE_SLACK: an empty slot, or what is behind slots or buckets, is not
 *	zeros
 * @KHMAP_DAMAGE_UNUSED: a bucket that the shape does not reach is not zeros
 * @KHMAP_DAMAGE_FREE: an overflow bucket of no chain is not zeros
 * @KHMAP_DAMAGE_INLINE: the inline bucket is out of use and not empty
 * @KHMAP_DAMAGE_LOST: the page is one that a best-effort snapshot has lost
 */
enum khmap_damage {
	KHMAP_DAMAGE_NONE = 0,
	KHMAP_DAMAGE_HEADER = 1,
	KHMAP_DAMAGE_SEQUENCE = 2,
	KHMAP_DAMAGE_REFERENCE = 3,
	KHMAP_DAMAGE_SHARED = 4,
	KHMAP_DAMAGE_TAGS = 5,
	KHMAP_DAMAGE_TOPHASH = 6,
	KHMAP_DAMAGE_FILTER = 7,
	KHMAP_DAMAGE_BUCKET = 8,
	KHMAP_DAMAGE_TWICE = 9,
	KHMAP_DAMAGE_DENSE = 10,
	KHMAP_DAMAGE_PADDING = 11,
	KHMAP_DAMAGE_SLACK = 12,
	KHMAP_DAMAGE_UNUSED = 13,
	KHMAP_DAMAGE_FREE = 14,
	KHMAP_DAMAGE_INLINE = 15,
	KHMAP_DAMAGE_LOST = 16,
};

/**
 * struct khmap_geometry - where everything is, in bytes and counts
 * @page_shift: log2 of the page size of the kernel that made the image
 * @layout: enum khmap_layout
 * @key_size: bytes of a key, 1..KHMAP_RECORD_MAX
 * @value_size: bytes of a value, 1..KHMAP_RECORD_MAX
 * @value_offset: from a slot's start to its value
 * @slot_stride: from slot to slot
 * @meta_kind: enum khmap_meta_kind
 * @meta_offset: from a slot's start to its metadata; 0 if there is none
 * @value_kind: enum khmap_value_kind
 * @bucket_stride: from primary bucket to primary bucket
 * @bucket_slots: slots of a primary bucket, 1..KHMAP_SLOTS_MAX
 * @buckets_per_page: primary buckets of a page
 * @tags_size: tag bytes of a primary bucket, 8 or 16
 * @overflow_stride: from overflow bucket to overflow bucket
 * @overflow_slots: slots of an overflow bucket, 1..7
 * @overflow_per_page: overflow buckets of a page
 * @overflow_shift: bits of an overflow reference that name the bucket
 * @inline_slots: slots of the inline bucket, 0..KHMAP_INLINE_MAX
 * @inline_offset: from the header page's start to the inline bucket
 * @reserved: zero
 *
 * The kernel computes it once, from the two sizes, layout, page size and the
 * length of the schema (khmap_geometry_solve()); readers need not know how.
 */
struct khmap_geometry {
	__u32 page_shift;
	__u32 layout;
	__u32 key_size;
	__u32 value_size;
	__u32 value_offset;
	__u32 slot_stride;
	__u32 meta_kind;
	__u32 meta_offset;
	__u32 value_kind;
	__u32 bucket_stride;
	__u32 bucket_slots;
	__u32 buckets_per_page;
	__u32 tags_size;
	__u32 overflow_stride;
	__u32 overflow_slots;
	__u32 overflow_per_page;
	__u32 overflow_shift;
	__u32 inline_slots;
	__u32 inline_offset;
	__u32 reserved;
};

/**
 * struct khmap_image_header - the start of the header page
 * @magic: KHMAP_IMAGE_MAGIC, not NUL-terminated
 * @byte_order: KHMAP_BYTE_ORDER
 * @version: KHMAP_IMAGE_VERSION
 * @features_compat: unknown bits may be ignored
 * @features_read: a reader refuses the image for an unknown bit
 * @features_write: a writer refuses the image for an unknown bit
 * @kind: enum khmap_image_kind
 * @hash_secret: the hash's key
 * @hash_kind: enum khmap_hash_kind
 * @load_percent: target load of the primary slots
 * @geometry: struct khmap_geometry
 * @primary_offset: of the primary region, from the image's start
 * @primary_pages_max: pages that the primary region has room for
 * @overflow_offset: of the overflow region, from the image's start
 * @overflow_pages_max: pages that the overflow region has room for
 * @image_size: bytes to map: past the last region, without side tables
 * @checksum_offset: of the page checksums, or 0.  A table of __u64: XXH64 of
 *	each page of the image before the table, seeded with the page's index.
 *	The header page's own entry is 0.
 * @checksum_count: entries of that table, which is padded to a whole page
 * @checksum_checksum: XXH64 of the table's entries, seed 0
 * @header_checksum: XXH64 of the header page with this field and @successor
 *	zero, seed 0; 0 if there is no table
 * @generation_offset: reserved for a table of page generations; 0
 * @schema_hash: SipHash-1-3, key zero, of the schema's text; 0 without one
 * @schema_offset: of the schema's text in the header page
 * @schema_length: its bytes; 0 if there is none
 * @map_id: unique among maps of one boot
 * @created_ns: creation, nanoseconds since 1970
 * @snapshot_ns: the snapshot's instant, likewise; 0 in a live map
 * @epoch: snapshots taken of the map before this image
 * @entries: keys in the map
 * @overflow_entries: of those, keys in overflow buckets
 * @overflow_buckets: overflow buckets in use
 * @max_entries: a put that would exceed it fails with ENOSPC;
 *	KHMAP_ENTRIES_MAX if there is no ceiling but the regions' room
 * @primary_pages: pages of the primary region that exist: of a live map, some
 *	may be beyond the shape, to be grown into
 * @overflow_pages: pages of the overflow region, up to the last one that is in
 *	use.  Of a live map, some may have no memory yet, and there may be more by
 *	now
 * @name: of the map, NUL-padded; empty if unnamed
 * @reserved: zero
 * @shape: what a reader needs to turn a hash into a bucket; on a line of its
 *	own, as it is all that every lookup loads
 * @mask: follows from @shape
 * @successor: of a live map, the low 32 bits of its name's generation as its readers
 *	were told last, see KHMAP_IOC_CHOOSE; 0 in files
 * @reserved_shape: zero
 *
 * A live map's counts are those of the last KHMAP_IOC_STAT, a snapshot's are
 * exact.
 */
struct khmap_image_header {
	__u8 magic[KHMAP_IMAGE_MAGIC_LEN];
	__u32 byte_order;
	__u32 version;
	__u32 features_compat;
	__u32 features_read;
	__u32 features_write;
	__u32 kind;
	__u64 hash_secret[2];
	__u32 hash_kind;
	__u32 load_percent;
	struct khmap_geometry geometry;
	__u64 primary_offset;
	__u64 primary_pages_max;
	__u64 overflow_offset;
	__u64 overflow_pages_max;
	__u64 image_size;
	__u64 checksum_offset;
	__u64 checksum_count;
	__u64 checksum_checksum;
	__u64 header_checksum;
	__u64 generation_offset;
	__u64 schema_hash;
	__u32 schema_offset;
	__u32 schema_length;
	__u64 map_id;
	__u64 created_ns;
	__u64 snapshot_ns;
	__u64 epoch;
	__u64 entries;
	__u64 overflow_entries;
	__u64 overflow_buckets;
	__u64 max_entries;
	__u32 primary_pages;
	__u32 overflow_pages;
	__u8 name[KHMAP_NAME_MAX + 1];
	__u8 reserved[144];
	__u32 shape;
	__u32 mask;
	__u32 successor;
	__u8 reserved_shape[116];
};

#define KHMAP_HEADER_SHAPE_OFFSET	512
#define KHMAP_HEADER_SIZE		640

#endif /* _UAPI_LINUX_KHMAP_IMAGE_H */
