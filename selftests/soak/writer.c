// SPDX-License-Identifier: GPL-2.0-only
/*
 * writer.c - who stores to the map of a soak, and tells the journal of it
 */
#include "../guest/batch_test.h"
#include "soak.h"

struct op_list {
	uint32_t index[SOAK_BATCH];
	uint64_t key[SOAK_BATCH];
	uint64_t sequence[SOAK_BATCH];
	char value[SOAK_BATCH][SOAK_VALUE_MAX];
	struct khmap_op ops[SOAK_BATCH];
	uint32_t count;
};

/* Keys that have to differ, so that each has one operation in flight at most. */
static bool is_taken(const struct op_list *list, uint32_t index)
{
	uint32_t i;

	for (i = 0; i < list->count; i++)
		if (list->index[i] == index)
			return true;
	return false;
}

/*
 * What is to be done next: in times of growth most operations put, then most delete.
 * A key that is not there is put, as a delete would have nothing to tell.
 */
static void plan(struct soak *soak, uint32_t number, uint32_t count, uint32_t puts,
		 uint64_t *random, struct op_list *list)
{
	struct soak_writer *writer = &soak->writer[number];

	for (list->count = 0; list->count < count;) {
		uint32_t i = list->count, index = (uint32_t)soak_below(random, SOAK_KEYS);
		bool there = atomic_load(&writer->acked[index]) & SOAK_PRESENT;
		bool deletes = there && soak_below(random, 100) >= puts;

		if (is_taken(list, index))
			continue;
		list->index[i] = index;
		list->key[i] = soak_key(number, index);
		list->sequence[i] = (atomic_load(&writer->begun[index]) & SOAK_SEQUENCE) + 1;
		soak_value(list->value[i], soak->value_size, list->key[i], list->sequence[i]);
		list->ops[i] = op_of(deletes ? KHMAP_OP_DELETE : KHMAP_OP_PUT, &list->key[i],
				     deletes ? NULL : list->value[i]);
		list->count++;
	}
}

static void journal_begin(struct soak_writer *writer, const struct op_list *list, uint32_t flags)
{
	uint32_t i;

	writer->atomic = flags & KHMAP_BATCH_ATOMIC && list->count > 1;
	writer->deletes = 0;
	for (i = 0; i < list->count; i++) {
		writer->flight[i] = list->index[i];
		writer->sequence[i] = list->sequence[i];
		writer->deletes |= (uint64_t)(list->ops[i].opcode == KHMAP_OP_DELETE) << i;
	}
	/* Whoever is killed behind this has all of them in flight. */
	atomic_store(&writer->flight_count, list->count);
	for (i = 0; i < list->count; i++)
		atomic_store(&writer->begun[list->index[i]], list->sequence[i]);
}

static void journal_end(struct soak *soak, struct soak_writer *writer, const struct op_list *list,
			uint32_t done)
{
	uint32_t i;

	for (i = 0; i < list->count; i++) {
		atomic_ullong *acked = &writer->acked[list->index[i]];
		int status = i < done ? list->ops[i].status : -ECANCELED;
		uint64_t state = list->sequence[i];

		if (status) {
			/* Nothing was done: what is begun next has this number again. */
			atomic_store(&writer->begun[list->index[i]],
				     atomic_load(acked) & SOAK_SEQUENCE);
			if (status == -ENOMEM)
				atomic_fetch_add(&soak->counts.refused, 1);
			else if (status != -ECANCELED)
				soak_wrong(soak, "opcode %u of key %llx: %s", list->ops[i].opcode,
					   (unsigned long long)list->key[i], strerror(-status));
			continue;
		}
		if (list->ops[i].opcode == KHMAP_OP_PUT)
			state |= SOAK_PRESENT;
		atomic_store(acked, state);
		atomic_fetch_add(&soak->counts.operations, 1);
	}
	atomic_store(&writer->flight_count, 0);
}

