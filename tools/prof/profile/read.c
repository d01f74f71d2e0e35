// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * read.c - a profile out of its JSON
 */
#include <ctype.h>
#include <errno.h>
#include <linux/khmap_image.h>
#include <string.h>
#include "profile/json_watch.h"
#include "profile/parse.h"
#include "profile/read.h"

#define CPUS_MAX	8192	/* that Linux knows of */
#define PAGE_SHIFT_MAX	16
#define PAGE_MAX	(1u << PAGE_SHIFT_MAX)
#define TEXT_MAX	4096

/* A file's profile, and which rows of its arrays are filled. */
struct reading {
	struct prof_profile *profile;
	size_t cpus;
	size_t accesses;
	size_t stacks;
	size_t frames;
};

static uint32_t number32(const struct prof_node *object, const char *name, uint32_t max)
{
	return (uint32_t)prof_parse_number(object, name, 0, max);
}

static bool name_is_valid(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;
	return true;
}

static void read_map(const struct prof_node *object, struct prof_map_row *row)
{
	const char *name = prof_parse_text(object, "name", PROF_NAME_SIZE - 1);
	struct prof_map *map = &row->map;

	row->map_id = prof_parse_count(object, "map_id");
	if (!name_is_valid(name))
		prof_parse_mistake(object, "the name of a map");
	else
		strcpy(map->name, name);
	map->page_shift = (uint32_t)prof_parse_number(object, "page_shift", PROF_PAGE_SHIFT,
						      PAGE_SHIFT_MAX);
	map->layout = number32(object, "layout", KHMAP_LAYOUT_PACKED);
	map->key_size = number32(object, "key_size", PAGE_MAX);
	map->value_size = number32(object, "value_size", PAGE_MAX);
	map->value_offset = number32(object, "value_offset", PAGE_MAX);
	map->slot_stride = number32(object, "slot_stride", PAGE_MAX);
	map->bucket_stride = number32(object, "bucket_stride", PAGE_MAX);
	map->tags_size = number32(object, "tags_size", PROF_LINE_SIZE);
	map->overflow_stride = number32(object, "overflow_stride", PAGE_MAX);
	map->inline_offset = number32(object, "inline_offset", PAGE_MAX);
}

static void read_transfers(const struct prof_node *parent, struct prof_transfers *transfers)
{
	struct prof_node object = prof_parse_object(parent, "modelled_transfers");

	transfers->store_true = prof_parse_count(&object, "true");
	transfers->store_false = prof_parse_count(&object, "false");
	transfers->load_true = prof_parse_count(&object, "load_true");
	transfers->load_false = prof_parse_count(&object, "load_false");
}

static void read_cpu(const struct prof_node *object, const struct prof_line_key *line,
		     struct prof_cpu_row *row)
{
	row->key = *line;
	row->key.cpu = number32(object, "cpu", CPUS_MAX - 1);
	row->count.stores = prof_parse_count(object, "stores");
	row->count.loads = prof_parse_count(object, "loads");
	row->count.stored_bytes = prof_parse_bits(object, "bytes", false);
	row->count.loaded_bytes = prof_parse_bits(object, "loaded_bytes", false);
	read_transfers(object, &row->count.transfers);
}

static void read_access(const struct prof_node *object, const struct prof_line_key *line,
			struct prof_access_row *row)
{
	uint32_t offset = number32(object, "offset", PROF_LINE_SIZE - 1);

	row->key.line = *line;
	row->key.line.cpu = number32(object, "cpu", CPUS_MAX - 1);
	row->key.offset = (uint8_t)offset;
	row->key.length = (uint8_t)prof_parse_number(object, "length", 1, PROF_LINE_SIZE - offset);
	row->key.kind = (uint8_t)prof_parse_word(object, "kind", prof_access_name,
						 "a kind of access");
	row->key.tgid = number32(object, "pid", INT32_MAX);
	row->key.address = prof_parse_bits(object, "address", true);
	row->count = prof_parse_count(object, "count");
	if (json_object_get(object->json, "name"))
		row->name = prof_parse_text(object, "name", TEXT_MAX);
}

