/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault_test.h - each allocation and each user copy of a call fails in turn
 *
 * The kernel's fault injection lets the n-th allocation or copy of a thread fail
 * (/proc/PID/fail-nth): here n = 1, 2, ... until the call needs fewer.  It needs
 * a kernel that was built for it; with any other these programs are skipped.
 */
#ifndef _FAULT_TEST_H
#define _FAULT_TEST_H

#include <khmap/digest.h>
#include "khmap_test.h"
#include "system_file.h"
#include "verify.h"

#define FAULT_MAX	20000u	/* no call needs so many */
#define FAULT_SECONDS	600	/* of a test: kernels that look for faults are slow */
#define FAULT_COPIES	"/sys/kernel/debug/fail_usercopy/times"

/**
 * struct fault_call - a call, and what ought to come of it
 * @name: for the report
 * @call: the call; 0 or more, or -errno.  Nothing else: all it does may fail
 * @right: has the call that succeeded done what it should?  Or NULL
 * @undo: make it possible once more, after each success; or NULL
 * @kept: has the call that failed left everything as it was?  NULL: the contents
 *	of @map are compared
 * @settle: after a call that failed, what is not its to leave in order; or NULL
 * @context: of all these
 * @map: the descriptor of a map whose contents stay as they are if the call
 *	fails; or NULL
 * @err: an errno that it may fail with, beside ENOMEM for an allocation and EFAULT
 *	for a copy; or 0
 * @grows: it may keep memory though it failed
 * @late: EFAULT may mean that all was done, and only the answer got lost
 * @fresh: it gives the kernel memory of its own that has no page yet: a copy fails if
 *	that page's allocation does
 */
struct fault_call {
	const char *name;
	int (*call)(void *context);
	bool (*right)(void *context, int result);
	void (*undo)(void *context);
	bool (*kept)(void *context, int err);
	void (*settle)(void *context);
	void *context;
	const int *map;
	int err;
	bool grows;
	bool late;
	bool fresh;
};

/* What a call that failed must leave as it was. */
struct fault_state {
	uint64_t entries;
	uint8_t digest[KHMAP_DIGEST_SIZE];
	uint64_t bytes;
	uint32_t objects;
	int descriptor;
};

/* Which failures there are: those of memory that may be waited for, too, and quietly. */
static inline int fault_prepare(void)
{
	static const char *const settings[][2] = {
		{ "failslab/verbose", "0" },
		{ "failslab/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_usercopy/verbose", "0" },
		/* Counted down with each copy that fails, which tells them from allocations. */
		{ "fail_usercopy/times", "1000000" },
	};
	char path[128];
	size_t i;
	int err;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		err = write_file(path, settings[i][1]);
		if (err)
			return err;
	}
	return 0;
}

/* Before main(): without injection there is no test to run. */
static void __attribute__((constructor)) fault_needed(void)
{
	if (access("/proc/self/fail-nth", W_OK) || fault_prepare()) {
		puts("1..0 # SKIP the kernel has no fault injection (CONFIG_FAULT_INJECTION_USERCOPY)");
		fflush(stdout);
		_exit(4);
	}
}

static inline int fault_file(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

static inline void fault_arm(int file, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	while (pwrite(file, text, (size_t)length, 0) != length)
		;
}

/* No failure is to come any more.  Returns whether it has come already. */
static inline bool fault_disarm(int file)
{
	char text[16] = "";
	/* The last copy that may fail is that of this number, which then is not 0. */
	bool hit = pread(file, text, sizeof(text), 0) == 2 && text[0] == '0';

	while (pwrite(file, "0", 1, 0) != 1)
		;
	return hit;
}

/* Copies that may still be made to fail; -1 if nobody knows. */
static inline long fault_copies_left(void)
{
	int file = open(FAULT_COPIES, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	ssize_t count = file < 0 ? -1 : read(file, text, sizeof(text) - 1);

	close(file);
	return count > 0 ? atol(text) : -1;
}

/* Maps and snapshots that there are. */
static inline uint32_t fault_objects(void)
{
	struct khmap_map_info infos[64];
	struct khmap_ioc_list args = {
		.size = sizeof(args),
		.flags = KHMAP_LIST_SNAPSHOTS,
		.infos = address_of(infos),
		.count = 64,
		.info_size = sizeof(infos[0]),
	};
	int control = control_open(O_RDONLY);
	int err = call(control, KHMAP_IOC_LIST, &args);

	close(control);
	return err ? UINT32_MAX : args.count;
}

static inline int fault_digest(int fd, struct khmap_digest *digest)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), err;
	struct khmap *map;

	*digest = (struct khmap_digest){ .size = sizeof(*digest) };
	err = khmap_open_fd(copy, NULL, &map);
	if (err) {
		close(copy);
		return err;
	}
	err = khmap_digest(map, digest);
	khmap_close(map);
	return err;
}

static inline int fault_look(const struct fault_call *c, struct fault_state *state)
{
	struct khmap_digest digest = {};
	struct khmap_ioc_abi abi;
	int control, err;

	memset(state, 0, sizeof(*state));
	control = control_open(O_RDONLY);
	err = control < 0 ? control : query_abi(control, &abi);
	close(control);
	if (!err && c->map && !c->kept)
		err = fault_digest(*c->map, &digest);
	state->entries = digest.entries;
	memcpy(state->digest, digest.value, sizeof(state->digest));
	state->bytes = err || c->grows ? 0 : abi.bytes;
	state->objects = fault_objects();
	/* The lowest one that is free. */
	state->descriptor = dup(0);
	close(state->descriptor);
	return err;
}

