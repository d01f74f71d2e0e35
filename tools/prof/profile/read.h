/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * read.h - a profile out of its JSON
 */
#ifndef PROF_READ_H
#define PROF_READ_H

#include <stdio.h>
#include "profile/profile.h"

#define PROF_MISTAKE_ROOM	512

/**
 * prof_json_read() - a profile out of its JSON
 * @in: where from; read to its end
 * @profile: filled and sorted; for prof_profile_free(), on failure too
 * @mistake: of PROF_MISTAKE_ROOM; filled on failure: what is wrong, and where
 *
 * What it cannot make use of it refuses; members that it does not know it
 * ignores, and so it does with those that follow from others.
 *
 * Return: 0; -EINVAL it is no profile of this format; -EIO @in could not be read.
 */
int prof_json_read(FILE *in, struct prof_profile *profile, char *mistake);

#endif /* PROF_READ_H */
