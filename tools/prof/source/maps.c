// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * maps.c - the maps that exist, from the kernel's list and from their headers
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/khmap.h>
#include "source/maps.h"

#define LIST_AT_ONCE	64

/* Calls @tell with each map of the kernel's list; not 0 ends it. */
static int list_each(int (*tell)(void *context, const struct khmap_map_info *info),
		     void *context)
{
	struct khmap_map_info infos[LIST_AT_ONCE];
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.infos = (uintptr_t)infos,
		.info_size = sizeof(infos[0]),
	};
	int fd, err = 0;
	uint32_t i;

	fd = open(KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		list.count = LIST_AT_ONCE;
		if (ioctl(fd, KHMAP_IOC_LIST, &list) < 0)
			err = -errno;
		for (i = 0; !err && i < list.count; i++) {
			list.after = infos[i].map_id;
			err = tell(context, &infos[i]);
		}
	} while (!err && list.count == LIST_AT_ONCE);
	close(fd);
	return err;
}

struct find {
	const char *name;
	uint64_t map_id;
};

static int find_tell(void *context, const struct khmap_map_info *info)
{
	struct find *find = context;

	if (find->name ? strcmp((const char *)info->name, find->name) :
			 info->map_id != find->map_id)
		return 0;
	find->map_id = info->map_id;
	return 1;
}

int prof_maps_find(const char *name, __u64 *map_id)
{
	struct find find = { .name = name, .map_id = *map_id };
	int result = list_each(find_tell, &find);

	if (result < 0)
		return result;
	if (!result)
		return -ENOENT;
	*map_id = find.map_id;
	return 0;
}

void prof_map_fill(struct prof_map *map, const char *name,
		   const struct khmap_geometry *geometry)
{
	*map = (struct prof_map){
		.page_shift = geometry->page_shift,
		.layout = geometry->layout,
		.key_size = geometry->key_size,
		.value_size = geometry->value_size,
		.value_offset = geometry->value_offset,
		.slot_stride = geometry->slot_stride,
		.bucket_stride = geometry->bucket_stride,
		.tags_size = geometry->tags_size,
		.overflow_stride = geometry->overflow_stride,
		.inline_offset = geometry->inline_offset,
	};
	snprintf(map->name, sizeof(map->name), "%s", name);
}

/* Its geometry is from its header page.  Returns a descriptor; -1 if there is no way to it. */
static int map_open(const struct khmap_map_info *info, struct prof_map *map)
{
	const struct khmap_image_header *header;
	char path[sizeof(KHMAP_DEVICE_DIR) + sizeof(info->name) + 1];
	bool known;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", KHMAP_DEVICE_DIR, (const char *)info->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	header = mmap(NULL, sizeof(*header), PROT_READ, MAP_SHARED, fd, 0);
	if (header == MAP_FAILED) {
		close(fd);
		return -1;
	}
	/* Another map may have taken the name since. */
	known = !memcmp(header->magic, KHMAP_IMAGE_MAGIC, KHMAP_IMAGE_MAGIC_LEN) &&
		header->version == KHMAP_IMAGE_VERSION && header->map_id == info->map_id;
	if (known)
		prof_map_fill(map, (const char *)info->name, &header->geometry);
	munmap((void *)header, sizeof(*header));
	if (known)
		return fd;
	close(fd);
	return -1;
}

struct hold {
	uint64_t map_id;
	struct prof_map *map;
	int fd;
};

static int hold_tell(void *context, const struct khmap_map_info *info)
{
	struct hold *hold = context;

	if (info->map_id != hold->map_id)
		return 0;
	hold->fd = info->name[0] ? map_open(info, hold->map) : -1;
	return 1;
}

int prof_map_hold(uint64_t map_id, struct prof_map *map)
{
	struct hold hold = { .map_id = map_id, .map = map, .fd = -1 };
	int result = list_each(hold_tell, &hold);

	if (result < 0)
		return result;
	return hold.fd < 0 ? -ENOENT : hold.fd;
}

struct each {
	int (*tell)(void *context, uint64_t map_id, const struct prof_map *map);
	void *context;
};

static int each_tell(void *context, const struct khmap_map_info *info)
{
	const struct each *each = context;
	struct prof_map map;
	int fd = info->name[0] ? map_open(info, &map) : -1;

	if (fd < 0)
		return 0;
	close(fd);
	return each->tell(each->context, info->map_id, &map);
}

int prof_maps_each(int (*tell)(void *context, uint64_t map_id,
			       const struct prof_map *map),
		   void *context)
{
	struct each each = { .tell = tell, .context = context };

	return list_each(each_tell, &each);
}
