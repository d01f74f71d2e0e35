// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * serialize.c - a snapshot beside what encodes the same records, and LMDB's copy
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../user/lib/whole_file.h"
#include "encode.h"
#include "scratch.h"
#include "store.h"

/* Rows of a table, in this order: khmap's three, the encoders, LMDB. */
#define SNAPSHOT	0u
#define PACKED		1u
#define PAGES		2u
#define FIRST		3u
#define LMDB		(FIRST + ENCODERS)
#define SUBJECTS	(LMDB + 1)

static const struct {
	enum record_kind kind;
	u32 count;
	const char *what;
} cases[] = {
	{ RECORD_TEXT, 1000, "1,000 of i64 and text" },
	{ RECORD_MIXED, 1000, "1,000 of u64, i32, bool" },
	{ RECORD_TEXT, 100000, "100,000 of i64 and text" },
	{ RECORD_MIXED, 1000000, "1,000,000 of u64, i32, bool" },
};

#define CASES	(sizeof(cases) / sizeof(cases[0]))

/* So many records are encoded at least in one sample of a small case. */
#define SAMPLE_RECORDS	50000u

/**
 * struct subject - who takes part in a case
 * @bytes: that it makes
 * @heap: of the first time, when it has no memory yet
 * @memory: samples, in milliseconds; NULL if it only makes files
 * @file: samples, in milliseconds
 * @memory_ms: of this round
 * @file_ms: of this round
 */
struct subject {
	size_t bytes;
	struct heap_count heap;
	json_t *memory;
	json_t *file;
	double memory_ms;
	double file_ms;
};

/**
 * struct serialize - a case, while it is measured
 * @records: what is written
 * @stores: have them, the second one packed
 * @lmdb: has them
 * @states: of the encoders
 * @path: of the file
 * @subjects: who takes part
 * @repeats: in one sample
 */
struct serialize {
	struct records records;
	struct store stores[2];
	struct lmdb *lmdb;
	void *states[ENCODERS];
	char path[64];
	struct subject subjects[SUBJECTS];
	u32 repeats;
};

static const char *subject_name(u32 subject)
{
	switch (subject) {
	case SNAPSHOT:
		return "khmap: snapshot";
	case PACKED:
		return "khmap: snapshot, packed";
	case PAGES:
		return "khmap: pages alone";
	case LMDB:
		return "LMDB: mdb_env_copy";
	default:
		return encoders[subject - FIRST]->name;
	}
}

static const char *encode_to_memory(struct serialize *run, u32 i, size_t *size)
{
	const char *out;

	*size = encoders[i]->encode(run->states[i], &run->records, NULL, &out);
	return out;
}

/* Made, filled and named by the same calls as khmap's own. */
static void encode_to_file(struct serialize *run, u32 i)
{
	struct khmap_whole_file file = { .path = run->path, .fd = -1 };
	struct encode_sink sink = { 0 };
	const char *out;

	if (khmap_whole_file_create(&file, 0644))
		study_failed("%s", khmap_reason());
	sink.fd = file.fd;
	encoders[i]->encode(run->states[i], &run->records, &sink, &out);
	if (khmap_whole_file_publish(&file))
		study_failed("%s", khmap_reason());
}

static void to_memory(struct serialize *run, u32 subject)
{
	size_t size;

	if (subject == SNAPSHOT || subject == PACKED)
		store_copy(&run->stores[subject]);
	else if (subject == PAGES)
		memcpy(run->stores[0].copy, run->stores[0].pages, run->stores[0].bytes);
	else
		encode_to_memory(run, subject - FIRST, &size);
}

static void to_file(struct serialize *run, u32 subject)
{
	if (subject == SNAPSHOT || subject == PACKED)
		store_write(&run->stores[subject], run->path);
	else if (subject == PAGES)
		store_write_pages(&run->stores[0], run->path);
	else if (subject == LMDB)
		lmdb_copy(run->lmdb, run->path);
	else
		encode_to_file(run, subject - FIRST);
}

static double time_memory(struct serialize *run, u32 subject)
{
	double start = thread_ns();
	u32 i;

	for (i = 0; i < run->repeats; i++)
		to_memory(run, subject);
	return (thread_ns() - start) / run->repeats / 1e6;
}

/* Without the time to remove the file of before. */
static double time_file(struct serialize *run, u32 subject)
{
	double ns = 0, start;
	u32 i;

	for (i = 0; i < run->repeats; i++) {
		unlink(run->path);
		start = thread_ns();
		to_file(run, subject);
		ns += thread_ns() - start;
	}
	return ns / run->repeats / 1e6;
}

