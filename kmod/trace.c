// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - the tracepoints of trace.h, made real
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
