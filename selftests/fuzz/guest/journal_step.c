// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * journal_step.c - one step on a map whose contents are known
 */
#include <string.h>

#include "execute.h"
#include "journal.h"
#include "place.h"
#include "slots.h"
#include "../../guest/khmap_test.h"

#define IMAGE_MAX	(4u << 20)

/* What is wrong with a call, and what it must answer therefore. */
static const struct {
	const char *what;
	long answer;
} faults[] = {
	{ "a short struct", -EINVAL },
	{ "an unknown flag", -EOPNOTSUPP },
	{ "another size of keys", -EINVAL },
	{ "no key", -EFAULT },
	{ "a key that ends too early", -EFAULT },
	{ "a long struct that is not zero behind", -E2BIG },
	{ "no struct", -EFAULT },
};

static struct {
	struct khmap_ioc_record record;
	uint64_t behind;
} longer;

static long faulty_record(struct journal *journal, unsigned long command,
			  struct khmap_ioc_record record, unsigned int fault)
{
	switch (fault) {
	case 0:
		record.size = 24;
		break;
	case 1:
		record.flags |= 1u << 20;
		break;
	case 2:
		record.key_size++;
		break;
	case 3:
		record.key = 0;
		break;
	case 4:
		record.key = (uintptr_t)fuzz_place_find(journal->thread,
							fuzz_pointer(PLACE_EDGE, 0, 0), 8);
		break;
	case 5:
		longer.record = record;
		longer.record.size = sizeof(longer);
		longer.behind = 1;
		return call(journal->fd, command, &longer);
	default:
		return call(journal->fd, command, NULL);
	}
	return call(journal->fd, command, &record);
}

static void step_record(struct journal *journal, struct rng *rng)
{
	static const unsigned long commands[] = {
		KHMAP_IOC_PUT, KHMAP_IOC_PUT, KHMAP_IOC_PUT, KHMAP_IOC_DELETE, KHMAP_IOC_GET,
	};
	unsigned long command = commands[rng_below(rng, 5)];
	uint32_t key = (uint32_t)rng_below(rng, JOURNAL_KEYS), i;
	uint8_t bytes[JOURNAL_KEY], value[JOURNAL_VALUE];
	struct khmap_ioc_record args = record_args(bytes, journal->key_size, value,
						   journal->value_size);
	unsigned int fault;
	long expected;

	journal_key(journal, key, bytes);
	for (i = 0; i < journal->value_size; i++)
		value[i] = (uint8_t)rng_next(rng);
	if (rng_percent(rng, 15)) {
		fault = (unsigned int)rng_below(rng, sizeof(faults) / sizeof(faults[0]));
		journal_says(journal, "command %lx of key %u with %s", command, key,
			     faults[fault].what);
		journal_expect(journal, faulty_record(journal, command, args, fault),
			       faults[fault].answer);
		return;
	}
	if (command == KHMAP_IOC_PUT)
		args.flags = (uint32_t)rng_below(rng, 4);
	journal_says(journal, "command %lx of key %u, flags %x", command, key, args.flags);
	expected = journal->now.there[key] ? 0 : -ENOENT;
	if (command == KHMAP_IOC_PUT)
		journal_put_answer(journal, key, args.flags, &expected);
	if (!journal_expect(journal, call(journal->fd, command, &args), expected) || expected)
		return;
	if (command == KHMAP_IOC_PUT) {
		journal_store(journal, key, value);
		return;
	}
	if (memcmp(value, journal->now.value[key], journal->value_size))
		journal_wrong(journal, "key %u has another value", key);
	if (command == KHMAP_IOC_DELETE)
		journal_delete(journal, key);
}

static void step_clear(struct journal *journal)
{
	uint64_t deleted;
	int err;

	journal_says(journal, "clear");
	err = clear(journal->fd, &deleted);
	if (!journal_expect(journal, err, 0))
		return;
	if (deleted != journal->now.count)
		journal_wrong(journal, "%llu are cleared, not %u", (unsigned long long)deleted,
			      journal->now.count);
	memset(&journal->now, 0, sizeof(journal->now));
}

