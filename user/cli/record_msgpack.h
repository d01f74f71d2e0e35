/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * record_msgpack.h - records of a map as MessagePack
 *
 * A stream is records, one behind the other, without a header, an end or an
 * array around them: it can be written without knowing how many come, and two
 * streams joined are one.  A record is an array of two, key and value.
 *
 *	u8..u64, i8..i64	integers, as short as they can be
 *	f32, f64		float 32, float 64, bit for bit: NaNs keep theirs
 *	bool			bool
 *	str[N]			str, without the NULs at its end
 *	bytes[N]		bin of N bytes
 *	ipv4, ipv6, mac		bin of 4, 16, 6 bytes
 *	array			array
 *	struct			map from fields' names to values, in the schema's order
 *	anything else that is	ext of type RECORD_MSGPACK_RAW: the bytes of the value
 *	not valid		(for a str without the NULs at its end), for what
 *				JSON has as {"$hex":"..."}, see <khmap/schema.h>
 *
 * What is read may also be otherwise, as other programs write it: integers of
 * any length that are in range; floats of the other width, rounded, and integers
 * for floats that have them exactly; addresses as str; maps in any order.  A
 * record may also be a map whose members are named as those of NDJSON.
 */
#ifndef KHMAP_CLI_RECORD_MSGPACK_H
#define KHMAP_CLI_RECORD_MSGPACK_H

#include <stdio.h>

#include "record_reader.h"

/* The type of ext values, of those that MessagePack leaves to applications. */
#define RECORD_MSGPACK_RAW 107

/**
 * record_msgpack_put() - Write a record.
 * @schema: the map's schema
 * @key: khmap_schema_key_size() bytes
 * @value: khmap_schema_value_size() bytes
 * @out: where to
 */
void record_msgpack_put(const struct khmap_schema *schema, const void *key, const void *value,
			FILE *out);

/**
 * record_msgpack_decode() - Read a record from its bytes.
 * @source: the source
 * @bytes: one whole value of MessagePack, of any kind
 * @length: bytes of it
 * @offset: where it starts in the input
 * @cover: any; what it had is lost
 * @key: receives khmap_schema_key_size() bytes
 * @value: receives khmap_schema_value_size() bytes
 *
 * Return: 1; -EBADMSG.
 */
int record_msgpack_decode(struct record_source *source, const char *bytes, size_t length,
			  uint64_t offset, struct record_cover *cover, void *key, void *value);

/**
 * record_msgpack_bad() - Refuse a record.
 * @source: the source
 * @offset: where in the input it is wrong
 * @fmt: printf format of the reason
 *
 * Return: -EBADMSG.
 */
int record_msgpack_bad(struct record_source *source, uint64_t offset, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* KHMAP_CLI_RECORD_MSGPACK_H */
