// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * sample.bpf.c - samples of an event, those of the processor's counters first
 *
 * With an address a sample is an access to a line, for the model.  Its width is
 * not told: it counts as one byte, so of the lines that two processors store
 * to, those where the same bytes are hit are true sharing.
 *
 * Without an address a sample is counted by the function that was running and
 * by the one through which the module had been entered.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "access.bpf.h"
#include "maps.bpf.h"
#include "pages.bpf.h"
#include "pid.bpf.h"
#include "sample.h"

char sample_license[] SEC("license") = "Dual BSD/GPL";

/* linux/perf_event.h */
#define SAMPLE_ADDR	(1ull << 3)
#define SAMPLE_DATA_SRC	(1ull << 15)
#define MEM_OP_LOAD	0x02u
#define MEM_OP_STORE	0x04u
#define MEM_LVL_HIT	0x02u
#define MEM_LVL_L1	0x08u

/* Samples are those of all stores: the source of their data tells the misses. */
const volatile bool sample_all_stores;
/* And of other instructions. */
const volatile bool sample_mixed;

/* The module's code, and of it the functions that call one for each ioctl. */
const volatile __u64 sample_code_start;
const volatile __u64 sample_code_end;
const volatile __u64 sample_dispatch_start;
const volatile __u64 sample_dispatch_end;

struct sample_frames {
	u64 address[PROF_SAMPLE_FRAMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_sample_totals);
} sample_totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct sample_frames);
} frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_FUNCTIONS_MAX);
	__type(key, struct prof_function_key);
	__type(value, u64);
} functions SEC(".maps");

static __always_inline struct prof_sample_totals *sample_begin(void)
{
	u32 zero = 0;
	struct prof_settings *set = bpf_map_lookup_elem(&settings, &zero);
	struct prof_sample_totals *total = bpf_map_lookup_elem(&sample_totals, &zero);

	if (!set || !set->enabled || !total)
		return NULL;
	total->seen++;
	return total;
}

/*
 * Has the driver filled in a part of the sample?  Since Linux 6.1 it says so,
 * and what it has not filled in may be anything.
 */
static __always_inline bool sample_has(struct perf_sample_data *data, u64 part)
{
	if (!bpf_core_field_exists(data->sample_flags))
		return true;
	return BPF_CORE_READ(data, sample_flags) & part;
}

/* Is it a store that missed?  As prof_source_missed() of perf/ladder.h. */
static __always_inline bool sample_missed(struct perf_sample_data *data,
					  struct prof_sample_totals *total)
{
	u32 ops = sample_mixed ? MEM_OP_STORE : MEM_OP_STORE | MEM_OP_LOAD;
	union perf_mem_data_src source = {};

	if (sample_has(data, SAMPLE_DATA_SRC))
		bpf_core_read(&source, sizeof(source), &data->data_src);
	if (!(source.mem_op & ops)) {
		total->others++;
		return false;
	}
	if (source.mem_lvl & MEM_LVL_HIT && source.mem_lvl & MEM_LVL_L1) {
		total->hits++;
		return false;
	}
	return true;
}

/* The page of an address; false if it is none that is profiled. */
static __always_inline bool sample_page(u64 address, struct prof_page *page,
					struct prof_sample_totals *total)
{
	const struct prof_page *known;
	long err;

	if ((s64)address < 0) {
		known = pages_find(address);
		if (known)
			*page = *known;
		else
			total->outside++;
		return known;
	}
	err = pages_find_user(address, page);
	if (err == -16)
		total->busy++;
	else if (err)
		total->outside++;
	return !err;
}

SEC("perf_event")
int sample_address(struct bpf_perf_event_data *context)
{
	struct prof_sample_totals *total = sample_begin();
	u64 address = context->addr;
	u64 instruction = PT_REGS_IP(&context->regs);
	struct bpf_perf_event_data_kern *kernel = (void *)context;
	struct perf_sample_data *data = BPF_CORE_READ(kernel, data);
	struct model_event event = {};
	struct prof_page page = {};
	bool load;

	if (!total || (sample_all_stores && !sample_missed(data, total)))
		return 0;
	if (!address || !sample_has(data, SAMPLE_ADDR)) {
		total->no_address++;
		return 0;
	}
	if (!sample_page(address, &page, total) ||
	    !model_event_begin(&event, context, page.map_id))
		return 0;
	total->taken++;
	event.key.map_id = page.map_id;
	event.key.region = page.region;
	event.key.page = page.page;
	/* A process can only read a map. */
	load = (s64)address >= 0;
	model_access(&event, address & ((1u << PROF_PAGE_SHIFT) - 1), 1, load, instruction,
		     (s64)instruction < 0 ? 0 : pid_current());
	return 0;
}

/*
 * Of a stack, the outermost frame in the module, but for what calls it for an
 * ioctl; 0 if none is.
 */
static __always_inline u64 sample_operation(const struct sample_frames *stack, u32 count)
{
	u64 operation = 0;
	u32 i;

	for (i = 0; i < PROF_SAMPLE_FRAMES; i++) {
		u64 address = stack->address[i];
		bool dispatch;

		if (i >= count || address < sample_code_start || address >= sample_code_end)
			continue;
		dispatch = address >= sample_dispatch_start && address < sample_dispatch_end;
		if (!dispatch || !operation)
			operation = address;
	}
	return operation;
}

SEC("perf_event")
int sample_function(struct bpf_perf_event_data *context)
{
	struct prof_sample_totals *total = sample_begin();
	struct prof_function_key key = {};
	struct sample_frames *stack;
	u32 zero = 0;
	long size;

	stack = bpf_map_lookup_elem(&frames, &zero);
	if (!total || !stack)
		return 0;
	size = bpf_get_stack(context, stack, sizeof(*stack), 0);
	if (size > 0)
		key.operation = sample_operation(stack, size / sizeof(u64));
	if (!key.operation) {
		total->outside++;
		return 0;
	}
	key.address = stack->address[0];
	total->taken++;
	if (!model_count(&functions, &key))
		total->functions_dropped++;
	return 0;
}
