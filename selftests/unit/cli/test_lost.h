/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_lost.h - what the linker puts in the place of system calls
 */
#ifndef KHMAP_TEST_LOST_H
#define KHMAP_TEST_LOST_H

#include <sys/types.h>

int __wrap_ioctl(int fd, unsigned long command, ...);
ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t offset);
ssize_t __real_pread64(int fd, void *to, size_t size, off_t offset);

#endif /* KHMAP_TEST_LOST_H */
