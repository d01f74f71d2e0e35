/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * operations.h - what operations on maps took, in memory
 */
#ifndef PROF_OPERATIONS_H
#define PROF_OPERATIONS_H

#include <stdio.h>
#include <jansson.h>
#include "prof.h"
#include "bpf/operation.h"
#include "source/names.h"
#include "source/overhead.h"
#include "timing/counters.h"

/**
 * struct prof_operation_row - operations of a kind on a map
 * @key: the map and the kind
 * @row: how many, how long
 */
struct prof_operation_row {
	struct prof_op_key key;
	struct prof_op_row row;
};

/**
 * struct prof_map_transfers - modelled transfers of a map's lines
 * @map_id: of the map
 * @as_true: of true sharing
 * @as_false: of false sharing
 */
struct prof_map_transfers {
	uint64_t map_id;
	uint64_t as_true;
	uint64_t as_false;
};

/**
 * struct prof_operations - what a command, or all, did to maps
 * @names: of maps
 * @counters: that were read around each operation
 * @totals: sums over all CPUs
 * @overhead: what that cost
 * @command: was watched, and nobody else
 * @duration_ns: of all
 * @rows: by map and kind
 * @row_count: of @rows
 * @transfers: of each map that has rows; NULL if none were modelled
 * @transfer_count: of @transfers
 * @transfers_why: why there are none
 * @transfers_dropped: stores that the model had no room for, or did not see
 * @transfers_partial: operations of which it knows the slot only
 */
struct prof_operations {
	struct prof_names names;
	struct prof_counters counters;
	struct prof_op_totals totals;
	struct prof_overhead overhead;
	const char *command;
	uint64_t duration_ns;
	struct prof_operation_row *rows;
	size_t row_count;
	struct prof_map_transfers *transfers;
	size_t transfer_count;
	const char *transfers_why;
	uint64_t transfers_dropped;
	uint64_t transfers_partial;
};

/**
 * prof_operations_read() - copy what the programs counted
 * @operations: rows and totals are filled; for prof_operations_free(), on failure
 *	too
 * @rows_fd: the map "op_rows"
 * @totals_fd: the map "op_totals"
 *
 * Return: 0 or -errno.
 */
int prof_operations_read(struct prof_operations *operations, int rows_fd, int totals_fd);

/* Free what prof_operations_read() allocated, names and transfers. */
void prof_operations_free(struct prof_operations *operations);

/* A kind in one word. */
const char *prof_operation_name(uint32_t kind);

/* prof_operations_print() - a table; 0 or -errno. */
int prof_operations_print(const struct prof_operations *operations, FILE *out);

/* prof_operations_json() - the same for programs; NULL if there is no memory. */
json_t *prof_operations_json(const struct prof_operations *operations);

#endif /* PROF_OPERATIONS_H */
