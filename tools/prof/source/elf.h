/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * elf.h - the symbols of an executable or a library
 */
#ifndef PROF_ELF_H
#define PROF_ELF_H

#include <stdbool.h>
#include <stdint.h>

struct prof_elf;

/**
 * struct prof_elf_object - a variable
 * @address: as the file has it, before it is loaded
 * @size: bytes; 0 if the file does not say
 */
struct prof_elf_object {
	uint64_t address;
	uint64_t size;
};

/**
 * prof_elf_open() - read the symbols of a file
 * @path: of the file
 * @inode: that the file at @path must have; 0 if it is sure to be the right one
 *
 * Return: NULL if it is no ELF file, cannot be read, or is another one.
 */
struct prof_elf *prof_elf_open(const char *path, uint64_t inode);

/**
 * prof_elf_close() - free them
 * @elf: or NULL
 */
void prof_elf_close(struct prof_elf *elf);

/**
 * prof_elf_address() - the address of a place of the file
 * @elf: of prof_elf_open()
 * @offset: in the file
 * @address: filled on success: before it is loaded
 *
 * Return: whether it is in something that is loaded.
 */
bool prof_elf_address(const struct prof_elf *elf, uint64_t offset, uint64_t *address);

/**
 * prof_elf_function() - the function at an address
 * @elf: of prof_elf_open()
 * @address: before it is loaded
 * @start: filled on success: where the function begins
 *
 * Return: its name, that lives as long as @elf; NULL if none is known.
 */
const char *prof_elf_function(const struct prof_elf *elf, uint64_t address, uint64_t *start);

/**
 * prof_elf_object() - a variable by name
 * @elf: of prof_elf_open()
 * @name: of the variable
 * @object: filled on success
 *
 * Return: 0; -ENOENT there is none; -EISDIR it is a function; -EREMOTE each
 * thread has its own; -ENOTUNIQ the file has several of that name.
 */
int prof_elf_object(const struct prof_elf *elf, const char *name, struct prof_elf_object *object);

#endif /* PROF_ELF_H */
