/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * memory.h - memory that is not the heap's
 *
 * Whoever opens a map, takes a snapshot, looks up, iterates or writes a file makes
 * the library need some pages of memory for as long.  They are mappings of their own:
 * the program's allocator is left alone, whatever state it is in, and pages can be
 * written from with O_DIRECT.
 */
#ifndef KHMAP_LIB_MEMORY_H
#define KHMAP_LIB_MEMORY_H

#include <stddef.h>

/**
 * khmap_memory_get() - Get memory.
 * @size: bytes, 1 or more
 *
 * Return: zeros, at the beginning of a page of the system; NULL if there is none.
 */
void *khmap_memory_get(size_t size);

/**
 * khmap_memory_put() - Give it back.
 * @memory: of khmap_memory_get(), or NULL
 * @size: as it was asked for
 */
void khmap_memory_put(void *memory, size_t size);

/**
 * khmap_memory_unmap() - Forget a mapping.
 * @base: where it begins
 * @size: its bytes
 *
 * The kernel may need memory for that, and a map lives as long as its mappings.  Who is
 * refused has some reclaimed: it is tried once more.
 */
void khmap_memory_unmap(const void *base, size_t size);

#endif /* KHMAP_LIB_MEMORY_H */
