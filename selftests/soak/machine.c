// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - what befalls the machine of a soak: memory, processors, the module
 */
#include "../guest/system_file.h"
#include "machine.h"
#include "soak.h"

#define CPU_ONLINE	"/sys/devices/system/cpu/cpu1/online"
#define MODULE_FILE	"/khmap.ko"

/* Seconds until what was killed has given back its memory, at most. */
#define SETTLE_SECONDS	20
/* It falls by less in a second. */
#define SETTLED_KIB	256

/*
 * Free pages that processors keep for themselves, in KiB, which MemFree has not: tens of MiB, or
 * none when a processor has just been away.
 */
static long kept_by_processors(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	long pages = 0, count;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &count) == 1)
			pages += count;
	if (file)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct soak_memory memory_now(void)
{
	struct soak_memory memory;

	sync();
	write_file("/proc/sys/vm/drop_caches", "3");
	memory.unavailable = meminfo("MemTotal") - meminfo("MemFree") - meminfo("Cached") -
			     kept_by_processors();
	memory.slab = meminfo("SUnreclaim");
	memory.vmalloc = meminfo("VmallocUsed");
	memory.percpu = meminfo("Percpu");
	return memory;
}

/* When grace periods are over and cgroups have died, that is when it falls no more. */
struct soak_memory soak_memory(void)
{
	struct soak_memory memory = memory_now(), before;
	int seconds = 0;

	do {
		before = memory;
		sleep(1);
		memory = memory_now();
	} while (++seconds < SETTLE_SECONDS &&
		 memory.unavailable + SETTLED_KIB < before.unavailable);
	return memory;
}

int soak_load(void)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return err;
}

int soak_unload(void)
{
	int tries = 250, err;

	/* The last file of a process that was killed may be closed a moment later. */
	do
		err = syscall(SYS_delete_module, "khmap", O_NONBLOCK) ? -errno : 0;
	while (err == -EAGAIN && --tries && !usleep(20000));
	return err;
}

bool soak_cgroups(void)
{
	if (cgroup_write(CGROUPS, "cgroup.subtree_control", "+memory"))
		return false;
	mkdir(SOAK_CGROUP, 0755);
	mkdir(SOAK_HOG_CGROUP, 0755);
	return cgroup_usage(SOAK_CGROUP) >= 0 &&
	       !cgroup_write(SOAK_HOG_CGROUP, "memory.max", "33554432");
}

void soak_cgroups_remove(void)
{
	rmdir(SOAK_CGROUP);
	rmdir(SOAK_HOG_CGROUP);
}

int soak_cgroup_enter(const char *folder)
{
	return cgroup_write(folder, "cgroup.procs", "0");
}

/* From now on the map's creator has so many bytes beyond what he uses; or no limit. */
int soak_limit(long long bytes)
{
	char text[32] = "max";

	if (bytes >= 0)
		snprintf(text, sizeof(text), "%lld",
			 cgroup_usage(SOAK_CGROUP) + bytes);
	return cgroup_write(SOAK_CGROUP, "memory.max", text);
}

bool soak_cpu(bool online)
{
	return !write_file(CPU_ONLINE, online ? "1" : "0");
}

static void touch(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	size_t at;

	if (memory == MAP_FAILED)
		_exit(1);
	for (at = 0; at < bytes; at += 4096)
		memory[at] = 1;
}

/* Take most of what the machine has, or more than a cgroup allows, which kills. */
pid_t soak_hog(bool over_limit)
{
	pid_t child = fork();

	if (child)
		return child;
	if (over_limit && soak_cgroup_enter(SOAK_HOG_CGROUP))
		_exit(SOAK_HOG_LOST);
	if (over_limit)
		touch(128 << 20);
	if (!over_limit)
		touch((size_t)meminfo("MemAvailable") * 1024 / 10 * 7);
	usleep(300000);
	_exit(0);
}
