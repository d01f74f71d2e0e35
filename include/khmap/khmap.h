/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * khmap.h - open, read and change maps
 *
 *	struct khmap *map;
 *	__u64 key = 7, value;
 *	int err = khmap_open("routes", NULL, &map);
 *
 *	if (err)
 *		errx(1, "%s", khmap_reason());
 *	err = khmap_get(map, &key, &value);	no system call
 *	khmap_close(map);
 *
 * A map is live, and then a mapping of /dev/khmap/NAME, or a snapshot: of a
 * descriptor that the kernel made, or of a file.  All of them are read by the
 * same calls.  Only a live map can be changed, by a system call.
 *
 * Calls that fail return a negative errno and leave the reason in words in
 * khmap_reason() (see <khmap/schema.h>), except for look-ups: khmap_get(),
 * khmap_get_locked(), khmap_get_many(), khmap_read_begin().  Where no reason says
 * otherwise, errors of system calls are passed on, with what <linux/khmap.h> says
 * of them.
 *
 * A struct khmap may be used by any number of threads at once, except for
 * khmap_close().  It survives fork().  An iterator belongs to one thread.  No
 * call is safe in a signal handler but khmap_get(), khmap_get_locked(),
 * khmap_get_many() and the three that read in place, which leave errno alone too,
 * as long as no snapshot file is changed while it is mapped.
 *
 * Structs of options begin with their size, so that they can grow.  One that
 * is all zero but its size asks for the defaults.  As with ioctls, one that is
 * larger than the library knows is taken if what it does not know is zero, and
 * else refused with -E2BIG.
 */
#ifndef KHMAP_KHMAP_H
#define KHMAP_KHMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/khmap.h>
#include <linux/khmap_image.h>
#include <linux/types.h>
#include <khmap/reader.h>
#include <khmap/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct khmap - An open map or snapshot.
 * @reader: what an inlined lookup needs; constant while the map is open
 *
 * Made by the library only; more follows behind what is shown.
 */
struct khmap {
	struct khmap_reader reader;
};

#define KHMAP_OPEN_WRITE	(1u << 0)	/* it will be changed */
#define KHMAP_OPEN_VERIFY	(1u << 1)	/* check the checksum of every page */
#define KHMAP_OPEN_POPULATE	(1u << 2)	/* map all pages of a file at once */
#define KHMAP_OPEN_DAMAGED	(1u << 3)	/* take what can be read safely */

/**
 * struct khmap_open_options - How to open a map.
 * @size: sizeof(struct khmap_open_options)
 * @flags: KHMAP_OPEN_*
 * @schema: text of the schema that the map must have, canonical or not; NULL
 *	    for any
 *
 * KHMAP_OPEN_WRITE is needed for every change and for khmap_snapshot();
 * snapshots refuse it with -EROFS.  KHMAP_OPEN_VERIFY concerns files that have
 * checksums.  KHMAP_OPEN_DAMAGED opens a file whose checksums or descriptive
 * fields are wrong, as long as no lookup can leave the mapping.
 */
struct khmap_open_options {
	__u32 size;
	__u32 flags;
	const char *schema;
};

/**
 * khmap_open() - Open a live map or a snapshot file.
 * @name: a map's name; or, if it has a '/' or a '.', a path: of a snapshot
 *	  file, or of a live map's node
 * @options: or NULL for the defaults
 * @map: receives the map, for khmap_close(); unchanged on failure
 *
 * Every field of the image's header is checked, so that no lookup can leave
 * the mapping, whatever the other pages hold.  A file must not be made shorter
 * while it is open: access to what is gone raises SIGBUS.
 *
 * Nothing is allocated from the heap, unless @options has a schema: what a map needs
 * is a mapping, beside that of its pages.  The same is true of khmap_snapshot(), of
 * looking up and iterating in a snapshot, and of khmap_snapshot_write().
 *
 * Return: 0; -ENOENT there is no such map or file; -EINVAL it is no khmap
 * image; -EPROTONOSUPPORT it is one of another byte order, of a newer format or
 * with features that this library does not know; -EUCLEAN it is truncated or
 * its header is inconsistent; -EBADMSG a checksum is wrong, of the header or,
 * with KHMAP_OPEN_VERIFY, of a page; -EPROTOTYPE it has another schema; -EROFS
 * KHMAP_OPEN_WRITE on a snapshot; -EACCES; -ENOMEM; -EFBIG it is larger than
 * the address space.
 */
