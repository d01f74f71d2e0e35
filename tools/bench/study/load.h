/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * load.h - a map that is loaded from a file of MessagePack
 *
 * The file has the fields of one record after the other, each an object of its own,
 * which is what msgpack-c unpacks fastest: an array for each record would be
 * allocated, and an array of all of them would be there as a tree before the map.
 */
#ifndef KHMAP_STUDY_LOAD_H
#define KHMAP_STUDY_LOAD_H

#include "encode.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * load_save() - write such a file
 * @records: of kind RECORD_MIXED
 * @sink: the file
 */
void load_save(const struct records *records, struct encode_sink *sink);

/**
 * load_map() - make a boost::unordered_flat_map of such a file
 * @path: of the file
 * @count: records that it has, for which room is reserved
 *
 * Return: for load_drop(); NULL if the file has not as many.
 */
void *load_map(const char *path, uint32_t count);

/* Look a key up; false: it is not there. */
bool load_get(const void *map, uint64_t key, struct record_pair *value);

void load_drop(void *map);

/* Boost's version. */
extern const char *const load_version;

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_STUDY_LOAD_H */
