/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * profiles.h - the kept profiles, and what tests do with them
 */
#ifndef PROF_PROFILES_H
#define PROF_PROFILES_H

#include "profile/profile.h"

/* Where they are; tests run in their own folder. */
#define PROFILES	"profiles/"

/**
 * file_text() - all of a file
 * @path: of the file
 * @size: filled; or NULL
 *
 * Return: for free(), with a NUL behind; ends the test if there is no such file.
 */
char *file_text(const char *path, size_t *size);

/**
 * profile_parse() - read a profile out of a text
 * @text: JSON
 * @profile: filled
 * @mistake: of PROF_MISTAKE_ROOM
 *
 * Return: of prof_json_read().
 */
int profile_parse(const char *text, struct prof_profile *profile, char *mistake);

/**
 * profile_load() - read a kept profile
 * @name: of the file, without its ending
 * @profile: filled; ends the test on failure
 */
void profile_load(const char *name, struct prof_profile *profile);

/**
 * text_replace() - a text with another part
 * @text: a text
 * @part: of it, in one place at least
 * @by: what stands in the first one's place
 *
 * Return: for free(); ends the test if @part is not there.
 */
char *text_replace(const char *text, const char *part, const char *by);

#endif /* PROF_PROFILES_H */
