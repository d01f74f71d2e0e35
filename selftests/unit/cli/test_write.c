// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_write.c - a snapshot file is written in many ways, and all of it or not at all
 *
 *	test_write FILE FOLDER...
 *
 * FILE has pages of 4096 bytes.  It is written, with pages of zeros behind it, to
 * each FOLDER: by pwrite(), by a ring, by queues that fail in every way, with
 * O_DIRECT and without; and is interrupted at each write, by a full disk, by
 * SIGKILL and by losing its end.  What reaches the disk does so in one order, and
 * each call of it that fails is told.  pwrite(), fcntl(), fdatasync(), fsync(),
 * close() and rename() are ours (--wrap).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "fake_queue.h"
#include "image_write.h"
#include "test_write.h"
#include "write_ring.h"

#define PAGE		4096u
/* Pages of zeros behind the image, more than a run of 1 MiB. */
#define HOLE_PAGES	400u
#define KILLS		150
#define NEVER		(-1L)

/**
 * struct image - An image in memory.
 * @bytes: aligned, with a page to spare
 * @pages: whole
 * @header: a copy, for the writer
 * @shift: bytes by which the pages are moved from where O_DIRECT wants them
 */
struct image {
	unsigned char *bytes;
	size_t pages;
	struct khmap_image_header header;
	size_t shift;
};

static struct image image;
static char path[256];
static const char *folder;
/* Of pwrite(): calls, the one that fails with ENOSPC, how much one writes. */
static long pwrites, pwrite_fails = NEVER;
static size_t pwrite_most = SIZE_MAX;
/* At each pwrite() what is there so far is opened. */
static bool peek;
static unsigned int peeks, peeks_taken;
static bool no_direct;
static unsigned int direct_writes;

/*
 * What was called, a letter each, those of a row joined: w pwrite() of pages, h of the header page,
 * d fdatasync(), s fsync() of the file, c close() of it, r rename(), f fsync() of the folder.
 */
static char calls[16];
static size_t calls_made;
/* The call that fails, by its letter, and how. */
static char call_fails;
static int call_errno;

static bool call_is_to_fail(char letter)
{
	if (calls_made < sizeof(calls) - 1 && (!calls_made || calls[calls_made - 1] != letter))
		calls[calls_made++] = letter;
	if (letter != call_fails)
		return false;
	errno = call_errno;
	return true;
}

static bool told_interrupted(const char *name)
{
	struct khmap *map;

	if (khmap_open(name, NULL, &map))
		return strstr(khmap_reason(), "zeros, as in a file whose writing was interrupted");
	khmap_close(map);
	return false;
}

ssize_t __wrap_pwrite64(int fd, const void *from, size_t size, off_t offset)
{
	int flags = __real_fcntl64(fd, F_GETFL);
	char name[32];

	if (peek) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		peeks++;
		peeks_taken += !told_interrupted(name);
	}
	if (pwrites++ == pwrite_fails) {
		errno = ENOSPC;
		return -1;
	}
	direct_writes += !!(flags & O_DIRECT);
	if (call_is_to_fail(offset < PAGE ? 'h' : 'w'))
		return -1;
	return __real_pwrite64(fd, from, size < pwrite_most ? size : pwrite_most, offset);
}

int __wrap_fcntl64(int fd, int command, ...)
{
	va_list args;
	long argument;

	va_start(args, command);
	argument = command == F_GETFL ? 0 : va_arg(args, int);
	va_end(args);
	if (no_direct && command == F_SETFL && argument & O_DIRECT) {
		errno = EINVAL;
		return -1;
	}
	return __real_fcntl64(fd, command, argument);
}

int __wrap_fdatasync(int fd)
{
	return call_is_to_fail('d') ? -1 : __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
	struct stat st, its;

	if (fstat(fd, &st) || stat(folder, &its))
		exit(1);
	if (!S_ISDIR(st.st_mode))
		return call_is_to_fail('s') ? -1 : __real_fsync(fd);
	/* Of another folder it is none. */
	if (st.st_dev == its.st_dev && st.st_ino == its.st_ino && call_is_to_fail('f'))
		return -1;
	return __real_fsync(fd);
}

