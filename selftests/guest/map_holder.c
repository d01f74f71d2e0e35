// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_holder.c - holds a map or snapshot by nothing but a mapping, until it is killed
 */
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd;

	if (argc != 2)
		errx(1, "the path of a node is needed");
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", argv[1]);
	if (mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		err(1, "%s: mmap", argv[1]);
	close(fd);
	pause();
	return 0;
}
