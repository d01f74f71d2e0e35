// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_mappings.c - what processes have mapped, and whose mappings they began with
 */
#include "../tap.h"
#include "source/mappings.h"

static void mapped(struct prof_mappings *mappings, pid_t pid, uint64_t start,
		   const char *path)
{
	prof_mappings_add(mappings, &(struct prof_mapping){
		.pid = pid, .start = start, .end = start + 0x1000,
		.path = (char *)(uintptr_t)path,
	});
}

static const char *found(const struct prof_mappings *mappings, pid_t pid, uint64_t address)
{
	const struct prof_mapping *mapping = prof_mappings_find(mappings, pid, address);

	return mapping ? mapping->path : "-";
}

int main(void)
{
	struct prof_mappings mappings = { 0 };
	pid_t pid;

	mapped(&mappings, 7, 0x1000, "old");
	mapped(&mappings, 7, 0x1000, "new");
	is_str(found(&mappings, 7, 0x1000), "new", "the newest");
	is_str(found(&mappings, 7, 0x1fff), "new", "its last byte");
	is_str(found(&mappings, 7, 0x2000), "-", "behind it");
	is_str(found(&mappings, 8, 0x1000), "-", "another process");

	is_i64(prof_mappings_parent(&mappings, 8), 0, "nobody's");
	prof_mappings_inherit(&mappings, 8, 7);
	is_i64(prof_mappings_parent(&mappings, 8), 7, "one that was forked");
	prof_mappings_inherit(&mappings, 9, 8);
	prof_mappings_inherit(&mappings, 9, 0);
	is_i64(prof_mappings_parent(&mappings, 9), 0, "and runs another program");
	prof_mappings_inherit(&mappings, 10, 0);
	prof_mappings_inherit(&mappings, 10, 8);
	is_i64(prof_mappings_parent(&mappings, 10), 0, "and was told of in another order");

	for (pid = 100; pid < 400; pid++) {
		mapped(&mappings, pid, 0x1000, "many");
		prof_mappings_inherit(&mappings, pid, pid - 1);
	}
	is_str(found(&mappings, 399, 0x1800), "many", "the last of many");
	is_i64(prof_mappings_parent(&mappings, 399), 398, "its parent");
	is_i64(prof_mappings_parent(&mappings, 8), 7, "the first is still known");
	prof_mappings_free(&mappings);
	is_u64(mappings.count + mappings.heir_count, 0, "nothing is left");
	return done();
}
