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

struct fuzz_slot *fuzz_slot_of(struct fuzz_worker *worker, uint16_t on, enum fuzz_kind kind)
{
	uint32_t first = on % FUZZ_FDS, i;

	if (on & FUZZ_ON_RIGHT) {
		for (i = 0; i < FUZZ_FDS; i++) {
			struct fuzz_slot *slot = &worker->slots[(first + i) % FUZZ_FDS];

			if (slot->fd >= 0 && (kind == FUZZ_ANY || slot->kind == kind))
				return slot;
		}
	}
	return &worker->slots[first];
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
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED) {
		if (fuzz_copy(fuzz_thread_self, &header, at, sizeof(header))) {
			slot->key_size = header.geometry.key_size;
			slot->value_size = header.geometry.value_size;
			slot->kind = header.kind == KHMAP_IMAGE_LIVE ? FUZZ_MAP : FUZZ_SNAPSHOT;
		}
		munmap(at, 4096);
	} else if (!syscall(SYS_ioctl, fd, KHMAP_IOC_ABI, &abi)) {
		slot->kind = FUZZ_CONTROL;
	}
}

void fuzz_slot_put(struct fuzz_worker *worker, uint64_t choice, int fd)
{
	struct fuzz_slot *slot = &worker->slots[choice % FUZZ_FDS];
	uint32_t i;

	/* One that is free, if there is one within a few. */
	for (i = 0; i < 4 && slot->fd >= 0; i++)
		slot = &worker->slots[(choice + i) % FUZZ_FDS];
	fuzz_slot_close(slot);
	learn(slot, fd);
	slot->fd = fd;
}
