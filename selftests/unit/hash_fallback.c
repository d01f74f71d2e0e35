// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * hash_fallback.c - the hash as machines without 128-bit integers compute it
 */
#undef __SIZEOF_INT128__
#include <khmap/hash.h>

#include "hash_fallback.h"

__u64 fallback_multiply(__u64 a, __u64 b, __u64 *high)
{
	return khmap_multiply(a, b, high);
}

__u64 fallback_hash_fold(const __u64 *secret, const void *key, __u32 size)
{
	return khmap_hash_fold(secret, key, size);
}
