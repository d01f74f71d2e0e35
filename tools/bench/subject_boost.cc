// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * subject_boost.cc - boost::unordered_flat_map, on huge pages
 */
#include <boost/unordered/unordered_flat_map.hpp>

#include "flat.hh"

using map = boost::unordered_flat_map<
	std::uint64_t, std::uint64_t, boost::hash<std::uint64_t>,
	std::equal_to<std::uint64_t>, huge_allocator<flat_pair>>;

std::unique_ptr<subject> make_boost(const workload &w)
{
	return std::make_unique<flat_subject<map>>(w, "boost::unordered_flat_map");
}

std::unique_ptr<put_subject> make_boost_put()
{
	return std::make_unique<flat_put<map>>("boost::unordered_flat_map");
}