/* Returns the stack's id, or -1 if it is empty. */
static int32_t read_frames(struct reading *reading, const struct prof_node *object,
			   const char *name)
{
	struct prof_frames *frames = &reading->profile->frames[reading->frames];
	struct prof_node array;
	size_t count;
	uint32_t i;

	array = prof_parse_array(object, name, &count);
	if (count > PROF_STACK_DEPTH) {
		prof_parse_mistake(&array, "a stack that is not so deep");
		return -1;
	}
	if (!count)
		return -1;
	for (i = 0; i < count; i++)
		frames->address[i] = prof_parse_bits_at(&array, i);
	frames->count = (uint32_t)count;
	frames->id = (int32_t)reading->frames++;
	return frames->id;
}

static void read_stack(struct reading *reading, const struct prof_node *object,
		       const struct prof_line_key *line, struct prof_stack_row *row)
{
	row->key.line = *line;
	row->key.tgid = number32(object, "pid", INT32_MAX);
	row->key.kernel = read_frames(reading, object, "kernel");
	row->key.user = read_frames(reading, object, "user");
	row->count.accesses = prof_parse_count(object, "accesses");
	row->count.transfers = prof_parse_count(object, "transfers");
	strcpy(row->count.command,
	       prof_parse_text(object, "command", sizeof(row->count.command) - 1));
}

static void read_line(struct reading *reading, const struct prof_node *object,
		      struct prof_line_row *row)
{
	struct prof_profile *profile = reading->profile;
	struct prof_node array, element;
	size_t count, i;

	row->key.map_id = prof_parse_count(object, "map_id");
	row->key.region = prof_parse_word(object, "region", prof_region_name, "a region");
	row->key.page = number32(object, "page", UINT32_MAX);
	row->key.line = number32(object, "line", (PAGE_MAX >> PROF_LINE_SHIFT) - 1);
	row->count.stores = prof_parse_count(object, "stores");
	row->count.slot_stores = prof_parse_count(object, "slot_stores");
	row->count.loads = prof_parse_count(object, "loads");
	row->count.owner = (uint32_t)prof_parse_number(object, "last_cpu", -1, CPUS_MAX - 1);
	read_transfers(object, &row->count.transfers);

	array = prof_parse_array(object, "cpus", &count);
	for (i = 0; i < count; i++) {
		element = prof_parse_element(&array, i);
		read_cpu(&element, &row->key, &profile->cpus[reading->cpus++]);
	}
	array = prof_parse_array(object, "accesses", &count);
	for (i = 0; i < count; i++) {
		element = prof_parse_element(&array, i);
		read_access(&element, &row->key, &profile->accesses[reading->accesses++]);
	}
	array = prof_parse_array(object, "stacks", &count);
	for (i = 0; i < count; i++) {
		element = prof_parse_element(&array, i);
		read_stack(reading, &element, &row->key, &profile->stacks[reading->stacks++]);
	}
}

/* Make room for what all lines together have. */
static void lines_room(struct prof_profile *profile, const struct prof_node *lines)
{
	size_t count = lines->parse->mistake[0] ? 0 : json_array_size(lines->json), i;

	for (i = 0; i < count; i++) {
		const json_t *line = json_array_get(lines->json, i);

		profile->cpu_count += json_array_size(json_object_get(line, "cpus"));
		profile->access_count += json_array_size(json_object_get(line, "accesses"));
		profile->stack_count += json_array_size(json_object_get(line, "stacks"));
	}
	profile->cpus = prof_alloc(profile->cpu_count, sizeof(*profile->cpus));
	profile->accesses = prof_alloc(profile->access_count, sizeof(*profile->accesses));
	profile->stacks = prof_alloc(profile->stack_count, sizeof(*profile->stacks));
	profile->frames = prof_alloc(2 * profile->stack_count, sizeof(*profile->frames));
}

static void read_lines(struct prof_profile *profile, const struct prof_node *whole)
{
	struct reading reading = { .profile = profile };
	struct prof_node array, element;
	size_t i;

	array = prof_parse_array(whole, "lines", &profile->line_count);
	profile->lines = prof_alloc(profile->line_count, sizeof(*profile->lines));
	lines_room(profile, &array);
	for (i = 0; i < profile->line_count && !whole->parse->mistake[0]; i++) {
		element = prof_parse_element(&array, i);
		read_line(&reading, &element, &profile->lines[i]);
	}
	profile->frames_count = reading.frames;
}

