/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm_flag.h - what the kernel says of a mapping in /proc/self/smaps
 */
#ifndef _VM_FLAG_H
#define _VM_FLAG_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * Is a flag among VmFlags of what is mapped at an address?  1 or 0; -1 if nothing is
 * mapped there.
 */
static inline int vm_flag(const void *at, const char *flag)
{
	unsigned long start, end, address = (uintptr_t)at;
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[512], word[8];
	int found = -1, here = 0;

	snprintf(word, sizeof(word), " %s ", flag);
	while (file && found < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= address && address < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			found = !!strstr(line, word);
	}
	if (file)
		fclose(file);
	return found;
}

#endif /* _VM_FLAG_H */
