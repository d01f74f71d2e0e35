// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * writing.c - what commands that write snapshots and deltas share
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "packed.h"
#include "writing.h"

/* Who may only read a map's snapshot may all the same write that to a file. */
static int writing_open_snapshot(const char *name, uint32_t flags, struct khmap **map)
{
	const struct khmap_open_options how = { .size = sizeof(how), .flags = flags };

	if (khmap_open(name, &how, map))
		return -EACCES;
	if (khmap_header(*map)->kind == KHMAP_IMAGE_SNAPSHOT)
		return 0;
	khmap_close(*map);
	return -EACCES;
}

int writing_open(const char *name, uint32_t flags, struct khmap **map)
{
	/* Only a live map has to be opened for writing. */
	struct khmap_open_options how = { .size = sizeof(how), .flags = KHMAP_OPEN_WRITE };
	int err;

	if (!strpbrk(name, "/.") && cli_name(name))
		return CLI_USAGE;
	err = khmap_open(name, &how, map);
	if (err == -EACCES && !writing_open_snapshot(name, flags, map))
		return CLI_OK;
	if (err == -EACCES)
		return cli_error(CLI_FAILED,
				 "%s: a snapshot needs write permission, as the map's memory pays for it",
				 khmap_reason());
	if (err == -EROFS) {
		how.flags = flags;
		err = packed_map(name, &how, map, NULL);
	}
	if (err)
		return err == -EINVAL ? cli_error(CLI_REFUSED, "%s", khmap_reason()) :
		       cli_failed(err);
	return CLI_OK;
}

int writing_progress(void *context, __u64 done, __u64 total)
{
	struct writing *writing = context;

	if (!total)
		return cli_interrupted();
	if (!writing->started)
		progress_start(&writing->progress, PROGRESS_BYTES, total, writing->quiet);
	writing->started = true;
	writing->total = total;
	progress_show(&writing->progress, done);
	return cli_interrupted();
}

double writing_end(struct writing *writing)
{
	return writing->started ? progress_end(&writing->progress) : 0;
}