/* Of the file that is written; it is closed even if that fails. */
int __wrap_close(int fd)
{
	int flags = __real_fcntl64(fd, F_GETFL), err;
	bool fails;
	struct stat st;

	fails = flags >= 0 && (flags & O_ACCMODE) == O_RDWR && !fstat(fd, &st) &&
		S_ISREG(st.st_mode) && call_is_to_fail('c');
	err = __real_close(fd);
	if (!fails)
		return err;
	errno = call_errno;
	return -1;
}

int __wrap_rename(const char *from, const char *to)
{
	if (strcmp(to, path) || strncmp(from, path, strlen(path)))
		exit(1);
	return call_is_to_fail('r') ? -1 : __real_rename(from, to);
}

static const void *image_page(void *context, __u64 index)
{
	const struct image *from = context;

	return index < from->pages ? from->bytes + from->shift + index * PAGE : NULL;
}

static int image_write(bool stable, const struct khmap_write_queue *queue)
{
	const struct khmap_write_options options = { .size = sizeof(options), .queue = queue };
	const struct khmap_image_source source = {
		.header = &image.header,
		.page = image_page,
		.stable = stable,
		.context = &image,
		.mode = 0644,
	};

	pwrites = 0;
	direct_writes = 0;
	calls_made = 0;
	memset(calls, 0, sizeof(calls));
	return khmap_image_write(&source, path, &options);
}

static unsigned char *file_load(const char *name, size_t *size)
{
	int fd = open(name, O_RDONLY);
	unsigned char *bytes;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		exit(1);
	*size = (size_t)st.st_size;
	bytes = aligned_alloc(PAGE, (*size | (PAGE - 1)) + 1 + (HOLE_PAGES + 1) * PAGE);
	if (!bytes || read(fd, bytes, *size) != (ssize_t)*size)
		exit(1);
	close(fd);
	return bytes;
}

/* The image, and overflow pages that were never used. */
static void image_load(const char *name)
{
	size_t size;

	image.bytes = file_load(name, &size);
	memcpy(&image.header, image.bytes, sizeof(image.header));
	size = image.header.image_size;
	if (image.header.geometry.page_shift != 12 ||
	    image.header.overflow_offset + image.header.overflow_pages_max * PAGE != size)
		exit(1);
	memset(image.bytes + size, 0, (HOLE_PAGES + 1) * PAGE);
	image.header.overflow_pages_max += HOLE_PAGES;
	image.header.image_size += HOLE_PAGES * PAGE;
	image.pages = image.header.image_size / PAGE;
}

/* Temporary files beside the file; with @remove they go, and none may pass for an image. */
static int temporaries(bool remove, int *taken)
{
	const char *base = strrchr(path, '/') + 1;
	char name[512], rest;
	struct khmap_open_options options = { .size = sizeof(options), .flags = KHMAP_OPEN_VERIFY };
	struct dirent *entry;
	unsigned int tag;
	struct khmap *map;
	int found = 0;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, base))
			continue;
		found++;
		snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
		/* Whole, or told: the name alone says what it is. */
		if (strncmp(entry->d_name, base, strlen(base)) ||
		    sscanf(entry->d_name + strlen(base), ".tmp-%8x%c", &tag, &rest) != 1)
			(*taken)++;
		else if (!khmap_open(name, &options, &map))
			khmap_close(map);
		else if (!strstr(khmap_reason(), "interrupted") &&
			 !strstr(khmap_reason(), "file of 0 bytes"))
			(*taken)++;
		if (remove)
			unlink(name);
	}
	closedir(dir);
	return found;
}

static bool no_temporary(void)
{
	int taken = 0;

	return !temporaries(true, &taken);
}

static unsigned char *expected;
static size_t expected_size;

/* The file is as the first one was, and no temporary one is left. */
static bool as_expected(void)
{
	size_t size;
	unsigned char *bytes = file_load(path, &size);
	bool same = size == expected_size && !memcmp(bytes, expected, size);

	free(bytes);
	return same && no_temporary();
}

