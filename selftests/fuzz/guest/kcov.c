// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * kcov.c - what of the module a program reached
 *
 * A kernel with CONFIG_KCOV writes the address of each basic block that a thread runs into a
 * buffer of that thread.  Those in the module count, as offsets from its beginning, for it moves
 * when it is loaded again.  An edge is two of them in a row; edges are kept as bits of a hash, so
 * that a few share one, and the number is a little too low.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "kcov.h"

#define FILE_NAME	"/sys/kernel/debug/kcov"
#define ENTRIES		(256u << 10)
#define PLACES		(4u << 20)	/* bytes of module that are told apart */
#define EDGES		(1u << 20)

struct cover {
	_Atomic uint64_t base;
	_Atomic uint64_t size;
	_Atomic uint64_t places;
	_Atomic uint64_t edges;
	_Atomic uint8_t place[PLACES / 8];
	_Atomic uint8_t edge[EDGES / 8];
};

static struct cover *cover;
static _Thread_local uint64_t *trace;

bool fuzz_kcov_init(void)
{
	cover = mmap(NULL, sizeof(*cover), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	return cover != MAP_FAILED;
}

/* "khmap 303104 0 - Live 0xffffffffc0123000" */
void fuzz_kcov_locate(void)
{
	FILE *file = fopen("/proc/modules", "re");
	unsigned long long base;
	unsigned long size;
	char line[512];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "khmap %lu %*s %*s %*s 0x%llx", &size, &base) == 2) {
			cover->base = base;
			cover->size = size;
		}
	}
	fclose(file);
}

bool fuzz_kcov_open(void)
{
	int fd = open(FILE_NAME, O_RDWR | O_CLOEXEC);
	void *area;

	if (fd < 0)
		return false;
	if (ioctl(fd, KCOV_INIT_TRACE, ENTRIES))
		goto close;
	area = mmap(NULL, ENTRIES * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		goto close;
	if (ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC)) {
		munmap(area, ENTRIES * sizeof(uint64_t));
		goto close;
	}
	/* The descriptor stays open as long as the thread lives. */
	trace = area;
	return true;

close:
	close(fd);
	return false;
}

void fuzz_kcov_begin(void)
{
	if (trace)
		__atomic_store_n(&trace[0], 0, __ATOMIC_RELAXED);
}

static bool mark(_Atomic uint8_t *bits, uint64_t number, _Atomic uint64_t *count)
{
	uint8_t bit = (uint8_t)(1 << number % 8);

	if (bits[number / 8] & bit || atomic_fetch_or(&bits[number / 8], bit) & bit)
		return false;
	(*count)++;
	return true;
}

uint32_t fuzz_kcov_end(void)
{
	uint64_t count, i, last = 0, base, size;
	uint32_t found = 0;

	if (!trace)
		return 0;
	count = __atomic_load_n(&trace[0], __ATOMIC_RELAXED);
	base = cover->base;
	size = cover->size < PLACES ? cover->size : PLACES;
	for (i = 1; i <= count; i++) {
		uint64_t at = trace[i] - base;

		if (at >= size)
			continue;
		mark(cover->place, at, &cover->places);
		found += mark(cover->edge, (at ^ last * 0x9e3779b97f4a7c15ull >> 40) % EDGES,
			      &cover->edges);
		last = at;
	}
	return found;
}

uint64_t fuzz_kcov_places(void)
{
	return cover->places;
}

uint64_t fuzz_kcov_edges(void)
{
	return cover->edges;
}
