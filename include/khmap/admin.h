/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * admin.h - make maps, take them away, and list them
 *
 * <khmap/khmap.h> includes it.
 */
#ifndef KHMAP_ADMIN_H
#define KHMAP_ADMIN_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

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
 * @stripes: locks of its writers, a power of two up to KHMAP_STRIPES_MAX; 0 for
 *	the default
 * @reserved: 0
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
	__u32 stripes;
	__u32 reserved;
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
 * A file's checksums are compared first, unless they were when it was opened.  The
 * kernel copies the image and checks every bucket of the copy, though not values; the
 * map appears with all entries or not at all.  Its hash has the image's secret.
 *
 * Return: 0; -EINVAL @map is live, or an option is out of its range; -EBADMSG a page of
 * the file differs from its checksum; -EUCLEAN the image is
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

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_ADMIN_H */
