/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * verdict.h - how the processors share a line, in a word
 */
#ifndef PROF_VERDICT_H
#define PROF_VERDICT_H

#include "profile/profile.h"

/* A line that moves less often than at one in so many accesses is private. */
#define PROF_PRIVATE_ACCESSES	1000

/* A line that comes back to processors less often has been handed over. */
#define PROF_SHARED_RETURNS	3

/* Transfers in a hundred that must be of one kind for a verdict to be that kind. */
#define PROF_VERDICT_PERCENT	90

/* Of the time, that bytes must have been watched for "private" to be sure. */
#define PROF_WATCHED_PERCENT	90

/**
 * enum prof_verdict - how processors share a line
 * @PROF_VERDICT_PRIVATE: it all but stays where it is
 * @PROF_VERDICT_MOVED: it goes from one to another, and hardly ever back: a thread was
 *	moved, or another took over
 * @PROF_VERDICT_FALSE: stores move it, of bytes that the others do not store
 * @PROF_VERDICT_TRUE: stores move it, of bytes that the others store too
 * @PROF_VERDICT_MIXED: some of these, none of them nearly always
 * @PROF_VERDICT_READERS: loads move it, from a processor that stores
 */
enum prof_verdict {
	PROF_VERDICT_PRIVATE,
	PROF_VERDICT_MOVED,
	PROF_VERDICT_FALSE,
	PROF_VERDICT_TRUE,
	PROF_VERDICT_MIXED,
	PROF_VERDICT_READERS,
};

/**
 * prof_verdict() - the verdict on a line
 * @line: the line
 *
 * Private: its transfers are fewer than one in PROF_PRIVATE_ACCESSES accesses.  Else
 * handed over, if its returns are, or are fewer than PROF_SHARED_RETURNS.
 * Else reader-writer sharing, if PROF_VERDICT_PERCENT of its transfers were for
 * loads.  Else false or true sharing, if so many of them were that; else mixed.
 *
 * Return: the verdict.
 */
enum prof_verdict prof_verdict(const struct prof_line_row *line);

/**
 * prof_verdict_unsure() - may sharing of a line have gone unseen?
 * @profile: the profile
 * @line: of it
 *
 * Of bytes that are watched in turns, what processors do to one is not seen while
 * another is watched.
 *
 * Return: true if the line seems private, several processors accessed it, and some of
 * its bytes were not watched for PROF_WATCHED_PERCENT of the time.
 */
bool prof_verdict_unsure(const struct prof_profile *profile, const struct prof_line_row *line);

/**
 * prof_verdict_text() - the verdict on a line, to be shown
 * @profile: the profile
 * @line: of it
 *
 * Return: a constant: its name, with a question mark if it is unsure.
 */
const char *prof_verdict_text(const struct prof_profile *profile,
			      const struct prof_line_row *line);

/**
 * prof_verdict_name() - a verdict in words
 * @verdict: of prof_verdict()
 *
 * Return: a constant, as it is in the JSON.
 */
const char *prof_verdict_name(enum prof_verdict verdict);

/**
 * prof_line_rate() - how fast a line moves
 * @profile: the profile
 * @line: of it
 *
 * Return: modelled transfers in a second.
 */
double prof_line_rate(const struct prof_profile *profile, const struct prof_line *line);

#endif /* PROF_VERDICT_H */
