// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_topology.c - lists of CPUs, and two CPUs of different cores
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source/topology.h"
#include "../tap.h"

static void list_is(const char *text, int result, int count, int highest)
{
	cpu_set_t cpus;
	char line[16];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	is_i64(prof_cpu_list(text, &cpus), result, "\"%s\" is %sa list", line,
	       result ? "not " : "");
	if (result)
		return;
	is_i64(CPU_COUNT(&cpus), count, "\"%s\": how many", line);
	ok(CPU_ISSET(highest, &cpus), "\"%s\": the highest",
	   line);
}

static void test_lists(void)
{
	list_is("0", 0, 1, 0);
	list_is("0-3,8\n", 0, 5, 8);
	list_is("1,3,5-6", 0, 4, 6);
	list_is("1023", 0, 1, 1023);
	list_is("", -EINVAL, 0, 0);
	list_is("1024", -EINVAL, 0, 0);
	list_is("3-1", -EINVAL, 0, 0);
	list_is("0,", -EINVAL, 0, 0);
	list_is("0-", -EINVAL, 0, 0);
	list_is("0 1", -EINVAL, 0, 0);
	list_is("0\n\n", -EINVAL, 0, 0);
	list_is("99999999999999999999", -EINVAL, 0, 0);
}

/* A folder as of /sys, whose CPUs have these siblings. */
static void folder_make(char *folder, const char *const *siblings, int count)
{
	char path[128];
	FILE *file;
	int cpu;

	for (cpu = 0; cpu < count; cpu++) {
		snprintf(path, sizeof(path), "%s/cpu%d", folder, cpu);
		mkdir(path, 0700);
		snprintf(path, sizeof(path), "%s/cpu%d/topology", folder, cpu);
		mkdir(path, 0700);
		snprintf(path, sizeof(path), "%s/cpu%d/topology/thread_siblings_list", folder, cpu);
		file = fopen(path, "w");
		fprintf(file, "%s\n", siblings[cpu]);
		fclose(file);
	}
}

static void folder_remove(const char *folder)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	ok(!system(command), "%s is removed", "the folder");
}

static void pair_is(const char *allowed, const char *folder, int first, int second, bool one_core)
{
	struct prof_pair pair;
	cpu_set_t cpus;

	prof_cpu_list(allowed, &cpus);
	is_i64(prof_pair_choose(&cpus, folder, &pair), 0, "of %s a pair", allowed);
	ok(pair.cpu[0] == first && pair.cpu[1] == second, "of %s: %d and %d", allowed, first,
	   second);
	ok(pair.one_core == one_core, "of %s: one core or two", allowed);
}

static void test_pairs(void)
{
	static const char * const siblings[] = { "0-1", "0-1", "2-3", "2-3" };
	char folder[] = "/tmp/test_topology.XXXXXX";
	struct prof_pair pair;
	cpu_set_t one;

	if (!mkdtemp(folder))
		return;
	folder_make(folder, siblings, 4);
	pair_is("0-3", folder, 0, 2, false);
	pair_is("1-3", folder, 1, 2, false);
	pair_is("0-1", folder, 0, 1, true);
	pair_is("3,5", folder, 3, 5, false);
	prof_cpu_list("2", &one);
	is_i64(prof_pair_choose(&one, folder, &pair), -ENODEV, "one is no pair");
	CPU_ZERO(&one);
	is_i64(prof_pair_choose(&one, folder, &pair), -ENODEV, "none is no pair");
	folder_remove(folder);
	/* Each a core by itself, if nobody says otherwise. */
	pair_is("0-3", folder, 0, 1, false);
}

int main(void)
{
	test_lists();
	test_pairs();
	return done();
}
