/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * records.h - what is written, by whatever writes it
 */
#ifndef KHMAP_STUDY_RECORDS_H
#define KHMAP_STUDY_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of a text, all of them used at most. */
#define RECORD_TEXT_SIZE	24

/**
 * enum record_kind - what a record is
 * @RECORD_TEXT: a number and a text
 * @RECORD_MIXED: a number, and a struct of a number and a truth
 */
enum record_kind {
	RECORD_TEXT,
	RECORD_MIXED,
};

/**
 * struct record_text - a number and a text
 * @key: 0 to 2^63 - 1, the largest that every library can write
 * @text: no character of it needs an escape; zeros behind it
 * @length: of the text, so that nobody has to look for its end
 */
struct record_text {
	int64_t key;
	char text[RECORD_TEXT_SIZE];
	uint32_t length;
};

/* The value of a struct record_mixed. */
struct record_pair {
	int32_t number;
	bool truth;
};

/**
 * struct record_mixed - a number, and a struct of a number and a truth
 * @key: as of struct record_text
 * @value: any
 */
struct record_mixed {
	uint64_t key;
	struct record_pair value;
};

/**
 * struct records - records, one behind the other
 * @kind: which they are
 * @count: how many
 * @text: of RECORD_TEXT
 * @mixed: of RECORD_MIXED
 */
struct records {
	enum record_kind kind;
	uint32_t count;
	struct record_text *text;
	struct record_mixed *mixed;
};

/**
 * records_create() - make some
 * @kind: of them
 * @count: how many; every key is another one
 *
 * Return: for records_destroy(); ends the run if there is no memory.
 */
struct records records_create(enum record_kind kind, uint32_t count);

void records_destroy(struct records *records);

/* Bytes of a value where it has a fixed size: as C has it. */
static inline uint32_t records_value_size(const struct records *records)
{
	return records->kind == RECORD_TEXT ? RECORD_TEXT_SIZE :
	       (uint32_t)sizeof(struct record_pair);
}

/* The same without what is only there for alignment. */
static inline uint32_t records_packed_size(const struct records *records)
{
	return records->kind == RECORD_TEXT ? RECORD_TEXT_SIZE :
	       (uint32_t)(offsetof(struct record_pair, truth) + sizeof(bool));
}

/* Keys have eight bytes, and the same ones whether they are signed or not. */
static inline const void *records_key(const struct records *records, uint32_t i)
{
	return records->kind == RECORD_TEXT ? (const void *)&records->text[i].key :
	       (const void *)&records->mixed[i].key;
}

static inline const void *records_value(const struct records *records, uint32_t i)
{
	return records->kind == RECORD_TEXT ? (const void *)records->text[i].text :
	       (const void *)&records->mixed[i].value;
}

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_STUDY_RECORDS_H */
