// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * atomic.c - operations that no snapshot comes between
 *
 * A snapshot is cut under the table's mutex, so whoever holds that keeps all of
 * them off, whatever other locks are taken and dropped meanwhile.  Nothing is
 * allocated while it is held.
 *
 * What a put may need is one overflow page, which its stripe gets with the
 * stripe's lock held, and which the put then uses before the lock is dropped.
 * So one page for each put is enough, whatever other writers do meanwhile.
 * Promotion, of which there is one in the life of a map, may take one more, and
 * the first primary page.  Copies for snapshots are those that they have in
 * reserve.  Splits are put off until afterwards, but for a chain that is at its
 * limit; a map of few buckets makes them before.
 */
#include "atomic.h"
#include "grow.h"
#include "locked.h"
#include "overflow.h"
#include "retire.h"

/* The stock, from the highest page down: so the image's end comes down again. */
static void khmap_atomic_unstage(struct khmap_atomic *atomic)
{
	struct khmap_overflow_page *page, *reversed = NULL;

	while ((page = atomic->stock)) {
		atomic->stock = page->next;
		page->next = reversed;
		reversed = page;
	}
	while ((page = reversed)) {
		reversed = page->next;
		khmap_overflow_unstage(atomic->table, page);
	}
}

/* At the region's ceiling there are no more pages: puts without one answer for themselves. */
static int khmap_atomic_stage(struct khmap_atomic *atomic)
{
	struct khmap_table *table = atomic->table;
	struct khmap_overflow_page *page, **end = &atomic->stock;
	bool small;
	u32 i;
	int err;

	if (!atomic->puts)
		return 0;
	if (khmap_table_retired(table))
		return -ESTALE;
	err = khmap_grow_before(table, atomic->puts);
	small = !os_load(&table->header->shape);
	if (!err && small)
		err = khmap_grow_stage(table, khmap_shape(1, 0));
	for (i = 0; !err && i < atomic->puts + small; i++) {
		err = khmap_overflow_stage(table, &page);
		if (err)
			break;
		page->next = NULL;
		*end = page;
		end = &page->next;
	}
	return err == -ENOSPC ? 0 : err;
}

int khmap_atomic_begin(struct khmap_atomic *atomic, struct khmap_table *table,
		       u32 puts)
{
	int err, staged;

	for (;;) {
		*atomic = (struct khmap_atomic){ .table = table, .puts = puts };
		staged = khmap_atomic_stage(atomic);
		/* A map that is retired needs no memory; one that was revived since does. */
		err = staged == -ESTALE ? 0 : staged;
		err = err ?: os_mutex_lock_killable(&table->saves.mutex, 0);
		if (err) {
			khmap_atomic_unstage(atomic);
			return err;
		}
		/* The mutex is the one under which a map is retired and revived. */
		if (!staged || khmap_table_retired(table))
			return 0;
		os_mutex_unlock(&table->saves.mutex);
		khmap_atomic_unstage(atomic);
	}
}

int khmap_atomic_put(struct khmap_atomic *atomic, const void *key,
		     const void *value, enum khmap_put_mode mode,
		     struct khmap_store *store)
{
	return khmap_table_put_from(atomic->table, key, value, mode, store,
				    &atomic->stock);
}

void khmap_atomic_end(struct khmap_atomic *atomic)
{
	u32 i;

	os_mutex_unlock(&atomic->table->saves.mutex);
	khmap_atomic_unstage(atomic);
	/* Each put pays for two splits at most, as always. */
	for (i = 0; i < atomic->puts && !khmap_table_retired(atomic->table); i++)
		khmap_grow_follow(atomic->table, true);
}
