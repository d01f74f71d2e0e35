// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_residue.c - what memory held before is in no map, no snapshot, no answer
 *
 * All free memory is filled with a pattern and given back.  Then maps of many kinds
 * are made, filled, grown, copied and compacted, and every byte of them that can be
 * had is looked at: the pattern is in none.  The kernel must not zero memory by
 * itself, init_on_alloc=0, or there would be nothing to find.
 */
#include <elf.h>
#include "kselftest_harness.h"
#include "hostile.h"
#include "verify.h"

#define NAME		"hostile-residue"
#define PATTERN		0x5ca1ab1edec0ded5ull
#define CHUNK		(8ul << 20)
/* Chunks that are more than a test zeroes. */
#define SOME		4
/* Segments of /proc/kcore that are so large are memory, which is looked at each so often. */
#define RAM_LEAST	(128ull << 20)
#define RAM_STEP	(256ull << 10)
/* What the rest of the guest needs. */
#define SPARE_KB	(160l << 10)

static long available_kb(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %ld", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb;
}

/* Fill free memory, so much or all of it, in a process that then ends. */
static int memory_fill(size_t chunks)
{
	pid_t child = fork();
	int status;

	if (!child) {
		while (chunks-- && available_kb() > SPARE_KB) {
			uint64_t *words = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			size_t i;

			if (words == MAP_FAILED)
				break;
			/* A fault each 2 MiB, where that can be had. */
			madvise(words, CHUNK, MADV_HUGEPAGE);
			for (i = 0; i < CHUNK / 8; i++)
				words[i] = PATTERN;
		}
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status ? 0 : -1;
}

/* Once for all tests; each of them fills anew what the one before has zeroed. */
static void __attribute__((constructor)) memory_fill_all(void)
{
	if (memory_fill(SIZE_MAX))
		abort();
}

/* Bytes that have the pattern, or some of it, at any place. */
static size_t pattern_find(const void *bytes, size_t size)
{
	/* The pattern has no two bytes that are alike, so half of it is enough. */
	const uint64_t pattern = PATTERN;
	const char *at = bytes, *end = at + size;
	size_t found = 0;

	while (size >= 4 && at + 4 <= end) {
		const char *first = memchr(at, *(const unsigned char *)&pattern,
					   (size_t)(end - at) - 3);

		if (!first)
			break;
		found += !memcmp(first, &pattern, 4);
		at = first + 1;
	}
	return found;
}

/* Does memory that the kernel gives come with what it held? */
static bool memory_is_zeroed(void)
{
	char line[4096] = "";
	FILE *file = fopen("/proc/cmdline", "r");

	if (!file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	return !strstr(line, "init_on_alloc=0");
}

/* Every page of an image that is there, one by one: some are not. */
static size_t image_search(int fd, size_t *pages)
{
	size_t size, at, found = 0;
	char *image = image_map(fd, &size);

	*pages = 0;
	if (image == MAP_FAILED)
		return SIZE_MAX;
	for (at = 0; at < size; at += HOSTILE_PAGE) {
		char page[PAGE_MAX];

		if (!page_copy(image + at, page))
			continue;
		found += pattern_find(page, HOSTILE_PAGE);
		++*pages;
	}
	munmap(image, size);
	return found;
}

/* The same of what a snapshot's file gives: all but pages that are lost. */
static size_t file_search(int fd, size_t *pages)
{
	char page[PAGE_MAX];
	size_t found = 0;
	off_t at = 0;
	ssize_t got;

	*pages = 0;
	while ((got = pread(fd, page, HOSTILE_PAGE, at)) > 0 || (got < 0 && errno == EIO)) {
		at += (off_t)HOSTILE_PAGE;
		if (got < 0)
			continue;
		found += pattern_find(page, (size_t)got);
		++*pages;
	}
	return got < 0 ? SIZE_MAX : found;
}

/* Pages that a map or snapshot says it has, its header page included. */
static size_t pages_told(const struct khmap_ioc_stat *stat)
{
	return 1 + (size_t)stat->primary_pages + stat->overflow_pages;
}

/* A map has the pattern nowhere; there may be more pages than it says. */
static size_t map_check(struct __test_metadata *_metadata, int fd)
{
	struct khmap_ioc_stat stat;
	size_t pages;

	EXPECT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, image_search(fd, &pages));
	EXPECT_LE(pages_told(&stat), pages);
	return pages;
}

/*
 * Neither has a snapshot, whose mapping has each page, and its file those that are not
 * lost: the map's worker, which may still be splitting, may have more of them lost.
 */
static size_t shot_check(struct __test_metadata *_metadata, int fd)
{
	struct khmap_ioc_stat before, after;
	size_t mapped, read;

	EXPECT_EQ(0, map_stat(fd, &before));
	EXPECT_EQ(0, file_search(fd, &read));
	EXPECT_EQ(0, map_stat(fd, &after));
	EXPECT_GE(pages_told(&before) - before.lost_pages, read);
	EXPECT_LE(pages_told(&before) - after.lost_pages, read);
	EXPECT_EQ(0, image_search(fd, &mapped));
	EXPECT_EQ(pages_told(&before), mapped);
	return read + mapped;
}

/* A map of what a snapshot has, or -errno. */
static int shot_restore(int shot)
{
	struct khmap_ioc_restore args = { .size = sizeof(args), .max_bytes = 16 << 20 };
	int control = control_open(O_RDWR), err = -EIO;
	struct khmap_ioc_stat stat;
	char *image = NULL;

	if (!map_stat(shot, &stat)) {
		args.image_bytes = pages_told(&stat) * HOSTILE_PAGE;
		image = malloc(args.image_bytes);
		args.image = address_of(image);
	}
	if (image && pread(shot, image, args.image_bytes, 0) == (ssize_t)args.image_bytes)
		err = call(control, KHMAP_IOC_RESTORE, &args);
	free(image);
	close(control);
	return err ? err : args.fd;
}

/**
 * struct kind - a kind of map
 * @key: bytes of a key, 4 or more
 * @value: bytes of a value
 * @count: keys to put
 * @layout: KHMAP_LAYOUT_*; 0 for the default
 * @load: percent; 0 for the default
 * @schema: bytes of it
 */
struct kind {
	uint32_t key;
	uint32_t value;
	uint32_t count;
	uint32_t layout;
	uint32_t load;
	uint32_t schema;
};

static const struct kind kinds[] = {
	{ .key = 8, .value = 8, .count = 0 },
	{ .key = 8, .value = 8, .count = 5, .schema = 13 },
	{ .key = 8, .value = 8, .count = 4000 },
	{ .key = 8, .value = 8, .count = 40000, .load = 95 },
	{ .key = 5, .value = 3, .count = 3000, .layout = KHMAP_LAYOUT_PACKED },
	{ .key = 13, .value = 57, .count = 3000, .layout = KHMAP_LAYOUT_PACKED, .load = 90 },
	{ .key = 16, .value = 100, .count = 3000, .load = 90 },
	{ .key = 4, .value = 1500, .count = 300 },
	{ .key = 200, .value = 3000, .count = 100 },
	{ .key = 4, .value = 1, .count = 5000 },
};

static void kind_record(const struct kind *kind, uint32_t number, char *key, char *value)
{
	memset(key, 7, kind->key);
	memcpy(key, &number, 4);
	memset(value, 9, kind->value);
}

static int kind_put(int fd, const struct kind *kind, uint32_t number)
{
	char key[256], value[4096];
	struct khmap_ioc_record args = record_args(key, kind->key, value, kind->value);

	kind_record(kind, number, key, value);
	return call(fd, KHMAP_IOC_PUT, &args);
}

static int kind_delete(int fd, const struct kind *kind, uint32_t number)
{
	char key[256], value[4096];
	struct khmap_ioc_record args = record_args(key, kind->key, NULL, 0);

	kind_record(kind, number, key, value);
	return call(fd, KHMAP_IOC_DELETE, &args);
}

static int kind_create(const struct kind *kind)
{
	struct khmap_ioc_create args = create_args(NULL, kind->count ? kind->count : 1);
	static const char schema[16] = "schema of bytes";

	args.key_size = kind->key;
	args.value_size = kind->value;
	args.layout = kind->layout;
	args.load_percent = kind->load;
	/* So that an image has no more places than can be looked at. */
	args.max_bytes = 16 << 20;
	args.schema = address_of(schema);
	args.schema_length = kind->schema;
	return create_map(&args);
}

FIXTURE(residue) {
	size_t pages;
};

FIXTURE_SETUP(residue)
{
	if (memory_is_zeroed())
		SKIP(return, "the kernel zeroes memory: boot it with init_on_alloc=0");
	ASSERT_EQ(0, memory_fill(SOME));
}

FIXTURE_TEARDOWN(residue)
{
}

FIXTURE_VARIANT(residue) {
	size_t kind;
};

FIXTURE_VARIANT_ADD(residue, inline_empty)
{
	.kind = 0
};

FIXTURE_VARIANT_ADD(residue, inline_schema)
{
	.kind = 1
};

FIXTURE_VARIANT_ADD(residue, small)
{
	.kind = 2
};

FIXTURE_VARIANT_ADD(residue, overflowing)
{
	.kind = 3
};

FIXTURE_VARIANT_ADD(residue, packed_small)
{
	.kind = 4
};

FIXTURE_VARIANT_ADD(residue, packed_odd)
{
	.kind = 5
};

FIXTURE_VARIANT_ADD(residue, wide)
{
	.kind = 6
};

FIXTURE_VARIANT_ADD(residue, long_values)
{
	.kind = 7
};

FIXTURE_VARIANT_ADD(residue, long_records)
{
	.kind = 8
};

FIXTURE_VARIANT_ADD(residue, short_values)
{
	.kind = 9
};

TEST_F_TIMEOUT(residue, of_maps_and_snapshots, 110)
{
	const struct kind *kind = &kinds[variant->kind];
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	int fd = kind_create(kind), shot, loose, restored;
	struct khmap_ioc_compact compact;
	uint32_t i;

	ASSERT_LE(0, fd);
	self->pages += map_check(_metadata, fd);
	for (i = 0; i < kind->count; i++)
		ASSERT_EQ(0, kind_put(fd, kind, i));
	self->pages += map_check(_metadata, fd);
	/* Copies: by those who write, by those who read, and from a pool. */
	shot = take_snapshot(fd, &args);
	ASSERT_LE(0, shot);
	args = snapshot_args(NULL);
	args.flags = KHMAP_SNAPSHOT_BEST_EFFORT;
	args.pool_pages = 4;
	loose = take_snapshot(fd, &args);
	ASSERT_LE(0, loose);
	for (i = 0; i < kind->count; i += 3)
		ASSERT_EQ(0, kind_delete(fd, kind, i));
	self->pages += shot_check(_metadata, shot);
	self->pages += shot_check(_metadata, loose);
	/* What is restored goes on growing. */
	restored = shot_restore(shot);
	ASSERT_LE(0, restored);
	self->pages += map_check(_metadata, restored);
	for (i = 0; i < kind->count / 4; i++)
		ASSERT_EQ(0, kind_put(restored, kind, kind->count + i));
	self->pages += map_check(_metadata, restored);
	if (!kind->schema)
		EXPECT_EQ(0, map_verify(restored));
	close(restored);
	close(shot);
	self->pages += shot_check(_metadata, loose);
	close(loose);
	ASSERT_EQ(0, map_compact(fd, &compact));
	ASSERT_EQ(0, map_reserve(fd, 2 * kind->count + 100));
	self->pages += map_check(_metadata, fd);
	/* These bytes are no schema, which would be found. */
	if (!kind->schema)
		EXPECT_EQ(0, map_verify(fd));
	TH_LOG("%zu pages", self->pages);
	close(fd);
}

/* What a call does not answer it leaves alone; no struct has a byte of the kernel's. */
TEST(answers_end_where_they_say)
{
	const struct kind *kind = &kinds[2];
	uint64_t keys[64], values[64], results[64];
	int32_t statuses[64];
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = 64,
		.opcode = KHMAP_OP_GET,
		.keys = address_of(keys),
		.values = address_of(values),
		.statuses = address_of(statuses),
		.results = address_of(results),
	};
	char infos[4][1024], stat[1024];
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.flags = KHMAP_LIST_SNAPSHOTS,
		.infos = address_of(infos),
		.info_size = sizeof(infos[0]),
		.count = 4,
	};
	int fd, control = control_open(O_RDONLY), i;
	uint32_t size = sizeof(stat);

	if (memory_is_zeroed())
		SKIP(return, "the kernel zeroes memory: boot it with init_on_alloc=0");
	ASSERT_EQ(0, memory_fill(SOME));
	fd = kind_create(kind);
	ASSERT_LE(0, fd);
	/* Every other one is there. */
	for (i = 0; i < 64; i++) {
		keys[i] = i;
		values[i] = 0x1111;
		if (i % 2)
			ASSERT_EQ(0, put(fd, i, 0x2222));
	}
	ASSERT_EQ(0, call(fd, KHMAP_IOC_BATCH, &batch));
	ASSERT_EQ(64, batch.done);
	EXPECT_EQ(32, batch.failed);
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(i % 2 ? 0x2222 : 0x1111, values[i]);
		EXPECT_EQ(i % 2 ? 0 : -ENOENT, statuses[i]);
		if (!(i % 2))
			EXPECT_EQ(0, results[i]);
	}
	memset(infos, 0x55, sizeof(infos));
	ASSERT_EQ(0, call(control, KHMAP_IOC_LIST, &list));
	ASSERT_LE(1, list.count);
	/* What this kernel does not know is zero, and what is not filled untouched. */
	for (i = sizeof(struct khmap_map_info); i < 1024; i++)
		EXPECT_EQ(0, infos[0][i]);
	if (list.count < 4)
		EXPECT_EQ(0x55, infos[list.count][0]);
	memset(stat, 0, sizeof(stat));
	memcpy(stat, &size, sizeof(size));
	ASSERT_EQ(0, call(fd, KHMAP_IOC_STAT, stat));
	for (i = sizeof(struct khmap_ioc_stat); i < 1024; i++)
		EXPECT_EQ(0, stat[i]);
	EXPECT_EQ(0, pattern_find(infos, sizeof(infos)));
	EXPECT_EQ(0, pattern_find(stat, sizeof(stat)));
	close(fd);
	close(control);
}