static size_t file_bytes(const struct serialize *run)
{
	struct stat st;

	if (stat(run->path, &st))
		study_failed("%s: is not there", run->path);
	return (size_t)st.st_size;
}

/* The file has the very bytes that were in memory. */
static void check_same(struct serialize *run, u32 i, const char *bytes, size_t size)
{
	int fd = open(run->path, O_RDONLY);
	char *read_back = study_alloc(size, 1);

	if (fd < 0 || file_bytes(run) != size || read(fd, read_back, size) != (ssize_t)size ||
	    memcmp(read_back, bytes, size))
		study_wrong("%s writes another file than it encodes", encoders[i]->name);
	close(fd);
	free(read_back);
}

/* The first time: what it makes is right, how much it is, and what that allocates. */
static void encoder_first(struct serialize *run, u32 i)
{
	struct subject *subject = &run->subjects[FIRST + i];
	const char *out;
	void *state;

	heap_count_begin();
	state = encoders[i]->create(0);
	subject->bytes = encoders[i]->encode(state, &run->records, NULL, &out);
	subject->heap = heap_count_end();
	encode_check(encoders[i], out, subject->bytes, &run->records);
	run->states[i] = encoders[i]->create(subject->bytes + 4096);
	unlink(run->path);
	encode_to_file(run, i);
	check_same(run, i, out, subject->bytes);
	encoders[i]->destroy(state);
}

static void store_first(struct serialize *run, u32 which)
{
	struct subject *subject = &run->subjects[which];
	struct store *store = &run->stores[which];

	store_open(store, &run->records, which == PACKED);
	store_copy(store);
	store_check_pages(store, &run->records);
	unlink(run->path);
	subject->heap = store_write(store, run->path);
	store_check_file(run->path, &run->records);
	subject->bytes = file_bytes(run);
}

static void lmdb_copy_first(struct serialize *run)
{
	struct subject *subject = &run->subjects[LMDB];

	run->lmdb = lmdb_open(&run->records);
	unlink(run->path);
	heap_count_begin();
	lmdb_copy(run->lmdb, run->path);
	subject->heap = heap_count_end();
	lmdb_check_file(run->path, &run->records);
	subject->bytes = file_bytes(run);
}

static void serialize_open(struct serialize *run, u32 which)
{
	u32 i;

	run->records = records_create(cases[which].kind, cases[which].count);
	run->repeats = SAMPLE_RECORDS / run->records.count;
	if (!run->repeats)
		run->repeats = 1;
	snprintf(run->path, sizeof(run->path), "%s/serialize", scratch_folder());
	study_progress("%s: filled", cases[which].what);
	store_first(run, SNAPSHOT);
	store_first(run, PACKED);
	run->subjects[PAGES].bytes = run->stores[0].bytes;
	lmdb_copy_first(run);
	for (i = 0; i < ENCODERS; i++) {
		study_progress("%s: %s is checked", cases[which].what, encoders[i]->name);
		encoder_first(run, i);
	}
}

static void serialize_close(struct serialize *run)
{
	u32 i;

	unlink(run->path);
	for (i = 0; i < ENCODERS; i++)
		encoders[i]->destroy(run->states[i]);
	lmdb_close(run->lmdb);
	store_close(&run->stores[0]);
	store_close(&run->stores[1]);
	records_destroy(&run->records);
}

static void serialize_round(struct serialize *run)
{
	u32 i;

	for (i = 0; i < SUBJECTS; i++) {
		struct subject *subject = &run->subjects[i];

		if (subject->memory) {
			subject->memory_ms = time_memory(run, i);
			study_sample(subject->memory, subject->memory_ms);
		}
		subject->file_ms = time_file(run, i);
		study_sample(subject->file, subject->file_ms);
	}
}

static void subject_rows(struct serialize *run, json_t *table)
{
	u32 i;

	for (i = 0; i < SUBJECTS; i++) {
		struct subject *subject = &run->subjects[i];
		json_t *row = study_row(table, subject_name(i));

		if (i == LMDB)
			study_cell_none(row);
		else
			subject->memory = study_cell_samples(row);
		subject->file = study_cell_samples(row);
		/* By the medians: see subject_rates(). */
		study_cell_none(row);
		study_cell_count(row, subject->bytes);
		study_cell_real(row, (double)subject->bytes / run->records.count);
		study_cell_count(row, subject->heap.calls);
		study_cell_real(row, (double)subject->heap.bytes / 1024);
		study_cell_real(row, (double)subject->heap.mapped / 1024);
	}
}

