// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * whole_file.c - a file that has its name when all of it is on the disk
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "whole_file.h"

static int khmap_whole_file_fail(const struct khmap_whole_file *file, int err, const char *what)
{
	return khmap_fail(err, "%s: %s: %s", file->path, what, strerror(err));
}

int khmap_whole_file_create(struct khmap_whole_file *file, const char *path, mode_t mode)
{
	struct stat st;
	__u32 tag;
	int fd;

	*file = (struct khmap_whole_file){ .path = path };
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return khmap_fail(EINVAL, "%s: exists and is not a plain file", path);
	if (getrandom(&tag, sizeof(tag), 0) != sizeof(tag))
		return khmap_whole_file_fail(file, errno, "getrandom");
	if (asprintf(&file->temporary, "%s.tmp-%08x", path, tag) < 0) {
		file->temporary = NULL;
		return khmap_fail(ENOMEM, "%s: no memory to write it", path);
	}
	fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0666);
	if (fd < 0)
		return khmap_whole_file_fail(file, errno, "create a temporary file beside it");
	file->stream = fdopen(fd, "w");
	if (file->stream)
		return 0;
	unlink(file->temporary);
	close(fd);
	return khmap_fail(ENOMEM, "%s: no memory to write it", path);
}

int khmap_whole_file_append(struct khmap_whole_file *file, const void *bytes, size_t size)
{
	errno = 0;
	if (fwrite(bytes, 1, size, file->stream) != size)
		return khmap_whole_file_fail(file, errno ? errno : EIO, "write");
	return 0;
}

static int khmap_whole_file_sync_folder(const struct khmap_whole_file *file)
{
	char *path = strdup(file->path);
	int fd, err = 0;

	if (!path)
		return khmap_fail(ENOMEM, "%s: no memory to write it", file->path);
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return khmap_whole_file_fail(file, errno, "open its folder");
	/* Not every file system can. */
	if (fsync(fd) && errno != EINVAL)
		err = khmap_whole_file_fail(file, errno, "fsync of its folder");
	close(fd);
	return err;
}

int khmap_whole_file_end(struct khmap_whole_file *file, int err)
{
	bool published = false;

	if (file->stream) {
		if (!err && (fflush(file->stream) || fsync(fileno(file->stream))))
			err = khmap_whole_file_fail(file, errno, "write");
		/* Some file systems report a failed write only here. */
		if (fclose(file->stream) && !err)
			err = khmap_whole_file_fail(file, errno, "close");
		if (!err && rename(file->temporary, file->path))
			err = khmap_whole_file_fail(file, errno, "rename");
		published = !err;
		if (!published)
			unlink(file->temporary);
	}
	free(file->temporary);
	return published ? khmap_whole_file_sync_folder(file) : err;
}
