// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * operations.c - what operations on maps took: out of the kernel, in order
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "timing/operations.h"

static int row_compare(const void *a, const void *b)
{
	const struct prof_operation_row *x = a, *y = b;

	if (x->key.map_id != y->key.map_id)
		return x->key.map_id < y->key.map_id ? -1 : 1;
	return (x->key.kind > y->key.kind) - (x->key.kind < y->key.kind);
}

static void row_sum(struct prof_op_row *sum, const struct prof_op_row *each, int cpus)
{
	int cpu;
	size_t i;

	for (cpu = 0; cpu < cpus; cpu++) {
		sum->count += each[cpu].count;
		sum->failed += each[cpu].failed;
		sum->ns += each[cpu].ns;
		if (sum->longest_ns < each[cpu].longest_ns)
			sum->longest_ns = each[cpu].longest_ns;
		sum->counted += each[cpu].counted;
		for (i = 0; i < PROF_OP_COUNTERS; i++)
			sum->counters[i] += each[cpu].counters[i];
	}
}

static int rows_read(struct prof_operations *operations, int fd, int cpus)
{
	struct prof_op_row *each = prof_alloc((size_t)cpus, sizeof(*each));
	const struct prof_op_key *previous = NULL;
	struct prof_op_key key;
	int err = 0;

	operations->rows = prof_alloc(PROF_OP_ROWS, sizeof(*operations->rows));
	while (operations->row_count < PROF_OP_ROWS && !bpf_map_get_next_key(fd, previous, &key)) {
		struct prof_operation_row *row = &operations->rows[operations->row_count++];

		row->key = key;
		if (bpf_map_lookup_elem(fd, &key, each)) {
			err = -errno;
			break;
		}
		row_sum(&row->row, each, cpus);
		previous = &row->key;
	}
	free(each);
	qsort(operations->rows, operations->row_count, sizeof(*operations->rows), row_compare);
	return err;
}

static int totals_read(struct prof_op_totals *sum, int fd, int cpus)
{
	struct prof_op_totals *each = prof_alloc((size_t)cpus, sizeof(*each));
	__u32 zero = 0;
	int cpu, err;

	err = bpf_map_lookup_elem(fd, &zero, each);
	for (cpu = 0; !err && cpu < cpus; cpu++) {
		sum->dropped += each[cpu].dropped;
		sum->tasks_dropped += each[cpu].tasks_dropped;
	}
	free(each);
	return err;
}

int prof_operations_read(struct prof_operations *operations, int rows_fd, int totals_fd)
{
	int cpus = libbpf_num_possible_cpus(), err;

	if (cpus < 0)
		return cpus;
	err = totals_read(&operations->totals, totals_fd, cpus);
	return err ? err : rows_read(operations, rows_fd, cpus);
}

void prof_operations_free(struct prof_operations *operations)
{
	prof_names_free(&operations->names);
	free(operations->rows);
	free(operations->transfers);
}

const char *prof_operation_name(uint32_t kind)
{
	static const char * const names[PROF_OP_KINDS] = {
		"put", "get", "read", "delete", "update", "split",
	};

	return kind < PROF_OP_KINDS ? names[kind] : "unknown";
}
