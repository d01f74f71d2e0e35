/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_names.h - names for what lies in the records of maps
 */
#ifndef PROF_RECORD_NAMES_H
#define PROF_RECORD_NAMES_H

#include "profile/profile.h"

/**
 * prof_record_names() - name the fields that instructions accessed
 * @profile: its maps are known; accesses to their keys and values are named
 *
 * Of maps that are there, have a name and a schema, and may be opened.
 */
void prof_record_names(struct prof_profile *profile);

#endif /* PROF_RECORD_NAMES_H */
