// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_addresses.c - no address of the kernel in anything that it shows
 */
#include "kselftest_harness.h"
#include <dirent.h>
#include <linux/elf.h>
#include <sys/klog.h>
#include "hostile.h"
#include "system_file.h"

#define SHOT	"hostile-shot"
#define EVENTS	"/sys/kernel/tracing/events/khmap"
#define RESTRICT "/proc/sys/kernel/kptr_restrict"
#define TRACE	"/sys/kernel/tracing/instances/khmap-addresses"

/* Bits that each address of the kernel has set; with five levels of page tables it has fewer. */
static int kernel_bits = 16;

/* Does it look like an address of the kernel? */
static bool is_address(uint64_t word)
{
	/* But for small negative numbers, which errnos are. */
	return word >> (64 - kernel_bits) == (1u << kernel_bits) - 1 &&
	       word < (uint64_t)-4096;
}

/* Of text: 16 hexadecimal digits. */
static const char *text_address(const char *text)
{
	const char *at = text;

	while (*at) {
		size_t digits = strspn(at, "0123456789abcdef");

		if (digits == 16 && is_address(strtoull(at, NULL, 16)))
			return at;
		at += digits ? digits : 1;
	}
	return NULL;
}

/* The first of all addresses that the kernel has; 0 if it does not tell. */
static uint64_t lowest_address(void)
{
	uint64_t lowest = UINT64_MAX;
	struct elf64_hdr file = { 0 };
	struct elf64_phdr part;
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), i;

	if (fd < 0 || read(fd, &file, sizeof(file)) != sizeof(file))
		return 0;
	for (i = 0; i < file.e_phnum; i++) {
		off_t at = (off_t)file.e_phoff + i * (off_t)sizeof(part);

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return 0;
		if (part.p_type == PT_LOAD && part.p_vaddr < lowest)
			lowest = part.p_vaddr;
	}
	close(fd);
	return lowest;
}

static bool learn_addresses(void)
{
	uint64_t lowest = lowest_address();

	kernel_bits = lowest ? __builtin_clzll(~lowest) : 0;
	if (kernel_bits > 16)
		kernel_bits = 16;
	return kernel_bits >= 8;
}

FIXTURE(addresses) {
	int map;
	int shot;
	int control;
};

FIXTURE_SETUP(addresses)
{
	struct khmap_ioc_snapshot args = snapshot_args(SHOT);

	ASSERT_TRUE(learn_addresses());
	map_remove(SHOT);
	self->map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, self->map);
	self->shot = take_snapshot(self->map, &args);
	ASSERT_LE(0, self->shot);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
}

FIXTURE_TEARDOWN(addresses)
{
	map_remove(SHOT);
	map_remove(HOSTILE_MAP);
	close(self->map);
	close(self->shot);
	close(self->control);
}

/* Where a pointer would be.  Elsewhere other things are side by side, tags say. */
static int bytes_found(const void *bytes, size_t size)
{
	uint64_t word;
	size_t at;
	int found = 0;

	for (at = 0; at + 8 <= size; at += 8) {
		memcpy(&word, (const char *)bytes + at, 8);
		if (!is_address(word))
			continue;
		printf("# at %zu: %#llx\n", at, (unsigned long long)word);
		found++;
	}
	return found;
}

TEST(addresses_are_known_when_seen)
{
	uint64_t words[2] = { 0 };
	long long before;
	char line[256];
	int lines = 0;
	FILE *file;

	ASSERT_TRUE(learn_addresses());
	/* Of the memory that pages and objects are in, or of what is below it. */
	words[1] = lowest_address();
	TH_LOG("they begin with %#llx", (unsigned long long)words[1]);
	EXPECT_EQ(1, bytes_found(words, sizeof(words)));
	words[1] = 0x0000888012345678ull;
	EXPECT_EQ(0, bytes_found(words, sizeof(words)));
	words[1] = (uint64_t)-ENOENT;
	EXPECT_EQ(0, bytes_found(words, sizeof(words)));
	EXPECT_NE(NULL, text_address("x=ffffffff12345678"));
	EXPECT_EQ(NULL, text_address("sum=fffe1234 ffff"));
	/* Those of vmalloc, as the kernel prints them for root: as they are, if it is told to. */
	before = file_number("/proc/sys/kernel", "kptr_restrict");
	ASSERT_LE(0, before);
	ASSERT_EQ(0, write_file(RESTRICT, "1"));
	file = fopen("/proc/vmallocinfo", "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		EXPECT_NE(NULL, text_address(line)) TH_LOG("%s", line);
		lines++;
	}
	fclose(file);
	EXPECT_LT(0, lines);
	snprintf(line, sizeof(line), "%lld", before);
	EXPECT_EQ(0, write_file(RESTRICT, line));
}

/* Pages of a region; SIZE_MAX if one is not there. */
static size_t region_found(const char *image, uint64_t offset, uint32_t pages)
{
	char page[PAGE_MAX];
	size_t found = 0;
	uint32_t i;

	for (i = 0; i < pages; i++) {
		if (!page_copy(image + offset + (uint64_t)i * HOSTILE_PAGE, page))
			return SIZE_MAX;
		found += (size_t)bytes_found(page, HOSTILE_PAGE);
	}
	return found;
}

