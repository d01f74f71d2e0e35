/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * test_live.h - what the linker puts in the place of ioctl()
 */
#ifndef KHMAP_TEST_LIVE_H
#define KHMAP_TEST_LIVE_H

int __wrap_ioctl(int fd, unsigned long command, ...);

#endif /* KHMAP_TEST_LIVE_H */
