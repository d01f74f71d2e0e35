// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * grow.c - when the primary region grows, and where its pages come from
 *
 * Pages are allocated by whoever may sleep and finds that the load will need
 * them soon; buckets are split by puts, two at most each, so that no put ever
 * pays for the size of the table.  What neither can do is left to
 * khmap_table_work().
 */
#include "cow.h"
#include "grow.h"
#include "retire.h"
#include "small.h"
#include "split.h"

/* So many times the target load makes no chain too long, but for an adversary. */
#define KHMAP_GROW_LEAST	4
/* Buckets that khmap_table_work() splits in one go. */
#define KHMAP_WORK_STEPS	512

/* Where a refused allocation is asked for again: a little fuller. */
static u32 khmap_grow_later(u32 place)
{
	u32 later = place + place / 128 + 1;

	return later > place ? later : ~0u;
}

/* Pages that an allocation is to have: a sixteenth of what there is. */
static unsigned int khmap_grow_order(const struct khmap_table *table)
{
	u32 pages = table->growth.ready, run = 1;
	unsigned int order = 0;

	if (pages < table->growth.hint_pages)
		pages = table->growth.hint_pages;
	for (; run < KHMAP_GROW_RUN && run * 2 <= pages / 16; run *= 2)
		order++;
	return order;
}

/* The page count that readers of the header are told; it only grows. */
static void khmap_grow_count(struct khmap_table *table, u32 pages)
{
	unsigned long flags;

	os_lock(&table->header_lock, flags);
	os_store(&table->header->primary_pages, pages);
	os_unlock(&table->header_lock, flags);
}

/* Allocate the next run.  The stage lock is held. */
static int khmap_grow_run(struct khmap_table *table, u32 *first, u32 *count)
{
	struct khmap_growth *growth = &table->growth;
	u32 index = growth->ready, end = (index | (KHMAP_LEAF_PAGES - 1)) + 1;
	unsigned int order = khmap_grow_order(table);
	int err;

	if (end > growth->max_pages)
		end = growth->max_pages;
	if (index >= end)
		return -ENOSPC;
	err = khmap_extents_leaf(&table->primary, table->account, NULL, index);
	if (!err)
		err = khmap_extents_run(&table->primary, table->account,
					table->header->primary_offset >>
					KHMAP_OS_PAGE_SHIFT, index, end - index,
					&order);
	os_store(&growth->refused, err == -ENOMEM);
	if (err) {
		os_store(&growth->retry,
			 khmap_grow_later(khmap_grow_wanted(table)));
		return err;
	}
	*first = index;
	*count = 1u << order;
	os_store_release(&growth->ready, index + *count);
	khmap_grow_count(table, index + *count);
	return 0;
}

static bool khmap_grow_stopped(const struct khmap_table *table,
			       khmap_stop_t stop)
{
	return stop && stop(table->owner);
}

int khmap_grow_stage_until(struct khmap_table *table, u32 place,
			   khmap_stop_t stop)
{
	u32 pages = khmap_shape_pages(place), first, count;
	int err = 0;

	while (!err && os_load_acquire(&table->growth.ready) < pages) {
		if (khmap_grow_stopped(table, stop))
			return -EINTR;
		os_mutex_lock(&table->growth.stage_lock);
		count = 0;
		if (table->growth.ready < pages)
			err = khmap_grow_run(table, &first, &count);
		os_mutex_unlock(&table->growth.stage_lock);
		if (count)
			khmap_notify(table, KHMAP_EVENT_GROW, first, count);
		os_resched();
	}
	return err;
}

int khmap_grow_stage(struct khmap_table *table, u32 place)
{
	return khmap_grow_stage_until(table, place, NULL);
}

/* Have pages ready a sixteenth ahead; if others do it already, leave it. */
static void khmap_grow_ahead(struct khmap_table *table, u32 wanted)
{
	struct khmap_growth *growth = &table->growth;
	u32 most = khmap_shape(growth->max_pages, 0);
	u32 ahead = wanted + wanted / 16, first, count = 0;

	if (ahead > most || ahead < wanted)
		ahead = most;
	if (likely(khmap_shape_pages(ahead) <= os_load(&growth->ready)) ||
	    wanted < os_load(&growth->retry) ||
	    !os_mutex_trylock(&growth->stage_lock))
		return;
	if (growth->ready < khmap_shape_pages(ahead))
		khmap_grow_run(table, &first, &count);
	os_mutex_unlock(&growth->stage_lock);
	if (count)
		khmap_notify(table, KHMAP_EVENT_GROW, first, count);
}

