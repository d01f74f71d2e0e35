/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * mapping_events.h - code that is mapped while a profile is recorded
 */
#ifndef PROF_MAPPING_EVENTS_H
#define PROF_MAPPING_EVENTS_H

#include "source/mappings.h"

struct prof_mapping_events;

/**
 * prof_mapping_events_open() - begin to listen, to all processes
 * @events: the new listener; unchanged on failure
 *
 * Processes that end are known from their events only, and from those of the processes
 * that they were forked by.
 *
 * Return: 0 or -errno.
 */
int prof_mapping_events_open(struct prof_mapping_events **events);

/**
 * prof_mapping_events_read() - take what has come since the last time
 * @events: the listener
 * @mappings: what has been mapped is added
 *
 * Return: events that the kernel had no room for.
 */
uint64_t prof_mapping_events_read(struct prof_mapping_events *events,
				  struct prof_mappings *mappings);

/**
 * prof_mapping_events_close() - listen no more
 * @events: or NULL
 */
void prof_mapping_events_close(struct prof_mapping_events *events);

#endif /* PROF_MAPPING_EVENTS_H */
