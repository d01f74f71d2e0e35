// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * watch.bpf.c - hardware watchpoints as a source of accesses for the model
 *
 * A program is run for each access to watched bytes, with the address of the
 * first of them; how many of them the instruction accessed the processor does not
 * say, so that the model is told of all.
 *
 * x86 has watchpoints for stores, and for loads and stores, but none for loads.
 * To tell them apart two are set on the same bytes.  An instruction that stores
 * hits both: the one for stores has the lower number, as it leads the group of
 * events, and is looked at first; the other then finds what it has left.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "access.bpf.h"
#include "pid.bpf.h"
#include "watch.h"

char watch_license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct prof_watch);
} watches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_watch_stored);
} stored SEC(".maps");

/* The watched bytes, as hit once more; NULL if they are another process's. */
static __always_inline struct prof_watch *watch_hit(u64 address)
{
	struct prof_watch *watch = bpf_map_lookup_elem(&watches, &address);
	u32 zero = 0;
	struct prof_settings *set = bpf_map_lookup_elem(&settings, &zero);

	/* Those of the trial that tells how many there may be are no hits. */
	if (!watch || !set || !set->enabled)
		return NULL;
	if (watch->tgid && watch->tgid != pid_current()) {
		__sync_fetch_and_add(&watch->others, 1);
		return NULL;
	}
	__sync_fetch_and_add(&watch->hits, 1);
	return watch;
}

static __always_inline void watch_access(void *context, const struct prof_watch *watch,
					 u64 instruction, bool load)
{
	struct model_event event = {};
	/* Addresses of the kernel are the upper half. */
	u32 tgid = (s64)instruction < 0 ? 0 : pid_current();

	if (!model_event_begin(&event, context, 0))
		return;
	event.key.map_id = watch->map_id;
	event.key.region = watch->region;
	event.key.page = watch->page;
	model_access(&event, watch->offset, watch->length, load, instruction, tgid);
}

SEC("perf_event")
int watch_store(struct bpf_perf_event_data *context)
{
	u64 instruction = PT_REGS_IP(&context->regs), address = context->addr;
	u32 zero = 0;
	struct prof_watch_stored *last = bpf_map_lookup_elem(&stored, &zero);
	struct prof_watch *watch = watch_hit(address);

	if (!watch || !last)
		return 0;
	last->instruction = instruction;
	last->address = address;
	watch_access(context, watch, instruction, false);
	return 0;
}

SEC("perf_event")
int watch_load(struct bpf_perf_event_data *context)
{
	u64 instruction = PT_REGS_IP(&context->regs), address = context->addr;
	u32 zero = 0;
	struct prof_watch_stored *last = bpf_map_lookup_elem(&stored, &zero);
	struct prof_watch *watch = watch_hit(address);
	bool was_store;

	if (!watch || !last)
		return 0;
	was_store = last->instruction == instruction && last->address == address;
	last->instruction = 0;
	if (!was_store)
		watch_access(context, watch, instruction, true);
	return 0;
}
