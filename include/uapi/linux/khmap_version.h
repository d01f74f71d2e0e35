/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * khmap_version.h - ioctls of the versions of a name: publish, roll back, try, choose
 *
 * Part of <linux/khmap.h>, which includes it and has the rules of all commands.
 */
#ifndef _UAPI_LINUX_KHMAP_VERSION_H
#define _UAPI_LINUX_KHMAP_VERSION_H

#include <linux/types.h>

#define KHMAP_KEEP_MAX		8

/**
 * struct khmap_ioc_publish - KHMAP_IOC_PUBLISH: another map takes a name over
 * @size: sizeof(struct khmap_ioc_publish)
 * @flags: must be 0
 * @fd: of the new map, open for reading and writing
 * @keep: so many earlier versions the name keeps, for ROLLBACK:
 *	0..KHMAP_KEEP_MAX.  The name holds them, and their memory
 * @generation: out: of the name, from now on
 *
 * On a descriptor of the map that the name means now, open for reading and writing,
 * as who has one version open may read and write the others.  The name moves to the
 * new map, at once for everybody; node, owner and mode stay.  The old map is retired:
 * after the call no store to it succeeds, whoever tries: ESTALE.  All that was
 * stored before is in it, and look-ups and snapshots of it work for as long as
 * somebody has it open.  Its readers are told by the successor word of the header
 * page, see KHMAP_IOC_CHOOSE.  A name of its own the new map loses, for which the
 * caller must be allowed to DESTROY it.  Who has the new map open keeps what that
 * allows, and may CHOOSE from now on: publish no map that others can write to.
 *
 * A generation is a number that only rises; those of different names differ.  Its
 * low 32 bits, which the word has, are never 0.  CANARY ends with it: the map that
 * was tried is live if it is @fd, and retired else.
 *
 * Errors: ESTALE the map was replaced before; ENODEV it has no name; EINVAL @fd is
 * of the same map, or @keep is too high; EBADF @fd is not of a map, or not open for
 * reading and writing; EMEDIUMTYPE the sizes of key and value or the schema differ;
 * EBUSY the new map is a version of another name; EPERM it has a name that the caller
 * may not take away.
 */
struct khmap_ioc_publish {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 keep;
	__aligned_u64 generation;
};

#define KHMAP_ROLLBACK_TO	(1u << 0)	/* @to is given, and not @steps */
#define KHMAP_ROLLBACK_FLAGS	KHMAP_ROLLBACK_TO

/**
 * struct khmap_ioc_rollback - KHMAP_IOC_ROLLBACK: back to an earlier version
 * @size: sizeof(struct khmap_ioc_rollback)
 * @flags: KHMAP_ROLLBACK_*
 * @steps: 1 for the version before this one, and so on
 * @reserved: must be 0
 * @to: with KHMAP_ROLLBACK_TO, the version's generation; 0 for the map that the
 *	name was created with
 * @generation: out: of the name, from now on: a new one
 *
 * On a descriptor of the map that the name means now.  As PUBLISH, but with a
 * version that the name has kept, which can be written to again.  The one that was
 * live, and what was live between the two, is retired and not kept.
 *
 * Errors: ENOENT the name keeps no such version; ESTALE, ENODEV as PUBLISH.
 */
struct khmap_ioc_rollback {
	__u32 size;
	__u32 flags;
	__u32 steps;
	__u32 reserved;
	__aligned_u64 to;
	__aligned_u64 generation;
};

#define KHMAP_CANARY_MAP	(1u << 0)	/* @fd is given */
#define KHMAP_CANARY_SHARE	(1u << 1)	/* @share is given */
#define KHMAP_CANARY_IDS	(1u << 2)	/* @ids are given */
#define KHMAP_CANARY_END	(1u << 3)	/* alone: end it */
#define KHMAP_CANARY_FLAGS	(KHMAP_CANARY_MAP | KHMAP_CANARY_SHARE | \
				 KHMAP_CANARY_IDS | KHMAP_CANARY_END)

#define KHMAP_SHARE_ALL		10000
#define KHMAP_CANARY_IDS_MAX	1024