/* Split one bucket, unless somebody else is at it (-EBUSY). */
static int khmap_grow_split(struct khmap_table *table, bool wait,
			    struct khmap_overflow_page **staged)
{
	struct khmap_growth *growth = &table->growth;
	unsigned long flags;
	u32 moved, shape = 0;
	u64 began;
	int err;

	if (wait)
		os_lock(&growth->split_lock, flags);
	else if (!os_trylock(&growth->split_lock, flags))
		return -EBUSY;
	began = khmap_stall_begin();
	err = khmap_split_next(table, staged, &moved);
	if (!err) {
		os_store(&growth->splits, growth->splits + 1);
		shape = os_load(&table->header->shape);
		khmap_stall_end(table, KHMAP_STALL_SPLIT,
				khmap_shape_pages(shape) - 1, began);
	}
	os_unlock(&growth->split_lock, flags);
	if (!err)
		khmap_notify(table, KHMAP_EVENT_SPLIT, shape, moved);
	return err;
}

/* Get what a split has found missing; 0: try it again. */
static int khmap_grow_provide(struct khmap_table *table, int missing,
			      u32 wanted, struct khmap_overflow_page **staged)
{
	if (missing == -ENOBUFS && !*staged)
		return khmap_overflow_stage(table, staged);
	/* Not at every put, if memory has just been refused. */
	if (missing == -EAGAIN && wanted >= os_load(&table->growth.retry))
		return khmap_grow_stage(table,
					os_load(&table->header->shape) + 1);
	return missing;
}

/* Split one bucket, with all that it takes, unless nothing may be allocated. */
static int khmap_grow_step(struct khmap_table *table, bool allocate,
			   struct khmap_overflow_page **staged)
{
	int err;

	while ((err = khmap_grow_split(table, true, staged)) && allocate) {
		err = khmap_grow_provide(table, err, ~0u, staged);
		if (err)
			break;
	}
	return err;
}

static void khmap_grow_steps(struct khmap_table *table, bool sleep, u32 wanted)
{
	struct khmap_overflow_page *staged = NULL;
	u32 steps = 0;
	int err = 0;

	while (!err && steps < KHMAP_GROW_STEPS &&
	       os_load(&table->header->shape) < wanted) {
		err = khmap_grow_split(table, false, &staged);
		if (!err)
			steps++;
		else if (sleep)
			err = khmap_grow_provide(table, err, wanted, &staged);
	}
	if (sleep)
		khmap_overflow_unstage(table, staged);
	if (err != -ENOSPC && err != -ESTALE &&
	    os_load(&table->header->shape) < wanted)
		khmap_notify(table, KHMAP_EVENT_BEHIND, 0, 0);
}

/* With how many entries the load asks for more than a shape. */
static unsigned long khmap_grow_due(const struct khmap_table *table, u32 shape)
{
	u64 places = ((u64)shape + 1) << KHMAP_GROWTH_SHIFT;
	u64 each = table->growth.entry_places;

	return (unsigned long)((places + each - 1) / each);
}

void khmap_grow_catch_up(struct khmap_table *table, bool sleep)
{
	u32 shape = os_load(&table->header->shape);
	u32 wanted = khmap_grow_wanted(table);

	if (unlikely(!shape)) {
		/* Half full: have it moved before somebody needs that. */
		if (!sleep && 2 * (u64)os_count_read(&table->entries) >
			      table->geometry.inline_slots)
			khmap_grow_hungry(table);
		return;
	}
	if (sleep)
		khmap_grow_ahead(table, wanted);
	else if (os_load(&table->growth.hungry))
		khmap_notify(table, KHMAP_EVENT_BEHIND, 0, 0);
	if (shape < wanted)
		khmap_grow_steps(table, sleep, wanted);
	os_store(&table->growth.due,
		 khmap_grow_due(table, os_load(&table->header->shape)));
}

