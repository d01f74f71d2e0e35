// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * probe_restore.c - what does a restore say of an image? for tests
 *
 *	probe_restore FILE
 *
 * The engine, in its userspace build, makes a map of the file as the module does.
 * Prints the errno (0: there is a map), enum khmap_damage, and if it is the header the
 * field that is refused and what the library says it must be.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../kmod/core/restore.h"
#include "../../../user/engine/memory.h"
#include "header_fields.h"

#define ROOM	(64ull << 20)

struct file {
	int fd;
	u64 bytes;
};

static int file_page(void *from, u64 page, void *to)
{
	const struct file *file = from;

	if (pread(file->fd, to, KHMAP_OS_PAGE_SIZE, (off_t)(page * KHMAP_OS_PAGE_SIZE)) !=
	    KHMAP_OS_PAGE_SIZE)
		errx(1, "page %llu is asked for", (unsigned long long)page);
	return 0;
}

static int file_restore(struct file *file, struct khmap_damage_place *damage)
{
	struct khmap_account *account = khmap_account_create(ROOM, 0, false);
	struct khmap_table_params params;
	struct khmap_table *table;
	struct khmap_restore restore = {
		.fetch = file_page,
		.from = file,
		.bytes = file->bytes,
		.header = malloc(KHMAP_OS_PAGE_SIZE),
	};
	int error;

	if (!account || !restore.header)
		err(1, "no memory");
	error = khmap_restore_open(&restore, &params);
	if (!error) {
		params.max_pages = ROOM / KHMAP_OS_PAGE_SIZE / 4;
		params.name = "restored";
		params.map_id = 1;
		error = khmap_table_restore(&restore, &params, account, &table);
	}
	if (!error)
		khmap_table_destroy(table);
	if (khmap_account_used(account))
		errx(1, "memory is left behind");
	khmap_account_destroy(account);
	free(restore.header);
	*damage = restore.damage;
	return error;
}

int main(int argc, char **argv)
{
	const struct khmap_header_field *field;
	struct khmap_damage_place damage;
	struct file file;
	struct stat st;
	int error;

	if (argc != 2)
		errx(2, "usage: probe_restore FILE");
	file.fd = open(argv[1], O_RDONLY);
	if (file.fd < 0 || fstat(file.fd, &st))
		err(1, "%s", argv[1]);
	file.bytes = (u64)st.st_size;
	error = file_restore(&file, &damage);
	printf("%s %u", error ? strerrorname_np(-error) : "0", damage.what);
	field = damage.what == KHMAP_DAMAGE_HEADER ? khmap_header_field_at(damage.offset) : NULL;
	if (field)
		printf(" %s %s", field->name, field->restore ? field->restore : "anything");
	putchar('\n');
	return 0;
}
