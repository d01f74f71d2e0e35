// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * counters.c - counters of the machine and of the kernel, by name
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include "perf/ladder.h"
#include "source/rights.h"
#include "timing/counters.h"

#define CACHE(cache, operation, result)	\
	((cache) | (operation) << 8 | (result) << 16)

static const struct {
	const char *name;
	uint32_t type;
	uint64_t config;
} known[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	{ "cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES },
	{ "branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES },
	{ "store-misses", PERF_TYPE_HW_CACHE,
	  CACHE(PERF_COUNT_HW_CACHE_L1D, PERF_COUNT_HW_CACHE_OP_WRITE,
		PERF_COUNT_HW_CACHE_RESULT_MISS) },
	{ "load-misses", PERF_TYPE_HW_CACHE,
	  CACHE(PERF_COUNT_HW_CACHE_L1D, PERF_COUNT_HW_CACHE_OP_READ,
		PERF_COUNT_HW_CACHE_RESULT_MISS) },
	{ "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

const char *prof_counters_names(char *text, size_t size)
{
	size_t i, used = 0;

	for (i = 0; i < KNOWN && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 known[i].name);
	return text;
}

static bool counter_choose(struct prof_counters *counters, const char *name, size_t length)
{
	char names[256];
	size_t i;

	if (counters->count == PROF_OP_COUNTERS) {
		prof_error("there is room for %d events", PROF_OP_COUNTERS);
		return false;
	}
	for (i = 0; i < KNOWN; i++)
		if (strlen(known[i].name) == length && !strncmp(known[i].name, name, length))
			break;
	if (i == KNOWN) {
		prof_error("there is no event \"%.*s\", but %s", (int)length, name,
			   prof_counters_names(names, sizeof(names)));
		return false;
	}
	counters->counters[counters->count++] = (struct prof_counter){
		.name = known[i].name,
		.type = known[i].type,
		.config = known[i].config,
		.store_misses = !strcmp(known[i].name, "store-misses"),
		.total_fd = -1,
	};
	return true;
}

bool prof_counters_choose(struct prof_counters *counters, const char *names)
{
	const char *comma;

	for (;; names = comma + 1) {
		comma = strchrnul(names, ',');
		if (!counter_choose(counters, names, (size_t)(comma - names)))
			return false;
		if (!*comma)
			return true;
	}
}

static int event_open(const struct prof_counter *counter, pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = counter->type,
		.config = counter->config,
		.config1 = counter->config1,
		/* A command's children too, once it is what it is to be. */
		.inherit = pid > 0,
		.disabled = pid > 0,
		.enable_on_exec = pid > 0,
		.read_format = pid > 0 ? PERF_FORMAT_TOTAL_TIME_ENABLED |
					 PERF_FORMAT_TOTAL_TIME_RUNNING : 0,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void counter_why(struct prof_counter *counter, int err)
{
	struct prof_rights rights;

	prof_rights_read(&rights);
	if (prof_rights_refused(&rights, PROF_NEED_EVENTS, err, counter->why,
				sizeof(counter->why)))
		return;
	if (err == -ENOENT || err == -EOPNOTSUPP || err == -ENODEV || err == -EINVAL)
		snprintf(counter->why, sizeof(counter->why),
			 "this machine has no such counter, or its virtual machine is given none");
	else
		snprintf(counter->why, sizeof(counter->why), "%s", strerror(-err));
}

static void counter_close(struct prof_counter *counter, int cpus)
{
	int cpu;

	for (cpu = 0; counter->fds && cpu < cpus; cpu++)
		if (counter->fds[cpu] >= 0)
			close(counter->fds[cpu]);
	free(counter->fds);
	counter->fds = NULL;
	if (counter->total_fd >= 0)
		close(counter->total_fd);
	counter->total_fd = -1;
}

/* On each CPU, and the process; 0 or a -errno. */
static int counter_try(struct prof_counter *counter, int cpus, pid_t pid)
{
	int cpu, some = 0, err = 0;

	counter->fds = prof_alloc((size_t)cpus, sizeof(*counter->fds));
	for (cpu = 0; cpu < cpus; cpu++) {
		counter->fds[cpu] = event_open(counter, -1, cpu);
		if (counter->fds[cpu] >= 0)
			some++;
		/* There may be CPUs that are not online. */
		else if (counter->fds[cpu] != -ENODEV || !err)
			err = counter->fds[cpu];
	}
	if (some && pid) {
		counter->total_fd = event_open(counter, pid, -1);
		if (counter->total_fd < 0)
			err = counter->total_fd;
	}
	if (some && (!pid || counter->total_fd >= 0))
		return 0;
	counter_close(counter, cpus);
	return err;
}

/* Can the number of a rung's events be read, and is it that of stores that miss? */
static bool rung_counts(const struct prof_rung *rung, const struct prof_cpu *cpu)
{
	return rung->kind == PROF_RUNG_EVENT && rung->choice == PROF_CHOICE_AUTO &&
	       !rung->all_stores && !rung->pmu && rung->type != PERF_TYPE_SOFTWARE &&
	       prof_rung_fits(rung, cpu);
}

/*
 * The next one from @at on that may stand in for a counter of stores that miss;
 * false if there is none.
 */
static bool counter_other(const struct prof_counter *counter, size_t *at,
			  struct prof_counter *other)
{
	struct prof_cpu cpu;

	if (!counter->store_misses || prof_cpu_read(PROF_CPUINFO, &cpu))
		return false;
	for (; *at < prof_ladder_length; ++*at) {
		const struct prof_rung *rung = &prof_ladder[*at];

		if (!rung_counts(rung, &cpu))
			continue;
		*other = *counter;
		other->name = rung->name;
		other->counts = rung->counts;
		other->type = rung->type;
		other->config = rung->config;
		other->config1 = rung->config1;
		++*at;
		return true;
	}
	return false;
}

static void counter_open(struct prof_counter *counter, int cpus, pid_t pid)
{
	int err = counter_try(counter, cpus, pid);
	struct prof_counter other;
	size_t at = 0;

	if (!err)
		return;
	while (counter_other(counter, &at, &other))
		if (!counter_try(&other, cpus, pid)) {
			*counter = other;
			return;
		}
	counter_why(counter, err);
}

void prof_counters_open(struct prof_counters *counters, pid_t pid)
{
	size_t i;

	counters->cpus = libbpf_num_possible_cpus();
	for (i = 0; i < counters->count; i++)
		counter_open(&counters->counters[i], counters->cpus, pid);
}

int prof_counters_thread(struct prof_counter *counter)
{
	int fd = event_open(counter, 0, -1), other_fd;
	struct prof_counter other;
	size_t at = 0;

	if (fd >= 0)
		return fd;
	while (counter_other(counter, &at, &other)) {
		other_fd = event_open(&other, 0, -1);
		if (other_fd >= 0) {
			*counter = other;
			return other_fd;
		}
	}
	counter_why(counter, fd);
	return fd;
}

uint64_t prof_counted_all(const struct prof_counted *counted)
{
	if (counted->running_ns >= counted->enabled_ns)
		return counted->count;
	if (!counted->running_ns)
		return 0;
	return (uint64_t)((double)counted->count * (double)counted->enabled_ns /
			  (double)counted->running_ns);
}

double prof_counted_share(const struct prof_counted *counted)
{
	if (!counted->running_ns)
		return 0;
	if (counted->running_ns >= counted->enabled_ns)
		return 1;
	return (double)counted->running_ns / (double)counted->enabled_ns;
}

void prof_counters_read(struct prof_counters *counters)
{
	struct prof_counted counted;
	size_t i;

	for (i = 0; i < counters->count; i++) {
		struct prof_counter *counter = &counters->counters[i];

		if (counter->total_fd < 0 ||
		    read(counter->total_fd, &counted, sizeof(counted)) != sizeof(counted))
			continue;
		counter->total = prof_counted_all(&counted);
		counter->share = prof_counted_share(&counted);
	}
}

const struct prof_counter *prof_counters_find(const struct prof_counters *counters,
					      const char *name)
{
	size_t i;

	for (i = 0; i < counters->count; i++)
		if (counters->counters[i].fds && !strcmp(counters->counters[i].name, name))
			return &counters->counters[i];
	return NULL;
}

bool prof_counters_store_misses(const struct prof_counters *counters)
{
	size_t i;

	for (i = 0; i < counters->count; i++)
		if (counters->counters[i].fds && counters->counters[i].store_misses)
			return true;
	return false;
}

void prof_counters_close(struct prof_counters *counters)
{
	size_t i;

	for (i = 0; i < counters->count; i++)
		counter_close(&counters->counters[i], counters->cpus);
}
