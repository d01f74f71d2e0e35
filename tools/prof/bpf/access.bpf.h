/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * access.bpf.h - single instructions' accesses, for sources that see these
 */
#ifndef PROF_ACCESS_BPF_H
#define PROF_ACCESS_BPF_H

#include "model.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT * PROF_ACCESSES_PER_LINE);
	__type(key, struct prof_access_key);
	__type(value, u64);
} accesses SEC(".maps");

/*
 * One more access of a kind to the part from @start to before @end of the page
 * that lies in the event's line.
 */
static __always_inline void model_access_count(struct model_event *event, u32 start,
					       u32 end, u32 kind, u32 tgid,
					       u64 address)
{
	u32 from = event->key.line << PROF_LINE_SHIFT, to = from + PROF_LINE_SIZE;
	struct prof_access_key key = {
		.line = event->key,
		.address = address,
		.tgid = tgid,
		.kind = kind,
	};

	if (start < from)
		start = from;
	if (end > to)
		end = to;
	if (start >= end)
		return;
	key.line.cpu = event->cpu;
	key.offset = start - from;
	key.length = end - start;
	if (!model_count(&accesses, &key))
		event->totals->accesses_dropped++;
}

/**
 * model_access() - one instruction's access, over its full width
 * @event: @key of it says region and page of the first byte
 * @offset: of that byte within the page
 * @length: bytes, 1 to 64
 * @load: it loaded; else it stored
 * @address: of the instruction, or 0
 * @tgid: whose instruction it is; 0 if the kernel's
 *
 * An access that crosses into another line is an access to both.
 */
static __always_inline void model_access(struct model_event *event, u32 offset,
					 u32 length, bool load, u64 address,
					 u32 tgid)
{
	u32 end = offset + length, first_page = event->key.page, start, i;
	u32 kind = load ? PROF_ACCESS_LOAD : PROF_ACCESS_STORE;

	for (i = 0; i < 2; i++) {
		u32 line = (offset >> PROF_LINE_SHIFT) + i;
		u32 page = line >> (PROF_PAGE_SHIFT - PROF_LINE_SHIFT);
		struct prof_transfers moved;

		if (line << PROF_LINE_SHIFT >= end)
			break;
		start = page << PROF_PAGE_SHIFT;
		event->key.page = first_page + page;
		event->key.line = line - (start >> PROF_LINE_SHIFT);
		start = offset > start ? offset - start : 0;
		moved = model_line_access(event,
					  model_bytes(event->key.line, start,
						      end - (page << PROF_PAGE_SHIFT)),
					  load, false);
		model_access_count(event, start, end - (page << PROF_PAGE_SHIFT),
				   kind, tgid, address);
		model_stack_count(event, &moved);
	}
}

#endif /* PROF_ACCESS_BPF_H */
