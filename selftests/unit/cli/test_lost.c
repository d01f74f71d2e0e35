// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_lost.c - the library with a best-effort snapshot that has lost pages
 *
 * The engine's userspace build stands in for the kernel: its pages, and what stands
 * for those that are lost, are the mapping; ioctl() and pread() (--wrap) ask it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <khmap/compress.h>
#include <khmap/delta.h>
#include <khmap/digest.h>
#include <khmap/verify.h>

#include "../../../kmod/core/snapshot.h"
#include "../engine.h"
#include "../tap.h"
#include "map.h"
#include "test_lost.h"

#define COUNT	3000
#define PAGE	KHMAP_OS_PAGE_SIZE
#define SHOT_FD	1000	/* which no file has */

/**
 * struct shot - a snapshot as the library has it open
 * @snapshot: of the engine
 * @bytes: its mapping
 * @object: what is opened
 */
struct shot {
	struct khmap_snapshot *snapshot;
	unsigned char *bytes;
	struct khmap_object object;
};

/* That which ioctl() and pread() are about. */
static struct shot *current;
/* Page from which on pread() finds all lost, and whether it has; 0: none. */
static u64 lost_from;
static bool lost_met;
static unsigned int asked;

int __wrap_ioctl(int fd, unsigned long command, ...)
{
	const struct khmap_snapshot *s = current->snapshot;
	struct khmap_ioc_record *record;
	struct khmap_ioc_stat *stat;
	va_list args;
	int err = -ENOTTY;

	va_start(args, command);
	stat = va_arg(args, void *);
	va_end(args);
	record = (void *)stat;
	if (fd != SHOT_FD) {
		errno = ENOTTY;
		return -1;
	}
	if (command == KHMAP_IOC_GET) {
		asked++;
		err = khmap_snapshot_get(current->snapshot, (void *)(uintptr_t)record->key,
					 (void *)(uintptr_t)record->value);
	} else if (command == KHMAP_IOC_MATERIALIZE) {
		err = khmap_snapshot_losses(s) ? -EIO : 0;
	} else if (command == KHMAP_IOC_STAT) {
		*stat = (struct khmap_ioc_stat){
			.size = sizeof(*stat),
			.entries = s->header->entries,
			.max_entries = s->header->max_entries,
			.overflow_entries = s->header->overflow_entries,
			.overflow_buckets = s->header->overflow_buckets,
			.shape = s->header->shape,
			.primary_pages = s->primary_pages,
			.overflow_pages = s->overflow_pages,
			.kind = KHMAP_IMAGE_SNAPSHOT,
			.copied_pages = 1 + (u64)os_count_read(&s->copied),
			.lost_pages = khmap_snapshot_losses(s) + lost_met,
			.pool_pages = s->pool ? s->pool->bound : 0,
		};
		stat->reserved_pages = s->pages - stat->copied_pages - stat->lost_pages;
		err = 0;
	}
	errno = -err;
	return err ? -1 : 0;
}

ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t offset)
{
	u64 page = (u64)offset / PAGE;
	int err;

	if (fd != SHOT_FD)
		return __real_pread64(fd, to, size, offset);
	err = page ? khmap_snapshot_read(current->snapshot, page, to) : 0;
	if (!page)
		memcpy(to, current->snapshot->header, PAGE);
	if (lost_from && page >= lost_from) {
		lost_met = true;
		err = -EIO;
	}
	errno = -err;
	return err ? -1 : (ssize_t)size;
}

static void put_from(struct engine *e, u64 from, u64 to, u64 step, u32 version)
{
	unsigned char key[8], value[8];
	u64 i;

	for (i = from; i < to; i += step) {
		key_make(key, 8, i);
		value_make(value, 8, i, version);
		if (khmap_table_put(e->table, key, value, KHMAP_PUT_EITHER, NULL))
			exit(1);
	}
}

static void shot_take(struct engine *e, struct shot *shot, bool best_effort)
{
	memset(shot, 0, sizeof(*shot));
	if (best_effort ? khmap_snapshot_create_loose(e->table, e->account, NULL, 2,
						      &shot->snapshot) :
			  khmap_snapshot_create(e->table, e->account, NULL, &shot->snapshot))
		exit(1);
}

