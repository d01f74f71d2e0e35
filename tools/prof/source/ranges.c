// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * ranges.c - addresses of a process, that a user names to have them watched
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "source/elf.h"
#include "source/fields.h"
#include "source/mappings.h"
#include "source/ranges.h"

/* The range of a name, or a new one; NULL if there is no room. */
static struct prof_range *range_get(struct prof_ranges *ranges, const char *name)
{
	struct prof_range *range;
	uint32_t i;

	if (ranges->piece_count == PROF_RANGES_MAX) {
		prof_error("there are more than %u ranges", PROF_RANGES_MAX);
		return NULL;
	}
	for (i = 0; *name && i < ranges->count; i++)
		if (!strcmp(ranges->ranges[i].name, name))
			return &ranges->ranges[i];
	if (strlen(name) >= PROF_RANGE_NAME) {
		prof_error("the name \"%s\" is longer than %u bytes", name, PROF_RANGE_NAME - 1);
		return NULL;
	}
	range = &ranges->ranges[ranges->count++];
	range->start = UINT64_MAX;
	strcpy(range->name, name);
	return range;
}

static void range_stretch(struct prof_range *range, const struct prof_piece *piece)
{
	if (piece->start < range->start)
		range->start = piece->start;
	if (piece->start + piece->length > range->end)
		range->end = piece->start + piece->length;
}

static void piece_add(struct prof_ranges *ranges, struct prof_range *range, uint64_t start,
		      uint64_t length)
{
	ranges->pieces[ranges->piece_count++] = (struct prof_piece){
		.range = (uint32_t)(range - ranges->ranges),
		.start = start,
		.length = length,
	};
	range_stretch(range, &ranges->pieces[ranges->piece_count - 1]);
}

/* START+LENGTH, and where it ended; false if it is something else. */
static bool span_parse(const char *text, uint64_t *start, uint64_t *length, char **end)
{
	errno = 0;
	*start = strtoull(text, end, 0);
	if (errno || !isdigit((unsigned char)*text) || **end != '+')
		return false;
	text = *end + 1;
	*length = strtoull(text, end, 0);
	return !errno && isdigit((unsigned char)*text);
}

static bool length_check(uint64_t start, uint64_t length)
{
	if (length && length <= PROF_RANGE_BYTES && start + length > start)
		return true;
	if (length && length <= PROF_RANGE_BYTES) {
		prof_error("a range of %" PRIu64 " bytes at 0x%" PRIx64 " goes beyond the last address",
			   length, start);
		return false;
	}
	prof_error("a range has 1 to %u bytes, not %" PRIu64
		   ": a processor watches at most 32 at a time", PROF_RANGE_BYTES, length);
	return false;
}

bool prof_ranges_add(struct prof_ranges *ranges, const char *text)
{
	struct prof_range *range;
	uint64_t start, length;
	char *end;

	if (!span_parse(text, &start, &length, &end) || (*end && *end != ':')) {
		prof_error("--range needs START+LENGTH[:NAME], like 0x7f0012345680+64:counters, not \"%s\"",
			   text);
		return false;
	}
	if (!length_check(start, length))
		return false;
	range = range_get(ranges, *end ? end + 1 : "");
	if (range)
		piece_add(ranges, range, start, length);
	return range;
}

bool prof_ranges_add_symbol(struct prof_ranges *ranges, const char *text)
{
	const char *colon = strchrnul(text, ':');
	char name[PROF_RANGE_NAME + 1], *end;
	uint64_t start = 0, length = 0;
	struct prof_range *range;

	if (colon == text || (*colon && (!span_parse(colon + 1, &start, &length, &end) || *end))) {
		prof_error("--symbol needs NAME[:OFFSET+LENGTH], of a variable, not \"%s\"", text);
		return false;
	}
	if (*colon && !length_check(start, length))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
	range = range_get(ranges, name);
	if (!range)
		return false;
	range->symbol = true;
	piece_add(ranges, range, start, length);
	return true;
}

/* A file of the process, as seen from its root; false if there is none. */
static bool file_path(pid_t pid, const char *path, char *text, size_t size)
{
	if (path[0] != '/' || !strncmp(path, "//", 2))
		return false;
	return snprintf(text, size, "/proc/%d/root%s", pid, path) < (int)size;
}

/* Now that it is known where the variable is; false if it has not all of them. */
static bool pieces_place(struct prof_ranges *ranges, struct prof_range *range, uint64_t start,
			 uint64_t size)
{
	struct prof_piece *piece = ranges->pieces, *end = piece + ranges->piece_count;

	range->start = UINT64_MAX;
	range->end = 0;
	for (; piece < end; piece++) {
		if (piece->range != (uint32_t)(range - ranges->ranges))
			continue;
		if (!piece->length)
			piece->length = size;
		if (!piece->length || piece->length > size || piece->start > size - piece->length)
			return false;
		piece->start += start;
		range_stretch(range, piece);
	}
	return true;
}

/*
 * Look for a variable in the file that is mapped at @mapping.  Returns 0 if it
 * is there, else as prof_elf_object().
 */
static int symbol_in_file(struct prof_ranges *ranges, struct prof_range *range,
			  const struct prof_mapping *mapping)
{
	struct prof_elf_object object;
	uint64_t address, start;
	struct prof_elf *elf;
	char path[4096];
	int err;

	if (!file_path(ranges->pid, mapping->path, path, sizeof(path)))
		return -ENOENT;
	elf = prof_elf_open(path, 0);
	if (!elf)
		return -ENOENT;
	err = prof_elf_object(elf, range->name, &object);
	if (!err && !prof_elf_address(elf, mapping->offset, &address))
		err = -ENOENT;
	prof_elf_close(elf);
	if (err)
		return err;
	start = mapping->start - address + object.address;
	if (!pieces_place(ranges, range, start, object.size))
		return -ERANGE;
	range->fields = prof_fields_open(path, range->name);
	range->fields_start = start;
	return 0;
}

