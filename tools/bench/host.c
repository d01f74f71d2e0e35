// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * host.c - on what, and of what, the figures were made
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define LINE	4096

static void host_first_line(const char *path, char *line)
{
	FILE *file = fopen(path, "r");

	line[0] = 0;
	if (!file)
		return;
	if (fgets(line, LINE, file))
		line[strcspn(line, "\n")] = 0;
	fclose(file);
}

/* What /proc/cpuinfo says of the first processor. */
static void host_cpu_field(const char *field, char *value)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[LINE];

	strcpy(value, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (colon && !strncmp(line, field, strlen(field)) && colon[1] == ' ') {
			line[strcspn(line, "\n")] = 0;
			strcpy(value, colon + 2);
			break;
		}
	}
	if (file)
		fclose(file);
}

json_t *host_load(void)
{
	double load[3] = { -1, -1, -1 };

	if (getloadavg(load, 3) != 3)
		return json_null();
	return json_pack("[f, f, f]", load[0], load[1], load[2]);
}

json_t *host_describe(const char *revision, const char *flags, json_t *versions)
{
	char date[32], model[LINE], features[LINE], huge[LINE];
	time_t now = time(NULL);
	struct utsname kernel;

	if (uname(&kernel)) {
		perror("bench: uname");
		exit(1);
	}
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	host_cpu_field("model name", model);
	host_cpu_field("flags", features);
	host_first_line("/sys/kernel/mm/transparent_hugepage/enabled", huge);
	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:s}",
			 "date", date, "revision", revision, "cpu", model,
			 "virtual", !!strstr(features, "hypervisor"),
			 "processors", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
			 "l2_bytes", (json_int_t)sysconf(_SC_LEVEL2_CACHE_SIZE),
			 "l3_bytes", (json_int_t)sysconf(_SC_LEVEL3_CACHE_SIZE),
			 "memory_bytes",
			 (json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE),
			 "kernel", kernel.release, "machine", kernel.machine, "huge_pages", huge,
			 "compiler", "gcc " __VERSION__, "versions", versions, "flags", flags);
}

int host_write(const json_t *root, const char *path)
{
	if (!json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(8)))
		return 0;
	fprintf(stderr, "bench: %s: cannot be written\n", path);
	return -1;
}