/* Have it open; @touched: all pages of its mapping have been looked at. */
static void shot_open(struct shot *shot, bool touched)
{
	struct khmap_snapshot *s = shot->snapshot;
	u64 page;

	shot->bytes = aligned_alloc(PAGE, s->pages * PAGE);
	if (!shot->bytes)
		exit(1);
	for (page = 0; page < s->pages && touched; page++)
		memcpy(shot->bytes + page * PAGE, khmap_snapshot_fetch(s, page), PAGE);
	memcpy(&shot->object.header, s->header, sizeof(shot->object.header));
	shot->object.fd = SHOT_FD;
	shot->object.origin = KHMAP_ORIGIN_DEVICE;
	shot->object.base = shot->bytes;
	shot->object.name = "shot";
	khmap_reader_init(&shot->object.map.reader, &shot->object.header, shot->bytes);
	current = shot;
}

static void shot_close(struct shot *shot)
{
	free(shot->bytes);
	khmap_snapshot_destroy(shot->snapshot);
}

static bool says(const char *words)
{
	if (strstr(khmap_reason(), words))
		return true;
	diag("%s", khmap_reason());
	return false;
}

static void test_lookups(struct shot *shot)
{
	static unsigned char keys[COUNT + 500][8], values[COUNT + 500][8];
	static int status[COUNT + 500];
	struct khmap *map = &shot->object.map;
	u64 i, lost = 0, bad = 0, many = 0, in_place = 0;
	unsigned char want[8], got[8];
	struct khmap_read read;
	int err;

	for (i = 0; i < COUNT + 500; i++) {
		key_make(keys[i], 8, i);
		value_make(want, 8, i, 1);
		err = khmap_get(map, keys[i], got);
		lost += err == -EIO;
		bad += err != -EIO && (i < COUNT ? err || memcmp(got, want, 8) : err != -ENOENT);
		err = khmap_read_begin(map, keys[i], &read);
		in_place += err == -EIO;
		bad += !err && (i >= COUNT || memcmp(khmap_read_pointer(&read), want, 8));
	}
	khmap_get_many(map, keys, COUNT + 500, values, status);
	for (i = 0; i < COUNT + 500; i++) {
		value_make(want, 8, i, 1);
		many += status[i] == -EIO;
		bad += !status[i] && (i >= COUNT || memcmp(values[i], want, 8));
	}
	is_u64(bad, 0, "no look-up is wrong");
	ok(lost && lost < COUNT, "%llu are lost", (unsigned long long)lost);
	is_u64(many, lost, "as many of many");
	is_u64(in_place, lost, "and in place");
	is_u64(asked, 2 * lost, "the kernel is asked once for each that is");
}

static int note(void *context, const struct khmap_finding *finding)
{
	u64 *others = context;

	if (strcmp(finding->rule, "lost")) {
		++*others;
		diag("%s", finding->text);
	}
	return 0;
}

static void test_walks(struct shot *shot)
{
	struct khmap_digest digest = { .size = sizeof(digest) };
	struct khmap_survey survey = { .size = sizeof(survey) };
	u64 seen = 0, lost = 0, bad = 0, others = 0;
	struct khmap_verify_options verify = {
		.size = sizeof(verify),
		.finding = note,
		.context = &others,
	};
	unsigned char key[8], value[8], want[8];
	struct khmap *map = &shot->object.map;
	struct khmap_iter *iter;
	int got;

	if (khmap_iter_create(map, &iter))
		exit(1);
	while ((got = khmap_iter_next(iter, key, value))) {
		lost += got == -EIO;
		bad += got < 0 && (got != -EIO || !says("pages are lost"));
		if (got < 0)
			continue;
		value_make(want, 8, khmap_load64(key), 1);
		bad += !!memcmp(value, want, 8);
		seen++;
	}
	khmap_iter_free(iter);
	ok(lost && seen && seen < COUNT && !bad,
	   "an iteration returns %llu entries, and %llu chains as lost",
	   (unsigned long long)seen, (unsigned long long)lost);
	is_i64(khmap_digest(map, &digest), -EIO, "there is no digest");
	ok(says("pages are lost"), "and it says why");
	is_i64(khmap_survey(map, &survey), -EIO, "nor a survey");
	is_i64(khmap_verify(map, &verify), 1, "it does not pass verification");
	is_u64(verify.findings, khmap_snapshot_losses(shot->snapshot), "for each page that is lost");
	is_u64(others, 0, "and nothing else");
	is_i64(khmap_materialize(map), -EIO, "not all can be copied");
	ok(says("pages are lost"), "and it says why");
}