int khmap_open(const char *name, const struct khmap_open_options *options, struct khmap **map);

/**
 * khmap_open_fd() - Open a map or snapshot by its descriptor.
 * @fd: of a live map, a snapshot or a file; belongs to the map on success and
 *	is closed by khmap_close()
 * @options: or NULL for the defaults
 * @map: receives the map, for khmap_close(); unchanged on failure
 *
 * Return: as khmap_open().
 */
int khmap_open_fd(int fd, const struct khmap_open_options *options, struct khmap **map);

/**
 * khmap_close() - Close a map and unmap its pages.
 * @map: the map, or NULL; no other thread may use it any more, and pointers
 *	 into it become invalid
 */
void khmap_close(struct khmap *map);

/**
 * khmap_fd() - The descriptor of a map.
 * @map: the map
 *
 * Return: the descriptor, for poll or ioctls of one's own; owned by @map.
 */
int khmap_fd(const struct khmap *map);

/**
 * khmap_header() - The header of a map's image.
 * @map: the map
 *
 * Return: a copy made when the map was opened, valid until it is closed.  The
 * counts and the shape in it are as old; see khmap_stat().
 */
const struct khmap_image_header *khmap_header(const struct khmap *map);

/**
 * khmap_schema_get() - The schema of a map.
 * @map: the map
 * @schema: receives the schema, for khmap_schema_free(); unchanged on failure
 *
 * Return: 0; -ENODATA the map has none; -EUCLEAN its sizes are not the map's,
 * or it is no schema; -ENOMEM.
 */
int khmap_schema_get(const struct khmap *map, struct khmap_schema **schema);

/**
 * khmap_get_locked() - Look a key up by a system call.
 * @map: the map
 * @key: key_size bytes
 * @value: receives value_size bytes; unchanged on failure
 *
 * For khmap_get(), when a bucket was being written all the time; the kernel
 * takes the lock.  Works on descriptors of the kernel only.  Keeps errno and
 * khmap_reason() as they are.
 *
 * Context: any thread, signal handlers included.
 * Return: 0; -ENOENT there is no such key; -EUCLEAN the map is a file.
 */
int khmap_get_locked(const struct khmap *map, const void *key, void *value);

/**
 * khmap_get() - Look a key up and copy its value.
 * @map: the map
 * @key: key_size bytes, any alignment
 * @value: receives value_size bytes; may be written even if the key is not
 *	   found
 *
 * Makes no system call unless the key's bucket changed during every one of
 * KHMAP_RETRY_MAX tries, or a best-effort snapshot lacks its page.
 *
 * Context: any thread, signal handlers included.
 * Return: 0; -ENOENT there is no such key; -EUCLEAN the image is corrupt; -EIO the
 * page is lost: the snapshot is a best-effort one, and had no memory for it.
 */
static inline int khmap_get(const struct khmap *map, const void *key, void *value)
{
	int err = khmap_reader_get(&map->reader, key, value);

	return khmap__likely(err != -EAGAIN && err != -EIO) ? err :
	       khmap_get_locked(map, key, value);
}

/**
 * khmap_get_many() - Look many keys up and copy their values.
 * @map: the map
 * @keys: @count keys of key_size bytes, one after the other, any alignment
 * @count: keys; may be 0
 * @values: room for @count values of value_size bytes; what stands at the place
 *	    of a key that is not found is of no use
 * @status: receives @count results, each what khmap_get() returns for its key
 *
 * Fetches the memory of later keys while it looks at earlier ones, which in a
 * map larger than the caches is faster than one lookup after the other.  Each
 * lookup stands for itself: in a live map they are not one instant.  The arrays
 * must not overlap.  Makes a system call for each key for which khmap_get() makes
 * one, and no other.
 *
 * Context: any thread, signal handlers included.
 * Return: keys that were found.
 */
size_t khmap_get_many(const struct khmap *map, const void *keys, size_t count, void *values,
		      int *status);

