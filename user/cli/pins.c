// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * pins.c - the processes that hold maps and snapshots
 *
 * A descriptor's fdinfo has the id.  A mapping whose descriptor was closed has it in the
 * name of the anonymous file; or it is of a node, which its device and inode tell in any
 * container, whatever path leads to it there.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/khmap.h>

#include "pins.h"

/* PF_KTHREAD of the kernel's sched.h, in the ninth field of /proc/PID/stat. */
#define PINS_KERNEL_THREAD	0x00200000u

/* The kernel writes what is khmap's first, behind five short lines. */
#define PINS_FDINFO_SIZE	1024

/**
 * struct pins_walk - What is known while a process is looked into.
 * @nodes: the nodes that exist
 * @count: how many
 * @pins: what was found
 * @first: of @pins, the first of this process
 * @process: its pid and name
 */
struct pins_walk {
	const struct pins_node *nodes;
	size_t count;
	struct pins *pins;
	size_t first;
	struct pin process;
};

/* The pin of this process and @id, made if there is none. */
static struct pin *pins_add(struct pins_walk *walk, uint64_t id)
{
	struct pins *pins = walk->pins;
	struct pin *grown;
	size_t i;

	for (i = walk->first; i < pins->count; i++)
		if (pins->pin[i].id == id)
			return &pins->pin[i];
	if (pins->count == pins->room) {
		size_t room = pins->room ? 2 * pins->room : 16;

		grown = realloc(pins->pin, room * sizeof(*grown));
		if (!grown)
			return NULL;
		pins->pin = grown;
		pins->room = room;
	}
	pins->pin[pins->count] = walk->process;
	pins->pin[pins->count].id = id;
	return &pins->pin[pins->count++];
}

/* Up to @size - 1 bytes of a file and a NUL; or a negative errno. */
static int pins_read(int folder, const char *path, char *text, size_t size)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t bytes;
	int err = 0;

	if (fd < 0)
		return -errno;
	bytes = read(fd, text, size - 1);
	if (bytes < 0)
		err = -errno;
	else
		text[bytes] = '\0';
	close(fd);
	return err;
}

