// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * foreign_list.c - the entries of a snapshot file of the other byte order, for tests
 *
 *	foreign_list FILE
 *
 * A line for each: key and value in hex, as this host would have stored them.
 */
#include <err.h>

#include <khmap/foreign.h>

static void hex(const unsigned char *bytes, size_t size)
{
	while (size--)
		printf("%02x", *bytes++);
}

int main(int argc, char **argv)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	const struct khmap_geometry *g;
	struct khmap_foreign *foreign;
	int got;

	if (argc != 2)
		errx(2, "usage: foreign_list FILE");
	if (khmap_foreign_open(argv[1], KHMAP_FOREIGN_OPAQUE, &foreign))
		errx(1, "%s", khmap_reason());
	g = &khmap_foreign_header(foreign)->geometry;
	while ((got = khmap_foreign_next(foreign, key, value)) > 0) {
		hex(key, g->key_size);
		hex(value, g->value_size);
		putchar('\n');
	}
	if (got)
		errx(1, "%s", khmap_reason());
	khmap_foreign_close(foreign);
	return 0;
}
