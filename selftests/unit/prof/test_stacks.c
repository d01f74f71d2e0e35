// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_stacks.c - where a line moved from: who called, and not how the profiler was called
 */
#include <string.h>
#include "../tap.h"
#include "profile/stacks.h"

#define PID	9

/* By process and address. */
static struct prof_symbol symbols[] = {
	{ 0xf0, 0, "bpf_trace_run2+0x8a" },
	{ 0xf2, 0, "khmap_put_one+0x99 [khmap]" },
	{ 0xf3, 0, "do_syscall_64+0x5d" },
	{ 0x10, PID, "ioctl+0x3b [libc.so.6]" },
	{ 0x11, PID, "put_from+0x12 [writer]" },
	{ 0x13, PID, "0x1234 [writer]" },
};

static struct prof_frames frames[] = {
	{ .id = 0, .count = 4, .address = { 0xef, 0xf0, 0xf2, 0xf3 } },
	{ .id = 1, .count = 4, .address = { 0x10, 0x11, 0x12, 0x13 } },
	{ .id = 2, .count = 1, .address = { 0x10 } },
};

static struct prof_profile profile = {
	.symbols = symbols,
	.symbol_count = sizeof(symbols) / sizeof(symbols[0]),
	.frames = frames,
	.frames_count = sizeof(frames) / sizeof(frames[0]),
};

static void is_named(int32_t kernel, int32_t user, const char *by, const char *want)
{
	const struct prof_stack_row row = {
		.key = { .tgid = PID, .kernel = kernel, .user = user },
	};
	const struct prof_line_row line = { .stacks = &row, .stack_count = 1 };
	char text[PROF_STACK_ROOM];

	is_str(prof_stack_name(&profile, &row, text), want, "stack %d, %d", kernel, user);
	is_str(prof_line_by(&profile, &line, text), by, "its function");
}

static void test_names(void)
{
	const struct prof_access_row access = {
		.key = { .address = 0x11, .tgid = PID },
		.count = 1,
	};
	const struct prof_stack_row row = { .key = { .tgid = PID, .kernel = -1, .user = 2 } };
	const struct prof_line_row line = {
		.stacks = &row, .stack_count = 1, .accesses = &access, .access_count = 1,
	};
	char text[PROF_STACK_ROOM];

	is_named(0, 1, "put_from+0x12 [writer]", "put_from [writer] < 0x12 < 0x1234 [writer]");
	is_named(0, 2, "ioctl+0x3b [libc.so.6]", "ioctl [libc.so.6]");
	is_named(0, -1, "khmap_put_one+0x99 [khmap]", "khmap_put_one [khmap] < do_syscall_64");
	is_named(-1, -1, "-", "-");
	is_str(prof_line_by(&profile, &line, text), "put_from+0x12 [writer]",
	       "an instruction that is known comes first");
}

static void test_long(void)
{
	static char name[300];
	struct prof_symbol long_symbol = { 0x10, PID, name };
	struct prof_frames many = { .id = 0, .count = 5,
				    .address = { 0x10, 0x10, 0x10, 0x10, 0x10 } };
	const struct prof_profile large = {
		.symbols = &long_symbol, .symbol_count = 1, .frames = &many, .frames_count = 1,
	};
	const struct prof_stack_row row = { .key = { .tgid = PID, .kernel = -1, .user = 0 } };
	char text[PROF_STACK_ROOM];

	memset(name, 'x', sizeof(name) - 1);
	prof_stack_name(&large, &row, text);
	is_u64(strlen(text), PROF_STACK_ROOM - 1, "a stack that is too long");
	is_str(text + PROF_STACK_ROOM - 4, "...", "ends in dots");
}

static void test_trim(void)
{
	prof_stacks_trim(&profile);
	is_u64(frames[0].count, 2, "the profiler's frames are gone, one without a name too");
	is_u64(frames[0].address[0], 0xf2, "the module's function is the innermost");
	is_u64(frames[1].count, 4, "others are as they were");
	prof_stacks_trim(&profile);
	is_u64(frames[0].count, 2, "nothing is left to go");
}

int main(void)
{
	test_trim();
	test_names();
	test_long();
	return done();
}
