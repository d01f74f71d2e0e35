/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * encode.h - records as JSON, MessagePack and CBOR
 *
 * All are made from the same records, by each library's fastest way that is not
 * a trick: straight from the records without a tree where the library can, into
 * one buffer that is used again.  JSON is an array with an array for each record,
 * so that no name is repeated and no key becomes a string; MessagePack and CBOR
 * have a map from number to text, and an array of arrays.
 */
#ifndef KHMAP_STUDY_ENCODE_H
#define KHMAP_STUDY_ENCODE_H

#include "records.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What goes to a file goes there in pieces that are still near the core. */
#define ENCODE_PIECE	((size_t)256 << 10)

/**
 * struct encode_sink - a file that is being written
 * @fd: its descriptor
 * @size: bytes so far
 */
struct encode_sink {
	int fd;
	size_t size;
};

/**
 * encode_sink_write() - write all of a piece, or end the run
 * @sink: the file
 * @bytes: the piece
 * @size: of it
 */
void encode_sink_write(struct encode_sink *sink, const void *bytes, size_t size);

/**
 * struct encoder - a library that encodes
 * @name: of it
 * @version: of it
 * @json: its output is JSON
 * @create: one with room for so many bytes, or 0 if they are not known
 * @encode: all records; into memory, whose address it gives, or if there is a sink
 *	to that; returns the bytes that are in memory
 * @destroy: it
 */
struct encoder {
	const char *name;
	const char *version;
	bool json;
	void *(*create)(size_t room);
	size_t (*encode)(void *state, const struct records *records, struct encode_sink *sink,
			 const char **out);
	void (*destroy)(void *state);
};

/* A version's numbers as a text. */
#define ENCODE_VERSION(major, minor, micro) \
	ENCODE_TEXT(major) "." ENCODE_TEXT(minor) "." ENCODE_TEXT(micro)
#define ENCODE_TEXT(number)	ENCODE_TEXT_OF(number)
#define ENCODE_TEXT_OF(number)	#number

#define ENCODERS	5

/* All of them. */
extern const struct encoder *const encoders[ENCODERS];

extern const struct encoder encoder_rapidjson;
extern const struct encoder encoder_yajl;
extern const struct encoder encoder_jansson;
extern const struct encoder encoder_msgpack;
extern const struct encoder encoder_cbor;

/**
 * encode_check() - are these the records?  Else it ends the run
 * @encoder: who made the bytes
 * @bytes: what it made
 * @size: of them
 * @records: what it was made of
 */
void encode_check(const struct encoder *encoder, const char *bytes, size_t size,
		  const struct records *records);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_STUDY_ENCODE_H */