/* Until no worker grows a map any more, which puts may have left to it. */
static inline void fault_settled(const struct fault_call *c)
{
	struct fault_state before, now = {};
	int tries = 50;

	fault_look(c, &before);
	while (--tries && !usleep(100000) && !fault_look(c, &now) && now.bytes != before.bytes)
		before = now;
}

static inline long fault_wrong(const struct fault_call *c, unsigned int n, const char *what,
			       long number)
{
	printf("# %s, fault %u: %s (%ld)\n", c->name, n, what, number);
	fflush(stdout);
	return 1;
}

/* The call once more, with no failure to come: it succeeds. */
static inline long fault_plain(const struct fault_call *c, unsigned int n)
{
	int result = c->call(c->context);
	long wrong = 0;

	if (result < 0)
		return fault_wrong(c, n, "fails without a fault", result);
	if (c->right && !c->right(c->context, result))
		wrong += fault_wrong(c, n, "does the wrong thing without a fault", result);
	if (c->undo)
		c->undo(c->context);
	return wrong;
}

/* Does an errno say what failed: a copy, or an allocation? */
static inline long fault_errno(const struct fault_call *c, unsigned int n, int err, bool copy)
{
	if (err == (copy ? -EFAULT : -ENOMEM) || (c->err && err == -c->err) ||
	    (c->fresh && err == -EFAULT))
		return 0;
	if (copy)
		return fault_wrong(c, n, "not the errno of a copy", err);
	return fault_wrong(c, n, "not the errno of an allocation", err);
}

/* What there is once all was undone is what there was before the first fault. */
static inline long fault_undone(const struct fault_call *c, unsigned int n,
				const struct fault_state *first, const struct fault_state *now)
{
	long wrong = 0;

	if (now->objects != first->objects)
		wrong += fault_wrong(c, n, "maps or snapshots stay or vanish for good",
				     now->objects);
	if (now->bytes != first->bytes)
		wrong += fault_wrong(c, n, "memory leaked for good",
				     (long)(now->bytes - first->bytes));
	if (now->descriptor != first->descriptor)
		wrong += fault_wrong(c, n, "descriptors leaked for good", now->descriptor);
	return wrong;
}

/* What a call that has failed left behind. */
static inline long fault_after(const struct fault_call *c, unsigned int n, int err,
			       const struct fault_state *before)
{
	struct fault_state after;
	long wrong = 0, found;
	int look = fault_look(c, &after);

	if (look)
		wrong += fault_wrong(c, n, "the map cannot be read", look);
	if (after.objects != before->objects)
		wrong += fault_wrong(c, n, "maps or snapshots stay or vanish", after.objects);
	if (after.bytes != before->bytes)
		wrong += fault_wrong(c, n, "memory leaked",
				     (long)(after.bytes - before->bytes));
	if (after.descriptor != before->descriptor)
		wrong += fault_wrong(c, n, "descriptors leaked", after.descriptor);
	if (c->kept ? !c->kept(c->context, err) :
	    after.entries != before->entries ||
	    memcmp(after.digest, before->digest, sizeof(after.digest)))
		wrong += fault_wrong(c, n, "changed something, and failed", err);
	found = c->map ? map_verify(*c->map) : 0;
	if (found)
		wrong += fault_wrong(c, n, "verify finds faults", found);
	return wrong;
}

/* Returns what was wrong, or -1 if no fault was injected at all. */
static inline long fault_sweep(const struct fault_call *c)
{
	unsigned int n, refused = 0, done = 0, late = 0;
	struct fault_state first = {}, before;
	int file = fault_file(), result;
	long wrong, copies;
	bool hit, copy;

	/* What is needed at the first time only, code to be read, is there from now on. */
	wrong = fault_plain(c, 0);
	fault_settled(c);
	for (n = 1; n <= FAULT_MAX && wrong < 20; n++) {
		if (fault_look(c, &before))
			wrong += fault_wrong(c, n, "the map cannot be read", 0);
		if (n == 1)
			first = before;
		wrong += fault_undone(c, n - 1, &first, &before);
		copies = fault_copies_left();
		fault_arm(file, n);
		result = c->call(c->context);
		hit = fault_disarm(file);
		copy = fault_copies_left() != copies;
		if (copies <= 0)
			wrong += fault_wrong(c, n, "copies that fail are not counted", copies);
		if (hit && result < 0)
			wrong += fault_errno(c, n, result, copy);
		if (result >= 0 || (c->late && result == -EFAULT && c->right(c->context, 0))) {
			if (hit)
				result >= 0 ? done++ : late++;
			if (result >= 0 && c->right && !c->right(c->context, result))
				wrong += fault_wrong(c, n, "success, but not right", result);
			if (c->undo)
				c->undo(c->context);
			if (!hit)
				break;
			continue;
		}
		if (!hit) {
			wrong += fault_wrong(c, n, "fails without a fault", result);
			break;
		}
		refused++;
		wrong += fault_after(c, n, result, &before);
		if (c->settle)
			c->settle(c->context);
		wrong += fault_plain(c, n);
	}
	if (n > FAULT_MAX)
		wrong += fault_wrong(c, n, "has no end", 0);
	close(file);
	printf("# faults: %u in %s: %u refused, %u done all the same, %u done and EFAULT\n",
	       refused + done + late, c->name, refused, done, late);
	fflush(stdout);
	return refused + done + late ? wrong : -1;
}

#endif /* _FAULT_TEST_H */