/* Megabytes that come out in a second. */
static void subject_rates(struct serialize *run, json_t *table)
{
	double samples[STUDY_ROUNDS_MAX];
	u32 i;
	size_t k;

	for (i = 0; i < SUBJECTS; i++) {
		struct subject *subject = &run->subjects[i];
		json_t *from = subject->memory ? subject->memory : subject->file, *value;
		json_t *row = json_array_get(json_object_get(table, "rows"), i);

		json_array_foreach(from, k, value)
			samples[k] = json_number_value(value);
		json_array_set_new(row, 3, json_real((double)subject->bytes / 1e3 /
						     study_median(samples, (int)k)));
	}
}

/**
 * struct ratios - how many times as long the others take, in each round
 * @json: the fastest that makes JSON, in memory
 * @binary: the fastest that does not
 * @json_file: to a file
 * @binary_file: likewise
 * @lmdb_file: LMDB's copy
 */
struct ratios {
	json_t *json;
	json_t *binary;
	json_t *json_file;
	json_t *binary_file;
	json_t *lmdb_file;
};

static void ratios_row(struct ratios *ratios, json_t *table, const char *what)
{
	json_t *row = study_row(table, what);

	ratios->json = study_cell_samples(row);
	ratios->binary = study_cell_samples(row);
	ratios->json_file = study_cell_samples(row);
	ratios->binary_file = study_cell_samples(row);
	ratios->lmdb_file = study_cell_samples(row);
}

static void ratios_round(struct ratios *ratios, const struct serialize *run,
			 const struct subject *own)
{
	double memory[2] = { INFINITY, INFINITY }, file[2] = { INFINITY, INFINITY };
	u32 i;

	for (i = 0; i < ENCODERS; i++) {
		const struct subject *subject = &run->subjects[FIRST + i];
		bool json = encoders[i]->json;

		memory[json] = fmin(memory[json], subject->memory_ms);
		file[json] = fmin(file[json], subject->file_ms);
	}
	study_sample(ratios->json, memory[1] / own->memory_ms);
	study_sample(ratios->binary, memory[0] / own->memory_ms);
	study_sample(ratios->json_file, file[1] / own->file_ms);
	study_sample(ratios->binary_file, file[0] / own->file_ms);
	study_sample(ratios->lmdb_file, run->subjects[LMDB].file_ms / own->file_ms);
}

static void serialize_case(struct study *study, u32 which, struct ratios *ratios)
{
	struct serialize run = { 0 };
	json_t *table;
	int round;
	u32 i;

	serialize_open(&run, which);
	table = study_table(study, cases[which].what,
			    "records|ms|file ms|MB/s|bytes|bytes/entry|allocations|heap KiB|mapped KiB");
	study_chart(study, cases[which].what, "ms", "1,2", "logbars");
	subject_rows(&run, table);
	for (round = 0; round < study->options->rounds; round++) {
		study_progress("%s: round %d of %d", cases[which].what, round + 1,
			       study->options->rounds);
		serialize_round(&run);
		for (i = 0; i < FIRST; i++)
			ratios_round(&ratios[i], &run, &run.subjects[i]);
	}
	subject_rates(&run, table);
	serialize_close(&run);
}

void study_serialize(struct study *study)
{
	/* Their rows come first, and the table last. */
	json_t *table = json_pack("{s:s, s:[s,s,s,s,s,s], s:[]}", "title",
				  "How many times as long the others take as khmap, in each round",
				  "columns", "records", "JSON", "binary", "JSON, file",
				  "binary, file", "LMDB, file", "rows");
	u32 i, k;

	study_note(study, "All encode from the same array of structs; khmap and LMDB have the records in a map.");
	study_note(study, "ms: into memory that is used again. file ms: to a file in /dev/shm.");
	study_note(study, "MB/s: of bytes that come out, so a larger text is not a faster one: compare ms.");
	study_note(study, "allocations, heap: of the first time, when nothing is there to be used again; of khmap's and");
	study_note(study, "LMDB's copy to a file. mapped: memory that khmap has from mmap() instead.");
	heap_keep(true);
	for (i = 0; i < CASES && cases[i].count <= study->options->entries_most; i++) {
		struct ratios ratios[FIRST];
		char what[64];

		for (k = 0; k < FIRST; k++) {
			static const char *const of[] = { "", ", packed", ", pages alone" };

			snprintf(what, sizeof(what), "%s%s", cases[i].what, of[k]);
			ratios_row(&ratios[k], table, what);
		}
		serialize_case(study, i, ratios);
	}
	heap_keep(false);
	json_array_append_new(json_object_get(study->root, "tables"), table);
	study_chart(study, "times as long as khmap", "times", "1,2,3,4,5", "logbars");
}