static void step_snapshot(struct journal *journal, struct rng *rng)
{
	struct khmap_ioc_snapshot args = snapshot_args(NULL);
	uint64_t number = rng_below(rng, JOURNAL_SHOTS);
	int fd;

	if (journal->shot[number].fd >= 0) {
		journal_says(journal, "a snapshot is dropped");
		journal_compare(journal, journal->shot[number].fd, &journal->shot[number].then);
		close(journal->shot[number].fd);
		journal->shot[number].fd = -1;
		return;
	}
	journal_says(journal, "a snapshot");
	fd = take_snapshot(journal->fd, &args);
	if (!journal_expect(journal, fd < 0 ? fd : 0, 0))
		return;
	if (args.entries != journal->now.count)
		journal_wrong(journal, "the snapshot has %llu entries, not %u",
			      (unsigned long long)args.entries, journal->now.count);
	journal->shot[number].fd = fd;
	journal->shot[number].then = journal->now;
}

/* The whole image, by read(2); 0 if it is too long, or memory for a page in between is refused. */
static size_t image_of(int fd, char *to)
{
	size_t bytes = 0;
	ssize_t got = 1;

	while (bytes < IMAGE_MAX && got > 0) {
		got = read(fd, to + bytes, IMAGE_MAX - bytes);
		if (got > 0)
			bytes += (size_t)got;
	}
	return got < 0 || bytes == IMAGE_MAX ? 0 : bytes;
}

/* The map goes on as the one that is made of a snapshot. */
static void step_restore(struct journal *journal, struct rng *rng)
{
	static char image[IMAGE_MAX] __attribute__((aligned(4096)));
	struct khmap_ioc_restore args = { .size = sizeof(args), .image = address_of(image) };
	uint64_t number = rng_below(rng, JOURNAL_SHOTS);
	int control, err, fd = journal->shot[number].fd;

	journal_says(journal, "restore");
	if (fd < 0 || lseek(fd, 0, SEEK_SET))
		return;
	args.image_bytes = image_of(fd, image);
	if (!args.image_bytes)
		return;
	control = control_open(O_RDWR);
	if (control < 0)
		return;
	err = call(control, KHMAP_IOC_RESTORE, &args);
	close(control);
	if (!journal_expect(journal, err, 0))
		return;
	close(journal->fd);
	journal->fd = args.fd;
	journal->now = journal->shot[number].then;
}

static void step_growth(struct journal *journal, struct rng *rng)
{
	struct khmap_ioc_compact args;
	struct khmap_ioc_stat stat;
	uint64_t entries = rng_below(rng, 4000);
	bool limited;
	int err;

	if (rng_percent(rng, 50)) {
		journal_says(journal, "compact");
		err = map_compact(journal->fd, &args);
		/* Which has to stage before it moves. */
		journal_expect(journal, err, 0);
		return;
	}
	journal_says(journal, "reserve for %llu", (unsigned long long)entries);
	err = map_reserve(journal->fd, entries);
	/* Others set map_max_bytes, and a map that has a limit of bytes has a ceiling by that. */
	limited = journal->max_entries || (!map_stat(journal->fd, &stat) && stat.max_bytes);
	journal_expect(journal, err, limited && err == -ENOSPC ? -ENOSPC : 0);
}

/* Any call at all that is not meant to store, good or bad. */
static void step_beside(struct journal *journal, struct rng *rng)
{
	struct fuzz_worker *worker = journal->thread->worker;
	const struct fuzz_op *op;
	struct fuzz_call call;
	int fd = dup(journal->fd);

	do
		op = &fuzz_ops[rng_below(rng, fuzz_op_count)];
	while (op->stores || (op->on != FUZZ_MAP && op->on != FUZZ_NAMED &&
			      op->on != FUZZ_SNAPSHOT));
	journal_says(journal, "%s, which changes nothing", op->name);
	fuzz_generate_call(rng, op, &call);
	if (fd >= 0)
		fuzz_slot_put(worker, rng_next(rng), fd);
	fuzz_call_run(journal->thread, &call);
	if (rng_percent(rng, 10))
		fuzz_slots_clear(worker);
}

bool journal_step(struct journal *journal, uint64_t seed)
{
	struct rng rng = rng_of(seed, 3);
	uint64_t what = rng_below(&rng, 100);

	fuzz_shared->journal_steps++;
	if (what < 45)
		step_record(journal, &rng);
	else if (what < 60)
		journal_arrays(journal, &rng);
	else if (what < 72)
		journal_ops(journal, &rng);
	else if (what < 80)
		step_snapshot(journal, &rng);
	else if (what < 84)
		step_growth(journal, &rng);
	else if (what < 88)
		step_restore(journal, &rng);
	else if (what < 89)
		step_clear(journal);
	else if (what < 98)
		step_beside(journal, &rng);
	else
		journal_compare(journal, journal->fd, &journal->now);
	return !journal->wrong[0];
}
