// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_cpu.c - processors are known by what their /proc/cpuinfo says
 */
#include <errno.h>
#include "perf/cpu.h"
#include "../tap.h"

static void identity(const char *file, enum prof_vendor vendor, unsigned int family,
		     unsigned int model, bool virtual, const char *words)
{
	char path[64], text[96];
	struct prof_cpu cpu;

	snprintf(path, sizeof(path), "cpuinfo/%s", file);
	is_i64(prof_cpu_read(path, &cpu), 0, "%s is read", file);
	ok(cpu.vendor == vendor, "%s: the vendor", file);
	is_u64(cpu.family, family, "%s: the family", file);
	is_u64(cpu.model, model, "%s: the model", file);
	ok(cpu.virtual == virtual, "%s: virtual or not", file);
	prof_cpu_words(&cpu, text, sizeof(text));
	is_str(text, words, "%s: in words", file);
}

int main(void)
{
	const struct prof_cpu nobody = { 0 };
	struct prof_cpu cpu;
	char text[96];

	identity("haswell", PROF_VENDOR_INTEL, 6, 60, false, "GenuineIntel, family 6, model 60");
	identity("sapphire_rapids", PROF_VENDOR_INTEL, 6, 143, false,
		 "GenuineIntel, family 6, model 143");
	identity("meteor_lake", PROF_VENDOR_INTEL, 6, 170, false,
		 "GenuineIntel, family 6, model 170");
	identity("zen5", PROF_VENDOR_AMD, 26, 2, false, "AuthenticAMD, family 26, model 2");
	identity("tcg", PROF_VENDOR_AMD, 15, 107, true,
		 "AuthenticAMD, family 15, model 107, in a virtual machine");
	/* The first of two different ones. */
	identity("neoverse_n1", PROF_VENDOR_ARM, 0x41, 0xd0c, false,
		 "Arm, implementer 0x41, part 0xd0c");

	is_i64(prof_cpu_read("cpuinfo/unknown", &cpu), -EINVAL, "a processor of another kind");
	is_i64(prof_cpu_read("/dev/null", &cpu), -EINVAL, "an empty file");
	is_i64(prof_cpu_read("cpuinfo/nobody", &cpu), -ENOENT, "no such file");
	is_i64(prof_cpu_read("cpuinfo", &cpu), -EIO, "a folder");
	prof_cpu_words(&nobody, text, sizeof(text));
	is_str(text, "not known", "a processor that is not known");
	return done();
}
