// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * load.cc - a map that is loaded from a file of MessagePack
 */
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/version.hpp>
#include <fcntl.h>
#include <msgpack.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../huge.hh"
#include "load.h"

namespace {

using pair_map = boost::unordered_flat_map<
	std::uint64_t, struct record_pair, boost::hash<std::uint64_t>,
	std::equal_to<std::uint64_t>,
	huge_allocator<std::pair<const std::uint64_t, struct record_pair>>>;

/* All records of a file; false if there are more or fewer, or others. */
bool load_records(pair_map &map, const char *bytes, std::size_t size, std::uint32_t count)
{
	msgpack_unpacked key, number, truth;
	std::size_t at = 0;
	bool right = true;

	msgpack_unpacked_init(&key);
	msgpack_unpacked_init(&number);
	msgpack_unpacked_init(&truth);
	for (std::uint32_t i = 0; right && i < count; i++) {
		right = msgpack_unpack_next(&key, bytes, size, &at) == MSGPACK_UNPACK_SUCCESS &&
			msgpack_unpack_next(&number, bytes, size, &at) == MSGPACK_UNPACK_SUCCESS &&
			msgpack_unpack_next(&truth, bytes, size, &at) == MSGPACK_UNPACK_SUCCESS &&
			truth.data.type == MSGPACK_OBJECT_BOOLEAN;
		map.emplace(key.data.via.u64,
			    record_pair{ (std::int32_t)number.data.via.i64,
					 truth.data.via.boolean });
	}
	msgpack_unpacked_destroy(&key);
	msgpack_unpacked_destroy(&number);
	msgpack_unpacked_destroy(&truth);
	return right && at == size && map.size() == count;
}

} /* namespace */

extern "C" const char *const load_version = BOOST_LIB_VERSION;

void load_save(const struct records *records, struct encode_sink *sink)
{
	msgpack_sbuffer buffer;
	msgpack_packer packer;

	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
	for (std::uint32_t i = 0; i < records->count; i++) {
		msgpack_pack_uint64(&packer, records->mixed[i].key);
		msgpack_pack_int32(&packer, records->mixed[i].value.number);
		if (records->mixed[i].value.truth)
			msgpack_pack_true(&packer);
		else
			msgpack_pack_false(&packer);
		if (buffer.size >= ENCODE_PIECE) {
			encode_sink_write(sink, buffer.data, buffer.size);
			msgpack_sbuffer_clear(&buffer);
		}
	}
	encode_sink_write(sink, buffer.data, buffer.size);
	msgpack_sbuffer_destroy(&buffer);
}

void *load_map(const char *path, uint32_t count)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	pair_map *map = nullptr;
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st))
		return nullptr;
	bytes = mmap(nullptr, (std::size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (bytes != MAP_FAILED) {
		map = new pair_map();
		map->reserve(count);
		if (!load_records(*map, static_cast<const char *>(bytes), (std::size_t)st.st_size,
				  count)) {
			delete map;
			map = nullptr;
		}
		munmap(bytes, (std::size_t)st.st_size);
	}
	close(fd);
	return map;
}

bool load_get(const void *map, uint64_t key, struct record_pair *value)
{
	const auto &pairs = *static_cast<const pair_map *>(map);
	auto it = pairs.find(key);

	if (it == pairs.end())
		return false;
	*value = it->second;
	return true;
}

void load_drop(void *map)
{
	delete static_cast<pair_map *>(map);
}
