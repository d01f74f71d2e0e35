/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stall.h - what takes operations longer than themselves
 *
 * Time is taken only while somebody listens, see os_stalls_told(), and told when
 * the processor holds no lock of a map.
 */
#ifndef _KHMAP_CORE_STALL_H
#define _KHMAP_CORE_STALL_H

#include "os.h"

/**
 * enum khmap_stall - what took its time
 * @KHMAP_STALL_LOST: nothing: so many stalls, in place of a place, were not told
 * @KHMAP_STALL_STRIPE: somebody waited for a stripe; its number
 * @KHMAP_STALL_HEADER: somebody waited for the header's lock
 * @KHMAP_STALL_GATE: a writer waited for the end of a snapshot's cut
 * @KHMAP_STALL_SPLIT: a bucket was split, and its stripes were locked for most of
 *	the time; the page that got the keys
 * @KHMAP_STALL_COPY: a primary page was copied out for snapshots; its number
 * @KHMAP_STALL_COPY_OVERFLOW: an overflow page was; its number
 * @KHMAP_STALL_CUT: a snapshot was cut: the gate was closed
 */
enum khmap_stall {
	KHMAP_STALL_LOST,
	KHMAP_STALL_STRIPE,
	KHMAP_STALL_HEADER,
	KHMAP_STALL_GATE,
	KHMAP_STALL_SPLIT,
	KHMAP_STALL_COPY,
	KHMAP_STALL_COPY_OVERFLOW,
	KHMAP_STALL_CUT,
};

/**
 * khmap_stall_begin() - something begins that may take long
 *
 * Context: any.
 * Return: for khmap_stall_end(); 0 if nobody listens.
 */
static inline u64 khmap_stall_begin(void)
{
	return os_stalls_told() ? os_clock_ns() : 0;
}

/**
 * khmap_stall_end() - it is over: tell how long it took
 * @table: the map
 * @kind: what it was
 * @place: see enum khmap_stall; else 0
 * @began: of khmap_stall_begin()
 *
 * Context: any.
 */
static inline void khmap_stall_end(const struct khmap_table *table,
				   enum khmap_stall kind, u32 place, u64 began)
{
	if (unlikely(began))
		os_stall(table, kind, place, os_clock_ns() - began);
}

#endif /* _KHMAP_CORE_STALL_H */