/* Of a snapshot with losses nothing is made that is to last. */
static void test_files(struct shot *shot, const char *base)
{
	struct khmap_compress_options how = { .size = sizeof(how) };
	const struct khmap_restore_options restore = { .size = sizeof(restore) };
	struct khmap *map = &shot->object.map, *file, *live;

	is_i64(khmap_snapshot_write(map, "lost.khm", NULL), -EIO, "no file is written");
	ok(says(" of its ") && says("larger pool") && access("lost.khm", F_OK),
	   "it says how many pages are lost, and what to do");
	is_i64(khmap_compress_write(map, "lost.khz", &how), -EIO, "nor a compressed one");
	ok(access("lost.khz", F_OK), "of which nothing is left");
	is_i64(khmap_restore(map, &restore, &live), -EIO, "nor a map made");
	if (khmap_open(base, NULL, &file))
		exit(1);
	is_i64(khmap_delta_write(file, map, "lost.khd", NULL), -EIO, "nor a delta");
	ok(access("lost.khd", F_OK), "of which nothing is left");
	khmap_close(file);
}

/* Without losses it is like any other, until one comes. */
static void test_whole(struct engine *e, struct shot *sure)
{
	struct khmap_digest one = { .size = sizeof(one) }, two = { .size = sizeof(two) };
	struct khmap_verify_options verify = { .size = sizeof(verify) };
	struct khmap_compress_options how = { .size = sizeof(how) };
	struct shot shot;
	struct khmap *file;
	u64 copied;

	if (khmap_digest(&sure->object.map, &one))
		exit(1);
	shot_take(e, &shot, true);
	shot_open(&shot, false);
	copied = (u64)os_count_read(&shot.snapshot->copied);
	is_i64(khmap_snapshot_write(&shot.object.map, "whole.khm", NULL), 0,
	       "one without losses is written");
	is_u64((u64)os_count_read(&shot.snapshot->copied), copied, "and no page copied for it");
	if (khmap_open("whole.khm", NULL, &file))
		exit(1);
	ok(!khmap_verify(file, &verify) && !khmap_digest(file, &two) &&
	   !memcmp(one.value, two.value, sizeof(one.value)), "and is what the map was");
	khmap_close(file);
	unlink("whole.khm");

	lost_from = shot.snapshot->pages / 2;
	is_i64(khmap_snapshot_write(&shot.object.map, "whole.khm", NULL), -EIO,
	       "a page that is lost while it is written");
	ok(says("1 of its ") && access("whole.khm", F_OK), "is told of, and no file is left");
	lost_met = false;
	is_i64(khmap_compress_write(&shot.object.map, "whole.khz", &how), -EIO,
	       "and while it is compressed");
	ok(says("1 of its ") && access("whole.khz", F_OK), "likewise");
	lost_from = 0;
	lost_met = false;
	shot_close(&shot);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 1);
	const struct khmap_snapshot_options options = {
		.size = sizeof(options),
		.pool_pages = 1,
	}, many = {
		.size = sizeof(many),
		.flags = KHMAP_SNAPSHOT_BEST_EFFORT,
		.pool_pages = KHMAP_POOL_PAGES_MAX + 1,
	};
	char folder[] = "/tmp/khmap-lost-XXXXXX";
	struct shot sure, shot;
	struct khmap *none;
	struct engine e;

	if (!mkdtemp(folder) || chdir(folder))
		return 1;
	p.load_percent = 95;
	engine_open(&e, &p);
	put_from(&e, 0, COUNT, 1, 1);
	shot_take(&e, &sure, false);
	shot_open(&sure, true);
	if (khmap_snapshot_write(&sure.object.map, "base.khm", NULL))
		return 1;
	test_whole(&e, &sure);
	current = &sure;
	shot_close(&sure);

	shot_take(&e, &shot, true);
	put_from(&e, 0, COUNT, 101, 2);
	shot_open(&shot, true);
	ok(khmap_snapshot_losses(shot.snapshot), "%llu of %llu pages are lost",
	   (unsigned long long)khmap_snapshot_losses(shot.snapshot),
	   (unsigned long long)shot.snapshot->pages);
	test_lookups(&shot);
	test_walks(&shot);
	test_files(&shot, "base.khm");
	is_i64(khmap_snapshot_take(&shot.object.map, &options, &none), -EINVAL,
	       "a pool without best effort");
	ok(says("KHMAP_SNAPSHOT_BEST_EFFORT is not set"), "is refused");
	is_i64(khmap_snapshot_take(&shot.object.map, &many, &none), -EINVAL, "one that is too large");
	ok(says("at most"), "is, too");
	shot_close(&shot);
	engine_close(&e);
	unlink("base.khm");
	ok(!chdir("/") && !rmdir(folder), "no file is left");
	return done();
}
