/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * operation.h - what operation.bpf.c and its reader share
 *
 * Included behind the types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_OPERATION_H
#define PROF_OPERATION_H

#define PROF_OP_PUT		0	/* khmap_table_put(), _try_put(), khmap_atomic_put() */
#define PROF_OP_GET		1	/* under the lock: khmap_table_get(), _get_version() */
#define PROF_OP_READ		2	/* without a lock: khmap_table_read() */
#define PROF_OP_DELETE		3	/* khmap_table_delete() */
#define PROF_OP_UPDATE		4	/* khmap_table_swap(), _swap_version(), _add() */
#define PROF_OP_SPLIT		5	/* khmap_split_next(), within another operation */
#define PROF_OP_KINDS		6

#define PROF_OP_COUNTERS	8	/* that are read around an operation, at most */
#define PROF_OP_ROWS		1024
#define PROF_OP_BEGUN		8192
#define PROF_OP_TASKS		32768

/**
 * struct prof_op_settings - the only element of the map "op_settings"
 * @map_id: the map to look at; 0 for all
 * @enabled: while 0 nothing is looked at
 * @chosen: only processes of "op_tasks" are looked at, and their children
 * @counters: that are open, for each CPU
 * @cpus: of each counter, in "op_counters"
 */
struct prof_op_settings {
	__u64 map_id;
	__u32 enabled;
	__u32 chosen;
	__u32 counters;
	__u32 cpus;
};

/**
 * struct prof_op_totals - the only element, for each CPU, of "op_totals"
 * @dropped: operations that there was no room for, or that one of their kind
 *	interrupted
 * @tasks_dropped: processes that there was no room for
 */
struct prof_op_totals {
	__u64 dropped;
	__u64 tasks_dropped;
};

/**
 * struct prof_op_key - operations that are counted together, in "op_rows"
 * @map_id: of the map
 * @kind: PROF_OP_*
 * @reserved: 0
 */
struct prof_op_key {
	__u64 map_id;
	__u32 kind;
	__u32 reserved;
};

/**
 * struct prof_op_row - how many, how long; of each CPU on which they ended
 * @count: operations
 * @failed: of those, the ones that returned an error
 * @ns: in sum
 * @longest_ns: of one
 * @counted: operations whose counters are in @counters: those that began and
 *	ended on one CPU, whose counters all counted meanwhile
 * @counters: by how much each rose, in sum
 */
struct prof_op_row {
	__u64 count;
	__u64 failed;
	__u64 ns;
	__u64 longest_ns;
	__u64 counted;
	__u64 counters[PROF_OP_COUNTERS];
};

#endif /* PROF_OPERATION_H */
