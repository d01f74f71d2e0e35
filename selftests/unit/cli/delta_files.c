// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * delta_files.c - what the tests of deltas share: snapshot files of the engine, as bytes
 */
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "image_write.h"
#include "test_delta.h"

#define COPY_BYTES	(64ull << 20)

static char folder[TEST_PATH];

void folder_enter(void)
{
	snprintf(folder, sizeof(folder), "/tmp/khmap-delta-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		err(1, "%s", folder);
}

bool folder_leave(unsigned int files)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	unsigned int found = 0;

	if (!dir)
		err(1, "%s", folder);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (++found > files)
			diag("file %s", entry->d_name);
		unlink(entry->d_name);
	}
	closedir(dir);
	if (chdir("/") || rmdir(folder))
		err(1, "%s", folder);
	return found == files;
}

struct bytes bytes_load(const char *path)
{
	struct bytes bytes;
	FILE *in = fopen(path, "r");
	long size;

	if (!in || fseek(in, 0, SEEK_END))
		err(1, "%s", path);
	size = ftell(in);
	if (size < 0 || fseek(in, 0, SEEK_SET))
		err(1, "%s", path);
	bytes.size = (size_t)size;
	bytes.at = malloc(bytes.size + 1);
	if (!bytes.at || fread(bytes.at, 1, bytes.size, in) != bytes.size)
		err(1, "%s", path);
	fclose(in);
	return bytes;
}

void bytes_store(const struct bytes *bytes, const char *path)
{
	FILE *out;

	/* Some file systems write one at once that was cut to nothing. */
	unlink(path);
	out = fopen(path, "w");
	if (!out || fwrite(bytes->at, 1, bytes->size, out) != bytes->size || fclose(out))
		err(1, "%s", path);
}

bool file_same(const char *a, const char *b)
{
	struct bytes x = bytes_load(a), y = bytes_load(b);
	bool same = x.size == y.size && !memcmp(x.at, y.at, x.size);

	free(x.at);
	free(y.at);
	return same;
}

static const void *copy_page(void *context, __u64 index)
{
	return khmap_copy_page(context, index);
}

void snapshot_file(struct engine *engine, u64 epoch, const char *path)
{
	struct khmap_image_source source = { .page = copy_page, .mode = 0644 };
	struct khmap_account *account = khmap_account_create(COPY_BYTES, 0, false);
	struct khmap_image_header header;
	struct khmap_copy *copy;

	if (!account || khmap_copy_create(engine->table, account, 1000 + epoch, epoch, &copy))
		errx(1, "no copy");
	memcpy(&header, copy_page(copy, 0), sizeof(header));
	source.header = &header;
	source.context = copy;
	if (khmap_image_write(&source, path, NULL))
		errx(1, "%s", khmap_reason());
	khmap_copy_destroy(copy);
	khmap_account_destroy(account);
}

void put_range(struct engine *engine, u64 from, u64 to, u32 version)
{
	const struct khmap_geometry *g = &engine->table->geometry;
	unsigned char key[64], value[TEST_RECORD_MAX];

	for (; from < to; from++) {
		key_make(key, g->key_size, from);
		value_make(value, g->value_size, from, version);
		if (khmap_table_put(engine->table, key, value, KHMAP_PUT_EITHER, NULL))
			errx(1, "put");
	}
}

int delta_make(const char *base, const char *new, const char *path,
	       struct khmap_delta_options *options)
{
	struct khmap *old, *map;
	int error = khmap_open(base, NULL, &old);

	if (error)
		return error;
	error = khmap_open(new, NULL, &map);
	if (!error) {
		error = khmap_delta_write(old, map, path, options);
		khmap_close(map);
	}
	khmap_close(old);
	return error;
}

int delta_use(const char *base, const char *delta, const char *path)
{
	struct khmap *old;
	int error = khmap_open(base, NULL, &old);

	if (error)
		return error;
	error = khmap_delta_apply(old, delta, path, NULL);
	khmap_close(old);
	return error;
}

bool delta_round(const char *base, const char *new, struct khmap_delta_options *options)
{
	bool same;

	*options = (struct khmap_delta_options){ .size = sizeof(*options) };
	if (delta_make(base, new, "./round.delta", options) ||
	    delta_use(base, "./round.delta", "./round.khm")) {
		diag("%s", khmap_reason());
		return false;
	}
	same = file_same(new, "./round.khm");
	if (!same)
		diag("the result differs");
	unlink("./round.delta");
	unlink("./round.khm");
	return same;
}

static const unsigned char *page_at(const struct bytes *image, u64 offset)
{
	return image->at + offset;
}

static void changed_region(const struct bytes *old, u64 old_offset, u64 old_pages,
			   const struct bytes *new, u64 new_offset, u64 new_pages, u64 *stored,
			   u64 *zero)
{
	static const unsigned char zeros[KHMAP_OS_PAGE_SIZE];
	u64 i;

	for (i = 0; i < new_pages; i++) {
		const unsigned char *page = page_at(new, new_offset + i * sizeof(zeros));

		if (i < old_pages &&
		    !memcmp(page, page_at(old, old_offset + i * sizeof(zeros)), sizeof(zeros)))
			continue;
		if (memcmp(page, zeros, sizeof(zeros)))
			++*stored;
		else
			++*zero;
	}
}

void changed_pages(const char *base, const char *new, u64 *stored, u64 *zero)
{
	struct bytes old_bytes = bytes_load(base), new_bytes = bytes_load(new);
	struct khmap_image_header x, y;

	memcpy(&x, old_bytes.at, sizeof(x));
	memcpy(&y, new_bytes.at, sizeof(y));
	*stored = 1;
	*zero = 0;
	changed_region(&old_bytes, x.primary_offset, x.primary_pages, &new_bytes,
		       y.primary_offset, y.primary_pages, stored, zero);
	changed_region(&old_bytes, x.overflow_offset, x.overflow_pages, &new_bytes,
		       y.overflow_offset, y.overflow_pages, stored, zero);
	free(old_bytes.at);
	free(new_bytes.at);
}
