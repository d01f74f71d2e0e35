// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * map.c - two CPUs put into neighbouring buckets, packed or aligned
 */
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/khmap.h>
#include "demo/demo.h"
#include "demo/neighbours.h"
#include "source/rights.h"

static int map_get(int fd, uint64_t key, uint64_t *value)
{
	struct khmap_ioc_record record = {
		.size = sizeof(record),
		.key = (uintptr_t)&key,
		.key_size = sizeof(key),
		.value = (uintptr_t)value,
		.value_size = sizeof(*value),
	};

	return ioctl(fd, KHMAP_IOC_GET, &record) < 0 ? -errno : 0;
}

static int map_model(const struct demo *demo, uint32_t layout, struct demo_case *at)
{
	struct demo_transfers transfers;
	int err = demo_map_model(&demo->pair, layout, DEMO_TURNS, &transfers);

	if (err)
		return err;
	demo_case_model(at, &transfers);
	return 0;
}

static int map_round(const struct demo *demo, uint32_t layout, struct demo_case *at)
{
	struct demo_map map = { .puts = demo->puts };
	uint64_t values[2];
	double ns;
	int err, i;

	err = demo_map_make(&map, layout);
	if (err)
		return err;
	err = demo_pair_run(&demo->pair, &demo_map_work, &map, &ns);
	/* The value is the number of the last put. */
	for (i = 0; !err && i < 2; i++)
		err = map_get(map.fd, map.keys[i], &values[i]);
	close(map.fd);
	if (err)
		return err;
	at->round_ns[at->rounds++] = ns / (double)demo->puts;
	at->operations = 2 * demo->puts;
	at->counted = values[0] + values[1];
	return 0;
}

/* Both layouts, in turns. */
static int maps_rounds(struct demo *demo, const uint32_t *layouts, struct demo_case *at)
{
	size_t round;
	int err, i;

	for (round = 0; round < demo->rounds; round++)
		for (i = 0; i < 2; i++) {
			err = map_round(demo, layouts[i], &at[i]);
			if (err)
				return err;
		}
	for (i = 0; i < 2; i++)
		at[i].ns = demo_median(at[i].round_ns, at[i].rounds);
	return 0;
}

/* Why the model cannot be asked; empty if it can. */
static void model_why(char *text, size_t size)
{
	static const unsigned int needs[] = { PROF_NEED_TYPES, PROF_NEED_BPF };
	struct prof_rights rights;
	size_t i;

	prof_rights_read(&rights);
	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (prof_rights_why(&rights, needs[i], text, size))
			return;
}

/* Why the control device cannot be opened. */
static void no_map_why(int err, char *text, size_t size)
{
	const char *why = "may not be opened for writing; run this as root";

	if (err == -ENOENT)
		why = "does not exist, though the module is loaded; a container must be given it";
	snprintf(text, size, "no map can be created: %s %s",
		 KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME, why);
}

int demo_maps(struct demo *demo)
{
	static const uint32_t layouts[2] = { KHMAP_LAYOUT_PACKED, KHMAP_LAYOUT_ALIGNED };
	struct demo_case *at = &demo->cases[demo->count];
	struct prof_rights rights;
	int err, i;

	prof_rights_read(&rights);
	demo->count += 2;
	for (i = 0; i < 2; i++) {
		at[i].group = "maps";
		at[i].name = i ? "neighbouring buckets, aligned" : "neighbouring buckets, packed";
		snprintf(at[i].misses_why, sizeof(at[i].misses_why),
			 "\"khmap-prof stat\" counts those of operations");
		prof_rights_why(&rights, PROF_NEED_MODULE, at[i].why_not, sizeof(at[i].why_not));
	}
	if (at->why_not[0])
		return 0;
	err = maps_rounds(demo, layouts, at);
	if (err == -EACCES || err == -EPERM || err == -ENOENT) {
		for (i = 0; i < 2; i++)
			no_map_why(err, at[i].why_not, sizeof(at[i].why_not));
		return 0;
	}
	for (i = 0; !err && i < 2; i++) {
		/* By the layout, which is there for just that. */
		at[i].verdict = i ? DEMO_NOTHING : DEMO_FALSE;
		at[i].verdict_by = "layout";
		model_why(at[i].modelled_why, sizeof(at[i].modelled_why));
		if (!at[i].modelled_why[0])
			err = map_model(demo, layouts[i], &at[i]);
	}
	return err;
}
