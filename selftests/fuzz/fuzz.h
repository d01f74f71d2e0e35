/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * fuzz.h - what libFuzzer, or replay.c without it, calls
 */
#ifndef KHMAP_FUZZ_H
#define KHMAP_FUZZ_H

#include <stddef.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#endif /* KHMAP_FUZZ_H */
