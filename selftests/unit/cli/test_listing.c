// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_listing.c - the tables and the JSON of ls and stat, of answers that a kernel could give
 *
 * Nodes are what stat() says here, and nothing is asked of the host.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "listing.h"
#include "test_listing.h"
#include "../tap.h"

#define NOBODY	4294960001u	/* has no name */

int __wrap_stat64(const char *path, struct stat *st)
{
	if (strcmp(path, "/dev/khmap/here") && strcmp(path, "/dev/khmap/shut")) {
		errno = ENOENT;
		return -1;
	}
	*st = (struct stat){ .st_mode = S_IFCHR | 0640, .st_uid = 0, .st_gid = NOBODY };
	return 0;
}

#define MIB	(1024ull * 1024)

static const struct khmap_map_info map_here = {
	.map_id = 3,
	.created_ns = 5,
	.entries = 1000,
	.bytes = 3 * MIB,
	.key_size = 8,
	.value_size = 16,
	.uid = NOBODY,
	.gid = NOBODY,
	.mode = 0600,
	.snapshots = 2,
	.name = "here",
	.warn_after_ms = 60000,
	.kind = KHMAP_IMAGE_LIVE,
	.overdue = 1,
};

static const struct khmap_map_info map_former = {
	.map_id = 4,
	.entries = 7,
	.bytes = 8192,
	.key_size = 8,
	.value_size = 16,
	.uid = NOBODY,
	.gid = NOBODY,
	.mode = 0660,
	.kind = KHMAP_IMAGE_LIVE,
	.generation = 12,
	.retired = 1,
};

static const struct khmap_map_info shot_gone = {
	.map_id = 5,
	.entries = 900,
	.bytes = MIB,
	.uid = NOBODY,
	.gid = NOBODY,
	.mode = 0440,
	.name = "gone",
	.of_map = 3,
	.held_ms = 61000,
	.copied_pages = 1,
	.reserved_pages = 2,
	.kind = KHMAP_IMAGE_SNAPSHOT,
	.overdue = 1,
};

/* A best-effort one, which has lost pages. */
static const struct khmap_map_info shot_unnamed = {
	.map_id = 6,
	.entries = 950,
	.uid = NOBODY,
	.gid = NOBODY,
	.mode = 0440,
	.of_map = 3,
	.held_ms = 1500,
	.copied_pages = 2,
	.lost_pages = 3,
	.pool_pages = 8,
	.pool_free = 5,
	.kind = KHMAP_IMAGE_SNAPSHOT,
};

/* Of a map that is not in the list. */
static const struct khmap_map_info shot_alone = {
	.map_id = 7,
	.entries = 1,
	.uid = NOBODY,
	.gid = NOBODY,
	.mode = 0440,
	.of_map = 99,
	.kind = KHMAP_IMAGE_SNAPSHOT,
};

/* A node that may not be read. */
static const struct khmap_map_info map_shut = {
	.uid = 1,
	.gid = 1,
	.name = "shut",
};

static struct pin pin[] = {
	{ .pid = 20, .id = 3, .comm = "reader", .descriptors = 2, .mappings = 1 },
	{ .pid = 20, .id = 0, .comm = "reader", .mappings = 1 },
	{ .pid = 20, .id = 5, .comm = "reader", .descriptors = 1 },
	{ .pid = 31, .id = 3, .comm = "other", .mappings = 4 },
	{ .pid = 31, .id = 77, .comm = "other", .descriptors = 1 },
};

static const struct pins pins = { .pin = pin, .count = 5 };

/* What is printed meanwhile, without spaces at the ends of lines. */
static int output;
static FILE *printed;

static void capture(void)
{
	fflush(stdout);
	printed = tmpfile();
	output = dup(STDOUT_FILENO);
	if (!printed || output < 0 || dup2(fileno(printed), STDOUT_FILENO) < 0)
		exit(1);
}

static void is_printed(const char *expected, const char *name)
{
	static char text[4096];
	size_t length = 0;
	int c;

	fflush(stdout);
	dup2(output, STDOUT_FILENO);
	close(output);
	rewind(printed);
	while ((c = getc(printed)) != EOF && length + 1 < sizeof(text)) {
		while (c == '\n' && length && text[length - 1] == ' ')
			length--;
		text[length++] = (char)c;
	}
	text[length] = '\0';
	fclose(printed);
	if (!ok(!strcmp(text, expected), "%s", name))
		fprintf(stderr, "%s\n", text);
}