/**
 * khmap_read_begin() - Find a key and read its value in place.
 * @map: the map
 * @key: key_size bytes, any alignment
 * @read: filled on success
 *
 * Use the value at khmap_read_pointer() and then ask khmap_read_validate().  If
 * it says no, all that was read may be torn: discard it and begin again.  In a
 * snapshot it always says yes.  The pointer stays valid memory until the map
 * is closed.
 *
 * Context: any thread, signal handlers included.
 * Return: 0; -ENOENT there is no such key; -EAGAIN the bucket was being written
 * all the time: use khmap_get(); -EUCLEAN the image is corrupt; -EIO as khmap_get(),
 * which may still find it.
 */
static inline int khmap_read_begin(const struct khmap *map, const void *key,
				   struct khmap_read *read)
{
	return khmap_reader_find(&map->reader, key, read);
}

/**
 * khmap_read_pointer() - The value that a lookup found.
 * @read: of khmap_read_begin()
 *
 * Return: value_size bytes in the image, aligned to the largest power of two
 * that divides value_size, 8 at most.
 */
static inline const void *khmap_read_pointer(const struct khmap_read *read)
{
	return read->value;
}

struct khmap_iter;

/**
 * khmap_iter_create() - Begin to iterate over all keys of a map.
 * @map: the map; must stay open
 * @iter: receives the iterator, for khmap_iter_free()
 *
 * A key that is in the map from the first khmap_iter_next() until it is returned,
 * or the end, is returned exactly once, however much the map grows meanwhile, and
 * whatever is deleted, what was returned included.  Any other key is returned at
 * most once, even if it is deleted and put again.  The order means nothing.  In a
 * snapshot all of it is one instant; in a live map each bucket is, and what is
 * returned may have been deleted or replaced since its bucket was copied.
 *
 * Return: 0; -ENOMEM.
 */
int khmap_iter_create(const struct khmap *map, struct khmap_iter **iter);

/**
 * khmap_iter_next() - The next key and value.
 * @iter: the iterator
 * @key: receives key_size bytes
 * @value: receives value_size bytes; NULL if not wanted
 *
 * Return: 1 and an entry; 0 at the end; -EUCLEAN a chain, whose readable entries
 * have been returned, is corrupt: the next call goes on behind it; -EIO likewise, but
 * of a best-effort snapshot, which has lost a page of the chain; -EAGAIN a
 * bucket was being written all the time: the next call tries it again; -ENOMEM
 * likewise.
 */
int khmap_iter_next(struct khmap_iter *iter, void *key, void *value);

/**
 * khmap_iter_free() - End an iteration.
 * @iter: the iterator, or NULL
 */
void khmap_iter_free(struct khmap_iter *iter);

/**
 * khmap_put() - Store a value under a key.
 * @map: a live map, opened with KHMAP_OPEN_WRITE
 * @key: key_size bytes
 * @value: value_size bytes
 * @flags: 0, KHMAP_PUT_INSERT or KHMAP_PUT_REPLACE
 *
 * Return: 0; -EEXIST or -ENOENT by @flags; -ENOSPC the map is full; -EXFULL the
 * key's chain is at its limit; -EBADF the map was not opened for writing; -EROFS
 * it is a file.  On failure nothing changed.
 */
int khmap_put(struct khmap *map, const void *key, const void *value, __u32 flags);

/**
 * khmap_delete() - Delete a key.
 * @map: a live map, opened with KHMAP_OPEN_WRITE
 * @key: key_size bytes
 * @value: receives the value that was deleted, value_size bytes; or NULL
 *
 * Return: 0; -ENOENT there is no such key; -EBADF; -EROFS.
 */
int khmap_delete(struct khmap *map, const void *key, void *value);

/**
 * khmap_clear() - Delete all keys.
 * @map: a live map, opened with KHMAP_OPEN_WRITE
 * @deleted: receives how many there were; or NULL
 *
 * Not one instant: what others put meanwhile may stay.
 *
 * Return: 0; -EINTR; -EBADF; -EROFS.
 */
int khmap_clear(struct khmap *map, __u64 *deleted);

