// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * records.c - what is written, by whatever writes it
 */
#include <stdlib.h>

#include "records.h"
#include "study.h"

static int64_t record_key(struct random *random)
{
	return (int64_t)(random_next(random) >> 1);
}

static void record_text_fill(struct record_text *record, struct random *random)
{
	u32 k;

	record->length = 8 + random_below(random, RECORD_TEXT_SIZE - 8);
	for (k = 0; k < record->length; k++)
		record->text[k] = (char)('a' + random_below(random, 26));
}

struct records records_create(enum record_kind kind, uint32_t count)
{
	struct records records = { .kind = kind, .count = count };
	struct random random = { count };
	u32 i;

	if (kind == RECORD_TEXT)
		records.text = study_alloc(count, sizeof(*records.text));
	else
		records.mixed = study_alloc(count, sizeof(*records.mixed));
	for (i = 0; i < count; i++) {
		if (kind == RECORD_TEXT) {
			records.text[i].key = record_key(&random);
			record_text_fill(&records.text[i], &random);
			continue;
		}
		records.mixed[i].key = (u64)record_key(&random);
		records.mixed[i].value.number = (int32_t)random_next(&random);
		records.mixed[i].value.truth = random_next(&random) & 1;
	}
	return records;
}

void records_destroy(struct records *records)
{
	free(records->text);
	free(records->mixed);
}
