// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_pages.c - the profiler's way between addresses of the kernel and maps
 *
 * Loads the programs of sample.bpf.c without khmap-prof.  A watchpoint on the
 * sequence of a bucket stands in for a processor's counters: it gives samples
 * of the very stores, with the kernel's address of them.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <khmap/hash.h>
#include <khmap/layout.h>

#include "kselftest_harness.h"
#include "khmap_test.h"
#include "../../tools/prof/bpf/model.h"
#include "../../tools/prof/bpf/pages.h"
#include "../../tools/prof/bpf/sample.h"

#define OBJECT	"build/prof/sample.bpf.o"
#define CPUS	2
#define PUTS	50
#define SECONDS	240	/* a test may take: an emulated machine loads programs slowly */

FIXTURE(pages) {
	struct bpf_object *object;
	struct bpf_link *links[16];
	size_t link_count;
	uint64_t map_id;
	int fd;
};

static struct bpf_program *program(const struct bpf_object *object, const char *name)
{
	return bpf_object__find_program_by_name(object, name);
}

static int map_fd(const struct bpf_object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

/* Have pages_fill look at all open files. */
static int fill(const struct bpf_object *object)
{
	struct bpf_link *link = bpf_program__attach_iter(program(object, "pages_fill"), NULL);
	char none[8];
	int fd, err;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 || read(fd, none, sizeof(none)) ? -errno : 0;
	close(fd);
	bpf_link__destroy(link);
	return err;
}

static uint64_t address_of_page(const struct bpf_object *object, uint64_t map_id, uint32_t region,
				uint32_t page)
{
	struct prof_page_query query = {
		.page = { .map_id = map_id, .region = region, .page = page },
	};
	struct bpf_test_run_opts run = {
		.sz = sizeof(run),
		.ctx_in = &query,
		.ctx_size_in = sizeof(query),
	};

	if (bpf_prog_test_run_opts(bpf_program__fd(program(object, "pages_query")), &run))
		return 1;
	return query.address;
}

/* Does the map "pages" say of the page's address that it is just that page? */
static bool page_is_known(const struct bpf_object *object, uint64_t map_id, uint32_t region,
			  uint32_t page)
{
	uint64_t address = address_of_page(object, map_id, region, page);
	uint64_t key = address >> PROF_PAGE_SHIFT;
	struct prof_page found = { 0 };

	if (address & ((1 << PROF_PAGE_SHIFT) - 1))
		return false;
	if (bpf_map_lookup_elem(map_fd(object, "pages"), &key, &found))
		return false;
	return found.map_id == map_id && found.region == region && found.page == page;
}

static int watch(const struct bpf_program *sample, uint64_t address, int cpu,
		 struct bpf_link **link)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_BREAKPOINT,
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = address,
		.bp_len = HW_BREAKPOINT_LEN_4,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_ADDR,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	*link = bpf_program__attach_perf_event(sample, fd);
	return *link ? 0 : -errno;
}

/* The sums over all CPUs of what the programs did with samples. */
static struct prof_sample_totals totals(const struct bpf_object *object)
{
	struct prof_sample_totals each[64] = { { 0 } }, sum = { 0 };
	__u32 zero = 0, cpu;

	bpf_map_lookup_elem(map_fd(object, "sample_totals"), &zero, each);
	for (cpu = 0; cpu < 64; cpu++) {
		sum.seen += each[cpu].seen;
		sum.outside += each[cpu].outside;
		sum.taken += each[cpu].taken;
	}
	return sum;
}

FIXTURE_SETUP(pages)
{
	struct prof_settings settings = { .enabled = 1, .sample = 1 };
	struct khmap_ioc_create args = create_args(NULL, 100);
	struct bpf_program *each;
	__u32 zero = 0;

	self->fd = create_map(&args);
	ASSERT_LE(0, self->fd);
	self->map_id = args.map_id;
	self->object = bpf_object__open_file(OBJECT, NULL);
	ASSERT_NE(NULL, self->object);
	ASSERT_EQ(0, bpf_object__load(self->object));
	bpf_object__for_each_program(each, self->object) {
		if (strncmp(bpf_program__section_name(each), "tp_btf/", 7))
			continue;
		self->links[self->link_count] = bpf_program__attach(each);
		ASSERT_NE(NULL, self->links[self->link_count]);
		self->link_count++;
	}
	ASSERT_EQ(0, fill(self->object));
	ASSERT_EQ(0, bpf_map_update_elem(map_fd(self->object, "settings"), &zero, &settings, 0));
}

FIXTURE_TEARDOWN(pages)
{
	while (self->link_count)
		bpf_link__destroy(self->links[--self->link_count]);
	bpf_object__close(self->object);
	close(self->fd);
}

/* A map without a name, that was there before. */
TEST_F_TIMEOUT(pages, existing_map, SECONDS)
{
	EXPECT_TRUE(page_is_known(self->object, self->map_id, PROF_REGION_HEADER, 0));
	EXPECT_EQ(0, address_of_page(self->object, self->map_id, PROF_REGION_HEADER, 1));
	EXPECT_EQ(0, address_of_page(self->object, self->map_id, PROF_REGION_PRIMARY, 1u << 20));
	EXPECT_EQ(0, address_of_page(self->object, self->map_id, PROF_REGION_RANGE, 0));
	EXPECT_EQ(0, address_of_page(self->object, self->map_id + 1, PROF_REGION_HEADER, 0));
}

