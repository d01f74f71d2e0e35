/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * interrupt.h - what the linker makes of progress_show(), see interrupt.c
 */
#ifndef KHMAP_TEST_INTERRUPT_H
#define KHMAP_TEST_INTERRUPT_H

#include "progress.h"

void __real_progress_show(struct progress *progress, uint64_t done);
void __wrap_progress_show(struct progress *progress, uint64_t done);

#endif /* KHMAP_TEST_INTERRUPT_H */
