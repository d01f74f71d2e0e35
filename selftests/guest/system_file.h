/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * system_file.h - the kernel's files of text: settings, cgroups, meminfo
 */
#ifndef _SYSTEM_FILE_H
#define _SYSTEM_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CGROUPS	"/sys/fs/cgroup"

/* 0 or -errno. */
static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* A setting of a cgroup; 0 or -errno. */
static inline int cgroup_write(const char *folder, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return write_file(path, text);
}

/* The number in a file of a folder, a cgroup's say; -1 if there is none. */
static inline long long file_number(const char *folder, const char *name)
{
	char path[256], text[64] = "";
	ssize_t count;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	count = read(fd, text, sizeof(text) - 1);
	close(fd);
	return count > 0 ? atoll(text) : -1;
}

/* A number of a cgroup's file of numbers with names; -1 if there is none. */
static inline long long cgroup_field(const char *folder, const char *name, const char *field)
{
	char path[256], line[128];
	size_t length = strlen(field);
	long long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, field, length) && line[length] == ' ')
			value = atoll(line + length);
	if (file)
		fclose(file);
	return value;
}

/* What is charged to a cgroup, in bytes; -1 if it has no memory controller. */
static inline long long cgroup_usage(const char *folder)
{
	return file_number(folder, "memory.current");
}

/* A line of /proc/meminfo, in KiB; -1 if there is none. */
static inline long meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t length = strlen(name);
	char line[128];
	long value = -1;

	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ':')
			value = atol(line + length + 1);
	if (file)
		fclose(file);
	return value;
}

#endif /* _SYSTEM_FILE_H */