static uint32_t carry_out(struct soak *soak, int fd, struct op_list *list, uint32_t flags)
{
	struct khmap_ioc_batch batch = batch_of(list->ops, list->count);
	struct khmap_ioc_record args = record_args(list->key, 8, list->value[0], soak->value_size);
	int err;

	if (list->count == 1 && list->ops[0].opcode == KHMAP_OP_PUT) {
		list->ops[0].status = call(fd, KHMAP_IOC_PUT, &args);
		return 1;
	}
	if (list->count == 1) {
		list->ops[0].status = delete(fd, list->key[0]);
		return 1;
	}
	batch.flags = flags;
	err = batch_call(fd, &batch);
	if (!err)
		return batch.done;
	if (err == -ENOMEM)
		atomic_fetch_add(&soak->counts.refused, 1);
	else if (err != -EINTR)
		soak_wrong(soak, "batch: %s", strerror(-err));
	return 0;
}

void soak_write(struct soak *soak, uint32_t number, uint64_t seed)
{
	static struct op_list list;
	int fd = map_open(SOAK_NAME, O_RDWR);
	uint64_t random = seed;
	uint32_t puts = 90, left = 0;

	if (fd < 0) {
		soak_wrong(soak, "writer: open: %s", strerror(-fd));
		return;
	}
	while (!atomic_load(&soak->stop)) {
		uint32_t kind = (uint32_t)soak_below(&random, 8);
		uint32_t flags = kind == 7 ? KHMAP_BATCH_ATOMIC : 0;
		uint32_t count = kind < 4 ? 1 : 2 + (uint32_t)soak_below(&random, SOAK_BATCH - 1);

		if (!left--) {
			left = 2000 + (uint32_t)soak_below(&random, 8000);
			puts = soak_below(&random, 2) ? 90 : 20;
		}
		plan(soak, number, count, puts, &random, &list);
		journal_begin(&soak->writer[number], &list, flags);
		journal_end(soak, &soak->writer[number], &list,
			    carry_out(soak, fd, &list, flags));
	}
	close(fd);
}

/* Does the map have what operation @i of those in flight makes of its key? */
static bool was_done(struct soak *soak, int fd, uint32_t number, uint32_t i)
{
	struct soak_writer *writer = &soak->writer[number];
	uint32_t index = writer->flight[i];
	uint64_t key = soak_key(number, index);
	uint64_t acked = atomic_load(&writer->acked[index]);
	uint64_t begun = (acked & SOAK_SEQUENCE) + 1;
	char value[SOAK_VALUE_MAX], want[SOAK_VALUE_MAX];
	struct khmap_ioc_record args = record_args(&key, 8, value, soak->value_size);
	int err = call(fd, KHMAP_IOC_GET, &args);

	if (writer->deletes >> i & 1 ? err == -ENOENT : !err && !memcmp(value, &begun, 8)) {
		soak_value(want, soak->value_size, key, begun);
		if (!err && memcmp(value, want, soak->value_size))
			soak_wrong(soak, "key %llx: a value by half", (unsigned long long)key);
		return true;
	}
	if (!soak_state_is(soak, number, index, acked, acked & SOAK_SEQUENCE, err, value))
		soak_wrong(soak, "key %llx: in flight, and neither done nor not: %s",
			   (unsigned long long)key, err ? strerror(-err) : "another value");
	return false;
}

void soak_settle(struct soak *soak, int fd, uint32_t number, uint64_t *done, uint64_t *undone)
{
	struct soak_writer *writer = &soak->writer[number];
	uint32_t count = atomic_load(&writer->flight_count), all = 0, i;

	for (i = 0; i < count; i++) {
		atomic_ullong *acked = &writer->acked[writer->flight[i]];
		atomic_ullong *begun = &writer->begun[writer->flight[i]];
		uint64_t before = atomic_load(acked) & SOAK_SEQUENCE;

		if (before == writer->sequence[i]) {
			/* He had come to tell the journal. */
			all++;
		} else if (atomic_load(begun) == before) {
			/* Not begun, or refused. */
			++*undone;
		} else if (was_done(soak, fd, number, i)) {
			atomic_store(acked, writer->sequence[i] |
				     (writer->deletes >> i & 1 ? 0 : SOAK_PRESENT));
			++*done;
			all++;
		} else {
			atomic_store(begun, before);
			++*undone;
		}
	}
	if (writer->atomic && all && all < count)
		soak_wrong(soak, "an atomic batch was carried out by half: %u of %u", all, count);
	atomic_store(&writer->flight_count, 0);
}
