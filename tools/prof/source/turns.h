/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * turns.h - which bytes are watched together, and when
 */
#ifndef PROF_TURNS_H
#define PROF_TURNS_H

#include "source/watch.h"

/**
 * struct prof_turn - bytes that are watched together
 * @rows: indexes of rows
 * @count: how many
 */
struct prof_turn {
	uint32_t rows[PROF_WATCH_SLOTS];
	uint32_t count;
};

/**
 * struct prof_turns - a cycle, in which all that take part are watched
 * @turns: one after the other
 * @count: how many
 */
struct prof_turns {
	struct prof_turn *turns;
	size_t count;
};

/**
 * prof_turns_make() - a cycle
 * @turns: what it had is freed
 * @rows: in the order of lines
 * @count: of @rows
 * @takes_part: for each row, whether it does; NULL if all do
 * @slots: rows of a turn at most
 *
 * Each two rows of a line have a turn together, if @slots are more than one.
 */
void prof_turns_make(struct prof_turns *turns, const struct prof_watch_row *rows, size_t count,
		     const bool *takes_part, uint32_t slots);

/**
 * prof_turns_free() - free it
 * @turns: empty afterwards
 */
void prof_turns_free(struct prof_turns *turns);

#endif /* PROF_TURNS_H */
