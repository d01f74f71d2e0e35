/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compact.h - overflow buckets close up, and the image becomes shorter
 *
 * Chains are always as short as their keys allow.  What deletes leave behind
 * are overflow pages with a few buckets in use here and there.  Compaction
 * moves those of the last pages into free ones of the first, so that what an
 * image has of the region is as short as whole pages for each stripe allow.
 * Pages that it empties keep their memory, as readers may have them mapped, and
 * are used before any other.
 */
#ifndef _KHMAP_CORE_COMPACT_H
#define _KHMAP_CORE_COMPACT_H

#include "table.h"

#define KHMAP_COMPACT_PAGES	64	/* looked at in one go */
#define KHMAP_COMPACT_BUCKETS	8	/* moved under one lock */

/**
 * enum khmap_compact_pass - what is done with each page, from the last one down
 * @KHMAP_COMPACT_SORT: a stripe's lower pages come first, and the lower spares
 * @KHMAP_COMPACT_PACK: buckets move down
 * @KHMAP_COMPACT_RESORT: pages that became spares have their place among them
 * @KHMAP_COMPACT_FILL: buckets move down again, into those
 * @KHMAP_COMPACT_CUT: spares are sorted, and the last pages leave the image
 * @KHMAP_COMPACT_DONE: nothing
 */
enum khmap_compact_pass {
	KHMAP_COMPACT_SORT,
	KHMAP_COMPACT_PACK,
	KHMAP_COMPACT_RESORT,
	KHMAP_COMPACT_FILL,
	KHMAP_COMPACT_CUT,
	KHMAP_COMPACT_DONE,
};

/**
 * struct khmap_compact - a compaction on its way
 * @pass: enum khmap_compact_pass
 * @left: pages that this pass has not looked at
 * @begun: this pass has begun
 * @moved: overflow buckets that moved
 * @released: overflow pages that left the image
 *
 * All zeros at first.
 */
struct khmap_compact {
	u32 pass;
	u32 left;
	bool begun;
	u64 moved;
	u32 released;
};

/**
 * khmap_table_compact() - move overflow buckets of some pages
 * @table: the map
 * @compact: where it stands
 *
 * Readers find every key throughout, and others may write.  If nobody does,
 * then when it returns false the image has as many overflow pages as
 * khmap_table_compaction() says are needed.  Left off before, it has moved
 * some.  Of a map that is retired it returns false and moves nothing.
 *
 * Context: may sleep; takes stripes' locks, one at a time.
 * Return: whether there is more to do.
 */
bool khmap_table_compact(struct khmap_table *table,
			 struct khmap_compact *compact);

/**
 * struct khmap_compaction - what compaction has done, and would do
 * @moved: overflow buckets that it has moved since creation
 * @released: overflow pages that it has taken out of the image since creation
 * @needed: overflow pages that it would leave
 */
struct khmap_compaction {
	u64 moved;
	u64 released;
	u32 needed;
};

/**
 * khmap_table_compaction() - what compaction has done, and would do
 * @table: the map
 * @compaction: filled
 *
 * Context: any that may take a raw spinlock.
 */
void khmap_table_compaction(struct khmap_table *table,
			    struct khmap_compaction *compaction);

#endif /* _KHMAP_CORE_COMPACT_H */
