// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cpu.c - which processor this is, from /proc/cpuinfo
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "perf/cpu.h"

/* What stands behind "NAME : "; NULL if the line is about something else. */
static const char *line_value(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length))
		return NULL;
	line += length;
	while (*line == ' ' || *line == '\t')
		line++;
	if (*line != ':')
		return NULL;
	line++;
	while (*line == ' ' || *line == '\t')
		line++;
	return line;
}

static bool line_number(const char *line, const char *name, unsigned int *number)
{
	const char *value = line_value(line, name);

	if (!value || !isdigit((unsigned char)value[0]))
		return false;
	*number = (unsigned int)strtoul(value, NULL, 0);
	return true;
}

static void vendor_set(struct prof_cpu *cpu, const char *value)
{
	static const struct {
		const char *name;
		enum prof_vendor vendor;
	} vendors[] = {
		{ "GenuineIntel", PROF_VENDOR_INTEL },
		{ "AuthenticAMD", PROF_VENDOR_AMD },
		{ "HygonGenuine", PROF_VENDOR_AMD },
	};
	size_t i;

	snprintf(cpu->name, sizeof(cpu->name), "%.*s", (int)strcspn(value, " \t\n"), value);
	for (i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
		if (!strcmp(cpu->name, vendors[i].name))
			cpu->vendor = vendors[i].vendor;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	while (*words) {
		size_t here = strcspn(words, " \t\n");

		if (here == length && !strncmp(words, word, length))
			return true;
		words += here;
		words += strspn(words, " \t\n");
	}
	return false;
}

static void line_take(struct prof_cpu *cpu, const char *line)
{
	const char *value;

	value = line_value(line, "vendor_id");
	if (value)
		vendor_set(cpu, value);
	value = line_value(line, "flags");
	if (value && has_word(value, "hypervisor"))
		cpu->virtual = true;
	if (line_number(line, "CPU implementer", &cpu->family)) {
		cpu->vendor = PROF_VENDOR_ARM;
		snprintf(cpu->name, sizeof(cpu->name), "Arm");
	}
	line_number(line, "CPU part", &cpu->model);
	line_number(line, "cpu family", &cpu->family);
	line_number(line, "model", &cpu->model);
}

int prof_cpu_read(const char *path, struct prof_cpu *cpu)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	if (!file)
		return -errno;
	*cpu = (struct prof_cpu){ 0 };
	while (getline(&line, &room, file) > 0) {
		/* An empty line ends the first processor. */
		if (line[0] == '\n' && cpu->name[0])
			break;
		line_take(cpu, line);
	}
	if (ferror(file))
		err = -EIO;
	else if (!cpu->name[0])
		err = -EINVAL;
	free(line);
	fclose(file);
	return err;
}

void prof_cpu_words(const struct prof_cpu *cpu, char *text, size_t size)
{
	if (cpu->vendor == PROF_VENDOR_ARM)
		snprintf(text, size, "Arm, implementer 0x%02x, part 0x%03x", cpu->family,
			 cpu->model);
	else if (cpu->name[0])
		snprintf(text, size, "%s, family %u, model %u%s", cpu->name, cpu->family,
			 cpu->model, cpu->virtual ? ", in a virtual machine" : "");
	else
		snprintf(text, size, "not known");
}
