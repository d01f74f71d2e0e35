// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * symbols.c - names for the addresses of instructions
 *
 * The kernel's come from /proc/kallsyms.  One of a process leads by its mappings
 * to a place in a file, and by the file's symbols to a name.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/elf.h"
#include "source/kallsyms.h"
#include "source/mapping_events.h"
#include "source/symbols.h"

#define PARENTS_MAX	64	/* whose mappings are looked at, should there be a circle */
#define FUNCTION_MAX	(1u << 20)	/* what is farther from its start is in none */

struct file {
	char *path;
	uint64_t inode;
	struct prof_elf *elf;	/* NULL if it has no symbols for us */
};

struct prof_symbols {
	struct prof_mapping_events *events;
	struct prof_mappings mappings;
	bool kernel_tried;
	struct prof_kallsyms kernel;
	struct file *files;
	size_t file_count;
	pid_t *read;		/* processes whose present mappings are known */
	size_t read_count;
	uint64_t lost;		/* events of mappings */
};

struct prof_symbols *prof_symbols_open(void)
{
	struct prof_symbols *symbols = prof_alloc(1, sizeof(*symbols));
	int err;

	err = prof_mapping_events_open(&symbols->events);
	/* Who may not listen may not profile either, and is told so then. */
	if (err && err != -EACCES && err != -EPERM)
		prof_error("addresses of processes that end will have no names: mappings cannot be listened to: %s",
			   strerror(-err));
	return symbols;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *name_make(const char *function, uint64_t offset, const char *object)
{
	char *name;
	int length;

	if (!function)
		length = asprintf(&name, "0x%" PRIx64 " [%s]", offset, object);
	else if (object[0])
		length = asprintf(&name, "%s+0x%" PRIx64 " [%s]", function, offset, object);
	else
		length = asprintf(&name, "%s+0x%" PRIx64, function, offset);
	return length < 0 ? NULL : name;
}

static char *kernel_name(struct prof_symbols *symbols, uint64_t address)
{
	const struct prof_kernel_function *function;
	int err;

	if (!symbols->kernel_tried) {
		symbols->kernel_tried = true;
		err = prof_kallsyms_read(&symbols->kernel);
		if (err == -EPERM)
			prof_error("the kernel's functions have no names: it hides their addresses (sysctl kernel.kptr_restrict, or CAP_SYSLOG is missing)");
		else if (err)
			prof_error("the kernel's functions have no names: /proc/kallsyms: %s",
				   strerror(-err));
	}
	function = prof_kallsyms_find(&symbols->kernel, address);
	if (!function || address - function->address >= FUNCTION_MAX)
		return NULL;
	return name_make(function->name, address - function->address, function->module);
}

static void *array_grow(void *array, size_t count, size_t size)
{
	void *grown;

	/* Whenever it has as many elements as a power of two. */
	if (count & (count - 1))
		return array;
	grown = prof_alloc(count ? count * 2 : 1, size);
	if (count)
		memcpy(grown, array, count * size);
	free(array);
	return grown;
}

/*
 * By its path, as the process may have ended.  A file that has been replaced since,
 * or that has this path in a container only, is another one.
 */
static const struct prof_elf *file_elf(struct prof_symbols *symbols, const char *path,
				       uint64_t inode)
{
	struct file *file;
	size_t i;

	for (i = 0; i < symbols->file_count; i++)
		if (symbols->files[i].inode == inode && !strcmp(symbols->files[i].path, path))
			return symbols->files[i].elf;
	symbols->files = array_grow(symbols->files, symbols->file_count, sizeof(*file));
	file = &symbols->files[symbols->file_count++];
	file->path = strdup(path);
	file->inode = inode;
	file->elf = prof_elf_open(path, inode);
	if (!file->path) {
		prof_error("out of memory");
		exit(PROF_EXIT_FAILED);
	}
	return file->elf;
}

/* What a process that is still there has mapped, behind what is known of it. */
static void process_read(struct prof_symbols *symbols, pid_t pid)
{
	size_t i;

	for (i = 0; i < symbols->read_count; i++)
		if (symbols->read[i] == pid)
			return;
	symbols->read = array_grow(symbols->read, symbols->read_count, sizeof(*symbols->read));
	symbols->read[symbols->read_count++] = pid;
	prof_mappings_read(&symbols->mappings, pid);
}

void prof_symbols_listen(struct prof_symbols *symbols)
{
	if (symbols->events)
		symbols->lost += prof_mapping_events_read(symbols->events, &symbols->mappings);
}

/* Of the process itself, or of one that it was forked by. */
static const struct prof_mapping *mapping_find(struct prof_symbols *symbols, pid_t pid,
					       uint64_t address)
{
	const struct prof_mapping *mapping = NULL;
	unsigned int i;

	for (i = 0; pid && !mapping && i < PARENTS_MAX; i++) {
		process_read(symbols, pid);
		mapping = prof_mappings_find(&symbols->mappings, pid, address);
		pid = prof_mappings_parent(&symbols->mappings, pid);
	}
	return mapping;
}

static char *user_name(struct prof_symbols *symbols, pid_t pid, uint64_t address)
{
	const struct prof_mapping *mapping;
	uint64_t offset, start;
	const struct prof_elf *elf;
	const char *function;

	prof_symbols_listen(symbols);
	mapping = mapping_find(symbols, pid, address);
	if (!mapping || !mapping->path[0] || !strncmp(mapping->path, "//", 2))
		return NULL;	/* the kernel's name for what is in no file */
	offset = address - mapping->start + mapping->offset;
	elf = file_elf(symbols, mapping->path, mapping->inode);
	if (!elf || !prof_elf_address(elf, offset, &offset))
		return name_make(NULL, offset, base_name(mapping->path));
	function = prof_elf_function(elf, offset, &start);
	return name_make(function, function ? offset - start : offset, base_name(mapping->path));
}

char *prof_symbols_name(struct prof_symbols *symbols, uint32_t tgid, uint64_t address)
{
	return tgid ? user_name(symbols, (pid_t)tgid, address) : kernel_name(symbols, address);
}

void prof_symbols_close(struct prof_symbols *symbols)
{
	size_t i;

	if (!symbols)
		return;
	if (symbols->lost)
		prof_error("%" PRIu64 " events of mappings were lost: some addresses have no names",
			   symbols->lost);
	prof_mapping_events_close(symbols->events);
	prof_mappings_free(&symbols->mappings);
	prof_kallsyms_free(&symbols->kernel);
	for (i = 0; i < symbols->file_count; i++) {
		free(symbols->files[i].path);
		prof_elf_close(symbols->files[i].elf);
	}
	free(symbols->files);
	free(symbols->read);
	free(symbols);
}
