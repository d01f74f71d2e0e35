// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_snapshot.c - khmapctl snapshot
 */
#include "create.h"
#include "packed.h"
#include "write_ring.h"
#include "writing.h"

static const struct option snapshot_options[] = {
	{ "best-effort", no_argument, NULL, 'B' },
	{ "compress", optional_argument, NULL, 'z' },
	{ "materialize", no_argument, NULL, 'M' },
	{ "mode", required_argument, NULL, 'm' },
	{ "name", required_argument, NULL, 'N' },
	{ "owner", required_argument, NULL, 'o' },
	{ "pool-pages", required_argument, NULL, 'P' },
	{ "run", required_argument, NULL, 'r' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

static const char snapshot_help[] =
	"Usage: khmapctl snapshot NAME FILE [--compress[=CODEC] [--run SIZE]]\n"
	"       khmapctl snapshot NAME --name SNAPSHOT [--owner OWNER] [--mode MODE] [--materialize]\n"
	"       khmapctl snapshot ... --best-effort [--pool-pages N]\n"
	"Writes a map, as it is at one instant, to a file with a checksum for each page.  The file\n"
	"is read like a map, here and on other hosts.  FILE holds all of it or, after a failure,\n"
	"what it held before.  NAME may be the path of another snapshot file.\n"
	"\n"
	"With --name it is kept in memory, as /dev/khmap/SNAPSHOT, until it is destroyed: it is\n"
	"read like a map, and costs the map's memory as long.  No map may have that name.\n"
	"\n"
	"With --best-effort no memory is reserved for the copy, as is done otherwise, so that it\n"
	"cannot fail: pages that are written to while a pool of --pool-pages is empty are lost.  What\n"
	"is on them reads as an error, never as something wrong; a file is written only if none is.\n"
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
	"      --best-effort       reserve no memory, and lose pages rather\n"
	"      --pool-pages N      pages for copies, which are filled up in the background; 1024 by\n"
	"                          default, 1M at most\n"
	"  -q, --quiet             no progress, and do not say what was written\n"
	"\n"
	"Examples:\n"
	"  khmapctl snapshot routes ./today.khmap\n"
	"  khmapctl snapshot routes --name routes-today\n"
	"  khmapctl snapshot routes --name routes-now --best-effort\n"
	"  khmapctl get ./today.khmap 10.0.0.0\n"
	"  khmapctl snapshot routes ./today.khz --compress=zstd:9\n";

/* Open the map; of a best-effort snapshot (@how not NULL), that in its place. */
static int snapshot_open(const char *name, const struct khmap_snapshot_options *how,
			 struct khmap **map)
{
	struct khmap *live;
	int err = writing_open(name, KHMAP_OPEN_VERIFY, map);

	if (err || !how)
		return err;
	live = *map;
	if (khmap_header(live)->kind != KHMAP_IMAGE_LIVE) {
		khmap_close(live);
		return cli_usage("--best-effort: %s is a snapshot already", name);
	}
	err = khmap_snapshot_take(live, how, map);
	khmap_close(live);
	return err ? cli_failed(err) : CLI_OK;
}

static int snapshot_write(const char *name, const char *path, bool quiet,
			  const struct khmap_snapshot_options *best_effort)
{
	struct writing writing = { .quiet = quiet };
	struct khmap_write_options options = {
		.size = sizeof(options),
		.progress = writing_progress,
		.context = &writing,
	};
	struct write_ring ring;
	struct khmap *map;
	char amount[32];
	double seconds;
	int err = snapshot_open(name, best_effort, &map);

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
			     const struct khmap_snapshot_options *best_effort,
			     uint64_t run, struct khmap_compress_options *how)
{
	struct writing writing = { .quiet = quiet };
	char amount[32], whole[32];
	struct khmap *map;
	uint64_t page;
	double seconds;
	int err = snapshot_open(name, best_effort, &map);

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
 * @take: of the snapshot; @take.name is NULL for a file
 * @run: bytes that are compressed together, or 0
 * @quiet: no progress, and do not say what was written
 * @materialize: have all pages copied
 */
struct snapshot_request {
	struct khmap_compress_options how;
	struct khmap_snapshot_options take;
	uint64_t run;
	bool quiet;
	bool materialize;
};

static int snapshot_option(int option, struct snapshot_request *request)
{
	uint64_t pool;

	switch (option) {
	case 'B':
		request->take.flags |= KHMAP_SNAPSHOT_BEST_EFFORT;
		return CLI_OK;
	case 'P':
		if (!cli_number(optarg, KHMAP_POOL_PAGES_MAX, &pool) || !pool)
			return cli_usage("--pool-pages: \"%s\" is not a whole number 1..1M; "
					 CLI_UNITS, optarg);
		request->take.pool_pages = (uint32_t)pool;
		return CLI_OK;
	case 'N':
		request->take.name = optarg;
		return CLI_OK;
	case 'o':
		request->take.flags |= KHMAP_SNAPSHOT_OWNER;
		return create_owner(optarg, &request->take.uid, &request->take.gid);
	case 'm':
		request->take.flags |= KHMAP_SNAPSHOT_MODE;
		return create_mode(optarg, 0444, &request->take.mode);
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
	struct snapshot_request request = { .take.size = sizeof(request.take) };
	const struct khmap_snapshot_options *best_effort = NULL;
	int option, code = CLI_OK;

	while ((option = cli_option(argc, argv, "qz::r:", snapshot_options, &code)) > 0) {
		code = snapshot_option(option, &request);
		if (code)
			return code;
	}
	if (!option)
		return code;
	if (request.take.flags & KHMAP_SNAPSHOT_BEST_EFFORT)
		best_effort = &request.take;
	else if (request.take.pool_pages)
		return cli_usage("--pool-pages is about --best-effort");
	if (request.take.name) {
		if (optind + 1 != argc)
			return cli_usage("with --name, one NAME is needed and no FILE");
		if (request.how.codec || request.run)
			return cli_usage("--compress and --run are about a FILE");
		return snapshot_keep(argv[optind], &request.take, request.materialize);
	}
	if (request.materialize)
		return cli_usage("--materialize is for a snapshot with --name");
	if (request.take.flags & (KHMAP_SNAPSHOT_OWNER | KHMAP_SNAPSHOT_MODE))
		return cli_usage("--owner and --mode are for a snapshot with --name");
	if (optind + 2 != argc)
		return cli_usage("NAME and FILE are needed");
	if (request.run && !request.how.codec)
		return cli_usage("--run is about --compress");
	if (request.how.codec)
		return snapshot_compress(argv[optind], argv[optind + 1], request.quiet, best_effort,
					 request.run, &request.how);
	return snapshot_write(argv[optind], argv[optind + 1], request.quiet, best_effort);
}

const struct cli_command cli_snapshot = {
	.name = "snapshot",
	.summary = "write a map to a file, as it is at one instant, or keep that in memory",
	.help = snapshot_help,
	.run = snapshot_run,
};