static int symbol_error(const struct prof_ranges *ranges, const char *name, int err)
{
	switch (err) {
	case -ENOENT:
		prof_error("no file that process %d has mapped has a variable \"%s\": was it stripped, or is the library not loaded yet?",
			   ranges->pid, name);
		break;
	case -EISDIR:
		prof_error("\"%s\" is a function, no variable", name);
		break;
	case -EREMOTE:
		prof_error("each thread has a \"%s\" of its own: give addresses by --range", name);
		break;
	case -ENOTUNIQ:
		prof_error("there are several variables \"%s\": give addresses with --range", name);
		break;
	default:
		prof_error("the variable \"%s\" has no such bytes: its file says that it is smaller, or not how large",
			   name);
		break;
	}
	return PROF_EXIT_NO_RANGE;
}

static int symbol_find(struct prof_ranges *ranges, struct prof_range *range,
		       const struct prof_mappings *mappings)
{
	const struct prof_mapping *row = mappings->rows, *end = row + mappings->count;
	const char *last = "";
	int worst = -ENOENT;

	/* The executable comes first; of each file, its first mapping. */
	for (; row < end; row++) {
		int err;

		if (!strcmp(row->path, last))
			continue;
		last = row->path;
		err = symbol_in_file(ranges, range, row);
		if (!err)
			return PROF_EXIT_OK;
		if (err != -ENOENT)
			worst = err;
	}
	return symbol_error(ranges, range->name, worst);
}

/* All of a piece must be mapped, to whatever. */
static int piece_check(const struct prof_ranges *ranges, const struct prof_piece *piece,
		       const struct prof_mappings *mappings)
{
	uint64_t at = piece->start;

	while (at < piece->start + piece->length) {
		const struct prof_mapping *mapping = prof_mappings_find(mappings, ranges->pid, at);

		if (!mapping) {
			prof_error("process %d has nothing at 0x%" PRIx64
				   ": see /proc/%d/maps", ranges->pid, at, ranges->pid);
			return PROF_EXIT_NO_RANGE;
		}
		at = mapping->end;
	}
	return PROF_EXIT_OK;
}

static int overlap_check(const struct prof_ranges *ranges)
{
	uint32_t i, k;

	for (i = 0; i < ranges->piece_count; i++)
		for (k = 0; k < i; k++) {
			const struct prof_piece *a = &ranges->pieces[i], *b = &ranges->pieces[k];

			if (a->start < b->start + b->length && b->start < a->start + a->length) {
				prof_error("two ranges have the bytes at 0x%" PRIx64 ": give each once",
					   a->start > b->start ? a->start : b->start);
				return PROF_EXIT_USAGE;
			}
		}
	return PROF_EXIT_OK;
}

/* Of a thread, the process that it is of; else the process. */
static pid_t process_of(pid_t pid)
{
	char path[64], line[128];
	pid_t process = pid;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %d", &process) == 1)
			break;
	if (file)
		fclose(file);
	return process;
}

/* Why the addresses of a process cannot be had. */
static int process_error(pid_t pid, int err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (err == -ENOENT || err == -ESRCH) {
		if (access(path, F_OK))
			prof_error("there is no process %d", pid);
		else
			prof_error("process %d is one of the kernel's, or has ended: it has no addresses of its own",
				   pid);
		return PROF_EXIT_NO_RANGE;
	}
	if (err == -EACCES || err == -EPERM) {
		prof_error("the addresses of process %d cannot be read: %s: run this as root, or as its user, or with CAP_SYS_PTRACE",
			   pid, strerror(-err));
		return PROF_EXIT_NOT_PERMITTED;
	}
	prof_error("the addresses of process %d cannot be read: %s", pid, strerror(-err));
	return PROF_EXIT_FAILED;
}

static int process_check(pid_t pid)
{
	pid_t process = process_of(pid);

	if (process == pid)
		return PROF_EXIT_OK;
	prof_error("%d is a thread of process %d: give that", pid, process);
	return PROF_EXIT_NO_RANGE;
}

int prof_ranges_find(struct prof_ranges *ranges)
{
	struct prof_mappings mappings = { 0 };
	uint64_t bytes = 0;
	int status, err;
	uint32_t i;

	err = prof_mappings_read(&mappings, ranges->pid);
	status = err ? process_error(ranges->pid, err) : process_check(ranges->pid);
	for (i = 0; !status && i < ranges->count; i++)
		if (ranges->ranges[i].symbol)
			status = symbol_find(ranges, &ranges->ranges[i], &mappings);
	for (i = 0; !status && i < ranges->piece_count; i++) {
		status = piece_check(ranges, &ranges->pieces[i], &mappings);
		bytes += ranges->pieces[i].length;
	}
	if (!status)
		status = overlap_check(ranges);
	if (!status && bytes > PROF_RANGE_BYTES) {
		prof_error("the ranges have %" PRIu64 " bytes together, more than %u", bytes,
			   PROF_RANGE_BYTES);
		status = PROF_EXIT_USAGE;
	}
	prof_mappings_free(&mappings);
	return status;
}

void prof_ranges_free(struct prof_ranges *ranges)
{
	uint32_t i;

	for (i = 0; i < ranges->count; i++)
		prof_fields_close(ranges->ranges[i].fields);
}
