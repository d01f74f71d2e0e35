/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * heap.h - what a piece of code allocates
 *
 * malloc() and its kin are ours in the whole program, so that what the peers'
 * shared libraries and C++'s new allocate is counted too.
 */
#ifndef KHMAP_STUDY_HEAP_H
#define KHMAP_STUDY_HEAP_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct heap_count - what was allocated
 * @calls: that gave memory: of malloc(), calloc(), realloc(), memalign() and the
 *	like, whether it came from the heap or from a mapping of malloc()'s own
 * @bytes: that they asked for; what realloc() grows counts as a whole
 * @mapped: bytes that libkhmap asked of mmap() without a file behind
 */
struct heap_count {
	unsigned long calls;
	unsigned long bytes;
	unsigned long mapped;
};

/* Begin to count, on this thread. */
void heap_count_begin(void);

/* What was counted since. */
struct heap_count heap_count_end(void);

/**
 * heap_keep() - does free() keep what it gets?
 * @keep: freed memory is used again, and no allocation is a mapping of its own;
 *	else as at first
 *
 * Memory that is given back and had again comes zeroed from the kernel, page by
 * page: that would be most of the time of whoever allocates a lot.
 */
void heap_keep(int keep);

/* GNU's own names of its allocator. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t align, size_t size);

/* What the linker puts in the place of mmap() in libkhmap. */
void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);

#endif /* KHMAP_STUDY_HEAP_H */