static void test_tables(void)
{
	struct khmap_map_info all[] = {
		map_here, map_former, shot_gone, shot_unnamed, shot_alone, map_shut,
	};
	struct pins hidden = pins;

	capture();
	listing_print(all, 6, NULL);
	is_printed("NAME          ENTRIES  MEMORY   AGE  COPIED RESERVED     LOST PINS MODE OWNER                 NOTE\n"
		   "here             1000 3.0 MiB     -       -        -        -    - 0640 root:4294960001       1 snapshot overdue\n"
		   "  gone            900 1.0 MiB 1m 1s 4.0 KiB  8.0 KiB        -    - 0440 4294960001:4294960001 overdue, its node is missing\n"
		   "  (unnamed 6)     950     0 B    1s 8.0 KiB 20.0 KiB 12.0 KiB    - 0440 4294960001:4294960001\n"
		   "(unnamed 4)         7 8.0 KiB     -       -        -        -    - 0660 4294960001:4294960001 retired\n"
		   "(unnamed 7)         1     0 B   0ms     0 B      0 B        -    - 0440 4294960001:4294960001\n"
		   "shut                -       -     -       -        -        -    - 0640 root:4294960001\n",
		   "each snapshot is below its map");
	capture();
	listing_print(all, 6, &pins);
	is_printed("NAME          ENTRIES  MEMORY   AGE  COPIED RESERVED     LOST PINS MODE OWNER                 NOTE\n"
		   "here             1000 3.0 MiB     -       -        -        -    2 0640 root:4294960001       1 snapshot overdue\n"
		   "  gone            900 1.0 MiB 1m 1s 4.0 KiB  8.0 KiB        -    1 0440 4294960001:4294960001 overdue, its node is missing\n"
		   "  (unnamed 6)     950     0 B    1s 8.0 KiB 20.0 KiB 12.0 KiB    0 0440 4294960001:4294960001\n"
		   "(unnamed 4)         7 8.0 KiB     -       -        -        -    0 0660 4294960001:4294960001 retired\n"
		   "(unnamed 7)         1     0 B   0ms     0 B      0 B        -    0 0440 4294960001:4294960001\n"
		   "shut                -       -     -       -        -        -    - 0640 root:4294960001\n"
		   "\n"
		   "PID COMMAND HOLDS DESCRIPTORS MAPPINGS\n"
		   " 20 reader  here            2        1\n"
		   " 20 reader  gone            1        0\n"
		   " 31 other   here            0        4\n",
		   "with who holds them");
	hidden.hidden = 1;
	capture();
	listing_print(all + 4, 1, &hidden);
	is_printed("NAME        ENTRIES MEMORY AGE COPIED RESERVED LOST PINS MODE OWNER                 NOTE\n"
		   "(unnamed 7)       1    0 B 0ms    0 B      0 B    -   0+ 0440 4294960001:4294960001\n",
		   "of a map that is not listed, and held by who knows how many");
	capture();
	listing_print(all, 0, &pins);
	is_printed("", "nothing");
}

static void test_note(const struct khmap_map_info *info, bool node, const char *expected)
{
	char text[128];

	listing_note(info, node, text, sizeof(text));
	if (!ok(!strcmp(text, expected), "\"%s\"", expected))
		fprintf(stderr, "got \"%s\"\n", text);
}

static void test_notes(void)
{
	struct khmap_map_info both = map_here;

	both.retired = 1;
	both.overdue = 2;
	test_note(&shot_unnamed, true, "");
	test_note(&shot_unnamed, false, "its node is missing");
	test_note(&shot_gone, true, "overdue");
	test_note(&shot_gone, false, "overdue, its node is missing");
	test_note(&map_here, true, "1 snapshot overdue");
	test_note(&map_former, true, "retired");
	test_note(&both, false, "retired, 2 snapshots overdue, its node is missing");
}

