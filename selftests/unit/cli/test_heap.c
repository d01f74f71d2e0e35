// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_heap.c - what opens, takes and reads a snapshot allocates nothing
 *
 *	test_heap FOLDER
 *
 * The engine makes an image, which is a file of FOLDER; ioctl() and fstat() (--wrap)
 * say that its descriptor is the kernel's.  malloc() and its kin are the
 * benchmarks', which count.  Built without AddressSanitizer, under which the
 * library's memory is the heap's.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../kmod/core/table.h"
#include "../../../tools/bench/study/heap.h"
#include "../../../user/engine/copy.h"
#include "../../../user/engine/memory.h"
#include "../tap.h"
#include "test_heap.h"

#define IMAGE_BYTES	(1ull << 30)
#define IMAGE_PAGES	(1u << 16)	/* of the primary region */
#define ENTRIES		20000u

static char live_path[256], file_path[256];
/* The descriptor's file is a device of the kernel's. */
static bool device;

int __wrap_fstat64(int fd, struct stat *st)
{
	int failed = __real_fstat64(fd, st);

	if (!failed && device)
		st->st_mode = S_IFCHR | 0600;
	return failed;
}

static void image_kind(int fd, __u32 kind)
{
	if (pwrite(fd, &kind, sizeof(kind), offsetof(struct khmap_image_header, kind)) !=
	    sizeof(kind))
		err(1, "%s", live_path);
}

/* A snapshot is the image as it is, as nobody writes to it. */
int __wrap_ioctl(int fd, unsigned long command, ...)
{
	struct khmap_ioc_snapshot *cut;
	va_list args;

	va_start(args, command);
	cut = va_arg(args, void *);
	va_end(args);
	if (command == KHMAP_IOC_SNAPSHOT) {
		image_kind(fd, KHMAP_IMAGE_SNAPSHOT);
		cut->fd = dup(fd);
		return cut->fd < 0 ? -1 : 0;
	}
	if (command == KHMAP_IOC_ABI)
		return 0;
	errno = ENOTTY;
	return -1;
}

/* The pages of a map, as a file without a word about who made it. */
static void image_make(void)
{
	const struct khmap_table_params params = {
		.key_size = 8,
		.value_size = 8,
		.layout = KHMAP_LAYOUT_ALIGNED,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = KHMAP_LOAD_DEFAULT,
		.stripes = 4,
		.expected_entries = 1,
		.max_pages = IMAGE_PAGES,
		.secret = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull },
		.map_id = 7,
		.created_ns = 1,
		.name = "test",
	};
	struct khmap_account *account = khmap_account_create(IMAGE_BYTES, 0, false);
	struct khmap_account *copies = khmap_account_create(IMAGE_BYTES, 0, false);
	int fd = open(live_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct khmap_image_header *header;
	struct khmap_table *table;
	struct khmap_copy *copy;
	u64 key, page;

	if (!account || !copies || fd < 0 || khmap_table_create(&params, account, &table))
		err(1, "a map");
	for (key = 0; key < ENTRIES; key++)
		if (khmap_table_put(table, &key, &key, KHMAP_PUT_EITHER, NULL))
			err(1, "a put");
	if (khmap_copy_create(table, copies, 2, 1, &copy))
		err(1, "a copy");
	header = khmap_copy_page(copy, 0);
	for (page = 0; page < header->image_size / KHMAP_OS_PAGE_SIZE; page++)
		if (write(fd, khmap_copy_page(copy, page), KHMAP_OS_PAGE_SIZE) !=
		    (ssize_t)KHMAP_OS_PAGE_SIZE)
			err(1, "%s", live_path);
	close(fd);
	khmap_copy_destroy(copy);
	khmap_table_destroy(table);
	khmap_account_destroy(copies);
	khmap_account_destroy(account);
}

static void nothing(const char *what)
{
	struct heap_count heap = heap_count_end();

	is_u64(heap.calls, 0, "%s: nothing is allocated, %lu bytes", what, heap.bytes);
}

/* Else all that follows would be as good with a counter that counts nothing. */
static void test_counter(void)
{
	struct heap_count heap;
	void *volatile memory;
	void *aligned;

	heap_count_begin();
	memory = malloc(100);
	memory = realloc(memory, 200);
	free(memory);
	memory = strdup("four");
	free(memory);
	if (posix_memalign(&aligned, 64, 64))
		err(1, "no memory");
	free(aligned);
	heap = heap_count_end();
	is_u64(heap.calls, 4, "the counter counts");
	is_u64(heap.bytes, 100 + 200 + 5 + 64, "and adds up");
}

static void test_gets(const struct khmap *map, const char *what)
{
	u64 key, value, right = 0;

	heap_count_begin();
	for (key = 0; key < ENTRIES; key++)
		right += !khmap_get(map, &key, &value) && value == key;
	right += khmap_get(map, &key, &value) == -ENOENT;
	nothing(what);
	is_u64(right, ENTRIES + 1, "%s: each key", what);
}

static void test_walk(const struct khmap *map, const char *what)
{
	struct khmap_iter *iter;
	u64 key, value, sum = 0;

	heap_count_begin();
	if (khmap_iter_create(map, &iter))
		errx(1, "%s", khmap_reason());
	while (khmap_iter_next(iter, &key, &value) > 0)
		sum += value;
	khmap_iter_free(iter);
	nothing(what);
	is_u64(sum, (u64)ENTRIES * (ENTRIES - 1) / 2, "%s: each key", what);
}

static void test_snapshot(void)
{
	struct khmap_open_options options = { .size = sizeof(options), .flags = KHMAP_OPEN_WRITE };
	struct khmap *map, *snapshot;
	int fd = open(live_path, O_RDWR);

	image_kind(fd, KHMAP_IMAGE_LIVE);
	device = true;
	heap_count_begin();
	if (khmap_open_fd(fd, &options, &map))
		errx(1, "%s", khmap_reason());
	nothing("a live map is opened");
	heap_count_begin();
	if (khmap_snapshot(map, &snapshot))
		errx(1, "%s", khmap_reason());
	nothing("a snapshot is taken");
	test_gets(snapshot, "a snapshot is read");
	test_walk(snapshot, "a snapshot is iterated over");
	heap_count_begin();
	khmap_close(snapshot);
	khmap_close(map);
	nothing("both are closed");
	device = false;
}

/* The same pages as a snapshot that is a file. */
static void test_file(void)
{
	struct khmap_open_options options = { .size = sizeof(options), .flags = KHMAP_OPEN_VERIFY };
	struct khmap *map;
	int fd, failed;

	device = true;
	fd = open(live_path, O_RDWR);
	image_kind(fd, KHMAP_IMAGE_LIVE);
	if (khmap_open_fd(fd, NULL, &map))
		errx(1, "%s", khmap_reason());
	heap_count_begin();
	failed = khmap_snapshot_write(map, file_path, NULL);
	nothing("a file is written");
	is_i64(failed, 0, "it is there: %s", failed ? khmap_reason() : "");
	khmap_close(map);
	device = false;
	heap_count_begin();
	failed = khmap_open(file_path, &options, &map);
	nothing("a file is opened and verified");
	is_i64(failed, 0, "it is right: %s", failed ? khmap_reason() : "");
	if (failed)
		return;
	test_gets(map, "a file is read");
	khmap_close(map);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	snprintf(live_path, sizeof(live_path), "%s/heap.live", argv[1]);
	snprintf(file_path, sizeof(file_path), "%s/heap.khm", argv[1]);
	image_make();
	test_counter();
	test_snapshot();
	test_file();
	unlink(live_path);
	unlink(file_path);
	return done();
}
