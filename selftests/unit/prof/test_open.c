// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_open.c - which rung a machine stands on, and why not on a better one
 *
 * A fake stands in for the kernel: it refuses what a real one would on such a
 * machine, with the same errno, and its /proc and /sys are a folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "perf/open.h"
#include "../tap.h"

#define RUNGS_MAX	32
#define TYPE_IBS	10	/* numbers that a kernel gives at boot */
#define TYPE_CORE	4
#define TYPE_ATOM	11

/*
 * A machine: @raw, @precise, @ibs and @generic say what of its processor's
 * counters there is.
 */
struct machine {
	const char *cpuinfo;
	bool raw;
	uint8_t precise;
	bool ibs;
	bool generic;
	int error;		/* for everything; 0 for none */
	unsigned int opened;	/* events */
	struct perf_event_attr last;
	int last_cpu;
};

static char root[64];

static int answer(const struct machine *machine, const struct perf_event_attr *attr)
{
	if (machine->error)
		return -machine->error;
	switch (attr->type) {
	case PERF_TYPE_SOFTWARE:
	case PERF_TYPE_BREAKPOINT:
		return 0;
	case PERF_TYPE_HW_CACHE:
		return machine->generic ? 0 : -ENOENT;
	case PERF_TYPE_RAW:
		if (!machine->raw)
			return -ENOENT;
		return attr->precise_ip > machine->precise ? -EOPNOTSUPP : 0;
	case TYPE_ATOM:
		if (!machine->raw)
			return -ENOENT;
		return attr->precise_ip > machine->precise ? -EOPNOTSUPP : 0;
	case TYPE_IBS:
		if (!machine->ibs)
			return -ENOENT;
		return attr->sample_period & 15 ? -EINVAL : 0;
	default:
		return -ENOENT;
	}
}

static int fake_open(void *context, struct perf_event_attr *attr, int cpu)
{
	struct machine *machine = context;
	int err = answer(machine, attr);

	machine->last = *attr;
	machine->last_cpu = cpu;
	if (err)
		return err;
	machine->opened++;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void root_write(const char *path, const char *text)
{
	char full[256];
	FILE *file;
	char *slash;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	file = fopen(full, "w");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		ok(false, "%s cannot be written", full);
		exit(1);
	}
}

static void root_remove(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	unlink(full);
}

static struct prof_trial verdicts[RUNGS_MAX];

static const struct prof_trial *verdict(const char *name)
{
	return &verdicts[prof_rung_find(name) - prof_ladder];
}

static const char *taken(struct machine *machine)
{
	const struct prof_kernel kernel = { fake_open, machine, NULL, root };
	const struct prof_trial *best;
	struct prof_cpu cpu;
	char path[64];

	snprintf(path, sizeof(path), "cpuinfo/%s", machine->cpuinfo);
	if (prof_cpu_read(path, &cpu))
		return "no such processor";
	best = prof_ladder_try(&kernel, &cpu, verdicts);
	return best ? best->rung->name : "none";
}