/**
 * khmap_reserve() - Grow a map now, not later.
 * @map: opened for writing
 * @entries: that it is to hold at its target load without growing further
 *
 * Return: 0; -ENOSPC beyond the map's ceiling, or -ENOMEM beyond a limit of
 * memory, and nothing was done; -ENOMEM or -EINTR otherwise, and it has grown
 * part of the way; -EBADF.
 */
int khmap_reserve(struct khmap *map, __u64 entries);

/**
 * khmap_compact() - Have overflow buckets close up, after many deletes.
 * @map: a live map, opened with KHMAP_OPEN_WRITE
 * @result: receives what was done; or NULL
 *
 * Snapshots and their files are smaller then; the map keeps its memory.  Others
 * may read and write meanwhile.  @overflow_needed of khmap_stat() says before how
 * many overflow pages it would leave.
 *
 * Return: 0; -EINTR, and it has gone part of the way; -EBADF; -EROFS.
 */
int khmap_compact(struct khmap *map, struct khmap_ioc_compact *result);

/**
 * khmap_batch() - Carry out many operations.
 * @map: a live map
 * @ops: the operations, see struct khmap_op; those that are done have a status
 * @count: of them
 * @flags: of KHMAP_BATCH_STOP, to end with the first that fails, and
 *	   KHMAP_BATCH_ATOMIC, to have no snapshot come between
 * @done: receives how many were carried out, from the first on, also on failure;
 *	  or NULL
 *
 * Each operation answers for itself in its status, 0 or a negative errno, and
 * one that fails stops no other without KHMAP_BATCH_STOP.  Signal handlers run between two of them.
 *
 * With KHMAP_BATCH_ATOMIC a snapshot has what all of them did or nothing of it, and no signal comes
 * between them.  One that fails still undoes no other, and readers may see some done and others not
 * yet.
 *
 * Return: 0 all were carried out, or all up to one that failed, whatever their
 * status; -EFAULT @ops leads nowhere; -E2BIG more than KHMAP_ATOMIC_MAX are to be atomic;
 * -EOPNOTSUPP; -EINTR; -ENOMEM; -EROFS the map is no live one.
 */
int khmap_batch(struct khmap *map, struct khmap_op *ops, size_t count, __u32 flags, size_t *done);

/**
 * struct khmap_arrays - Keys and values to do the same with.
 * @size: sizeof(struct khmap_arrays)
 * @flags: as of khmap_batch()
 * @opcode: enum khmap_opcode
 * @op_flags: of the opcode: KHMAP_PUT_*
 * @key_stride: bytes from a key to the next; 0 if they lie without gaps, which
 *		is the fastest
 * @value_stride: likewise, of values
 * @keys: the first key
 * @values: the first value; read by PUT, CAS and CAS_VERSION, written by GET and
 *	    GET_DELETE, else NULL
 * @statuses: receives the status of each operation that is done, 0 or a negative
 *	      errno; or NULL
 * @count: of keys
 * @done: receives how many operations were carried out, from the first on
 * @failed: receives how many of these have a status other than 0
 * @operands: the first operand: of CAS a value that is expected, of CAS_VERSION
 *	      and FETCH_ADD a __u64; else NULL
 * @results: receives the result of each operation that is done, of GET and
 *	     FETCH_ADD; or NULL
 * @operand_stride: bytes from an operand to the next; 0 if they lie without gaps
 * @offset: of FETCH_ADD: where in the value the number is; else 0
 */
struct khmap_arrays {
	__u32 size;
	__u32 flags;
	__u32 opcode;
	__u32 op_flags;
	__u32 key_stride;
	__u32 value_stride;
	const void *keys;
	void *values;
	__s32 *statuses;
	size_t count;
	size_t done;
	size_t failed;
	const void *operands;
	__u64 *results;
	__u32 operand_stride;
	__u32 offset;
};

/**
 * khmap_batch_arrays() - Do the same with many keys.
 * @map: a live map
 * @arrays: see there; @done and @failed are filled also on failure
 *
 * The fastest way to put many records.
 *
 * Return: 0 as khmap_batch(); -EINVAL; -E2BIG;
 * -EOPNOTSUPP the opcode or a flag is not known; -EFAULT @statuses or @results
 * leads nowhere;
 * -EBADF the map was not opened for writing; -EINTR; -ENOMEM; -EROFS the map is no
 * live one.
 */
