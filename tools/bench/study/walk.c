// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * walk.c - walk tables of all hash kinds once, for a simulator of caches
 *
 * cachegrind counts by function, and each kind's walk is one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hash.h"
#include "walk.h"

static void walk_all(u32 set)
{
	struct hash_table table;
	struct keys keys;
	u32 i;

	for (i = 0; i < HASH_KINDS; i++) {
		if (set < KEY_SETS)
			keys_make(&keys, set, WALK_KEYS);
		else
			hostile_make(&keys, &hash_kinds[i], walk_secret, WALK_HOSTILE_KEYS);
		hash_table_build(&table, &hash_kinds[i], walk_secret, &keys);
		hash_table_check(&table, &hash_kinds[i],
				 hash_loops_of(&hash_kinds[i], keys.size)->walk(&table));
		hash_table_free(&table);
		keys_free(&keys);
	}
}

int main(int argc, char **argv)
{
	u32 set = argc == 2 ? (u32)strtoul(argv[1], NULL, 10) : ~0u;

	if (set > KEY_SETS) {
		fprintf(stderr, "Usage: hash-walk SET\n"
			"Looks all keys of a set, 0 to %d, up in a table of each hash kind.\n",
			KEY_SETS);
		return 2;
	}
	walk_all(set);
	return 0;
}