static void read_bucket_key(const struct prof_node *object, struct prof_bucket_key *key)
{
	key->map_id = prof_parse_count(object, "map_id");
	key->region = prof_parse_word(object, "region", prof_region_name, "a region");
	key->page = number32(object, "page", UINT32_MAX);
	key->bucket = number32(object, "bucket", PAGE_MAX);
}

static void read_buckets(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node array, element;
	size_t i;

	array = prof_parse_array(whole, "buckets", &profile->bucket_count);
	profile->buckets = prof_alloc(profile->bucket_count, sizeof(*profile->buckets));
	for (i = 0; i < profile->bucket_count; i++) {
		struct prof_bucket *count = &profile->buckets[i].count;

		element = prof_parse_element(&array, i);
		read_bucket_key(&element, &profile->buckets[i].key);
		count->inserts = prof_parse_count(&element, "inserts");
		count->replaces = prof_parse_count(&element, "replaces");
		count->deletes = prof_parse_count(&element, "deletes");
		count->overflows = prof_parse_count(&element, "overflows");
	}
}

static void read_times(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node array, element;
	size_t i;

	array = prof_parse_array(whole, "times", &profile->time_count);
	profile->times = prof_alloc(profile->time_count, sizeof(*profile->times));
	for (i = 0; i < profile->time_count; i++) {
		struct prof_time_row *row = &profile->times[i];

		element = prof_parse_element(&array, i);
		read_bucket_key(&element, &row->key.bucket);
		row->key.slot = number32(&element, "slot", UINT32_MAX);
		row->count = prof_parse_count(&element, "operations");
	}
}

static void read_maps(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node array, element;
	size_t i;

	array = prof_parse_array(whole, "maps", &profile->map_count);
	profile->maps = prof_alloc(profile->map_count, sizeof(*profile->maps));
	for (i = 0; i < profile->map_count; i++) {
		element = prof_parse_element(&array, i);
		read_map(&element, &profile->maps[i]);
	}
}

static void read_symbols(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node array, element;
	size_t i;

	array = prof_parse_array(whole, "symbols", &profile->symbol_count);
	profile->symbols = prof_alloc(profile->symbol_count, sizeof(*profile->symbols));
	for (i = 0; i < profile->symbol_count; i++) {
		element = prof_parse_element(&array, i);
		profile->symbols[i].tgid = number32(&element, "pid", INT32_MAX);
		profile->symbols[i].address = prof_parse_bits(&element, "address", false);
		profile->symbols[i].name = prof_parse_text(&element, "symbol", TEXT_MAX);
	}
}

static void read_totals(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node object = prof_parse_object(whole, "totals");
	struct prof_node dropped = prof_parse_object(&object, "dropped");
	struct prof_totals *totals = &profile->totals;

	totals->events = prof_parse_count(&object, "events");
	totals->taken = prof_parse_count(&object, "taken");
	totals->puts = prof_parse_count(&object, "puts");
	totals->deletes = prof_parse_count(&object, "deletes");
	totals->overflows = prof_parse_count(&object, "overflows");
	totals->outside = prof_parse_count(&object, "outside");
	totals->partial = prof_parse_count(&object, "partial");
	totals->lines_dropped = prof_parse_count(&dropped, "lines");
	totals->busy_dropped = prof_parse_count(&dropped, "busy");
	totals->cpus_dropped = prof_parse_count(&dropped, "line_cpus");
	totals->accesses_dropped = prof_parse_count(&dropped, "accesses");
	totals->stacks_dropped = prof_parse_count(&dropped, "stacks");
	totals->buckets_dropped = prof_parse_count(&dropped, "buckets");
	totals->times_dropped = prof_parse_count(&dropped, "times");
	totals->maps_dropped = prof_parse_count(&dropped, "maps");
	profile->missed = prof_parse_count(&dropped, "events");
}