/* An argument as it was, but for its results, which are known, is the answer. */
#define EXPECT_ANSWER(_asked, _answer) \
	EXPECT_EQ(0, memcmp(&(_asked), &(_answer), sizeof(_answer)))

TEST(answers_have_what_was_asked_for)
{
	struct khmap_ioc_create create = create_args(NAME, 1), create_asked = create;
	struct khmap_ioc_snapshot shot = snapshot_args(NULL), shot_asked = shot;
	struct khmap_ioc_choose choose = { .size = sizeof(choose) }, choose_asked = choose;
	struct khmap_version_info infos[4], second = { 0 };
	struct khmap_ioc_versions args = {
		.size = sizeof(args),
		.infos = address_of(infos),
		.count = 4,
	}, asked = args;
	struct khmap_ioc_stat stat;
	int control = control_open(O_RDWR), fresh;
	int64_t generation;
	size_t i;

	if (memory_is_zeroed())
		SKIP(return, "the kernel zeroes memory: boot it with init_on_alloc=0");
	map_remove(NAME);
	ASSERT_EQ(0, memory_fill(SOME));
	ASSERT_EQ(0, call(control, KHMAP_IOC_CREATE, &create));
	create_asked.fd = create.fd;
	create_asked.map_id = map_id(create.fd);
	EXPECT_ANSWER(create_asked, create);
	ASSERT_EQ(0, put(create.fd, 1, 1));
	ASSERT_EQ(0, call(create.fd, KHMAP_IOC_SNAPSHOT, &shot));
	ASSERT_EQ(0, map_stat(shot.fd, &stat));
	shot_asked.fd = shot.fd;
	shot_asked.image_size = HOSTILE_PAGE;
	shot_asked.entries = 1;
	shot_asked.snapshot_id = stat.snapshot_id;
	EXPECT_ANSWER(shot_asked, shot);

	fresh = fresh_map(2, 2);
	ASSERT_LE(0, fresh);
	generation = publish(create.fd, fresh, 1);
	ASSERT_LT(0, generation);
	ASSERT_EQ(0, call(create.fd, KHMAP_IOC_CHOOSE, &choose));
	choose_asked.fd = choose.fd;
	choose_asked.generation = (uint64_t)generation;
	choose_asked.map_id = map_id(fresh);
	EXPECT_ANSWER(choose_asked, choose);
	memset(infos, 0x55, sizeof(infos));
	ASSERT_EQ(0, call(fresh, KHMAP_IOC_VERSIONS, &args));
	asked.count = 2;
	asked.keep = 1;
	asked.generation = (uint64_t)generation;
	EXPECT_ANSWER(asked, args);
	/* Of the one that was replaced, which has a snapshot. */
	second.map_id = create.map_id;
	second.entries = 1;
	ASSERT_EQ(0, map_stat(create.fd, &stat));
	second.bytes = stat.bytes + stat.snapshot_bytes;
	second.state = KHMAP_VERSION_KEPT;
	EXPECT_ANSWER(second, infos[1]);
	for (i = 2 * sizeof(infos[0]); i < sizeof(infos); i++)
		EXPECT_EQ(0x55, ((char *)infos)[i]);
	map_remove(NAME);
	close(choose.fd);
	close(fresh);
	close(shot.fd);
	close(create.fd);
	close(control);
}

