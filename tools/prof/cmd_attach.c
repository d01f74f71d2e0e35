// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_attach.c - "khmap-prof attach": the part of a profile that bpftool cannot do
 *
 * bpftool loads programs and pins them, but those of Debian 12 attach none to
 * a tracepoint.  A link that is pinned too keeps a program attached when this
 * process has ended; removing the pin detaches it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "prof.h"
#include "source/session.h"
#include "source/target.h"

static void print_help(void)
{
	puts("Usage: khmap-prof attach [OPTION...] DIR\n"
	     "       khmap-prof attach --check [OPTION...]\n"
	     "Attaches the programs of store.bpf.o that bpftool has pinned, and lets them begin:\n\n"
	     "  bpftool prog loadall store.bpf.o DIR/programs pinmaps DIR/maps\n"
	     "  khmap-prof attach DIR\n"
	     "  bpftool map dump pinned DIR/maps/lines\n"
	     "  rm -r DIR\n\n"
	     "For each program a link is pinned in DIR/links, which must not exist. What a newer\n"
	     "bpftool has attached (autoattach) stays as it is.\n\n"
	     "  --map NAME     profile this map only\n"
	     "  --map-id N     the same, by the map's id\n"
	     "  --sample N     take one event in N of each processor (default 1)\n"
	     "  --check        only see whether all is there that a profile needs\n"
	     "  -h, --help     print this");
}

/* What a pin in bpffs is, by the name of its inode. */
static bool is_program(int fd)
{
	char path[64], target[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	return strstr(target, "bpf-prog");
}

static int program_attach(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int fd, link, err = 0;

	snprintf(path, sizeof(path), "%s/programs/%s", dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	if (!is_program(fd)) {
		close(fd);
		return 0;
	}
	/* The program's type says to which tracepoint. */
	link = bpf_raw_tracepoint_open(NULL, fd);
	err = link < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/links/%s", dir, name);
	if (bpf_obj_pin(link, path))
		err = -errno;
	close(link);
	return err;
}

/* Detach all again: half of them would run until somebody finds them. */
static void links_remove(const char *dir)
{
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *links;

	snprintf(path, sizeof(path), "%s/links", dir);
	links = opendir(path);
	while (links && (entry = readdir(links)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(links), entry->d_name, 0);
	if (links)
		closedir(links);
	rmdir(path);
}

static int programs_each_attach(const char *dir)
{
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *programs;
	int err = 0, count = 0;

	snprintf(path, sizeof(path), "%s/programs", dir);
	programs = opendir(path);
	if (!programs)
		return -errno;
	while (!err && (entry = readdir(programs))) {
		if (entry->d_name[0] == '.')
			continue;
		err = program_attach(dir, entry->d_name);
		count++;
	}
	closedir(programs);
	return err ? err : count ? 0 : -ENOENT;
}

static int programs_attach(const char *dir)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/links", dir);
	if (mkdir(path, 0700))
		return -errno;
	err = programs_each_attach(dir);
	if (err)
		links_remove(dir);
	return err;
}

static int map_get(const char *dir, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/maps/%s", dir, name);
	return bpf_obj_get(path);
}

static int begin(const char *dir, const struct prof_settings *settings)
{
	int maps_fd = map_get(dir, "maps"), settings_fd = map_get(dir, "settings"), err;

	if (maps_fd < 0 || settings_fd < 0) {
		prof_error("%s/maps has no maps of store.bpf.o: was pinmaps given?", dir);
		return PROF_EXIT_FAILED;
	}
	err = prof_geometries_write(maps_fd);
	if (err) {
		prof_error("the list of maps cannot be read: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	err = prof_settings_write(settings_fd, settings);
	if (err) {
		prof_error("the programs cannot be told to begin: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	close(settings_fd);
	close(maps_fd);
	return PROF_EXIT_OK;
}

int prof_attach_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "check", no_argument, NULL, 'c' },
		{ "map", required_argument, NULL, 'm' },
		{ "map-id", required_argument, NULL, 'i' },
		{ "sample", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct prof_target target = { .sample = 1 };
	struct prof_settings settings;
	int option, status, err;
	bool check = false;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			return PROF_EXIT_OK;
		}
		if (option == 'c')
			check = true;
		else if (!prof_target_option(&target, option, optarg))
			return PROF_EXIT_USAGE;
	}
	if (optind != argc - !check ||
	    (!check && strlen(argv[optind]) > PATH_MAX - NAME_MAX - 16)) {
		prof_error("attach needs one folder. Try khmap-prof attach --help");
		return PROF_EXIT_USAGE;
	}
	status = prof_session_check();
	if (!status)
		status = prof_target_find(&target, &settings);
	if (status || check)
		return status;
	err = programs_attach(argv[optind]);
	if (err == -EEXIST) {
		prof_error("%s/links is there already, of an earlier attach: \"rm -r %s\" detaches that",
			   argv[optind], argv[optind]);
		return PROF_EXIT_FAILED;
	}
	if (err == -ENOENT) {
		prof_error("%s/programs has no pinned programs: \"bpftool prog loadall store.bpf.o %s/programs pinmaps %s/maps\" first",
			   argv[optind], argv[optind], argv[optind]);
		return PROF_EXIT_FAILED;
	}
	if (err) {
		prof_error("the programs in %s cannot be attached: %s", argv[optind],
			   strerror(-err));
		return err == -EPERM ? PROF_EXIT_NOT_PERMITTED : PROF_EXIT_FAILED;
	}
	status = begin(argv[optind], &settings);
	if (status)
		links_remove(argv[optind]);
	return status;
}
