/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * ladder.h - the events that tell of stores that missed, best first
 *
 * Which of them a machine has depends on its processor, on its kernel, and on
 * what of the processor's counters a virtual machine is given.
 */
#ifndef PROF_LADDER_H
#define PROF_LADDER_H

#include <stdint.h>
#include <linux/perf_event.h>
#include "perf/cpu.h"

/**
 * struct prof_models - some models of a family
 * @family: of x86, or Arm's implementer; 0 ends an array
 * @first: the lowest model, or Arm's part
 * @last: the highest
 */
struct prof_models {
	uint16_t family;
	uint16_t first;
	uint16_t last;
};

/**
 * enum prof_rung_kind - by what a rung watches
 * @PROF_RUNG_EVENT: an event of perf_event_open() that is sampled
 * @PROF_RUNG_WATCHPOINT: debug registers, set to lines that are hot
 * @PROF_RUNG_TRACEPOINTS: the module's tracepoints
 */
enum prof_rung_kind {
	PROF_RUNG_EVENT,
	PROF_RUNG_WATCHPOINT,
	PROF_RUNG_TRACEPOINTS,
};

/**
 * enum prof_choice - who chooses a rung
 * @PROF_CHOICE_AUTO: the best of these that works is taken if none is named
 * @PROF_CHOICE_NAMED: only who names it gets it: it counts something else than
 *	stores, or not all of them
 */
enum prof_choice {
	PROF_CHOICE_AUTO,
	PROF_CHOICE_NAMED,
};

/**
 * struct prof_rung - an event, and where it is found
 * @name: for --event, unique
 * @event: as the maker of the processor, or the kernel, calls it
 * @machines: that have it, in words
 * @counts: what exactly is counted, in words
 * @kind: by what it watches
 * @choice: who chooses it
 * @vendor: whose processors have it; PROF_VENDOR_OTHER if anybody's may
 * @models: that have it, or NULL for all of @vendor
 * @pmu: name below /sys/bus/event_source/devices whose number is its type; or
 *	NULL for @type
 * @type: PERF_TYPE_*
 * @config: of the event
 * @config1: likewise
 * @precise: precise_ip
 * @period: one in so many is a sample, unless somebody says otherwise
 * @period_step: of which periods are multiples; 0 if all are possible
 * @kernel_only: not while a process runs its own code, which only reads maps
 * @has_address: samples say which byte was accessed
 * @all_stores: samples are those of all stores, or of other instructions too,
 *	and their source of data tells which ones missed
 * @mixed: of other instructions too, and it tells which are stores
 */
struct prof_rung {
	const char *name;
	const char *event;
	const char *machines;
	const char *counts;
	enum prof_rung_kind kind;
	enum prof_choice choice;
	enum prof_vendor vendor;
	const struct prof_models *models;
	const char *pmu;
	uint32_t type;
	uint64_t config;
	uint64_t config1;
	uint8_t precise;
	uint64_t period;
	uint8_t period_step;
	bool kernel_only;
	bool has_address;
	bool all_stores;
	bool mixed;
};

/* Best first. */
extern const struct prof_rung prof_ladder[];
extern const size_t prof_ladder_length;

/**
 * prof_rung_find() - a rung by its name
 * @name: of the rung
 *
 * Return: NULL if there is none.
 */
const struct prof_rung *prof_rung_find(const char *name);

/**
 * prof_rung_fits() - does a processor have a rung's event?
 * @rung: the rung
 * @cpu: the processor
 *
 * On any other the same number may count something else.
 */
bool prof_rung_fits(const struct prof_rung *rung, const struct prof_cpu *cpu);

/**
 * prof_rung_period() - the period that an event can have
 * @rung: its rung
 * @period: that is wanted; 0 for the rung's own
 *
 * Return: the next below, or the lowest.
 */
uint64_t prof_rung_period(const struct prof_rung *rung, uint64_t period);

/**
 * prof_source_missed() - did a store miss the nearest cache?
 * @data_src: of its sample
 * @mixed: see struct prof_rung
 *
 * All drivers agree on it: a store that hit says so, by hit and L1.  Beyond
 * that they differ: Sandy Bridge to Ice Lake say L1 and miss; AMD says nothing
 * of a store that has missed the second level too; and of an efficient core's
 * stores it says where they hit, but calls them loads.
 *
 * Return: false of loads if @mixed, and of samples that do not say what they are.
 */
static inline bool prof_source_missed(union perf_mem_data_src data_src, bool mixed)
{
	uint64_t ops = PERF_MEM_OP_STORE | (mixed ? 0 : PERF_MEM_OP_LOAD);

	return data_src.mem_op & ops &&
	       !(data_src.mem_lvl & PERF_MEM_LVL_HIT && data_src.mem_lvl & PERF_MEM_LVL_L1);
}

#endif /* PROF_LADDER_H */
