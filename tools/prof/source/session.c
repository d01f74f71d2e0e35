// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * session.c - load, attach and detach the programs of store.bpf.c
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "source/maps.h"
#include "source/overhead.h"
#include "source/session.h"
#include "store.skel.h"

#define MODULE		"/sys/module/khmap"
#define MODULE_BTF	"/sys/kernel/btf/khmap"
#define KERNEL_BTF	"/sys/kernel/btf/vmlinux"

struct prof_session {
	struct store_bpf *skeleton;
};

int prof_session_check(void)
{
	if (access(MODULE, F_OK)) {
		prof_error("the module khmap is not loaded: \"insmod khmap.ko\" first");
		return PROF_EXIT_NO_MODULE;
	}
	if (access(KERNEL_BTF, F_OK)) {
		prof_error("this kernel has no type information (" KERNEL_BTF
			   "): use one with CONFIG_DEBUG_INFO_BTF=y");
		return PROF_EXIT_NO_MODULE;
	}
	if (access(MODULE_BTF, F_OK)) {
		prof_error("the module khmap is loaded without type information ("
			   MODULE_BTF " is missing): build it for this kernel with \"make module\", which adds it by pahole from the kernel's own BTF, and load that one");
		return PROF_EXIT_NO_MODULE;
	}
	return PROF_EXIT_OK;
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static int print_all(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int print_all(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

static int failure(const char *what, int err, bool verbose)
{
	/* -EACCES is the verifier's. */
	if (err == -EPERM) {
		prof_error("%s: %s: run this as root, or with CAP_BPF and CAP_PERFMON", what,
			   strerror(-err));
		return PROF_EXIT_NOT_PERMITTED;
	}
	prof_error("%s: %s%s", what, strerror(-err),
		   verbose ? "" : " (--verbose shows what the kernel says)");
	return PROF_EXIT_FAILED;
}

int prof_session_open(uint32_t lines, bool verbose, struct prof_session **session)
{
	struct store_bpf *skeleton;
	int err;

	libbpf_set_print(verbose ? print_all : print_nothing);
	skeleton = store_bpf__open();
	if (!skeleton)
		return failure("the BPF programs cannot be opened", -errno, verbose);
	err = bpf_map__set_max_entries(skeleton->maps.lines, lines);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.buckets, lines);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.line_cpus,
					       lines * PROF_CPUS_PER_LINE);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.accesses,
					       lines * PROF_ACCESSES_PER_LINE);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.times, lines);
	if (!err)
		err = store_bpf__load(skeleton);
	if (err) {
		store_bpf__destroy(skeleton);
		return failure("the BPF programs cannot be loaded", err, verbose);
	}
	err = store_bpf__attach(skeleton);
	if (err) {
		store_bpf__destroy(skeleton);
		return failure("the BPF programs cannot be attached", err, verbose);
	}
	*session = prof_alloc(1, sizeof(**session));
	(*session)->skeleton = skeleton;
	return PROF_EXIT_OK;
}

struct prof_fds prof_session_fds(const struct prof_session *session)
{
	const struct store_bpf *skeleton = session->skeleton;

	return (struct prof_fds){
		.settings = bpf_map__fd(skeleton->maps.settings),
		.totals = bpf_map__fd(skeleton->maps.totals),
		.maps = bpf_map__fd(skeleton->maps.maps),
		.lines = bpf_map__fd(skeleton->maps.lines),
		.line_cpus = bpf_map__fd(skeleton->maps.line_cpus),
		.accesses = bpf_map__fd(skeleton->maps.accesses),
		.stacks = bpf_map__fd(skeleton->maps.stacks),
		.line_stacks = bpf_map__fd(skeleton->maps.line_stacks),
		.buckets = bpf_map__fd(skeleton->maps.buckets),
		.times = bpf_map__fd(skeleton->maps.times),
	};
}

uint64_t prof_session_missed(const struct prof_session *session)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	bpf_object__for_each_program(program, session->skeleton->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 length = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
			missed += info.recursion_misses;
	}
	return missed;
}

void prof_session_overhead(const struct prof_session *session, struct prof_overhead *overhead)
{
	prof_overhead_add(overhead, session->skeleton->obj);
}

void prof_session_close(struct prof_session *session)
{
	if (!session)
		return;
	store_bpf__destroy(session->skeleton);
	free(session);
}

static int geometry_write(void *context, uint64_t map_id, const struct prof_map *map)
{
	const int *maps_fd = context;

	return bpf_map_update_elem(*maps_fd, &map_id, map, BPF_ANY);
}

int prof_geometries_write(int maps_fd)
{
	return prof_maps_each(geometry_write, &maps_fd);
}

int prof_settings_write(int settings_fd, const struct prof_settings *settings)
{
	__u32 zero = 0;

	return bpf_map_update_elem(settings_fd, &zero, settings, BPF_ANY);
}
