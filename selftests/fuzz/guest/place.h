/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * place.h - addresses, good and bad
 *
 * In a field an address is a place, an offset and a seed for what lies there:
 *
 *	bits 48..55	enum fuzz_place
 *	bits 32..47	offset
 *	bits  0..31	seed
 */
#ifndef _FUZZ_PLACE_H
#define _FUZZ_PLACE_H

#include "fuzz.h"

enum fuzz_place {
	PLACE_GOOD,	/* ordinary memory */
	PLACE_EDGE,	/* memory that ends, maybe within what lies there */
	PLACE_FLAKY,	/* another thread unmaps it, and maps it, and so on */
	PLACE_READONLY,
	PLACE_BEYOND,	/* a mapping of a file, which may end within */
	PLACE_VIEW,	/* in a mapping of a map or a snapshot */
	PLACE_NULL,
	PLACE_WILD,	/* no address, or the kernel's */
	FUZZ_PLACES,
};

static inline uint64_t fuzz_pointer(enum fuzz_place place, uint16_t offset, uint32_t seed)
{
	return (uint64_t)place << 48 | (uint64_t)offset << 32 | seed;
}

static inline enum fuzz_place fuzz_place_of(uint64_t pointer)
{
	return (enum fuzz_place)((pointer >> 48 & 0xff) % FUZZ_PLACES);
}

static inline uint32_t fuzz_place_offset(uint64_t pointer)
{
	return pointer >> 32 & 0xffff;
}

/**
 * struct fuzz_filling - what to put there
 * @content: enum fuzz_content
 * @count: of elements
 * @key_size: of the map
 * @value_size: likewise
 * @name_length: out: of a name
 */
struct fuzz_filling {
	enum fuzz_content content;
	uint32_t count;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t name_length;
};

struct fuzz_memory *fuzz_memory_create(void);
/* What was handed out for the last call may be used again. */
void fuzz_memory_reset(struct fuzz_memory *memory);
/* Where an image is kept, see execute_file.c; its size may be changed. */
char *fuzz_memory_image(struct fuzz_memory *memory, size_t **used);
#define FUZZ_IMAGE_MAX	(512u << 10)
/* Unmap and map what is flaky, once; for a thread that does nothing else. */
void fuzz_memory_shake(struct fuzz_memory *memory, struct rng *rng);

/* The address of @bytes at a place. */
void *fuzz_place_find(struct fuzz_thread *thread, uint64_t pointer, size_t bytes);
/* The same, and what lies there is written, as far as that is possible. */
void *fuzz_place_fill(struct fuzz_thread *thread, uint64_t pointer, struct fuzz_filling *filling);

/* Copy, where either side may fault; false if it did. */
bool fuzz_copy(struct fuzz_thread *thread, void *to, const void *from, size_t bytes);
/* Load a byte of each page; how many could be. */
size_t fuzz_touch(struct fuzz_thread *thread, const volatile char *at, size_t pages);
void fuzz_faults_init(void);
/* The thread that this one is, for the handler of faults. */
extern _Thread_local struct fuzz_thread *fuzz_thread_self;

#endif /* _FUZZ_PLACE_H */
