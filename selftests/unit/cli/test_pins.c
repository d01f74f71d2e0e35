// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_pins.c - processes that hold maps, in folders that look like procfs
 *
 * As root, permission is dropped for the process that may not be looked into.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pins.h"
#include "../tap.h"

#define MAP_LINE "7f0000000000-7f0000002000 r--s 00000000 "

static char root[32];

static struct pins_node nodes[] = {
	{ .id = 4, .inode = 900 },
	{ .id = 6, .inode = 901 },
};

/* Make a file below the root, and the folders that lead to it. */
static void make(const char *text, const char *fmt, ...)
{
	char path[256], *at;
	va_list args;
	FILE *file;
	int length = snprintf(path, sizeof(path), "%s/", root);

	va_start(args, fmt);
	vsnprintf(path + length, sizeof(path) - (size_t)length, fmt, args);
	va_end(args);
	for (at = path + length; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		mkdir(path, 0755);
	}
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void process(int pid, const char *comm, unsigned int flags)
{
	char text[256];

	snprintf(text, sizeof(text), "%d (%s) S 1 1 1 0 -1 %u 0 0 0\n", pid, comm, flags);
	make(text, "%d/stat", pid);
	make("pos:\t0\nflags:\t02\nmnt_id:\t9\nino:\t3\n", "%d/fdinfo/0", pid);
	make(MAP_LINE "08:01 900                     /usr/bin/true\n", "%d/maps", pid);
}

static void is_pin(const struct pin *pin, int pid, uint64_t id, unsigned int descriptors,
		   unsigned int mappings)
{
	is_i64(pin->pid, pid, "pid");
	is_u64(pin->id, id, "id of %d", pid);
	is_u64(pin->descriptors, descriptors, "descriptors of %d", pid);
	is_u64(pin->mappings, mappings, "mappings of %d", pid);
}

static void build(void)
{
	make("not a process\n", "version");
	make("not a process\n", "sys/kernel/ostype");
	process(1, "init", 0x400100);
	/* Two descriptors of one, one of another, and a mapping. */
	process(20, "a) (b", 0x400000);
	make("pos:\t0\nflags:\t02000000\nkhmap-kind:\tmap\nkhmap-id:\t4\nkhmap-name:\tm\n",
	     "20/fdinfo/3");
	make("pos:\t0\nkhmap-kind:\tmap\nkhmap-id:\t4\n", "20/fdinfo/4");
	make("pos:\t0\nkhmap-kind:\tsnapshot\nkhmap-id:\t5\nkhmap-map:\t4\n", "20/fdinfo/17");
	make(MAP_LINE "08:01 77 /bin/x\n"
	     MAP_LINE "00:05 900                        /dev/khmap/m\n"
	     MAP_LINE "00:05 900                        /dev/khmap/m\n", "20/maps");
	/* Mappings alone: of files without a name, of a node under another path. */
	process(3, "rea\033d\351r", 0);
	make(MAP_LINE "00:0e 3  anon_inode:[khmap-map:18446744073709551615]\n"
	     MAP_LINE "00:0e 3  anon_inode:[khmap-snapshot:5]\n"
	     MAP_LINE "00:05 901                        /khmap/other\n"
	     MAP_LINE "00:00 0 \n", "3/maps");
	/* By a name that is gone, though another has it again. */
	process(4, "late", 0);
	make(MAP_LINE "00:05 555                        /dev/khmap/m (deleted)\n"
	     MAP_LINE "00:05 556                        /tmp/khmap/m (deleted)\n"
	     MAP_LINE "00:0e 3  /tmp/anon_inode:[khmap-map:8]\n"
	     MAP_LINE "00:0e 3  anon_inode:[khmap-map:]\n"
	     "nonsense\n", "4/maps");
	/* A kernel thread, whatever is in its folders. */
	process(5, "kworker/0:1", 0x04208060);
	make("pos:\t0\nkhmap-id:\t4\n", "5/fdinfo/3");
	/* Processes that end: of one the folder is left, of one its stat. */
	make("", "6/environ");
	make("7 (gone) S 1 1 1 0 -1 0 0\n", "7/stat");
	make("", "8/stat");
}

static void test_found(const struct pins *pins)
{
	is_u64(pins->count, 6, "pins");
	if (pins->count != 6)
		return;
	is_pin(&pins->pin[0], 3, 5, 0, 1);
	is_pin(&pins->pin[1], 3, 6, 0, 1);
	is_pin(&pins->pin[2], 3, UINT64_MAX, 0, 1);
	is_pin(&pins->pin[3], 4, 0, 0, 1);
	is_pin(&pins->pin[4], 20, 4, 2, 2);
	is_pin(&pins->pin[5], 20, 5, 1, 0);
	ok(!strcmp(pins->pin[5].comm, "a) (b"), "a name with brackets");
	ok(!strcmp(pins->pin[0].comm, "rea?d?r"), "bytes that are no text");
	is_u64(pins_processes(pins, 5), 2, "processes that hold one");
	is_u64(pins_processes(pins, 4), 1, "that hold another");
	is_u64(pins_processes(pins, 99), 0, "that hold none");
}

static void hide(const char *path, mode_t mode)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	if (chmod(full, mode)) {
		perror(full);
		exit(1);
	}
}

/* Runs as a user who is neither root nor the owner of the folders. */
static void test_hidden(void)
{
	struct pins pins;

	hide("20/fdinfo", 0);
	hide("3/maps", 0);
	hide("", 0755);
	if (!geteuid() && seteuid(65534)) {
		perror("seteuid");
		exit(1);
	}
	is_i64(pins_find(root, nodes, 2, &pins), 0, "a walk without permission");
	is_u64(pins.hidden, 2, "two could not be looked into");
	is_u64(pins.count, 2, "pins that were found all the same");
	if (pins.count == 2) {
		is_pin(&pins.pin[0], 4, 0, 0, 1);
		is_pin(&pins.pin[1], 20, 4, 0, 2);
	}
	pins_free(&pins);
	if (!getuid() && seteuid(0))
		exit(1);
	hide("20/fdinfo", 0755);
}

int main(void)
{
	char command[64];
	struct pins pins;

	snprintf(root, sizeof(root), "/tmp/khmap-pins-XXXXXX");
	if (!mkdtemp(root))
		return 1;
	nodes[0].device = makedev(0, 5);
	nodes[1].device = makedev(0, 5);
	build();
	is_i64(pins_find(root, nodes, 2, &pins), 0, "a walk");
	is_u64(pins.hidden, 0, "all could be looked into");
	test_found(&pins);
	pins_free(&pins);
	test_hidden();
	is_i64(pins_find("/tmp/khmap-no-such-folder", nodes, 2, &pins), -ENOENT, "no procfs");
	is_u64(pins.count, 0, "nothing was found");
	snprintf(command, sizeof(command), "rm -rf %s", root);
	ok(!system(command), "the folders are removed");
	return done();
}