/* What a map gets while it is looked at, in primary and in overflow pages. */
TEST_F_TIMEOUT(pages, growing_map, SECONDS)
{
	struct khmap_ioc_stat stat;
	uint64_t key;
	uint32_t page;

	for (key = 1; key <= 6000; key++)
		ASSERT_EQ(0, put(self->fd, key, key));
	ASSERT_EQ(0, map_stat(self->fd, &stat));
	ASSERT_LT(8, stat.primary_pages);
	ASSERT_LT(0, stat.overflow_pages);
	for (page = 0; page < stat.primary_pages; page++)
		EXPECT_TRUE(page_is_known(self->object, self->map_id, PROF_REGION_PRIMARY, page));
	for (page = 0; page < stat.overflow_pages; page++)
		EXPECT_TRUE(page_is_known(self->object, self->map_id, PROF_REGION_OVERFLOW, page));
	EXPECT_EQ(0, address_of_page(self->object, self->map_id, PROF_REGION_PRIMARY,
				     (uint32_t)stat.primary_pages));
}

TEST_F_TIMEOUT(pages, new_and_destroyed_map, SECONDS)
{
	struct khmap_ioc_create args = create_args(NULL, 100);
	int fd = create_map(&args), tries;

	ASSERT_LE(0, fd);
	EXPECT_TRUE(page_is_known(self->object, args.map_id, PROF_REGION_HEADER, 0));
	close(fd);
	/* It goes with the last reference, which the kernel may drop later. */
	for (tries = 0; tries < 1000; tries++) {
		if (!address_of_page(self->object, args.map_id, PROF_REGION_HEADER, 0))
			break;
		usleep(10000);
	}
	EXPECT_EQ(0, address_of_page(self->object, args.map_id, PROF_REGION_HEADER, 0));
}

/* The first key of a bucket in primary page 0. */
static uint64_t bucket_key(const struct khmap_image_header *header, uint32_t bucket)
{
	uint32_t shape = khmap_shape(1, 0);
	uint64_t key;

	for (key = 1; ; key++) {
		uint64_t hash = khmap_hash(header->hash_kind, header->hash_secret, &key,
					   sizeof(key));
		uint32_t place = khmap_hash_place(shape, khmap_shape_mask(shape), hash);

		if (khmap_place_bucket(&header->geometry, place) == bucket)
			return key;
	}
}

/*
 * The sequence of a bucket is stored to twice by each put; each store is a
 * sample, and all of them are of that line.
 */
TEST_F_TIMEOUT(pages, samples_of_stores, SECONDS)
{
	struct prof_line_key line = { .map_id = self->map_id, .region = PROF_REGION_PRIMARY };
	const struct khmap_image_header *header;
	struct prof_sample_totals total;
	struct prof_line model;
	uint64_t key, page;
	uint32_t offset;
	int cpu, i;

	ASSERT_EQ(0, map_reserve(self->fd, 100));
	header = mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, header);
	offset = 3 * header->geometry.bucket_stride;
	line.line = offset >> PROF_LINE_SHIFT;
	key = bucket_key(header, 3);
	ASSERT_EQ(0, put(self->fd, key, 0));

	page = address_of_page(self->object, self->map_id, PROF_REGION_PRIMARY, 0);
	ASSERT_LT(1, page);
	for (cpu = 0; cpu < CPUS; cpu++) {
		ASSERT_EQ(0, watch(program(self->object, "sample_address"), page + offset, cpu,
				   &self->links[self->link_count]));
		self->link_count++;
	}
	for (i = 0; i < PUTS; i++)
		ASSERT_EQ(0, put(self->fd, key, i));
	for (cpu = 0; cpu < CPUS; cpu++)
		bpf_link__destroy(self->links[--self->link_count]);

	total = totals(self->object);
	EXPECT_EQ(2 * PUTS, total.seen);
	EXPECT_EQ(2 * PUTS, total.taken);
	EXPECT_EQ(0, total.outside);
	ASSERT_EQ(0, bpf_map_lookup_elem(map_fd(self->object, "lines"), &line, &model));
	EXPECT_EQ(2 * PUTS, model.stores);
	EXPECT_EQ(0, model.loads);
}

/* With another map profiled, the same stores are outside. */
TEST_F_TIMEOUT(pages, samples_of_another_map, SECONDS)
{
	struct khmap_ioc_create args = create_args(NULL, 10);
	struct prof_settings settings = { .enabled = 1, .sample = 1 };
	const struct khmap_image_header *header;
	struct prof_sample_totals total;
	__u32 zero = 0;
	uint64_t page;
	int cpu, other = create_map(&args);

	ASSERT_LE(0, other);
	header = mmap(NULL, 4096, PROT_READ, MAP_SHARED, other, 0);
	ASSERT_NE(MAP_FAILED, header);
	settings.map_id = self->map_id;
	ASSERT_EQ(0, bpf_map_update_elem(map_fd(self->object, "settings"), &zero, &settings, 0));
	page = address_of_page(self->object, args.map_id, PROF_REGION_HEADER, 0);
	ASSERT_LT(1, page);
	for (cpu = 0; cpu < CPUS; cpu++) {
		ASSERT_EQ(0, watch(program(self->object, "sample_address"),
				   page + header->geometry.inline_offset, cpu,
				   &self->links[self->link_count]));
		self->link_count++;
	}
	ASSERT_EQ(0, put(other, 1, 1));
	for (cpu = 0; cpu < CPUS; cpu++)
		bpf_link__destroy(self->links[--self->link_count]);
	total = totals(self->object);
	EXPECT_EQ(2, total.seen);
	EXPECT_EQ(0, total.taken);
	close(other);
}

TEST_HARNESS_MAIN
