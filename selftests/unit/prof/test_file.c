// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_file.c - whether a file can be written, before there is something to write
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "prof.h"
#include "../tap.h"

#define TEMPLATE	"/tmp/khmap-prof-file.XXXXXX"

static char folder[sizeof(TEMPLATE)];

static const char *in_folder(const char *name)
{
	static char path[sizeof(folder) + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void check(const char *path, int status, const char *what)
{
	is_i64(prof_file_check(path), status, "%s", what);
}

int main(void)
{
	const char *path;
	int fd;

	strcpy(folder, TEMPLATE);
	if (!mkdtemp(folder))
		return 1;
	path = in_folder("new");
	check(path, PROF_EXIT_OK, "one that can be made");
	ok(access(path, F_OK), "it is not made");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ok(write(fd, "kept", 4) == 4, "one that is there");
	close(fd);
	check(path, PROF_EXIT_OK, "can be written");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ok(lseek(fd, 0, SEEK_END) == 4, "and is as it was");
	close(fd);
	check(in_folder("none/new"), PROF_EXIT_FAILED, "one in a folder that is not there");
	check(in_folder("new/new"), PROF_EXIT_FAILED, "one in what is no folder");
	check(folder, PROF_EXIT_FAILED, "a folder");
	check("/dev/null", PROF_EXIT_OK, "a device");
	check("khmap-prof-file.new", PROF_EXIT_OK, "one in this folder");
	check("", PROF_EXIT_FAILED, "one without a name");
	unlink(in_folder("new"));
	rmdir(folder);
	return done();
}
