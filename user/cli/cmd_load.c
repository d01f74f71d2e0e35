// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_load.c - khmapctl load
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "load_queue.h"
#include "progress.h"
#include "record_source.h"

#define LOAD_STEP	256
#define LOAD_LISTED	10

enum load_option {
	LOAD_NO_HEADER = 256,
	LOAD_IGNORE,
	LOAD_IO,
};

static const struct option load_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "mode", required_argument, NULL, 'm' },
	{ "delimiter", required_argument, NULL, 'd' },
	{ "no-header", no_argument, NULL, LOAD_NO_HEADER },
	{ "column", required_argument, NULL, 'c' },
	{ "ignore-columns", no_argument, NULL, LOAD_IGNORE },
	{ "keep-going", no_argument, NULL, 'k' },
	{ "io", required_argument, NULL, LOAD_IO },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char load_help[] =
	"Usage: khmapctl load NAME [FILE] [OPTION...]\n"
	"Stores the records of a file, or of standard input, in a map.  The first bad one ends it;\n"
	"those before it stay.\n"
	"\n"
	"  -f, --format FORMAT  " RECORD_FORMATS "; by default what FILE's\n"
	"                       name ends with\n"
	"  -m, --mode MODE      insert: keys must be new; replace: they must be there;\n"
	"                       either (default)\n"
	"  -d, --delimiter C    between the cells of CSV (,)\n"
	"  --no-header          CSV has no names of columns: all fields, in order\n"
	"  -c, --column FIELD=COLUMN  the file calls FIELD so; may be repeated\n"
	"  --ignore-columns     skip columns and members that the map does not have\n"
	"  -k, --keep-going     skip bad records, name the first 10, count all; status 1\n"
	"  --io HOW             how the kernel is given them: uring, by io_uring, which stores some\n"
	"                       while the next are read; ioctl; auto (default): uring if it can be had\n"
	"  -q, --quiet          no progress, and do not say what was loaded\n"
	"  -v, --verbose        say also how the kernel was given them\n"
	"  -j, --json           say it as a JSON object\n"
	"\n"
	"CSV begins with a line of column names: \"key\", \"value\", or fields such as \"metric\" or\n"
	"\"value.metric\".  NDJSON has an object a line: {\"key\":...,\"value\":...}, or fields;\n"
	"JSON is an array of such objects.  MessagePack has arrays [key, value], one behind the other.\n"
	"\n"
	"Examples:\n"
	"  khmapctl load routes ./new.csv\n"
	"  khmapctl load vendors oui.csv -c key=Assignment -c 'value=Organization Name' \\\n"
	"    --ignore-columns\n"
	"  khmapctl dump old --json | khmapctl load new -f ndjson -m insert\n";

/**
 * struct load_request - What is to be loaded, and how far it is.
 * @map: where to
 * @options: how it is written
 * @renames: @options.renames, to be freed
 * @flags: KHMAP_PUT_*
 * @io: how the kernel is to be given them
 * @quiet: say nothing
 * @verbose: say also how the kernel was given them
 * @json: say it as JSON
 * @path: the file, as it is called in messages
 * @fd: its descriptor
 * @bytes: its size; 0 if that is not known
 * @source: its records
 * @queue: records that were read and not stored yet
 * @code: the exit status that ends it all, found while records were read
 * @progress: the bar
 * @stored: records stored
 * @skipped: records that were bad
 */
struct load_request {
	struct cli_map map;
	struct record_options options;
	const char **renames;
	__u32 flags;
	enum load_io io;
	bool quiet;
	bool verbose;
	bool json;
	const char *path;
	int fd;
	uint64_t bytes;
	struct record_source *source;
	struct load_queue queue;
	int code;
	struct progress progress;
	uint64_t stored;
	uint64_t skipped;
};

/* Note a bad record; true to go on behind it. */
static bool load_skip(struct load_request *request, const char *why)
{
	if (!request->options.keep_going) {
		cli_note("%s; nothing of this record was stored; %llu records were stored before it",
			 why, (unsigned long long)request->stored);
		return false;
	}
	if (request->skipped++ < LOAD_LISTED) {
		/* Not into the bar. */
		if (request->progress.shown && request->progress.last)
			fputs("\r\033[K", stderr);
		cli_note("%s; skipped", why);
	} else if (request->skipped == LOAD_LISTED + 1) {
		cli_note("further bad records are only counted");
	}
	return true;
}

/* Else a record is known by its number. */
static bool load_has_lines(const struct load_request *request)
{
	return request->options.format != RECORD_RAW &&
	       request->options.format != RECORD_MSGPACK;
}

/*
 * Store what was read, all of it or, to read on meanwhile, what there is no more
 * room for; 0, or the exit status that ends it all.
 */
