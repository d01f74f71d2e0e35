// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - what befalls the machine of a soak: memory, processors, the module
 */
#include "machine.h"
#include "soak.h"

#define CPU_ONLINE	"/sys/devices/system/cpu/cpu1/online"
#define MODULE_FILE	"/khmap.ko"

static int write_text(const char *folder, const char *name, const char *text)
{
	char path[256];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s%s", folder, name[0] ? "/" : "", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static long long read_number(const char *folder, const char *name)
{
	char path[256], text[64] = "";
	ssize_t count;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	count = read(fd, text, sizeof(text) - 1);
	close(fd);
	return count > 0 ? atoll(text) : -1;
}

/* A line of /proc/meminfo, in KiB. */
static long meminfo(const char *name)
{
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");
	size_t length = strlen(name);
	long value = -1;

	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ':')
			value = atol(line + length + 1);
	if (file)
		fclose(file);
	return value;
}

struct soak_memory soak_memory(void)
{
	struct soak_memory memory;

	/* What is freed when a grace period is over, or when caches are asked for it. */
	sync();
	sleep(1);
	write_text("/proc/sys/vm/drop_caches", "", "3");
	memory.unavailable = meminfo("MemTotal") - meminfo("MemFree") - meminfo("Cached");
	memory.slab = meminfo("SUnreclaim");
	memory.vmalloc = meminfo("VmallocUsed");
	memory.percpu = meminfo("Percpu");
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
	if (write_text("/sys/fs/cgroup", "cgroup.subtree_control", "+memory"))
		return false;
	mkdir(SOAK_CGROUP, 0755);
	mkdir(SOAK_HOG_CGROUP, 0755);
	write_text(SOAK_HOG_CGROUP, "memory.max", "33554432");
	return read_number(SOAK_CGROUP, "memory.current") >= 0;
}

void soak_cgroups_remove(void)
{
	rmdir(SOAK_CGROUP);
	rmdir(SOAK_HOG_CGROUP);
}

int soak_cgroup_enter(const char *folder)
{
	return write_text(folder, "cgroup.procs", "0");
}

/* From now on the map's creator has so many bytes beyond what he uses; or no limit. */
void soak_limit(long long bytes)
{
	char text[32] = "max";

	if (bytes >= 0)
		snprintf(text, sizeof(text), "%lld",
			 read_number(SOAK_CGROUP, "memory.current") + bytes);
	write_text(SOAK_CGROUP, "memory.max", text);
}

bool soak_cpu(bool online)
{
	return !write_text(CPU_ONLINE, "", online ? "1" : "0");
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
	if (over_limit && !soak_cgroup_enter(SOAK_HOG_CGROUP))
		touch(128 << 20);
	if (!over_limit)
		touch((size_t)meminfo("MemAvailable") * 1024 / 10 * 7);
	usleep(300000);
	_exit(0);
}
