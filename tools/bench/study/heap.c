// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * heap.c - what a piece of code allocates
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "heap.h"

static __thread bool counting;
static __thread struct heap_count counted;

void heap_count_begin(void)
{
	counted = (struct heap_count){ 0 };
	counting = true;
}

struct heap_count heap_count_end(void)
{
	counting = false;
	return counted;
}

void heap_keep(int keep)
{
	mallopt(M_MMAP_MAX, keep ? 0 : 65536);
	mallopt(M_TRIM_THRESHOLD, keep ? INT_MAX : 128 * 1024);
	if (!keep)
		malloc_trim(0);
}

static inline void heap_note(size_t size)
{
	if (__builtin_expect(!counting, 1))
		return;
	counted.calls++;
	counted.bytes += size;
}

void *malloc(size_t size)
{
	heap_note(size);
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	heap_note(count * size);
	return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	heap_note(size);
	return __libc_realloc(memory, size);
}

void *memalign(size_t align, size_t size)
{
	heap_note(size);
	return __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	heap_note(size);
	return __libc_memalign(align, size);
}

int posix_memalign(void **memory, size_t align, size_t size)
{
	void *got;

	heap_note(size);
	got = __libc_memalign(align, size);
	if (got)
		*memory = got;
	return got ? 0 : ENOMEM;
}

void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (counting && flags & MAP_ANONYMOUS)
		counted.mapped += size;
	return __real_mmap64(address, size, protection, flags, fd, offset);
}