static int load_records_by(struct load_request *request,
			   int (*store)(struct load_queue *queue, uint64_t *stored, uint64_t *line))
{
	const char *record = load_has_lines(request) ? "" : " record ";
	uint64_t line = 0;
	char why[1200];
	int err;

	while ((err = store(&request->queue, &request->stored, &line))) {
		/* Not the record's fault: the next would fare no better. */
		if (err != -EEXIST && err != -ENOENT)
			return cli_error(CLI_FAILED,
					 "%s:%s%llu: %s; %llu records were stored before it",
					 request->path, record, (unsigned long long)line,
					 khmap_reason(), (unsigned long long)request->stored);
		snprintf(why, sizeof(why), "%s:%s%llu: %s", request->path, record,
			 (unsigned long long)line,
			 err == -EEXIST ? "the key is there already" : "there is no such key");
		if (!load_skip(request, why))
			return CLI_FAILED;
	}
	return CLI_OK;
}

static int load_store(struct load_request *request)
{
	return load_records_by(request, load_queue_store);
}

/* Nothing waits while the input lets wait for it. */
static int load_before_read(void *context)
{
	struct load_request *request = context;
	struct pollfd input = { .fd = request->fd, .events = POLLIN };

	if (poll(&input, 1, 0) > 0)
		return 0;
	request->code = load_store(request);
	return request->code ? -ECANCELED : 0;
}

/* A bad record, of which those before it must not be kept from the map. */
static int load_bad(struct load_request *request)
{
	char why[1200];
	int code;

	snprintf(why, sizeof(why), "%s", khmap_reason());
	code = load_store(request);
	if (code)
		return code;
	return load_skip(request, why) ? CLI_OK : CLI_FAILED;
}

static int load_records(struct load_request *request)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	uint64_t count = 0;
	int got, code = CLI_OK;

	while (!code && !cli_interrupted()) {
		/* Empties the queue when it reads: not into that. */
		got = record_next(request->source, key, value);
		if (!got)
			return load_store(request);
		if (got == -EINTR)
			continue;
		if (got == -ECANCELED)
			return request->code;
		if (got == -EBADMSG) {
			code = load_bad(request);
			continue;
		}
		if (got < 0) {
			code = cli_failed(got);
			load_store(request);
			return code;
		}
		if (load_queue_add(&request->queue, key, value,
				   record_source_line(request->source)))
			code = load_records_by(request, load_queue_send);
		if (++count % LOAD_STEP == 0)
			progress_show(&request->progress, record_source_bytes(request->source));
	}
	if (!code)
		code = load_store(request);
	return code ? code : CLI_INTERRUPTED;
}

static int load_say(const struct load_request *request, double seconds)
{
	double rate = seconds > 0 ? (double)request->stored / seconds : 0;

	if (request->json)
		return cli_json(json_pack("{s:I, s:I, s:I, s:f, s:s}",
					  "stored", (json_int_t)request->stored,
					  "skipped", (json_int_t)request->skipped,
					  "bytes", (json_int_t)
					  record_source_bytes(request->source),
					  "seconds", seconds,
					  "io", load_queue_io(&request->queue)), 0);
	if (request->quiet)
		return CLI_OK;
	printf("%llu records stored", (unsigned long long)request->stored);
	if (request->skipped)
		printf(", %llu skipped", (unsigned long long)request->skipped);
	printf(" in %.2f s (%.0f/s)", seconds, rate);
	if (request->verbose)
		printf(", by %s", load_queue_io(&request->queue));
	putchar('\n');
	return CLI_OK;
}

static int load_source(struct load_request *request)
{
	int code, err;
	double seconds;

	cli_interrupt_catch();
	err = load_queue_init(&request->queue, request->map.map, request->flags, request->io);
	if (err)
		return cli_failed(err);
	request->options.before_read = load_before_read;
	request->options.context = request;
	err = record_source_open(request->fd, request->path, request->map.schema,
				 &request->options, &request->source);
	if (err == -EINTR)
		return cli_error(CLI_INTERRUPTED, "%s: interrupted before the first record",
				 request->path);
	if (err)
		return cli_failed(err);
	progress_start(&request->progress, PROGRESS_BYTES, request->bytes,
		       request->quiet);
	code = load_records(request);
	seconds = progress_end(&request->progress);
	if (code == CLI_INTERRUPTED)
		cli_note("%s: interrupted at %s %llu, byte %llu; %llu records were stored",
			 request->path,
			 load_has_lines(request) ? "line" : "record",
			 (unsigned long long)record_source_line(request->source),
			 (unsigned long long)record_source_bytes(request->source),
			 (unsigned long long)request->stored);
	else if (!code)
		code = load_say(request, seconds);
	record_source_close(request->source);
	return code ? code : request->skipped ? CLI_NO : CLI_OK;
}

