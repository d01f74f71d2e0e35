// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - the tracepoints are there, fire, and tell the truth
 */
#include "kselftest_harness.h"
#include <dirent.h>
#include "batch_test.h"
#include "trace_test.h"
#include "verify.h"

#define NAME		"test-trace"

/* As many as some pages, of whatever size, are nearly full of. */
#define KEYS_MAX	(400 * (PAGE_MAX >> 12))

static uint64_t key_count(void)
{
	return 400 * (uint64_t)(PAGE >> 12);
}

FIXTURE(trace) {
	struct trace_lines trace;
	int fd;
};

FIXTURE_SETUP(trace)
{
	struct khmap_ioc_create args = create_args(NAME, key_count());

	if (access(EVENTS, F_OK))
		SKIP(return, "no tracefs at " TRACING);
	map_remove(NAME);
	ASSERT_TRUE(!mkdir(INSTANCE, 0700) || errno == EEXIST);
	ASSERT_EQ(0, write_file(INSTANCE "/trace", ""));
	ASSERT_EQ(0, write_file(INSTANCE "/events/khmap/enable", "1"));
	/* Dense, so that some keys overflow though nothing is split. */
	args.load_percent = 95;
	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, map_reserve(self->fd, key_count()));
	self->trace.map_id = args.map_id;
}

FIXTURE_TEARDOWN(trace)
{
	EXPECT_EQ(0, map_verify(self->fd));
	map_remove(NAME);
	close(self->fd);
	write_file(INSTANCE "/events/khmap/enable", "0");
	rmdir(INSTANCE);
}

/* All that are documented, and no others. */
TEST_F(trace, events_exist)
{
	static const char *const events[] = {
		"create", "destroy", "put", "delete", "overflow", "sample", "promote", "grow",
		"split", "compact", "stall", "snapshot_take", "snapshot_drop", "snapshot_overdue",
	};
	unsigned int i, found = 0;
	struct dirent *entry;
	char path[100];
	DIR *dir;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(path, sizeof(path), EVENTS "/khmap_%s/format", events[i]);
		EXPECT_EQ(0, access(path, R_OK)) {
			TH_LOG("khmap_%s is not there", events[i]);
		}
	}
	dir = opendir(EVENTS);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)))
		found += !strncmp(entry->d_name, "khmap_", 6);
	closedir(dir);
	EXPECT_EQ(ARRAY_SIZE(events), found);
}

TEST_F(trace, life_of_a_map)
{
	if (!self->trace.map_id)
		return;
	ASSERT_EQ(0, put(self->fd, 1, 10));
	ASSERT_EQ(0, put(self->fd, 1, 11));
	ASSERT_EQ(0, delete(self->fd, 1));
	/* What fails is no event. */
	ASSERT_EQ(-ENOENT, delete(self->fd, 1));
	ASSERT_EQ(-ENOENT, put_flags(self->fd, 1, 1, KHMAP_PUT_REPLACE));
	ASSERT_EQ(0, map_destroy(self->fd));
	read_lines(&self->trace);
	ASSERT_EQ(4, self->trace.count);
	close(self->fd);
	self->fd = -1;
	read_lines(&self->trace);
	ASSERT_EQ(5, self->trace.count);

	EXPECT_EQ(0, strncmp(self->trace.lines[0], "khmap_create:", 13));
	EXPECT_NE(NULL, strstr(self->trace.lines[0], " name=" NAME " "));
	EXPECT_EQ(8, field(self->trace.lines[0], "key_size"));
	EXPECT_EQ(8, field(self->trace.lines[0], "value_size"));

	EXPECT_EQ(0, strncmp(self->trace.lines[1], "khmap_put:", 10));
	EXPECT_NE(NULL, strstr(self->trace.lines[1], " region=primary "));
	EXPECT_EQ(0, field(self->trace.lines[1], "replaced"));
	EXPECT_EQ(0, field(self->trace.lines[1], "chain"));
	EXPECT_EQ(16, field(self->trace.lines[1], "length"));
	EXPECT_EQ(field(self->trace.lines[1], "page"),
		  field(self->trace.lines[1], "head_page"));
	EXPECT_EQ(field(self->trace.lines[1], "bucket"),
		  field(self->trace.lines[1], "head_bucket"));

	EXPECT_EQ(0, strncmp(self->trace.lines[2], "khmap_put:", 10));
	EXPECT_EQ(1, field(self->trace.lines[2], "replaced"));
	EXPECT_EQ(field(self->trace.lines[1], "offset"),
		  field(self->trace.lines[2], "offset"));

	EXPECT_EQ(0, strncmp(self->trace.lines[3], "khmap_delete:", 13));
	EXPECT_EQ(field(self->trace.lines[1], "offset"),
		  field(self->trace.lines[3], "offset"));
	EXPECT_EQ(field(self->trace.lines[1], "slot"), field(self->trace.lines[3], "slot"));

	EXPECT_EQ(0, strncmp(self->trace.lines[4], "khmap_destroy:", 14));
}