/* The values of large records pass through memory that is had for each call. */
TEST(large_records_are_all_that_is_given)
{
	const struct kind *kind = &kinds[8];
	char key[256], value[4096], want[4096], keys[2][256], values[2][4096];
	struct khmap_ioc_record args = record_args(key, kind->key, value, kind->value);
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = 2,
		.opcode = KHMAP_OP_GET,
		.keys = address_of(keys),
		.values = address_of(values),
		.key_stride = sizeof(keys[0]),
		.value_stride = sizeof(values[0]),
	};
	struct khmap_ioc_snapshot shot_args = snapshot_args(NULL);
	int fds[2];
	size_t k;

	if (memory_is_zeroed())
		SKIP(return, "the kernel zeroes memory: boot it with init_on_alloc=0");
	ASSERT_EQ(0, memory_fill(SOME));
	fds[0] = kind_create(kind);
	ASSERT_LE(0, fds[0]);
	ASSERT_EQ(0, kind_put(fds[0], kind, 1));
	fds[1] = take_snapshot(fds[0], &shot_args);
	ASSERT_LE(0, fds[1]);
	for (k = 0; k < 2; k++) {
		/* What there is, and nothing behind it. */
		memset(want, 0x55, sizeof(want));
		kind_record(kind, 1, key, want);
		memset(value, 0x55, sizeof(value));
		ASSERT_EQ(0, call(fds[k], KHMAP_IOC_GET, &args));
		EXPECT_EQ(0, memcmp(want, value, sizeof(value)));
		/* Of what there is not, nothing. */
		kind_record(kind, 2, key, want);
		memset(want, 0x55, sizeof(want));
		memset(value, 0x55, sizeof(value));
		ASSERT_EQ(-ENOENT, call(fds[k], KHMAP_IOC_GET, &args));
		EXPECT_EQ(0, memcmp(want, value, sizeof(value)));
	}
	/* The same in a batch, and by a call that deletes. */
	kind_record(kind, 2, keys[0], want);
	memset(want, 0x55, sizeof(want));
	kind_record(kind, 1, keys[1], want);
	memset(values, 0x55, sizeof(values));
	ASSERT_EQ(0, call(fds[0], KHMAP_IOC_BATCH, &batch));
	EXPECT_EQ(2, batch.done);
	EXPECT_EQ(1, batch.failed);
	EXPECT_EQ(0, memcmp(want, values[1], sizeof(want)));
	kind_record(kind, 1, key, want);
	memset(value, 0x55, sizeof(value));
	ASSERT_EQ(0, call(fds[0], KHMAP_IOC_DELETE, &args));
	EXPECT_EQ(0, memcmp(want, value, sizeof(value)));
	memset(want, 0x55, sizeof(want));
	EXPECT_EQ(0, memcmp(want, values[0], sizeof(want)));
	memset(value, 0x55, sizeof(value));
	ASSERT_EQ(-ENOENT, call(fds[0], KHMAP_IOC_DELETE, &args));
	EXPECT_EQ(0, memcmp(want, value, sizeof(value)));
	close(fds[1]);
	close(fds[0]);
}

