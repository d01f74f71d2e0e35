// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * slots.c - the descriptors and mappings that calls refer to
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"
#include "slots.h"

void fuzz_slots_init(struct fuzz_worker *worker)
{
	uint32_t i;

	for (i = 0; i < FUZZ_FDS; i++)
		worker->slots[i].fd = -1;
	for (i = 0; i < FUZZ_VIEWS; i++)
		worker->views[i].length = 0;
}

void fuzz_slots_clear(struct fuzz_worker *worker)
{
	uint32_t i;

	for (i = 0; i < FUZZ_FDS; i++)
		fuzz_slot_close(&worker->slots[i]);
	for (i = 0; i < FUZZ_VIEWS; i++)
		worker->views[i].length = 0;
	munmap(fuzz_view_address(0), FUZZ_VIEWS * FUZZ_VIEW_STRIDE);
}

static bool is(const struct fuzz_slot *slot, enum fuzz_kind kind)
{
	if (slot->fd < 0)
		return false;
	if (kind == FUZZ_NAMED)
		return slot->kind == FUZZ_MAP && slot->named;
	return kind == FUZZ_ANY || slot->kind == kind;
}

struct fuzz_slot *fuzz_slot_of(struct fuzz_worker *worker, uint16_t on, enum fuzz_kind kind)
{
	uint32_t first = on % FUZZ_FDS, i;

	if (on & FUZZ_ON_RIGHT) {
		for (i = 0; i < FUZZ_FDS; i++)
			if (is(&worker->slots[(first + i) % FUZZ_FDS], kind))
				return &worker->slots[(first + i) % FUZZ_FDS];
		if (kind == FUZZ_NAMED)
			return fuzz_slot_of(worker, on, FUZZ_MAP);
	}
	return &worker->slots[first];
}

struct fuzz_slot *fuzz_slot_like(struct fuzz_worker *worker, uint64_t choice,
				 const struct fuzz_slot *like)
{
	uint32_t i;

	for (i = 0; i < FUZZ_FDS; i++) {
		struct fuzz_slot *slot = &worker->slots[(choice + i) % FUZZ_FDS];

		if (is(slot, FUZZ_MAP) && slot->map_id != like->map_id &&
		    slot->key_size == like->key_size && slot->value_size == like->value_size)
			return slot;
	}
	return fuzz_slot_of(worker, (uint16_t)(choice % FUZZ_FDS | FUZZ_ON_RIGHT), FUZZ_MAP);
}

void fuzz_slot_close(struct fuzz_slot *slot)
{
	int fd = atomic_exchange(&slot->fd, -1);

	if (fd >= 0)
		close(fd);
}

/* A map's header page tells; what cannot be mapped is no map. */
static void learn(struct fuzz_slot *slot, int fd)
{
	struct khmap_ioc_abi abi = { .size = sizeof(abi) };
	struct khmap_image_header header;
	void *at;

	slot->kind = FUZZ_OTHER;
	slot->key_size = 8;
	slot->value_size = 8;
	slot->map_id = 0;
	slot->named = false;
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED) {
		if (fuzz_copy(fuzz_thread_self, &header, at, sizeof(header))) {
			slot->key_size = header.geometry.key_size;
			slot->value_size = header.geometry.value_size;
			slot->map_id = header.map_id;
			slot->kind = header.kind == KHMAP_IMAGE_LIVE ? FUZZ_MAP : FUZZ_SNAPSHOT;
		}
		munmap(at, 4096);
	} else if (!syscall(SYS_ioctl, fd, KHMAP_IOC_ABI, &abi)) {
		slot->kind = FUZZ_CONTROL;
	}
}

struct fuzz_slot *fuzz_slot_put(struct fuzz_worker *worker, uint64_t choice, int fd)
{
	struct fuzz_slot *slot = &worker->slots[choice % FUZZ_FDS];
	uint32_t i;

	/* One that is free, if there is one within a few. */
	for (i = 0; i < 4 && slot->fd >= 0; i++)
		slot = &worker->slots[(choice + i) % FUZZ_FDS];
	fuzz_slot_close(slot);
	learn(slot, fd);
	slot->fd = fd;
	return slot;
}
