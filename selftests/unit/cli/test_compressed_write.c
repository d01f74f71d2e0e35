// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_compressed_write.c - a compressed file is written, or unpacked, as a whole or
 * not at all
 *
 * Interrupted at each write, by a full disk and by SIGKILL; pwrite() is ours
 * (--wrap), writes little at a time, and looks at what is there so far.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test_compressed.h"
#include "test_write.h"

#define KILLS	60
#define NEVER	(-1L)

static long pwrites, pwrite_fails = NEVER;
static size_t pwrite_most = SIZE_MAX;
static bool peek;
static unsigned int peeks_taken;
/* What is being written, when all of it is there. */
static const char *whole;

/*
 * What is there so far is neither a compressed file nor an image; unless it is all
 * there, as when what is missing is zeros.
 */
static bool told(const char *name)
{
	struct khmap_compressed *packed;
	struct khmap *map;
	int error = khmap_compressed_open(name, &packed);

	if (!error) {
		khmap_compressed_close(packed);
		return file_same(name, whole);
	}
	if (error == -EINVAL && !khmap_open(name, NULL, &map)) {
		khmap_close(map);
		return file_same(name, whole);
	}
	return error == -EINVAL || error == -EUCLEAN || error == -EBADMSG;
}

ssize_t __wrap_pwrite64(int fd, const void *from, size_t size, off_t offset)
{
	char name[32];

	if (peek) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		peeks_taken += !told(name);
	}
	if (pwrites++ == pwrite_fails) {
		errno = ENOSPC;
		return -1;
	}
	return __real_pwrite64(fd, from, size < pwrite_most ? size : pwrite_most, offset);
}

/* Files beside those that are meant to be here; each must be told by its name or be whole. */
static unsigned int temporaries(unsigned int *taken)
{
	DIR *dir = opendir(".");
	unsigned int found = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".tmp-"))
			continue;
		found++;
		*taken += strncmp(entry->d_name, "out.", 4) || !told(entry->d_name);
		unlink(entry->d_name);
	}
	closedir(dir);
	return found;
}

static int write_packed(void)
{
	pwrites = 0;
	return pack("./plain.khm", "./out.khz", KHMAP_CODEC_LZ4, 1);
}

static int write_plain(void)
{
	pwrites = 0;
	return unpack("./good.khz", "./out.khm");
}

/**
 * struct way - What is written.
 * @name: in words
 * @write: does it
 * @out: the file
 * @good: what it must be
 */
struct way {
	const char *name;
	int (*write)(void);
	const char *out;
	const char *good;
};

static const struct way ways[] = {
	{ "compressed", write_packed, "./out.khz", "./good.khz" },
	{ "unpacked", write_plain, "./out.khm", "./plain.khm" },
};

static bool as_before(const struct way *way)
{
	unsigned int taken = 0;

	return !temporaries(&taken) && file_same(way->out, way->good);
}

static void test_interrupted(const struct way *way)
{
	long writes, fails, good = 0;

	ok(!way->write() && as_before(way), "%s: as it should be", way->name);
	pwrite_most = 777;
	peek = true;
	peeks_taken = 0;
	ok(!way->write() && as_before(way), "%s: little at a time: the same", way->name);
	peek = false;
	writes = pwrites;
	ok(peeks_taken == 0, "%s: before each of %ld writes it is told to be none", way->name,
	   writes);
	for (fails = 0; fails < writes; fails++) {
		pwrite_fails = fails;
		good += way->write() == -ENOSPC && as_before(way);
	}
	pwrite_fails = NEVER;
	pwrite_most = SIZE_MAX;
	ok(writes > 20 && good == writes, "%s: the disk is full at each of %ld writes: the old file",
	   way->name, writes);
}

static void test_killed(const struct way *way)
{
	unsigned int left = 0, taken = 0, same = 0, i;

	for (i = 0; i < KILLS; i++) {
		const struct timespec wait = { .tv_nsec = rand() % 12000000 };
		pid_t child = fork();
		int status;

		if (!child) {
			while (!way->write())
				;
			_exit(1);
		}
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		same += WIFSIGNALED(status) && file_same(way->out, way->good);
		left += temporaries(&taken);
	}
	is_u64(same, KILLS, "%s: killed while it is written: a whole file each time", way->name);
	is_u64(taken, 0, "%s: each of %u files that were left is told", way->name, left);
	ok(left > 0, "%s: some were left", way->name);
}

int main(void)
{
	struct khmap_table_params p = params_make(8, 8, 2000);
	struct engine e;
	size_t i;

	folder_enter();
	engine_open(&e, &p);
	put_range(&e, 0, 2000, 1);
	snapshot_file(&e, 1, "./plain.khm");
	engine_close(&e);
	is_i64(pack("./plain.khm", "./good.khz", KHMAP_CODEC_LZ4, 1), 0, "a compressed file");
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		whole = ways[i].good;
		test_interrupted(&ways[i]);
		test_killed(&ways[i]);
	}
	/* plain, good, and both of out */
	ok(folder_leave(4), "no temporary file is left");
	return done();
}
