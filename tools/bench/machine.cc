// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * machine.cc - on what, and of what, the figures were made
 */
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <sys/utsname.h>
#include <unistd.h>
#include <absl/base/config.h>
#include <boost/version.hpp>
#include <lmdb.h>

#include "bench.hh"

namespace {

std::string first_line(const char *path)
{
	std::ifstream file(path);
	std::string line;

	std::getline(file, line);
	return line;
}

/* What /proc/cpuinfo says of the first processor. */
std::string cpu_field(const std::string &field)
{
	std::ifstream file("/proc/cpuinfo");
	std::string line;

	while (std::getline(file, line)) {
		std::size_t colon = line.find(':');

		if (!line.compare(0, field.size(), field) &&
		    colon != std::string::npos && colon + 2 <= line.size())
			return line.substr(colon + 2);
	}
	return "unknown";
}

json_t *versions()
{
	char boost[32], absl[32] = "unreleased";

	snprintf(boost, sizeof(boost), "%d.%d.%d", BOOST_VERSION / 100000,
		 BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
#ifdef ABSL_LTS_RELEASE_VERSION
	snprintf(absl, sizeof(absl), "%d", ABSL_LTS_RELEASE_VERSION);
#endif
	return json_pack("{s:s, s:s, s:s}", "boost", boost, "absl", absl,
			 "lmdb", mdb_version(nullptr, nullptr, nullptr));
}

} /* namespace */

json_t *load_average()
{
	double load[3] = { -1, -1, -1 };

	if (getloadavg(load, 3) != 3)
		return json_null();
	return json_pack("[f, f, f]", load[0], load[1], load[2]);
}

json_t *describe_machine(const options &o)
{
	struct utsname kernel;
	char date[32];
	time_t now = time(nullptr);

	if (uname(&kernel)) {
		perror("bench: uname");
		exit(1);
	}
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	return json_pack(
		"{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:s}",
		"date", date, "revision", o.revision,
		"cpu", cpu_field("model name").c_str(),
		"virtual", cpu_field("flags").find("hypervisor") != std::string::npos,
		"processors", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
		"l2_bytes", (json_int_t)sysconf(_SC_LEVEL2_CACHE_SIZE),
		"l3_bytes", (json_int_t)sysconf(_SC_LEVEL3_CACHE_SIZE),
		"memory_bytes", (json_int_t)sysconf(_SC_PHYS_PAGES) *
				sysconf(_SC_PAGESIZE),
		"kernel", kernel.release, "machine", kernel.machine,
		"huge_pages",
		first_line("/sys/kernel/mm/transparent_hugepage/enabled").c_str(),
		"compiler", "gcc " __VERSION__, "versions", versions(),
		"flags", BENCH_FLAGS);
}
