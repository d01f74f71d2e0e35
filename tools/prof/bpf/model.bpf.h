/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * model.bpf.h - the model of cache lines
 *
 * A source says which bytes of a line a CPU accessed; the model knows
 * for each line which CPU owns it and what that one has stored, and so whether
 * an access had to bring it from another CPU, and whether for bytes that both
 * touch or for others.
 *
 * A line's state is changed under a lock of its own.  bpf_spin_lock() is not for
 * programs of perf events, which may interrupt each other and this: so one that
 * finds the lock taken for too long gives up, and its access is counted as
 * dropped.
 */
#ifndef PROF_MODEL_BPF_H
#define PROF_MODEL_BPF_H

#include <bpf/bpf_helpers.h>
#include "model.h"

#define BPF_NOEXIST		1
#define BPF_F_USER_STACK	(1ull << 8)
#define MODEL_LOCK_TRIES	2000
#define MODEL_CANDIDATES	8	/* lines that are looked at, for one to be forgotten */
#define MODEL_E2BIG		7
#define MODEL_EFAULT		14

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, struct prof_line_key);
	__type(value, struct prof_line);
} lines SEC(".maps");

/* The keys of "lines", for who looks for one that may go. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PROF_LINES_DEFAULT);
	__type(key, u32);
	__type(value, struct prof_line_key);
} line_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT * PROF_CPUS_PER_LINE);
	__type(key, struct prof_line_key);
	__type(value, struct prof_line_cpu);
} line_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, PROF_STACKS_DEFAULT);
	__uint(key_size, sizeof(u32));
	__uint(value_size, PROF_STACK_DEPTH * sizeof(u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_LINES_DEFAULT * PROF_STACKS_PER_LINE);
	__type(key, struct prof_stack_key);
	__type(value, struct prof_stack);
} line_stacks SEC(".maps");

/**
 * struct model_event - an event that is being modelled
 * @context: of the program
 * @settings: what to do
 * @totals: of this CPU
 * @key: the line; @cpu of it is 0
 * @cpu: which CPU accessed it
 * @kernel_stack: in "stacks"
 * @user_stack: likewise
 */
struct model_event {
	void *context;
	struct prof_settings *settings;
	struct prof_totals *totals;
	struct prof_line_key key;
	u32 cpu;
	s32 kernel_stack;
	s32 user_stack;
};

/* A lock of a line, or of another element, and whether it was got. */
struct model_lock {
	u32 *word;
	bool held;
};

static long model_lock_try(u32 index, struct model_lock *lock)
{
	lock->held = !__sync_val_compare_and_swap(lock->word, 0, 1);
	return lock->held;
}

static __always_inline bool model_lock(u32 *word)
{
	struct model_lock lock = { .word = word };

	if (!__sync_val_compare_and_swap(lock.word, 0, 1))
		return true;
	bpf_loop(MODEL_LOCK_TRIES, model_lock_try, &lock, 0);
	return lock.held;
}

static __always_inline void model_unlock(u32 *word)
{
	__sync_lock_test_and_set(word, 0);
}