static int fake_write(__u32 depth, long begins, int result, long ends)
{
	struct fake fake = {
		.queue = {
			.size = sizeof(fake.queue),
			.depth = depth,
			.submit = fake_submit,
			.reap = fake_reap,
			.context = &fake,
		},
		.begins = begins,
		.result = result,
		.ends = ends,
	};
	int err = image_write(true, &fake.queue);

	/* What was begun was waited for. */
	return !err && fake.count ? 1 : err;
}

static void test_queues(void)
{
	static const int results[] = { 1, -EINVAL, -EFAULT, -EAGAIN, -EIO, -ECANCELED };
	long begins;
	size_t i;

	for (begins = 0; begins < 4; begins++)
		ok(!fake_write(32, begins, 0, NEVER) && as_expected(),
		   "a queue that fails after %ld writes: the same", begins);
	ok(!fake_write(1, NEVER, 0, NEVER) && as_expected(), "a queue of one: the same");
	ok(!fake_write(1000, NEVER, 0, NEVER) && as_expected(), "a queue of 1000: the same");
	ok(!fake_write(0, NEVER, 0, NEVER) && as_expected() && pwrites,
	   "a queue of none: pwrite()");
	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		ok(!fake_write(32, NEVER, results[i], NEVER) && as_expected(),
		   "a queue's writes that end with %d: the same", results[i]);
	ok(fake_write(32, NEVER, 0, 0) == -EIO && as_expected(),
	   "a queue that cannot wait: an error, the old file");
}

/* In a child: the filter stays. */
static int refused_child(unsigned int call, unsigned int err)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	struct write_ring ring;
	int opened;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 2;
	opened = write_ring_open(&ring);
	if (call == SYS_io_uring_setup && opened != -(int)err)
		return 3;
	if (image_write(true, opened ? NULL : &ring.queue))
		return 4;
	write_ring_close(&ring);
	return pwrites ? 0 : 5;
}

static void test_refused(const char *name, unsigned int call, unsigned int err)
{
	pid_t child;
	int status = -1;

	unlink(path);
	child = fork();
	if (!child)
		_exit(refused_child(call, err));
	waitpid(child, &status, 0);
	is_i64(status, 0, "%s fails with %s: it is written", name, strerror((int)err));
	ok(as_expected(), "the same");
}

static bool folder_has_direct(void)
{
	int fd, flags;
	bool has;

	fd = open(path, O_RDWR);
	flags = __real_fcntl64(fd, F_GETFL);
	has = !__real_fcntl64(fd, F_SETFL, flags | O_DIRECT);
	close(fd);
	return has;
}

static void test_ways(void)
{
	struct khmap_open_options options = { .size = sizeof(options), .flags = KHMAP_OPEN_VERIFY };
	struct write_ring ring;
	struct khmap *map;
	struct stat st;
	bool direct;

	ok(!image_write(true, NULL), "%s: written by pwrite()", folder);
	direct = folder_has_direct();
	is_u64(direct_writes, direct ? (__u64)pwrites : 0, "with O_DIRECT: %d", direct);
	if (!expected)
		expected = file_load(path, &expected_size);
	is_u64(expected_size, image.pages * PAGE +
	       (image.pages * 8 + PAGE - 1) / PAGE * PAGE, "its size");
	ok(as_expected(), "the same as in other folders");
	if (stat(path, &st))
		exit(1);
	ok((__u64)st.st_blocks * 512 + HOLE_PAGES * PAGE <=
	   (__u64)st.st_size + 16 * PAGE, "%lld bytes on the disk of %lld",
	   (long long)st.st_blocks * 512, (long long)st.st_size);
	/* Now: to read a hole of a tmpfs through a mapping fills it. */
	if (ok(!khmap_open(path, &options, &map), "it is an image"))
		khmap_close(map);
	no_direct = true;
	ok(!image_write(true, NULL) && !direct_writes && as_expected(),
	   "without O_DIRECT: the same");
	no_direct = false;
	ok(!image_write(false, NULL) && as_expected(), "copied first: the same");
	memmove(image.bytes + 8, image.bytes, image.pages * PAGE);
	image.shift = 8;
	ok(!image_write(true, NULL) && as_expected(), "not aligned: the same");
	image.shift = 0;
	memmove(image.bytes, image.bytes + 8, image.pages * PAGE);
	pwrite_most = 1000;
	ok(!image_write(true, NULL) && as_expected(), "1000 bytes at a time: the same");
	pwrite_most = SIZE_MAX;
	if (write_ring_open(&ring)) {
		ok(true, "a ring # SKIP this host has no io_uring for us");
		return;
	}
	ok(!image_write(true, &ring.queue) && as_expected(), "a ring: the same");
	is_i64(pwrites, 0, "nothing was left to pwrite()");
	ok(!image_write(false, &ring.queue) && as_expected(), "a ring, copied first: the same");
	no_direct = true;
	ok(!image_write(true, &ring.queue) && as_expected(), "a ring without O_DIRECT: the same");
	no_direct = false;
	write_ring_close(&ring);
}

