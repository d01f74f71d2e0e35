/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * machine.h - where and when a profile is recorded
 */
#ifndef PROF_MACHINE_H
#define PROF_MACHINE_H

#include "profile/profile.h"

/**
 * prof_machine_read() - note the tool, the machine and the time
 * @profile: its @tool, @machine and @began are filled
 */
void prof_machine_read(struct prof_profile *profile);

#endif /* PROF_MACHINE_H */