/* One more of what a map counts under a key; false if there is no room for the key. */
static __always_inline bool model_count(void *map, const void *key)
{
	u64 fresh = 0, *count = bpf_map_lookup_elem(map, key);

	if (!count) {
		bpf_map_update_elem(map, key, &fresh, BPF_NOEXIST);
		count = bpf_map_lookup_elem(map, key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	return count;
}

/* These are too large for a program's stack. */
const struct prof_line_cpu model_fresh_part = {};
const struct prof_line model_fresh_line = {
	.owner = PROF_NO_CPU,
	.parts = { [0 ... PROF_LINE_PARTS - 1] = { .cpu = PROF_NO_CPU } },
};

#define MODEL_NO_LINE	(~0ull)

/*
 * Lines that are known, and whether there have ever been as many as there is room for:
 * from then on lines come and go, one at a time under @lock, and whoever has found one
 * must look again once it is locked.
 *
 * @place and @accesses are of the best line to go of some, from the hand of a clock on;
 * here, as programs have little stack.
 */
static struct {
	u32 lock;
	u32 full;
	u32 used;
	u32 hand;
	u32 place;
	u64 accesses;
} model_places;

static __always_inline u64 model_moved(const struct prof_transfers *transfers)
{
	return transfers->store_true + transfers->store_false + transfers->load_true +
	       transfers->load_false;
}

/* Others may know of more CPUs than a line has parts, and those are not forgotten. */
static __always_inline bool model_line_is_cold(const struct prof_line *line)
{
	return !model_moved(&line->transfers) &&
	       line->parts[PROF_LINE_PARTS - 1].cpu == PROF_NO_CPU;
}

static long model_choose_next(u32 index, void *context)
{
	u32 place = model_places.hand++;
	struct prof_line_key *key = bpf_map_lookup_elem(&line_places, &place);
	struct prof_line *line;
	u64 accesses;

	if (!key) {
		model_places.hand = 0;
		return 0;
	}
	line = bpf_map_lookup_elem(&lines, key);
	if (!line || !model_line_is_cold(line))
		return 0;
	accesses = line->stores + line->loads;
	if (accesses >= model_places.accesses)
		return 0;
	model_places.accesses = accesses;
	model_places.place = place;
	return 0;
}

/*
 * Forget a line that has never moved.  It stays locked, for those who have found it and
 * wait; what is made of its memory is not.
 *
 * Return: accesses that were counted in it; MODEL_NO_LINE if it cannot go.
 */
static __always_inline u64 model_line_forget(const struct prof_line_key *key)
{
	struct prof_line *line = bpf_map_lookup_elem(&lines, key);
	u64 accesses;

	if (!line || __sync_val_compare_and_swap(&line->lock, 0, 1))
		return MODEL_NO_LINE;
	if (!model_line_is_cold(line)) {
		model_unlock(&line->lock);
		return MODEL_NO_LINE;
	}
	accesses = line->stores + line->loads;
	bpf_map_delete_elem(&lines, key);
	return accesses;
}

/* A new line in the place of a cold one; what was counted in that is dropped. */
static __noinline int model_line_replace(const struct prof_line_key *key,
					 struct prof_totals *total)
{
	struct prof_line_key *place;
	u64 forgotten = MODEL_NO_LINE;
	u32 at;

	if (!key || !total || !model_lock(&model_places.lock))
		return 0;
	model_places.accesses = MODEL_NO_LINE;
	bpf_loop(MODEL_CANDIDATES, model_choose_next, NULL, 0);
	at = model_places.place;
	place = bpf_map_lookup_elem(&line_places, &at);
	if (place && model_places.accesses != MODEL_NO_LINE)
		forgotten = model_line_forget(place);
	if (place && forgotten != MODEL_NO_LINE) {
		total->lines_dropped += forgotten;
		bpf_map_update_elem(&lines, key, &model_fresh_line, BPF_NOEXIST);
		*place = *key;
	}
	model_unlock(&model_places.lock);
	return 0;
}

static __always_inline struct prof_line *model_line(const struct prof_line_key *key,
						    struct prof_totals *total)
{
	struct prof_line *line = bpf_map_lookup_elem(&lines, key);
	long err;
	u32 place;

	if (line)
		return line;
	if (!model_places.full) {
		err = bpf_map_update_elem(&lines, key, &model_fresh_line, BPF_NOEXIST);
		if (!err) {
			place = __sync_fetch_and_add(&model_places.used, 1);
			bpf_map_update_elem(&line_places, &place, key, 0);
		} else if (err == -MODEL_E2BIG) {
			model_places.full = 1;
		}
	}
	line = bpf_map_lookup_elem(&lines, key);
	if (line || !model_places.full)
		return line;
	model_line_replace(key, total);
	return bpf_map_lookup_elem(&lines, key);
}

/* Is a line that is locked still the one that was looked for? */
static __always_inline bool model_line_is(const struct prof_line *line,
					  const struct prof_line_key *key)
{
	return !model_places.full || bpf_map_lookup_elem(&lines, key) == line;
}

static __always_inline void model_line_store(struct prof_line *line, u32 cpu,
					     u64 bytes, bool slot,
					     struct prof_transfers *moved)
{
	line->stores++;
	line->slot_stores += slot;
	line->sharers = 0;
	if (line->owner == cpu) {
		line->owner_bytes |= bytes;
		return;
	}
	if (line->owner != PROF_NO_CPU) {
		if (line->owner_bytes & bytes)
			moved->store_true = 1;
		else
			moved->store_false = 1;
		line->transfers.store_true += moved->store_true;
		line->transfers.store_false += moved->store_false;
	}
	line->owner = cpu;
	line->owner_bytes = bytes;
}

static __always_inline void model_line_load(struct prof_line *line, u32 cpu,
					    u64 bytes,
					    struct prof_transfers *moved)
{
	u64 sharer = 1ull << (cpu & 63);

	line->loads++;
	if (line->owner == PROF_NO_CPU || line->owner == cpu ||
	    line->sharers & sharer)
		return;
	line->sharers |= sharer;
	if (line->owner_bytes & bytes)
		moved->load_true = 1;
	else
		moved->load_false = 1;
	line->transfers.load_true += moved->load_true;
	line->transfers.load_false += moved->load_false;
}

static __always_inline struct prof_line_cpu *
model_part_elsewhere(const struct model_event *event)
{
	struct prof_line_cpu *part;
	struct prof_line_key key = event->key;

	key.cpu = event->cpu;
	part = bpf_map_lookup_elem(&line_cpus, &key);
	if (part)
		return part;
	bpf_map_update_elem(&line_cpus, &key, &model_fresh_part, BPF_NOEXIST);
	return bpf_map_lookup_elem(&line_cpus, &key);
}

/*
 * The part of the event's CPU; NULL if there is no room for one.  Beyond the first
 * few CPUs it is looked up with the line's lock held.
 */
static __always_inline struct prof_line_cpu *
model_part(const struct model_event *event, struct prof_line *line)
{
	u32 i;

#pragma unroll
	for (i = 0; i < PROF_LINE_PARTS; i++) {
		struct prof_line_part *part = &line->parts[i];

		if (part->cpu == PROF_NO_CPU)
			part->cpu = event->cpu;
		if (part->cpu == event->cpu)
			return &part->count;
	}
	return model_part_elsewhere(event);
}

static __always_inline void model_part_count(struct prof_line_cpu *part, u64 bytes,
					     bool load,
					     const struct prof_transfers *moved)
{
	if (load) {
		part->loads++;
		part->loaded_bytes |= bytes;
	} else {
		part->stores++;
		part->stored_bytes |= bytes;
	}
	part->transfers.store_true += moved->store_true;
	part->transfers.store_false += moved->store_false;
	part->transfers.load_true += moved->load_true;
	part->transfers.load_false += moved->load_false;
}

/*
 * An access to bytes of a line.  Such a mask has a bit for each of the line's 64
 * bytes.
 */
static __always_inline struct prof_transfers
model_line_access(struct model_event *event, u64 bytes, bool load, bool slot)
{
	struct prof_transfers moved = {};
	struct prof_line *line = model_line(&event->key, event->totals);
	struct prof_line_cpu *part;

	if (!line) {
		event->totals->lines_dropped++;
		return moved;
	}
	if (!model_lock(&line->lock)) {
		event->totals->busy_dropped++;
		return moved;
	}
	if (!model_line_is(line, &event->key)) {
		model_unlock(&line->lock);
		event->totals->lines_dropped++;
		return moved;
	}
	if (load)
		model_line_load(line, event->cpu, bytes, &moved);
	else
		model_line_store(line, event->cpu, bytes, slot, &moved);
	part = model_part(event, line);
	if (part)
		model_part_count(part, bytes, load, &moved);
	else
		event->totals->cpus_dropped++;
	model_unlock(&line->lock);
	return moved;
}

/* The part from @start to before @end of a page that lies in a line. */
static __always_inline u64 model_bytes(u32 line, u32 start, u32 end)
{
	u32 from = line << PROF_LINE_SHIFT, to = from + PROF_LINE_SIZE;

	if (start < from)
		start = from;
	if (end > to)
		end = to;
	if (start >= end)
		return 0;
	return (~0ull >> ((64 - (end - start)) & 63)) << ((start - from) & 63);
}

/* Where the event comes from, once for all its lines, if that is asked for. */
static __always_inline void model_stacks_get(struct model_event *event)
{
	event->kernel_stack = -1;
	event->user_stack = -1;
	if (!(event->settings->flags & PROF_FLAG_STACKS))
		return;
	event->kernel_stack = bpf_get_stackid(event->context, &stacks, 0);
	event->user_stack = bpf_get_stackid(event->context, &stacks,
					    BPF_F_USER_STACK);
}

static __always_inline bool model_stack_lacks(s32 id)
{
	/* A task of the kernel has no stack of the other kind. */
	return id < 0 && id != -MODEL_EFAULT;
}

/* From where a line has moved; others are as many as lines, and tell nothing. */
static __always_inline struct prof_stack *model_stack_new(struct model_event *event,
							  const struct prof_stack_key *key)
{
	struct prof_stack fresh = {}, *stack;

	bpf_get_current_comm(fresh.command, sizeof(fresh.command));
	bpf_map_update_elem(&line_stacks, key, &fresh, BPF_NOEXIST);
	stack = bpf_map_lookup_elem(&line_stacks, key);
	if (!stack)
		event->totals->stacks_dropped++;
	return stack;
}

/* The event's place has accessed its line. */
static __always_inline void model_stack_count(struct model_event *event,
					      const struct prof_transfers *moved)
{
	bool has_moved = model_moved(moved);
	struct prof_stack_key key;
	struct prof_stack *stack;

	if (!(event->settings->flags & PROF_FLAG_STACKS))
		return;
	key = (struct prof_stack_key){
		.line = event->key,
		.tgid = bpf_get_current_pid_tgid() >> 32,
		.kernel = event->kernel_stack,
		.user = event->user_stack,
	};
	if (has_moved && (model_stack_lacks(key.kernel) || model_stack_lacks(key.user)))
		event->totals->stacks_dropped++;
	stack = bpf_map_lookup_elem(&line_stacks, &key);
	if (!stack && has_moved)
		stack = model_stack_new(event, &key);
	if (!stack)
		return;
	__sync_fetch_and_add(&stack->accesses, 1);
	if (has_moved)
		__sync_fetch_and_add(&stack->transfers, 1);
}

/* Is an event on this map one that is profiled?  If so fills in @event's first part. */
static __always_inline bool model_event_wanted(struct model_event *event, u64 map_id)
{
	u32 zero = 0;
	struct prof_settings *set = bpf_map_lookup_elem(&settings, &zero);

	if (!set || !set->enabled || (set->map_id && map_id && set->map_id != map_id))
		return false;
	event->settings = set;
	event->totals = bpf_map_lookup_elem(&totals, &zero);
	return event->totals;
}

/* The event is taken: fill in the rest. */
static __always_inline void model_event_take(struct model_event *event, void *context)
{
	event->totals->taken++;
	event->context = context;
	event->cpu = bpf_get_smp_processor_id();
	model_stacks_get(event);
}

/**
 * model_event_begin() - is an event to be modelled?
 * @event: filled if so, but for @key
 * @context: of the program
 * @map_id: of the map, or 0 if the source chooses itself what it looks at
 *
 * Counts the event, and takes one in so many of each CPU.
 *
 * Return: true if it is.
 */
static __always_inline bool model_event_begin(struct model_event *event,
					      void *context, u64 map_id)
{
	struct prof_totals *total;

	if (!model_event_wanted(event, map_id))
		return false;
	total = event->totals;
	total->events++;
	if (total->until > 1) {
		total->until--;
		return false;
	}
	total->until = event->settings->sample;
	model_event_take(event, context);
	return true;
}

#endif /* PROF_MODEL_BPF_H */
