/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_iter.h - calls of the library that test_iter.c stands in for (--wrap)
 */
#ifndef KHMAP_TEST_ITER_H
#define KHMAP_TEST_ITER_H

#include "chain.h"

/**
 * __wrap_khmap_chain_copy() - the test's: something happens before it and after it
 * @chain: as of khmap_chain_copy()
 * @shape: likewise
 * @page: likewise
 * @bucket: likewise
 */
int __wrap_khmap_chain_copy(struct khmap_chain *chain, __u32 shape, __u32 page, __u32 bucket);

/**
 * __real_khmap_chain_copy() - the library's khmap_chain_copy()
 * @chain: its
 * @shape: its
 * @page: its
 * @bucket: its
 */
int __real_khmap_chain_copy(struct khmap_chain *chain, __u32 shape, __u32 page, __u32 bucket);

#endif /* KHMAP_TEST_ITER_H */
