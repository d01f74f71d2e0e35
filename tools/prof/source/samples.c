// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * samples.c - open an event on all CPUs, with the programs of sample.bpf.c
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "source/kallsyms.h"
#include "source/overhead.h"
#include "source/pages.h"
#include "source/pid_space.h"
#include "source/rights.h"
#include "source/samples.h"
#include "source/session.h"
#include "sample.skel.h"

#define CPUS_MAX	4096
#define DISPATCH	"khmap_ioctl_dispatch"

/**
 * struct counter - the event on one CPU
 * @fd: of the event
 * @link: to the program
 * @ring: where the kernel writes that it stopped the event; or NULL
 * @before: count of the event when it began
 * @events: counted since
 */
struct counter {
	int fd;
	struct bpf_link *link;
	struct perf_event_mmap_page *ring;
	uint64_t before;
	uint64_t events;
};

struct prof_samples {
	struct sample_bpf *skeleton;
	const struct prof_rung *rung;
	uint64_t period;
	struct counter *counters;
	int count;
};

/* The module's code, as /proc/modules has it. */
static int code_find(uint64_t *start, uint64_t *end)
{
	FILE *modules = fopen("/proc/modules", "re");
	unsigned long long size, address;
	char line[512], name[64];
	int err = -ENOENT;

	if (!modules)
		return -errno;
	while (err && fgets(line, sizeof(line), modules)) {
		const char *at = strstr(line, " 0x");

		if (!at || sscanf(line, "%63s %llu", name, &size) != 2 || strcmp(name, "khmap"))
			continue;
		address = strtoull(at, NULL, 16);
		*start = address;
		*end = address + size;
		/* Hidden from those who may not see addresses. */
		err = address ? 0 : -EADDRNOTAVAIL;
	}
	fclose(modules);
	return err;
}

/* Where a function of the module begins and ends; both 0 if that is not known. */
static void function_range(const char *name, uint64_t *start, uint64_t *end)
{
	struct prof_kallsyms kallsyms = { 0 };
	size_t i;

	if (prof_kallsyms_read(&kallsyms))
		return;
	for (i = 0; i + 1 < kallsyms.count; i++)
		if (!strcmp(kallsyms.functions[i].name, name)) {
			*start = kallsyms.functions[i].address;
			*end = kallsyms.functions[i + 1].address;
		}
	prof_kallsyms_free(&kallsyms);
}

static int skeleton_load(struct prof_samples *samples, const struct prof_samples_options *options)
{
	struct sample_bpf *skeleton = samples->skeleton;
	bool has_address = options->rung->has_address;
	uint64_t start = 0, end = 0, dispatch_start = 0, dispatch_end = 0;
	int err = 0;

	if (!has_address) {
		err = code_find(&start, &end);
		function_range(DISPATCH, &dispatch_start, &dispatch_end);
	}
	if (err)
		return err;
	skeleton->rodata->pages_map_id = options->map_id;
	skeleton->rodata->pid_space = prof_pid_space();
	skeleton->rodata->sample_all_stores = options->rung->all_stores;
	skeleton->rodata->sample_mixed = options->rung->mixed;
	skeleton->rodata->sample_code_start = start;
	skeleton->rodata->sample_code_end = end;
	skeleton->rodata->sample_dispatch_start = dispatch_start;
	skeleton->rodata->sample_dispatch_end = dispatch_end;
	bpf_program__set_autoload(skeleton->progs.sample_address, has_address);
	bpf_program__set_autoload(skeleton->progs.sample_function, !has_address);
	err = prof_object_size(skeleton->obj, options->lines);
	if (!err)
		err = sample_bpf__load(skeleton);
	if (!err)
		err = sample_bpf__attach(skeleton);
	if (!err)
		err = prof_pages_fill(skeleton->progs.pages_fill);
	return err;
}