/* The process's name, and whether it is one: "PID (COMM) STATE ... FLAGS ..." */
static int pins_process(struct pins_walk *walk, int folder, bool *thread)
{
	char text[512], *from, *to;
	unsigned int flags;
	int err = pins_read(folder, "stat", text, sizeof(text));

	if (err)
		return err;
	/* The name may have anything in it, brackets too. */
	from = strchr(text, '(');
	to = strrchr(text, ')');
	if (!from || !to || to < from ||
	    sscanf(to + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return -ESRCH;
	*to = '\0';
	snprintf(walk->process.comm, sizeof(walk->process.comm), "%s", from + 1);
	/* Any bytes: neither for a terminal nor for JSON. */
	for (to = walk->process.comm; *to; to++)
		if (*to < ' ' || *to > '~')
			*to = '?';
	*thread = flags & PINS_KERNEL_THREAD;
	return 0;
}

/* The id in an fdinfo; 0 if it is of something else. */
static uint64_t pins_fdinfo(const char *text)
{
	const char *line = strstr(text, "\nkhmap-id:");

	return line ? strtoull(line + strlen("\nkhmap-id:"), NULL, 10) : 0;
}

static int pins_descriptors(struct pins_walk *walk, int process)
{
	int folder = openat(process, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	char text[PINS_FDINFO_SIZE];
	struct dirent *entry;
	struct pin *pin;
	uint64_t id;
	DIR *dir;

	if (folder < 0)
		return -errno;
	dir = fdopendir(folder);
	if (!dir) {
		close(folder);
		return -ENOMEM;
	}
	while (!err && (errno = 0, entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		err = pins_read(folder, entry->d_name, text, sizeof(text));
		id = err ? 0 : pins_fdinfo(text);
		/* A descriptor that has been closed meanwhile. */
		if (err == -ENOENT)
			err = 0;
		if (!id)
			continue;
		pin = pins_add(walk, id);
		if (pin)
			pin->descriptors++;
		else
			err = -ENOMEM;
	}
	if (!err && !entry)
		err = -errno;
	closedir(dir);
	return err;
}

static bool pins_prefix(const char *text, const char *prefix, uint64_t *id)
{
	size_t length = strlen(prefix);

	if (strncmp(text, prefix, length) || !isdigit((unsigned char)text[length]))
		return false;
	*id = strtoull(text + length, NULL, 10);
	return true;
}

/* Is a line of /proc/PID/maps about a map or snapshot; which is 0 if it cannot be told. */
static bool pins_mapping(const struct pins_walk *walk, char *line, uint64_t *id)
{
	static const char deleted[] = " (deleted)";
	unsigned long long inode;
	unsigned int major, minor;
	size_t i, length;
	int path = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*s %*s %*s %x:%x %llu %n", &major, &minor, &inode, &path) != 3 || !path)
		return false;
	line += path;
	if (pins_prefix(line, "anon_inode:[khmap-map:", id) ||
	    pins_prefix(line, "anon_inode:[khmap-snapshot:", id))
		return true;
	for (i = 0; i < walk->count; i++) {
		if (walk->nodes[i].inode == inode &&
		    walk->nodes[i].device == makedev(major, minor)) {
			*id = walk->nodes[i].id;
			return true;
		}
	}
	length = strlen(line);
	*id = 0;
	return !strncmp(line, KHMAP_DEVICE_DIR "/", strlen(KHMAP_DEVICE_DIR "/")) &&
	       length > strlen(deleted) && !strcmp(line + length - strlen(deleted), deleted);
}

static int pins_mappings(struct pins_walk *walk, int process)
{
	int fd = openat(process, "maps", O_RDONLY | O_CLOEXEC), err = 0;
	char *line = NULL;
	size_t room = 0;
	struct pin *pin;
	uint64_t id;
	FILE *file;

	if (fd < 0)
		return -errno;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (errno = 0, getline(&line, &room, file)) > 0) {
		if (!pins_mapping(walk, line, &id))
			continue;
		pin = pins_add(walk, id);
		if (pin)
			pin->mappings++;
		else
			err = -ENOMEM;
	}
	if (!err && !feof(file))
		err = -errno;
	free(line);
	fclose(file);
	return err;
}

/* What the process holds; what was found of one that may not be looked into stays. */
static int pins_look(struct pins_walk *walk, int folder)
{
	bool thread = false;
	int err = pins_process(walk, folder, &thread), other;

	if (err || thread)
		return err;
	err = pins_descriptors(walk, folder);
	if (err == -ENOMEM)
		return err;
	other = pins_mappings(walk, folder);
	return other ? other : err;
}

static int pins_enter(struct pins_walk *walk, int proc, const char *name)
{
	int folder = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	walk->process = (struct pin){ .pid = atoi(name) };
	walk->first = walk->pins->count;
	if (folder < 0)
		err = -errno;
	else
		err = pins_look(walk, folder);
	if (folder >= 0)
		close(folder);
	if (err == -EACCES || err == -EPERM) {
		walk->pins->hidden++;
		return 0;
	}
	/* It has ended. */
	return err == -ENOENT || err == -ESRCH ? 0 : err;
}

static int pins_compare(const void *left, const void *right)
{
	const struct pin *a = left, *b = right;

	if (a->pid != b->pid)
		return (a->pid > b->pid) - (a->pid < b->pid);
	return (a->id > b->id) - (a->id < b->id);
}

int pins_find(const char *proc, const struct pins_node *nodes, size_t count, struct pins *pins)
{
	struct pins_walk walk = { .nodes = nodes, .count = count, .pins = pins };
	struct dirent *entry;
	DIR *dir = opendir(proc);
	int err = 0;

	*pins = (struct pins){ .pin = NULL };
	if (!dir)
		return -errno;
	while (!err && (errno = 0, entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = pins_enter(&walk, dirfd(dir), entry->d_name);
	if (!err && !entry)
		err = -errno;
	closedir(dir);
	if (err)
		pins_free(pins);
	else if (pins->count)
		qsort(pins->pin, pins->count, sizeof(*pins->pin), pins_compare);
	return err;
}

size_t pins_processes(const struct pins *pins, uint64_t id)
{
	size_t i, processes = 0;

	for (i = 0; i < pins->count; i++)
		processes += pins->pin[i].id == id;
	return processes;
}

void pins_free(struct pins *pins)
{
	free(pins->pin);
	*pins = (struct pins){ .pin = NULL };
}
