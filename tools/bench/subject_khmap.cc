// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * subject_khmap.cc - the engine's userspace build, read as a mapping is read
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench.hh"
#include "image.h"

#include <khmap/typed.h>
#include <linux/khmap.h>

KHMAP_TYPED(u64_map, __u64, __u64, KHMAP_HASH_FOLD)

namespace {

std::string title_of(unsigned int load, const char *rest)
{
	char text[64];

	snprintf(text, sizeof(text), "khmap, load 0.%02u%s", load, rest);
	return text;
}

class khmap_subject : public subject {
public:
	khmap_subject(const workload &w, unsigned int load, const char *rest)
		: title(title_of(load, rest))
	{
		image = bench_image_create(w.keys.size(), load);
		if (!image)
			abort();
		for (std::size_t i = 0; i < w.keys.size(); i++)
			if (bench_image_put(image, w.keys[i], value_of(w, i)))
				abort();
		bench_image_reader(image, &reader);
		bytes = (double)bench_image_bytes(image) / (double)w.keys.size();
		image_bytes = (double)bench_image_pages_bytes(image) / (double)w.keys.size();
	}

	~khmap_subject() override { bench_image_destroy(image); }
	const char *name() const override { return title.c_str(); }
	role is() const override { return role::khmap; }
	double bytes_per_entry() const override { return bytes; }
	double image_bytes_per_entry() const override { return image_bytes; }

protected:
	struct khmap_reader reader;
	struct bench_image *image;
	std::string title;
	double bytes, image_bytes;
};

/* Geometry known to the compiler. */
class typed_subject : public khmap_subject {
public:
	typed_subject(const workload &w, unsigned int load)
		: khmap_subject(w, load, "")
	{
		if (!u64_map_check(&reader))
			abort();
	}

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

	bool has_find_many() const override { return true; }

	/* As many at once as stay in the first-level cache. */
	std::uint64_t find_many(const std::vector<std::uint64_t> &keys) override
	{
		const std::size_t most = 512;
		__u64 value[most];
		int status[most];
		std::uint64_t sum = 0;

		for (std::size_t at = 0; at < keys.size(); at += most) {
			std::size_t n = std::min(most, keys.size() - at);

			khmap_reader_get_many(&reader, &keys[at], n, value, status);
			for (std::size_t i = 0; i < n; i++)
				sum += status[i] ? 0 : value[i];
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
};

/* Geometry read from the image at run time. */
class generic_subject : public khmap_subject {
public:
	generic_subject(const workload &w, unsigned int load)
		: khmap_subject(w, load, ", untyped")
	{
	}

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

class khmap_put_subject : public put_loop<khmap_put_subject> {
public:
	khmap_put_subject()
		: image(bench_image_create(put_first_size, KHMAP_LOAD_DEFAULT)),
		  title(title_of(KHMAP_LOAD_DEFAULT, ""))
	{
		if (!image)
			abort();
	}

	~khmap_put_subject() override { bench_image_destroy(image); }
	const char *name() const override { return title.c_str(); }
	role is() const override { return role::khmap; }
	std::uint64_t size() const override { return bench_image_entries(image); }

	void put_one(std::uint64_t key)
	{
		if (bench_image_put(image, key, key))
			abort();
	}

protected:
	struct bench_image *image;
	std::string title;
};

/* 64 at once, as the kernel carries a batch out. */
class khmap_put_many_subject : public khmap_put_subject {
public:
	const char *name() const override { return "khmap, in batches"; }
	bool has_latency() const override { return false; }

	void put(const std::vector<std::uint64_t> &keys) override
	{
		const std::size_t most = 64;
		__u64 copy[most];

		for (std::size_t at = 0; at < keys.size(); at += most) {
			std::size_t n = std::min(most, keys.size() - at);

			std::copy_n(&keys[at], n, copy);
			if (bench_image_put_many(image, copy, n))
				abort();
		}
	}
};

} /* namespace */

std::unique_ptr<subject> make_khmap(const workload &w, unsigned int load)
{
	return std::make_unique<typed_subject>(w, load);
}

std::unique_ptr<subject> make_khmap_generic(const workload &w, unsigned int load)
{
	return std::make_unique<generic_subject>(w, load);
}

std::unique_ptr<put_subject> make_khmap_put()
{
	return std::make_unique<khmap_put_subject>();
}

std::unique_ptr<put_subject> make_khmap_put_many()
{
	return std::make_unique<khmap_put_many_subject>();
}
