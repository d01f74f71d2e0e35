// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * record_msgpack.c - records from a stream of MessagePack
 *
 * Where a record ends is found first, token by token, without recursion: it is
 * enough to count the values that are still to come, however they are nested.
 * So a signal in its middle loses nothing, a bad record can be skipped, and what
 * announces more than a record can have is refused when it does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include <mpack.h>

#include "error.h"
#include "record_msgpack.h"

/**
 * struct record_msgpack - Where the reader is.
 * @text: the bytes of the record so far
 * @tokens: for mpack_read(): part of a token, bytes of a str, bin or ext to come
 * @values: values that the record lacks; 0 between records
 * @bytes: bytes of a str, bin or ext that are announced and not there yet
 * @start: where in the input the record starts
 * @token: likewise the token that is read
 * @over: no more is read
 * @cover: for record_msgpack_decode()
 */
struct record_msgpack {
	struct record_text text;
	mpack_tokbuf_t tokens;
	uint64_t values;
	uint64_t bytes;
	uint64_t start;
	uint64_t token;
	bool over;
	struct record_cover cover;
};

int record_msgpack_bad(struct record_source *source, uint64_t offset, const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return khmap_fail(EBADMSG, "%s: byte %" PRIu64 ": %s", source->name, offset, reason);
}

static int record_msgpack_open(struct record_source *source)
{
	struct record_msgpack *state = calloc(1, sizeof(*state));

	if (!state)
		return khmap_fail(ENOMEM, "out of memory for a record");
	mpack_tokbuf_init(&state->tokens);
	source->state = state;
	return 0;
}

static void record_msgpack_close(struct record_source *source)
{
	struct record_msgpack *state = source->state;

	if (state)
		free(state->text.data);
	free(state);
}

static void record_msgpack_count(struct record_msgpack *state, const mpack_token_t *token)
{
	switch (token->type) {
	case MPACK_TOKEN_ARRAY:
		state->values += token->length;
		break;
	case MPACK_TOKEN_MAP:
		state->values += 2 * (uint64_t)token->length;
		break;
	case MPACK_TOKEN_STR:
	case MPACK_TOKEN_BIN:
	case MPACK_TOKEN_EXT:
		state->bytes = token->length;
		break;
	case MPACK_TOKEN_CHUNK:
		state->bytes -= token->length;
		break;
	default:
		break;
	}
	if (!state->bytes)
		state->values--;
}

/* Each value has a byte at least. */
static bool record_msgpack_is_long(const struct record_msgpack *state, uint64_t had)
{
	return had + state->bytes + state->values > RECORD_TEXT_MAX;
}

/*
 * Take what @piece has of a record, whose first byte is at @offset; 1 if the
 * record ends in it, 0 if not.
 */
static int record_msgpack_take(struct record_source *source, const char *piece, size_t length,
			       uint64_t offset, size_t *used)
{
	struct record_msgpack *state = source->state;

	while (*used < length) {
		size_t left = length - *used;
		const char *at = piece + *used;
		mpack_token_t token;
		int status;

		if (!state->values) {
			state->start = offset + *used;
			state->values = 1;
		}
		/* Nothing is kept of a token before it is whole. */
		if (!state->tokens.ppos)
			state->token = offset + *used;
		status = mpack_read(&state->tokens, &at, &left, &token);
		if (status == MPACK_ERROR) {
			state->over = true;
			return record_msgpack_bad(source, state->token,
						  "0x%02x begins no value of MessagePack; what follows is not read",
						  (unsigned char)piece[*used]);
		}
		*used = length - left;
		if (status == MPACK_EOF)
			break;
		record_msgpack_count(state, &token);
		if (record_msgpack_is_long(state, offset + *used - state->start)) {
			state->over = true;
			return record_msgpack_bad(source, state->token,
						  "a record of more than %d bytes is announced (is it one array of all records, or no MessagePack?); what follows is not read",
						  RECORD_TEXT_MAX);
		}
		if (!state->values)
			return 1;
	}
	return 0;
}

static int record_msgpack_end(struct record_source *source)
{
	struct record_msgpack *state = source->state;
	unsigned long long start = state->start, lacks;

	state->over = true;
	if (!state->values)
		return 0;
	lacks = state->bytes ? state->values - 1 + state->bytes : state->values;
	return record_msgpack_bad(source, source->used,
				  "the input is cut short: the record from byte %llu lacks at least %llu bytes",
				  start, lacks);
}

/* Find the end of a record: 1 with all of it in the text, 0 at the end, negative errno. */
static int record_msgpack_frame(struct record_source *source)
{
	struct record_msgpack *state = source->state;

	while (!state->over) {
		size_t length, used = 0;
		const char *piece;
		uint64_t offset;
		int ret, err;

		ret = record_input_piece(source, "", &piece, &length);
		if (ret < 0)
			return ret;
		if (!ret)
			return record_msgpack_end(source);
		offset = source->used - length;
		if (!state->values) {
			state->text.length = 0;
			source->line++;
		}
		ret = record_msgpack_take(source, piece, length, offset, &used);
		err = record_text_add(&state->text, piece, used);
		/* Give the rest back. */
		source->begin -= length - used;
		source->used -= length - used;
		if (err)
			return err;
		if (ret)
			return ret;
	}
	return 0;
}

static int record_msgpack_next(struct record_source *source, void *key, void *value)
{
	struct record_msgpack *state = source->state;
	int ret = record_msgpack_frame(source);

	if (ret <= 0)
		return ret;
	return record_msgpack_decode(source, state->text.data, state->text.length, state->start,
				     &state->cover, key, value);
}

const struct record_reader record_msgpack_reader = {
	.open = record_msgpack_open,
	.next = record_msgpack_next,
	.close = record_msgpack_close,
};
