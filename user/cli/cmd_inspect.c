// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_inspect.c - khmapctl inspect
 *
 * Opens what khmap_open() would refuse, too: then it shows bytes, and what the
 * header would say if it could be trusted.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "header.h"
#include "inspect.h"
#include "map.h"

static const struct option inspect_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char inspect_help[] =
	"Usage: khmapctl inspect NAME [WHAT]\n"
	"Shows a part of an image as bytes and, beside them, the fields that they are.  NAME may\n"
	"be the path of a snapshot file, also of a damaged one.\n"
	"\n"
	"WHAT is one of\n"
	"  header                the header (default), and what is wrong with it\n"
	"  page N                the Nth page that exists: 0 is the header page, then come the\n"
	"                        primary and the overflow pages, and in a file its checksums\n"
	"  inline                the bucket in the header page\n"
	"  bucket PAGE.BUCKET    a primary bucket\n"
	"  overflow PAGE.BUCKET  an overflow bucket\n"
	"  key KEY               how KEY is found, and all buckets of its chain\n"
	"\n"
	"  -j, --json  as a JSON array of rows\n"
	"\n"
	"Examples:\n"
	"  khmapctl inspect routes key 10.0.0.0\n"
	"  khmapctl inspect ./damaged.khmap header\n";

bool inspect_read(const struct inspect *inspect, uint64_t offset, void *to, size_t size)
{
	const unsigned char *base = inspect->bytes;
	struct iovec local = { .iov_base = to, .iov_len = size }, remote;

	if (offset > inspect->size || size > inspect->size - offset) {
		errno = EFAULT;
		return false;
	}
	if (base) {
		memcpy(to, base + offset, size);
		return true;
	}
	/* A live map may lack pages; the system call tells, a load would kill. */
	base = khmap_object(inspect->map.map)->base;
	remote.iov_base = (void *)(uintptr_t)(base + offset);
	remote.iov_len = size;
	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* Map a file that khmap_open() refuses; @why is its reason. */
static int inspect_open_raw(const char *name, struct inspect *inspect, int code)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *base;

	if (fd < 0)
		return code;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		return code;
	}
	base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (base == MAP_FAILED)
		return code;
	inspect->bytes = base;
	inspect->size = (size_t)st.st_size;
	/* Nothing in a compressed file is where an image has it. */
	if (inspect->size >= 8 && !memcmp(base, KHMAP_COMPRESSED_MAGIC, 8))
		return code;
	return CLI_OK;
}

static int inspect_open(const char *name, struct inspect *inspect)
{
	const struct khmap_object *object;
	int code = cli_open(name, KHMAP_OPEN_DAMAGED, &inspect->map);
	uint32_t shift;

	if (code == CLI_REFUSED)
		code = inspect_open_raw(name, inspect, code);
	if (code)
		return code;
	if (inspect->map.map) {
		object = khmap_object(inspect->map.map);
		inspect->size = object->mapped;
		if (object->origin == KHMAP_ORIGIN_FILE)
			inspect->bytes = object->base;
		inspect->header = object->header;
	}
	/* The header as it is, not as it was mended. */
	inspect_read(inspect, 0, &inspect->raw, inspect->size < sizeof(inspect->raw) ?
		     inspect->size : sizeof(inspect->raw));
	shift = inspect->map.map ? inspect->header.geometry.page_shift :
				   inspect->raw.geometry.page_shift;
	if (shift < KHMAP_PAGE_SHIFT_MIN || shift > KHMAP_PAGE_SHIFT_MAX)
		shift = KHMAP_PAGE_SHIFT_MIN;
	inspect->page_size = (size_t)1 << shift;
	return CLI_OK;
}

static void inspect_close(struct inspect *inspect)
{
	if (!inspect->map.map && inspect->bytes)
		munmap((void *)(uintptr_t)inspect->bytes, inspect->size);
	cli_close(&inspect->map);
}

/* "PAGE.BUCKET" */
static bool inspect_place(const char *text, uint32_t *page, uint32_t *bucket)
{
	const char *dot = strchr(text, '.');
	uint64_t number;
	char first[16];

	if (!dot || (size_t)(dot - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(dot - text));
	first[dot - text] = '\0';
	if (!cli_number(first, UINT32_MAX, &number))
		return false;
	*page = (uint32_t)number;
	if (!cli_number(dot + 1, UINT32_MAX, &number))
		return false;
	*bucket = (uint32_t)number;
	return true;
}

static int inspect_what(struct inspect *inspect, const char *what, const char *argument)
{
	enum khmap_part part = KHMAP_PART_OVERFLOW;
	uint32_t page = 0, bucket = 0;
	uint64_t number;

	if (!strcmp(what, "header"))
		return inspect_header(inspect);
	if (!strcmp(what, "page")) {
		if (!argument || !cli_number(argument, UINT64_MAX, &number))
			return cli_usage("page: a number is needed");
		return inspect_page(inspect, number);
	}
	if (!inspect->map.map)
		return cli_error(CLI_REFUSED, "only header and page can be shown of this file");
	if (!strcmp(what, "inline"))
		return inspect_bucket(inspect, KHMAP_PART_INLINE, 0, 0);
	if (!strcmp(what, "key"))
		return argument ? inspect_key(inspect, argument) : cli_usage("key: KEY is needed");
	if (!strcmp(what, "bucket"))
		part = KHMAP_PART_PRIMARY;
	else if (strcmp(what, "overflow"))
		return cli_usage("header, page, inline, bucket, overflow or key, not \"%s\"", what);
	if (!argument || !inspect_place(argument, &page, &bucket))
		return cli_usage("%s: PAGE.BUCKET is needed", what);
	return inspect_bucket(inspect, part, page, bucket);
}

static int inspect_run(int argc, char **argv)
{
	struct inspect inspect = { .bytes = NULL };
	int option, code = CLI_OK, json_code;
	bool json = false;

	while ((option = cli_option(argc, argv, "j", inspect_options, &code)) > 0)
		json = true;
	if (!option)
		return code;
	if (optind == argc || optind + 3 < argc)
		return cli_usage("NAME and at most one WHAT are needed");
	code = inspect_open(argv[optind], &inspect);
	if (code)
		return code;
	inspect.rows = json ? json_array() : NULL;
	code = inspect_what(&inspect, optind + 1 < argc ? argv[optind + 1] : "header",
			    optind + 2 < argc ? argv[optind + 2] : NULL);
	if (json) {
		json_code = cli_json(inspect.rows, 0);
		code = code ? code : json_code;
	}
	inspect_close(&inspect);
	return code;
}

const struct cli_command cli_inspect = {
	.name = "inspect",
	.summary = "show bytes and fields of an image",
	.help = inspect_help,
	.run = inspect_run,
};