static void test_interrupted(void)
{
	long writes, fails = 0, good = 0;

	/* Small writes make many places. */
	no_direct = true;
	pwrite_most = 1000;
	peek = true;
	peeks = 0;
	peeks_taken = 0;
	image_write(true, NULL);
	peek = false;
	writes = pwrites;
	/* The header page is what is written last, in five parts, and has a checksum. */
	ok(peeks == writes && peeks_taken == PAGE / 1000,
	   "without its header it is told to be interrupted, %u times of %u", peeks - peeks_taken,
	   peeks);
	for (pwrite_fails = 0; pwrite_fails < writes; pwrite_fails++, fails++)
		good += image_write(true, NULL) == -ENOSPC && as_expected();
	pwrite_fails = NEVER;
	pwrite_most = SIZE_MAX;
	no_direct = false;
	ok(fails && good == fails, "the disk is full at each of %ld writes: the old file", fails);
}

/* No power cut leaves a header without what it vouches for, or the name without the file. */
static void test_order(void)
{
	ok(!image_write(true, NULL) && as_expected(), "written");
	is_str(calls, "wdhscrf", "pages, then the header, then the name: each after a sync");
	ok(!fake_write(32, NEVER, -EAGAIN, NEVER) && as_expected(), "written by way of a queue");
	is_str(calls, "wdhscrf", "the same order");
}

/* A call that fails before the file has its name: the error, and what was there before. */
static void test_call_fails(char letter, int err, const char *what)
{
	int got;

	image.bytes[PAGE] ^= 1;
	call_fails = letter;
	call_errno = err;
	got = image_write(true, NULL);
	call_fails = 0;
	image.bytes[PAGE] ^= 1;
	is_i64(got, -err, "%s fails with %s", what, strerror(err));
	ok(strstr(khmap_reason(), what) && strstr(khmap_reason(), strerror(err)), "it is told: %s",
	   khmap_reason());
	ok(as_expected(), "the old file, and no other");
}

static void test_calls_fail(void)
{
	test_call_fails('w', EIO, "write");
	test_call_fails('d', EIO, "fdatasync");
	test_call_fails('h', ENOSPC, "write");
	test_call_fails('s', EIO, "fsync");
	test_call_fails('s', ENOSPC, "fsync");
	test_call_fails('c', EDQUOT, "close");
	test_call_fails('r', EACCES, "rename");
}

/* The file has its name by then, and whether that is on the disk is not known. */
static void test_folder_sync_fails(void)
{
	int err;

	image.bytes[PAGE] ^= 1;
	call_fails = 'f';
	call_errno = EIO;
	err = image_write(true, NULL);
	image.bytes[PAGE] ^= 1;
	is_i64(err, -EIO, "fsync of the folder fails with EIO");
	ok(strstr(khmap_reason(), "fsync of its folder"), "it is told: %s", khmap_reason());
	ok(no_temporary() && !as_expected(), "the new file");
	call_errno = EINVAL;
	err = image_write(true, NULL);
	call_fails = 0;
	ok(!err && as_expected(), "where folders have no fsync, it is done without");
}

/* There is a descriptor for the file, and none for its folder. */
static void test_folder(void)
{
	struct rlimit limit, low;
	int next = dup(STDOUT_FILENO), err;

	if (next < 0 || getrlimit(RLIMIT_NOFILE, &limit))
		exit(1);
	close(next);
	low = limit;
	low.rlim_cur = (rlim_t)next + 1;
	if (setrlimit(RLIMIT_NOFILE, &low))
		exit(1);
	err = image_write(true, NULL);
	if (setrlimit(RLIMIT_NOFILE, &limit))
		exit(1);
	ok(err == -EMFILE && strstr(khmap_reason(), "open its folder") && as_expected(),
	   "its folder cannot be opened: the old file");
}

