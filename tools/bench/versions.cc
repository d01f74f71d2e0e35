// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * versions.cc - of the peers
 */
#include <cstdio>
#include <absl/base/config.h>
#include <boost/version.hpp>
#include <lmdb.h>

#include "bench.hh"

json_t *peer_versions()
{
	char boost[32], absl[32] = "unreleased", lmdb[32];
	int major, minor, patch;

	snprintf(boost, sizeof(boost), "%d.%d.%d", BOOST_VERSION / 100000,
		 BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
#ifdef ABSL_LTS_RELEASE_VERSION
	snprintf(absl, sizeof(absl), "%d", ABSL_LTS_RELEASE_VERSION);
#endif
	mdb_version(&major, &minor, &patch);
	snprintf(lmdb, sizeof(lmdb), "%d.%d.%d", major, minor, patch);
	return json_pack("{s:s, s:s, s:s}", "boost", boost, "absl", absl,
			 "lmdb", lmdb);
}
