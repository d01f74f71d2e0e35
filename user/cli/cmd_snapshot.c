// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_snapshot.c - khmapctl snapshot
 */
#include "create.h"
#include "packed.h"
#include "write_ring.h"
#include "writing.h"

static const struct option snapshot_options[] = {
	{ "compress", optional_argument, NULL, 'z' },
	{ "materialize", no_argument, NULL, 'M' },
	{ "mode", required_argument, NULL, 'm' },
	{ "name", required_argument, NULL, 'N' },
	{ "owner", required_argument, NULL, 'o' },
	{ "run", required_argument, NULL, 'r' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char snapshot_help[] =
	"Usage: khmapctl snapshot NAME FILE [--compress[=CODEC] [--run SIZE]]\n"
	"       khmapctl snapshot NAME --name SNAPSHOT [--owner OWNER] [--mode MODE] [--materialize]\n"
	"Writes a map, as it is at one instant, to a file with a checksum for each page.  The file\n"
	"is read like a map, here and on other hosts.  FILE holds all of it or, after a failure,\n"
	"what it held before.  NAME may be the path of another snapshot file.\n"
	"\n"
	"With --name it is kept in memory, as /dev/khmap/SNAPSHOT, until it is destroyed: it is\n"
	"read like a map, and costs the map's memory as long.  No map may have that name.\n"
	"\n"
	"  -z, --compress[=CODEC]  compress it by CODEC: lz4, zstd, or either with \":LEVEL\" behind\n"
	"                          it; zstd by default.  All commands read such a file, and\n"
	"                          \"khmapctl unpack\" makes it a plain one\n"
	"  -r, --run SIZE          bytes that are compressed, and unpacked, together; 64K by default,\n"
	"                          1M at most, whole pages.  Larger ones make a smaller file and\n"
	"                          slower look-ups in it\n"
	"      --name SNAPSHOT     keep it under this name\n"
	"      --owner [USER][:GROUP]  owner and group of its node (yours)\n"
	"      --mode MODE         the node's permissions, octal, read bits only (0440)\n"
	"      --materialize       have the kernel copy its pages now, in the background\n"
	"  -q, --quiet             do not say what was written\n"
	"\n"
	"Examples:\n"
	"  khmapctl snapshot routes ./today.khmap\n"
	"  khmapctl snapshot routes --name routes-today\n"
	"  khmapctl get ./today.khmap 10.0.0.0\n"
	"  khmapctl snapshot routes ./today.khz --compress=zstd:9\n";

static int snapshot_write(const char *name, const char *path, bool quiet)
{
	struct writing writing = { .started = false };
	struct khmap_write_options options = {
		.size = sizeof(options),
		.progress = writing_progress,
		.context = &writing,
	};
	struct write_ring ring;
	struct khmap *map;
	char amount[32];
	double seconds;
	int err = writing_open(name, KHMAP_OPEN_VERIFY, &map);

	if (err)
		return err;
	cli_interrupt_catch();
	/* Without io_uring one write follows the other. */
	if (!write_ring_open(&ring))
		options.queue = &ring.queue;
	err = khmap_snapshot_write(map, path, &options);
	write_ring_close(&ring);
	khmap_close(map);
	seconds = writing_end(&writing);
	if (err)
		return cli_failed(err);
	if (!quiet)
		printf("%s: %s in %.2f s\n", path,
		       progress_amount(amount, sizeof(amount), (double)writing.total), seconds);
	return CLI_OK;
}

/* To a compressed file, by the codec and level of @how; runs of @run bytes, or 0. */
static int snapshot_compress(const char *name, const char *path, bool quiet,
			     uint64_t run, struct khmap_compress_options *how)
{
	struct writing writing = { .started = false };
	char amount[32], whole[32];
	struct khmap *map;
	uint64_t page;
	double seconds;
	int err = writing_open(name, KHMAP_OPEN_VERIFY, &map);

	if (err)
		return err;
	page = 1ull << khmap_header(map)->geometry.page_shift;
	if (run % page) {
		khmap_close(map);
		return cli_usage("--run: a run is a multiple of %llu bytes here, the size of a page",
				 (unsigned long long)page);
	}
	how->run_pages = (uint32_t)(run / page);
	how->size = sizeof(*how);
	how->progress = writing_progress;
	how->context = &writing;
	cli_interrupt_catch();
	err = khmap_compress_write(map, path, how);
	khmap_close(map);
	seconds = writing_end(&writing);
	if (err)
		return cli_failed(err);
	if (!quiet)
		printf("%s: %s in %.2f s, compressed by %s from %s\n", path,
		       progress_amount(amount, sizeof(amount), (double)how->file_bytes), seconds,
		       packed_codec(how->codec),
		       progress_amount(whole, sizeof(whole), (double)how->image_bytes));
	return CLI_OK;
}

/* Keep one in memory, under a name. */
static int snapshot_keep(const char *name, const struct khmap_snapshot_options *options,
			 bool materialize)
{
	struct khmap *map, *snapshot;
	int err = cli_name(options->name);

	if (!err)
		err = writing_open(name, 0, &map);
	if (err)
		return err;
	err = khmap_snapshot_take(map, options, &snapshot);
	if (!err) {
		if (materialize)
			err = khmap_materialize_start(snapshot);
		khmap_close(snapshot);
	}
	khmap_close(map);
	return err ? cli_failed(err) : CLI_OK;
}

/**
 * struct snapshot_request - What is asked for.
 * @how: of a compressed file
 * @keep: of one that stays in memory; @keep.name is NULL for a file
 * @run: bytes that are compressed together, or 0
 * @quiet: do not say what was written
 * @materialize: have all pages copied
 */
struct snapshot_request {
	struct khmap_compress_options how;
	struct khmap_snapshot_options keep;
	uint64_t run;
	bool quiet;
	bool materialize;
};

static int snapshot_option(int option, struct snapshot_request *request)
{
	switch (option) {
	case 'N':
		request->keep.name = optarg;
		return CLI_OK;
	case 'o':
		request->keep.flags |= KHMAP_SNAPSHOT_OWNER;
		return create_owner(optarg, &request->keep.uid, &request->keep.gid);
	case 'm':
		request->keep.flags |= KHMAP_SNAPSHOT_MODE;
		return create_mode(optarg, 0444, &request->keep.mode);
	case 'M':
		request->materialize = true;
		return CLI_OK;
	case 'r':
		if (cli_number(optarg, KHMAP_COMPRESSED_RUN_MAX, &request->run) && request->run)
			return CLI_OK;
		return cli_usage("--run: \"%s\" is not a whole number 1..1M; " CLI_UNITS, optarg);
	case 'z':
		if (packed_how(optarg ? optarg : "zstd", &request->how))
			return CLI_OK;
		return cli_usage("--compress: \"%s\" is none of lz4, zstd, lz4:LEVEL and zstd:LEVEL",
				 optarg);
	default:
		request->quiet = true;
		return CLI_OK;
	}
}

static int snapshot_run(int argc, char **argv)
{
	struct snapshot_request request = { .keep.size = sizeof(request.keep) };
	int option, code = CLI_OK;

	while ((option = cli_option(argc, argv, "qz::r:", snapshot_options, &code)) > 0) {
		code = snapshot_option(option, &request);
		if (code)
			return code;
	}
	if (!option)
		return code;
	if (request.keep.name) {
		if (optind + 1 != argc)
			return cli_usage("with --name, one NAME is needed and no FILE");
		if (request.how.codec || request.run)
			return cli_usage("--compress and --run are about a FILE");
		return snapshot_keep(argv[optind], &request.keep, request.materialize);
	}
	if (request.materialize)
		return cli_usage("--materialize is for a snapshot with --name");
	if (request.keep.flags)
		return cli_usage("--owner and --mode are for a snapshot with --name");
	if (optind + 2 != argc)
		return cli_usage("NAME and FILE are needed");
	if (request.run && !request.how.codec)
		return cli_usage("--run is about --compress");
	if (request.how.codec)
		return snapshot_compress(argv[optind], argv[optind + 1], request.quiet,
					 request.run, &request.how);
	return snapshot_write(argv[optind], argv[optind + 1], request.quiet);
}

const struct cli_command cli_snapshot = {
	.name = "snapshot",
	.summary = "write a map to a file, as it is at one instant, or keep that in memory",
	.help = snapshot_help,
	.run = snapshot_run,
};
