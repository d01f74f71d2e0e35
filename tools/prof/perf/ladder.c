// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * ladder.c - the table of events
 *
 * Numbers of events are those of the makers' manuals, as in the tables of
 * tools/perf/pmu-events of the kernel's source.  The generic event
 * L1-dcache-store-misses, which would be the obvious one, is unknown to Intel's
 * processors since Haswell and to all of AMD's.
 */
#include <string.h>
#include "perf/ladder.h"

#define RAW(umask, event)	((umask) << 8 | (event))
#define CACHE(cache, op, result) \
	((cache) | (op) << 8 | (result) << 16)

/* Of Intel's family 6. */
static const struct prof_models store_latency[] = {
	{ 6, 143, 143 },	/* Sapphire Rapids */
	{ 6, 173, 174 },	/* Granite Rapids */
	{ 6, 207, 207 },	/* Emerald Rapids */
	{ 0 }
};

static const struct prof_models store_latency_hybrid[] = {
	{ 6, 151, 151 },	/* Alder Lake */
	{ 6, 154, 154 },
	{ 6, 170, 170 },	/* Meteor Lake */
	{ 6, 172, 172 },
	{ 6, 183, 183 },	/* Raptor Lake */
	{ 6, 186, 186 },
	{ 6, 191, 191 },
	{ 0 }
};

static const struct prof_models haswell_to_ice_lake[] = {
	{ 6, 60, 61 },		/* Haswell, Broadwell */
	{ 6, 63, 63 },
	{ 6, 69, 71 },
	{ 6, 78, 79 },		/* Skylake, Broadwell */
	{ 6, 85, 86 },
	{ 6, 94, 94 },
	{ 6, 106, 106 },	/* Ice Lake */
	{ 6, 108, 108 },
	{ 6, 125, 126 },
	{ 6, 140, 142 },	/* Tiger Lake, Kaby Lake */
	{ 6, 158, 158 },
	{ 6, 165, 167 },	/* Comet Lake, Rocket Lake */
	{ 0 }
};

/* Of Haswell to Ice Lake, those whose L3 has the numbers of a server's. */
static const struct prof_models offcore_hitm[] = {
	{ 6, 60, 61 },
	{ 6, 63, 63 },
	{ 6, 69, 71 },
	{ 6, 79, 79 },
	{ 6, 85, 86 },
	{ 6, 106, 106 },
	{ 6, 108, 108 },
	{ 6, 125, 126 },
	{ 0 }
};

static const struct prof_models rfo_miss[] = {
	{ 6, 60, 61 },
	{ 6, 63, 63 },
	{ 6, 69, 71 },
	{ 6, 78, 79 },
	{ 6, 85, 86 },
	{ 6, 94, 94 },
	{ 6, 106, 106 },
	{ 6, 108, 108 },
	{ 6, 125, 126 },
	{ 6, 140, 143 },
	{ 6, 158, 158 },
	{ 6, 165, 167 },
	{ 6, 207, 207 },
	{ 0 }
};

static const struct prof_models sandy_bridge[] = {
	{ 6, 42, 42 },
	{ 6, 45, 45 },
	{ 6, 58, 58 },		/* Ivy Bridge */
	{ 6, 62, 62 },
	{ 0 }
};

static const struct prof_models zen[] = {
	{ 23, 0, 255 },		/* 1 and 2 */
	{ 24, 0, 255 },		/* Hygon's of the first */
	{ 25, 0, 255 },		/* 3 and 4 */
	{ 0 }
};

/* Zen 5 no longer lists changes of state, 0x08, among its requests to the L2 cache. */
static const struct prof_models zen_stores[] = {
	{ 23, 0, 255 },
	{ 24, 0, 255 },
	{ 25, 0, 255 },
	{ 26, 0, 255 },		/* 5 */
	{ 0 }
};

/* Of Arm itself (0x41): those whose manuals list event 0x43. */
static const struct prof_models refill_write[] = {
	{ 0x41, 0xd07, 0xd08 },	/* Cortex-A57, A72 */
	{ 0x41, 0xd0b, 0xd0d },	/* Cortex-A76, Neoverse N1, Cortex-A77 */
	{ 0x41, 0xd40, 0xd41 },	/* Neoverse V1, Cortex-A78 */
	{ 0x41, 0xd49, 0xd49 },	/* Neoverse N2 */
	{ 0x41, 0xd4f, 0xd4f },	/* Neoverse V2 */
	{ 0 }
};

