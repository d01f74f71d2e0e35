// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * follow.c - always the map that a name means now
 *
 * The kernel is asked on the descriptor of the map at hand, which it knows as a
 * version of its name for as long as it is open; by the name only if that was taken
 * away.  A map is used only after its word was loaded and the kernel has then said
 * that it is the one.  So a change that comes later has stored another word, and a
 * round that ends with another map is due to a change in between.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <khmap/follow.h>
#include <khmap/verify.h>

#include "error.h"
#include "map.h"

/* Changes of a name while it is being opened; each makes one round more. */
#define KHMAP_FOLLOW_TRIES	64
/* Milliseconds until a failure that may pass is tried again. */
#define KHMAP_FOLLOW_PAUSE	100

/**
 * struct khmap_following - A follower as the library sees it.
 * @shown: what the caller sees; the first member
 * @name: owned
 * @options: a copy
 * @open: a copy of @options.open
 * @schema: a copy of @open.schema; owned, or NULL
 * @generation: of the name, as of the last answer
 * @moves: see struct khmap_follow_counts
 * @refused: likewise
 * @pause_until: not before this is tried again, milliseconds; 0 for no pause
 */
struct khmap_following {
	struct khmap_follower shown;
	char *name;
	struct khmap_follow_options options;
	struct khmap_open_options open;
	char *schema;
	__u64 generation;
	__u64 moves;
	__u64 refused;
	__u64 pause_until;
};

static struct khmap_following *khmap_following(const struct khmap_follower *follower)
{
	return (struct khmap_following *)(void *)follower;
}

static const __u32 *khmap_follow_successor(const struct khmap *map)
{
	return (const __u32 *)(const void *)(khmap_object(map)->base +
		offsetof(struct khmap_image_header, successor));
}

static __u32 khmap_follow_word(const struct khmap *map)
{
	/* Acquire: what was stored before the word is seen by the caller. */
	return __atomic_load_n(khmap_follow_successor(map), __ATOMIC_ACQUIRE);
}

/* Which map is it for us?  -ENOTTY: this one, and it never changes. */
static int khmap_follow_ask(struct khmap_following *f, const struct khmap *map,
			    struct khmap_ioc_choose *choose)
{
	*choose = (struct khmap_ioc_choose) { .size = sizeof(*choose), .fd = -1 };
	if (f->options.flags & KHMAP_FOLLOW_ID) {
		choose->flags = KHMAP_CHOOSE_ID;
		choose->id = f->options.id;
	}
	if (khmap_object(map)->origin == KHMAP_ORIGIN_FILE)
		return -ENOTTY;
	if (!ioctl(khmap_object(map)->fd, KHMAP_IOC_CHOOSE, choose))
		return 0;
	return khmap_fail(errno, "%s: %s", f->name, strerror(errno));
}

/*
 * Begin with a map, or by the name with NULL, and go on until the kernel says that
 * it is the one.  A map that is not @from any more is the caller's.
 */
static int khmap_follow_find(struct khmap_following *f, struct khmap *from, struct khmap **found,
			     __u32 *word)
{
	struct khmap_ioc_choose choose;
	struct khmap *map = from;
	int err = 0, tries;

	for (tries = 0; tries < KHMAP_FOLLOW_TRIES && !err; tries++) {
		if (!map)
			err = khmap_open(f->name, &f->open, &map);
		if (err)
			return err;
		*word = khmap_follow_word(map);
		err = khmap_follow_ask(f, map, &choose);
		if (err == -ENOTTY || (!err && choose.fd < 0)) {
			f->generation = choose.generation;
			*found = map;
			return 0;
		}
		if (map != from)
			khmap_close(map);
		map = NULL;
		from = NULL;
		/* Destroyed: perhaps created anew. */
		if (err == -ENODEV)
			err = 0;
		else if (!err)
			err = khmap_map_open(choose.fd, f->name, &f->open, &map);
		if (err && choose.fd >= 0)
			close(choose.fd);
	}
	if (map)
		khmap_close(map);
	return err ? err : khmap_fail(EAGAIN, "%s: got a new meaning %d times in a row", f->name,
				      KHMAP_FOLLOW_TRIES);
}

/* May a map be used? */
static int khmap_follow_accept(struct khmap_following *f, struct khmap *map)
{
	struct khmap_verify_options verify = { .size = sizeof(verify) };
	int err;

	if (f->options.flags & KHMAP_FOLLOW_VERIFY) {
		err = khmap_verify(map, &verify);
		if (err > 0)
			return khmap_fail(EUCLEAN, "%s: the new version has %llu faults", f->name,
					  (unsigned long long)verify.findings);
		if (err)
			return err;
	}
	return f->options.accept ? f->options.accept(f->options.context, map) : 0;
}

