/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refill.h - a best-effort snapshot's pool, filled in the background
 */
#ifndef _KHMAP_REFILL_H
#define _KHMAP_REFILL_H

struct khmap_shot;

/**
 * khmap_refill_init() - before a snapshot is taken
 * @shot: new
 */
void khmap_refill_init(struct khmap_shot *shot);

/**
 * khmap_refill_start() - have the pool filled when it is low
 * @shot: its snapshot has been taken; of one without a pool nothing is done
 * @stop: as of khmap_pool_fill(): asked for what is filled at once
 *
 * Context: may sleep.
 */
void khmap_refill_start(struct khmap_shot *shot, bool (*stop)(void));

/**
 * khmap_refill_stop() - end that
 * @shot: as of khmap_refill_init(); it may have no snapshot
 *
 * Context: may sleep; waits for the worker.
 */
void khmap_refill_stop(struct khmap_shot *shot);

#endif /* _KHMAP_REFILL_H */
