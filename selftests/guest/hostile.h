/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile.h - what the tests of hostile users share
 *
 * Maps, and the work of everybody else with them, in a process of its own, that must
 * get on meanwhile.
 */
#ifndef _HOSTILE_H
#define _HOSTILE_H

#include <pthread.h>
#include <sched.h>
#include <sys/uio.h>
#include <time.h>
#include "publish_test.h"
#include "stall.h"

#define HOSTILE_MAP	"hostile-map"
#define HOSTILE_OTHER	"hostile-other"
#define HOSTILE_KEYS	2000u
#define HOSTILE_PAGE	STALL_PAGE	/* also of an image */

/* What others may need in this slow machine, and never do if nobody waits. */
#define HOSTILE_LIMIT_MS	STALL_LIMIT_MS

static inline double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Copy a page of a mapping; false if it is not there, which would be a SIGBUS. */
static inline bool page_copy(const void *page, void *to)
{
	struct iovec here = { .iov_base = to, .iov_len = HOSTILE_PAGE };
	struct iovec there = { .iov_base = (void *)(uintptr_t)page, .iov_len = HOSTILE_PAGE };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)HOSTILE_PAGE;
}

/* A named map of HOSTILE_KEYS keys, open for reading and writing, or -errno. */
static inline int hostile_map(const char *name)
{
	struct khmap_ioc_create args = create_args(name, HOSTILE_KEYS);
	uint64_t i;
	int fd;

	map_remove(name);
	fd = create_map(&args);
	for (i = 0; fd >= 0 && i < HOSTILE_KEYS; i++) {
		int err = put(fd, i, i);

		if (err) {
			close(fd);
			return err;
		}
	}
	return fd;
}

/* A batch that no snapshot comes between: 64 additions of 0.  0 or -errno. */
static inline int hostile_batch(int fd)
{
	uint64_t keys[64], zeros[64] = { 0 };
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS | KHMAP_BATCH_ATOMIC,
		.count = 64,
		.opcode = KHMAP_OP_FETCH_ADD,
		.keys = address_of(keys),
		.operands = address_of(zeros),
	};
	uint64_t i;
	int err;

	for (i = 0; i < 64; i++)
		keys[i] = i;
	err = call(fd, KHMAP_IOC_BATCH, &batch);
	return err ?: batch.done == 64 && !batch.failed ? 0 : -EIO;
}

/* A batch of one put of what is there, for which a page of overflow is had.  0 or -errno. */
static inline int hostile_put(int fd, uint64_t key, uint64_t value)
{
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS | KHMAP_BATCH_ATOMIC,
		.count = 1,
		.opcode = KHMAP_OP_PUT,
		.keys = address_of(&key),
		.values = address_of(&value),
	};
	int err = call(fd, KHMAP_IOC_BATCH, &batch);

	return err ?: batch.done == 1 && !batch.failed ? 0 : -EIO;
}

/* Entries for which a map needs one page more than it has; 0 if that cannot be known. */
static inline uint64_t entries_beyond(int fd)
{
	const struct khmap_image_header *header;
	uint64_t slots, entries;

	header = mmap(NULL, HOSTILE_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (header == MAP_FAILED)
		return 0;
	slots = (uint64_t)header->geometry.bucket_slots * header->geometry.buckets_per_page;
	entries = (header->primary_pages + 1) * slots * header->load_percent / 100;
	munmap((void *)(uintptr_t)header, HOSTILE_PAGE);
	return entries;
}

/* Have a map grow by a page at least.  0 or -errno. */
static inline int hostile_grow(int fd)
{
	struct khmap_ioc_reserve args = {
		.size = sizeof(args),
		.entries = entries_beyond(fd),
	};
	struct khmap_ioc_stat stat;
	int err = map_stat(fd, &stat) ?: call(fd, KHMAP_IOC_RESERVE, &args);

	return err ?: args.primary_pages > stat.primary_pages ? 0 : -EIO;
}

/* Open a sampler of a map, have it count a put, and close it.  0 or -errno. */
static inline int hostile_sample(int control, int fd)
{
	struct khmap_ioc_sample args = {
		.size = sizeof(args),
		.map_id = map_id(fd),
		.every = 1,
	};
	uint64_t seen = 0;
	int err = call(control, KHMAP_IOC_SAMPLE, &args);

	if (err)
		return err;
	err = put(fd, 1, 1);
	if (!err && (read(args.fd, &seen, sizeof(seen)) != sizeof(seen) || !seen))
		err = -EIO;
	close(args.fd);
	return err;
}

/*
 * What others do with a map and with all of them: each of these takes locks that
 * everybody shares, and together they take all that locking.rst has, but those of a
 * best-effort snapshot.  Returns 0, or which step failed.
 */
static inline int others_work(const char *name, bool nodes)
{
	struct khmap_map_info infos[16];
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.flags = KHMAP_LIST_SNAPSHOTS,
		.infos = address_of(infos),
		.info_size = sizeof(infos[0]),
		.count = 16,
	};
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_choose choice;
	struct khmap_ioc_stat stat;
	struct khmap_ioc_abi abi;
	int fd = map_open(name, O_RDWR), control = control_open(O_RDWR), shot, fresh;
	uint64_t i, value;

	if (fd < 0 || control < 0)
		return 1;
	/* Every stripe. */
	for (i = 0; i < HOSTILE_KEYS; i++)
		if (put(fd, i, i + 1) || get(fd, i, &value) || value != i + 1)
			return 2;
	if (map_stat(fd, &stat) || query_abi(control, &abi))
		return 3;
	if (call(control, KHMAP_IOC_LIST, &list) || !list.count)
		return 4;
	/* A cut passes every lock of writers, a drop every lock of copies. */
	shot = snapshot(fd, &args);
	if (shot < 0 || put(fd, 1, 1) || get(shot, 1, &value) || value != 2)
		return 5;
	close(shot);
	if (hostile_batch(fd) || hostile_put(fd, 1, 1))
		return 6;
	fresh = fresh_map(1, 1);
	if (fresh < 0 || choose(fd, &choice))
		return 7;
	close(fresh);
	if (nodes) {
		map_remove("hostile-node");
		fresh = create_named("hostile-node", 1);
		if (fresh < 0 || map_destroy(fresh))
			return 8;
		close(fresh);
	}
	/* A page, and the buckets that move there. */
	if (hostile_grow(fd))
		return 9;
	if (hostile_sample(control, fd))
		return 10;
	close(fd);
	close(control);
	return 0;
}

/*
 * The same in a process of its own: 0, which step failed, or -1 if it has not ended
 * in time; it is killed then, and the caller's to wait for.
 */
static inline int others_get_on(const char *name, bool nodes, pid_t *child)
{
	double end = seconds_now() + HOSTILE_LIMIT_MS / 1000.;
	int status;

	*child = fork();
	if (!*child)
		_exit(others_work(name, nodes));
	while (*child > 0 && seconds_now() < end) {
		pid_t ended = waitpid(*child, &status, WNOHANG);

		if (ended == *child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
		usleep(2000);
	}
	if (*child > 0)
		kill(*child, SIGKILL);
	return -1;
}

#endif /* _HOSTILE_H */
