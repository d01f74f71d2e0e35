/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * follow.h - always the map that a name means now
 *
 *	struct khmap_follower *routes;
 *	int err = khmap_follow_open("routes", NULL, &routes);
 *
 *	for (;;) {
 *		struct khmap *map = khmap_follow_map(routes);
 *
 *		err = khmap_get(map, &key, &value);
 *	}
 *
 * When another map is published under the name (<khmap/version.h>), the next
 * khmap_follow_map() returns that one.  It is one load of a line that every look-up
 * has in its cache, and no system call unless something was published.
 *
 * A follower belongs to one thread at a time, so that nothing has to be counted:
 * a process opens one for each thread that looks up.  The map that it returned is
 * valid until the next call on the follower that is not khmap_follow_stale(), which
 * may close it.  After fork() parent and child have one each.
 */
#ifndef KHMAP_FOLLOW_H
#define KHMAP_FOLLOW_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KHMAP_FOLLOW_VERIFY	(1u << 0)	/* khmap_verify() before it is used */
#define KHMAP_FOLLOW_ID		(1u << 1)	/* @id is given */
#define KHMAP_FOLLOW_FLAGS	(KHMAP_FOLLOW_VERIFY | KHMAP_FOLLOW_ID)

/**
 * struct khmap_follow_options - How to follow.
 * @size: sizeof(struct khmap_follow_options)
 * @flags: KHMAP_FOLLOW_*
 * @id: with KHMAP_FOLLOW_ID, of the caller: with it the kernel picks one of two
 *	published versions, see khmap_canary()
 * @open: how each map is opened; or NULL
 * @accept: asked before a new version is used: 0 to take it, or a negative errno;
 *	    or NULL
 * @changed: told when @map has become another one (@err 0), or when a new version
 *	     was not taken and why (@err, and khmap_reason()); or NULL
 * @context: first argument of both
 *
 * A version that cannot be opened, does not verify or is not accepted is left
 * alone until the name has another generation, and the last good one stays: a
 * version that was refused is not tried again and again.  If it was for want of
 * memory or descriptors, it is tried again after a tenth of a second.
 */
struct khmap_follow_options {
	__u32 size;
	__u32 flags;
	__u64 id;
	const struct khmap_open_options *open;
	int (*accept)(void *context, struct khmap *map);
	void (*changed)(void *context, struct khmap *map, int err);
	void *context;
};

/**
 * struct khmap_follower - The map that a name means now.
 * @map: it, or the last good one
 * @successor: of its header page
 * @word: what was there when the kernel said that it is the one
 *
 * Made by the library only; more follows behind what is shown.
 */
struct khmap_follower {
	struct khmap *map;
	const __u32 *successor;
	__u32 word;
};

/**
 * struct khmap_follow_counts - What a follower has done.
 * @size: sizeof(struct khmap_follow_counts)
 * @flags: must be 0
 * @generation: out: of the name, as of the last answer
 * @moves: out: times that another map was taken
 * @refused: out: versions that were not taken
 */
struct khmap_follow_counts {
	__u32 size;
	__u32 flags;
	__u64 generation;
	__u64 moves;
	__u64 refused;
};

/**
 * khmap_follow_open() - Open what a name means, and follow it.
 * @name: as of khmap_open(); a file, or a snapshot, never changes
 * @options: or NULL for the defaults; what it points to is copied
 * @follower: receives the follower, for khmap_follow_close(); unchanged on failure
 *
 * Return: as khmap_open(); -EUCLEAN it does not verify; what @options->accept
 * returned; -EAGAIN the name got new meanings all the time.
 */
int khmap_follow_open(const char *name, const struct khmap_follow_options *options,
		      struct khmap_follower **follower);

/**
 * khmap_follow_close() - Close a follower and its map.
 * @follower: or NULL
 */
void khmap_follow_close(struct khmap_follower *follower);

/**
 * khmap_follow_now() - Ask the kernel what the name means, and take it.
 * @follower: the follower
 *
 * Needs to be called by nobody but one who has got -ESTALE of a store, or who wants
 * to know about a name that was destroyed and created anew.
 *
 * Return: 0; 1 @follower->map is another one; -ENOENT the name is gone; or why the
 * new version was not taken: then the map is the last good one.
 */
int khmap_follow_now(struct khmap_follower *follower);

/**
 * khmap_follow_counts() - What a follower has done.
 * @follower: the follower
 * @counts: filled
 *
 * Return: 0; -EINVAL, -E2BIG, -EOPNOTSUPP of @counts.
 */
int khmap_follow_counts(const struct khmap_follower *follower, struct khmap_follow_counts *counts);

/**
 * khmap_follow_changed() - khmap_follow_map(), when there is something to do.
 * @follower: the follower
 */
void khmap_follow_changed(struct khmap_follower *follower);

/**
 * khmap_follow_stale() - Has the name got a new meaning, as far as is known?
 * @follower: the follower
 *
 * Context: any thread, signal handlers included.
 * Return: true if khmap_follow_map() has something to do.
 */
static inline bool khmap_follow_stale(const struct khmap_follower *follower)
{
	return __atomic_load_n(follower->successor, __ATOMIC_RELAXED) != follower->word;
}

/**
 * khmap_follow_map() - The map that the name means now.
 * @follower: the follower
 *
 * Return: the map, valid until the next call; owned by @follower.
 */
static inline struct khmap *khmap_follow_map(struct khmap_follower *follower)
{
	if (__builtin_expect(khmap_follow_stale(follower), 0))
		khmap_follow_changed(follower);
	return follower->map;
}

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_FOLLOW_H */