static int load_file(struct load_request *request)
{
	struct stat st;
	int code;

	request->fd = STDIN_FILENO;
	if (!strcmp(request->path, "-"))
		request->path = "standard input";
	else
		request->fd = open(request->path, O_RDONLY | O_CLOEXEC);
	if (request->fd < 0)
		return cli_error(CLI_FAILED, "%s: %s", request->path, strerror(errno));
	if (!fstat(request->fd, &st) && S_ISREG(st.st_mode))
		request->bytes = (uint64_t)st.st_size;
	code = load_source(request);
	if (request->fd != STDIN_FILENO)
		close(request->fd);
	return code;
}

static int load_option_io(struct load_request *request)
{
	if (!strcmp(optarg, "uring"))
		request->io = LOAD_IO_URING;
	else if (!strcmp(optarg, "ioctl"))
		request->io = LOAD_IO_IOCTL;
	else if (strcmp(optarg, "auto"))
		return cli_usage("--io: auto, uring or ioctl, not \"%s\"", optarg);
	return CLI_OK;
}

static int load_option(int option, struct load_request *request, bool *format)
{
	switch (option) {
	case 'f':
		*format = true;
		if (record_format_find(optarg, &request->options.format) ||
		    request->options.format == RECORD_TEXT)
			return cli_usage("--format: " RECORD_FORMATS ", not \"%s\"", optarg);
		return CLI_OK;
	case 'm':
		if (!strcmp(optarg, "insert"))
			request->flags = KHMAP_PUT_INSERT;
		else if (!strcmp(optarg, "replace"))
			request->flags = KHMAP_PUT_REPLACE;
		else if (strcmp(optarg, "either"))
			return cli_usage("--mode: insert, replace or either, not \"%s\"", optarg);
		return CLI_OK;
	case 'd':
		if (strlen(optarg) != 1)
			return cli_usage("--delimiter: one byte, not \"%s\"", optarg);
		request->options.delimiter = *optarg;
		return CLI_OK;
	case 'c':
		if (!strchr(optarg, '='))
			return cli_usage("--column: FIELD=COLUMN is expected, not \"%s\"", optarg);
		request->renames[request->options.renames_count++] = optarg;
		return CLI_OK;
	case LOAD_NO_HEADER:
		request->options.no_header = true;
		return CLI_OK;
	case LOAD_IGNORE:
		request->options.ignore_columns = true;
		return CLI_OK;
	case 'k':
		request->options.keep_going = true;
		return CLI_OK;
	case LOAD_IO:
		return load_option_io(request);
	case 'q':
		request->quiet = true;
		return CLI_OK;
	case 'v':
		request->verbose = true;
		return CLI_OK;
	default:
		request->json = true;
		return CLI_OK;
	}
}

/* Returns the exit status, or -1 when all was said by --help. */
static int load_parse(int argc, char **argv, struct load_request *request)
{
	int option, code = CLI_OK;
	bool format = false;
	const char *dot;

	while ((option = cli_option(argc, argv, "f:m:d:c:kqvj", load_options, &code)) > 0) {
		code = load_option(option, request, &format);
		if (code)
			return code;
	}
	if (!option)
		return code ? code : -1;
	if (optind + 1 != argc && optind + 2 != argc)
		return cli_usage("NAME and at most one FILE are needed");
	if (optind + 2 == argc)
		request->path = argv[optind + 1];
	dot = strrchr(request->path, '.');
	if (!format && (!dot || record_format_find(dot + 1, &request->options.format) ||
			request->options.format == RECORD_TEXT))
		return cli_usage("--format " RECORD_FORMATS " is needed, as the name of \"%s\" does not tell",
				 request->path);
	return CLI_OK;
}

static int load_run(int argc, char **argv)
{
	struct load_request request = { .path = "-" };
	int code;

	/* An option for each word of the command line, at most. */
	request.renames = calloc((size_t)argc, sizeof(*request.renames));
	if (!request.renames)
		return cli_error(CLI_FAILED, "%s", strerror(errno));
	request.options.renames = request.renames;
	code = load_parse(argc, argv, &request);
	if (!code)
		code = cli_open(argv[optind], KHMAP_OPEN_WRITE, &request.map);
	if (!code)
		code = load_file(&request);
	load_queue_free(&request.queue);
	cli_close(&request.map);
	free(request.renames);
	return code < 0 ? CLI_OK : code;
}

const struct cli_command cli_load = {
	.name = "load",
	.summary = "store the records of a file in a map",
	.help = load_help,
	.run = load_run,
};