/* One page of records: they are only counted, and may overwrite each other. */
static void counter_ring(struct counter *counter, int cpu)
{
	void *ring = mmap(NULL, 2 * (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
			  counter->fd, 0);

	if (ring != MAP_FAILED)
		counter->ring = ring;
	else
		prof_error("how often the kernel holds the counter of CPU %d back cannot be counted: %s; kernel.perf_event_mlock_kb limits it",
			   cpu, strerror(errno));
}

static int counter_open(struct prof_samples *samples, struct counter *counter, int cpu)
{
	struct sample_bpf *skeleton = samples->skeleton;
	const struct bpf_program *program = samples->rung->has_address ?
					    skeleton->progs.sample_address :
					    skeleton->progs.sample_function;

	counter->fd = prof_rung_open(&prof_kernel_own, samples->rung, samples->period, cpu);
	if (counter->fd < 0)
		return counter->fd;
	counter_ring(counter, cpu);
	counter->link = bpf_program__attach_perf_event(program, counter->fd);
	if (!counter->link) {
		int err = -errno;

		if (counter->ring)
			munmap(counter->ring, 2 * (size_t)sysconf(_SC_PAGESIZE));
		close(counter->fd);
		return err;
	}
	return 0;
}

static int counters_open(struct prof_samples *samples)
{
	int *cpus = prof_alloc(CPUS_MAX, sizeof(*cpus));
	int count = prof_rung_cpus(&prof_kernel_own, samples->rung, cpus, CPUS_MAX);
	int i, err = 0;

	if (count > CPUS_MAX)
		count = CPUS_MAX;
	samples->counters = prof_alloc(count > 0 ? (size_t)count : 1, sizeof(struct counter));
	for (i = 0; !err && i < count; i++) {
		err = counter_open(samples, &samples->counters[i], cpus[i]);
		if (!err)
			samples->count++;
	}
	free(cpus);
	return count < 0 ? count : err;
}

int prof_samples_open(const struct prof_samples_options *options, struct prof_samples **samples)
{
	struct prof_samples *opened = prof_alloc(1, sizeof(*opened));
	int err;

	prof_rights_log(options->verbose);
	opened->rung = options->rung;
	opened->period = prof_rung_period(options->rung, options->period);
	opened->skeleton = sample_bpf__open();
	if (!opened->skeleton) {
		err = -errno;
		free(opened);
		return prof_rights_failure("the BPF programs cannot be opened", err,
					   options->verbose);
	}
	err = skeleton_load(opened, options);
	if (err) {
		prof_samples_close(opened);
		if (err == -EADDRNOTAVAIL) {
			prof_error("where the module's code is cannot be seen: the kernel hides addresses (kernel.kptr_restrict), or this process lacks CAP_SYSLOG: run this as root, with \"sysctl kernel.kptr_restrict=1\"");
			return PROF_EXIT_NOT_PERMITTED;
		}
		return prof_rights_failure("the BPF programs cannot be loaded", err,
					   options->verbose);
	}
	err = counters_open(opened);
	if (err) {
		prof_samples_close(opened);
		return prof_rights_failure("the event cannot be opened", err, options->verbose);
	}
	*samples = opened;
	return PROF_EXIT_OK;
}

struct prof_fds prof_samples_fds(const struct prof_samples *samples)
{
	return prof_object_fds(samples->skeleton->obj);
}

static uint64_t counter_read(const struct counter *counter)
{
	uint64_t value = 0;

	/* Without a read format it is the count alone. */
	return read(counter->fd, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

void prof_samples_begin(struct prof_samples *samples)
{
	int i;

	for (i = 0; i < samples->count; i++)
		samples->counters[i].before = counter_read(&samples->counters[i]);
}

void prof_samples_end(struct prof_samples *samples)
{
	int i;

	for (i = 0; i < samples->count; i++) {
		struct counter *counter = &samples->counters[i];

		counter->events = counter_read(counter) - counter->before;
		ioctl(counter->fd, PERF_EVENT_IOC_DISABLE, 0);
	}
}

/*
 * Nothing else is written there than that the event was stopped and that it
 * was started again, two records of one size; @data_head never goes back.
 */
static uint64_t counter_throttled(const struct counter *counter)
{
	const uint64_t record = sizeof(struct perf_event_header) + 3 * sizeof(uint64_t);

	if (!counter->ring)
		return 0;
	return (counter->ring->data_head / record + 1) / 2;
}

static int totals_sum(int fd, struct prof_sample_totals *sum)
{
	int cpus = libbpf_num_possible_cpus(), cpu, err;
	struct prof_sample_totals *each;
	__u32 zero = 0;

	if (cpus < 0)
		return cpus;
	each = prof_alloc((size_t)cpus, sizeof(*each));
	err = bpf_map_lookup_elem(fd, &zero, each);
	for (cpu = 0; !err && cpu < cpus; cpu++) {
		sum->seen += each[cpu].seen;
		sum->hits += each[cpu].hits;
		sum->others += each[cpu].others;
		sum->no_address += each[cpu].no_address;
		sum->outside += each[cpu].outside;
		sum->busy += each[cpu].busy;
		sum->taken += each[cpu].taken;
		sum->functions_dropped += each[cpu].functions_dropped;
	}
	free(each);
	return err;
}

int prof_samples_count(const struct prof_samples *samples, struct prof_samples_counts *counts)
{
	const struct sample_bpf *skeleton = samples->skeleton;
	struct prof_page_totals pages;
	uint64_t expected = 0;
	int i, err;

	*counts = (struct prof_samples_counts){ .period = samples->period };
	err = totals_sum(bpf_map__fd(skeleton->maps.sample_totals), &counts->totals);
	if (!err)
		err = prof_pages_totals(bpf_map__fd(skeleton->maps.page_totals), &pages);
	if (err)
		return err;
	counts->pages_dropped = pages.pages_dropped + pages.maps_dropped;
	for (i = 0; i < samples->count; i++) {
		counts->events += samples->counters[i].events;
		expected += samples->counters[i].events / samples->period;
		counts->throttled += counter_throttled(&samples->counters[i]);
	}
	if (expected > counts->totals.seen)
		counts->lost = expected - counts->totals.seen;
	return 0;
}

void prof_samples_overhead(const struct prof_samples *samples, struct prof_overhead *overhead)
{
	struct prof_samples_counts counts;

	prof_overhead_add(overhead, samples->skeleton->obj);
	if (prof_samples_count(samples, &counts))
		return;
	overhead->lost += counts.lost;
	overhead->throttled += counts.throttled;
}

static int function_compare(const void *a, const void *b)
{
	const struct prof_function_row *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->key.address > y->key.address) - (x->key.address < y->key.address);
}

int prof_samples_functions(const struct prof_samples *samples, struct prof_function_row **rows,
			   size_t *count)
{
	int fd = bpf_map__fd(samples->skeleton->maps.functions);
	struct prof_function_row *row;
	const void *previous = NULL;
	size_t found = 0;

	row = prof_alloc(PROF_FUNCTIONS_MAX, sizeof(*row));
	while (found < PROF_FUNCTIONS_MAX &&
	       !bpf_map_get_next_key(fd, previous, &row[found].key)) {
		previous = &row[found].key;
		if (!bpf_map_lookup_elem(fd, previous, &row[found].count))
			found++;
	}
	qsort(row, found, sizeof(*row), function_compare);
	*rows = row;
	*count = found;
	return 0;
}

void prof_samples_close(struct prof_samples *samples)
{
	if (!samples)
		return;
	while (samples->count) {
		struct counter *counter = &samples->counters[--samples->count];

		if (counter->ring)
			munmap(counter->ring, 2 * (size_t)sysconf(_SC_PAGESIZE));
		/* Closes the event, too. */
		bpf_link__destroy(counter->link);
	}
	free(samples->counters);
	sample_bpf__destroy(samples->skeleton);
	free(samples);
}
