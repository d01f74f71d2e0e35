// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * overhead.c - what a profile itself costs, and what it did not see
 */
#include <inttypes.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "source/overhead.h"

void prof_overhead_begin(struct prof_overhead *overhead)
{
	*overhead = (struct prof_overhead){
		.fd = bpf_enable_stats(BPF_STATS_RUN_TIME),
		.cpus = sysconf(_SC_NPROCESSORS_ONLN),
	};
}

void prof_overhead_end(struct prof_overhead *overhead, uint64_t duration_ns)
{
	overhead->duration_ns = duration_ns;
	if (overhead->fd >= 0)
		close(overhead->fd);
}

void prof_overhead_add(struct prof_overhead *overhead, const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		__u32 length = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length))
			continue;
		overhead->runs += info.run_cnt;
		overhead->run_ns += info.run_time_ns;
		overhead->missed += info.recursion_misses;
	}
}

double prof_overhead_share(const struct prof_overhead *overhead)
{
	double whole = (double)overhead->duration_ns * (double)overhead->cpus;

	if (overhead->fd < 0 || whole <= 0)
		return -1;
	return (double)overhead->run_ns / whole;
}

void prof_overhead_print(const struct prof_overhead *overhead, FILE *out)
{
	if (overhead->fd < 0)
		fprintf(out, "Own time: not measured, the kernel refuses BPF_ENABLE_STATS.");
	else
		fprintf(out, "Own time: %" PRIu64 " runs of BPF programs, %" PRIu64
			" ns each, %.2f %% of %ld processors' time.",
			overhead->runs, overhead->runs ? overhead->run_ns / overhead->runs : 0,
			100 * prof_overhead_share(overhead), overhead->cpus);
	fprintf(out, " Events missed %" PRIu64 ", lost %" PRIu64 ", throttled %" PRIu64 ".\n",
		overhead->missed, overhead->lost, overhead->throttled);
}

json_t *prof_overhead_json(const struct prof_overhead *overhead)
{
	bool known = overhead->fd >= 0;

	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I}",
			 "runs", known ? json_integer((json_int_t)overhead->runs) : json_null(),
			 "run_ns", known ? json_integer((json_int_t)overhead->run_ns) : json_null(),
			 "share", known ? json_real(prof_overhead_share(overhead)) : json_null(),
			 "cpus", (json_int_t)overhead->cpus,
			 "missed", (json_int_t)overhead->missed,
			 "lost", (json_int_t)overhead->lost,
			 "throttled", (json_int_t)overhead->throttled);
}
