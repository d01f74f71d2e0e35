/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * hash_fallback.h - the hash as machines without 128-bit integers compute it
 */
#ifndef KHMAP_TEST_HASH_FALLBACK_H
#define KHMAP_TEST_HASH_FALLBACK_H

#include <linux/types.h>

/* khmap_multiply() from 32-bit products. */
__u64 fallback_multiply(__u64 a, __u64 b, __u64 *high);

/* khmap_hash_fold() with it. */
__u64 fallback_hash_fold(const __u64 *secret, const void *key, __u32 size);

#endif /* KHMAP_TEST_HASH_FALLBACK_H */
