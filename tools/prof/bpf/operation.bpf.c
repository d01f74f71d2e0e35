// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * operation.bpf.c - time and counters around operations on maps
 *
 * At the engine's own functions, one for each operation, however it was asked
 * for.  Counters are perf events of each CPU; an operation that began on another
 * CPU than it ended on has a time, but no counters.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "operation.h"
#include "pid.bpf.h"

#define BPF_ANY		0
#define BPF_NOEXIST	1
#define NOT_READ	(~0ull)

char operation_license[] SEC("license") = "Dual BSD/GPL";

/* What is used of the module's types; libbpf finds the offsets in its BTF. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct khmap_object {
	u64 id;
};

struct khmap_map {
	struct khmap_object object;
};

struct khmap_table {
	void *owner;
};

struct khmap_atomic {
	struct khmap_table *table;
};

#pragma clang attribute pop

/*
 * An operation that has not ended: where and when it began.  Its task is known by
 * its address: the idle tasks of all processors, which interrupts run on, are one
 * by their number.
 */
struct begun_key {
	u64 task;
	u32 kind;
	u32 reserved;
};

struct begun {
	u64 map_id;
	u64 ns;
	u32 cpu;
	u32 reserved;
	u64 idle;
	u64 counters[PROF_OP_COUNTERS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_op_settings);
} op_settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_op_totals);
} op_totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, PROF_OP_ROWS);
	__type(key, struct prof_op_key);
	__type(value, struct prof_op_row);
} op_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_OP_BEGUN);
	__type(key, struct begun_key);
	__type(value, struct begun);
} op_begun SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_OP_TASKS);
	__type(key, u32);
	__type(value, u8);
} op_tasks SEC(".maps");

/* Counter N of CPU C is element N * cpus + C; its reader makes room. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} op_counters SEC(".maps");

static __always_inline struct prof_op_settings *settings_get(void)
{
	u32 zero = 0;
	struct prof_op_settings *set = bpf_map_lookup_elem(&op_settings, &zero);

	return set && set->enabled ? set : NULL;
}

static __always_inline void dropped(bool task)
{
	u32 zero = 0;
	struct prof_op_totals *total = bpf_map_lookup_elem(&op_totals, &zero);

	if (!total)
		return;
	if (task)
		total->tasks_dropped++;
	else
		total->dropped++;
}

/*
 * Returns for how long they have not counted, all together: if there are more of
 * them than the processor has counters, they take turns.
 */
static __always_inline u64 counters_read(const struct prof_op_settings *set, u32 cpu,
					 u64 *counters)
{
	struct bpf_perf_event_value value;
	u64 idle = 0;
	u32 i;

	for (i = 0; i < PROF_OP_COUNTERS; i++) {
		if (i >= set->counters)
			break;
		if (bpf_perf_event_read_value(&op_counters, i * set->cpus + cpu, &value,
					      sizeof(value)))
			return NOT_READ;
		counters[i] = value.counter;
		idle += value.enabled - value.running;
	}
	return idle;
}

static __always_inline int operation_begin(const struct khmap_table *table, u32 kind)
{
	struct begun_key key = { .task = bpf_get_current_task(), .kind = kind };
	struct prof_op_settings *set = settings_get();
	struct begun begun = {};
	u32 tgid = pid_current();

	if (!set || (set->chosen && !bpf_map_lookup_elem(&op_tasks, &tgid)))
		return 0;
	begun.map_id = BPF_CORE_READ((struct khmap_map *)table->owner, object.id);
	if (set->map_id && set->map_id != begun.map_id)
		return 0;
	begun.cpu = bpf_get_smp_processor_id();
	begun.ns = bpf_ktime_get_ns();
	begun.idle = counters_read(set, begun.cpu, begun.counters);
	if (!bpf_map_update_elem(&op_begun, &key, &begun, BPF_NOEXIST))
		return 0;
	/* No room; or this one interrupts another of its kind, which is lost. */
	dropped(false);
	bpf_map_update_elem(&op_begun, &key, &begun, BPF_ANY);
	return 0;
}

static __always_inline void row_add(struct prof_op_row *row, const struct begun *begun,
				    const struct begun *now, const struct prof_op_settings *set,
				    bool failed)
{
	u64 ns = now->ns - begun->ns;
	u32 i;

	row->count++;
	row->failed += failed;
	row->ns += ns;
	if (row->longest_ns < ns)
		row->longest_ns = ns;
	if (begun->cpu != now->cpu || begun->idle != now->idle || now->idle == NOT_READ)
		return;
	row->counted++;
	for (i = 0; i < PROF_OP_COUNTERS; i++) {
		if (i >= set->counters)
			return;
		row->counters[i] += now->counters[i] - begun->counters[i];
	}
}

