// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * folded.c - call stacks as lines of text, for flame graphs
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "profile/report.h"

/* A stack as text, and what came from there. */
struct folded {
	char *text;
	uint64_t transfers;
};

/*
 * Without how far into the function the instruction is.  Semicolons divide
 * functions and a blank ends them, so that none may have one.
 */
static void function_print(const char *name, FILE *out)
{
	const char *offset = strstr(name, "+0x");

	for (; *name; name++) {
		if (name == offset)
			name += 3 + strspn(name + 3, "0123456789abcdef");
		if (!*name)
			return;
		fputc(*name == ';' || *name == ' ' ? '_' : *name, out);
	}
}

/* From the outermost to the innermost. */
static void frames_print(const struct prof_profile *profile, uint32_t tgid, int32_t id,
			 const char *suffix, FILE *out)
{
	const struct prof_frames *frames = prof_profile_frames(profile, id);
	uint32_t i;

	for (i = frames ? frames->count : 0; i; i--) {
		uint64_t address = frames->address[i - 1];
		const char *symbol = prof_profile_symbol(profile, tgid, address);

		fputc(';', out);
		if (symbol)
			function_print(symbol, out);
		else
			fprintf(out, "0x%" PRIx64, address);
		fputs(suffix, out);
	}
}

static int stack_fold(const struct prof_profile *profile, const struct prof_stack_row *row,
		      struct folded *folded)
{
	size_t size;
	FILE *out = open_memstream(&folded->text, &size);

	if (!out)
		return -1;
	function_print(row->count.command[0] ? row->count.command : "?", out);
	frames_print(profile, row->key.tgid, row->key.user, "", out);
	frames_print(profile, 0, row->key.kernel, "_[k]", out);
	folded->transfers = row->count.transfers;
	return fclose(out) ? -1 : 0;
}

static int folded_compare(const void *a, const void *b)
{
	const struct folded *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Stacks of several lines, or of several places of a function, may be one. */
static void folded_print(const struct folded *folded, size_t count, FILE *out)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		sum += folded[i].transfers;
		if (i + 1 < count && !folded_compare(&folded[i], &folded[i + 1]))
			continue;
		fprintf(out, "%s %" PRIu64 "\n", folded[i].text, sum);
		sum = 0;
	}
}

int prof_folded_write(const struct prof_profile *profile, FILE *out)
{
	struct folded *folded = prof_alloc(profile->stack_count, sizeof(*folded));
	size_t i, j, count = 0;
	int err = 0;

	for (i = 0; !err && i < profile->line_count; i++)
		for (j = 0; !err && j < profile->lines[i].stack_count; j++)
			if (profile->lines[i].stacks[j].count.transfers)
				err = stack_fold(profile, &profile->lines[i].stacks[j],
						 &folded[count++]);
	if (!err && count) {
		qsort(folded, count, sizeof(*folded), folded_compare);
		folded_print(folded, count, out);
	}
	for (i = 0; i < count; i++)
		free(folded[i].text);
	free(folded);
	return err ? -ENOMEM : 0;
}