/**
 * struct khmap_ioc_canary - KHMAP_IOC_CANARY: a second version, for some
 * @size: sizeof(struct khmap_ioc_canary)
 * @flags: KHMAP_CANARY_*, one or more
 * @fd: of the second map, open for reading and writing
 * @share: of ids that get it, in 1/10000: 0..KHMAP_SHARE_ALL
 * @ids: address of @id_count __u64: ids that get it whatever the share is
 * @id_count: 0..KHMAP_CANARY_IDS_MAX
 * @reserved: must be 0
 * @generation: out: of the name, from now on
 *
 * On a descriptor of the map that the name means now, open for reading and writing.
 * What is not given stays as it is.  An id that gets the second version at some share
 * gets it at any higher one, whichever map it is.  Both maps can be written to.
 * PUBLISH of the second one makes it live for all.  A second map that ends is retired.
 *
 * Errors: ENOENT there is no second map, and none was given; EINVAL a value is too
 * high, or END is not alone; as PUBLISH else.
 */
struct khmap_ioc_canary {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 share;
	__aligned_u64 ids;
	__u32 id_count;
	__u32 reserved;
	__aligned_u64 generation;
};

#define KHMAP_CHOOSE_ID		(1u << 0)	/* @id is given */
#define KHMAP_CHOOSE_FLAGS	KHMAP_CHOOSE_ID

/**
 * struct khmap_ioc_choose - KHMAP_IOC_CHOOSE: which map is it now, for me?
 * @size: sizeof(struct khmap_ioc_choose)
 * @flags: KHMAP_CHOOSE_*
 * @id: of the caller, any number; without it the second version is nobody's
 * @fd: out: a descriptor of that map, open as the one that is asked, close on exec;
 *	-1 if it is the same map
 * @reserved: must be 0
 * @generation: out: of the name
 * @map_id: out: of that map
 *
 * On a descriptor of any map that is a version of the name, or was.
 *
 * How a reader learns of a new version without asking each time:
 *
 *	open and map the node
 *	word = header->successor		relaxed
 *	CHOOSE; if it gives another map, close this one and do the same with that
 *	...
 *	if (header->successor != word)		relaxed; whenever it likes
 *		open the node anew
 *
 * The word is loaded before CHOOSE: a change that comes after the answer stores
 * another one.  Each further round is due to a change that came in between.
 *
 * Errors: ENODEV the map has no name (any more).
 */
struct khmap_ioc_choose {
	__u32 size;
	__u32 flags;
	__aligned_u64 id;
	__s32 fd;
	__u32 reserved;
	__aligned_u64 generation;
	__aligned_u64 map_id;
};

/**
 * enum khmap_version_state - of a version
 * @KHMAP_VERSION_LIVE: what the name means
 * @KHMAP_VERSION_SECOND: what it means to some, see KHMAP_IOC_CANARY
 * @KHMAP_VERSION_KEPT: was replaced, and can be rolled back to
 * @KHMAP_VERSION_FORMER: was replaced, and lives because somebody has it open
 */
enum khmap_version_state {
	KHMAP_VERSION_LIVE = 0,
	KHMAP_VERSION_SECOND = 1,
	KHMAP_VERSION_KEPT = 2,
	KHMAP_VERSION_FORMER = 3,
};

/**
 * struct khmap_version_info - a version in the answer of KHMAP_IOC_VERSIONS
 * @map_id: of the map
 * @generation: when it became live, or second; 0 for the map that the name was
 *	created with
 * @entries: keys in it
 * @bytes: its memory, that of its snapshots included
 * @state: enum khmap_version_state
 * @reserved: 0
 */
struct khmap_version_info {
	__aligned_u64 map_id;
	__aligned_u64 generation;
	__aligned_u64 entries;
	__aligned_u64 bytes;
	__u32 state;
	__u32 reserved;
};

#define KHMAP_VERSIONS_MAX	64

/**
 * struct khmap_ioc_versions - KHMAP_IOC_VERSIONS: the versions of a name
 * @size: sizeof(struct khmap_ioc_versions)
 * @flags: must be 0
 * @infos: address of an array of struct khmap_version_info
 * @count: in: entries that it has room for, 1..KHMAP_VERSIONS_MAX; out: versions
 *	that there are, which may be more: then the array has the first ones
 * @keep: out: as given to the last PUBLISH
 * @share: out: as of KHMAP_IOC_CANARY
 * @id_count: out: likewise
 * @generation: out: of the name
 *
 * On any version, as CHOOSE.  The live one comes first, then those that were
 * replaced, the last one first.
 *
 * Errors: ENODEV the map has no name (any more).
 */
struct khmap_ioc_versions {
	__u32 size;
	__u32 flags;
	__aligned_u64 infos;
	__u32 count;
	__u32 keep;
	__u32 share;
	__u32 id_count;
	__aligned_u64 generation;
};

#endif /* _UAPI_LINUX_KHMAP_VERSION_H */
