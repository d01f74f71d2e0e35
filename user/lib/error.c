// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * error.c - a reason in words beside each negative errno
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

#define KHMAP_REASON_SIZE 1024

static __thread char khmap_reason_text[KHMAP_REASON_SIZE];

int khmap_fail(int err, const char *fmt, ...)
{
	/* The old reason may be among the arguments: build the new one aside. */
	char text[KHMAP_REASON_SIZE];
	int saved = errno;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	memcpy(khmap_reason_text, text, strlen(text) + 1);
	errno = saved;
	return -err;
}

const char *khmap_reason(void)
{
	return khmap_reason_text;
}

void khmap_reason_clear(void)
{
	khmap_reason_text[0] = '\0';
}
