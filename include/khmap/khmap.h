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
 * khmap_stat() - Numbers of a map or snapshot.
 * @map: the map
 * @stat: filled; of a file, with what its header says
 *
 * Return: 0, or the error of the system call.
 */
int khmap_stat(const struct khmap *map, struct khmap_ioc_stat *stat);

#ifdef __cplusplus
}
#endif

#include <khmap/admin.h>
#include <khmap/batch.h>
#include <khmap/snapshot.h>

#endif /* KHMAP_KHMAP_H */