void khmap_grow_hungry(struct khmap_table *table)
{
	os_store(&table->growth.hungry, true);
	khmap_notify(table, KHMAP_EVENT_BEHIND, 0, 0);
}

bool khmap_grow_force(struct khmap_table *table, bool allocate)
{
	u32 shape = os_load(&table->header->shape), steps = 0;
	struct khmap_overflow_page *staged = NULL;

	if (!shape || khmap_grow_wanted(table) < shape / 2)
		return false;
	do {
		if (khmap_grow_step(table, allocate, &staged))
			break;
		steps++;
		os_resched();
	} while (steps < KHMAP_GROW_STEPS ||
		 (steps < KHMAP_WORK_STEPS && khmap_grow_behind(table)));
	khmap_overflow_unstage(table, staged);
	return steps;
}

/* As many keys as a bucket has slots need no overflow, wherever they hash to. */
static int khmap_grow_promote_try(struct khmap_table *table,
				  struct khmap_overflow_page **staged)
{
	unsigned long flags;
	int err;

	err = khmap_gate_lock(table, &table->header_lock, &flags,
			      KHMAP_STALL_HEADER, 0);
	if (err)
		return err;
	if (os_load(&table->header->shape))
		err = -EALREADY;
	else if ((u64)os_count_read(&table->entries) >
		 table->geometry.bucket_slots && !*staged)
		err = -EAGAIN;
	else
		khmap_small_promote(table, staged);
	os_unlock(&table->header_lock, flags);
	return err;
}

/* Leave the header page though it is not full. */
static int khmap_grow_promote(struct khmap_table *table)
{
	struct khmap_overflow_page *staged = NULL;
	int err;

	err = khmap_grow_stage(table, khmap_shape(1, 0));
	if (err)
		return err;
	while ((err = khmap_grow_promote_try(table, &staged)) == -EAGAIN) {
		err = khmap_overflow_stage(table, &staged);
		if (err)
			return err;
	}
	khmap_overflow_unstage(table, staged);
	if (!err)
		khmap_notify(table, KHMAP_EVENT_PROMOTE, 0, 0);
	return err == -EALREADY ? 0 : err;
}

/* Split until the shape has come so far, or @steps buckets. */
static int khmap_grow_until(struct khmap_table *table, u32 shape, u32 steps,
			    khmap_stop_t stop)
{
	struct khmap_overflow_page *staged = NULL;
	int err = 0;

	while (!err && steps-- && os_load(&table->header->shape) < shape) {
		if (khmap_grow_stopped(table, stop))
			err = -EINTR;
		else
			err = khmap_grow_step(table, true, &staged);
		os_resched();
	}
	khmap_overflow_unstage(table, staged);
	return err;
}

/*
 * Between two powers of two, linear hashing has pages of two loads, one twice
 * the other, and nearly all that overflows is in the fuller ones.  Where the
 * next power of two is near, its evenness is worth an eighth more pages.
 */
static u32 khmap_grow_even(u32 pages, u32 max_pages)
{
	u32 even = 1;

	while (even < pages)
		even <<= 1;
	return even - pages <= even / 8 && even <= max_pages ? even : pages;
}

int khmap_grow_before(struct khmap_table *table, u32 puts)
{
	u64 entries = (u64)os_count_read(&table->entries) + puts;
	u64 places = khmap_entries_places(table->growth.entry_places, entries) /
		     KHMAP_GROW_LEAST;
	u32 most = khmap_shape(table->growth.max_pages, 0), shape;
	int err;

	shape = places < most ? (u32)places : most;
	if (shape <= khmap_shape(1, 0) || os_load(&table->header->shape) >= shape)
		return 0;
	err = khmap_grow_stage(table, shape);
	if (!err && !os_load(&table->header->shape))
		err = khmap_grow_promote(table);
	return err ? err : khmap_grow_until(table, shape, ~0u, NULL);
}