TEST_F(addresses, in_images)
{
	int fds[] = { self->map, self->shot }, k;

	for (k = 0; k < 2; k++) {
		struct khmap_image_header *header;
		char copy[PAGE_MAX];
		struct khmap_ioc_stat stat;
		size_t size;
		char *image = image_map(fds[k], &size);

		ASSERT_NE(MAP_FAILED, image);
		/* So that the header of a map has its pages. */
		ASSERT_EQ(0, map_stat(fds[k], &stat));
		memcpy(copy, image, HOSTILE_PAGE);
		header = (void *)copy;
		EXPECT_LE(HOSTILE_PAGE > 16384 ? 1 : 2, header->primary_pages);
		EXPECT_EQ(0, region_found(image, header->primary_offset,
					  header->primary_pages));
		/* Of so many keys some are there. */
		EXPECT_LE(1, header->overflow_pages);
		EXPECT_EQ(0, region_found(image, header->overflow_offset,
					  header->overflow_pages));
		/* A random number may look like anything. */
		memset(header->hash_secret, 0, sizeof(header->hash_secret));
		EXPECT_EQ(0, bytes_found(copy, HOSTILE_PAGE));
		munmap(image, size);
	}
}

TEST_F(addresses, in_answers)
{
	struct khmap_version_info infos[8];
	struct khmap_map_info list[16];
	struct khmap_ioc_versions args;
	struct khmap_ioc_choose choice;
	struct khmap_ioc_list ask = {
		.size = sizeof(ask),
		.flags = KHMAP_LIST_SNAPSHOTS,
		.infos = address_of(list),
		.info_size = sizeof(list[0]),
		.count = 16,
	};
	struct khmap_ioc_stat stat;
	struct khmap_ioc_abi abi;

	memset(list, 0, sizeof(list));
	memset(infos, 0, sizeof(infos));
	ASSERT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(0, bytes_found(&stat, sizeof(stat)));
	ASSERT_EQ(0, map_stat(self->shot, &stat));
	EXPECT_EQ(0, bytes_found(&stat, sizeof(stat)));
	ASSERT_EQ(0, query_abi(self->control, &abi));
	EXPECT_EQ(0, bytes_found(&abi, sizeof(abi)));
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_LIST, &ask));
	EXPECT_LE(2, ask.count);
	EXPECT_EQ(0, bytes_found(list, sizeof(list)));
	ASSERT_EQ(0, versions(self->map, infos, 8, &args));
	EXPECT_EQ(0, bytes_found(infos, sizeof(infos)));
	ASSERT_EQ(0, choose(self->map, &choice));
	EXPECT_EQ(0, bytes_found(&choice, sizeof(choice)));
}

/* What is made, and the answer that says so. */
TEST_F(addresses, in_answers_of_what_is_new)
{
	struct khmap_ioc_restore restore = { .size = sizeof(restore) };
	struct khmap_ioc_sample sample = { .size = sizeof(sample), .every = 1 };
	struct khmap_ioc_create create = create_args(NULL, 1);
	struct khmap_ioc_snapshot shot = snapshot_args(NULL);
	struct khmap_ioc_stat stat;
	char *image;

	ASSERT_EQ(0, call(self->control, KHMAP_IOC_CREATE, &create));
	EXPECT_EQ(0, bytes_found(&create, sizeof(create)));
	ASSERT_EQ(0, call(self->map, KHMAP_IOC_SNAPSHOT, &shot));
	EXPECT_EQ(0, bytes_found(&shot, sizeof(shot)));
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_SAMPLE, &sample));
	EXPECT_EQ(0, bytes_found(&sample, sizeof(sample)));
	image = malloc(shot.image_size);
	ASSERT_NE(NULL, image);
	ASSERT_EQ((ssize_t)shot.image_size, pread(shot.fd, image, shot.image_size, 0));
	restore.image = address_of(image);
	restore.image_bytes = shot.image_size;
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_RESTORE, &restore));
	EXPECT_EQ(0, bytes_found(&restore, sizeof(restore)));
	ASSERT_EQ(0, map_stat(restore.fd, &stat));
	EXPECT_EQ(HOSTILE_KEYS, stat.entries);
	free(image);
	close(restore.fd);
	close(sample.fd);
	close(shot.fd);
	close(create.fd);
}

