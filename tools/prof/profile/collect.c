// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * collect.c - what was recorded, out of the kernel
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "profile/stores.h"
#include "profile/times.h"
#include "profile/profile.h"

static void totals_add(struct prof_totals *sum, const struct prof_totals *part)
{
	sum->events += part->events;
	sum->taken += part->taken;
	sum->puts += part->puts;
	sum->deletes += part->deletes;
	sum->overflows += part->overflows;
	sum->outside += part->outside;
	sum->partial += part->partial;
	sum->lines_dropped += part->lines_dropped;
	sum->busy_dropped += part->busy_dropped;
	sum->cpus_dropped += part->cpus_dropped;
	sum->accesses_dropped += part->accesses_dropped;
	sum->stacks_dropped += part->stacks_dropped;
	sum->buckets_dropped += part->buckets_dropped;
	sum->times_dropped += part->times_dropped;
	sum->maps_dropped += part->maps_dropped;
}

int prof_totals_read(struct prof_totals *sum, int fd)
{
	int cpus = libbpf_num_possible_cpus(), cpu, err;
	struct prof_totals *each;
	__u32 zero = 0;

	if (cpus < 0)
		return cpus;
	each = prof_alloc((size_t)cpus, sizeof(*each));
	err = bpf_map_lookup_elem(fd, &zero, each);
	for (cpu = 0; !err && cpu < cpus; cpu++)
		totals_add(sum, &each[cpu]);
	free(each);
	return err;
}

#define ROWS_BATCH	1024

/*
 * Read the entries of a hash map into rows that begin with the key, @value_at from
 * which the value follows.  A bucket of it at a time: programs may go on, and delete
 * what a walk from key to key would have gone on from.
 */
static int rows_read(struct prof_rows *rows, int fd, size_t value_at)
{
	struct bpf_map_info info = { .type = 0 };
	__u32 size = sizeof(info), token, count, i;
	char *keys, *values, *row;
	void *from = NULL;
	int err = 0;

	if (fd < 0)
		return 0;	/* the source has none */
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	keys = prof_alloc(ROWS_BATCH, info.key_size);
	values = prof_alloc(ROWS_BATCH, info.value_size);
	while (!err) {
		count = ROWS_BATCH;
		err = bpf_map_lookup_batch(fd, from, &token, keys, values, &count, NULL);
		/* With the last ones it says that there are no more. */
		for (i = 0; (!err || err == -ENOENT) && i < count; i++) {
			row = prof_rows_add(rows);
			memcpy(row, keys + (size_t)i * info.key_size, info.key_size);
			memcpy(row + value_at, values + (size_t)i * info.value_size,
			       info.value_size);
		}
		from = &token;
	}
	free(keys);
	free(values);
	return err == -ENOENT ? 0 : err;
}

static int frames_read(struct prof_rows *rows, int fd)
{
	const __u32 *previous = NULL;
	__u32 id;

	while (!bpf_map_get_next_key(fd, previous, &id)) {
		struct prof_frames *frames = prof_rows_add(rows);

		frames->id = (int32_t)id;
		if (bpf_map_lookup_elem(fd, &id, frames->address))
			return -errno;
		while (frames->count < PROF_STACK_DEPTH && frames->address[frames->count])
			frames->count++;
		previous = &id;
	}
	return errno == ENOENT ? 0 : -errno;
}

/* What the lines themselves have of CPUs, behind what "line_cpus" has. */
static void parts_take(const struct prof_rows *lines, struct prof_rows *cpus)
{
	const struct prof_line_row *line = lines->rows;
	size_t i, part;

	for (i = 0; i < lines->count; i++) {
		for (part = 0; part < PROF_LINE_PARTS; part++) {
			const struct prof_line_part *known = &line[i].count.parts[part];
			struct prof_cpu_row *row;

			/* Copied while it was changed, a later one may be there already. */
			if (known->cpu == PROF_NO_CPU)
				continue;
			row = prof_rows_add(cpus);
			row->key = line[i].key;
			row->key.cpu = known->cpu;
			row->count = known->count;
		}
	}
}

