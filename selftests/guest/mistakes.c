// SPDX-License-Identifier: GPL-2.0-only
/*
 * mistakes.c - what went wrong in other modules that share memory, tried here
 *
 * One test for each mistake, with the number under which it became known where
 * there is one.  Some are tried more closely by the test of their subject, which
 * is named then.
 */
#include "kselftest_harness.h"
#include <liburing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>
#include "image_test.h"
#include "verify.h"
#include "vm_flag.h"

#define NAME	"test-mistakes"
#define ENTRIES	20000
#define KEYS	500
#define USED	(8 * (size_t)PAGE)

FIXTURE(mistakes) {
	int fd;
	int control;
	size_t size;
	char *image;
	char *pages;	/* USED bytes of it that are there */
	long references;
	uint64_t bytes;
};

/* Descriptors, mappings and programs that keep the module from unloading. */
static long module_references(void)
{
	FILE *file = fopen("/sys/module/khmap/refcnt", "r");
	long count = -1;

	if (file) {
		if (fscanf(file, "%ld", &count) != 1)
			count = -1;
		fclose(file);
	}
	return count;
}

/* Memory of maps is freed by a worker, or when a grace period is over. */
static bool references_become(long wanted)
{
	int i;

	for (i = 0; i < 250 && module_references() != wanted; i++)
		usleep(20000);
	return module_references() == wanted;
}

static bool bytes_become(int control, uint64_t wanted)
{
	struct khmap_ioc_abi abi;
	int i;

	for (i = 0; i < 250; i++) {
		if (query_abi(control, &abi))
			return false;
		if (abi.bytes == wanted)
			return true;
		usleep(20000);
	}
	return false;
}

FIXTURE_SETUP(mistakes)
{
	struct khmap_ioc_abi abi;
	uint64_t i;

	map_remove(NAME);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, query_abi(self->control, &abi));
	self->bytes = abi.bytes;
	self->references = module_references();
	ASSERT_LE(1, self->references);
	self->fd = create_named(NAME, ENTRIES);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, map_reserve(self->fd, ENTRIES));
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, put(self->fd, i, ~i));
	self->image = image_map(self->fd, &self->size);
	ASSERT_NE(MAP_FAILED, self->image);
	self->pages = self->image +
		      ((struct khmap_image_header *)self->image)->primary_offset;
}

/* Whatever was tried: all of it can be given back, to the byte. */
FIXTURE_TEARDOWN(mistakes)
{
	EXPECT_EQ(0, map_verify(self->fd));
	if (self->image)
		munmap(self->image, self->size);
	close(self->fd);
	map_remove(NAME);
	EXPECT_TRUE(bytes_become(self->control, self->bytes));
	EXPECT_TRUE(references_become(self->references));
	close(self->control);
}

