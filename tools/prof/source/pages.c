// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * pages.c - have BPF programs look for the pages of maps
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/resource.h>
#include <bpf/bpf.h>
#include <linux/khmap.h>
#include "source/maps.h"
#include "source/pages.h"

/* Maps that this process has open, and thereby are among the open files. */
struct held {
	int fds[PROF_PAGE_MAPS_MAX];
	size_t count;
};

static int map_hold(void *context, uint64_t map_id, const struct prof_map *map)
{
	struct held *held = context;
	char path[sizeof(KHMAP_DEVICE_DIR) + sizeof(map->name) + 1];
	int fd;

	if (held->count == PROF_PAGE_MAPS_MAX)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", KHMAP_DEVICE_DIR, map->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		held->fds[held->count++] = fd;
	return 0;
}

static int iterate(const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	char none[64];
	ssize_t got;
	int fd, err = 0;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		err = -errno;
		bpf_link__destroy(link);
		return err;
	}
	/* -EAGAIN: it has looked at a lot, and there is more. */
	do
		got = read(fd, none, sizeof(none));
	while (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)));
	if (got < 0)
		err = -errno;
	close(fd);
	bpf_link__destroy(link);
	return err;
}

int prof_pages_fill(const struct bpf_program *fill)
{
	struct held *held = prof_alloc(1, sizeof(*held));
	struct rlimit files;
	int err;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	err = prof_maps_each(map_hold, held);
	if (!err)
		err = iterate(fill);
	while (held->count)
		close(held->fds[--held->count]);
	free(held);
	return err;
}

int prof_pages_address(const struct bpf_program *query, const struct prof_page *page,
		       uint64_t *address)
{
	struct prof_page_query question = { .page = *page };
	/* The kernel refuses room for an answer: it writes it into the question. */
	struct bpf_test_run_opts run = {
		.sz = sizeof(run),
		.ctx_in = &question,
		.ctx_size_in = sizeof(question),
	};

	if (bpf_prog_test_run_opts(bpf_program__fd(query), &run))
		return -errno;
	if (!question.address)
		return -ENOENT;
	*address = question.address;
	return 0;
}

int prof_pages_totals(int page_totals_fd, struct prof_page_totals *totals)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(page_totals_fd, &zero, totals);
}
