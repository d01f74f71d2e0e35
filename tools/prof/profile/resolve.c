// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * resolve.c - names for the addresses of a profile
 */
#include <stdlib.h>
#include "profile/resolve.h"
#include "profile/stacks.h"

static int symbol_compare(const void *a, const void *b)
{
	const struct prof_symbol *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return (x->address > y->address) - (x->address < y->address);
}

static void add(struct prof_symbol *all, size_t *count, uint32_t tgid, uint64_t address)
{
	if (address)
		all[(*count)++] = (struct prof_symbol){ .tgid = tgid, .address = address };
}

static void frames_add(const struct prof_profile *profile, struct prof_symbol *all, size_t *count,
		       uint32_t tgid, int32_t id)
{
	const struct prof_frames *frames = prof_profile_frames(profile, id);
	uint32_t i;

	for (i = 0; frames && i < frames->count; i++)
		add(all, count, tgid, frames->address[i]);
}

void prof_profile_resolve(struct prof_profile *profile, struct prof_symbols *symbols)
{
	struct prof_symbol *all = prof_alloc(profile->access_count +
					     2 * PROF_STACK_DEPTH * profile->stack_count,
					     sizeof(*all));
	size_t count = 0, kept = 0, i;

	for (i = 0; i < profile->access_count; i++)
		add(all, &count, profile->accesses[i].key.tgid, profile->accesses[i].key.address);
	for (i = 0; i < profile->stack_count; i++) {
		const struct prof_stack_key *key = &profile->stacks[i].key;

		frames_add(profile, all, &count, 0, key->kernel);
		frames_add(profile, all, &count, key->tgid, key->user);
	}
	qsort(all, count, sizeof(*all), symbol_compare);
	for (i = 0; i < count; i++) {
		char *name;

		if (i && !symbol_compare(&all[i - 1], &all[i]))
			continue;
		name = prof_symbols_name(symbols, all[i].tgid, all[i].address);
		if (!name)
			continue;
		/* Behind what has been looked at: i is never less than kept. */
		all[kept] = all[i];
		all[kept++].name = prof_profile_text(profile, name);
		free(name);
	}
	profile->symbols = all;
	profile->symbol_count = kept;
	prof_stacks_trim(profile);
}
