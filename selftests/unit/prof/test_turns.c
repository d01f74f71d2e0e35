// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_turns.c - watchpoints in turns: nobody is left out, and each two of a line meet
 */
#include <stdlib.h>
#include "source/turns.h"
#include "../tap.h"

#define ROWS_MAX	256

void *prof_alloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

/* Rows of @width bytes, @bytes in sum, from the start of a page. */
static size_t rows_make(struct prof_watch_row *rows, uint32_t bytes, uint32_t width)
{
	size_t count = 0;
	uint32_t offset;

	for (offset = 0; offset < bytes; offset += width, count++)
		rows[count] = (struct prof_watch_row){
			.watch = { .offset = offset, .length = width },
		};
	return count;
}

static bool has(const struct prof_turn *turn, uint32_t row)
{
	uint32_t i;

	for (i = 0; i < turn->count; i++)
		if (turn->rows[i] == row)
			return true;
	return false;
}

/* Turns that have both rows. */
static size_t meetings(const struct prof_turns *turns, uint32_t a, uint32_t b)
{
	size_t i, count = 0;

	for (i = 0; i < turns->count; i++)
		count += has(&turns->turns[i], a) && has(&turns->turns[i], b);
	return count;
}

static bool fits(const struct prof_turns *turns, uint32_t slots)
{
	size_t i;

	for (i = 0; i < turns->count; i++)
		if (!turns->turns[i].count || turns->turns[i].count > slots)
			return false;
	return true;
}

/* Each row that takes part has a turn, and each two of a line one together. */
static bool all_meet(const struct prof_turns *turns, const struct prof_watch_row *rows,
		     size_t count, const bool *part, uint32_t slots)
{
	uint32_t a, b;

	for (a = 0; a < count; a++)
		for (b = a; b < count; b++) {
			bool wanted = a == b || (slots > 1 && rows[a].watch.offset / 64 ==
							      rows[b].watch.offset / 64);

			if (part && (!part[a] || !part[b])) {
				if (meetings(turns, a, b))
					return false;
			} else if (wanted && !meetings(turns, a, b)) {
				return false;
			}
		}
	return true;
}

int main(void)
{
	static struct prof_watch_row rows[ROWS_MAX];
	struct prof_turns turns = { 0 };
	bool part[ROWS_MAX] = { false };
	uint32_t slots, width;
	size_t count, i;

	for (slots = 1; slots <= PROF_WATCH_SLOTS; slots++)
		for (width = 1; width <= PROF_WATCH_BYTES; width *= 2) {
			count = rows_make(rows, 128, width);
			prof_turns_make(&turns, rows, count, NULL, slots);
			ok(fits(&turns, slots), "%u slots of %u bytes: none has more rows", slots,
			   width);
			ok(all_meet(&turns, rows, count, NULL, slots),
			   "%u slots of %u bytes: each two of a line meet", slots, width);
		}

	count = rows_make(rows, 32, 8);
	prof_turns_make(&turns, rows, count, NULL, 4);
	is_u64(turns.count, 1, "what fits has one turn");
	count = rows_make(rows, 64, 8);
	prof_turns_make(&turns, rows, count, NULL, 4);
	is_u64(turns.count, 6, "a line of eight has six turns of four");

	/* The first of two lines, and the first of another page. */
	rows_make(rows, 128, 64);
	rows[2] = rows[0];
	rows[2].watch.page = 1;
	prof_turns_make(&turns, rows, 3, NULL, 4);
	is_u64(turns.count, 1, "rows of several lines have one turn if they fit");

	count = rows_make(rows, 256, 8);
	for (i = 0; i < count; i += 3)
		part[i] = true;
	prof_turns_make(&turns, rows, count, part, 4);
	ok(all_meet(&turns, rows, count, part, 4), "only those that take part have turns");
	prof_turns_make(&turns, rows, 0, NULL, 4);
	is_u64(turns.count, 0, "none, no turn");
	prof_turns_free(&turns);
	return done();
}
