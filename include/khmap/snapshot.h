/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * snapshot.h - take snapshots, and write them to files
 *
 * <khmap/khmap.h> includes it.
 */
#ifndef KHMAP_SNAPSHOT_H
#define KHMAP_SNAPSHOT_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#endif /* KHMAP_SNAPSHOT_H */