int khmap_batch_arrays(struct khmap *map, struct khmap_arrays *arrays);

/**
 * khmap_stat() - Numbers of a map or snapshot.
 * @map: the map
 * @stat: filled; of a file, with what its header says
 *
 * Return: 0, or the error of the system call.
 */
int khmap_stat(const struct khmap *map, struct khmap_ioc_stat *stat);

/**
 * struct khmap_create_options - What a new map shall be.
 * @size: sizeof(struct khmap_create_options)
 * @flags: KHMAP_CREATE_*, see struct khmap_ioc_create
 * @name: of the map; NULL for an unnamed one
 * @schema: text of its schema; NULL for none, then the two sizes are needed
 * @key_size: bytes of a key; 0 to take the schema's
 * @value_size: bytes of a value; 0 to take the schema's
 * @expected_entries: a hint, for which nothing is allocated; 0 for 1
 * @max_entries: a put beyond fails with -ENOSPC; 0 for no ceiling
 * @max_bytes: limit of the memory in bytes; 0 for the module's default
 * @hash_kind: enum khmap_hash_kind; 0 for the default
 * @layout: enum khmap_layout; 0 for the default
 * @load_percent: 10..95; 0 for the default
 * @mode: permission bits of the node, with KHMAP_CREATE_MODE
 * @uid: owner of the node, with KHMAP_CREATE_OWNER
 * @gid: group of the node, with KHMAP_CREATE_OWNER
 */
struct khmap_create_options {
	__u32 size;
	__u32 flags;
	const char *name;
	const char *schema;
	__u32 key_size;
	__u32 value_size;
	__u64 expected_entries;
	__u64 max_entries;
	__u64 max_bytes;
	__u32 hash_kind;
	__u32 layout;
	__u32 load_percent;
	__u32 mode;
	__u32 uid;
	__u32 gid;
};

/**
 * khmap_create() - Create a map.
 * @options: see there
 * @map: receives the map, opened for writing; unchanged on failure
 *
 * A named map stays when it is closed, until khmap_destroy().
 *
 * Return: 0; -EINVAL an option is out of its range, or the schema's sizes are
 * not the ones given; -EEXIST a map of that name exists; -E2BIG a record does
 * not fit a page, or so many do not fit a map; -ENAMETOOLONG; -ENOMEM it would
 * not fit the limits; -ENOENT the module is not loaded; -EACCES.
 */
int khmap_create(const struct khmap_create_options *options, struct khmap **map);

/**
 * struct khmap_restore_options - What the map of an image shall be.
 * @size: sizeof(struct khmap_restore_options)
 * @flags: KHMAP_CREATE_*, see struct khmap_ioc_create
 * @name: of the map; NULL for an unnamed one
 * @max_entries: a put beyond fails with -ENOSPC; 0 for the image's own ceiling,
 *		 KHMAP_ENTRIES_MAX for none
 * @max_bytes: limit of the memory in bytes; 0 for the module's default
 * @mode: permission bits of the node, with KHMAP_CREATE_MODE
 * @uid: owner of the node, with KHMAP_CREATE_OWNER
 * @gid: group of the node, with KHMAP_CREATE_OWNER
 * @reserved: 0
 */
struct khmap_restore_options {
	__u32 size;
	__u32 flags;
	const char *name;
	__u64 max_entries;
	__u64 max_bytes;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 reserved;
};

/**
 * khmap_restore() - Make a live map of an image.
 * @map: a snapshot, of a file or of the kernel's
 * @options: see there
 * @restored: receives the new map, opened for writing; unchanged on failure
 *
 * The kernel copies the image and checks every bucket of the copy; the map
 * appears with all entries or not at all.  Its hash has the image's secret.
 *
 * Return: 0; -EINVAL @map is live, or an option is out of its range; -EUCLEAN the image is
 * damaged; -EIO it is that of a best-effort snapshot that has lost pages; -EPROTONOSUPPORT
 * the kernel does not know such images, or has another page size; -EEXIST; -ENOSPC it has
 * more than @options->max_entries; -ENAMETOOLONG; -ENOMEM; -EINTR; -EPERM; -ENOENT the
 * module is not loaded; -EACCES; -ENOTTY the module is too old.
 */
