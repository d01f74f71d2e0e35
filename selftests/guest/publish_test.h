/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * publish_test.h - the ioctls of versions, as they are
 */
#ifndef _PUBLISH_TEST_H
#define _PUBLISH_TEST_H

#include "khmap_test.h"

/* The name's generation, or -errno. */
static inline int64_t publish(int fd, int fresh, uint32_t keep)
{
	struct khmap_ioc_publish args = {
		.size = sizeof(args),
		.fd = fresh,
		.keep = keep,
	};
	int err = call(fd, KHMAP_IOC_PUBLISH, &args);

	return err ? err : (int64_t)args.generation;
}

static inline int64_t rollback(int fd, uint32_t steps)
{
	struct khmap_ioc_rollback args = {
		.size = sizeof(args),
		.steps = steps,
	};
	int err = call(fd, KHMAP_IOC_ROLLBACK, &args);

	return err ? err : (int64_t)args.generation;
}

static inline int64_t rollback_to(int fd, uint64_t to)
{
	struct khmap_ioc_rollback args = {
		.size = sizeof(args),
		.flags = KHMAP_ROLLBACK_TO,
		.to = to,
	};
	int err = call(fd, KHMAP_IOC_ROLLBACK, &args);

	return err ? err : (int64_t)args.generation;
}

static inline int64_t canary(int fd, uint32_t flags, int second, uint32_t share,
			     const uint64_t *ids, uint32_t count)
{
	struct khmap_ioc_canary args = {
		.size = sizeof(args),
		.flags = flags,
		.fd = second,
		.share = share,
		.ids = address_of(ids),
		.id_count = count,
	};
	int err = call(fd, KHMAP_IOC_CANARY, &args);

	return err ? err : (int64_t)args.generation;
}

/* 0 or -errno; @args->fd is the caller's to close, unless -1. */
static inline int choose(int fd, struct khmap_ioc_choose *args)
{
	*args = (struct khmap_ioc_choose){ .size = sizeof(*args) };
	return call(fd, KHMAP_IOC_CHOOSE, args);
}

/* The id of the map that an id gets; 0 if it gets none. */
static inline uint64_t choose_for(int fd, uint64_t id)
{
	struct khmap_ioc_choose args = {
		.size = sizeof(args),
		.flags = KHMAP_CHOOSE_ID,
		.id = id,
	};

	if (call(fd, KHMAP_IOC_CHOOSE, &args))
		return 0;
	if (args.fd >= 0)
		close(args.fd);
	return args.map_id;
}

static inline int versions(int fd, struct khmap_version_info *infos,
			   uint32_t room, struct khmap_ioc_versions *args)
{
	*args = (struct khmap_ioc_versions){
		.size = sizeof(*args),
		.infos = address_of(infos),
		.count = room,
	};
	return call(fd, KHMAP_IOC_VERSIONS, args);
}

/* What a map's readers are told; 0xffffffff if that cannot be known. */
static inline uint32_t successor_of(int fd)
{
	const struct khmap_image_header *header;
	uint32_t word;

	header = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (header == MAP_FAILED)
		return UINT32_MAX;
	word = __atomic_load_n(&header->successor, __ATOMIC_RELAXED);
	munmap((void *)(uintptr_t)header, PAGE);
	return word;
}

/* A map without a name that has one key, or -errno. */
static inline int fresh_map(uint64_t key, uint64_t value)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	int fd = create_map(&args), err;

	if (fd < 0)
		return fd;
	err = put(fd, key, value);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* A map with a name that everybody may write to, but not give up; or -errno. */
static inline int map_for_all(const char *name)
{
	struct khmap_ioc_create args = create_args(name, 1);

	map_remove(name);
	args.flags = KHMAP_CREATE_MODE;
	args.mode = 0666;
	return create_map(&args);
}

/* 0 if that cannot be known. */
static inline uint64_t map_id(int fd)
{
	struct khmap_ioc_stat stat;

	return map_stat(fd, &stat) ? 0 : stat.map_id;
}

/* The value of a key by the name, or -errno. */
static inline int64_t value_by_name(const char *name, uint64_t key)
{
	int fd = map_open(name, O_RDONLY), err;
	uint64_t value = 0;

	if (fd < 0)
		return fd;
	err = get(fd, key, &value);
	close(fd);
	return err ? err : (int64_t)value;
}

#endif /* _PUBLISH_TEST_H */
