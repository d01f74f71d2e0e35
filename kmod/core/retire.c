// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * retire.c - no store after this one
 *
 * The bit is in the word that every writer loads once it has got its lock.  So
 * when all locks have been taken and dropped once, with the bit set before, a
 * writer who did not see it is done, and one who comes later sees it: the first
 * half of a cut (cut.c), with no need to hold anybody still.
 *
 * Bit and gate are stored under the same mutex, so a cut neither loses the one
 * nor opens the other.
 */
#include "cow.h"
#include "retire.h"

int khmap_table_hold(struct khmap_table *table, u32 rank)
{
	return os_mutex_lock_killable(&table->saves.mutex, rank);
}

void khmap_table_release(struct khmap_table *table)
{
	os_mutex_unlock(&table->saves.mutex);
}

void khmap_table_retire(struct khmap_table *table)
{
	struct khmap_saves *saves = &table->saves;
	struct khmap_counts counts;

	os_mutex_assert(&saves->mutex);
	os_store(&saves->gate, saves->gate | KHMAP_GATE_RETIRED);
	khmap_table_count(table, &counts);
}

void khmap_table_revive(struct khmap_table *table)
{
	struct khmap_saves *saves = &table->saves;

	os_mutex_assert(&saves->mutex);
	os_store_release(&saves->gate, saves->gate & ~KHMAP_GATE_RETIRED);
}

void khmap_table_tell(struct khmap_table *table, u32 generation)
{
	os_store_release(&table->header->successor, generation);
}
