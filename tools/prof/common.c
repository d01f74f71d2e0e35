// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * common.c - what all commands of the profiler need
 */
#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "prof.h"

void prof_error(const char *format, ...)
{
	va_list args;

	fputs("khmap-prof: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void *prof_alloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory) {
		prof_error("out of memory");
		exit(PROF_EXIT_FAILED);
	}
	return memory;
}

/* Why no file can be made there; 0 if it can. */
static int folder_err(const char *path)
{
	char *copy = strdup(path);
	int err = 0;

	if (!copy)
		return -ENOMEM;
	if (access(dirname(copy), W_OK | X_OK))
		err = -errno;
	free(copy);
	return err;
}

int prof_file_check(const char *path)
{
	struct stat stat_buf;
	int err = 0;

	if (!*path)
		err = -ENOENT;
	else if (stat(path, &stat_buf))
		err = errno == ENOENT ? folder_err(path) : -errno;
	else if (S_ISDIR(stat_buf.st_mode))
		err = -EISDIR;
	else if (access(path, W_OK))
		err = -errno;
	if (!err)
		return PROF_EXIT_OK;
	prof_error("%s: %s", path, strerror(-err));
	return PROF_EXIT_FAILED;
}

int prof_number(const char *text, uint64_t max, uint64_t *number)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || value > max)
		return -ERANGE;
	*number = value;
	return 0;
}
