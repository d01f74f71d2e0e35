// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cmd_info.c - khmapctl info
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <khmap/verify.h>

#include "cli.h"
#include "foreign.h"
#include "header.h"
#include "info_foreign.h"
#include "packed.h"
#include "progress.h"
#include "table.h"

static const struct option info_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ NULL, 0, NULL, 0 },
};

static const char info_help[] =
	"Usage: khmapctl info NAME [--json]\n"
	"Says what a map is made of, how full it is, and where its memory goes.  Walks all of it.\n"
	"NAME may be the path of a snapshot file.  Of one of the other byte order, which only\n"
	"khmapctl restore --portable reads, it says what the header does.\n"
	"\n"
	"  -j, --json  as a JSON object\n"
	"\n"
	"load      keys in primary buckets, of the slots there\n"
	"overflow  share of the keys that a lookup finds only behind the primary bucket\n"
	"chains    how many chains have 1, 2, 3... buckets; 0 are those without a key\n"
	"waste     bytes of a slot's share of the memory that are neither key nor value:\n"
	"          head (count, reference, tags), padding (alignment in the slot), bucket tail\n"
	"          and page tail (what is left behind the last slot and the last bucket)\n"
	"file      of a snapshot file: its size, and what it takes on the disk, as pages of zeros\n"
	"          are holes\n"
	"\n"
	"Examples:\n"
	"  khmapctl info routes\n"
	"  khmapctl info ./routes.khmap --json | jq .bytes_per_entry\n";

/**
 * struct info - What is known of a map.
 * @header: its header
 * @stat: its counters
 * @survey: what a walk found
 * @load: keys in primary buckets by slots there
 * @overflow: share of keys in overflow buckets
 * @per_entry: bytes of the image for each key; 0 without keys
 * @head: bytes of waste for each slot that are heads
 * @tail: likewise, bucket tails
 * @page_tail: likewise, page tails
 * @chain_max: buckets of the longest chain
 * @is_file: it is a file
 * @file_bytes: its size
 * @disk_bytes: what it takes on the disk, as holes take nothing
 */
struct info {
	const struct khmap_image_header *header;
	struct khmap_ioc_stat stat;
	struct khmap_survey survey;
	double load;
	double overflow;
	double per_entry;
	double head;
	double tail;
	double page_tail;
	unsigned int chain_max;
	bool is_file;
	uint64_t file_bytes;
	uint64_t disk_bytes;
};

static void info_compute(struct info *info)
{
	const struct khmap_survey *survey = &info->survey;
	const struct khmap_geometry *g = &info->header->geometry;
	double slots = info->stat.shape ? g->bucket_slots : g->inline_slots;
	double entries = (double)survey->entries;
	unsigned int i;

	if (survey->slots)
		info->load = (entries - (double)survey->overflow_entries) / (double)survey->slots;
	if (survey->entries) {
		info->overflow = (double)survey->overflow_entries / entries;
		info->per_entry = (double)survey->image_bytes / entries;
	}
	if (slots > 0) {
		info->head = survey->head_bytes / slots;
		info->tail = survey->tail_bytes / slots;
		info->page_tail = survey->page_tail_bytes / (slots * g->buckets_per_page);
	}
	for (i = 1; i <= KHMAP_CHAIN_MAX; i++)
		if (survey->chains[i])
			info->chain_max = i;
}

/* st_blocks are of 512 bytes, whatever the file system's own. */
static void info_file(struct info *info, const struct cli_map *map, const char *name)
{
	struct stat st;
	int err = map->packed.size ? stat(name, &st) : fstat(khmap_fd(map->map), &st);

	if (err || !S_ISREG(st.st_mode))
		return;
	info->is_file = true;
	info->file_bytes = (uint64_t)st.st_size;
	info->disk_bytes = (uint64_t)st.st_blocks * 512;
}

static const char *info_layout(const struct info *info)
{
	return info->header->geometry.layout == KHMAP_LAYOUT_PACKED ? "packed" : "aligned";
}

static const char *info_hash(const struct info *info)
{
	return info->header->hash_kind == KHMAP_HASH_FOLD ? "fold" : "siphash13";
}

static const char *info_kind(const struct info *info)
{
	return info->header->kind == KHMAP_IMAGE_LIVE ? "live" : "snapshot";
}

static char *info_time(char *text, size_t size, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm parts;

	if (!ns || !localtime_r(&seconds, &parts) ||
	    !strftime(text, size, "%Y-%m-%d %H:%M:%S %z", &parts))
		snprintf(text, size, "-");
	return text;
}

static void info_chains(const struct info *info, char *text, size_t size)
{
	size_t used = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i <= KHMAP_CHAIN_MAX && used < size; i++)
		if (info->survey.chains[i])
			used += (size_t)snprintf(text + used, size - used, "%s%u: %llu",
						 used ? "  " : "", i,
						 (unsigned long long)info->survey.chains[i]);
}

