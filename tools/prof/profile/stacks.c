// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * stacks.c - where a line moved from, in words
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "profile/names.h"
#include "profile/stacks.h"

#define OWN_FRAMES	8	/* the profiler's, at most */

/* The frames of a stack that are shown, from @first on. */
struct shown {
	const struct prof_frames *frames;
	uint32_t tgid;
	uint32_t first;
};

static bool is_library(const char *symbol)
{
	return symbol && (strstr(symbol, " [libc.so.") || strstr(symbol, " [libc-") ||
			  strstr(symbol, " [ld-linux"));
}

/*
 * From the function on that called the C library, which is in between in all of them;
 * a task of the kernel has the kernel's functions only.
 */
static struct shown stack_shown(const struct prof_profile *profile,
				const struct prof_stack_row *row)
{
	struct shown shown = {
		.frames = prof_profile_frames(profile, row->key.user),
		.tgid = row->key.tgid,
	};
	uint32_t i;

	if (!shown.frames || !shown.frames->count) {
		shown.frames = prof_profile_frames(profile, row->key.kernel);
		shown.tgid = 0;
		return shown;
	}
	for (i = 0; i < shown.frames->count; i++)
		if (!is_library(prof_profile_symbol(profile, shown.tgid,
						    shown.frames->address[i]))) {
			shown.first = i;
			break;
		}
	return shown;
}

static const char *address_name(uint64_t address, char *text)
{
	snprintf(text, PROF_NAME_ROOM, "0x%" PRIx64, address);
	return text;
}

const char *prof_line_by(const struct prof_profile *profile, const struct prof_line_row *line,
			 char *text)
{
	const struct prof_access_row *most = prof_line_code(line);
	const char *symbol;
	struct shown shown;

	if (most && most->key.address)
		return prof_code_name(profile, &most->key, text);
	if (!line->stack_count)
		return "-";
	shown = stack_shown(profile, &line->stacks[0]);
	if (!shown.frames || !shown.frames->count)
		return "-";
	symbol = prof_profile_symbol(profile, shown.tgid, shown.frames->address[shown.first]);
	return symbol ? symbol : address_name(shown.frames->address[shown.first], text);
}

/* A function without how far into it the instruction is; returns its length in @text. */
static size_t function_add(const char *symbol, const char *before, char *text, size_t room)
{
	const char *offset = strstr(symbol, "+0x"), *rest = "";
	int length = (int)strlen(symbol);

	if (offset) {
		length = (int)(offset - symbol);
		rest = offset + 3 + strspn(offset + 3, "0123456789abcdef");
	}
	return (size_t)snprintf(text, room, "%s%.*s%s", before, length, symbol, rest);
}

const char *prof_stack_name(const struct prof_profile *profile, const struct prof_stack_row *row,
			    char *text)
{
	struct shown shown = stack_shown(profile, row);
	uint32_t count = shown.frames ? shown.frames->count : 0, i;
	size_t used = 0;

	snprintf(text, PROF_STACK_ROOM, "-");
	for (i = shown.first; i < count; i++) {
		uint64_t address = shown.frames->address[i];
		const char *symbol = prof_profile_symbol(profile, shown.tgid, address);
		char name[PROF_NAME_ROOM];

		used += function_add(symbol ? symbol : address_name(address, name),
				     used ? " < " : "", text + used, PROF_STACK_ROOM - used);
		if (used >= PROF_STACK_ROOM) {
			strcpy(text + PROF_STACK_ROOM - 4, "...");
			break;
		}
	}
	return text;
}

/* What runs programs at tracepoints, and the programs themselves. */
static bool is_own(const char *symbol)
{
	static const char * const begins[] = { "bpf_trace_run", "bpf_prog_", "__bpf_trace_",
					       "__traceiter_", "bpf_get_stackid" };
	size_t i;

	for (i = 0; symbol && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(symbol, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* All up to the last one that is; the programs may have no names. */
static void frames_trim(const struct prof_profile *profile, struct prof_frames *frames)
{
	uint32_t own = 0, i;

	for (i = 0; i < frames->count && i < OWN_FRAMES; i++)
		if (is_own(prof_profile_symbol(profile, 0, frames->address[i])))
			own = i + 1;
	if (!own || own == frames->count)
		return;
	frames->count -= own;
	memmove(frames->address, frames->address + own, frames->count * sizeof(frames->address[0]));
}

void prof_stacks_trim(struct prof_profile *profile)
{
	size_t i;

	for (i = 0; i < profile->frames_count; i++)
		frames_trim(profile, &profile->frames[i]);
}