/* Of a batch of operations, and of one of arrays.  Keys that are there: errnos look alike. */
TEST_F(addresses, in_answers_of_batches)
{
	uint64_t keys[64], values[64], results[64];
	int32_t statuses[64];
	struct khmap_op ops[64];
	struct khmap_ioc_batch batches[] = { {
		.size = sizeof(batches[0]),
		.count = 64,
		.op_size = sizeof(ops[0]),
		.ops = address_of(ops),
	}, {
		.size = sizeof(batches[0]),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = 64,
		.opcode = KHMAP_OP_GET,
		.keys = address_of(keys),
		.values = address_of(values),
		.statuses = address_of(statuses),
		.results = address_of(results),
	} };
	size_t i;

	for (i = 0; i < 64; i++) {
		keys[i] = i;
		ops[i] = (struct khmap_op){
			.opcode = KHMAP_OP_GET,
			.key = address_of(&keys[i]),
			.value = address_of(&values[i]),
		};
	}
	for (i = 0; i < 2; i++) {
		memset(values, 0, sizeof(values));
		ASSERT_EQ(0, call(self->map, KHMAP_IOC_BATCH, &batches[i]));
		EXPECT_EQ(64, batches[i].done);
		EXPECT_EQ(0, batches[i].failed);
		EXPECT_EQ(63, values[63]);
		EXPECT_EQ(0, bytes_found(&batches[i], sizeof(batches[i])));
		EXPECT_EQ(0, bytes_found(values, sizeof(values)));
	}
	EXPECT_EQ(0, bytes_found(ops, sizeof(ops)));
	EXPECT_EQ(0, bytes_found(statuses, sizeof(statuses)));
	EXPECT_EQ(0, bytes_found(results, sizeof(results)));
}

static int file_found(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[4096];
	int found = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (text_address(line)) {
			printf("# %s: %s", path, line);
			found++;
		}
		/* A format that would print one. */
		if (strstr(line, "print fmt") && strstr(line, "%p")) {
			printf("# %s: %s", path, line);
			found++;
		}
	}
	if (file)
		fclose(file);
	return file ? found : -1;
}

TEST_F(addresses, in_proc)
{
	struct khmap_ioc_sample sample = { .size = sizeof(sample), .every = 1 };
	int fds[] = { self->map, self->shot, self->control, -1 }, k;
	char path[64];

	ASSERT_EQ(0, call(self->control, KHMAP_IOC_SAMPLE, &sample));
	fds[3] = sample.fd;
	for (k = 0; k < 4; k++) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fds[k]);
		EXPECT_EQ(0, file_found(path));
	}
	close(sample.fd);
}

static int lines_with(const char *path, const char *text)
{
	FILE *file = fopen(path, "r");
	char line[4096];
	int lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines += !!strstr(line, text);
	if (file)
		fclose(file);
	return lines;
}

TEST_F(addresses, in_events)
{
	DIR *folder = opendir(EVENTS);
	struct dirent *entry;
	char path[512];
	int formats = 0;
	pid_t others;

	if (!folder)
		SKIP(return, "no tracefs");
	while ((entry = readdir(folder))) {
		if (strncmp(entry->d_name, "khmap_", 6))
			continue;
		snprintf(path, sizeof(path), EVENTS "/%s/format", entry->d_name);
		EXPECT_EQ(0, file_found(path));
		formats++;
	}
	closedir(folder);
	EXPECT_LE(10, formats);
	ASSERT_TRUE(!mkdir(TRACE, 0700) || errno == EEXIST);
	ASSERT_EQ(0, write_file(TRACE "/events/khmap/enable", "1"));
	EXPECT_EQ(0, others_get_on(HOSTILE_MAP, true, &others));
	write_file(TRACE "/events/khmap/enable", "0");
	EXPECT_LT(0, lines_with(TRACE "/trace", "khmap_"));
	EXPECT_EQ(0, file_found(TRACE "/trace"));
	rmdir(TRACE);
}

/* The kernel's log; its bytes, or -1. */
static int log_read(char *log, size_t size)
{
	int got = klogctl(3, log, (int)size - 1);

	log[got > 0 ? got : 0] = '\0';
	return got;
}

/*
 * What was printed since the module was loaded, by it.  It says that a snapshot is
 * overdue, from a worker.
 */
TEST_F(addresses, in_the_kernel_s_log)
{
	struct khmap_ioc_warn_after args = { .size = sizeof(args), .warn_after_ms = 1 };
	double end = seconds_now() + HOSTILE_LIMIT_MS / 1000.;
	static char log[1 << 20];
	struct khmap_ioc_stat stat;
	char *line, *rest = log;
	char overdue[128];
	int lines = 0;

	ASSERT_EQ(0, map_stat(self->shot, &stat));
	snprintf(overdue, sizeof(overdue),
		 "khmap: snapshot %llu " SHOT " of map %llu has been held for ",
		 (unsigned long long)stat.snapshot_id, (unsigned long long)stat.map_id);
	ASSERT_EQ(0, call(self->map, KHMAP_IOC_WARN_AFTER, &args));
	do {
		usleep(1000);
		ASSERT_LE(0, log_read(log, sizeof(log)));
	} while (!strstr(log, overdue) && seconds_now() < end);
	ASSERT_NE(NULL, strstr(log, overdue));
	while ((line = strsep(&rest, "\n"))) {
		if (!strstr(line, "khmap"))
			continue;
		lines++;
		EXPECT_EQ(NULL, text_address(line)) TH_LOG("%s", line);
	}
	EXPECT_LE(1, lines);
}

TEST_HARNESS_MAIN