static void info_rows_identity(struct table *table, const struct info *info,
			       const struct cli_map *map)
{
	const struct khmap_image_header *h = info->header;
	char text[KHMAP_SCHEMA_MAX + 1];

	table_row(table, "name", "%s", h->name[0] ? (const char *)h->name : "(unnamed)");
	table_row(table, "kind", "%s", info_kind(info));
	khmap_type_text(khmap_schema_key(map->schema), text, sizeof(text));
	table_row(table, "key", "%s  (%u bytes)", text, h->geometry.key_size);
	khmap_type_text(khmap_schema_value(map->schema), text, sizeof(text));
	table_row(table, "value", "%s  (%u bytes)", text, h->geometry.value_size);
	table_row(table, "hash", "%s", info_hash(info));
	table_row(table, "layout", "%s, %u slots in %u bytes, %u buckets in %u", info_layout(info),
		  h->geometry.bucket_slots, h->geometry.bucket_stride,
		  h->geometry.buckets_per_page, 1u << h->geometry.page_shift);
	table_row(table, "created", "%s", info_time(text, sizeof(text), h->created_ns));
	if (h->snapshot_ns)
		table_row(table, "snapshot", "%s", info_time(text, sizeof(text), h->snapshot_ns));
	if (h->kind == KHMAP_IMAGE_SNAPSHOT)
		table_row(table, "checksums", "%s", h->checksum_offset ? "yes" : "none");
}

static void info_row_packed(struct table *table, const struct khmap_compressed_stat *packed)
{
	char whole[32], run[32];

	if (!packed->size)
		return;
	progress_amount(whole, sizeof(whole), (double)packed->image_bytes);
	progress_amount(run, sizeof(run), (double)packed->run_bytes);
	table_row(table, "compressed", "by %s from %s, ratio %.2f; runs of %s, %llu of %llu zeros",
		  packed_codec(packed->codec), whole,
		  (double)packed->image_bytes / (double)packed->file_bytes, run,
		  (unsigned long long)packed->zero_runs, (unsigned long long)packed->runs);
}

static int info_print(const struct info *info, const struct cli_map *map)
{
	static const struct table_column columns[] = { { "FIELD", false }, { "VALUE", false } };
	struct table *table = table_create(columns, 2, false);
	const struct khmap_survey *survey = &info->survey;
	double padding = survey->padding_bytes;
	char text[1024], resident[32];

	info_rows_identity(table, info, map);
	if (info->stat.max_entries == KHMAP_ENTRIES_MAX)
		table_row(table, "entries", "%llu", (unsigned long long)survey->entries);
	else
		table_row(table, "entries", "%llu of %llu", (unsigned long long)survey->entries,
			  (unsigned long long)info->stat.max_entries);
	if (info->stat.kind == KHMAP_IMAGE_LIVE)
		table_row(table, "growth", "%s, %llu buckets split",
			  cli_growth(info->stat.growth), (unsigned long long)info->stat.splits);
	table_row(table, "load", "%.3f of a target of %.2f", info->load,
		  info->header->load_percent / 100.0);
	table_row(table, "overflow", "%.2f%% of the keys, in %llu buckets", 100 * info->overflow,
		  (unsigned long long)survey->overflow_buckets);
	info_chains(info, text, sizeof(text));
	table_row(table, "chains", "%s", text);
	table_row(table, "pages", "1 header, %u primary, %u overflow", info->stat.primary_pages,
		  info->stat.overflow_pages);
	progress_amount(resident, sizeof(resident), (double)info->stat.bytes);
	progress_amount(text, sizeof(text), (double)survey->image_bytes);
	table_row(table, "memory", "%s, %s of it pages", resident, text);
	if (info->is_file) {
		progress_amount(resident, sizeof(resident), (double)info->file_bytes);
		progress_amount(text, sizeof(text), (double)info->disk_bytes);
		table_row(table, "file", "%s, %s of it on the disk", resident, text);
		info_row_packed(table, &map->packed);
	}
	if (survey->entries)
		table_row(table, "per entry", "%.1f bytes, %u of them key and value",
			  info->per_entry, survey->record_bytes);
	table_row(table, "waste per slot",
		  "%.2f bytes: head %.2f, padding %.2f, bucket tail %.2f, page tail %.2f",
		  info->head + padding + info->tail + info->page_tail, info->head, padding,
		  info->tail, info->page_tail);
	return table_print(table) ? cli_error(CLI_FAILED, "%s", strerror(ENOMEM)) : CLI_OK;
}

static json_t *info_json_file(const struct info *info, uint64_t bytes)
{
	return info->is_file ? json_integer((json_int_t)bytes) : json_null();
}