int khmap_restore(const struct khmap *map, const struct khmap_restore_options *options,
		  struct khmap **restored);

/**
 * khmap_destroy() - Take a map's name away.
 * @name: of the map
 *
 * Like unlink(2): who has the map open goes on using it.
 *
 * Return: 0; -ENOENT there is no such map; -EPERM or -EACCES.
 */
int khmap_destroy(const char *name);

/**
 * khmap_list() - The maps that exist.
 * @infos: receives an array by rising map_id, to be freed with free()
 * @count: receives its length
 *
 * Without permission on /dev/khmap/control, named maps are listed by their
 * nodes; what cannot be known of one that may not be read is 0.
 *
 * Return: 0; -ENOENT the module is not loaded; -ENOMEM.
 */
int khmap_list(struct khmap_map_info **infos, size_t *count);

/**
 * khmap_list_with() - The maps that exist, and more.
 * @flags: KHMAP_LIST_SNAPSHOTS for snapshots, too: their of_map is not 0
 * @infos: receives an array by rising map_id, to be freed with free()
 * @count: receives its length
 *
 * Without permission on /dev/khmap/control, those with a name are listed by their
 * nodes; one that may not be read may be either, and what cannot be known of it is
 * 0.
 *
 * Return: 0; -EINVAL a flag is not known; -ENOENT the module is not loaded; -ENOMEM.
 */
int khmap_list_with(__u32 flags, struct khmap_map_info **infos, size_t *count);

/**
 * struct khmap_snapshot_options - How to take a snapshot.
 * @size: sizeof(struct khmap_snapshot_options)
 * @flags: KHMAP_SNAPSHOT_OWNER, KHMAP_SNAPSHOT_MODE, KHMAP_SNAPSHOT_BEST_EFFORT
 * @name: the name of its node, /dev/khmap/NAME; NULL for a snapshot that ends with
 *	  khmap_close()
 * @mode: with KHMAP_SNAPSHOT_MODE, permission bits of the node, a subset of 0444
 * @uid: with KHMAP_SNAPSHOT_OWNER, owner of the node
 * @gid: with KHMAP_SNAPSHOT_OWNER, group of the node
 * @pool_pages: with KHMAP_SNAPSHOT_BEST_EFFORT, pages in reserve for copies, at most
 *		KHMAP_POOL_PAGES_MAX; 0 for KHMAP_POOL_PAGES_DEFAULT
 */
struct khmap_snapshot_options {
	__u32 size;
	__u32 flags;
	const char *name;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 pool_pages;
};

/**
 * khmap_snapshot_take() - Take a snapshot of a live map, with a name perhaps.
 * @map: a live map, opened with KHMAP_OPEN_WRITE
 * @options: or NULL for the defaults
 * @snapshot: receives the snapshot, for khmap_close(); unchanged on failure
 *
 * One with a name is there for khmap_open() by that name, also when this process
 * has ended, until khmap_destroy().  Maps and snapshots share one space of names.
 *
 * A best-effort one takes the map's memory for what is copied alone.  A page that is
 * written to while its pool, which is filled again in the background, is empty is
 * lost to it: what is on it reads as -EIO, and what is read is right.  khmap_stat()
 * tells how many are.  No file or map is made of one that has lost a page.
 *
 * Return: 0; -EEXIST the name is taken; -EINVAL it can be none, or a field is out of
 * its range; -EPERM the owner may not be given; -EOPNOTSUPP the module knows no
 * best-effort ones; else as khmap_snapshot().
 */
int khmap_snapshot_take(struct khmap *map, const struct khmap_snapshot_options *options,
			struct khmap **snapshot);

/**
 * khmap_snapshot() - Take a snapshot of a live map.
 * @map: a live map, opened with KHMAP_OPEN_WRITE
 * @snapshot: receives the snapshot, for khmap_close(); unchanged on failure
 *
 * Takes microseconds of the map's writers, whatever its size.  Pages are copied when
 * the map first writes to them, or the snapshot's reader first touches them.
 *
 * Return: 0; -ENOMEM; -EBADF the map was not opened for writing; -EROFS it is a
 * file.
 */
