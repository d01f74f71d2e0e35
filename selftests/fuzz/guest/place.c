// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * place.c - addresses, good and bad, and what lies there
 *
 * Each thread has its own: good memory, of which a call takes pieces one after the other; memory
 * that ends at a page without access; pages that another thread unmaps and maps all the time; pages
 * that cannot be written to; a file that ends where the mapping goes on.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "place.h"
#include "slots.h"

#define GOOD_BYTES	(4ul << 20)
#define FLAKY_PAGES	4
#define PAGE		4096ul
#define FILL_MAX	(256ul << 10)
#define KEYS_MANY	4096	/* so many different keys there are, */
#define KEYS_FEW	40	/* but mostly these */

struct fuzz_memory {
	char *good;
	size_t used;
	char *edge;	/* its end */
	char *flaky;
	char *readonly;
	char *beyond;	/* the end of the file */
	char *image;
	size_t image_used;
};

_Thread_local struct fuzz_thread *fuzz_thread_self;

static void fault(int signal)
{
	struct fuzz_thread *thread = fuzz_thread_self;

	(void)signal;
	if (thread && thread->jumping) {
		thread->jumping = false;
		siglongjmp(thread->jump, 1);
	}
	_exit(99);
}

void fuzz_faults_init(void)
{
	struct sigaction action = { .sa_handler = fault, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

bool fuzz_copy(struct fuzz_thread *thread, void *to, const void *from, size_t bytes)
{
	if (sigsetjmp(thread->jump, 0))
		return false;
	thread->jumping = true;
	memcpy(to, from, bytes);
	thread->jumping = false;
	return true;
}

size_t fuzz_touch(struct fuzz_thread *thread, const volatile char *at, size_t pages)
{
	volatile size_t done = 0;

	if (sigsetjmp(thread->jump, 0))
		return done;
	thread->jumping = true;
	for (; done < pages; done++)
		(void)at[done * PAGE];
	thread->jumping = false;
	return done;
}

static char *pages_of(size_t bytes, int protection)
{
	char *at = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static char *file_of(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char *at;

	if (fd < 0 || ftruncate(fd, 2 * PAGE))
		return NULL;
	at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at + 2 * PAGE;
}

struct fuzz_memory *fuzz_memory_create(void)
{
	struct fuzz_memory *memory = calloc(1, sizeof(*memory));
	char *edge, *good;

	if (!memory)
		return NULL;
	/* Neither runs into what lies behind it by chance. */
	good = pages_of(GOOD_BYTES + PAGE, PROT_READ | PROT_WRITE);
	edge = pages_of(64 * PAGE, PROT_READ | PROT_WRITE);
	memory->flaky = pages_of(FLAKY_PAGES * PAGE, PROT_READ | PROT_WRITE);
	memory->readonly = pages_of(16 * PAGE, PROT_READ | PROT_WRITE);
	memory->beyond = file_of();
	memory->image = pages_of(FUZZ_IMAGE_MAX, PROT_READ | PROT_WRITE);
	if (!good || !edge || !memory->flaky || !memory->readonly || !memory->beyond ||
	    !memory->image)
		return NULL;
	memory->good = good;
	mprotect(good + GOOD_BYTES, PAGE, PROT_NONE);
	memory->edge = edge + 32 * PAGE;
	mprotect(memory->edge, 32 * PAGE, PROT_NONE);
	memset(memory->readonly, 1, 16 * PAGE);
	mprotect(memory->readonly, 16 * PAGE, PROT_READ);
	return memory;
}

void fuzz_memory_reset(struct fuzz_memory *memory)
{
	memory->used = 0;
}

char *fuzz_memory_image(struct fuzz_memory *memory, size_t **used)
{
	*used = &memory->image_used;
	return memory->image;
}

void fuzz_memory_shake(struct fuzz_memory *memory, struct rng *rng)
{
	char *at = memory->flaky + rng_below(rng, FLAKY_PAGES) * PAGE;

	switch (rng_below(rng, 5)) {
	case 0:
		mprotect(at, PAGE, PROT_NONE);
		break;
	case 1:
		madvise(at, PAGE, MADV_DONTNEED);
		break;
	case 2:
		mprotect(at, PAGE, PROT_READ);
		break;
	default:
		mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0);
		break;
	}
}

static char *good_place(struct fuzz_memory *memory, uint32_t offset, size_t bytes)
{
	char *at = memory->good + memory->used;

	if (bytes > GOOD_BYTES - memory->used)
		return memory->good;
	memory->used += (bytes + 63) & ~63ul;
	/* One in 256 is not aligned. */
	return offset >> 8 ? at : at + offset % 8;
}

static void *wild_place(uint32_t offset)
{
	static const uint64_t wild[] = {
		1ull << 63, 0xffff888000000000, 0x7ffffffff000, ~7ull, 0x7fffffffffff,
		0x800000000000, ~0ull, 0xffffffff81000000, 0xffffffffff600000,
	};

	return (void *)(uintptr_t)(wild[offset % (sizeof(wild) / sizeof(wild[0]))]);
}

void *fuzz_place_find(struct fuzz_thread *thread, uint64_t pointer, size_t bytes)
{
	struct fuzz_memory *memory = thread->memory;
	uint32_t offset = fuzz_place_offset(pointer);

	switch (fuzz_place_of(pointer)) {
	case PLACE_GOOD:
		return good_place(memory, offset, bytes);
	case PLACE_EDGE:
		return memory->edge - (offset % (bytes + 8) & ~7ul);
	case PLACE_FLAKY:
		return memory->flaky + (offset % (FLAKY_PAGES * PAGE) & ~7ul);
	case PLACE_READONLY:
		return memory->readonly + (offset & 0xff8);
	case PLACE_BEYOND:
		return memory->beyond - (offset % (bytes + 8) & ~7ul);
	case PLACE_VIEW:
		return fuzz_view_address(offset) + (offset & 0x3ff8);
	case PLACE_NULL:
		return (void *)(uintptr_t)(offset % 16 ? 0 : offset);
	default:
		return wild_place(offset);
	}
}

static void fill_keys(struct rng *rng, char *to, size_t bytes, uint32_t size)
{
	uint64_t few = rng_percent(rng, 70) ? KEYS_FEW : KEYS_MANY;
	size_t at;

	size = size ? size : 8;
	memset(to, 0, bytes);
	for (at = 0; at + size <= bytes; at += size) {
		uint64_t key = rng_below(rng, few);

		memcpy(to + at, &key, size < 8 ? size : 8);
	}
}

static void fill_numbers(struct rng *rng, char *to, size_t bytes)
{
	size_t at;

	for (at = 0; at + 8 <= bytes; at += 8) {
		uint64_t number = rng_percent(rng, 70) ? rng_below(rng, 8) : rng_next(rng);

		memcpy(to + at, &number, 8);
	}
}

static void fill_schema(struct rng *rng, char *to, size_t bytes)
{
	size_t at;

	for (at = 0; at < bytes; at++)
		to[at] = (char)(rng_percent(rng, 99) ? 'a' + rng_below(rng, 26) : rng_next(rng));
}

static uint32_t fill_name(struct rng *rng, char *to)
{
	static const char * const odd[] = {
		"control", "", "a/b", "..", "with space", "x\xff",
		"0123456789012345678901234567890123456789012345678901234567890123456789",
	};

	if (rng_percent(rng, 90))
		return (uint32_t)sprintf(to, FUZZ_NAME, (unsigned int)rng_below(rng, FUZZ_NAMES));
	strcpy(to, odd[rng_below(rng, sizeof(odd) / sizeof(odd[0]))]);
	return (uint32_t)strlen(to);
}

static void fill_ops(struct fuzz_thread *thread, struct rng *rng, char *to, size_t bytes,
		     const struct fuzz_filling *filling)
{
	const struct fuzz_op *op = fuzz_op_named("uring_op");
	size_t at;

	for (at = 0; at + op->size <= bytes; at += op->size) {
		struct fuzz_slot sizes = {
			.key_size = filling->key_size,
			.value_size = filling->value_size,
		};
		struct fuzz_call call;

		fuzz_generate_call(rng, op, &call);
		/* The last two fields are no part of the struct. */
		fuzz_fill_struct(thread, op, &call, &sizes, to + at);
	}
}

static void fill_batch(struct fuzz_thread *thread, struct rng *rng, char *to,
		       const struct fuzz_filling *filling)
{
	const struct fuzz_op *op = fuzz_op_named(rng_percent(rng, 60) ? "arrays" : "batch");
	struct fuzz_slot sizes = {
		.key_size = filling->key_size,
		.value_size = filling->value_size,
	};
	struct fuzz_call call;

	fuzz_generate_call(rng, op, &call);
	fuzz_fill_struct(thread, op, &call, &sizes, to);
}

static size_t filling_bytes(const struct fuzz_filling *filling)
{
	size_t one = 8, bytes;

	switch (filling->content) {
	case CONTENT_KEYS:
		one = filling->key_size;
		break;
	case CONTENT_VALUES:
		one = filling->value_size;
		break;
	case CONTENT_OPS:
		one = sizeof(struct khmap_op);
		break;
	case CONTENT_NAME:
		return KHMAP_NAME_MAX + 20;
	case CONTENT_SCHEMA:
		return KHMAP_SCHEMA_MAX;
	case CONTENT_IMAGE:
		return 8 * PAGE;
	case CONTENT_BATCH:
		return sizeof(struct khmap_ioc_batch);
	default:
		one = 512;
		break;
	}
	bytes = filling->count * (one < PAGE ? one : PAGE);
	return bytes < FILL_MAX ? bytes : FILL_MAX;
}

/* Into memory that does not fault; what is longer than a fill is filled in part. */
static void fill(struct fuzz_thread *thread, uint64_t pointer, char *to, size_t bytes,
		 struct fuzz_filling *filling)
{
	struct rng rng = rng_of((uint32_t)pointer, 0);

	switch (filling->content) {
	case CONTENT_KEYS:
		fill_keys(&rng, to, bytes, filling->key_size);
		break;
	case CONTENT_VALUES:
	case CONTENT_NUMBERS:
		fill_numbers(&rng, to, bytes);
		break;
	case CONTENT_NAME:
		filling->name_length = fill_name(&rng, to);
		break;
	case CONTENT_SCHEMA:
		fill_schema(&rng, to, bytes);
		break;
	case CONTENT_OPS:
		fill_ops(thread, &rng, to, bytes, filling);
		break;
	case CONTENT_BATCH:
		fill_batch(thread, &rng, to, filling);
		break;
	default:
		break;
	}
}

void *fuzz_place_fill(struct fuzz_thread *thread, uint64_t pointer, struct fuzz_filling *filling)
{
	size_t bytes = filling_bytes(filling);
	enum fuzz_place place = fuzz_place_of(pointer);
	char *at, *made;

	if (filling->content == CONTENT_IMAGE && place == PLACE_GOOD)
		return thread->memory->image;
	at = fuzz_place_find(thread, pointer, bytes);
	if (filling->content == CONTENT_NOTHING || place >= PLACE_VIEW ||
	    place == PLACE_READONLY)
		return at;
	made = place == PLACE_GOOD ? at : good_place(thread->memory, PAGE, bytes);
	if (made == thread->memory->good && bytes > FILL_MAX)
		return at;
	fill(thread, pointer, made, bytes, filling);
	if (made != at)
		fuzz_copy(thread, at, made, bytes);
	return at;
}
