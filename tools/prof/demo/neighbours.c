// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * neighbours.c - a map, and two keys that are as near as can be in two buckets
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <khmap/hash.h>
#include <khmap/layout.h>
#include <linux/khmap.h>
#include "demo/demo.h"
#include "demo/neighbours.h"
#include "profile/profile.h"
#include "source/maps.h"
#include "source/session.h"

#define ENTRIES		100	/* one page is enough for them */
#define KEYS_TRIED	1000000u

int demo_map_put(int fd, uint64_t key, uint64_t value)
{
	struct khmap_ioc_record record = {
		.size = sizeof(record),
		.key = (uintptr_t)&key,
		.key_size = sizeof(key),
		.value = (uintptr_t)&value,
		.value_size = sizeof(value),
	};

	return ioctl(fd, KHMAP_IOC_PUT, &record) < 0 ? -errno : 0;
}

/* A map without a name, which is gone with its descriptor. */
static int map_create(uint32_t layout)
{
	struct khmap_ioc_create create = {
		.size = sizeof(create),
		.key_size = sizeof(uint64_t),
		.value_size = sizeof(uint64_t),
		.expected_entries = ENTRIES,
		.layout = layout,
	};
	struct khmap_ioc_reserve reserve = { .size = sizeof(reserve), .entries = ENTRIES };
	int control = open(KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME, O_RDWR | O_CLOEXEC), err = 0;

	if (control < 0)
		return -errno;
	if (ioctl(control, KHMAP_IOC_CREATE, &create) < 0)
		err = -errno;
	close(control);
	if (err)
		return err;
	/* Out of the header page, before the first key. */
	if (ioctl(create.fd, KHMAP_IOC_RESERVE, &reserve) < 0) {
		err = -errno;
		close(create.fd);
		return err;
	}
	return create.fd;
}

/*
 * Fill bucket 0 of the first page, and one slot of its neighbour: the last key of
 * the one and the key of the other are as near as can be.
 */
static int map_fill(struct demo_map *map, const struct khmap_image_header *header)
{
	uint32_t left[2] = { header->geometry.bucket_slots, 1 };
	uint32_t mask = khmap_shape_mask(header->shape), place, bucket;
	uint64_t key;
	int err;

	for (key = 1; (left[0] || left[1]) && key < KEYS_TRIED; key++) {
		place = khmap_hash_place(header->shape, mask,
					 khmap_hash(header->hash_kind, header->hash_secret, &key,
						    sizeof(key)));
		bucket = khmap_place_bucket(&header->geometry, place);
		if (khmap_place_page(place) || bucket > 1 || !left[bucket])
			continue;
		err = demo_map_put(map->fd, key, 0);
		if (err)
			return err;
		map->keys[bucket] = key;
		left[bucket]--;
	}
	return left[0] || left[1] ? -ENOENT : 0;
}

int demo_map_make(struct demo_map *map, uint32_t layout)
{
	const struct khmap_image_header *header;
	int err;

	map->fd = map_create(layout);
	if (map->fd < 0)
		return map->fd;
	header = mmap(NULL, sizeof(*header), PROT_READ, MAP_SHARED, map->fd, 0);
	if (header == MAP_FAILED) {
		err = -errno;
	} else {
		map->map_id = header->map_id;
		prof_map_fill(&map->shape, "", &header->geometry);
		err = map_fill(map, header);
		munmap((void *)(uintptr_t)header, sizeof(*header));
	}
	if (err)
		close(map->fd);
	return err;
}

static int map_run(void *context, int which)
{
	struct demo_map *map = context;
	int err = 0;
	uint64_t i;

	for (i = 1; i <= map->puts && !err; i++) {
		if (map->in_turns && !demo_turns_wait(&map->turns, which))
			break;
		err = demo_map_put(map->fd, map->keys[which], i);
		if (map->in_turns)
			demo_turns_pass(&map->turns, which, err);
	}
	return err;
}

const struct demo_work demo_map_work = { .run = map_run };

/*
 * What the model says of puts in turns, so that it is the same each time.  The map
 * is made while the programs are there, which so learn its geometry.
 */
int demo_map_model(const struct prof_pair *pair, uint32_t layout, uint64_t turns,
		   struct demo_transfers *transfers)
{
	struct demo_map map = { .in_turns = true, .puts = turns };
	struct prof_settings settings = { .sample = 1, .enabled = 1 };
	struct prof_profile profile = { 0 };
	const struct prof_session_options options = { 0 };
	struct prof_session *session;
	struct prof_fds fds;
	double ns;
	size_t i;
	int err;

	*transfers = (struct demo_transfers){ 0 };
	if (prof_session_open(&options, &session))
		return -EIO;
	fds = prof_session_fds(session);
	err = demo_map_make(&map, layout);
	settings.map_id = map.map_id;
	if (!err)
		err = prof_session_write(session, &settings);
	if (!err) {
		err = demo_pair_run(pair, &demo_map_work, &map, &ns);
		settings.enabled = 0;
		prof_session_write(session, &settings);
		close(map.fd);
	}
	if (!err)
		err = prof_profile_read(&profile, &fds);
	/* A model of a part would be no experiment. */
	if (!err && (profile.totals.partial || prof_profile_dropped(&profile)))
		err = -ENOSPC;
	for (i = 0; !err && i < profile.line_count; i++)
		demo_transfers_add(transfers, &profile.lines[i]);
	prof_profile_free(&profile);
	prof_session_close(session);
	return err;
}
