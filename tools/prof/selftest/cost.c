// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cost.c - what a profile costs those who put
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/khmap.h>
#include "demo/demo.h"
#include "demo/neighbours.h"
#include "profile/profile.h"
#include "selftest/selftest.h"
#include "source/period.h"
#include "source/session.h"

#define KEYS		4096u		/* the same ones over and over: nothing grows */
#define GROUP		64u		/* puts that are timed together */
#define GROUPS_MAX	16384u		/* of a round */
#define ROUND_NS	20000000ull	/* at least */

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
	began = prof_tick_now();
	before = began;
	for (group = 0; !err && group < GROUPS_MAX && before - began < ROUND_NS; group++) {
		err = put_group(load, group);
		now = prof_tick_now();
		load->times[group] = (double)(now - before);
		before = now;
	}
	*rate = GROUP * 1e9 / demo_median(load->times, group);
	return err;
}

/* One round with the programs attached, or without. */
static int round_measure(struct load *load, struct prof_session *session, bool on, double *rate)
{
	int err = prof_session_attach(session, on);

	return err ? err : rate_measure(load, rate);
}

/*
 * Rounds are short and take turns, so that whatever else the machine does, now
 * more and now less, meets both kinds.
 */
static int rounds_measure(struct selftest_cost *cost, struct load *load,
			  struct prof_session *session)
{
	size_t round;
	int err;

	/* Attached they are at first. */
	err = prof_session_attach(session, false);
	for (round = 0; round < cost->rounds && !err; round++) {
		err = round_measure(load, session, false, &cost->plain[round]);
		if (!err)
			err = round_measure(load, session, true, &cost->sampled[round]);
		if (!err)
			err = prof_session_attach(session, false);
	}
	if (!err)
		cost->ratio = demo_median(cost->sampled, cost->rounds) /
			      demo_median(cost->plain, cost->rounds);
	return err;
}

/* What is modelled in part only costs less than what it stands for. */
static int all_modelled(struct prof_session *session)
{
	struct prof_fds fds = prof_session_fds(session);
	struct prof_profile profile = { 0 };
	int err = prof_profile_read(&profile, &fds);

	if (!err && profile.totals.partial)
		err = -ENODATA;
	prof_profile_free(&profile);
	return err;
}

int selftest_cost(struct selftest_cost *cost)
{
	struct load *load = prof_alloc(1, sizeof(*load));
	struct prof_settings settings = { .sample = cost->sample, .enabled = 1 };
	struct prof_session *session = NULL;
	struct demo_map map = { 0 };
	int status, err;
	uint32_t i;

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
	status = prof_session_open(&(struct prof_session_options){
		.map_id = map.map_id,
		.sample = cost->sample,
	}, &session);
	if (!status) {
		/* It is older than the programs, and has no name to be found by. */
		err = bpf_map_update_elem(prof_session_fds(session).maps, &map.map_id,
					  &map.shape, BPF_ANY);
		if (!err)
			err = prof_session_write(session, &settings);
		if (!err)
			err = rounds_measure(cost, load, session);
		if (!err)
			err = all_modelled(session);
		prof_session_close(session);
	}
	if (err) {
		prof_error("puts cannot be measured: %s", strerror(-err));
		status = PROF_EXIT_FAILED;
	}
	close(map.fd);
	free(load);
	return status;
}