#define stands_on(want, ...)						\
	do {								\
		struct machine machine = { .cpuinfo = __VA_ARGS__ };	\
									\
		is_str(taken(&machine), want, "%s", #__VA_ARGS__);	\
	} while (0)

static void bare_metal(void)
{
	stands_on("precise-store", "sandy_bridge", .raw = true, .precise = 3, .generic = true);
	stands_on("all-stores", "haswell", .raw = true, .precise = 3);
	stands_on("all-stores", "skylake_server", .raw = true, .precise = 3);
	stands_on("all-stores", "ice_lake_server", .raw = true, .precise = 3);
	stands_on("store-latency", "sapphire_rapids", .raw = true, .precise = 3);
	stands_on("store-misses", "core2", .raw = true, .precise = 3, .generic = true);
	stands_on("refill-write", "neoverse_n1", .raw = true);

	root_write("/sys/bus/event_source/devices/cpu_core/type", "4\n");
	root_write("/sys/bus/event_source/devices/cpu_core/cpus", "2-5\n");
	stands_on("store-latency-core", "alder_lake", .raw = true, .precise = 3);
	stands_on("store-latency-core", "meteor_lake", .raw = true, .precise = 3);
	is_str(verdict("store-latency-atom")->why, "the kernel has no PMU \"cpu_atom\" (/sys/bus/event_source/devices/cpu_atom)",
	       "the efficient cores are off");
	root_write("/sys/bus/event_source/devices/cpu_atom/type", "11\n");
	stands_on("store-latency-core", "meteor_lake", .raw = true, .precise = 3);
	is_u64(verdict("store-latency-atom")->standing, PROF_STANDING_FREE,
	       "the efficient cores have theirs");
	root_remove("/sys/bus/event_source/devices/cpu_core/type");
	stands_on("store-latency-atom", "meteor_lake", .raw = true, .precise = 3);
	root_remove("/sys/bus/event_source/devices/cpu_atom/type");
	stands_on("tracepoints", "alder_lake", .raw = true, .precise = 3);

	root_write("/sys/bus/event_source/devices/ibs_op/type", "10\n");
	stands_on("ibs-op", "zen1", .raw = true, .ibs = true);
	stands_on("ibs-op", "zen2", .raw = true, .ibs = true);
	stands_on("ibs-op", "zen3", .raw = true, .ibs = true);
	stands_on("ibs-op", "zen4", .raw = true, .ibs = true);
	stands_on("ibs-op", "zen5", .raw = true, .ibs = true);
	root_remove("/sys/bus/event_source/devices/ibs_op/type");
	stands_on("change-to-x", "zen1", .raw = true);
	stands_on("change-to-x", "zen4", .raw = true);
	/* It has no changes of state any more, but stores that the L1 cache lacked. */
	stands_on("rd-blk-x", "zen5", .raw = true);
	is_u64(verdict("change-to-x")->standing, PROF_STANDING_FOREIGN,
	       "Zen 5 has no change-to-x");
	stands_on("tracepoints", "zen5");
}

static void virtual_machines(void)
{
	stands_on("tracepoints", "vm_skylake");
	is_i64(verdict("all-stores")->err, -ENOENT, "a VM without a PMU says ENOENT");
	is_str(verdict("all-stores")->why, "the kernel knows no such event: this virtual machine has been given no counters, or not this one",
	       "that is said");
	is_str(verdict("all-stores")->remedy, "give it a virtual PMU (QEMU with KVM: -cpu host,pmu=on), or run this on the host",
	       "and what to do");
	/* Counters, but no PEBS: the best without an address. */
	stands_on("rfo-hitm", "vm_skylake", .raw = true);
	is_i64(verdict("all-stores")->err, -EOPNOTSUPP, "a VM without PEBS says EOPNOTSUPP");
	is_str(verdict("all-stores")->why, "the counters here have no precise samples (PEBS): this virtual machine has not been given them",
	       "that is said");
	stands_on("tracepoints", "vm_zen3");
	is_i64(verdict("ibs-op")->err, -ENODEV, "no IBS in a VM");
	is_str(verdict("ibs-op")->why, "the kernel has no PMU \"ibs_op\" (/sys/bus/event_source/devices/ibs_op)",
	       "that is said");
	stands_on("tracepoints", "tcg");
	is_u64(verdict("all-stores")->standing, PROF_STANDING_FOREIGN, "TCG has no event of Intel's");
	stands_on("tracepoints", "neoverse_n1");
	is_str(verdict("refill-write")->why, "the kernel knows no such event on this processor",
	       "Arm without a PMU does not say whether it is virtual");
}

/* Rungs that only who names them gets, and how the others stand. */
static void standings(void)
{
	struct machine machine = { .cpuinfo = "haswell", .raw = true, .precise = 3 };

	is_str(taken(&machine), "all-stores", "Haswell");
	is_u64(verdict("all-stores")->standing, PROF_STANDING_TAKEN, "it is taken");
	is_u64(verdict("rfo-hitm")->standing, PROF_STANDING_FREE, "a worse one works");
	is_u64(verdict("store-misses")->standing, PROF_STANDING_REFUSED,
	       "the generic event does not exist");
	is_i64(verdict("store-misses")->err, -ENOENT, "ENOENT");
	is_u64(verdict("ibs-op")->standing, PROF_STANDING_FOREIGN, "AMD's is foreign");
	is_u64(verdict("watchpoints")->standing, PROF_STANDING_FREE, "watchpoints work");
	is_str(verdict("watchpoints")->why, "it works here, and is what \"khmap-prof watch\" uses",
	       "that is said");
	is_u64(verdict("page-faults")->standing, PROF_STANDING_FREE, "page-faults work");
	is_str(verdict("page-faults")->why, "it works here, and is used if it is asked for by name",
	       "that is said");
	is_u64(machine.opened, 6, "what is foreign is not opened");
}

static void refused(const char *what, int error, const char *why, const char *remedy, int status)
{
	struct machine machine = { .cpuinfo = "haswell", .error = error };

	is_str(taken(&machine), "tracepoints", "%s: only tracepoints", what);
	is_i64(verdict("all-stores")->err, -error, "%s: the errno", what);
	is_str(verdict("all-stores")->why, why, "%s: why", what);
	is_str(verdict("all-stores")->remedy, remedy, "%s: what to do", what);
	is_u64(verdict("watchpoints")->standing, PROF_STANDING_REFUSED, "%s: no watchpoints", what);
	is_i64(prof_trial_exit(verdict("all-stores")), status, "%s: the exit status", what);
}

static void refusals(void)
{
	root_write("/proc/sys/kernel/perf_event_paranoid", "3\n");
	refused("paranoid", EACCES, "events of all processes are not allowed: kernel.perf_event_paranoid is 3",
		"run this as root: a lower kernel.perf_event_paranoid does not allow the BPF programs",
		PROF_EXIT_NOT_PERMITTED);
	root_write("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	refused("lockdown", EPERM, "kernel lockdown forbids events, it is in the mode confidentiality",
		"boot with lockdown=integrity or without", PROF_EXIT_NOT_PERMITTED);
	root_write("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	refused("seccomp", EPERM, "perf_event_open() is forbidden by a seccomp filter or a security module",
		"run this outside of the container, or allow it that system call",
		PROF_EXIT_NOT_PERMITTED);
	refused("no events", ENOSYS, "this kernel has no events at all",
		"use one with CONFIG_PERF_EVENTS=y", PROF_EXIT_UNSUPPORTED);
	refused("busy", EBUSY, "others have all counters of that kind",
		"end other profilers and debuggers; the NMI watchdog takes one (\"sysctl kernel.nmi_watchdog=0\")",
		PROF_EXIT_FAILED);
	refused("files", EMFILE, "too many files are open", "raise the limit, \"ulimit -n\"",
		PROF_EXIT_FAILED);
	refused("anything else", E2BIG, "the kernel refuses it: Argument list too long", "",
		PROF_EXIT_FAILED);
}

/* What ends whoever asks for a rung by name. */
static void exits(void)
{
	struct machine machine = { .cpuinfo = "vm_skylake", .raw = true };

	taken(&machine);
	is_i64(prof_trial_exit(verdict("rfo-hitm")), PROF_EXIT_OK, "what works");
	is_i64(prof_trial_exit(verdict("ibs-op")), PROF_EXIT_UNSUPPORTED, "an event of others");
	is_i64(prof_trial_exit(verdict("all-stores")), PROF_EXIT_UNSUPPORTED, "no precise samples");
	is_i64(prof_trial_exit(verdict("store-misses")), PROF_EXIT_UNSUPPORTED, "no such event");
}

static void module(void)
{
	struct machine machine = { .cpuinfo = "tcg" };

	root_remove("/sys/kernel/btf/khmap");
	is_str(taken(&machine), "none", "without type information there is nothing");
	is_str(verdict("tracepoints")->why, "the module is loaded without type information (/sys/kernel/btf/khmap)",
	       "that is said");
	root_remove("/sys/module/khmap");
	is_str(taken(&machine), "none", "nor without the module");
	is_str(verdict("tracepoints")->why, "the module khmap is not loaded", "that is said");
	is_str(verdict("tracepoints")->remedy, "\"insmod khmap.ko\"", "and what to do");
}

static void opening(void)
{
	struct machine machine = { .cpuinfo = "alder_lake", .raw = true, .precise = 3 };
	const struct prof_kernel kernel = { fake_open, &machine, NULL, root };
	const struct prof_rung *rung = prof_rung_find("store-latency-core");
	int cpus[8] = { 0 }, fd;

	is_i64(prof_rung_open(&kernel, rung, 0, 2), -ENODEV, "no such PMU");
	root_write("/sys/bus/event_source/devices/cpu_core/type", "4\n");
	fd = prof_rung_open(&kernel, rung, 77, 2);
	ok(fd >= 0, "opened");
	close(fd);
	is_u64(machine.last.type, TYPE_CORE, "the type is that of the PMU");
	is_u64(machine.last.config, 0x2cd, "the config");
	is_u64(machine.last.precise_ip, 2, "precise");
	is_u64(machine.last.sample_period, 77, "the period that was asked for");
	ok(machine.last.disabled, "stopped");
	ok(machine.last.exclude_user, "of the kernel only, as nobody else stores into maps");
	is_u64(machine.last.sample_type,
	       PERF_SAMPLE_IP | PERF_SAMPLE_ADDR | PERF_SAMPLE_DATA_SRC | PERF_SAMPLE_CALLCHAIN,
	       "address, source and, as it is precise, the stack are asked for");
	is_i64(machine.last_cpu, 2, "on the CPU");
	fd = prof_rung_open(&kernel, prof_rung_find("rfo-hitm"), 0, 0);
	close(fd);
	is_u64(machine.last.sample_type, PERF_SAMPLE_IP, "no address, none asked for");
	is_u64(machine.last.sample_period, prof_rung_find("rfo-hitm")->period, "its own period");
	is_u64(machine.last.config1, 0x10003c0002, "config1");

	is_i64(prof_rung_cpus(&kernel, rung, cpus, 8), 4, "the CPUs of the PMU");
	ok(cpus[0] == 2 && cpus[1] == 3 && cpus[2] == 4 && cpus[3] == 5, "2 to 5");
	is_i64(prof_rung_cpus(&kernel, prof_rung_find("rfo-hitm"), cpus, 3), 6, "all CPUs");
	ok(cpus[0] == 0 && cpus[1] == 1 && cpus[2] == 2, "as many as fit");
	root_write("/sys/devices/system/cpu/online", "0,2-3,7\n");
	is_i64(prof_rung_cpus(&kernel, prof_rung_find("rfo-hitm"), cpus, 8), 4, "with holes");
	ok(cpus[0] == 0 && cpus[1] == 2 && cpus[2] == 3 && cpus[3] == 7, "0, 2, 3, 7");
}

static void root_end(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (system(command))
		diag("%s remains", root);
}

int main(void)
{
	const char *folder = getenv("TMPDIR");

	snprintf(root, sizeof(root), "%.32s/khmap-root.XXXXXX", folder ? folder : "/tmp");
	if (!mkdtemp(root))
		return 1;
	root_write("/sys/module/khmap", "");
	root_write("/sys/kernel/btf/khmap", "");
	root_write("/sys/devices/system/cpu/online", "0-5\n");
	bare_metal();
	virtual_machines();
	standings();
	refusals();
	exits();
	opening();
	module();
	root_end();
	return done();
}