static void khmap_follow_use(struct khmap_following *f, struct khmap *map, __u32 word)
{
	f->shown.map = map;
	f->shown.successor = khmap_follow_successor(map);
	f->shown.word = word;
	f->pause_until = 0;
}

static __u64 khmap_follow_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000 + (__u64)now.tv_nsec / 1000000;
}

/* Does a failure tell of this moment, and not of the version? */
static bool khmap_follow_passes(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -EINTR ||
	       err == -EAGAIN;
}

/*
 * @told: the word as it was before the kernel was asked.  What was refused is what came
 * with it, or something later: then it is refused once more, and nothing is missed.
 */
static int khmap_follow_refuse(struct khmap_following *f, __u32 told, int err)
{
	f->refused++;
	if (khmap_follow_passes(err))
		f->pause_until = khmap_follow_clock() + KHMAP_FOLLOW_PAUSE;
	else
		f->shown.word = told;
	if (f->options.changed)
		f->options.changed(f->options.context, f->shown.map, err);
	return err;
}

int khmap_follow_now(struct khmap_follower *follower)
{
	struct khmap_following *f = khmap_following(follower);
	struct khmap *old = follower->map, *map = NULL;
	__u32 told = khmap_follow_word(old), word = 0;
	int err;

	err = khmap_follow_find(f, old, &map, &word);
	if (err)
		return khmap_follow_refuse(f, told, err);
	if (map == old) {
		khmap_follow_use(f, map, word);
		return 0;
	}
	err = khmap_follow_accept(f, map);
	if (err) {
		khmap_close(map);
		return khmap_follow_refuse(f, told, err);
	}
	khmap_follow_use(f, map, word);
	f->moves++;
	if (f->options.changed)
		f->options.changed(f->options.context, map, 0);
	khmap_close(old);
	return 1;
}

void khmap_follow_changed(struct khmap_follower *follower)
{
	struct khmap_following *f = khmap_following(follower);
	int saved = errno;

	if (!f->pause_until || khmap_follow_clock() >= f->pause_until)
		khmap_follow_now(follower);
	errno = saved;
}

static void khmap_follow_free(struct khmap_following *f)
{
	free(f->schema);
	free(f->name);
	free(f);
}

/* Everything but the map. */
static int khmap_follow_make(const char *name, const struct khmap_follow_options *options,
			     struct khmap_following **made)
{
	struct khmap_following *f = calloc(1, sizeof(*f));

	if (!f)
		return khmap_fail(ENOMEM, "no memory to follow %s", name);
	f->name = strdup(name);
	/* A longer struct of a newer caller is copied as far as it is known here. */
	if (options)
		f->options = *options;
	f->options.size = sizeof(f->options);
	if (f->options.open)
		f->open = *f->options.open;
	f->open.size = sizeof(f->open);
	if (f->open.schema) {
		f->schema = strdup(f->open.schema);
		f->open.schema = f->schema;
	}
	f->options.open = &f->open;
	if (!f->name || (options && options->open && options->open->schema && !f->schema)) {
		khmap_follow_free(f);
		return khmap_fail(ENOMEM, "no memory to follow %s", name);
	}
	*made = f;
	return 0;
}

int khmap_follow_open(const char *name, const struct khmap_follow_options *options,
		      struct khmap_follower **follower)
{
	struct khmap_following *f = NULL;
	struct khmap *map = NULL;
	__u32 word = 0;
	int err = 0;

	if (options)
		err = khmap_options_check("khmap_follow_options", options, sizeof(*options),
					  KHMAP_FOLLOW_FLAGS);
	if (!err && options && options->open)
		err = khmap_options_check("khmap_open_options", options->open,
					  sizeof(*options->open), UINT32_MAX);
	if (!err)
		err = khmap_follow_make(name, options, &f);
	if (err)
		return err;
	err = khmap_follow_find(f, NULL, &map, &word);
	if (!err) {
		err = khmap_follow_accept(f, map);
		if (err)
			khmap_close(map);
	}
	if (err) {
		khmap_follow_free(f);
		return err;
	}
	khmap_follow_use(f, map, word);
	*follower = &f->shown;
	return 0;
}

void khmap_follow_close(struct khmap_follower *follower)
{
	struct khmap_following *f = khmap_following(follower);

	if (!follower)
		return;
	khmap_close(follower->map);
	khmap_follow_free(f);
}

int khmap_follow_counts(const struct khmap_follower *follower, struct khmap_follow_counts *counts)
{
	const struct khmap_following *f = khmap_following(follower);
	int err = khmap_options_check("khmap_follow_counts", counts, sizeof(*counts), 0);

	if (err)
		return err;
	counts->generation = f->generation;
	counts->moves = f->moves;
	counts->refused = f->refused;
	return 0;
}