int khmap_snapshot(struct khmap *map, struct khmap **snapshot);

/**
 * khmap_materialize_start() - Have the kernel copy all pages in the background.
 * @snapshot: of khmap_snapshot(), or a named one
 *
 * khmap_stat() tells how far it has come.  It ends when the snapshot is dropped.
 *
 * Return: 0; -ENOTTY @snapshot is a live map; -EROFS it is a file.
 */
int khmap_materialize_start(struct khmap *snapshot);

/**
 * khmap_materialize() - Copy all pages of a snapshot that have not been yet.
 * @snapshot: of khmap_snapshot()
 *
 * Neither the map's writers nor its own readers have to, after that.
 *
 * Return: 0; -EINTR, and some were; -ENOTTY it is a live map; -EROFS it is a file; of
 * a best-effort one also -ENOMEM, and -EIO pages are lost, and all others were copied.
 */
int khmap_materialize(struct khmap *snapshot);

/**
 * khmap_warn_after() - Say when a snapshot of a map is overdue.
 * @map: a live map, opened with KHMAP_OPEN_WRITE
 * @milliseconds: that one may be held; 0 for ever
 *
 * The kernel tells of one that is held for so long, once, and marks it in
 * khmap_stat() and khmap_list_with(); nothing else happens to it.  Holds for
 * snapshots that exist already, too.
 *
 * Return: 0; -EBADF the map was not opened for writing; -EROFS it is a file or a
 * snapshot.
 */
int khmap_warn_after(struct khmap *map, __u64 milliseconds);

/**
 * struct khmap_write_queue - Who carries out writes, many at a time.
 * @size: sizeof(struct khmap_write_queue)
 * @depth: writes that may be under way at once; no more than 64 will be
 * @submit: begins to write @size bytes, whole pages, to @fd at @offset; the bytes
 *	    stay where they are until @token was reaped.  0, or a negative errno if
 *	    this write was not begun: then no more are submitted in this call
 * @reap: waits until one write has ended, whichever; receives its token and its
 *	  result, bytes written or a negative errno.  0, or a negative errno if
 *	  that cannot be known
 * @context: their first argument
 *
 * With this a program that has an io_uring, or something like it, lends it to
 * khmap_snapshot_write(); the library itself needs none.  What the queue did not
 * begin or did not write, pwrite() does; its error is the one that is returned.
 */
struct khmap_write_queue {
	__u32 size;
	__u32 depth;
	int (*submit)(void *context, int fd, const void *bytes, __u32 size, __u64 offset,
		      __u32 token);
	int (*reap)(void *context, __u32 *token, int *result);
	void *context;
};

/**
 * struct khmap_write_options - How to write a snapshot file.
 * @size: sizeof(struct khmap_write_options)
 * @flags: must be 0
 * @progress: called now and then with bytes written and bytes in all; the write
 *	      ends with -ECANCELED if it returns non-zero; or NULL
 * @context: its first argument
 * @queue: who writes; or NULL for one write after the other
 */
struct khmap_write_options {
	__u32 size;
	__u32 flags;
	int (*progress)(void *context, __u64 done, __u64 total);
	void *context;
	const struct khmap_write_queue *queue;
};

/**
 * khmap_snapshot_write() - Write a snapshot to a file.
 * @map: a snapshot; or a live map, of which one is taken
 * @path: of the file; replaced if it exists
 * @options: or NULL for the defaults
 *
 * The pages go to a temporary file beside @path, with a checksum for each, then
 * to the disk, and then the file gets its name: @path holds all of it or what it
 * held before.  Its permissions are the map's, less the umask.  Pages of zeros
 * become holes.  The temporary file is @path with ".tmp-" and eight hexadecimal
 * digits behind it; only a process that is killed, or a host that fails, leaves
 * one, which may be removed.
 *
 * Return: 0; -ECANCELED @options->progress said so; -EINVAL @path exists and is not a plain
 * file; -EIO @map is a best-effort snapshot that has lost pages; -ENOSPC, -EACCES and
 * others of the system.
 */
int khmap_snapshot_write(struct khmap *map, const char *path,
			 const struct khmap_write_options *options);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_KHMAP_H */
