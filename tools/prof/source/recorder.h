/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * recorder.h - what records: the module's tracepoints, or an event's samples
 */
#ifndef PROF_RECORDER_H
#define PROF_RECORDER_H

#include "source/samples.h"
#include "source/session.h"

/**
 * struct prof_recorder - one of the two
 * @session: tracepoints; or NULL
 * @samples: of an event; or NULL
 */
struct prof_recorder {
	struct prof_session *session;
	struct prof_samples *samples;
};

/**
 * prof_recorder_open() - load and attach what records
 * @recorder: filled on success
 * @options: how to sample; of its rung's kind depends what records
 *
 * Prints what went wrong.
 *
 * Return: enum prof_exit.
 */
int prof_recorder_open(struct prof_recorder *recorder, const struct prof_samples_options *options);

/**
 * prof_recorder_fds() - the maps of the model
 * @recorder: open
 *
 * Return: descriptors that @recorder owns; -1 for what its source has not.
 */
struct prof_fds prof_recorder_fds(const struct prof_recorder *recorder);

/**
 * prof_recorder_begin() - let it record
 * @recorder: open
 * @settings: what to record
 */
void prof_recorder_begin(const struct prof_recorder *recorder, struct prof_settings *settings);

/**
 * prof_recorder_end() - let it record no more
 * @recorder: of prof_recorder_begin()
 * @settings: likewise
 */
void prof_recorder_end(const struct prof_recorder *recorder, struct prof_settings *settings);

/**
 * prof_recorder_overhead() - add what recording cost, and what was lost
 * @recorder: of prof_recorder_end()
 * @overhead: of prof_overhead_begin()
 */
void prof_recorder_overhead(const struct prof_recorder *recorder, struct prof_overhead *overhead);

/**
 * prof_recorder_close() - detach and unload it
 * @recorder: empty afterwards
 */
void prof_recorder_close(struct prof_recorder *recorder);

/**
 * prof_recorder_choose() - the rung that a name stands for
 * @name: of a rung; NULL for tracepoints; "auto" for the best that works here
 * @rung: filled on success
 *
 * Prints what went wrong, and of "auto" what was chosen.
 *
 * Return: enum prof_exit.
 */
int prof_recorder_choose(const char *name, const struct prof_rung **rung);

#endif /* PROF_RECORDER_H */
