/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * error.h - a reason in words beside each negative errno
 */
#ifndef KHMAP_LIB_ERROR_H
#define KHMAP_LIB_ERROR_H

/**
 * khmap_fail() - Note why a call fails.
 * @err: a positive errno
 * @fmt: printf format of the reason: one line without a final newline; cut
 *	 after 1023 bytes.  The arguments may contain khmap_reason() itself, so
 *	 that a caller can put a place in front of what went wrong there.
 *
 * The reason belongs to the calling thread and lasts until its next failure.
 * Does not change errno.
 *
 * Return: -@err.
 */
int khmap_fail(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * khmap_reason() - Why the last call of this thread failed.
 *
 * Return: the reason, one line; "" if there was none.  Owned by the library,
 * valid until the thread's next failure.
 */
const char *khmap_reason(void);

/**
 * khmap_reason_clear() - Forget this thread's reason.
 */
void khmap_reason_clear(void);

#endif /* KHMAP_LIB_ERROR_H */
