// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * journal_map.c - a map, and what must be in it: what there is to compare
 */
#include <stdarg.h>
#include <string.h>

#include "journal.h"
#include "../../guest/khmap_test.h"
#include "../../guest/verify.h"

void journal_wrong(struct journal *journal, const char *format, ...)
{
	va_list arguments;

	/* The first thing that is wrong is the one that counts. */
	if (journal->wrong[0])
		return;
	va_start(arguments, format);
	vsnprintf(journal->wrong, sizeof(journal->wrong), format, arguments);
	va_end(arguments);
}

void journal_says(struct journal *journal, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(journal->step, sizeof(journal->step), format, arguments);
	va_end(arguments);
}

bool journal_expect(struct journal *journal, long got, long expected)
{
	if (got == expected) {
		fuzz_shared->journal_done += !expected;
		return true;
	}
	if (got == -ENOMEM && !expected)
		fuzz_shared->journal_refused++;
	else
		journal_wrong(journal, "answers %ld, not %ld", got, expected);
	return false;
}

void journal_key(const struct journal *journal, uint32_t key, uint8_t *bytes)
{
	memset(bytes, 0, journal->key_size);
	memcpy(bytes, &key, sizeof(key));
}

void journal_store(struct journal *journal, uint32_t key, const uint8_t *value)
{
	journal->now.count += !journal->now.there[key];
	journal->now.there[key] = true;
	memcpy(journal->now.value[key], value, journal->value_size);
}

void journal_delete(struct journal *journal, uint32_t key)
{
	journal->now.count -= journal->now.there[key];
	journal->now.there[key] = false;
}

bool journal_put_answer(const struct journal *journal, uint32_t key, uint32_t flags, long *answer)
{
	bool there = journal->now.there[key];

	*answer = 0;
	if (flags == KHMAP_PUT_FLAGS)
		*answer = -EINVAL;
	else if (flags == KHMAP_PUT_INSERT && there)
		*answer = -EEXIST;
	else if (flags == KHMAP_PUT_REPLACE && !there)
		*answer = -ENOENT;
	else if (!there && journal->max_entries && journal->now.count >= journal->max_entries)
		*answer = -ENOSPC;
	return !*answer;
}

bool journal_open(struct journal *journal, uint64_t seed)
{
	static const uint32_t key_sizes[] = { 8, 8, 16, 24, 4 };
	static const uint32_t value_sizes[] = { 8, 8, 16, 40, 64 };
	struct rng rng = rng_of(seed, 0);
	struct khmap_ioc_create args = create_args(NULL, 1);
	int tries, i;

	memset(&journal->now, 0, sizeof(journal->now));
	journal->wrong[0] = '\0';
	for (i = 0; i < JOURNAL_SHOTS; i++)
		journal->shot[i].fd = -1;
	args.key_size = key_sizes[rng_below(&rng, 5)];
	args.value_size = value_sizes[rng_below(&rng, 5)];
	args.layout = (uint32_t)rng_below(&rng, 3);
	args.hash_kind = (uint32_t)rng_below(&rng, 3);
	args.load_percent = rng_percent(&rng, 50) ? 0 : 10 + (uint32_t)rng_below(&rng, 86);
	args.max_entries = rng_percent(&rng, 70) ? 0 : 1 + rng_below(&rng, JOURNAL_KEYS);
	journal->key_size = args.key_size;
	journal->value_size = args.value_size;
	journal->max_entries = (uint32_t)args.max_entries;
	/* The others may have all the memory, or have unloaded the module, for a moment. */
	for (tries = 0; tries < 200; tries++) {
		journal->fd = create_map(&args);
		if (journal->fd >= 0)
			return true;
		if (journal->fd != -ENOMEM && journal->fd != -ENOENT && journal->fd != -ENXIO &&
		    journal->fd != -ENODEV)
			break;
		usleep(20000);
	}
	if (journal->fd != -ENOMEM && journal->fd != -ENOENT)
		journal_wrong(journal, "a map cannot be made: %s", strerror(-journal->fd));
	return false;
}

void journal_close(struct journal *journal)
{
	int i;

	if (journal->fd >= 0)
		close(journal->fd);
	for (i = 0; i < JOURNAL_SHOTS; i++)
		if (journal->shot[i].fd >= 0)
			close(journal->shot[i].fd);
}

void journal_compare(struct journal *journal, int fd, const struct journal_contents *contents)
{
	uint8_t key[JOURNAL_KEY], value[JOURNAL_VALUE];
	struct khmap_ioc_stat stat;
	uint32_t i;
	int err;

	err = map_stat(fd, &stat);
	if (err || stat.entries != contents->count)
		journal_wrong(journal, "STAT answers %d and %llu entries, not %u", err,
			      (unsigned long long)stat.entries, contents->count);
	for (i = 0; i < JOURNAL_KEYS && !journal->wrong[0]; i++) {
		struct khmap_ioc_record args = record_args(key, journal->key_size, value,
							   journal->value_size);

		journal_key(journal, i, key);
		err = call(fd, KHMAP_IOC_GET, &args);
		if (err != (contents->there[i] ? 0 : -ENOENT))
			journal_wrong(journal, "GET of key %u answers %d, it is %s", i, err,
				      contents->there[i] ? "there" : "not there");
		else if (!err && memcmp(value, contents->value[i], journal->value_size))
			journal_wrong(journal, "key %u has another value", i);
	}
}

void journal_verify(struct journal *journal, int fd)
{
	long found = map_verify(fd);

	/* There is no address space, or memory, for it: that is not the map's fault. */
	if (found > 0 || (found < 0 && found != -ENOMEM && found != -EMFILE))
		journal_wrong(journal, "verify finds %ld", found);
}
