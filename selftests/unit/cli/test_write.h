/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_write.h - what the linker puts in the place of the calls that reach the disk
 */
#ifndef KHMAP_TEST_WRITE_H
#define KHMAP_TEST_WRITE_H

#include <sys/types.h>

ssize_t __wrap_pwrite64(int fd, const void *from, size_t size, off_t offset);
ssize_t __real_pwrite64(int fd, const void *from, size_t size, off_t offset);
int __wrap_fcntl64(int fd, int command, ...);
int __real_fcntl64(int fd, int command, ...);
int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);
int __wrap_fsync(int fd);
int __real_fsync(int fd);
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_rename(const char *from, const char *to);
int __real_rename(const char *from, const char *to);

#endif /* KHMAP_TEST_WRITE_H */
