// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * subject_boost.cc - boost::unordered_flat_map, on huge pages
 */
#include <cstdlib>
#include <new>
#include <sys/mman.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include "bench.hh"

namespace {

std::size_t allocated;

template <typename T> struct huge_allocator {
	using value_type = T;

	huge_allocator() = default;
	template <typename U> huge_allocator(const huge_allocator<U> &) {}

	T *allocate(std::size_t n)
	{
		const std::size_t huge = 2u << 20;
		std::size_t size = n * sizeof(T);
		void *p;

		if (posix_memalign(&p, size >= huge ? huge : 64, size))
			throw std::bad_alloc();
		if (size >= huge)
			madvise(p, size, MADV_HUGEPAGE);
		allocated += size;
		return static_cast<T *>(p);
	}

	void deallocate(T *p, std::size_t n)
	{
		allocated -= n * sizeof(T);
		std::free(p);
	}

	template <typename U> bool operator==(const huge_allocator<U> &) const
	{
		return true;
	}

	template <typename U> bool operator!=(const huge_allocator<U> &) const
	{
		return false;
	}
};

class boost_subject : public subject {
public:
	explicit boost_subject(const workload &w)
	{
		std::size_t before = allocated;

		map.reserve(w.keys.size());
		for (std::size_t i = 0; i < w.keys.size(); i++)
			map[w.keys[i]] = value_of(w, i);
		bytes = (double)(allocated - before) / w.keys.size();
	}

	const char *name() const override { return "boost::unordered_flat_map"; }
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
	using pair = std::pair<const std::uint64_t, std::uint64_t>;

	boost::unordered_flat_map<std::uint64_t, std::uint64_t,
				  boost::hash<std::uint64_t>,
				  std::equal_to<std::uint64_t>,
				  huge_allocator<pair>> map;
	double bytes;
};

} /* namespace */

std::unique_ptr<subject> make_boost(const workload &w)
{
	return std::make_unique<boost_subject>(w);
}
