/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_heap.h - what the linker puts in the place of system calls
 */
#ifndef KHMAP_TEST_HEAP_H
#define KHMAP_TEST_HEAP_H

#include <sys/stat.h>

#include <khmap/khmap.h>

int __wrap_ioctl(int fd, unsigned long command, ...);
int __wrap_fstat64(int fd, struct stat *st);
int __real_fstat64(int fd, struct stat *st);

#endif /* KHMAP_TEST_HEAP_H */