/* See mapping.c, cannot_become_writable_or_executable. */
TEST_F(mistakes, read_only_mapping_made_writable)
{
	EXPECT_EQ(-1, mprotect(self->image, (size_t)PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
}

/* A page that was lent for writing, and is written when that is forbidden. */
TEST_F(mistakes, page_lent_for_writing)
{
	struct iovec piece = { .iov_base = self->image, .iov_len = (size_t)PAGE };
	struct io_uring ring;
	char before[PAGE_MAX];
	int pipes[2];

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	EXPECT_GT(0, io_uring_register_buffers(&ring, &piece, 1));
	io_uring_queue_exit(&ring);

	/* Lent for reading: what is in the pipe is the page, until it is read. */
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	memcpy(before, self->image, (size_t)PAGE);
	ASSERT_EQ(PAGE, vmsplice(pipes[1], &piece, 1, SPLICE_F_GIFT));
	EXPECT_EQ(-1, read(pipes[0], self->image, (size_t)PAGE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, memcmp(before, self->image, (size_t)PAGE));
	close(pipes[0]);
	close(pipes[1]);
}

/* CVE-2024-56368; see mapping.c, offsets_do_not_overflow. */
TEST_F(mistakes, page_offset_overflows)
{
	off_t offsets[] = {
		(off_t)self->size, (off_t)1 << 43, INT64_MAX & ~(PAGE - 1),
		INT64_MIN, -PAGE, ((off_t)1 << 32) * PAGE,
	};
	size_t i;
	char *page;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		page = mmap(NULL, (size_t)PAGE, PROT_READ, MAP_SHARED, self->fd,
			    offsets[i]);
		if (page == MAP_FAILED)
			continue;
		EXPECT_EQ(SIGBUS, signal_of_read(page));
		munmap(page, (size_t)PAGE);
	}
}

/* CVE-2024-0582: what is mapped stays what it was, whoever needs memory. */
TEST_F(mistakes, memory_freed_while_mapped)
{
	char *copy = malloc(USED), *hog;
	const size_t hog_size = 64 << 20;

	ASSERT_NE(NULL, copy);
	memcpy(copy, self->pages, USED);
	ASSERT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	hog = mmap(NULL, hog_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_NE(MAP_FAILED, hog);
	memset(hog, 0x5a, hog_size);
	EXPECT_EQ(0, memcmp(copy, self->pages, USED));
	munmap(hog, hog_size);
	free(copy);
}

/* CVE-2024-47674: an mmap that fails has mapped nothing. */
TEST_F(mistakes, mapped_in_part_when_it_fails)
{
	char *place = mmap(NULL, self->size, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t at;

	ASSERT_NE(MAP_FAILED, place);
	EXPECT_EQ(MAP_FAILED, mmap(place, self->size, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, self->fd, 0));
	EXPECT_EQ(EPERM, errno);
	/* Other memory may have come in its place, but nothing of the map. */
	for (at = 0; at < 16 * (size_t)PAGE; at += (size_t)PAGE) {
		char *again = mmap(place + at, (size_t)PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS |
				   MAP_FIXED_NOREPLACE, -1, 0);

		if (again == MAP_FAILED)
			EXPECT_EQ(0, place[at]);
	}
	munmap(place, self->size);
}

/* CVE-2024-42075; see mapping.c, moved_then_closed_twice. */
TEST_F(mistakes, moved_then_closed_twice)
{
	char *place = mmap(NULL, self->size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t primary = (size_t)(self->pages - self->image);
	long references = module_references();
	char *copy = malloc(USED), *moved;

	ASSERT_NE(MAP_FAILED, place);
	ASSERT_NE(NULL, copy);
	memcpy(copy, self->pages, USED);
	/* What moves leaves nothing behind that would be given back as well. */
	EXPECT_EQ(MAP_FAILED, mremap(self->image, self->size, self->size,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
	EXPECT_EQ(EINVAL, errno);
	moved = mremap(self->image, self->size, self->size,
		       MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, moved);
	EXPECT_EQ(SIGSEGV, signal_of_read(self->image));
	EXPECT_EQ(SIGSEGV, signal_of_read(self->pages));
	EXPECT_EQ(0, memcmp(moved, KHMAP_IMAGE_MAGIC, 8));
	EXPECT_EQ(0, memcmp(copy, moved + primary, USED));
	EXPECT_EQ(references, module_references());
	/* Without descriptor and name it is the mapping's alone. */
	ASSERT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	EXPECT_EQ(0, memcmp(copy, moved + primary, USED));
	EXPECT_EQ(0, munmap(self->image, self->size));
	EXPECT_EQ(0, memcmp(copy, moved + primary, USED));
	EXPECT_EQ(0, munmap(moved, self->size));
	EXPECT_EQ(0, munmap(moved, self->size));
	EXPECT_EQ(SIGSEGV, signal_of_read(moved));
	EXPECT_EQ(-1, close(self->fd));
	EXPECT_EQ(EBADF, errno);
	self->image = NULL;
	self->fd = -1;
	EXPECT_TRUE(references_become(self->references));
	EXPECT_TRUE(bytes_become(self->control, self->bytes));
	free(copy);
}

/* CVE-2026-45837: a child's mapping outlives all that it came from. */
TEST_F(mistakes, mapping_of_a_child_dangles)
{
	int go[2], status;
	pid_t child;
	char byte = 0;

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(go[1]);
		close(self->fd);
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(memcmp(self->image, KHMAP_IMAGE_MAGIC, 8) ? 2 : 0);
	}
	close(go[0]);
	ASSERT_EQ(0, map_destroy(self->fd));
	close(self->fd);
	munmap(self->image, self->size);
	self->image = NULL;
	EXPECT_LT(self->references, module_references());
	ASSERT_EQ(1, write(go[1], &byte, 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(go[1]);
}

/* CVE-2026-23380: advice brings back what must not be copied. */
TEST_F(mistakes, advice_undoes_a_protection)
{
	bool back;

	EXPECT_EQ(0, madvise(self->image, self->size, MADV_DONTFORK));
	EXPECT_EQ(SIGSEGV, signal_of_read(self->image));
	/* To a driver's mapping 6.12 lets it be said, and 7.2 does not. */
	back = !madvise(self->image, self->size, MADV_DOFORK);
	if (!back)
		EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(back ? 0 : SIGSEGV, signal_of_read(self->image));
	/* Not in core dumps and never longer, whatever is said. */
	EXPECT_EQ(1, vm_flag(self->image, "dd"));
	EXPECT_EQ(1, vm_flag(self->image, "de"));
	EXPECT_EQ(-1, madvise(self->image, self->size, MADV_DODUMP));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, madvise(self->pages, USED, MADV_DODUMP));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, madvise(self->image, self->size, MADV_DONTDUMP));
	EXPECT_EQ(1, vm_flag(self->image, "dd"));
	EXPECT_EQ(1, vm_flag(self->pages, "dd"));
	EXPECT_EQ(-1, mprotect(self->image, (size_t)PAGE, PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, vm_flag(self->image, "wr"));
	EXPECT_EQ(0, vm_flag(self->image, "mw"));
	EXPECT_EQ(0, vm_flag(self->image, "ex"));
	EXPECT_EQ(0, vm_flag(self->image, "me"));
}

/* CVE-2025-38563: a mapping in pieces is counted piece by piece. */
TEST_F(mistakes, split_mapping_is_counted_wrong)
{
	size_t pages = 64, i;
	int round;

	ASSERT_LE(pages * PAGE, self->size);
	for (round = 0; round < 3; round++) {
		size_t size;
		char *image = image_map(self->fd, &size);

		ASSERT_NE(MAP_FAILED, image);
		for (i = 1; i < pages; i += 2)
			ASSERT_EQ(0, mprotect(image + i * PAGE, (size_t)PAGE,
					      PROT_NONE));
		for (i = 0; round == 0 && i < pages; i++)
			munmap(image + i * PAGE, (size_t)PAGE);
		for (i = pages; round == 1 && i; i--)
			munmap(image + (i - 1) * PAGE, (size_t)PAGE);
		/* Grown together again, and gone at once. */
		if (round == 2)
			mprotect(image, size, PROT_READ);
		munmap(image, size);
	}
}

/* CVE-2025-38564, CVE-2025-38565: a failed mmap keeps no reference. */
TEST_F(mistakes, failed_mapping_keeps_a_reference)
{
	long before = module_references();
	int i;

	for (i = 0; i < 100; i++) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, (size_t)PAGE, PROT_WRITE,
					   MAP_SHARED, self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(NULL, (size_t)PAGE, PROT_EXEC,
					   MAP_PRIVATE, self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(NULL, 0, PROT_READ, MAP_SHARED,
					   self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(NULL, (size_t)PAGE, PROT_READ,
					   MAP_SHARED | MAP_SYNC |
					   MAP_SHARED_VALIDATE, self->fd, 0));
	}
	EXPECT_EQ(before, module_references());
}

struct reviver {
	int fd;
	size_t size;
	atomic_int running;
	atomic_int mapped;
	atomic_int wrong;
};

static void *revive(void *context)
{
	struct reviver *reviver = context;

	while (atomic_load(&reviver->running)) {
		int fd = map_open(NAME, O_RDONLY);
		char *image;

		if (fd < 0)
			continue;
		image = mmap(NULL, reviver->size, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		if (image == MAP_FAILED)
			continue;
		if (memcmp(image, KHMAP_IMAGE_MAGIC, 8))
			atomic_fetch_add(&reviver->wrong, 1);
		atomic_fetch_add(&reviver->mapped, 1);
		munmap(image, reviver->size);
	}
	return NULL;
}

/* CVE-2026-89791: mapped again while the last mapping goes. */
TEST_F(mistakes, revived_while_it_goes)
{
	struct reviver reviver = { .size = (size_t)PAGE, .running = 1 };
	/* A kernel that looks for faults, on a busy machine, takes a second for each. */
	time_t end = time(NULL) + 20;
	pthread_t threads[2];
	int i, fd;

	close(self->fd);
	munmap(self->image, self->size);
	self->image = NULL;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, revive, &reviver));
	for (i = 0; i < 200 && (i < 20 || time(NULL) < end); i++) {
		int seen;

		map_remove(NAME);
		fd = create_named(NAME, 100);
		ASSERT_LE(0, fd);
		close(fd);
		seen = atomic_load(&reviver.mapped);
		/* Gone at once, or when somebody has just mapped it. */
		while (i % 2 && atomic_load(&reviver.mapped) == seen)
			sched_yield();
	}
	atomic_store(&reviver.running, 0);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_LE(10, atomic_load(&reviver.mapped));
	EXPECT_EQ(0, atomic_load(&reviver.wrong));
	self->fd = map_open(NAME, O_RDWR);
	EXPECT_LE(0, self->fd);
}

/*
 * Memory of the caller's that somebody changes all the time: @word goes from
 * one value to the other.
 */
struct flipper {
	volatile uint64_t *word;
	uint64_t values[2];
	atomic_int running;
};

static void *flip(void *context)
{
	struct flipper *flipper = context;
	unsigned int i;

	for (i = 0; atomic_load(&flipper->running); i++)
		*flipper->word = flipper->values[i & 1];
	return NULL;
}

static bool flip_begin(pthread_t *thread, struct flipper *flipper,
		       volatile uint64_t *word, uint64_t one, uint64_t other)
{
	*flipper = (struct flipper){ .word = word, .values = { one, other } };
	atomic_store(&flipper->running, 1);
	return !pthread_create(thread, NULL, flip, flipper);
}

static void flip_end(pthread_t thread, struct flipper *flipper)
{
	atomic_store(&flipper->running, 0);
	pthread_join(thread, NULL);
}

#define BATCH		64
#define UNTOUCHED	77

/*
 * Words of a BATCH that the caller changes meanwhile, from what is right to something
 * that differs in one byte, as bytes may be copied one by one; what comes of that, and
 * the operations that succeed then.
 */
static const struct {
	size_t at;
	uint64_t other;		/* bits that it has besides */
	int err;
	int succeed;
} caller_s[] = {
	/* Beside the size are the flags, which stay. */
	{ offsetof(struct khmap_ioc_batch, size), 1ull << 31, -E2BIG, 0 },
	/* Too many, or nearly twice as many. */
	{ offsetof(struct khmap_ioc_batch, count), 1ull << 31, -EINVAL, 0 },
	{ offsetof(struct khmap_ioc_batch, count), BATCH - 1, 0, 2 * BATCH - 1 },
	/* Nothing is there: each operation fails, or none is tried. */
	{ offsetof(struct khmap_ioc_batch, keys), 1ull << 63, 0, 0 },
	{ offsetof(struct khmap_ioc_batch, values), 1ull << 63, 0, 0 },
	{ offsetof(struct khmap_ioc_batch, statuses), 1ull << 63, -EFAULT, 0 },
};

/* CVE-2024-41009: a position or a count that the caller may write meanwhile. */
TEST_F(mistakes, position_is_the_caller_s)
{
	static uint64_t keys[2 * BATCH], values[2 * BATCH];
	static int32_t statuses[2 * BATCH];
	struct khmap_map_info infos[4];
	const struct khmap_ioc_batch right = {
		.size = sizeof(right),
		.flags = KHMAP_BATCH_ARRAYS,
		.opcode = KHMAP_OP_PUT,
		.keys = address_of(keys),
		.values = address_of(values),
		.statuses = address_of(statuses),
		.count = BATCH,
	};
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.infos = address_of(infos),
		.info_size = sizeof(infos[0]),
		.count = 4,
	};
	struct khmap_ioc_batch batch;
	struct flipper flipper;
	pthread_t thread;
	size_t word;
	int i, j, err;

	for (i = 0; i < 2 * BATCH; i++)
		keys[i] = (uint64_t)i;
	for (word = 0; word < ARRAY_SIZE(caller_s); word++) {
		size_t at = caller_s[word].at;
		int came[2] = { 0, 0 };
		uint64_t one;

		batch = right;
		memcpy(&one, (char *)&right + at, 8);
		ASSERT_TRUE(flip_begin(&thread, &flipper,
				       (volatile uint64_t *)((char *)&batch + at),
				       one, one | caller_s[word].other));
		/* The two threads may take turns for a while. */
		for (i = 0; i < 500 || (i < 1000000 && !(came[0] && came[1])); i++) {
			int succeeded = 0;

			for (j = 0; j < 2 * BATCH; j++)
				statuses[j] = UNTOUCHED;
			err = call(self->fd, KHMAP_IOC_BATCH, &batch);
			for (j = 0; j < 2 * BATCH; j++)
				succeeded += !statuses[j];
			if (!err && succeeded == BATCH) {
				came[0]++;
				continue;
			}
			ASSERT_EQ(caller_s[word].err, err);
			ASSERT_EQ(caller_s[word].succeed, succeeded);
			came[1]++;
		}
		flip_end(thread, &flipper);
		EXPECT_LT(0, came[0]);
		EXPECT_LT(0, came[1]) {
			TH_LOG("word at %zu: only what is right", at);
		}
	}
	list.after = UINT64_MAX;
	EXPECT_EQ(0, call(self->control, KHMAP_IOC_LIST, &list));
	EXPECT_EQ(0, list.count);
}

/*
 * CVE-2026-45927: the hash of one key, and another key stored.  A key that
 * changes under the call is stored as one of the two, and found where its hash
 * says: the verification of the teardown knows.
 */
TEST_F(mistakes, hash_of_another_key)
{
	static uint64_t key, value;
	struct khmap_ioc_record args = record_args(&key, 8, &value, 8);
	struct flipper flipper;
	pthread_t thread;
	uint64_t got;
	int i;

	ASSERT_TRUE(flip_begin(&thread, &flipper, &key, 0x1111111111111111ull,
			       0x2222222222222222ull));
	for (i = 0; i < 20000; i++)
		ASSERT_EQ(0, call(self->fd, KHMAP_IOC_PUT, &args));
	flip_end(thread, &flipper);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, get(self->fd, flipper.values[i], &got));
	EXPECT_EQ(0, delete(self->fd, flipper.values[0]));
	EXPECT_EQ(0, delete(self->fd, flipper.values[1]));
	for (i = 0; i < KEYS; i++)
		EXPECT_EQ(0, get(self->fd, (uint64_t)i, &got));
}

/* A map that grows under a reader of its mapping. */
struct resized {
	struct image image;
	int fd;
	atomic_int running;
	atomic_ullong present;	/* of the keys from 0 on */
	atomic_ullong lookups;
	atomic_ullong wrong;
};

/* As the library does it: what the mapping does not tell, the kernel does. */
static int resized_get(const struct resized *resized, uint64_t key, uint64_t *value)
{
	int err = image_get(&resized->image, &key, value);

	return err == -EAGAIN ? get(resized->fd, key, value) : err;
}

static void *look_up(void *context)
{
	struct resized *resized = context;
	uint64_t next = 0;

	while (atomic_load(&resized->running)) {
		uint64_t key = next++ * 7919 % atomic_load(&resized->present);
		uint64_t value = 0;
		bool right;

		right = !resized_get(resized, key, &value) && value == ~key;
		/* This one never comes. */
		right &= resized_get(resized, ENTRIES + key, &value) == -ENOENT;
		if (!right)
			atomic_fetch_add(&resized->wrong, 1);
		atomic_fetch_add(&resized->lookups, 1);
	}
	return NULL;
}

/* Memory that is replaced while others read it; see grow.c and race.c. */
TEST_F(mistakes, resized_under_a_reader)
{
	struct resized resized = { .running = 1, .present = 1 };
	struct khmap_ioc_stat before, after;
	uint64_t i, seen, waits = 0;
	pthread_t thread;

	resized.fd = create_named(NULL, 1);
	ASSERT_LE(0, resized.fd);
	ASSERT_EQ(0, put(resized.fd, 0, ~0ull));
	ASSERT_EQ(0, image_open(&resized.image, resized.fd));
	ASSERT_EQ(0, map_stat(resized.fd, &before));
	EXPECT_EQ(0, before.shape);
	EXPECT_EQ(0, before.splits);
	ASSERT_EQ(0, pthread_create(&thread, NULL, look_up, &resized));
	for (i = 1; i < ENTRIES; i++) {
		ASSERT_EQ(0, put(resized.fd, i, ~i));
		atomic_store(&resized.present, i + 1);
		if (i % 100)
			continue;
		/* However the two get on, the reader sees it at every size. */
		seen = atomic_load(&resized.lookups);
		while (atomic_load(&resized.lookups) == seen)
			sched_yield();
		waits++;
	}
	atomic_store(&resized.running, 0);
	pthread_join(thread, NULL);
	EXPECT_LE(waits, atomic_load(&resized.lookups));
	EXPECT_EQ(0, atomic_load(&resized.wrong));
	ASSERT_EQ(0, map_stat(resized.fd, &after));
	EXPECT_EQ(ENTRIES, after.entries);
	EXPECT_LT(ENTRIES / 20, after.splits);
	EXPECT_LT(1, after.primary_pages);
	EXPECT_EQ(0, map_verify(resized.fd));
	image_close(&resized.image);
	close(resized.fd);
}

/*
 * A submission that is read twice: the kernel's thread takes it while its command
 * changes between two batches.  One is right; the other has another key and would be
 * right, too, were it not so long: the size of the first one with the rest of that is
 * what must not be.
 */
TEST_F(mistakes, submission_read_twice)
{
	static const uint64_t keys[] = { 1000007, 1000009 }, value = 8;
	struct {
		struct khmap_ioc_batch batch;
		uint64_t more;
	} args[2] = { 0 };
	struct io_uring ring;
	struct flipper flipper;
	pthread_t thread;
	int i, came[2] = { 0, 0 }, err;
	uint64_t got;

	for (i = 0; i < 2; i++)
		args[i].batch = (struct khmap_ioc_batch){
			.size = i ? sizeof(args[i]) : sizeof(args[i].batch),
			.flags = KHMAP_BATCH_ARRAYS,
			.opcode = KHMAP_OP_PUT,
			.keys = address_of(&keys[i]),
			.values = address_of(&value),
			.count = 1,
		};
	args[1].more = 1;
	err = io_uring_queue_init(8, &ring, IORING_SETUP_SQPOLL);
	ASSERT_EQ(0, err);
	/* The two threads may take turns for a while. */
	for (i = 0; i < 500 || (i < 100000 && !(came[0] && came[1])); i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
		struct io_uring_cqe *cqe;

		ASSERT_NE(NULL, sqe);
		memset(sqe, 0, sizeof(*sqe));
		sqe->opcode = IORING_OP_URING_CMD;
		sqe->fd = self->fd;
		sqe->cmd_op = KHMAP_URING_BATCH;
		ASSERT_TRUE(flip_begin(&thread, &flipper,
				       (volatile uint64_t *)sqe->cmd,
				       address_of(&args[0]), address_of(&args[1])));
		ASSERT_LE(0, io_uring_submit(&ring));
		ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
		/* It may also be taken before the other thread has begun. */
		if (cqe->res == 1)
			came[0]++;
		else if (cqe->res == -E2BIG)
			came[1]++;
		else
			ASSERT_EQ(-EFAULT, cqe->res);
		ASSERT_EQ(cqe->res == 1 ? 0 : -ENOENT, get(self->fd, keys[0], &got));
		ASSERT_EQ(-ENOENT, get(self->fd, keys[1], &got));
		delete(self->fd, keys[0]);
		io_uring_cqe_seen(&ring, cqe);
		flip_end(thread, &flipper);
	}
	EXPECT_LT(0, came[0]);
	EXPECT_LT(0, came[1]);
	io_uring_queue_exit(&ring);
}

TEST_HARNESS_MAIN
