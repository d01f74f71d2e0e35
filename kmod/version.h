/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version.h - the versions of a name: one is live, one may be tried beside it
 *
 * A name means one map at a time, its live version.  When another map takes its
 * place the old one is retired (core/retire.h): its writers fail, and its readers
 * are told by a word in the header page to ask again.  Some of those that were
 * replaced are kept, for a way back; the others belong to whoever has them open,
 * and are told nevertheless, so that a reader that has stayed with one learns of
 * the next.
 *
 * All of it is under khmap_registry_lock, from the moment that the old map is
 * retired until the last one is told: who opens the node finds either version, and
 * who finds the new one comes after all that was stored to the old one.  What may
 * take long is waited for before, see change.h.
 */
#ifndef _KHMAP_VERSION_H
#define _KHMAP_VERSION_H

#include <linux/list.h>
#include <linux/siphash.h>
#include <linux/types.h>
#include <linux/khmap.h>

struct file;
struct khmap_call;
struct khmap_map;
struct khmap_name;

/**
 * struct khmap_versions - of a name
 * @generation: of the name; 0 until its meaning has changed
 * @keep: versions that are to be kept
 * @others: maps that were live, or that are second, by their version_link: those
 *	that were replaced last are at the end
 * @second: the one that some ids get, or NULL; a reference
 * @share: of ids that get it, in 1/10000
 * @ids: that get it as well, in rising order
 * @id_count: of them
 * @key: of the hash that picks ids
 * @keyed: @key has been made
 */
struct khmap_versions {
	u64 generation;
	u32 keep;
	struct list_head others;
	struct khmap_map *second;
	u32 share;
	u32 id_count;
	u64 *ids;
	siphash_key_t key;
	bool keyed;
};

/**
 * enum khmap_version_role - what a map is to the name that it is a version of
 * @KHMAP_ROLE_NONE: nothing, or the live one
 * @KHMAP_ROLE_FORMER: was replaced; no reference
 * @KHMAP_ROLE_KEPT: was replaced and is kept; the name has a reference
 * @KHMAP_ROLE_SECOND: some ids get it; likewise
 */
enum khmap_version_role {
	KHMAP_ROLE_NONE,
	KHMAP_ROLE_FORMER,
	KHMAP_ROLE_KEPT,
	KHMAP_ROLE_SECOND,
};

/**
 * struct khmap_version - a map as a version
 * @name: that it is a version of, but not the live one; or NULL
 * @link: among the name's others
 * @role: enum khmap_version_role
 * @generation: when it became live, or second; 0 if it never did
 */
struct khmap_version {
	struct khmap_name *name;
	struct list_head link;
	u32 role;
	u64 generation;
};

/**
 * struct khmap_freed - maps that a name has held, to be put without the lock
 * @count: of them
 * @map: each a reference: those that were kept, one that was not any more, the
 *	second, and the one that was taken out to become live
 */
struct khmap_freed {
	u32 count;
	struct khmap_map *map[KHMAP_KEEP_MAX + 3];
};

/* No versions yet. */
void khmap_versions_init(struct khmap_versions *versions);

/**
 * khmap_versions_end() - the name goes: nobody is a version of it any more
 * @name: whose
 * @freed: what it held is added
 *
 * Its readers are told, so that they learn that it is gone.
 *
 * Context: the registry's lock is held.
 */
void khmap_versions_end(struct khmap_name *name, struct khmap_freed *freed);

/**
 * khmap_versions_free() - drop what a name has held
 * @freed: the maps
 *
 * Context: may sleep; takes the registry's lock.
 */
void khmap_versions_free(const struct khmap_freed *freed);

/**
 * khmap_version_leave() - the last reference to a map is gone
 * @map: of no name
 *
 * Context: the registry's lock is held.
 */
void khmap_version_leave(struct khmap_map *map);

/**
 * khmap_version_tells() - what STAT and LIST tell of a map as a version
 * @map: the map
 * @generation: filled
 * @retired: filled: 1 or 0
 *
 * Context: may sleep; takes the registry's lock.
 */
void khmap_version_tells(const struct khmap_map *map, u64 *generation,
			 u32 *retired);

/* KHMAP_IOC_PUBLISH, KHMAP_IOC_ROLLBACK and KHMAP_IOC_VERSIONS.  May sleep. */
int khmap_version_publish(struct khmap_call *call);
int khmap_version_rollback(struct khmap_call *call);
int khmap_version_list(struct khmap_call *call);

/* The parts that canary.c needs as well; with the registry's lock held. */

/* The map that a name means. */
struct khmap_map *khmap_version_live(const struct khmap_name *name);

/* The name whose version a map is, or was; or NULL. */
struct khmap_name *khmap_version_name(const struct khmap_map *map);

/* The name that a map is what it means; -ESTALE not any more, -ENODEV none. */
struct khmap_name *khmap_version_current(const struct khmap_map *map);

/**
 * khmap_version_fits() - may a map become a version of a name, live or second?
 * @name: the name
 * @map: the map
 * @file: of the map, of the caller
 *
 * Return: 0; -EINVAL, -EMEDIUMTYPE, -EBUSY, -EPERM as KHMAP_IOC_PUBLISH.
 */
int khmap_version_fits(const struct khmap_name *name,
		       const struct khmap_map *map, const struct file *file);

/* The name has a new generation: every map that is open somewhere is told. */
void khmap_version_tell(struct khmap_name *name);

/* One of the others, as the last one; takes over a reference. */
void khmap_version_join(struct khmap_name *name, struct khmap_map *map,
			enum khmap_version_role role);

/* Former from here on; the reference, if there was one, goes to @freed. */
void khmap_version_let_go(struct khmap_map *map, struct khmap_freed *freed);

/* Not one of the others any more, if it was; likewise. */
void khmap_version_leave_others(struct khmap_map *map,
				struct khmap_freed *freed);

/* Without the lock. */

/**
 * khmap_version_file() - the map of a descriptor that is given
 * @fd: open for writing
 * @map: filled
 *
 * Return: its file, a reference; -EBADF.
 */
struct file *khmap_version_file(s32 fd, struct khmap_map **map);

#endif /* _KHMAP_VERSION_H */
