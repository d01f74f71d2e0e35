// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * encode_rapidjson.cc - records by rapidjson, which writes as it goes
 */
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "encode.h"

namespace {

using writer = rapidjson::Writer<rapidjson::StringBuffer>;

void *rapidjson_create(size_t room)
{
	auto *buffer = new rapidjson::StringBuffer();

	if (room)
		buffer->Reserve(room);
	return buffer;
}

void rapidjson_destroy(void *state)
{
	delete static_cast<rapidjson::StringBuffer *>(state);
}

/* The calls for a kind are in a loop of their own, as whoever has one kind writes it. */
template <typename Record, typename Write>
void rapidjson_records(writer &json, rapidjson::StringBuffer &buffer, const Record *record,
		       uint32_t count, struct encode_sink *sink, Write write)
{
	json.StartArray();
	for (uint32_t i = 0; i < count; i++) {
		json.StartArray();
		write(record[i]);
		json.EndArray();
		if (sink && buffer.GetSize() >= ENCODE_PIECE) {
			encode_sink_write(sink, buffer.GetString(), buffer.GetSize());
			buffer.Clear();
		}
	}
	json.EndArray();
}

size_t rapidjson_encode(void *state, const struct records *records, struct encode_sink *sink,
			const char **out)
{
	auto &buffer = *static_cast<rapidjson::StringBuffer *>(state);

	buffer.Clear();
	writer json(buffer);

	if (records->kind == RECORD_TEXT)
		rapidjson_records(json, buffer, records->text, records->count, sink,
				  [&](const struct record_text &record) {
					  json.Int64(record.key);
					  json.String(record.text, record.length);
				  });
	else
		rapidjson_records(json, buffer, records->mixed, records->count, sink,
				  [&](const struct record_mixed &record) {
					  json.Uint64(record.key);
					  json.Int(record.value.number);
					  json.Bool(record.value.truth);
				  });
	*out = buffer.GetString();
	if (!sink)
		return buffer.GetSize();
	encode_sink_write(sink, buffer.GetString(), buffer.GetSize());
	return 0;
}

} /* namespace */

extern "C" const struct encoder encoder_rapidjson = {
	"rapidjson", RAPIDJSON_VERSION_STRING, true, rapidjson_create, rapidjson_encode, rapidjson_destroy,
};
