// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * leftovers.c - what must hold when all processes have ended
 *
 * Named maps and snapshots are still there.  Each is verified, its numbers are looked at, and its
 * name is taken away.  Then nothing may be left: no map, no snapshot, no byte of memory, and the
 * module can be unloaded.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "execute.h"
#include "kcov.h"
#include "rounds.h"
#include "../../guest/khmap_test.h"
#include "../../guest/verify.h"

#define CLASS		"/sys/class/khmap"
#define PARAMETERS	"/sys/module/khmap/parameters/"
#define NODE		"/dev/fuzz-leftover"
#define WAIT_TRIES	600
#define WAIT_US		50000

static void parameter(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		fuzz_problem("%s: %s", name, strerror(errno));
	close(fd);
}

static char max_bytes_before[32];

/* A module that is loaded again has its own ones, but not all are. */
static void remember(void)
{
	int fd = open(PARAMETERS "max_bytes", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (max_bytes_before[0] || fd < 0)
		return;
	got = read(fd, max_bytes_before, sizeof(max_bytes_before) - 1);
	if (got <= 0)
		fuzz_problem("%s: %s", PARAMETERS "max_bytes", strerror(errno));
	close(fd);
}

void fuzz_limits_end(void)
{
	if (max_bytes_before[0])
		parameter(PARAMETERS "max_bytes", max_bytes_before);
}

void fuzz_limits(void)
{
	remember();
	parameter(PARAMETERS "max_bytes", "67108864");
	parameter(PARAMETERS "map_max_bytes", "0");
	parameter(PARAMETERS "snapshot_warn_after", "0");
}

static int tell(void *context, const struct khmap_finding *finding)
{
	bool *lossy = context;

	/* A best-effort snapshot may lose pages, and what a schema says is its author's affair. */
	if ((*lossy && !strcmp(finding->rule, "lost")) || !strcmp(finding->rule, "schema"))
		return 0;
	fuzz_problem("verify: %s", finding->text);
	return 0;
}

/* As map_verify() of the tests, but for pages that may be lost. */
static void verify(const char *name, int fd, bool lossy)
{
	struct khmap_verify_options options = {
		.size = sizeof(options),
		.finding = tell,
		.context = &lossy,
	};
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), tries = VERIFY_TRIES, err;
	struct khmap *map;

	err = khmap_open_fd(copy, NULL, &map);
	if (err) {
		fuzz_problem("%s cannot be opened: %s", name, khmap_reason());
		close(copy);
		return;
	}
	/* Its worker may still be at it. */
	do
		err = khmap_verify(map, &options);
	while (!err && !options.findings && !options.counts_compared && --tries &&
	       !usleep(VERIFY_WAIT_US));
	khmap_close(map);
	if (err < 0)
		fuzz_problem("%s: verify answers %d", name, err);
	else if (!options.counts_compared && !options.findings)
		fuzz_problem("%s is still being written", name);
}

/* Returns whether pages of it may be lost. */
static bool check_numbers(const char *name, int fd)
{
	struct khmap_ioc_stat stat;
	int err = map_stat(fd, &stat);

	if (err) {
		fuzz_problem("%s: STAT answers %d", name, err);
		return false;
	}
	if (stat.entries > stat.max_entries)
		fuzz_problem("%s has %llu entries, more than %llu", name,
			     (unsigned long long)stat.entries,
			     (unsigned long long)stat.max_entries);
	if (stat.overflow_entries > stat.entries)
		fuzz_problem("%s has %llu entries in overflow of %llu", name,
			     (unsigned long long)stat.overflow_entries,
			     (unsigned long long)stat.entries);
	if (stat.growth > KHMAP_GROWTH_FULL || stat.retired > 1 || stat.reserved ||
	    (stat.kind == KHMAP_IMAGE_LIVE && stat.overdue > stat.snapshots))
		fuzz_problem("%s: numbers of STAT are out of their range", name);
	return stat.lost_pages;
}

