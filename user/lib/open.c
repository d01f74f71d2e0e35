// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * open.c - from a name to a mapping
 *
 * The header is copied before it is checked, and only the copy is used: who can
 * write the file cannot change what was checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "error.h"
#include "header.h"
#include "map.h"
#include "memory.h"
#include "refusal.h"

#define KHMAP_OPEN_FLAGS (KHMAP_OPEN_WRITE | KHMAP_OPEN_VERIFY | KHMAP_OPEN_POPULATE | \
			  KHMAP_OPEN_DAMAGED)
/* As of the kernel's own: no struct will have more. */
#define KHMAP_OPTIONS_MAX 4096

int khmap_options_check(const char *what, const void *options, size_t known, __u32 allowed)
{
	const unsigned char *bytes = options;
	__u32 head[2];
	size_t at;

	memcpy(head, options, sizeof(head));
	if (head[0] < known)
		return khmap_fail(EINVAL, "struct %s has %u bytes, not %zu at least", what,
				  head[0], known);
	if (head[0] > KHMAP_OPTIONS_MAX)
		return khmap_fail(E2BIG, "struct %s has %u bytes", what, head[0]);
	for (at = known; at < head[0]; at++)
		if (bytes[at])
			return khmap_fail(E2BIG, "struct %s: byte %zu is not zero, this library knows %zu bytes",
					  what, at, known);
	if (head[1] & ~allowed)
		return khmap_fail(EOPNOTSUPP, "struct %s: unknown flags 0x%x", what,
				  head[1] & ~allowed);
	return 0;
}

