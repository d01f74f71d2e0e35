// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * kallsyms.c - the kernel's functions, its modules' among them
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "prof.h"
#include "source/kallsyms.h"

#define KALLSYMS	"/proc/kallsyms"
#define READ_AT_ONCE	(1u << 20)

static int file_read(const char *path, char **text)
{
	size_t room = READ_AT_ONCE, used = 0;
	char *all = prof_alloc(room, 1);
	ssize_t length;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (length = read(fd, all + used, room - used - 1)) > 0) {
		used += (size_t)length;
		if (room - used < 2) {
			char *grown = prof_alloc(room, 2);

			memcpy(grown, all, used);
			free(all);
			all = grown;
			room *= 2;
		}
	}
	err = fd < 0 || length < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (err)
		free(all);
	else
		*text = all;
	return err;
}

static int function_compare(const void *a, const void *b)
{
	const struct prof_kernel_function *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

/* "ffffffffc0401230 t khmap_put	[khmap]"; false if it is no function. */
static bool line_parse(char *line, struct prof_kernel_function *function)
{
	char *end, *module;

	function->address = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !strchr("tTwW", end[1]) || end[2] != ' ')
		return false;
	function->name = end + 3;
	function->module = "";
	module = strchr(end + 3, '\t');
	if (module) {
		*module++ = '\0';
		module += *module == '[';
		module[strcspn(module, "]")] = '\0';
		function->module = module;
	}
	return true;
}

int prof_kallsyms_read(struct prof_kallsyms *kallsyms)
{
	size_t lines = 0, i;
	char *text, *line, *rest;
	int err;

	err = file_read(KALLSYMS, &text);
	if (err)
		return err;
	for (i = 0; text[i]; i++)
		lines += text[i] == '\n';
	*kallsyms = (struct prof_kallsyms){
		.functions = prof_alloc(lines + 1, sizeof(*kallsyms->functions)),
		.text = text,
	};
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (line_parse(line, &kallsyms->functions[kallsyms->count]))
			kallsyms->count++;
	qsort(kallsyms->functions, kallsyms->count, sizeof(*kallsyms->functions),
	      function_compare);
	/* Without rights all are at 0. */
	if (kallsyms->count && kallsyms->functions[kallsyms->count - 1].address)
		return 0;
	prof_kallsyms_free(kallsyms);
	return -EPERM;
}

const struct prof_kernel_function *prof_kallsyms_find(const struct prof_kallsyms *kallsyms,
						      uint64_t address)
{
	size_t low = 0, high = kallsyms->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kallsyms->functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &kallsyms->functions[low - 1] : NULL;
}

void prof_kallsyms_free(struct prof_kallsyms *kallsyms)
{
	free(kallsyms->functions);
	free(kallsyms->text);
	*kallsyms = (struct prof_kallsyms){ 0 };
}
