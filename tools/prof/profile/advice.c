// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * advice.c - what would keep a line where it is
 */
#include <inttypes.h>
#include <linux/khmap_image.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "profile/advice.h"
#include "profile/names.h"
#include "profile/units.h"
#include "profile/verdict.h"

#define CPUS_NAMED	4

/* A line, as far as advice depends on it. */
struct facts {
	const struct prof_profile *profile;
	const struct prof_map *map;
	const struct prof_line_row *line;
	struct prof_fields fields;
	uint64_t transfers;
	struct prof_advice *advice;
};

/* Which fields were stored, and which of them by more than one CPU. */
struct field_use {
	uint64_t stored;	/* a bit for each first byte */
	uint64_t shared;
};

static void sentence(struct facts *facts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void sentence(struct facts *facts, const char *format, ...)
{
	size_t used = strlen(facts->advice->text);
	va_list args;

	va_start(args, format);
	vsnprintf(facts->advice->text + used, sizeof(facts->advice->text) - used, format, args);
	va_end(args);
}

static bool worth(const struct facts *facts, double saves)
{
	return saves >= 1 && saves * 100 >= (double)facts->transfers * PROF_ADVICE_PERCENT;
}

/* What it saves; more than that cannot be. */
static void saves(struct facts *facts, enum prof_advice_kind kind, double count)
{
	bool all = count >= (double)facts->transfers;

	facts->advice->kind = kind;
	facts->advice->saves = all ? facts->transfers : (uint64_t)(count + 0.5);
	if (!all && facts->advice->saves == facts->transfers)
		facts->advice->saves--;
	if (all)
		sentence(facts, " would save all %" PRIu64 " transfers.", facts->transfers);
	else
		sentence(facts, " would save about %" PRIu64 " of %" PRIu64 " transfers.",
			 facts->advice->saves, facts->transfers);
}

/*
 * "CPU 0", "CPUs 0 and 1", "CPUs 0, 1, 2, 3 and 60 more": those that stored, or
 * those to whom loads moved the line.  Returns how many.
 */
static size_t cpus_named(struct facts *facts, bool stored)
{
	uint32_t found[CPUS_NAMED];
	size_t count = 0, i;

	for (i = 0; i < facts->line->cpu_count; i++) {
		const struct prof_cpu_row *cpu = &facts->line->cpus[i];
		const struct prof_transfers *moved = &cpu->count.transfers;

		if (stored ? !cpu->count.stores : !(moved->load_true | moved->load_false))
			continue;
		if (count < CPUS_NAMED)
			found[count] = cpu->key.cpu;
		count++;
	}
	sentence(facts, "%s", count == 1 ? "CPU" : "CPUs");
	for (i = 0; i < CPUS_NAMED && i < count; i++)
		sentence(facts, "%s%u", !i ? " " : i + 1 == count ? " and " : ", ", found[i]);
	if (count > CPUS_NAMED)
		sentence(facts, " and %zu more", count - CPUS_NAMED);
	return count;
}

static uint64_t unit_bucket(const void *context, const struct prof_access_row *access)
{
	const struct facts *facts = context;

	return prof_place(facts->map, &facts->line->key, access->key.offset).bucket;
}

static uint64_t unit_field(const void *context, const struct prof_access_row *access)
{
	const struct facts *facts = context;

	return facts->fields.first[access->key.offset];
}

/* A field that several CPUs stored is one for each of them. */
static uint64_t unit_own_field(const void *context, const struct prof_access_row *access)
{
	return unit_field(context, access) | (uint64_t)access->key.line.cpu << 8;
}

static double left(const struct facts *facts,
		   uint64_t (*unit)(const void *context, const struct prof_access_row *access))
{
	return prof_units_left(facts->line, unit, facts) * (double)facts->transfers;
}

static struct field_use fields_used(const struct facts *facts)
{
	uint32_t owner[PROF_LINE_SIZE];
	struct field_use use = { 0 };
	size_t i;

	for (i = 0; i < facts->line->access_count; i++) {
		const struct prof_access_key *key = &facts->line->accesses[i].key;
		uint32_t field = facts->fields.first[key->offset];

		if (key->kind == PROF_ACCESS_LOAD)
			continue;
		if (!(use.stored >> field & 1))
			owner[field] = key->line.cpu;
		else if (owner[field] != key->line.cpu)
			use.shared |= 1ull << field;
		use.stored |= 1ull << field;
	}
	return use;
}

/* "bytes 0-7, bytes 8-15": those fields whose bits are set, three at most. */
static void fields_named(struct facts *facts, uint64_t set)
{
	uint32_t first, last, count = 0;

	for (first = 0; first < PROF_LINE_SIZE; first++) {
		if (!(set >> first & 1))
			continue;
		for (last = first; last + 1 < PROF_LINE_SIZE &&
		     facts->fields.first[last + 1] == first; last++)
			;
		if (++count > 3) {
			sentence(facts, " and others");
			return;
		}
		sentence(facts, "%s", count > 1 ? ", " : set & (set - 1) || last > first ?
			 "bytes " : "byte ");
		sentence(facts, last > first ? "%u-%u" : "%u", first, last);
	}
}

static uint32_t bits(uint64_t set)
{
	return (uint32_t)__builtin_popcountll(set);
}

/* A map whose neighbouring buckets share the line. */
static bool advise_aligned(struct facts *facts)
{
	const struct prof_line_key *key = &facts->line->key;
	uint32_t first, last;
	double saved;

	if (facts->map->layout != KHMAP_LAYOUT_PACKED || key->region != PROF_REGION_PRIMARY)
		return false;
	prof_line_buckets(facts->map, key, &first, &last);
	saved = (double)facts->transfers - left(facts, unit_bucket);
	if (first == last || !worth(facts, saved))
		return false;
	sentence(facts, "Buckets %u %s %u share this line: a map with the layout \"aligned\", whose buckets begin a line each,",
		 first, last == first + 1 ? "and" : "to", last);
	saves(facts, PROF_ADVICE_ALIGNED, saved);
	return true;
}

/* The only slot that is stored to, if most stores are to it. */
static bool slot_only(const struct facts *facts, uint32_t *slot)
{
	const struct prof_line_row *line = facts->line;
	double stores = 0, slot_stores = 0;
	struct prof_place place, first = { 0 };
	size_t i;

	for (i = 0; i < line->access_count; i++) {
		const struct prof_access_row *access = &line->accesses[i];

		if (access->key.kind == PROF_ACCESS_LOAD)
			continue;
		stores += (double)access->count;
		place = prof_place(facts->map, &line->key, access->key.offset);
		if (place.part < PROF_PART_KEY)
			continue;
		if (slot_stores == 0)
			first = place;
		else if (place.bucket != first.bucket || place.slot != first.slot)
			return false;
		slot_stores += (double)access->count;
	}
	if (slot_stores == 0 || slot_stores * 2 < stores)
		return false;
	*slot = first.slot;
	return true;
}

/* One key, whose value several processors store. */
static bool advise_split(struct facts *facts)
{
	const struct prof_transfers *moved = &facts->line->count.transfers;
	uint32_t slot;

	if (!worth(facts, (double)moved->store_true) || !slot_only(facts, &slot))
		return false;
	cpus_named(facts, true);
	sentence(facts, " store the value of one key, in slot %u: a key for each processor, whose values a reader adds up,",
		 slot);
	saves(facts, PROF_ADVICE_SPLIT, (double)moved->store_true + (double)moved->store_false);
	return true;
}

static bool advise_batch(struct facts *facts)
{
	const struct prof_transfers *moved = &facts->line->count.transfers;
	double stores = (double)moved->store_true + (double)moved->store_false;
	char text[PROF_NAME_ROOM];

	if (!worth(facts, stores - stores / PROF_ADVICE_PUTS))
		return false;
	cpus_named(facts, true);
	sentence(facts, " put into bucket %s by turns: batches, each of %u puts into it by one processor,",
		 prof_buckets_name(facts->profile, &facts->line->key, text), PROF_ADVICE_PUTS);
	saves(facts, PROF_ADVICE_BATCH, stores - stores / PROF_ADVICE_PUTS);
	return true;
}

static bool advise_snapshot(struct facts *facts)
{
	const struct prof_transfers *moved = &facts->line->count.transfers;
	double loads = (double)moved->load_true + (double)moved->load_false;

	if (!worth(facts, loads))
		return false;
	sentence(facts, " read%s what is being stored: reading a snapshot, where older values will do,",
		 cpus_named(facts, false) == 1 ? "s" : "");
	saves(facts, PROF_ADVICE_SNAPSHOT, loads);
	return true;
}

static void advise_map(struct facts *facts, enum prof_verdict verdict)
{
	if (advise_aligned(facts))
		return;
	if (verdict == PROF_VERDICT_READERS) {
		advise_snapshot(facts);
		return;
	}
	if (!advise_split(facts) && !advise_batch(facts))
		advise_snapshot(facts);
}

static bool advise_pad(struct facts *facts, const struct field_use *use)
{
	double saved = (double)facts->transfers - left(facts, unit_field);

	if (bits(use->stored) < 2 || !worth(facts, saved))
		return false;
	cpus_named(facts, true);
	sentence(facts, " store ");
	fields_named(facts, use->stored);
	sentence(facts, ": a line for each, by aligning each element, and not only their array, to %u bytes,",
		 PROF_LINE_SIZE);
	saves(facts, PROF_ADVICE_PAD, saved);
	return true;
}

static bool advise_per_cpu(struct facts *facts, const struct field_use *use)
{
	double saved = (double)facts->transfers - left(facts, unit_own_field);

	if (!use->shared || !worth(facts, saved))
		return false;
	cpus_named(facts, true);
	sentence(facts, " store the same ");
	fields_named(facts, use->shared);
	sentence(facts, ": a copy for each processor, each in a line of its own, added up when it is read,");
	saves(facts, PROF_ADVICE_PER_CPU, saved);
	return true;
}

static bool advise_move(struct facts *facts, const struct field_use *use)
{
	const struct prof_transfers *moved = &facts->line->count.transfers;
	uint64_t loaded = 0;
	size_t i;

	for (i = 0; i < facts->line->access_count; i++)
		loaded |= 1ull << facts->fields.first[facts->line->accesses[i].key.offset];
	loaded &= ~use->stored;
	if (!loaded || !use->stored || !worth(facts, (double)moved->load_false))
		return false;
	fields_named(facts, loaded);
	sentence(facts, " are read only, beside ");
	fields_named(facts, use->stored);
	sentence(facts, " that ");
	sentence(facts, " store%s: to move what is only read to another line",
		 cpus_named(facts, true) == 1 ? "s" : "");
	saves(facts, PROF_ADVICE_MOVE, (double)moved->load_false);
	return true;
}

static void advise_seldom(struct facts *facts)
{
	const struct prof_transfers *moved = &facts->line->count.transfers;

	if (!moved->load_true)
		return;
	sentence(facts, " read%s what ", cpus_named(facts, false) == 1 ? "s" : "");
	sentence(facts, " store%s: to store a sum of it, one time in %u,",
		 cpus_named(facts, true) == 1 ? "s" : "", PROF_ADVICE_PUTS);
	saves(facts, PROF_ADVICE_SELDOM,
	      (double)moved->load_true - (double)moved->load_true / PROF_ADVICE_PUTS);
}

static void advise_range(struct facts *facts, enum prof_verdict verdict)
{
	struct field_use use = fields_used(facts);

	if (verdict == PROF_VERDICT_READERS) {
		if (!advise_move(facts, &use))
			advise_seldom(facts);
		return;
	}
	if (!advise_pad(facts, &use))
		advise_per_cpu(facts, &use);
}

void prof_advice(const struct prof_profile *profile, const struct prof_line_row *line,
		 struct prof_advice *advice)
{
	enum prof_verdict verdict = prof_verdict(line);
	struct facts facts = {
		.profile = profile,
		.map = prof_profile_map(profile, line->key.map_id),
		.line = line,
		.transfers = prof_transfers_sum(&line->count.transfers),
		.advice = advice,
	};

	advice->kind = PROF_ADVICE_NONE;
	advice->saves = 0;
	advice->text[0] = '\0';
	if (verdict <= PROF_VERDICT_MOVED)
		return;
	prof_fields_find(line, &facts.fields);
	if (line->key.region == PROF_REGION_RANGE)
		advise_range(&facts, verdict);
	else if (facts.map)
		advise_map(&facts, verdict);
}

const char *prof_advice_name(enum prof_advice_kind kind)
{
	static const char * const names[] = {
		[PROF_ADVICE_NONE] = "none",
		[PROF_ADVICE_ALIGNED] = "aligned",
		[PROF_ADVICE_SPLIT] = "split",
		[PROF_ADVICE_BATCH] = "batch",
		[PROF_ADVICE_SNAPSHOT] = "snapshot",
		[PROF_ADVICE_PAD] = "pad",
		[PROF_ADVICE_PER_CPU] = "per-cpu",
		[PROF_ADVICE_MOVE] = "move",
		[PROF_ADVICE_SELDOM] = "seldom",
	};

	return names[kind];
}