/* Of so many pages of the machine, read as the kernel has them, how many have the pattern. */
static size_t memory_search(size_t *pages)
{
	int kcore = open("/proc/kcore", O_RDONLY);
	Elf64_Phdr segment;
	Elf64_Ehdr header;
	size_t found = 0;
	uint64_t word, at;
	int i;

	*pages = 0;
	if (kcore < 0 || pread(kcore, &header, sizeof(header), 0) != sizeof(header))
		return 0;
	for (i = 0; i < header.e_phnum; i++) {
		off_t offset = (off_t)(header.e_phoff + (size_t)i * sizeof(segment));

		if (pread(kcore, &segment, sizeof(segment), offset) != sizeof(segment))
			break;
		/* Memory, not what is mapped of it elsewhere, nor the kernel itself. */
		if (segment.p_type != PT_LOAD || segment.p_paddr == UINT64_MAX ||
		    segment.p_memsz < RAM_LEAST)
			continue;
		for (at = 0; at + sizeof(word) <= segment.p_memsz; at += RAM_STEP) {
			if (pread(kcore, &word, sizeof(word), (off_t)(segment.p_offset + at)) !=
			    sizeof(word))
				continue;
			++*pages;
			found += word == PATTERN;
		}
	}
	close(kcore);
	return found;
}

/* What was given back is still in it, so that who takes a page and does not zero it has that. */
TEST(free_memory_has_the_pattern)
{
	size_t found, pages;

	if (memory_is_zeroed())
		SKIP(return, "the kernel zeroes memory: boot it with init_on_alloc=0");
	ASSERT_EQ(0, memory_fill(SIZE_MAX));
	found = memory_search(&pages);
	TH_LOG("%zu of %zu pages of the machine's memory have it", found, pages);
	EXPECT_LE(1000, pages);
	EXPECT_LE(pages / 4, found);
}

/* The search finds what there is, wherever it is. */
TEST(the_search_finds)
{
	char bytes[4096] = { 0 };
	uint64_t pattern = PATTERN;
	size_t at;

	for (at = 0; at + 8 <= sizeof(bytes); at += 509) {
		memcpy(bytes + at, &pattern, 8);
		EXPECT_EQ(1, pattern_find(bytes, sizeof(bytes)));
		memset(bytes + at, 0, 8);
	}
	EXPECT_EQ(0, pattern_find(bytes, sizeof(bytes)));
}

TEST_HARNESS_MAIN
