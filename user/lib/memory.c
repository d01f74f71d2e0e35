// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * memory.c - memory that is not the heap's
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define KHMAP_MEMORY_HEAP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KHMAP_MEMORY_HEAP
#endif
#endif

void khmap_memory_unmap(const void *base, size_t size)
{
	void *at = (void *)(uintptr_t)base;

	if (munmap(at, size) && errno == ENOMEM)
		munmap(at, size);
}

#ifdef KHMAP_MEMORY_HEAP

/* From the heap all the same: what is read or written beyond it is found there. */
void *khmap_memory_get(size_t size)
{
	void *memory;

	if (posix_memalign(&memory, (size_t)sysconf(_SC_PAGESIZE), size))
		return NULL;
	return memset(memory, 0, size);
}

void khmap_memory_put(void *memory, size_t size)
{
	(void)size;
	free(memory);
}

#else

void *khmap_memory_get(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void khmap_memory_put(void *memory, size_t size)
{
	if (memory)
		khmap_memory_unmap(memory, size);
}

#endif