static __always_inline int operation_end(u32 kind, int result)
{
	struct begun_key at = { .task = bpf_get_current_task(), .kind = kind };
	struct prof_op_settings *set = settings_get();
	struct prof_op_row fresh = {}, *row;
	struct prof_op_key key = { .kind = kind };
	struct begun now = {}, *begun;

	if (!set)
		return 0;
	begun = bpf_map_lookup_elem(&op_begun, &at);
	if (!begun)
		return 0;
	now.cpu = bpf_get_smp_processor_id();
	now.idle = counters_read(set, now.cpu, now.counters);
	now.ns = bpf_ktime_get_ns();
	key.map_id = begun->map_id;
	row = bpf_map_lookup_elem(&op_rows, &key);
	if (!row) {
		bpf_map_update_elem(&op_rows, &key, &fresh, BPF_NOEXIST);
		row = bpf_map_lookup_elem(&op_rows, &key);
	}
	if (row)
		row_add(row, begun, &now, set, result < 0);
	else
		dropped(false);
	bpf_map_delete_elem(&op_begun, &at);
	return 0;
}

/* Two programs for a function whose first argument is the table. */
#define OPERATION(function, kind)						\
	SEC("fentry/" #function)						\
	int BPF_PROG(function##_begin, const struct khmap_table *table)		\
	{									\
		return operation_begin(table, kind);				\
	}

#define RESULT3(function, kind)							\
	SEC("fexit/" #function)							\
	int BPF_PROG(function##_end, void *a, void *b, void *c, int result)	\
	{									\
		return operation_end(kind, result);				\
	}

#define RESULT4(function, kind)							\
	SEC("fexit/" #function)							\
	int BPF_PROG(function##_end, void *a, void *b, void *c, void *d, int result) \
	{									\
		return operation_end(kind, result);				\
	}

#define RESULT5(function, kind)							\
	SEC("fexit/" #function)							\
	int BPF_PROG(function##_end, void *a, void *b, void *c, u64 d, void *e,	\
		     int result)						\
	{									\
		return operation_end(kind, result);				\
	}

OPERATION(khmap_table_put, PROF_OP_PUT)
RESULT5(khmap_table_put, PROF_OP_PUT)
OPERATION(khmap_table_try_put, PROF_OP_PUT)
RESULT5(khmap_table_try_put, PROF_OP_PUT)
OPERATION(khmap_table_get, PROF_OP_GET)
RESULT3(khmap_table_get, PROF_OP_GET)
OPERATION(khmap_table_get_version, PROF_OP_GET)
RESULT4(khmap_table_get_version, PROF_OP_GET)
OPERATION(khmap_table_read, PROF_OP_READ)
RESULT3(khmap_table_read, PROF_OP_READ)
OPERATION(khmap_table_delete, PROF_OP_DELETE)
RESULT4(khmap_table_delete, PROF_OP_DELETE)
OPERATION(khmap_table_swap, PROF_OP_UPDATE)
RESULT5(khmap_table_swap, PROF_OP_UPDATE)
OPERATION(khmap_table_swap_version, PROF_OP_UPDATE)
RESULT5(khmap_table_swap_version, PROF_OP_UPDATE)
OPERATION(khmap_table_add, PROF_OP_UPDATE)
OPERATION(khmap_split_next, PROF_OP_SPLIT)
RESULT3(khmap_split_next, PROF_OP_SPLIT)

SEC("fexit/khmap_table_add")
int BPF_PROG(khmap_table_add_end, void *a, void *b, u32 c, u64 d, void *e, void *f, int result)
{
	return operation_end(PROF_OP_UPDATE, result);
}

SEC("fentry/khmap_atomic_put")
int BPF_PROG(khmap_atomic_put_begin, const struct khmap_atomic *atomic)
{
	return operation_begin(atomic->table, PROF_OP_PUT);
}

RESULT5(khmap_atomic_put, PROF_OP_PUT)

/* Children of processes that are looked at are, too. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(task_fork, struct task_struct *parent, struct task_struct *child)
{
	struct prof_op_settings *set = settings_get();
	u32 tgid;
	u8 one = 1;

	if (!set || !set->chosen || !parent || !child)
		return 0;
	tgid = pid_of(parent);
	if (!bpf_map_lookup_elem(&op_tasks, &tgid))
		return 0;
	tgid = pid_of(child);
	if (bpf_map_update_elem(&op_tasks, &tgid, &one, BPF_ANY))
		dropped(true);
	return 0;
}

/* Its number may be another process's next.  Before the event the task has left @live. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_exit, struct task_struct *task)
{
	struct prof_op_settings *set = settings_get();
	u32 tgid;

	if (!set || !set->chosen || !task || BPF_CORE_READ(task, signal, live.counter))
		return 0;
	tgid = pid_of(task);
	bpf_map_delete_elem(&op_tasks, &tgid);
	return 0;
}
