/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * canary.h - a second version beside the live one, and who gets which
 */
#ifndef _KHMAP_CANARY_H
#define _KHMAP_CANARY_H

struct khmap_call;
struct khmap_freed;
struct khmap_name;

/**
 * khmap_canary_drop() - retire a name's second version, if it has one
 * @name: whose
 * @freed: the map is added
 *
 * Context: may sleep; the registry's lock is held.
 */
void khmap_canary_drop(struct khmap_name *name, struct khmap_freed *freed);

/* KHMAP_IOC_CANARY and KHMAP_IOC_CHOOSE.  May sleep. */
int khmap_canary(struct khmap_call *call);
int khmap_canary_choose(struct khmap_call *call);

#endif /* _KHMAP_CANARY_H */
