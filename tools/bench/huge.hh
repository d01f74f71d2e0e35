/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * huge.hh - an allocator on huge pages, which counts
 *
 * For the peers, whose own allocator would leave huge pages to chance.
 */
#ifndef KHMAP_BENCH_HUGE_HH
#define KHMAP_BENCH_HUGE_HH

#include <cstddef>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

/* Bytes that are allocated now, of all types. */
inline std::size_t huge_allocated;

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
		huge_allocated += size;
		return static_cast<T *>(p);
	}

	void deallocate(T *p, std::size_t n)
	{
		huge_allocated -= n * sizeof(T);
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

#endif /* KHMAP_BENCH_HUGE_HH */
