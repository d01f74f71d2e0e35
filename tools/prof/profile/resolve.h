/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * resolve.h - names for the addresses of a profile
 */
#ifndef PROF_RESOLVE_H
#define PROF_RESOLVE_H

#include "profile/profile.h"
#include "source/symbols.h"

/**
 * prof_profile_resolve() - find the names of all instructions of a profile
 * @profile: its symbols are filled
 * @symbols: opened before it was recorded
 *
 * Called as soon as the profile has been read: processes end.
 */
void prof_profile_resolve(struct prof_profile *profile, struct prof_symbols *symbols);

#endif /* PROF_RESOLVE_H */