/* What descriptors can be: the kernel's own answer to an ioctl, or a plain file. */
static int khmap_open_origin(struct khmap_object *object)
{
	struct khmap_ioc_abi abi = { .size = sizeof(abi) };
	struct stat st;

	if (fstat(object->fd, &st))
		return khmap_fail(errno, "%s: %s", object->name, strerror(errno));
	if (S_ISREG(st.st_mode)) {
		object->origin = KHMAP_ORIGIN_FILE;
		object->file_size = (__u64)st.st_size;
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return khmap_fail(EINVAL, "%s: is a directory, not a khmap image", object->name);
	if (ioctl(object->fd, KHMAP_IOC_ABI, &abi)) {
		/* Of this moment; any other answer is that of another driver. */
		if (errno == ENOMEM || errno == EFAULT || errno == EINTR)
			return khmap_fail(errno, "%s: %s", object->name, strerror(errno));
		return khmap_fail(EINVAL, "%s: is neither a khmap map nor a snapshot file",
				  object->name);
	}
	object->origin = KHMAP_ORIGIN_DEVICE;
	return 0;
}

/* The first bytes of the image, into private memory. */
static int khmap_open_peek(struct khmap_object *object, void *to, size_t size)
{
	void *page;
	size_t done = 0;
	ssize_t got;

	if (object->origin == KHMAP_ORIGIN_DEVICE) {
		page = mmap(NULL, size, PROT_READ, MAP_SHARED, object->fd, 0);
		if (page == MAP_FAILED && errno == ENODEV)
			return khmap_fail(errno, KHMAP_IS_CONTROL);
		if (page == MAP_FAILED)
			return khmap_fail(errno, "%s: mmap: %s", object->name, strerror(errno));
		memcpy(to, page, size);
		khmap_memory_unmap(page, size);
		return 0;
	}
	while (done < size) {
		got = pread(object->fd, (char *)to + done, size - done, (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return khmap_fail(errno, "%s: read: %s", object->name, strerror(errno));
		if (!got)
			break;
		done += (size_t)got;
	}
	memset((char *)to + done, 0, size - done);
	return 0;
}

/* Side tables that are not where the header says are not there. */
static void khmap_open_mend(struct khmap_object *object, const unsigned char *page)
{
	struct khmap_image_header *h = &object->header;
	__u64 table = h->checksum_count * sizeof(__u64);

	if (h->checksum_offset > object->file_size || h->checksum_count > UINT64_MAX / 16 ||
	    h->checksum_count != h->checksum_offset >> h->geometry.page_shift ||
	    h->checksum_offset < h->image_size ||
	    table > object->file_size - h->checksum_offset) {
		h->checksum_offset = 0;
		h->checksum_count = 0;
	}
	if (h->schema_length > KHMAP_SCHEMA_MAX || h->schema_offset < KHMAP_HEADER_SIZE ||
	    h->schema_offset > h->geometry.inline_offset ||
	    h->schema_length > h->geometry.inline_offset - h->schema_offset)
		h->schema_length = 0;
	h->name[KHMAP_NAME_MAX] = '\0';
	memcpy(object->schema, page + h->schema_offset, h->schema_length);
}

/* @page has room for a page of the size that the header had when it was first read. */
static int khmap_open_page(struct khmap_object *object, unsigned char *page, __u32 shift)
{
	struct khmap_refusal refusal = { .damaged = object->flags & KHMAP_OPEN_DAMAGED };
	struct khmap_report report = { .finding = khmap_refusal_note, .context = &refusal };
	struct khmap_header_view view = {
		.header = &object->header,
		.page = page,
		.file_size = object->file_size,
		.is_file = object->origin == KHMAP_ORIGIN_FILE,
	};
	int err;

	err = khmap_open_peek(object, page, (size_t)1 << shift);
	if (err)
		return err;
	memcpy(&object->header, page, sizeof(object->header));
	/* Read twice: one that changes meanwhile must not make the page larger than @page. */
	if (object->header.geometry.page_shift != shift)
		return khmap_fail(EUCLEAN, "%s: changed while it was opened", object->name);
	if (khmap_header_identify(&view, &report))
		khmap_header_check(&view, &report);
	err = khmap_refusal_result(object->name, &refusal);
	if (!err)
		khmap_open_mend(object, page);
	return err;
}

static int khmap_open_header(struct khmap_object *object)
{
	struct khmap_refusal refusal = { .damaged = object->flags & KHMAP_OPEN_DAMAGED };
	struct khmap_report report = { .finding = khmap_refusal_note, .context = &refusal };
	struct khmap_header_view view = {
		.header = &object->header,
		.file_size = object->file_size,
		.is_file = object->origin == KHMAP_ORIGIN_FILE,
	};
	unsigned char usual[1u << KHMAP_PAGE_SHIFT_MIN], *page = usual;
	__u32 shift;
	int err;

	err = khmap_open_peek(object, &object->header, sizeof(object->header));
	if (err)
		return err;
	if (!khmap_header_identify(&view, &report))
		return khmap_refusal_result(object->name, &refusal);
	shift = object->header.geometry.page_shift;
	if (shift > KHMAP_PAGE_SHIFT_MIN)
		page = khmap_memory_get((size_t)1 << shift);
	if (!page)
		return khmap_fail(ENOMEM, "no memory for a header page");
	err = khmap_open_page(object, page, shift);
	if (page != usual)
		khmap_memory_put(page, (size_t)1 << shift);
	return err;
}

static int khmap_open_mmap(struct khmap_object *object)
{
	int flags = MAP_SHARED | (object->flags & KHMAP_OPEN_POPULATE ? MAP_POPULATE : 0);
	__u64 size = object->header.image_size;
	void *base;

	if (object->origin == KHMAP_ORIGIN_FILE)
		size = object->file_size;
	else
		flags = MAP_SHARED;
	if (size > SIZE_MAX / 2)
		return khmap_fail(EFBIG, "%s: %llu bytes do not fit the address space",
				  object->name, (unsigned long long)size);
	/* Whatever was checked, forgiven or mended before: no lookup leaves what is mapped. */
	if (!khmap_header_fits(&object->header, size))
		return khmap_fail(EUCLEAN, "%s: damaged: the image is larger than its %llu bytes",
				  object->name, (unsigned long long)size);
	base = mmap(NULL, (size_t)size, PROT_READ, flags, object->fd, 0);
	if (base == MAP_FAILED)
		return khmap_fail(errno, "%s: mmap of %llu bytes: %s", object->name,
				  (unsigned long long)size, strerror(errno));
	object->base = base;
	object->mapped = (size_t)size;
	khmap_reader_init(&object->map.reader, &object->header, base);
	return 0;
}

static int khmap_open_schema(const struct khmap_object *object, const char *expected)
{
	struct khmap_schema *schema;
	int err;

	if (!expected)
		return 0;
	err = khmap_schema_parse(expected, strlen(expected), &schema);
	if (err)
		return khmap_fail(-err, "expected schema: %s", khmap_reason());
	if (strcmp(khmap_schema_text(schema), object->schema))
		err = khmap_fail(EPROTOTYPE, "%s: expected schema \"%s\", found %s%s%s",
				 object->name, khmap_schema_text(schema),
				 object->schema[0] ? "\"" : "", object->schema[0] ?
				 object->schema : "none", object->schema[0] ? "\"" : "");
	khmap_schema_free(schema);
	return err;
}

int khmap_map_verify(const struct khmap_object *object)
{
	struct khmap_refusal refusal = { .err = 0 };
	struct khmap_report report = { .finding = khmap_refusal_note, .context = &refusal };

	khmap_checksum_verify(object, &report, NULL, NULL, NULL);
	return khmap_refusal_result(object->name, &refusal);
}

int khmap_map_open(int fd, const char *name, const struct khmap_open_options *options,
		   struct khmap **map)
{
	size_t size = sizeof(struct khmap_object) + strlen(name) + 1;
	struct khmap_object *object;
	int err;

	if (options) {
		err = khmap_options_check("khmap_open_options", options, sizeof(*options),
					  KHMAP_OPEN_FLAGS);
		if (err)
			return err;
	}
	object = khmap_memory_get(size);
	if (!object)
		return khmap_fail(ENOMEM, "no memory to open %s", name);
	object->fd = fd;
	object->flags = options ? options->flags : 0;
	object->size = size;
	object->name = strcpy((char *)(object + 1), name);
	err = khmap_open_origin(object);
	if (!err)
		err = khmap_open_header(object);
	if (!err && object->flags & KHMAP_OPEN_WRITE && !khmap_is_live(&object->map))
		err = khmap_fail(EROFS, "%s: is a snapshot and cannot be changed", name);
	if (!err)
		err = khmap_open_mmap(object);
	if (!err)
		err = khmap_open_schema(object, options ? options->schema : NULL);
	if (!err)
		err = object->flags & KHMAP_OPEN_VERIFY ? khmap_map_verify(object) : 0;
	if (!err) {
		*map = &object->map;
		return 0;
	}
	/* The descriptor stays the caller's. */
	object->fd = -1;
	khmap_close(&object->map);
	return err;
}

int khmap_open_fd(int fd, const struct khmap_open_options *options, struct khmap **map)
{
	char name[32];

	snprintf(name, sizeof(name), "descriptor %d", fd);
	return khmap_map_open(fd, name, options, map);
}

/* Why a name could not be opened, said for the one who typed it. */
static int khmap_open_failed(const char *name, const char *path, bool is_path, int err)
{
	if (err == ENOENT && !is_path && !khmap_module_loaded())
		return khmap_fail(err, KHMAP_NOT_LOADED "%s",
				  access(name, F_OK) ? "" : " (for the file, write ./NAME)");
	if (err == ENOENT && !is_path && khmap_node_missing(name))
		return khmap_fail(err, "%s: " KHMAP_NODE_MISSING, name);
	if (err == ENOENT && !is_path)
		return khmap_fail(err, "no map \"%s\"%s", name,
				  access(name, F_OK) ? "" : " (for the file, write ./NAME)");
	if (err == EROFS)
		return khmap_fail(err, "%s: is a snapshot and cannot be changed", name);
	return khmap_fail(err, "%s: %s", path, strerror(err));
}

int khmap_open(const char *name, const struct khmap_open_options *options, struct khmap **map)
{
	bool is_path = strpbrk(name, "/.");
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY, fd, err;
	char path[KHMAP_PATH_SIZE];
	struct stat st;

	if (options) {
		err = khmap_options_check("khmap_open_options", options, sizeof(*options),
					  KHMAP_OPEN_FLAGS);
		if (err)
			return err;
	}
	if (!*name)
		return khmap_fail(EINVAL, "an empty name");
	if (!is_path && strlen(name) > KHMAP_NAME_MAX)
		return khmap_fail(ENAMETOOLONG, "a map's name has at most %d bytes, not %zu",
				  KHMAP_NAME_MAX, strlen(name));
	if (snprintf(path, sizeof(path), "%s%s", is_path ? "" : KHMAP_DEVICE_DIR "/", name) >=
	    (int)sizeof(path))
		return khmap_fail(ENAMETOOLONG, "a path of more than %zu bytes", sizeof(path) - 1);
	flags |= options && options->flags & KHMAP_OPEN_WRITE ? O_RDWR : O_RDONLY;
	if (is_path && flags & O_RDWR && !stat(path, &st) && S_ISREG(st.st_mode))
		return khmap_fail(EROFS, "%s: is a file and cannot be changed", name);
	fd = open(path, flags);
	if (fd < 0)
		return khmap_open_failed(name, path, is_path, errno);
	err = khmap_map_open(fd, name, options, map);
	if (err)
		close(fd);
	return err;
}

void khmap_close(struct khmap *map)
{
	struct khmap_object *object = khmap_object(map);

	if (!map)
		return;
	if (object->base)
		khmap_memory_unmap(object->base, object->mapped);
	if (object->fd >= 0)
		close(object->fd);
	khmap_memory_put(object, object->size);
}

int khmap_fd(const struct khmap *map)
{
	return khmap_object(map)->fd;
}

const struct khmap_image_header *khmap_header(const struct khmap *map)
{
	return &khmap_object(map)->header;
}

int khmap_schema_of(const struct khmap_image_header *header, const char *text, const char *name,
		    struct khmap_schema **schema)
{
	const struct khmap_geometry *g = &header->geometry;
	struct khmap_schema *parsed;
	int err;

	if (!text[0])
		return khmap_fail(ENODATA, "%s: has no schema", name);
	err = khmap_schema_parse(text, strlen(text), &parsed);
	if (err)
		return khmap_fail(err == -ENOMEM ? ENOMEM : EUCLEAN, "%s: schema: %s", name,
				  khmap_reason());
	if (khmap_schema_key_size(parsed) != g->key_size ||
	    khmap_schema_value_size(parsed) != g->value_size) {
		err = khmap_fail(EUCLEAN,
				 "%s: the schema is of keys of %zu and values of %zu bytes, the map has %u and %u",
				 name, khmap_schema_key_size(parsed),
				 khmap_schema_value_size(parsed), g->key_size, g->value_size);
		khmap_schema_free(parsed);
		return err;
	}
	*schema = parsed;
	return 0;
}

int khmap_schema_get(const struct khmap *map, struct khmap_schema **schema)
{
	const struct khmap_object *object = khmap_object(map);

	return khmap_schema_of(&object->header, object->schema, object->name, schema);
}