/* Put the keys, each with 1000 more as its value; 0, or what the first said. */
static int put_each(int fd)
{
	uint64_t i;
	int err = 0;

	for (i = 0; !err && i < key_count(); i++)
		err = put(fd, i, 1000 + i);
	return err;
}

static int put_by_batch(int fd)
{
	static uint64_t keys[KEYS_MAX], values[KEYS_MAX];
	struct khmap_ioc_batch batch =
		arrays_of(KHMAP_OP_PUT, keys, values, NULL, (uint32_t)key_count());
	uint64_t i;
	int err;

	for (i = 0; i < key_count(); i++) {
		keys[i] = i;
		values[i] = 1000 + i;
	}
	err = batch_call(fd, &batch);
	return err ? err : (int)batch.failed;
}

/* Each event of a put leads to the bytes that were put. */
static void check_offsets(struct __test_metadata *_metadata,
			  struct trace_lines *trace, int fd)
{
	const struct khmap_image_header *header;
	int i, puts = 0, in_overflow = 0, overflows = 0;
	struct khmap_ioc_stat stat;
	size_t size;
	char *image;

	ASSERT_EQ(0, map_stat(fd, &stat));
	image = image_map(fd, &size);
	ASSERT_NE(MAP_FAILED, image);
	header = (void *)image;
	read_lines(trace);

	for (i = 1; i < trace->count; i++) {
		const char *line = trace->lines[i];
		bool overflow = strstr(line, " region=overflow ");
		size_t at = overflow ? header->overflow_offset :
				       header->primary_offset;
		uint64_t record[2], key = (uint64_t)puts;

		if (!strncmp(line, "khmap_overflow:", 15)) {
			overflows++;
			EXPECT_TRUE(overflow);
			continue;
		}
		ASSERT_EQ(0, strncmp(line, "khmap_put:", 10));
		at += field(line, "page") * PAGE + field(line, "offset");
		ASSERT_GT(size, at);
		memcpy(record, image + at, sizeof(record));
		EXPECT_EQ(key, record[0]);
		EXPECT_EQ(key + 1000, record[1]);
		EXPECT_EQ(overflow, field(line, "chain") > 0);
		in_overflow += overflow;
		puts++;
	}
	EXPECT_EQ(key_count(), puts);
	EXPECT_LT(0, overflows);
	EXPECT_EQ(stat.overflow_buckets, overflows);
	EXPECT_EQ(stat.overflow_entries, in_overflow);
	munmap(image, size);
}

TEST_F(trace, offsets_lead_to_the_record)
{
	if (!self->trace.map_id)
		return;
	ASSERT_EQ(0, put_each(self->fd));
	check_offsets(_metadata, &self->trace, self->fd);
}

TEST_F(trace, offsets_of_a_batch_lead_to_the_record)
{
	if (!self->trace.map_id)
		return;
	ASSERT_EQ(0, put_by_batch(self->fd));
	check_offsets(_metadata, &self->trace, self->fd);
}

/* One event for each operation that changed something, in their order. */
TEST_F(trace, operations_of_a_batch)
{
	static const char *const events[] = {
		"khmap_put:", "khmap_put:", "khmap_put:", "khmap_delete:",
		"khmap_put:", "khmap_delete:",
	};
	static const unsigned long long replaced[] = { 0, 1, 1, 0, 0, 0 };
	uint64_t key = 1, value = 5, sum = 12, out, none = 9;
	struct khmap_op ops[] = {
		op_of(KHMAP_OP_PUT, &key, &value),
		op_of(KHMAP_OP_PUT, &key, &value),	/* EEXIST */
		op_of(KHMAP_OP_GET, &key, &out),
		op_of(KHMAP_OP_FETCH_ADD, &key, NULL),
		op_of(KHMAP_OP_CAS, &key, &value),
		op_of(KHMAP_OP_CAS, &key, &value),	/* ECANCELED */
		op_of(KHMAP_OP_CAS_VERSION, &key, &value),	/* ECANCELED */
		op_of(KHMAP_OP_DELETE, &none, NULL),	/* ENOENT */
		op_of(KHMAP_OP_GET_DELETE, &key, &out),
		op_of(KHMAP_OP_PUT, &none, (void *)8),	/* EFAULT */
		op_of(KHMAP_OP_PUT, &key, &value),
		op_of(KHMAP_OP_DELETE, &key, NULL),
	};
	struct khmap_ioc_batch batch = batch_of(ops, ARRAY_SIZE(ops));
	int i;

	if (!self->trace.map_id)
		return;
	ops[1].flags = KHMAP_PUT_INSERT;
	ops[3].operand = 7;
	ops[4].operand = address_of(&sum);
	ops[5].operand = address_of(&sum);
	ASSERT_EQ(0, batch_call(self->fd, &batch));
	ASSERT_EQ(ARRAY_SIZE(ops), batch.done);
	ASSERT_EQ(5, batch.failed);
	read_lines(&self->trace);
	/* The first is that of the map itself. */
	ASSERT_EQ(1 + ARRAY_SIZE(events), self->trace.count);
	for (i = 0; i < (int)ARRAY_SIZE(events); i++) {
		const char *line = self->trace.lines[i + 1];

		EXPECT_EQ(0, strncmp(line, events[i], strlen(events[i])));
		EXPECT_EQ(replaced[i], field(line, "replaced"));
		EXPECT_EQ(field(self->trace.lines[1], "offset"),
			  field(line, "offset"));
	}
}