/* Is it worth while to begin with so many pages? */
static bool khmap_reserve_fits(struct khmap_table *table, u32 pages)
{
	u32 ready = os_load_acquire(&table->growth.ready);

	return pages <= ready ||
	       os_fits(table->account,
		       (u64)(pages - ready) << KHMAP_OS_PAGE_SHIFT);
}

int khmap_table_reserve(struct khmap_table *table, u64 entries,
			khmap_stop_t stop)
{
	const struct khmap_growth *growth = &table->growth;
	u64 places;
	u32 shape;
	int err;

	if (khmap_table_retired(table))
		return -ESTALE;
	if (entries > table->max_entries)
		return -ENOSPC;
	if (entries <= table->geometry.inline_slots)
		return 0;
	if (entries > ~0ull / growth->entry_places)
		return -ENOSPC;
	places = khmap_entries_places(growth->entry_places, entries);
	if (places > khmap_shape(growth->max_pages, 0))
		return -ENOSPC;
	shape = khmap_shape(khmap_grow_even(khmap_shape_pages((u32)places),
					    growth->max_pages), 0);
	if (!khmap_reserve_fits(table, khmap_shape_pages(shape)))
		return -ENOMEM;
	/* Refused before anything moves, if it is. */
	err = khmap_grow_stage_until(table, shape, stop);
	if (!err && !os_load(&table->header->shape))
		err = khmap_grow_promote(table);
	return err ? err : khmap_grow_until(table, shape, ~0u, stop);
}

/* Does the stripe still lack a free overflow bucket?  Not if one is @staged for it. */
static bool khmap_grow_feed_stripe(struct khmap_stripe *stripe,
				   struct khmap_overflow_page **staged)
{
	unsigned long flags;
	bool lacks;

	os_lock(&stripe->lock, flags);
	lacks = stripe->hungry;
	if (lacks && *staged) {
		khmap_overflow_give(stripe, *staged);
		*staged = NULL;
		lacks = false;
	}
	os_unlock(&stripe->lock, flags);
	return lacks;
}

/* Give the stripes that lack one a free overflow bucket. */
static int khmap_grow_feed(struct khmap_table *table)
{
	struct khmap_overflow_page *staged = NULL;
	int err = 0;
	u32 i;

	for (i = 0; i <= table->stripe_mask && !err; i++)
		while (!err && khmap_grow_feed_stripe(&table->stripes[i],
						      &staged))
			err = khmap_overflow_stage(table, &staged);
	khmap_overflow_unstage(table, staged);
	return err;
}

bool khmap_table_work(struct khmap_table *table)
{
	u32 wanted;

	if (khmap_table_retired(table))
		return false;
	if (os_load(&table->growth.hungry)) {
		int err = 0;

		os_store(&table->growth.hungry, false);
		if (!os_load(&table->header->shape))
			err = khmap_grow_promote(table);
		if (!err)
			err = khmap_grow_feed(table);
		khmap_grow_starved(table, err == -ENOMEM);
	}
	wanted = khmap_grow_wanted(table);
	if (!os_load(&table->header->shape))
		return false;
	khmap_grow_ahead(table, wanted);
	if (khmap_grow_until(table, wanted, KHMAP_WORK_STEPS, NULL))
		return false;
	return os_load(&table->header->shape) < khmap_grow_wanted(table);
}

void khmap_table_growth(struct khmap_table *table,
			struct khmap_growth_state *state)
{
	const struct khmap_growth *growth = &table->growth;
	u32 shape = os_load(&table->header->shape);
	/* Inline, it wants none, whatever the load of a page would be. */
	u32 wanted = shape ? khmap_grow_wanted(table) : 0;

	*state = (struct khmap_growth_state){
		.splits = os_load(&growth->splits),
		.wanted = wanted,
		.ready = os_load_acquire(&growth->ready),
		/* Primary pages that are only ahead of need are not missing. */
		.refused = os_load(&growth->starved) ||
			   (shape < wanted && os_load(&growth->refused)),
		.full = shape && khmap_grow_places(table) >
				 khmap_shape(growth->max_pages, 0),
	};
}

void khmap_table_notify(struct khmap_table *table, khmap_notify_t notify,
			void *owner)
{
	table->owner = owner;
	table->notify = notify;
}
