/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * bench.hh - what the subjects of a benchmark have in common
 */
#ifndef KHMAP_BENCH_HH
#define KHMAP_BENCH_HH

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

/* Keys and what is looked up: the same for every subject of a run. */
struct workload {
	std::vector<std::uint64_t> keys;	/* all that are stored */
	std::vector<std::uint64_t> hits;	/* stored, in random order */
	std::vector<std::uint64_t> misses;	/* not stored */
};

/* The value that every subject stores under a key: another key's index. */
static inline std::uint64_t value_of(const workload &w, std::size_t i)
{
	return w.keys[(i * 0x9e3779b1u + 1) % w.keys.size()];
}

/*
 * A map under test.  Each function returns a checksum, so that no compiler can
 * drop the work and a wrong answer shows.
 */
class subject {
public:
	virtual ~subject() = default;
	virtual const char *name() const = 0;
	virtual double bytes_per_entry() const = 0;
	/* Independent look-ups; the sum of what was found. */
	virtual std::uint64_t find(const std::vector<std::uint64_t> &keys) = 0;
	/* Each key is the value that the look-up before it found. */
	virtual std::uint64_t chase(std::uint64_t key, std::size_t steps) = 0;
};

std::unique_ptr<subject> make_khmap(const workload &w);
std::unique_ptr<subject> make_khmap_default(const workload &w);
std::unique_ptr<subject> make_khmap_dense(const workload &w);
std::unique_ptr<subject> make_khmap_generic(const workload &w);
std::unique_ptr<subject> make_boost(const workload &w);
std::unique_ptr<subject> make_lmdb(const workload &w);

#endif /* KHMAP_BENCH_HH */
