/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * json_watch.h - what a profile of watchpoints has beside others, for programs
 */
#ifndef PROF_JSON_WATCH_H
#define PROF_JSON_WATCH_H

#include <jansson.h>
#include "profile/parse.h"
#include "profile/profile.h"

/**
 * prof_json_watch_add() - add it, if the source were watchpoints
 * @json: the whole profile, or NULL
 * @profile: the profile
 *
 * Return: @json; NULL if there is no memory.
 */
json_t *prof_json_watch_add(json_t *json, const struct prof_profile *profile);

/**
 * prof_json_watch_read() - read it, if it is there
 * @profile: changed
 * @whole: the whole profile
 */
void prof_json_watch_read(struct prof_profile *profile, const struct prof_node *whole);

#endif /* PROF_JSON_WATCH_H */