static void take(const struct prof_rows *rows, void *array, size_t *count)
{
	memcpy(array, &rows->rows, sizeof(rows->rows));
	*count = rows->count;
}

/* A command may have any bytes in its name. */
static void commands_clean(struct prof_profile *profile)
{
	size_t i;
	char *at;

	for (i = 0; i < profile->stack_count; i++) {
		at = profile->stacks[i].count.command;
		at[sizeof(profile->stacks[i].count.command) - 1] = '\0';
		for (; *at; at++)
			if (*at < ' ' || *at > '~')
				*at = '?';
	}
}

int prof_profile_read_lines(struct prof_profile *profile, const struct prof_fds *fds)
{
	struct prof_fds lines = *fds;

	lines.operations = -1;
	lines.chains = -1;
	lines.times = -1;
	return prof_profile_read(profile, &lines);
}

int prof_profile_read(struct prof_profile *profile, const struct prof_fds *fds)
{
	struct prof_rows maps = { .row_size = sizeof(*profile->maps) };
	struct prof_rows lines = { .row_size = sizeof(*profile->lines) };
	struct prof_rows cpus = { .row_size = sizeof(*profile->cpus) };
	struct prof_rows accesses = { .row_size = sizeof(*profile->accesses) };
	struct prof_rows stacks = { .row_size = sizeof(*profile->stacks) };
	struct prof_rows frames = { .row_size = sizeof(*profile->frames) };
	struct prof_rows buckets = { .row_size = sizeof(*profile->buckets) };
	struct prof_rows operations = { .row_size = sizeof(struct prof_store_row) };
	struct prof_rows chains = { .row_size = sizeof(struct prof_chain_row) };
	struct prof_rows times = { .row_size = sizeof(*profile->times) };
	/* The maps last, so that each one that an operation knew is among them. */
	const struct {
		struct prof_rows *rows;
		int fd;
		size_t value_at;
	} parts[] = {
		{ &lines, fds->lines, offsetof(struct prof_line_row, count) },
		{ &cpus, fds->line_cpus, offsetof(struct prof_cpu_row, count) },
		{ &accesses, fds->accesses, offsetof(struct prof_access_row, count) },
		{ &stacks, fds->line_stacks, offsetof(struct prof_stack_row, count) },
		{ &buckets, fds->chains, offsetof(struct prof_bucket_row, count) },
		{ &operations, fds->operations, offsetof(struct prof_store_row, count) },
		{ &chains, fds->times, offsetof(struct prof_chain_row, times) },
		{ &maps, fds->maps, offsetof(struct prof_map_row, map) },
	};
	int err = prof_totals_read(&profile->totals, fds->totals);
	size_t i;

	for (i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = rows_read(parts[i].rows, parts[i].fd, parts[i].value_at);
	if (!err)
		err = frames_read(&frames, fds->stacks);

	if (!err)
		parts_take(&lines, &cpus);
	prof_stores_tell(&operations, &maps, &lines, &accesses, &buckets);
	free(operations.rows);
	prof_times_tell(&chains, profile->duration_ns, &profile->settings.slot_ns, &times);
	free(chains.rows);
	take(&maps, &profile->maps, &profile->map_count);
	take(&lines, &profile->lines, &profile->line_count);
	take(&cpus, &profile->cpus, &profile->cpu_count);
	take(&accesses, &profile->accesses, &profile->access_count);
	take(&stacks, &profile->stacks, &profile->stack_count);
	take(&frames, &profile->frames, &profile->frames_count);
	take(&buckets, &profile->buckets, &profile->bucket_count);
	take(&times, &profile->times, &profile->time_count);
	commands_clean(profile);
	prof_profile_sort(profile);
	return err;
}
