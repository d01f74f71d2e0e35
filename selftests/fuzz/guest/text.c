// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * text.c - programs as lines of text, and back
 *
 *	put on=8003 at=0 size=28 key=12345678 key_size=8000000000000000
 *	...
 *	end
 *
 * Numbers are hexadecimal.  What is zero is left out.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define LINE_MAX_BYTES	1024

static void print_call(FILE *to, const struct fuzz_call *call)
{
	const struct fuzz_op *op = &fuzz_ops[call->op];
	uint32_t i;

	fprintf(to, "%s on=%x at=%" PRIx64, op->name, call->on, call->at);
	for (i = 0; i < op->count; i++)
		if (call->field[i])
			fprintf(to, " %s=%" PRIx64, op->fields[i].name, call->field[i]);
	fputc('\n', to);
}

void fuzz_print(FILE *to, const struct fuzz_program *program)
{
	uint32_t i;

	for (i = 0; i < program->count; i++)
		print_call(to, &program->call[i]);
	fputs("end\n", to);
}

static bool parse_field(const struct fuzz_op *op, const char *name, uint64_t value,
			struct fuzz_call *call)
{
	uint32_t i;

	if (!strcmp(name, "on")) {
		call->on = (uint16_t)value;
		return true;
	}
	if (!strcmp(name, "at")) {
		call->at = value;
		return true;
	}
	for (i = 0; i < op->count; i++) {
		if (!strcmp(name, op->fields[i].name)) {
			call->field[i] = value;
			return true;
		}
	}
	return false;
}

static bool parse_call(char *line, struct fuzz_call *call)
{
	char *save, *word = strtok_r(line, " ", &save);
	const struct fuzz_op *op = word ? fuzz_op_named(word) : NULL;

	if (!op)
		return false;
	memset(call, 0, sizeof(*call));
	call->op = (uint16_t)(op - fuzz_ops);
	while ((word = strtok_r(NULL, " ", &save))) {
		char *number = strchr(word, '='), *end;
		uint64_t value;

		if (!number)
			return false;
		*number++ = '\0';
		value = strtoull(number, &end, 16);
		if (*end || !parse_field(op, word, value, call))
			return false;
	}
	return true;
}

/* 1 for a program, 0 for the end, -EINVAL for something else, which is told. */
int fuzz_parse(FILE *from, struct fuzz_program *program)
{
	char line[LINE_MAX_BYTES], copy[LINE_MAX_BYTES];

	program->count = 0;
	while (fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		if (!strcmp(line, "end"))
			return 1;
		strcpy(copy, line);
		if (program->count == FUZZ_CALLS ||
		    !parse_call(copy, &program->call[program->count])) {
			fprintf(stderr, "not a call, or one too many: %s\n", line);
			return -EINVAL;
		}
		program->count++;
	}
	return program->count ? 1 : 0;
}