static json_t *info_json_packed(const struct khmap_compressed_stat *packed)
{
	if (!packed->size)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:f, s:I, s:I, s:I}",
			 "codec", packed_codec(packed->codec),
			 "file_bytes", (json_int_t)packed->file_bytes,
			 "unpacked_bytes", (json_int_t)packed->image_bytes,
			 "ratio", (double)packed->image_bytes / (double)packed->file_bytes,
			 "run_bytes", (json_int_t)packed->run_bytes,
			 "runs", (json_int_t)packed->runs,
			 "zero_runs", (json_int_t)packed->zero_runs);
}

static json_t *info_json_chains(const struct info *info)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i <= info->chain_max; i++)
		json_array_append_new(list, json_integer((json_int_t)info->survey.chains[i]));
	return list;
}

static int info_print_json(const struct info *info, const struct cli_map *map)
{
	const struct khmap_image_header *h = info->header;
	const struct khmap_survey *survey = &info->survey;
	json_t *object, *more, *waste;

	object = json_pack("{s:o, s:s, s:s, s:s?, s:I, s:I, s:s, s:s, s:I, s:I, s:b}",
			   "name", cli_json_text((const char *)h->name),
			   "kind", info_kind(info),
			   "byte_order", KHMAP_HOST_ORDER,
			   "schema", map->has_schema ? khmap_schema_text(map->schema) : NULL,
			   "key_size", (json_int_t)h->geometry.key_size,
			   "value_size", (json_int_t)h->geometry.value_size,
			   "hash", info_hash(info),
			   "layout", info_layout(info),
			   "created_ns", (json_int_t)h->created_ns,
			   "snapshot_ns", (json_int_t)h->snapshot_ns,
			   "checksums", h->checksum_offset != 0);
	more = json_pack("{s:I, s:o, s:I, s:f, s:f, s:I, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:f, s:I, s:s}",
			 "entries", (json_int_t)survey->entries,
			 "max_entries", cli_json_limit(info->stat.max_entries),
			 "slots", (json_int_t)survey->slots,
			 "load", info->load,
			 "overflow_share", info->overflow,
			 "overflow_buckets", (json_int_t)survey->overflow_buckets,
			 "chains", info_json_chains(info),
			 "primary_pages", (json_int_t)info->stat.primary_pages,
			 "overflow_pages", (json_int_t)info->stat.overflow_pages,
			 "bytes", (json_int_t)info->stat.bytes,
			 "image_bytes", (json_int_t)survey->image_bytes,
			 "file_bytes", info_json_file(info, info->file_bytes),
			 "disk_bytes", info_json_file(info, info->disk_bytes),
			 "compressed", info_json_packed(&map->packed),
			 "bytes_per_entry", info->per_entry,
			 "splits", (json_int_t)info->stat.splits,
			 "growth", cli_growth(info->stat.growth));
	waste = json_pack("{s:f, s:f, s:f, s:f, s:f}",
			  "total", info->head + survey->padding_bytes + info->tail +
				   info->page_tail,
			  "head", info->head,
			  "padding", (double)survey->padding_bytes,
			  "bucket_tail", info->tail,
			  "page_tail", info->page_tail);
	if (!object || !more || !waste || json_object_update(object, more) ||
	    json_object_set(object, "waste_per_slot", waste)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	json_decref(waste);
	return cli_json(object, 0);
}

static int info_run(int argc, char **argv)
{
	struct info info = { .survey = { .size = sizeof(info.survey) } };
	struct cli_map map = { .map = NULL };
	struct khmap_foreign *foreign;
	int option, code = CLI_OK, err;
	bool json = false;

	while ((option = cli_option(argc, argv, "j", info_options, &code)) > 0)
		json = true;
	if (!option)
		return code;
	if (optind + 1 != argc)
		return cli_usage("one NAME is needed");
	err = foreign_open(argv[optind], KHMAP_FOREIGN_OPAQUE, &foreign);
	if (err)
		return cli_failed(err);
	if (foreign) {
		code = info_foreign(foreign, json);
		khmap_foreign_close(foreign);
		return code;
	}
	code = cli_open(argv[optind], 0, &map);
	if (code)
		return code;
	info.header = khmap_header(map.map);
	info_file(&info, &map, argv[optind]);
	err = khmap_stat(map.map, &info.stat);
	if (!err)
		err = khmap_survey(map.map, &info.survey);
	if (err) {
		code = cli_failed(err);
	} else {
		info_compute(&info);
		code = json ? info_print_json(&info, &map) : info_print(&info, &map);
	}
	cli_close(&map);
	return code;
}

const struct cli_command cli_info = {
	.name = "info",
	.summary = "say what a map is made of and how full it is",
	.help = info_help,
	.run = info_run,
};
