// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_ndjson.c - records from JSON, an object a line
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "record_object.h"

/**
 * struct record_ndjson - The line being read.
 * @object: the line
 * @lines: lines so far, this one included
 * @too_long: the line is being skipped
 */
struct record_ndjson {
	struct record_object object;
	uint64_t lines;
	bool too_long;
};

static int record_ndjson_open(struct record_source *source)
{
	source->state = calloc(1, sizeof(struct record_ndjson));
	return source->state ? 0 : khmap_fail(ENOMEM, "out of memory for a line");
}

static void record_ndjson_close(struct record_source *source)
{
	struct record_ndjson *ndjson = source->state;

	if (ndjson)
		free(ndjson->object.text.data);
	free(ndjson);
}

/* 1 with a whole line without its end, 0 at the end, negative errno. */
static int record_ndjson_line(struct record_source *source)
{
	struct record_ndjson *ndjson = source->state;
	struct record_text *text = &ndjson->object.text;

	for (;;) {
		const char *piece;
		size_t length;
		int ret = record_input_piece(source, "\n", &piece, &length);
		bool ended;

		if (ret < 0)
			return ret;
		ended = !ret || piece[length - 1] == '\n';
		if (ret && !ndjson->too_long) {
			ret = record_text_add(text, piece, length);
			if (ret == -EBADMSG)
				ndjson->too_long = true;
			else if (ret)
				return ret;
			ret = 1;
		}
		if (!ended)
			continue;
		if (!ret && !text->length)
			return 0;
		ndjson->lines++;
		source->line = ndjson->lines;
		if (ndjson->too_long) {
			ndjson->too_long = false;
			return record_bad(source, ndjson->lines, 1, "a line of more than %d bytes",
					  RECORD_TEXT_MAX);
		}
		while (text->length && strchr("\r\n", text->data[text->length - 1]) &&
		       text->data[text->length - 1])
			text->length--;
		return 1;
	}
}

static int record_ndjson_next(struct record_source *source, void *key, void *value)
{
	struct record_ndjson *ndjson = source->state;
	struct record_text *text = &ndjson->object.text;
	int ret;

	do {
		ret = record_ndjson_line(source);
		if (ret == 1)
			ret = record_text_add(text, "", 1);
		else if (!ret)
			return 0;
		if (ret)
			goto out;
		text->length--;
		if (text->length == strspn(text->data, " \t\r\n"))
			text->length = 0;
	} while (!text->length);

	ndjson->object.line = ndjson->lines;
	ndjson->object.column = 1;
	ret = record_object_read(source, &ndjson->object, key, value);
out:
	if (ret != -EINTR)
		text->length = 0;
	return ret;
}

const struct record_reader record_ndjson_reader = {
	.open = record_ndjson_open,
	.next = record_ndjson_next,
	.close = record_ndjson_close,
};