/* Null is what was not measured. */
static void read_overhead(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node object = prof_parse_object(whole, "overhead");
	struct prof_overhead *overhead = &profile->overhead;

	overhead->fd = -1;
	if (!prof_parse_null(&object, "runs")) {
		overhead->fd = 0;
		overhead->runs = prof_parse_count(&object, "runs");
		overhead->run_ns = prof_parse_count(&object, "run_ns");
	}
	overhead->missed = prof_parse_count(&object, "missed");
	overhead->lost = prof_parse_count(&object, "lost");
	overhead->throttled = prof_parse_count(&object, "throttled");
	overhead->cpus = prof_parse_number(&object, "cpus", 1, CPUS_MAX);
	overhead->duration_ns = profile->duration_ns;
}

static void read_circumstances(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node machine = prof_parse_object(whole, "machine");
	struct prof_node source = prof_parse_object(whole, "source");

	profile->tool = prof_parse_text(whole, "tool", TEXT_MAX);
	profile->began = prof_parse_text(whole, "began", TEXT_MAX);
	profile->duration_ns = prof_parse_count(whole, "duration_ns");
	profile->settings.slot_ns = prof_parse_count(whole, "slot_ns");
	prof_parse_number(whole, "line_size", PROF_LINE_SIZE, PROF_LINE_SIZE);
	profile->machine.release = prof_parse_text(&machine, "release", TEXT_MAX);
	profile->machine.cpus = number32(&machine, "cpus", CPUS_MAX);
	profile->machine.hypervisor = prof_parse_bool(&machine, "hypervisor");
	profile->source.kind = prof_parse_text(&source, "kind", TEXT_MAX);
	if (prof_parse_has(&source, "rung"))
		profile->source.rung = prof_parse_text(&source, "rung", TEXT_MAX);
	profile->source.event = prof_parse_text(&source, "event", TEXT_MAX);
	profile->source.counts = prof_parse_text(&source, "counts", TEXT_MAX);
	profile->source.has_address = prof_parse_bool(&source, "address");
	profile->settings.sample = number32(&source, "sample", UINT32_MAX);
}

static void read_profile(struct prof_profile *profile, const struct prof_node *whole)
{
	read_circumstances(profile, whole);
	read_totals(profile, whole);
	read_overhead(profile, whole);
	read_maps(profile, whole);
	read_lines(profile, whole);
	read_buckets(profile, whole);
	read_times(profile, whole);
	read_symbols(profile, whole);
	prof_json_watch_read(profile, whole);
	prof_sampling_parse(profile, whole);
}

/* What another command, or a script, prints says so itself. */
static bool is_another(const json_t *json, char *mistake)
{
	const char *command = json_string_value(json_object_get(json, "command"));
	const char *script = json_string_value(json_object_get(json, "script"));

	if (!command && !script)
		return false;
	snprintf(mistake, PROF_MISTAKE_ROOM,
		 "not a profile, but what %s%.24s printed: khmap-prof record --json writes one",
		 command ? "khmap-prof " : "", command ? command : script);
	return true;
}

int prof_json_read(FILE *in, struct prof_profile *profile, char *mistake)
{
	struct prof_parse parse = { .profile = profile };
	struct prof_node whole = { .parse = &parse };
	json_error_t error;
	json_t *json;
	long long format;

	errno = 0;
	json = json_loadf(in, JSON_REJECT_DUPLICATES, &error);
	if (!json && ferror(in)) {
		snprintf(mistake, PROF_MISTAKE_ROOM, "it cannot be read: %s", strerror(errno));
		return -EIO;
	}
	if (!json) {
		snprintf(mistake, PROF_MISTAKE_ROOM, "not JSON: line %d, column %d: %s",
			 error.line, error.column, error.text);
		return -EINVAL;
	}
	whole.json = json;
	if (is_another(json, mistake)) {
		json_decref(json);
		return -EINVAL;
	}
	format = prof_parse_number(&whole, "format", 1, INT64_MAX);
	if (!parse.mistake[0] && format != PROF_FORMAT) {
		snprintf(mistake, PROF_MISTAKE_ROOM,
			 "format %lld; this khmap-prof reads %d: record again, or use the khmap-prof that wrote it",
			 format, PROF_FORMAT);
		json_decref(json);
		return -EINVAL;
	}
	if (!parse.mistake[0])
		read_profile(profile, &whole);
	json_decref(json);
	if (parse.mistake[0]) {
		snprintf(mistake, PROF_MISTAKE_ROOM, "not a profile: %s", parse.mistake);
		return -EINVAL;
	}
	prof_profile_sort(profile);
	return 0;
}
