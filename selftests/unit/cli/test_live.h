/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_live.h - what the linker puts in the place of system calls
 */
#ifndef KHMAP_TEST_LIVE_H
#define KHMAP_TEST_LIVE_H

#include <sys/types.h>
#include <sys/uio.h>

int __wrap_ioctl(int fd, unsigned long command, ...);
ssize_t __wrap_process_vm_readv(pid_t pid, const struct iovec *to, unsigned long to_count,
				const struct iovec *from, unsigned long from_count,
				unsigned long flags);
ssize_t __real_process_vm_readv(pid_t pid, const struct iovec *to, unsigned long to_count,
				const struct iovec *from, unsigned long from_count,
				unsigned long flags);

#endif /* KHMAP_TEST_LIVE_H */
