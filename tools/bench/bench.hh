/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * bench.hh - what the subjects and the parts of the benchmark have in common
 */
#ifndef KHMAP_BENCH_HH
#define KHMAP_BENCH_HH

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>
#include <jansson.h>

#include "histogram.h"
#include "host.h"

struct options {
	std::vector<std::size_t> sizes = { 100000, 1000000, 10000000 };
	std::vector<std::size_t> doublings = { 100000, 1000000, 10000000 };
	std::size_t puts = 10000000;
	std::size_t lookups = 4000000;
	int rounds = 5;
	const char *output = "bench.json";
	const char *revision = "unknown";
};

/* Keys and what is looked up: the same for every subject of a run. */
struct workload {
	std::vector<std::uint64_t> keys;	/* all that are stored */
	std::vector<std::uint64_t> hits;	/* stored, in random order */
	std::vector<std::uint64_t> misses;	/* not stored */
};

workload make_workload(std::size_t entries, std::size_t lookups);

/*
 * The value that every subject stores under a key: the next key.  They are in
 * random order, so that who follows values sees all keys, each far from the last.
 */
static inline std::uint64_t value_of(const workload &w, std::size_t i)
{
	return w.keys[i + 1 < w.keys.size() ? i + 1 : 0];
}

/* What a subject is measured for. */
enum class role {
	khmap,
	peer,		/* the faster of these is what khmap is compared with */
	other,
};

const char *role_name(role r);

/*
 * A map under test.  Each function returns a checksum, so that no compiler can
 * drop the work and a wrong answer shows.
 */
class subject {
public:
	virtual ~subject() = default;
	virtual const char *name() const = 0;
	virtual role is() const = 0;
	virtual double bytes_per_entry() const = 0;
	/* Of those, of pages that a reader maps; NaN if that is none of its words. */
	virtual double image_bytes_per_entry() const { return NAN; }
	/* Independent look-ups; the sum of what was found. */
	virtual std::uint64_t find(const std::vector<std::uint64_t> &keys) = 0;
	/* The same by a call that takes many keys, if there is one. */
	virtual bool has_find_many() const { return false; }
	virtual std::uint64_t find_many(const std::vector<std::uint64_t> &)
	{
		return 0;
	}

	/* Each key is the value that the look-up before it found. */
	virtual std::uint64_t chase(std::uint64_t key, std::size_t steps) = 0;
};

using subjects = std::vector<std::unique_ptr<subject>>;

std::unique_ptr<subject> make_khmap(const workload &w, unsigned int load);
std::unique_ptr<subject> make_khmap_generic(const workload &w, unsigned int load);
std::unique_ptr<subject> make_boost(const workload &w);
std::unique_ptr<subject> make_absl(const workload &w);
std::unique_ptr<subject> make_lmdb(const workload &w);

/* An empty map that keys are put into, once. */
class put_subject {
public:
	virtual ~put_subject() = default;
	virtual const char *name() const = 0;
	virtual role is() const = 0;
	/* Put each key with itself for a value. */
	virtual void put(const std::vector<std::uint64_t> &keys) = 0;
	/* Does it make sense to ask how long one put takes? */
	virtual bool has_latency() const { return true; }
	/* The same; the time from the end of one put to the end of the next. */
	virtual void put_timed(const std::vector<std::uint64_t> &keys,
			       histogram &h) = 0;
	virtual std::uint64_t size() const = 0;
};

const std::size_t put_first_size = 16;

/* put_subject of a class that has put_one(key) and size_now(). */
template <typename T> class put_loop : public put_subject {
public:
	void put(const std::vector<std::uint64_t> &keys) override
	{
		for (std::uint64_t key : keys)
			static_cast<T *>(this)->put_one(key);
	}

	void put_timed(const std::vector<std::uint64_t> &keys,
		       histogram &h) override
	{
		std::uint64_t before = clock_ticks();

		for (std::uint64_t key : keys) {
			std::uint64_t now;

			static_cast<T *>(this)->put_one(key);
			now = clock_ticks();
			histogram_add(&h, now - before);
			/* Recording is no part of the next put. */
			before = clock_ticks();
		}
	}
};

std::unique_ptr<put_subject> make_khmap_put();
std::unique_ptr<put_subject> make_khmap_put_many();
std::unique_ptr<put_subject> make_boost_put();
std::unique_ptr<put_subject> make_absl_put();

/*
 * Time of this thread on a processor, in nanoseconds: what others on the machine
 * take from it does not count, though what they do to its caches does.
 */
static inline double thread_ns()
{
	timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds for each of @count pieces of @work. */
template <typename F> double time_ns(std::size_t count, F work)
{
	double start = thread_ns();

	work();
	return (thread_ns() - start) / (double)count;
}

json_t *json_reals(const std::vector<double> &v);
/* Say on a terminal how far it is. */
void progress(const char *what, std::size_t entries, int round, int rounds);

/* The parts; each returns what goes into the file. */
json_t *peer_versions();
json_t *measure_get(const options &o);
json_t *measure_doubling(const options &o);
json_t *measure_put(const options &o);

#endif /* KHMAP_BENCH_HH */
