/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * slots.h - the descriptors and mappings that calls refer to
 */
#ifndef _FUZZ_SLOTS_H
#define _FUZZ_SLOTS_H

#include "fuzz.h"

/* Far from where the kernel puts mappings of its own choice, so that a hole is never filled. */
#define FUZZ_VIEW_BASE		0x100000000000ul
#define FUZZ_VIEW_STRIDE	(64ul << 30)

void fuzz_slots_init(struct fuzz_worker *worker);
/* All descriptors are closed, all mappings gone. */
void fuzz_slots_clear(struct fuzz_worker *worker);
/* The slot that a call is on. */
struct fuzz_slot *fuzz_slot_of(struct fuzz_worker *worker, uint16_t on, enum fuzz_kind kind);
/* One of another map whose records have the same sizes, or else of any map. */
struct fuzz_slot *fuzz_slot_like(struct fuzz_worker *worker, uint64_t choice,
				 const struct fuzz_slot *like);
/* A descriptor comes in, another one may have to go.  What it is of is looked up. */
struct fuzz_slot *fuzz_slot_put(struct fuzz_worker *worker, uint64_t choice, int fd);
void fuzz_slot_close(struct fuzz_slot *slot);

static inline char *fuzz_view_address(uint64_t number)
{
	return (char *)(FUZZ_VIEW_BASE + number % FUZZ_VIEWS * FUZZ_VIEW_STRIDE);
}

#endif /* _FUZZ_SLOTS_H */
