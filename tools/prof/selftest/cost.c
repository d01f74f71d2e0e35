// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cost.c - what a profile costs those who put
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/khmap.h>
#include "demo/demo.h"
#include "demo/neighbours.h"
#include "selftest/selftest.h"
#include "source/period.h"
#include "source/session.h"

#define KEYS		4096u		/* the same ones over and over: nothing grows */
#define GROUP		64u		/* puts that are timed together */
#define GROUPS_MAX	16384u		/* of a round */
#define ROUND_NS	300000000ull	/* at least */

/* A map's keys, and values for them, as a batch has them. */
struct load {
	int fd;
	uint32_t batch;
	uint64_t keys[KEYS];
	uint64_t values[KEYS];
	double times[GROUPS_MAX];
};

static int put_some(const struct load *load, uint32_t first)
{
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = load->batch,
		.opcode = KHMAP_OP_PUT,
		.keys = (uintptr_t)&load->keys[first],
		.values = (uintptr_t)&load->values[first],
	};

	if (load->batch == 1)
		return demo_map_put(load->fd, load->keys[first], load->values[first]);
	if (ioctl(load->fd, KHMAP_IOC_BATCH, &batch) < 0)
		return -errno;
	return batch.failed ? -EIO : 0;
}

static int put_group(const struct load *load, uint32_t group)
{
	uint32_t first = group * GROUP % KEYS, i;
	int err = 0;

	for (i = 0; i < GROUP && !err; i += load->batch)
		err = put_some(load, first + i);
	return err;
}

/*
 * Puts a second.  By the median of groups: one that was interrupted says nothing,
 * and on a machine with other work many are.
 */
static int rate_measure(struct load *load, double *rate)
{
	uint64_t began, before, now;
	uint32_t group;
	int err = 0;

	/* All keys once for nothing: whatever has to be brought near is then. */
	for (group = 0; group < KEYS / GROUP && !err; group++)
		err = put_group(load, group);
	began = prof_period_now();
	before = began;
	for (group = 0; !err && group < GROUPS_MAX && before - began < ROUND_NS; group++) {
		err = put_group(load, group);
		now = prof_period_now();
		load->times[group] = (double)(now - before);
		before = now;
	}
	*rate = GROUP * 1e9 / demo_median(load->times, group);
	return err;
}

static int round_measure(struct load *load, const struct prof_settings *settings,
			 double *rate)
{
	struct prof_session *session = NULL;
	int status, err = 0;

	if (settings) {
		status = prof_session_open(PROF_LINES_DEFAULT, false, &session);
		if (status)
			return status;
		err = prof_settings_write(prof_session_fds(session).settings, settings);
	}
	if (!err)
		err = rate_measure(load, rate);
	prof_session_close(session);
	if (!err)
		return PROF_EXIT_OK;
	prof_error("puts cannot be measured: %s", strerror(-err));
	return PROF_EXIT_FAILED;
}

int selftest_cost(struct selftest_cost *cost)
{
	struct load *load = prof_alloc(1, sizeof(*load));
	struct prof_settings settings = { .sample = cost->sample, .enabled = 1 };
	struct demo_map map = { 0 };
	int status = PROF_EXIT_OK, err;
	uint32_t i;
	size_t round;

	err = demo_map_make(&map, KHMAP_LAYOUT_ALIGNED);
	if (err) {
		prof_error("no map can be created: %s", strerror(-err));
		free(load);
		return PROF_EXIT_FAILED;
	}
	load->fd = map.fd;
	load->batch = cost->batch;
	settings.map_id = map.map_id;
	for (i = 0; i < KEYS; i++)
		load->keys[i] = i;
	for (round = 0; round < cost->rounds && !status; round++) {
		status = round_measure(load, NULL, &cost->plain[round]);
		if (!status)
			status = round_measure(load, &settings, &cost->sampled[round]);
	}
	if (!status)
		cost->ratio = demo_median(cost->sampled, cost->rounds) /
			      demo_median(cost->plain, cost->rounds);
	close(map.fd);
	free(load);
	return status;
}