/* A list of one, as one line. */
static void test_json(const struct khmap_map_info *info, const struct pins *who,
		      const char *expected)
{
	struct khmap_map_info copy = *info;
	json_t *json = listing_json(&copy, 1, who);
	char *text = json_dumps(json, JSON_COMPACT);

	if (!ok(text && !strcmp(text, expected), "JSON of %llu",
		(unsigned long long)info->map_id))
		fprintf(stderr, "%s\n", text);
	free(text);
	json_decref(json);
}

static void test_jsons(void)
{
	json_t *json;

	test_json(&map_here, &pins,
		  "[{\"name\":\"here\",\"map_id\":3,\"created_ns\":5,\"entries\":1000,\"bytes\":3145728,\"key_size\":8,\"value_size\":16,\"uid\":0,\"gid\":4294960001,\"mode\":\"0640\",\"snapshots\":2,\"node\":true,\"kind\":\"live\",\"of_map\":null,\"held_ms\":null,\"copied_pages\":null,\"reserved_pages\":null,\"lost_pages\":null,\"pool_pages\":null,\"pool_free\":null,\"warn_after_ms\":60000,\"overdue\":1,\"generation\":0,\"retired\":false,\"pins\":[{\"pid\":20,\"comm\":\"reader\",\"descriptors\":2,\"mappings\":1},{\"pid\":31,\"comm\":\"other\",\"descriptors\":0,\"mappings\":4}]}]");
	test_json(&map_former, NULL,
		  "[{\"name\":\"\",\"map_id\":4,\"created_ns\":0,\"entries\":7,\"bytes\":8192,\"key_size\":8,\"value_size\":16,\"uid\":4294960001,\"gid\":4294960001,\"mode\":\"0660\",\"snapshots\":0,\"node\":false,\"kind\":\"live\",\"of_map\":null,\"held_ms\":null,\"copied_pages\":null,\"reserved_pages\":null,\"lost_pages\":null,\"pool_pages\":null,\"pool_free\":null,\"warn_after_ms\":0,\"overdue\":0,\"generation\":12,\"retired\":true}]");
	test_json(&shot_gone, &pins,
		  "[{\"name\":\"gone\",\"map_id\":5,\"created_ns\":0,\"entries\":900,\"bytes\":1048576,\"key_size\":0,\"value_size\":0,\"uid\":4294960001,\"gid\":4294960001,\"mode\":\"0440\",\"snapshots\":0,\"node\":false,\"kind\":\"snapshot\",\"of_map\":3,\"held_ms\":61000,\"copied_pages\":1,\"reserved_pages\":2,\"lost_pages\":0,\"pool_pages\":0,\"pool_free\":0,\"warn_after_ms\":0,\"overdue\":1,\"generation\":null,\"retired\":null,\"pins\":[{\"pid\":20,\"comm\":\"reader\",\"descriptors\":1,\"mappings\":0}]}]");
	test_json(&shot_unnamed, NULL,
		  "[{\"name\":\"\",\"map_id\":6,\"created_ns\":0,\"entries\":950,\"bytes\":0,\"key_size\":0,\"value_size\":0,\"uid\":4294960001,\"gid\":4294960001,\"mode\":\"0440\",\"snapshots\":0,\"node\":false,\"kind\":\"snapshot\",\"of_map\":3,\"held_ms\":1500,\"copied_pages\":2,\"reserved_pages\":0,\"lost_pages\":3,\"pool_pages\":8,\"pool_free\":5,\"warn_after_ms\":0,\"overdue\":0,\"generation\":null,\"retired\":null}]");
	test_json(&map_shut, &pins,
		  "[{\"name\":\"shut\",\"map_id\":null,\"created_ns\":null,\"entries\":null,\"bytes\":null,\"key_size\":null,\"value_size\":null,\"uid\":0,\"gid\":4294960001,\"mode\":\"0640\",\"snapshots\":null,\"node\":true,\"kind\":null,\"of_map\":null,\"held_ms\":null,\"copied_pages\":null,\"reserved_pages\":null,\"lost_pages\":null,\"pool_pages\":null,\"pool_free\":null,\"warn_after_ms\":null,\"overdue\":null,\"generation\":null,\"retired\":null,\"pins\":null}]");
	json = listing_json(NULL, 0, NULL);
	ok(json_is_array(json) && !json_array_size(json), "a list of none");
	json_decref(json);
}

int main(void)
{
	test_tables();
	test_notes();
	test_jsons();
	return done();
}
