// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * target.c - what shall be profiled
 */
#include <errno.h>
#include <string.h>
#include "options.h"
#include "source/maps.h"
#include "source/target.h"

bool prof_target_option(struct prof_target *target, int option, const char *value)
{
	uint64_t number;

	switch (option) {
	case 'm':
		target->name = value;
		return true;
	case 'i':
		return prof_option_count("--map-id", value, UINT64_MAX, &target->map_id);
	case 's':
		if (!prof_option_count("--sample", value, PROF_SAMPLE_MAX, &number))
			return false;
		target->sample = (uint32_t)number;
		return true;
	default:
		return false;
	}
}

int prof_target_id(const struct prof_target *target, __u64 *map_id)
{
	int err;

	*map_id = target->map_id;
	if (target->name && target->map_id) {
		prof_error("give --map or --map-id, not both");
		return PROF_EXIT_USAGE;
	}
	if (!target->name && !target->map_id)
		return PROF_EXIT_OK;
	err = prof_maps_find(target->name, map_id);
	if (!err)
		return PROF_EXIT_OK;
	if (err == -ENOENT && target->name)
		prof_error("there is no map \"%s\": \"khmapctl ls\" lists those that there are",
			   target->name);
	else if (err == -ENOENT)
		prof_error("there is no map with id %llu: \"khmapctl stat NAME\" tells that of a map",
			   (unsigned long long)target->map_id);
	else
		prof_error("the list of maps cannot be read: %s", strerror(-err));
	return err == -ENOENT ? PROF_EXIT_NO_MAP :
	       err == -EACCES ? PROF_EXIT_NOT_PERMITTED : PROF_EXIT_FAILED;
}

int prof_target_find(const struct prof_target *target, struct prof_settings *settings)
{
	*settings = (struct prof_settings){
		.sample = target->sample,
		.enabled = 1,
	};
	return prof_target_id(target, &settings->map_id);
}

void prof_target_check(const struct prof_target *target, uint64_t map_id)
{
	__u64 same = map_id, named = map_id;
	bool gone, again;
	int err = 0;

	if (!map_id)
		return;
	if (target->name)
		err = prof_maps_find(target->name, &named);
	/* Who has it open sees it in the list, without a name. */
	gone = prof_maps_find(NULL, &same) == -ENOENT || err == -ENOENT;
	again = !err && named != map_id;
	if (gone && target->name)
		prof_error("map \"%s\" was destroyed while it was profiled%s", target->name,
			   again ? ", and the new map of that name is not profiled" : "");
	else if (gone)
		prof_error("the map with id %llu was destroyed while it was profiled",
			   (unsigned long long)map_id);
	else if (again)
		prof_error("\"%s\" is the name of another map now, which is not profiled",
			   target->name);
}
