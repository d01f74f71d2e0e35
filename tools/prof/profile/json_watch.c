// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * json_watch.c - what a profile of watchpoints has beside others, for programs
 */
#include <inttypes.h>
#include <stdio.h>
#include "profile/json_watch.h"
#include "bpf/watch.h"

#define NAME_MAX_BYTES	255
#define SLOTS_MAX	64	/* of any processor */

static json_t *json_ranges(const struct prof_profile *profile)
{
	json_t *array = json_array();
	char start[24];
	size_t i;

	for (i = 0; array && i < profile->range_count; i++) {
		const struct prof_range_row *range = &profile->ranges[i];

		snprintf(start, sizeof(start), "0x%016" PRIx64, range->start);
		json_array_append_new(array, json_pack("{s:I, s:I, s:s, s:I, s:s}",
						       "number", (json_int_t)range->number,
						       "pid", (json_int_t)range->pid,
						       "start", start,
						       "length", (json_int_t)range->length,
						       "name", range->name));
	}
	return array;
}

static json_t *json_watched(const struct prof_profile *profile)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array && i < profile->watched_count; i++) {
		const struct prof_watched_row *row = &profile->watched[i];

		json_array_append_new(array, json_pack("{s:I, s:s, s:I, s:i, s:i, s:i, s:I, s:I}",
						       "map_id", (json_int_t)row->key.map_id,
						       "region", prof_region_name(row->key.region),
						       "page", (json_int_t)row->key.page,
						       "line", row->key.line,
						       "offset", row->offset,
						       "length", row->length,
						       "watched_ns", (json_int_t)row->watched_ns,
						       "hits", (json_int_t)row->hits));
	}
	return array;
}

json_t *prof_json_watch_add(json_t *json, const struct prof_profile *profile)
{
	const struct prof_watching *watching = &profile->watching;
	json_t *how;

	if (!json || !watching->slots)
		return json;
	how = json_pack("{s:i, s:i, s:I, s:b, s:I, s:I}", "slots", watching->slots,
			"width", watching->width,
			"interval_ns", (json_int_t)watching->interval_ns,
			"loads", watching->loads,
			"others", (json_int_t)watching->others,
			"unset", (json_int_t)watching->unset);
	/* Each takes what it is given, or fails for NULL. */
	if (!json_object_set_new(json, "watching", how) &&
	    !json_object_set_new(json, "ranges", json_ranges(profile)) &&
	    !json_object_set_new(json, "watched", json_watched(profile)))
		return json;
	json_decref(json);
	return NULL;
}

static void read_range(const struct prof_node *object, struct prof_range_row *range)
{
	range->number = prof_parse_count(object, "number");
	range->pid = (uint32_t)prof_parse_number(object, "pid", 0, INT32_MAX);
	range->start = prof_parse_bits(object, "start", false);
	range->length = prof_parse_count(object, "length");
	range->name = prof_parse_text(object, "name", NAME_MAX_BYTES);
}

static void read_watched(const struct prof_node *object, struct prof_watched_row *row)
{
	row->key.map_id = prof_parse_count(object, "map_id");
	row->key.region = prof_parse_word(object, "region", prof_region_name, "a region");
	row->key.page = (uint32_t)prof_parse_number(object, "page", 0, UINT32_MAX);
	row->key.line = (uint32_t)prof_parse_number(object, "line", 0, UINT16_MAX);
	row->offset = (uint32_t)prof_parse_number(object, "offset", 0, PROF_LINE_SIZE - 1);
	row->length = (uint32_t)prof_parse_number(object, "length", 1, PROF_LINE_SIZE);
	row->watched_ns = prof_parse_count(object, "watched_ns");
	row->hits = prof_parse_count(object, "hits");
}

void prof_json_watch_read(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_watching *watching = &profile->watching;
	struct prof_node array, element, how;
	size_t i;

	if (!json_object_get(whole->json, "watching"))
		return;
	how = prof_parse_object(whole, "watching");
	watching->slots = (uint32_t)prof_parse_number(&how, "slots", 1, SLOTS_MAX);
	watching->width = (uint32_t)prof_parse_number(&how, "width", 1, PROF_WATCH_BYTES);
	watching->interval_ns = prof_parse_count(&how, "interval_ns");
	watching->loads = prof_parse_bool(&how, "loads");
	/* Profiles of before have neither. */
	if (json_object_get(how.json, "others"))
		watching->others = prof_parse_count(&how, "others");
	if (json_object_get(how.json, "unset"))
		watching->unset = prof_parse_count(&how, "unset");
	array = prof_parse_array(whole, "ranges", &profile->range_count);
	profile->ranges = prof_alloc(profile->range_count, sizeof(*profile->ranges));
	for (i = 0; i < profile->range_count; i++) {
		element = prof_parse_element(&array, i);
		read_range(&element, &profile->ranges[i]);
	}
	array = prof_parse_array(whole, "watched", &profile->watched_count);
	profile->watched = prof_alloc(profile->watched_count, sizeof(*profile->watched));
	for (i = 0; i < profile->watched_count; i++) {
		element = prof_parse_element(&array, i);
		read_watched(&element, &profile->watched[i]);
	}
}
