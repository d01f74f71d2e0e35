/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * version.h - publish another map under a name, and roll back
 *
 *	khmap_open("routes", &writable, &map);
 *	khmap_create(&options, &fresh);			no name, not seen by others
 *	...						fill it, look at it
 *	err = khmap_publish(map, fresh, 2, NULL);
 *
 * From then on "routes" is the new map.  The old one stays as it is for those who
 * have it open; who writes to it gets -ESTALE, and readers that follow (see
 * <khmap/follow.h>) reopen by themselves.
 */
#ifndef KHMAP_VERSION_H
#define KHMAP_VERSION_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * khmap_publish() - Make a map what a name means.
 * @map: the map that the name means now, opened with KHMAP_OPEN_WRITE
 * @fresh: the new one, likewise; a name of its own it loses
 * @keep: so many earlier versions the name keeps for khmap_rollback(), with their
 *	  memory: 0..KHMAP_KEEP_MAX
 * @generation: receives the name's generation; or NULL
 *
 * When it returns, no store to @map succeeds any more, and all that was stored
 * before is in it.  Both maps stay open, and are the caller's to close.
 *
 * Return: 0; -ESTALE @map was replaced before; -ENODEV it has no name; -EMEDIUMTYPE
 * @fresh has other sizes or another schema; -EBUSY it is a version of another name;
 * -EPERM the caller may not take its name away; -EINVAL; -EBADF; -EROFS.
 */
int khmap_publish(struct khmap *map, struct khmap *fresh, __u32 keep, __u64 *generation);

/**
 * khmap_rollback() - Make an earlier version what the name means, again.
 * @map: the map that the name means now, opened with KHMAP_OPEN_WRITE
 * @steps: 1 for the version before this one, and so on
 * @generation: receives the name's generation, a new one; or NULL
 *
 * @map is retired then, and not kept.
 *
 * Return: 0; -ENOENT no such version is kept; -ESTALE; -ENODEV; -EBADF; -EROFS.
 */
int khmap_rollback(struct khmap *map, __u32 steps, __u64 *generation);

/**
 * khmap_rollback_to() - khmap_rollback() to the version of a generation.
 * @map: as there
 * @version: its generation, see khmap_versions(); 0 for the map that the name was
 *	     created with
 * @generation: as there
 *
 * Return: as there.
 */
int khmap_rollback_to(struct khmap *map, __u64 version, __u64 *generation);

/**
 * struct khmap_canary_options - A second version, for some.
 * @size: sizeof(struct khmap_canary_options)
 * @flags: KHMAP_CANARY_*: what is given; the rest stays as it is
 * @second: with KHMAP_CANARY_MAP, the second map, opened for writing
 * @ids: with KHMAP_CANARY_IDS, ids that get it whatever the share is
 * @id_count: with KHMAP_CANARY_IDS, 0..KHMAP_CANARY_IDS_MAX
 * @share: with KHMAP_CANARY_SHARE, of all ids, in 1/10000: 0..KHMAP_SHARE_ALL
 */
struct khmap_canary_options {
	__u32 size;
	__u32 flags;
	struct khmap *second;
	const __u64 *ids;
	__u32 id_count;
	__u32 share;
};

/**
 * khmap_canary() - Give some readers another version.
 * @map: the map that the name means now, opened with KHMAP_OPEN_WRITE
 * @options: see there
 * @generation: receives the name's generation; or NULL
 *
 * Readers that follow with an id get the one or the other, always the same at the
 * same share, and keep the second when the share rises.  khmap_publish() of the
 * second one makes it everybody's; KHMAP_CANARY_END retires it.
 *
 * Return: 0; -ENOENT there is no second map, and none was given; else as
 * khmap_publish().
 */
int khmap_canary(struct khmap *map, const struct khmap_canary_options *options,
		 __u64 *generation);

/**
 * khmap_versions() - The versions of a map's name.
 * @map: any of them
 * @summary: filled; @infos in it is of no use
 * @infos: receives an array, to be freed with free(): the live one first, then
 *	   those that were replaced, the last one first
 * @count: receives its length, KHMAP_VERSIONS_MAX at most
 *
 * Return: 0; -ENODEV the map has no name; -ENOMEM; -EROFS it is a file.
 */
int khmap_versions(const struct khmap *map, struct khmap_ioc_versions *summary,
		   struct khmap_version_info **infos, size_t *count);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_VERSION_H */
