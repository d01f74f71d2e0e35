// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * recorder.c - tracepoints or samples, by the rung that was chosen
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/recorder.h"

#define TRACEPOINTS	"tracepoints"

int prof_recorder_open(struct prof_recorder *recorder, const struct prof_samples_options *options)
{
	*recorder = (struct prof_recorder){ 0 };
	if (options->rung->kind == PROF_RUNG_TRACEPOINTS)
		return prof_session_open(&(struct prof_session_options){
			.map_id = options->map_id,
			.sample = options->sample,
			.lines = options->lines,
			.verbose = options->verbose,
		}, &recorder->session);
	return prof_samples_open(options, &recorder->samples);
}

struct prof_fds prof_recorder_fds(const struct prof_recorder *recorder)
{
	return recorder->samples ? prof_samples_fds(recorder->samples) :
				   prof_session_fds(recorder->session);
}

static void settings_write(const struct prof_recorder *recorder,
			   const struct prof_settings *settings)
{
	if (recorder->session)
		prof_session_write(recorder->session, settings);
	else
		prof_settings_write(prof_recorder_fds(recorder).settings, settings);
}

void prof_recorder_begin(const struct prof_recorder *recorder, struct prof_settings *settings)
{
	settings->enabled = 1;
	settings_write(recorder, settings);
	if (recorder->samples)
		prof_samples_begin(recorder->samples);
}

void prof_recorder_end(const struct prof_recorder *recorder, struct prof_settings *settings)
{
	if (recorder->samples)
		prof_samples_end(recorder->samples);
	settings->enabled = 0;
	settings_write(recorder, settings);
}

void prof_recorder_overhead(const struct prof_recorder *recorder, struct prof_overhead *overhead)
{
	if (recorder->samples)
		prof_samples_overhead(recorder->samples, overhead);
	else
		prof_session_overhead(recorder->session, overhead);
}

void prof_recorder_close(struct prof_recorder *recorder)
{
	prof_session_close(recorder->session);
	prof_samples_close(recorder->samples);
	*recorder = (struct prof_recorder){ 0 };
}

static int choose_auto(const struct prof_cpu *cpu, const struct prof_rung **rung)
{
	struct prof_trial *verdicts = prof_alloc(prof_ladder_length, sizeof(*verdicts));
	const struct prof_trial *taken = prof_ladder_try(&prof_kernel_own, cpu, verdicts);
	/* The last resort: what it is refused for is the reason. */
	int status = prof_trial_exit(&verdicts[prof_rung_find(TRACEPOINTS) - prof_ladder]);

	if (taken)
		*rung = taken->rung;
	free(verdicts);
	if (!taken) {
		prof_error("no event works here: \"khmap-prof events\" says why");
		return status;
	}
	fprintf(stderr, "khmap-prof: event %s, %s address: %s\n", (*rung)->name,
		(*rung)->has_address ? "with" : "without", (*rung)->counts);
	return PROF_EXIT_OK;
}

static int verdict_say(const struct prof_trial *verdict)
{
	prof_error("event %s: %s%s%s", verdict->rung->name, verdict->why,
		   verdict->remedy[0] ? ": " : "", verdict->remedy);
	return prof_trial_exit(verdict);
}

int prof_recorder_choose(const char *name, const struct prof_rung **rung)
{
	struct prof_trial verdict;
	struct prof_cpu cpu = { 0 };

	*rung = prof_rung_find(name ? name : TRACEPOINTS);
	if (!name || !strcmp(name, TRACEPOINTS))
		return PROF_EXIT_OK;
	/* One that is not known of has the events that any may have. */
	prof_cpu_read(PROF_CPUINFO, &cpu);
	if (!strcmp(name, "auto"))
		return choose_auto(&cpu, rung);
	if (*rung && (*rung)->kind == PROF_RUNG_WATCHPOINT) {
		prof_error("--event: watchpoints are not sampled: see khmap-prof watch --help");
		return PROF_EXIT_USAGE;
	}
	if (!*rung) {
		prof_error("--event: there is no event \"%s\" to sample: \"khmap-prof events\" lists them",
			   name);
		return PROF_EXIT_USAGE;
	}
	prof_rung_try(&prof_kernel_own, &cpu, *rung, &verdict);
	return verdict.standing == PROF_STANDING_FREE ? PROF_EXIT_OK : verdict_say(&verdict);
}
