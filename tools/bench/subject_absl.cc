// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * subject_absl.cc - absl::flat_hash_map, on huge pages
 */
#include <absl/container/flat_hash_map.h>

#include "flat.hh"

using map = absl::flat_hash_map<
	std::uint64_t, std::uint64_t, absl::Hash<std::uint64_t>,
	std::equal_to<std::uint64_t>, huge_allocator<flat_pair>>;

std::unique_ptr<subject> make_absl(const workload &w)
{
	return std::make_unique<flat_subject<map>>(w, "absl::flat_hash_map");
}

std::unique_ptr<put_subject> make_absl_put()
{
	return std::make_unique<flat_put<map>>("absl::flat_hash_map");
}
