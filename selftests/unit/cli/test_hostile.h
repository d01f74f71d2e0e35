/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_hostile.h - what the linker puts in the place of pread()
 */
#ifndef KHMAP_TEST_HOSTILE_H
#define KHMAP_TEST_HOSTILE_H

#include <sys/types.h>

ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t offset);
ssize_t __real_pread64(int fd, void *to, size_t size, off_t offset);

#endif /* KHMAP_TEST_HOSTILE_H */