struct growth_events {
	unsigned long long promotes, pages, splits, moved, shape;
};

static void read_growth(unsigned long long map_id, struct growth_events *events)
{
	FILE *file = fopen(INSTANCE "/trace", "r");
	char line[400];

	memset(events, 0, sizeof(*events));
	while (file && fgets(line, sizeof(line), file)) {
		if (field(line, "map_id") != map_id)
			continue;
		if (strstr(line, ": khmap_promote:"))
			events->promotes++;
		if (strstr(line, ": khmap_grow:"))
			events->pages += field(line, "pages");
		if (strstr(line, ": khmap_split:")) {
			events->splits++;
			events->moved += field(line, "moved");
			events->shape = field(line, "shape");
		}
	}
	if (file)
		fclose(file);
}

TEST_F(trace, growth)
{
	struct growth_events events;
	struct khmap_ioc_create args = create_args(NULL, 1);
	struct khmap_ioc_stat stat;
	uint64_t i;
	int fd;

	if (!self->trace.map_id)
		return;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	for (i = 0; i < 15; i++)
		ASSERT_EQ(0, put(fd, i, i));
	read_growth(args.map_id, &events);
	EXPECT_EQ(0, events.promotes + events.pages + events.splits);
	for (; i < 1000 * (uint64_t)(PAGE >> 12); i++)
		ASSERT_EQ(0, put(fd, i, i));
	ASSERT_EQ(0, map_stat(fd, &stat));
	read_growth(args.map_id, &events);
	EXPECT_EQ(1, events.promotes);
	EXPECT_EQ(stat.primary_pages, events.pages);
	EXPECT_LT(100, stat.splits);
	EXPECT_EQ(stat.splits, events.splits);
	EXPECT_EQ(stat.shape, events.shape);
	EXPECT_LT(300, events.moved);
	EXPECT_EQ(0, map_verify(fd));
	close(fd);
}

/* One event for each call, with what the call answered. */
TEST_F(trace, compaction)
{
	struct khmap_ioc_compact first, second;
	struct trace_lines lines = { .count = 0 };
	uint64_t i, keys = 5 * key_count();
	FILE *file;

	if (!self->trace.map_id)
		return;
	for (i = 0; i < keys; i++)
		ASSERT_EQ(0, put(self->fd, i, i));
	for (i = 0; i < keys; i++)
		if (i % 20)
			ASSERT_EQ(0, delete(self->fd, i));
	ASSERT_EQ(0, map_compact(self->fd, &first));
	EXPECT_LT(0, first.released);
	ASSERT_EQ(0, map_compact(self->fd, &second));
	EXPECT_EQ(0, second.released);
	file = fopen(INSTANCE "/trace", "r");
	ASSERT_NE(NULL, file);
	while (lines.count < 3 && fgets(lines.lines[lines.count], 400, file))
		if (strstr(lines.lines[lines.count], ": khmap_compact:") &&
		    field(lines.lines[lines.count], "map_id") == self->trace.map_id)
			lines.count++;
	fclose(file);
	ASSERT_EQ(2, lines.count);
	EXPECT_EQ(first.moved, field(lines.lines[0], "moved"));
	EXPECT_EQ(first.released, field(lines.lines[0], "released"));
	EXPECT_EQ(first.overflow_pages, field(lines.lines[0], "overflow_pages"));
	EXPECT_EQ(0, field(lines.lines[1], "moved"));
	EXPECT_EQ(0, field(lines.lines[1], "released"));
	EXPECT_EQ(first.overflow_pages, field(lines.lines[1], "overflow_pages"));
}

/* Nothing that users may read tells where the kernel is. */
TEST(dmesg_shows_no_addresses)
{
	FILE *file = popen("dmesg | grep 'khmap:' | grep -E '[0-9a-f]{12,}'",
			   "r");
	char line[300] = "";

	ASSERT_NE(NULL, file);
	EXPECT_EQ(NULL, fgets(line, sizeof(line), file));
	EXPECT_STREQ("", line);
	pclose(file);
}

TEST_HARNESS_MAIN
