// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * elf.c - the symbols of an executable or a library
 *
 * Of the full table, or of the dynamic one in a file that has been stripped.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "prof.h"
#include "source/elf.h"

#define NEAR	16	/* functions before an address that may reach it */

struct function {
	uint64_t start;
	uint64_t size;
	const char *name;
};

struct prof_elf {
	int fd;
	Elf *elf;
	Elf_Data *symbols;
	size_t symbol_count;
	size_t names;	/* section of the symbols' names */
	struct function *functions;
	size_t function_count;
};

static int function_compare(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* Of two names for one function the one that says where it ends is found first. */
	return (x->size > y->size) - (x->size < y->size);
}

/* The full table of symbols if there is one. */
static void symbols_find(struct prof_elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf->elf, section))) {
		if (!gelf_getshdr(section, &header) || !header.sh_entsize ||
		    (header.sh_type != SHT_SYMTAB &&
		     (header.sh_type != SHT_DYNSYM || elf->symbols)))
			continue;
		elf->symbols = elf_getdata(section, NULL);
		elf->symbol_count = elf->symbols ? header.sh_size / header.sh_entsize : 0;
		elf->names = header.sh_link;
	}
}

static const char *symbol_name(const struct prof_elf *elf, size_t i, GElf_Sym *symbol)
{
	if (!gelf_getsym(elf->symbols, (int)i, symbol) || symbol->st_shndx == SHN_UNDEF)
		return NULL;
	return elf_strptr(elf->elf, elf->names, symbol->st_name);
}

static void functions_read(struct prof_elf *elf)
{
	size_t i;

	elf->functions = prof_alloc(elf->symbol_count, sizeof(*elf->functions));
	for (i = 0; i < elf->symbol_count; i++) {
		GElf_Sym symbol;
		const char *name = symbol_name(elf, i, &symbol);
		int type = name ? GELF_ST_TYPE(symbol.st_info) : STT_NOTYPE;

		if ((type == STT_FUNC || type == STT_GNU_IFUNC) && *name)
			elf->functions[elf->function_count++] = (struct function){
				.start = symbol.st_value,
				.size = symbol.st_size,
				.name = name,
			};
	}
	qsort(elf->functions, elf->function_count, sizeof(*elf->functions), function_compare);
}

static bool is_inode(int fd, uint64_t inode)
{
	struct stat status;

	return !inode || (!fstat(fd, &status) && status.st_ino == inode);
}

struct prof_elf *prof_elf_open(const char *path, uint64_t inode)
{
	struct prof_elf *elf;
	int fd;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	elf = prof_alloc(1, sizeof(*elf));
	elf->fd = fd;
	elf->elf = is_inode(fd, inode) ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
	if (!elf->elf || elf_kind(elf->elf) != ELF_K_ELF) {
		prof_elf_close(elf);
		return NULL;
	}
	symbols_find(elf);
	functions_read(elf);
	return elf;
}

void prof_elf_close(struct prof_elf *elf)
{
	if (!elf)
		return;
	elf_end(elf->elf);
	close(elf->fd);
	free(elf->functions);
	free(elf);
}

bool prof_elf_address(const struct prof_elf *elf, uint64_t offset, uint64_t *address)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	size_t count, i;
	GElf_Phdr part;

	if (elf_getphdrnum(elf->elf, &count))
		return false;
	for (i = 0; i < count; i++) {
		if (!gelf_getphdr(elf->elf, (int)i, &part) || part.p_type != PT_LOAD)
			continue;
		/* What is mapped begins with the page that the part begins in. */
		if (offset < (part.p_offset & ~(page - 1)) ||
		    offset >= part.p_offset + part.p_filesz)
			continue;
		*address = offset - part.p_offset + part.p_vaddr;
		return true;
	}
	return false;
}

const char *prof_elf_function(const struct prof_elf *elf, uint64_t address, uint64_t *start)
{
	size_t low = 0, high = elf->function_count, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (elf->functions[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* The nearest that reaches it; one without a size reaches up to the next. */
	for (first = low; low-- > 0 && first - low <= NEAR;) {
		const struct function *function = &elf->functions[low];

		if (function->size ? address - function->start < function->size :
				     low + 1 == first) {
			*start = function->start;
			return function->name;
		}
	}
	return NULL;
}

int prof_elf_object(const struct prof_elf *elf, const char *name, struct prof_elf_object *object)
{
	int result = -ENOENT;
	size_t i;

	for (i = 0; i < elf->symbol_count; i++) {
		GElf_Sym symbol;
		const char *other = symbol_name(elf, i, &symbol);
		int type = other ? GELF_ST_TYPE(symbol.st_info) : STT_NOTYPE;

		if (!other || strcmp(other, name))
			continue;
		if (type == STT_TLS)
			return -EREMOTE;
		if (type == STT_FUNC || type == STT_GNU_IFUNC)
			result = result ? -EISDIR : 0;
		if (type != STT_OBJECT)
			continue;
		if (!result && symbol.st_value != object->address)
			return -ENOTUNIQ;
		object->address = symbol.st_value;
		object->size = symbol.st_size;
		result = 0;
	}
	return result;
}
