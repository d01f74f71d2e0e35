/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compact.h - COMPACT
 */
#ifndef _KHMAP_COMPACT_H
#define _KHMAP_COMPACT_H

struct khmap_call;

/**
 * khmap_compact_map() - KHMAP_IOC_COMPACT
 * @call: on a map
 *
 * Context: may sleep.
 * Return: 0 or an errno as linux/khmap.h says.
 */
int khmap_compact_map(struct khmap_call *call);

#endif /* _KHMAP_COMPACT_H */
