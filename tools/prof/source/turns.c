// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * turns.c - which bytes are watched together, and when
 */
#include <stdlib.h>
#include <string.h>
#include "source/turns.h"

/* Rows of one line that take part. */
struct part {
	uint32_t rows[PROF_LINE_SIZE];
	uint32_t count;
};

static bool same_line(const struct prof_watch *a, const struct prof_watch *b)
{
	return a->map_id == b->map_id && a->region == b->region && a->page == b->page &&
	       a->offset >> PROF_LINE_SHIFT == b->offset >> PROF_LINE_SHIFT;
}

static struct prof_turn *turn_add(struct prof_turns *turns)
{
	/* Grows whenever it has as many as a power of two. */
	if (!(turns->count & (turns->count - 1))) {
		struct prof_turn *grown = prof_alloc(turns->count ? turns->count * 2 : 1,
						     sizeof(*grown));

		if (turns->count)
			memcpy(grown, turns->turns, turns->count * sizeof(*grown));
		free(turns->turns);
		turns->turns = grown;
	}
	turns->turns[turns->count] = (struct prof_turn){ 0 };
	return &turns->turns[turns->count++];
}

static void rows_add(struct prof_turn *turn, const struct part *part, uint32_t first,
		     uint32_t count)
{
	for (; count && first < part->count; count--, first++)
		turn->rows[turn->count++] = part->rows[first];
}

/*
 * All of a line if it fits, behind another line if there is room; else chunks of
 * half a turn, each with each.
 */
static void line_add(struct prof_turns *turns, const struct part *part, uint32_t slots)
{
	uint32_t chunk = slots / 2, i, k;

	if (part->count <= slots) {
		struct prof_turn *last = turns->count ? &turns->turns[turns->count - 1] : NULL;

		if (!last || last->count + part->count > slots)
			last = turn_add(turns);
		rows_add(last, part, 0, part->count);
		return;
	}
	if (!chunk) {
		for (i = 0; i < part->count; i++)
			rows_add(turn_add(turns), part, i, 1);
		return;
	}
	for (i = 0; i + chunk < part->count; i += chunk)
		for (k = i + chunk; k < part->count; k += chunk) {
			struct prof_turn *turn = turn_add(turns);

			rows_add(turn, part, i, chunk);
			rows_add(turn, part, k, chunk);
		}
}

void prof_turns_make(struct prof_turns *turns, const struct prof_watch_row *rows, size_t count,
		     const bool *takes_part, uint32_t slots)
{
	size_t i = 0, first;

	prof_turns_free(turns);
	while (i < count) {
		struct part part = { .count = 0 };

		for (first = i; i < count && same_line(&rows[first].watch, &rows[i].watch); i++)
			if (!takes_part || takes_part[i])
				part.rows[part.count++] = (uint32_t)i;
		if (part.count)
			line_add(turns, &part, slots);
	}
}

void prof_turns_free(struct prof_turns *turns)
{
	free(turns->turns);
	*turns = (struct prof_turns){ 0 };
}