/* Cut at @size, it is refused, and as what it is. */
static bool cut_refused(const char *name, size_t size)
{
	struct khmap *map;

	if (truncate(name, (off_t)size))
		exit(1);
	if (!khmap_open(name, NULL, &map)) {
		khmap_close(map);
		return false;
	}
	return strstr(khmap_reason(), size < 8 ? "a file of" : "truncated") ? true : false;
}

static void test_cut(void)
{
	static const long beside[] = { 1, 0, -1, -777 };
	long cuts = 0, refused = 0, size;
	size_t page, i;

	for (page = expected_size / PAGE; page; page--) {
		for (i = 0; i < 4; i++) {
			size = (long)(page * PAGE) + beside[i];
			if (size >= (long)expected_size)
				continue;
			cuts++;
			refused += cut_refused(path, (size_t)size);
		}
	}
	for (size = PAGE - 1; size >= 0; size -= 13, cuts++)
		refused += cut_refused(path, (size_t)size);
	is_i64(refused, cuts, "cut at every page and between: truncated, says khmap_open()");
}

/* A power cut: one page after the other did not reach the disk. */
static void test_lost(void)
{
	struct khmap_open_options options = { .size = sizeof(options), .flags = KHMAP_OPEN_VERIFY };
	static const unsigned char zeros[PAGE];
	size_t pages = expected_size / PAGE, page;
	unsigned int lost = 0, told = 0;
	struct khmap *map;
	int fd;

	image_write(true, NULL);
	fd = open(path, O_RDWR);
	for (page = 0; page < pages; page++) {
		if (!memcmp(expected + page * PAGE, zeros, PAGE))
			continue;
		lost++;
		__real_pwrite64(fd, zeros, PAGE, (off_t)(page * PAGE));
		if (!khmap_open(path, &options, &map))
			khmap_close(map);
		else
			told += !!strstr(khmap_reason(), page ? "checksum" : "interrupted");
		__real_pwrite64(fd, expected + page * PAGE, PAGE, (off_t)(page * PAGE));
	}
	close(fd);
	ok(lost && told == lost, "each of %u pages is lost: told", lost);
}

static void test_killed(void)
{
	struct khmap_open_options options = { .size = sizeof(options), .flags = KHMAP_OPEN_VERIFY };
	struct write_ring ring;
	struct khmap *map;
	int good = 0, left = 0, taken = 0, i;

	for (i = 0; i < KILLS; i++) {
		const struct timespec wait = { .tv_nsec = rand() % 12000000 };
		pid_t child = fork();
		int status;

		if (!child) {
			bool has_ring = i % 2 && !write_ring_open(&ring);

			while (!image_write(true, has_ring ? &ring.queue : NULL))
				;
			_exit(1);
		}
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		if (!khmap_open(path, &options, &map)) {
			khmap_close(map);
			good += WIFSIGNALED(status);
		}
		left += temporaries(true, &taken);
	}
	is_i64(good, KILLS, "killed while it is written: a whole file each time");
	is_i64(taken, 0, "of %d files that were left each is told by its name, and if not whole",
	       left);
	ok(left > 0, "some were left");
	ok(as_expected(), "the same");
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 3)
		return 2;
	image_load(argv[1]);
	for (i = 2; i < argc; i++) {
		folder = argv[i];
		snprintf(path, sizeof(path), "%s/image.khm", folder);
		test_ways();
		test_queues();
		test_refused("io_uring_setup", SYS_io_uring_setup, ENOMEM);
		test_refused("io_uring_setup", SYS_io_uring_setup, EPERM);
		test_refused("io_uring_enter", SYS_io_uring_enter, EPERM);
		test_interrupted();
		test_folder();
		test_order();
		test_calls_fail();
		test_folder_sync_fails();
		test_lost();
		test_killed();
		test_cut();
	}
	free(image.bytes);
	free(expected);
	return done();
}
