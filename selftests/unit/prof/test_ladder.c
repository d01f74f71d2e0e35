// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_ladder.c - the table of events: its numbers, and which samples are misses
 */
#include "perf/ladder.h"
#include "../tap.h"

/* All that perf_event_open() is told. */
static void numbers(const char *name, uint32_t type, uint64_t config, uint64_t config1,
		    uint8_t precise, bool has_address, bool all_stores)
{
	const struct prof_rung *rung = prof_rung_find(name);

	if (!ok(rung, "there is a rung %s", name))
		return;
	is_u64(rung->type, type, "%s: type", name);
	is_u64(rung->config, config, "%s: config", name);
	is_u64(rung->config1, config1, "%s: config1", name);
	is_u64(rung->precise, precise, "%s: precise_ip", name);
	ok(rung->has_address == has_address, "%s: %s address", name, has_address ? "an" : "no");
	ok(rung->all_stores == all_stores, "%s: %s", name,
	   all_stores ? "samples tell which missed" : "each counts");
}

static void missed(const char *what, const char *rung, uint64_t op, uint64_t level, bool want)
{
	union perf_mem_data_src source = { .mem_op = op, .mem_lvl = level };

	ok(prof_source_missed(source, prof_rung_find(rung)->mixed) == want, "%s: %s", what,
	   want ? "a miss" : "no miss");
}

static void table_is_sound(void)
{
	size_t i, k, bad = 0, same = 0;

	for (i = 0; i < prof_ladder_length; i++) {
		const struct prof_rung *rung = &prof_ladder[i];

		bad += !rung->name || !rung->event || !rung->machines || !rung->counts ||
		       !rung->period || (rung->period_step && rung->period % rung->period_step) ||
		       (rung->all_stores && !rung->has_address) ||
		       (rung->mixed && !rung->all_stores);
		for (k = 0; k < i; k++)
			same += !strcmp(rung->name, prof_ladder[k].name);
	}
	is_u64(bad, 0, "every rung says all that it must");
	is_u64(same, 0, "names are unique");
	is_str(prof_ladder[prof_ladder_length - 1].name, "cpu-clock", "the last rung");
	ok(!prof_rung_find("nothing"), "there is no rung \"nothing\"");
}

int main(void)
{
	table_is_sound();
	numbers("store-latency", 4, 0x2cd, 0, 2, true, true);
	numbers("store-latency-core", 0, 0x2cd, 0, 2, true, true);
	is_str(prof_rung_find("store-latency-core")->pmu, "cpu_core", "its PMU");
	numbers("store-latency-atom", 0, 0x6d0, 0, 2, true, true);
	is_str(prof_rung_find("store-latency-atom")->pmu, "cpu_atom", "its PMU");
	numbers("all-stores", 4, 0x82d0, 0, 2, true, true);
	numbers("precise-store", 4, 0x2cd, 0, 2, true, true);
	numbers("ibs-op", 0, 0x80000, 0, 0, true, true);
	is_str(prof_rung_find("ibs-op")->pmu, "ibs_op", "its PMU");
	numbers("rfo-hitm", 4, 0x1b7, 0x10003c0002, 0, false, false);
	numbers("rfo-miss", 4, 0x2224, 0, 0, false, false);
	numbers("change-to-x", 4, 0x860, 0, 0, false, false);
	numbers("rd-blk-x", 4, 0x4060, 0, 0, false, false);
	numbers("refill-write", 4, 0x43, 0, 0, false, false);
	numbers("store-misses", 3, 0x10100, 0, 0, false, false);
	numbers("watchpoints", 5, 0, 0, 0, true, false);
	numbers("page-faults", 1, 2, 0, 0, true, false);
	numbers("cpu-clock", 1, 0, 0, 0, false, false);

	is_u64(prof_rung_period(prof_rung_find("ibs-op"), 0), 100000, "a period of its own");
	is_u64(prof_rung_period(prof_rung_find("ibs-op"), 1000), 992, "IBS has multiples of 16");
	is_u64(prof_rung_period(prof_rung_find("ibs-op"), 7), 16, "the lowest");
	is_u64(prof_rung_period(prof_rung_find("rfo-hitm"), 7), 7, "others have all");

	missed("Haswell, hit", "all-stores", PERF_MEM_OP_STORE,
	       PERF_MEM_LVL_L1 | PERF_MEM_LVL_HIT, false);
	missed("Haswell, missed", "all-stores", PERF_MEM_OP_STORE,
	       PERF_MEM_LVL_L1 | PERF_MEM_LVL_MISS, true);
	missed("Sapphire Rapids, L2", "store-latency", PERF_MEM_OP_STORE,
	       PERF_MEM_LVL_L2 | PERF_MEM_LVL_HIT, true);
	missed("Sapphire Rapids, fill buffer", "store-latency", PERF_MEM_OP_STORE,
	       PERF_MEM_LVL_LFB | PERF_MEM_LVL_HIT, true);
	missed("AMD, beyond L2", "ibs-op", PERF_MEM_OP_STORE, PERF_MEM_LVL_NA, true);
	missed("AMD, a load", "ibs-op", PERF_MEM_OP_LOAD, PERF_MEM_LVL_L2 | PERF_MEM_LVL_HIT,
	       false);
	missed("AMD, neither", "ibs-op", PERF_MEM_OP_NA, PERF_MEM_LVL_NA, false);
	/* Their driver says "load" of stores, too. */
	missed("an efficient core, hit", "store-latency-atom", PERF_MEM_OP_LOAD,
	       PERF_MEM_LVL_L1 | PERF_MEM_LVL_HIT, false);
	missed("an efficient core, L2", "store-latency-atom", PERF_MEM_OP_LOAD,
	       PERF_MEM_LVL_L2 | PERF_MEM_LVL_HIT, true);
	missed("an efficient core, not known", "store-latency-atom", PERF_MEM_OP_NA,
	       PERF_MEM_LVL_NA, false);
	missed("a driver that says nothing", "all-stores", 0, 0, false);
	return done();
}
