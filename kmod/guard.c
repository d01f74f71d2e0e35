// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard.c - operations that come from any context
 */
#include <linux/percpu.h>

#include "guard.h"

DEFINE_PER_CPU(unsigned int, khmap_locks_held);
