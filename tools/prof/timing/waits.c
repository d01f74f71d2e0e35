// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * waits.c - what made operations wait: out of the kernel, in order
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "timing/waits.h"

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int key_compare(const struct prof_wait_key *a, const struct prof_wait_key *b)
{
	int order = compare(a->map_id, b->map_id);

	return order ? order : compare(a->kind, b->kind);
}

static int row_compare(const void *a, const void *b)
{
	const struct prof_waits_row *x = a, *y = b;
	int order = compare(y->row.sum.ns, x->row.sum.ns);

	return order ? order : key_compare(&x->key, &y->key);
}

static int place_compare(const void *a, const void *b)
{
	const struct prof_waits_sum *x = a, *y = b;
	int order = key_compare(&x->key, &y->key);

	if (!order)
		order = compare(y->sum.ns, x->sum.ns);
	return order ? order : compare(x->key.at, y->key.at);
}

static int slot_compare(const void *a, const void *b)
{
	const struct prof_waits_sum *x = a, *y = b;
	int order = key_compare(&x->key, &y->key);

	return order ? order : compare(x->key.at, y->key.at);
}

static int totals_read(struct prof_wait_totals *sum, int fd)
{
	int cpus = libbpf_num_possible_cpus(), cpu, err;
	struct prof_wait_totals *each;
	__u32 zero = 0;

	if (cpus < 0)
		return cpus;
	each = prof_alloc((size_t)cpus, sizeof(*each));
	err = bpf_map_lookup_elem(fd, &zero, each);
	for (cpu = 0; !err && cpu < cpus; cpu++) {
		sum->events += each[cpu].events;
		sum->untold += each[cpu].untold;
		sum->dropped += each[cpu].dropped;
	}
	free(each);
	return err;
}

/* All entries of a map, of at most @most: each its key and, behind it, its value. */
static int rows_read(int fd, size_t most, size_t size, void **rows, size_t *count,
		     int (*order)(const void *a, const void *b))
{
	const struct prof_wait_key *previous = NULL;
	struct prof_wait_key key;
	char *row;

	*rows = prof_alloc(most, size);
	while (*count < most && !bpf_map_get_next_key(fd, previous, &key)) {
		row = (char *)*rows + size * (*count)++;
		memcpy(row, &key, sizeof(key));
		if (bpf_map_lookup_elem(fd, &key, row + sizeof(key)))
			return -errno;
		previous = &key;
	}
	qsort(*rows, *count, size, order);
	return 0;
}

int prof_waits_read(struct prof_waits *waits, const struct prof_waits_fds *fds)
{
	void *rows = NULL, *places = NULL, *slots = NULL;
	int err;

	err = totals_read(&waits->totals, fds->totals);
	if (!err)
		err = rows_read(fds->rows, PROF_WAIT_ROWS, sizeof(*waits->rows), &rows,
				&waits->row_count, row_compare);
	if (!err)
		err = rows_read(fds->places, PROF_WAIT_PLACES, sizeof(*waits->places), &places,
				&waits->place_count, place_compare);
	if (!err)
		err = rows_read(fds->slots, PROF_WAIT_SLOTS, sizeof(*waits->slots), &slots,
				&waits->slot_count, slot_compare);
	waits->rows = rows;
	waits->places = places;
	waits->slots = slots;
	return err;
}

void prof_waits_free(struct prof_waits *waits)
{
	prof_names_free(&waits->names);
	free(waits->rows);
	free(waits->places);
	free(waits->slots);
}

const char *prof_wait_name(uint32_t kind)
{
	static const char * const names[PROF_WAIT_KINDS] = {
		"lost", "stripe", "header", "gate", "split", "copy", "copy_overflow", "cut",
	};

	return kind < PROF_WAIT_KINDS ? names[kind] : "unknown";
}