const struct prof_rung prof_ladder[] = {
	{
		.name = "store-latency",
		.event = "MEM_TRANS_RETIRED.STORE_SAMPLE",
		.machines = "Intel Sapphire, Emerald and Granite Rapids",
		.counts = "retired stores of the kernel, of which those are kept whose sample says that they missed the L1 cache",
		.vendor = PROF_VENDOR_INTEL,
		.models = store_latency,
		.type = PERF_TYPE_RAW,
		.config = RAW(0x02, 0xcd),
		.precise = 2,
		.period = 2003,
		.kernel_only = true,
		.has_address = true,
		.all_stores = true,
	},
	{
		.name = "store-latency-core",
		.event = "MEM_TRANS_RETIRED.STORE_SAMPLE",
		.machines = "the performance cores of Intel Alder, Raptor and Meteor Lake",
		.counts = "retired stores of the kernel on the performance cores, of which those are kept whose sample says that they missed the L1 cache",
		.vendor = PROF_VENDOR_INTEL,
		.models = store_latency_hybrid,
		.pmu = "cpu_core",
		.config = RAW(0x02, 0xcd),
		.precise = 2,
		.period = 2003,
		.kernel_only = true,
		.has_address = true,
		.all_stores = true,
	},
	{
		/* What the kernel's own alias mem-stores stands for there. */
		.name = "store-latency-atom",
		.event = "MEM_UOPS_RETIRED.STORE_LATENCY",
		.machines = "the efficient cores of Intel Alder, Raptor and Meteor Lake",
		.counts = "retired stores of the kernel on the efficient cores, of which those are kept whose sample says that they missed the L1 cache",
		.vendor = PROF_VENDOR_INTEL,
		.models = store_latency_hybrid,
		.pmu = "cpu_atom",
		.config = RAW(0x06, 0xd0),
		.precise = 2,
		.period = 2003,
		.kernel_only = true,
		.has_address = true,
		.all_stores = true,
	},
	{
		.name = "all-stores",
		.event = "MEM_INST_RETIRED.ALL_STORES",
		.machines = "Intel Haswell to Ice, Tiger and Rocket Lake",
		.counts = "retired stores of the kernel, of which those are kept whose sample says that they missed the L1 cache",
		.vendor = PROF_VENDOR_INTEL,
		.models = haswell_to_ice_lake,
		.type = PERF_TYPE_RAW,
		.config = RAW(0x82, 0xd0),
		.precise = 2,
		.period = 2003,
		.kernel_only = true,
		.has_address = true,
		.all_stores = true,
	},
	{
		.name = "precise-store",
		.event = "MEM_TRANS_RETIRED.PRECISE_STORE",
		.machines = "Intel Sandy and Ivy Bridge",
		.counts = "retired stores of the kernel, of which those are kept whose sample says that they missed the L1 cache",
		.vendor = PROF_VENDOR_INTEL,
		.models = sandy_bridge,
		.type = PERF_TYPE_RAW,
		.config = RAW(0x02, 0xcd),
		.precise = 2,
		.period = 2003,
		.kernel_only = true,
		.has_address = true,
		.all_stores = true,
	},
	{
		.name = "ibs-op",
		.event = "ibs_op/cnt_ctl=1/",
		.machines = "AMD with instruction-based sampling, where the kernel has the PMU ibs_op",
		.counts = "dispatched micro-operations of any kind, of which those stores are kept that missed the L1 cache and whose address was valid",
		.vendor = PROF_VENDOR_AMD,
		.pmu = "ibs_op",
		.config = 1ull << 19,	/* operations, not cycles */
		.period = 100000,
		.period_step = 16,
		.has_address = true,
		.all_stores = true,
		.mixed = true,
	},
	{
		.name = "rfo-hitm",
		.event = "OFFCORE_RESPONSE.DEMAND_RFO.L3_HIT.HITM_OTHER_CORE",
		.machines = "Intel Haswell, Broadwell, servers of Skylake's kind, Ice Lake",
		.counts = "requests of stores for ownership of a line that another core of the socket had modified",
		.vendor = PROF_VENDOR_INTEL,
		.models = offcore_hitm,
		.type = PERF_TYPE_RAW,
		.config = RAW(0x01, 0xb7),
		.config1 = 0x10003c0002,
		.period = 211,
		.kernel_only = true,
	},
	{
		.name = "rfo-miss",
		.event = "L2_RQSTS.RFO_MISS",
		.machines = "Intel Haswell to Sapphire Rapids",
		.counts = "requests of stores for ownership of a line that missed the L2 cache",
		.vendor = PROF_VENDOR_INTEL,
		.models = rfo_miss,
		.type = PERF_TYPE_RAW,
		.config = RAW(0x22, 0x24),
		.period = 1009,
		.kernel_only = true,
	},
	{
		.name = "change-to-x",
		.event = "l2_request_g1.change_to_x",
		.machines = "AMD Zen 1 to 4",
		.counts = "requests to the L2 cache to make a line writable that the L1 cache has already, shared with others",
		.vendor = PROF_VENDOR_AMD,
		.models = zen,
		.type = PERF_TYPE_RAW,
		.config = RAW(0x08, 0x60),
		.period = 1009,
		.kernel_only = true,
	},
	{
		.name = "rd-blk-x",
		.event = "l2_request_g1.rd_blk_x",
		.machines = "AMD Zen 1 to 5",
		.counts = "requests of stores to the L2 cache for a line that the L1 cache lacked",
		.vendor = PROF_VENDOR_AMD,
		.models = zen_stores,
		.type = PERF_TYPE_RAW,
		.config = RAW(0x40, 0x60),
		.period = 1009,
		.kernel_only = true,
	},
	{
		.name = "refill-write",
		.event = "L1D_CACHE_REFILL_WR",
		.machines = "Arm Cortex-A57, A72, A76 to A78, Neoverse N1, N2, V1, V2",
		.counts = "lines that were brought into the L1 cache for a store",
		.vendor = PROF_VENDOR_ARM,
		.models = refill_write,
		.type = PERF_TYPE_RAW,
		.config = 0x43,
		.period = 1009,
		.kernel_only = true,
	},
	{
		.name = "store-misses",
		.event = "L1-dcache-store-misses",
		.machines = "older x86 and some Arm: whatever the kernel knows it for",
		.counts = "stores that missed the L1 cache",
		.type = PERF_TYPE_HW_CACHE,
		.config = CACHE(PERF_COUNT_HW_CACHE_L1D, PERF_COUNT_HW_CACHE_OP_WRITE,
				PERF_COUNT_HW_CACHE_RESULT_MISS),
		.period = 1009,
		.kernel_only = true,
	},
	{
		.name = "watchpoints",
		.event = "mem:ADDRESS:w",
		.machines = "any with debug registers, virtual and emulated ones too",
		.counts = "every store to the few places that are being watched; transfers are modelled",
		.kind = PROF_RUNG_WATCHPOINT,
		.choice = PROF_CHOICE_NAMED,
		.type = PERF_TYPE_BREAKPOINT,
		.period = 1,
		.has_address = true,
	},
	{
		.name = "tracepoints",
		.event = "khmap:khmap_put, khmap:khmap_delete",
		.machines = "any, with type information of the module",
		.counts = "every put and delete, and the bytes that it stored; transfers are modelled",
		.kind = PROF_RUNG_TRACEPOINTS,
		.period = 1,
		.has_address = true,
	},
	{
		.name = "page-faults",
		.event = "page-faults",
		.machines = "any",
		.counts = "page faults, which are the first accesses of a process to a page that it has mapped: no stores",
		.choice = PROF_CHOICE_NAMED,
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.period = 1,
		.has_address = true,
	},
	{
		.name = "cpu-clock",
		.event = "cpu-clock",
		.machines = "any",
		.counts = "time on a processor, in nanoseconds: no stores, but where operations spend their time",
		.choice = PROF_CHOICE_NAMED,
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.period = 1000003,
	},
};

const size_t prof_ladder_length = sizeof(prof_ladder) / sizeof(prof_ladder[0]);

const struct prof_rung *prof_rung_find(const char *name)
{
	size_t i;

	for (i = 0; i < prof_ladder_length; i++)
		if (!strcmp(prof_ladder[i].name, name))
			return &prof_ladder[i];
	return NULL;
}

bool prof_rung_fits(const struct prof_rung *rung, const struct prof_cpu *cpu)
{
	const struct prof_models *models = rung->models;

	if (rung->vendor != PROF_VENDOR_OTHER && rung->vendor != cpu->vendor)
		return false;
	if (!models)
		return true;
	for (; models->family; models++)
		if (models->family == cpu->family && models->first <= cpu->model &&
		    cpu->model <= models->last)
			return true;
	return false;
}

uint64_t prof_rung_period(const struct prof_rung *rung, uint64_t period)
{
	if (!period)
		return rung->period;
	if (!rung->period_step)
		return period;
	period -= period % rung->period_step;
	return period ? period : rung->period_step;
}
