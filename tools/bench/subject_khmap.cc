// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * subject_khmap.cc - the engine's userspace build, read as a mapping is read
 */
#include <cstdio>
#include <cstdlib>

#include "bench.hh"
#include "image.h"

#include <khmap/typed.h>
#include <linux/khmap.h>

KHMAP_TYPED(u64_map, __u64, __u64, KHMAP_HASH_FOLD)

namespace {

class khmap_subject : public subject {
public:
	khmap_subject(const workload &w, unsigned int load)
	{
		image = bench_image_create(w.keys.size(), load);
		if (!image)
			abort();
		for (std::size_t i = 0; i < w.keys.size(); i++)
			if (bench_image_put(image, w.keys[i], value_of(w, i)))
				abort();
		bench_image_reader(image, &reader);
		bytes = (double)bench_image_bytes(image) / w.keys.size();
	}

	~khmap_subject() override { bench_image_destroy(image); }
	double bytes_per_entry() const override { return bytes; }

protected:
	struct khmap_reader reader;
	struct bench_image *image;
	double bytes;
};

/* Geometry known to the compiler. */
class typed_subject : public khmap_subject {
public:
	typed_subject(const workload &w, unsigned int load, const char *called)
		: khmap_subject(w, load), title(called)
	{
		if (!u64_map_check(&reader))
			abort();
	}

	const char *name() const override { return title; }

	std::uint64_t find(const std::vector<std::uint64_t> &keys) override
	{
		std::uint64_t sum = 0;

		for (std::uint64_t k : keys) {
			__u64 key = k, value;

			if (!u64_map_get(&reader, &key, &value))
				sum += value;
		}
		return sum;
	}

	std::uint64_t chase(std::uint64_t start, std::size_t steps) override
	{
		__u64 key = start, value;

		while (steps--) {
			if (u64_map_get(&reader, &key, &value))
				abort();
			key = value;
		}
		return key;
	}

private:
	const char *title;
};

/* Geometry read from the image at run time. */
class generic_subject : public khmap_subject {
public:
	using khmap_subject::khmap_subject;

	const char *name() const override { return "khmap, 0.60, untyped"; }

	std::uint64_t find(const std::vector<std::uint64_t> &keys) override
	{
		std::uint64_t sum = 0;

		for (std::uint64_t key : keys) {
			std::uint64_t value;

			if (!khmap_reader_get(&reader, &key, &value))
				sum += value;
		}
		return sum;
	}

	std::uint64_t chase(std::uint64_t key, std::size_t steps) override
	{
		while (steps--)
			if (khmap_reader_get(&reader, &key, &key))
				abort();
		return key;
	}
};

} /* namespace */

std::unique_ptr<subject> make_khmap(const workload &w)
{
	return std::make_unique<typed_subject>(w, KHMAP_LOAD_FAST,
					       "khmap, load 0.60");
}

std::unique_ptr<subject> make_khmap_default(const workload &w)
{
	return std::make_unique<typed_subject>(w, KHMAP_LOAD_DEFAULT,
					       "khmap, load 0.75");
}

std::unique_ptr<subject> make_khmap_dense(const workload &w)
{
	return std::make_unique<typed_subject>(w, KHMAP_LOAD_DENSE,
					       "khmap, load 0.85");
}

std::unique_ptr<subject> make_khmap_generic(const workload &w)
{
	return std::make_unique<generic_subject>(w, KHMAP_LOAD_FAST);
}
