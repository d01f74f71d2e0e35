/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_listing.h - what the linker puts in the place of stat()
 */
#ifndef KHMAP_TEST_LISTING_H
#define KHMAP_TEST_LISTING_H

#include <sys/stat.h>

int __wrap_stat64(const char *path, struct stat *st);

#endif /* KHMAP_TEST_LISTING_H */
