/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * target.h - what shall be profiled: the options that commands share
 */
#ifndef PROF_TARGET_H
#define PROF_TARGET_H

#include "prof.h"

#define PROF_SAMPLE_MAX	1000000000u

/**
 * struct prof_target - what shall be profiled
 * @name: of the map, or NULL
 * @map_id: of the map; 0 for all
 * @sample: take one event in so many
 */
struct prof_target {
	const char *name;
	uint64_t map_id;
	uint32_t sample;
};

/**
 * prof_target_option() - take an option
 * @target: changed
 * @option: 'm' --map, 'i' --map-id, 's' --sample
 * @value: of the option
 *
 * Prints what is wrong; of another option getopt_long() has done so.
 *
 * Return: whether all is well.
 */
bool prof_target_option(struct prof_target *target, int option, const char *value);

/**
 * prof_target_id() - the map that shall be profiled
 * @target: what shall be profiled
 * @map_id: filled on success; 0 for all
 *
 * Prints what is wrong.
 *
 * Return: enum prof_exit.
 */
int prof_target_id(const struct prof_target *target, __u64 *map_id);

/**
 * prof_target_find() - the settings for a target
 * @target: what shall be profiled
 * @settings: filled on success: enabled
 *
 * Prints what is wrong.
 *
 * Return: enum prof_exit.
 */
int prof_target_find(const struct prof_target *target, struct prof_settings *settings);

/**
 * prof_target_check() - is the map that was profiled still there?
 * @target: what was profiled
 * @map_id: of prof_target_id()
 *
 * Prints one line if the map was destroyed meanwhile, or its name is another map's.
 */
void prof_target_check(const struct prof_target *target, uint64_t map_id);

#endif /* PROF_TARGET_H */
