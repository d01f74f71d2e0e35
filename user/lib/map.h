/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * map.h - what is behind a struct khmap
 */
#ifndef KHMAP_LIB_MAP_H
#define KHMAP_LIB_MAP_H

#include <khmap/khmap.h>

#define KHMAP_PATH_SIZE 4096

/**
 * enum khmap_origin - What the descriptor of a map is.
 * @KHMAP_ORIGIN_DEVICE: the kernel's, of a live map or a snapshot
 * @KHMAP_ORIGIN_FILE: of a file
 */
enum khmap_origin {
	KHMAP_ORIGIN_DEVICE,
	KHMAP_ORIGIN_FILE,
};

/**
 * struct khmap_object - An open map as the library sees it.
 * @map: what the caller sees; the first member
 * @fd: owned
 * @flags: KHMAP_OPEN_*
 * @origin: enum khmap_origin
 * @base: the image's first byte, mapped for @mapped bytes
 * @mapped: bytes; of a file, side tables included
 * @file_size: bytes of the file; 0 for a device
 * @header: a private copy, checked
 * @schema: the schema's text and a NUL; "" if there is none
 * @size: bytes of this, the name included, which is behind it
 * @name: how it was opened, for reasons
 */
struct khmap_object {
	struct khmap map;
	int fd;
	__u32 flags;
	enum khmap_origin origin;
	const unsigned char *base;
	size_t mapped;
	__u64 file_size;
	struct khmap_image_header header;
	char schema[KHMAP_SCHEMA_MAX + 1];
	size_t size;
	const char *name;
};

static inline struct khmap_object *khmap_object(const struct khmap *map)
{
	return (struct khmap_object *)(void *)map;
}

static inline bool khmap_is_live(const struct khmap *map)
{
	return khmap_object(map)->header.kind == KHMAP_IMAGE_LIVE;
}

/**
 * khmap_map_open() - khmap_open_fd() with a name for reasons.
 * @fd: belongs to the map on success
 * @name: copied
 * @options: or NULL
 * @map: receives the map
 *
 * Return: as khmap_open().
 */
int khmap_map_open(int fd, const char *name, const struct khmap_open_options *options,
		   struct khmap **map);

/**
 * khmap_map_verify() - Compare a file's pages with their checksums.
 * @object: the map; there is nothing to compare in one that has none
 *
 * Return: 0; -EBADMSG with a reason.
 */
int khmap_map_verify(const struct khmap_object *object);

/**
 * khmap_options_check() - Check a struct of options.
 * @what: name of the struct, for the reason
 * @options: the struct, which begins with its size and flags
 * @known: sizeof the struct as the library knows it, which is its first version
 * @allowed: flags that are known; all bits if the second member is none
 *
 * Return: 0; -EINVAL the struct is smaller than its first version; -E2BIG what
 * the library does not know of it is not zero; -EOPNOTSUPP a flag is not known.
 */
int khmap_options_check(const char *what, const void *options, size_t known, __u32 allowed);

/**
 * khmap_schema_of() - khmap_schema_get() of what is not a map.
 * @header: of the image, checked
 * @text: of the schema; "" if there is none
 * @name: of the image, for reasons
 * @schema: receives the schema
 *
 * Return: as khmap_schema_get().
 */
int khmap_schema_of(const struct khmap_image_header *header, const char *text, const char *name,
		    struct khmap_schema **schema);

/**
 * khmap_name_check() - Can a map have this name?
 * @name: the name
 *
 * Return: 0; -ENAMETOOLONG; -EINVAL.
 */
int khmap_name_check(const char *name);

/**
 * khmap_name_taken() - Say what it is that has a name already.
 * @name: the name
 *
 * Return: -EEXIST.
 */
int khmap_name_taken(const char *name);

/**
 * khmap_node_missing() - Does a map exist whose node was removed?
 * @name: the name, of which there is no node
 *
 * Return: true if so; false if not, or if the maps may not be listed.
 */
bool khmap_node_missing(const char *name);

/**
 * khmap_live_call() - An ioctl of a map, and why it failed.
 * @map: the map
 * @command: KHMAP_IOC_*
 * @argument: of the command
 *
 * Return: 0, or the negative errno; -EROFS the map cannot be changed.
 */
int khmap_live_call(const struct khmap *map, unsigned long command, void *argument);

#define KHMAP_NOT_LOADED "the module is not loaded: insmod khmap.ko, or modprobe khmap"
#define KHMAP_NODE_MISSING "the map exists but its node is missing"
#define KHMAP_IS_CONTROL "\"" KHMAP_CONTROL_NAME "\" is the control device, not a map"

/**
 * khmap_control_open() - Open /dev/khmap/control.
 * @flags: of open(2)
 *
 * Return: the descriptor, or the negative errno with a reason.
 */
int khmap_control_open(int flags);

/**
 * khmap_module_loaded() - Is there a module that could have maps?
 */
bool khmap_module_loaded(void);

#endif /* KHMAP_LIB_MAP_H */
