/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * flat.hh - a subject of any map with the interface of std::unordered_map
 */
#ifndef KHMAP_BENCH_FLAT_HH
#define KHMAP_BENCH_FLAT_HH

#include <cstdlib>
#include <utility>

#include "bench.hh"
#include "huge.hh"

using flat_pair = std::pair<const std::uint64_t, std::uint64_t>;

template <typename Map> class flat_subject : public subject {
public:
	flat_subject(const workload &w, const char *called) : title(called)
	{
		std::size_t before = huge_allocated;

		map.reserve(w.keys.size());
		for (std::size_t i = 0; i < w.keys.size(); i++)
			map[w.keys[i]] = value_of(w, i);
		bytes = (double)(huge_allocated - before) /
			(double)w.keys.size();
	}

	const char *name() const override { return title; }
	role is() const override { return role::peer; }
	double bytes_per_entry() const override { return bytes; }

	std::uint64_t find(const std::vector<std::uint64_t> &keys) override
	{
		std::uint64_t sum = 0;

		for (std::uint64_t key : keys) {
			auto it = map.find(key);

			if (it != map.end())
				sum += it->second;
		}
		return sum;
	}

	std::uint64_t chase(std::uint64_t key, std::size_t steps) override
	{
		while (steps--) {
			auto it = map.find(key);

			if (it == map.end())
				abort();
			key = it->second;
		}
		return key;
	}

private:
	Map map;
	const char *title;
	double bytes;
};

template <typename Map> class flat_put : public put_loop<flat_put<Map>> {
public:
	explicit flat_put(const char *called) : map(put_first_size), title(called)
	{
	}

	const char *name() const override { return title; }
	role is() const override { return role::peer; }
	std::uint64_t size() const override { return map.size(); }

	void put_one(std::uint64_t key) { map[key] = key; }

private:
	Map map;
	const char *title;
};

#endif /* KHMAP_BENCH_FLAT_HH */
