/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h - what befalls the machine of a soak
 *
 * All return 0 or -errno where nothing else is said.
 */
#ifndef _SOAK_MACHINE_H
#define _SOAK_MACHINE_H

#include <stdbool.h>
#include <sys/types.h>

int soak_load(void);
int soak_unload(void);
bool soak_cgroups(void);			/* are there any? */
void soak_cgroups_remove(void);
int soak_cgroup_enter(const char *folder);
int soak_limit(long long bytes);		/* negative: none */
bool soak_cpu(bool online);			/* done? */
pid_t soak_hog(bool over_limit);

#define SOAK_HOG_LOST	2	/* its exit status if it does not get into its cgroup */

#endif /* _SOAK_MACHINE_H */
