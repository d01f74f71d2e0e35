// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * whole_file.c - a file that gets its name when all of it is on the disk
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "whole_file.h"

/* Names of temporary files that are tried. */
#define KHMAP_FILE_NAMES	16

int khmap_whole_file_fail(const struct khmap_whole_file *file, int err, const char *what)
{
	return khmap_fail(err, "%s: %s: %s", file->path, what, strerror(err));
}

int khmap_whole_file_create(struct khmap_whole_file *file, mode_t mode)
{
	struct stat st;
	__u32 tag;
	int tries;

	if (!lstat(file->path, &st) && !S_ISREG(st.st_mode))
		return khmap_fail(EINVAL, "%s: exists and is not a plain file", file->path);
	for (tries = 0; tries < KHMAP_FILE_NAMES && file->fd < 0; tries++) {
		if (getrandom(&tag, sizeof(tag), 0) != sizeof(tag))
			return khmap_whole_file_fail(file, errno, "getrandom");
		if (snprintf(file->temporary, sizeof(file->temporary), "%s.tmp-%08x", file->path,
			     tag) >= (int)sizeof(file->temporary)) {
			file->temporary[0] = '\0';
			return khmap_fail(ENAMETOOLONG, "%s: too long", file->path);
		}
		file->fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
				mode & 0666);
		if (file->fd < 0 && errno != EEXIST)
			break;
	}
	if (file->fd >= 0)
		return 0;
	/* It is somebody else's, or nobody's. */
	file->temporary[0] = '\0';
	return khmap_whole_file_fail(file, errno, "create a temporary file beside it");
}

static int khmap_whole_file_open_folder(const struct khmap_whole_file *file)
{
	char path[KHMAP_PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "%s", file->path);
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? khmap_whole_file_fail(file, errno, "open its folder") : fd;
}

/* All of it is on the disk, and then it has its name. */
static int khmap_whole_file_rename(struct khmap_whole_file *file)
{
	int fd = file->fd;

	if (fsync(fd))
		return khmap_whole_file_fail(file, errno, "fsync");
	file->fd = -1;
	/* Some file systems report a failed write only here. */
	if (close(fd))
		return khmap_whole_file_fail(file, errno, "close");
	if (rename(file->temporary, file->path))
		return khmap_whole_file_fail(file, errno, "rename");
	file->temporary[0] = '\0';
	return 0;
}

int khmap_whole_file_publish(struct khmap_whole_file *file)
{
	/* First: it must not be what fails when others see the file already. */
	int folder = khmap_whole_file_open_folder(file), err;

	if (folder < 0)
		return folder;
	err = khmap_whole_file_rename(file);
	/* Not every file system can. */
	if (!err && fsync(folder) && errno != EINVAL)
		err = khmap_whole_file_fail(file, errno, "fsync of its folder, where it is already; a power failure may bring back what was there before");
	close(folder);
	return err;
}

void khmap_whole_file_discard(struct khmap_whole_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->temporary[0])
		unlink(file->temporary);
}
