/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * advice.h - what would keep a line where it is
 */
#ifndef PROF_ADVICE_H
#define PROF_ADVICE_H

#include "profile/profile.h"

/* Advice that would save a smaller part of a line's transfers is not given. */
#define PROF_ADVICE_PERCENT	10

/* Puts of one batch that the advice to batch reckons with. */
#define PROF_ADVICE_PUTS	16

/**
 * enum prof_advice_kind - what to do
 * @PROF_ADVICE_NONE: nothing, or nothing that would be known to help
 * @PROF_ADVICE_ALIGNED: make the map with the layout "aligned"
 * @PROF_ADVICE_SPLIT: a key for each processor in place of one for all
 * @PROF_ADVICE_BATCH: put in batches, each processor its own
 * @PROF_ADVICE_SNAPSHOT: let readers read a snapshot
 * @PROF_ADVICE_PAD: a line for each field
 * @PROF_ADVICE_PER_CPU: a copy of a field for each processor
 * @PROF_ADVICE_MOVE: what is only read to another line
 * @PROF_ADVICE_SELDOM: store less often what others read
 */
enum prof_advice_kind {
	PROF_ADVICE_NONE,
	PROF_ADVICE_ALIGNED,
	PROF_ADVICE_SPLIT,
	PROF_ADVICE_BATCH,
	PROF_ADVICE_SNAPSHOT,
	PROF_ADVICE_PAD,
	PROF_ADVICE_PER_CPU,
	PROF_ADVICE_MOVE,
	PROF_ADVICE_SELDOM,
};

/**
 * struct prof_advice - advice for a line
 * @kind: what to do
 * @saves: modelled transfers of the line that it would have saved
 * @text: a sentence or two; empty if there is no advice
 */
struct prof_advice {
	enum prof_advice_kind kind;
	uint64_t saves;
	char text[640];
};

/**
 * prof_advice() - advice for a line
 * @profile: the profile
 * @line: of it
 * @advice: filled
 *
 * How much it would save is reckoned as units.h says, from who accessed which
 * bytes.  A line whose verdict is private needs no advice.
 */
void prof_advice(const struct prof_profile *profile, const struct prof_line_row *line,
		 struct prof_advice *advice);

/**
 * prof_advice_name() - what to do, in a word
 * @kind: of struct prof_advice
 *
 * Return: a constant, as it is in the JSON.
 */
const char *prof_advice_name(enum prof_advice_kind kind);

#endif /* PROF_ADVICE_H */