/* The node may be gone, or another's; its number is told by the driver core. */
static int open_by_number(const char *name)
{
	unsigned int major, minor;
	char path[256];
	FILE *file;
	int fd = -1;

	snprintf(path, sizeof(path), CLASS "/%s/dev", name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%u:%u", &major, &minor) == 2) {
		unlink(NODE);
		if (!mknod(NODE, S_IFCHR | 0600, makedev(major, minor))) {
			fd = open(NODE, O_RDWR | O_CLOEXEC);
			if (fd < 0 && errno == EROFS)
				fd = open(NODE, O_RDONLY | O_CLOEXEC);
			unlink(NODE);
		}
	}
	fclose(file);
	return fd;
}

static bool leave(const char *name)
{
	int fd = open_by_number(name), err;

	if (fd < 0) {
		fuzz_problem("%s cannot be opened: %s", name, strerror(errno));
		return false;
	}
	verify(name, fd, check_numbers(name, fd));
	err = map_destroy(fd);
	if (err)
		fuzz_problem("%s: DESTROY answers %d", name, err);
	close(fd);
	return !err;
}

static void leave_all(void)
{
	struct dirent *entry;
	DIR *folder = opendir(CLASS);

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			leave(entry->d_name);
	closedir(folder);
}

/* Second nodes that programs made. */
static void remove_nodes(void)
{
	struct dirent *entry;
	DIR *folder = opendir(KHMAP_DEVICE_DIR);
	char path[300];

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		const char *end = strrchr(entry->d_name, '-');

		if (!end || strcmp(end, "-x"))
			continue;
		snprintf(path, sizeof(path), KHMAP_DEVICE_DIR "/%s", entry->d_name);
		unlink(path);
	}
	closedir(folder);
}

static void list_what_is_left(int control)
{
	struct khmap_map_info infos[8];
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.flags = KHMAP_LIST_SNAPSHOTS,
		.infos = address_of(infos),
		.count = 8,
		.info_size = sizeof(infos[0]),
	};
	uint32_t i;

	if (call(control, KHMAP_IOC_LIST, &list))
		return;
	for (i = 0; i < list.count; i++)
		printf("#   left: id %llu, kind %u, \"%s\", of map %llu, %llu bytes\n",
		       (unsigned long long)infos[i].map_id, infos[i].kind, infos[i].name,
		       (unsigned long long)infos[i].of_map,
		       (unsigned long long)infos[i].bytes);
}

/* Rings of processes that have been killed end a moment later. */
static void nothing_is_left(void)
{
	struct khmap_ioc_abi abi = {};
	int control = control_open(O_RDWR), tries, err = 0;

	if (control < 0) {
		fuzz_problem("the control node cannot be opened: %d", control);
		return;
	}
	for (tries = 0; tries < WAIT_TRIES; tries++) {
		err = query_abi(control, &abi);
		if (err || (!abi.maps && !abi.bytes))
			break;
		usleep(WAIT_US);
	}
	if (err || abi.maps || abi.bytes) {
		fuzz_problem("%u maps and %llu bytes are left (ABI answers %d)", abi.maps,
			     (unsigned long long)abi.bytes, err);
		list_what_is_left(control);
	}
	close(control);
}

static void reload(const char *file)
{
	int tries, err = -EAGAIN;

	for (tries = 0; err == -EAGAIN && tries < WAIT_TRIES; tries++) {
		err = fuzz_module_unload();
		if (err == -EAGAIN)
			usleep(WAIT_US);
	}
	if (err)
		fuzz_problem("the module does not unload: %s", strerror(-err));
	err = fuzz_module_load(file, "");
	if (err)
		fuzz_problem("the module does not load: %s", strerror(-err));
}

void fuzz_leftovers(const struct fuzz_options *options)
{
	/* A program may have had the last word, or have been killed in between. */
	if (options->module && !fuzz_module_loaded()) {
		int err = fuzz_module_load(options->module, "");

		if (err && err != -EEXIST)
			fuzz_problem("the module does not load: %s", strerror(-err));
	}
	fuzz_limits();
	leave_all();
	remove_nodes();
	nothing_is_left();
	if (options->module)
		reload(options->module);
}
