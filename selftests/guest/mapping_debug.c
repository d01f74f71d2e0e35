// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapping_debug.c - a debugger reads what is mapped and cannot write it; a core dump leaves it out
 */
#include "kselftest_harness.h"
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <linux/elf.h>
#include "mapping_test.h"
#include "system_file.h"
#include "vm_flag.h"

#define PATTERN	"/proc/sys/kernel/core_pattern"
#define CORE	"/tmp/test-mapping-core"

#if __SIZEOF_POINTER__ == 8
#define core_header	elf64_hdr
#define core_segment	elf64_phdr
#else
#define core_header	elf32_hdr
#define core_segment	elf32_phdr
#endif

TEST_F(mapping, cannot_be_written_through_proc)
{
	char *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0);
	int memory = open("/proc/self/mem", O_RDWR);

	ASSERT_NE(MAP_FAILED, private);
	ASSERT_LE(0, memory);
	EXPECT_EQ(-1, pwrite(memory, "x", 1, (off_t)(uintptr_t)self->image));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, pwrite(memory, "x", 1, (off_t)(uintptr_t)private));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ('K', self->image[0]);
	EXPECT_EQ('K', private[0]);
	close(memory);
	munmap(private, PAGE);
}

TEST_F(mapping, cannot_be_written_by_another_process)
{
	char byte = 'x';
	struct iovec local = { .iov_base = &byte, .iov_len = 1 };
	struct iovec remote = { .iov_base = self->image, .iov_len = 1 };

	EXPECT_EQ(-1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ('K', byte);
}

/* Try to write to a process that is stopped for us, by each way there is. */
static int write_to_stopped(pid_t process, char *at)
{
	long word = 0;
	struct iovec local = { .iov_base = &word, .iov_len = sizeof(word) };
	struct iovec remote = { .iov_base = at, .iov_len = sizeof(word) };
	char path[64];
	int memory;

	errno = 0;
	if (ptrace(PTRACE_POKEDATA, process, at, 0) != -1 || errno != EIO)
		return 1;
	if (process_vm_writev(process, &local, 1, &remote, 1, 0) != -1 || errno != EFAULT)
		return 2;
	snprintf(path, sizeof(path), "/proc/%d/mem", process);
	memory = open(path, O_RDWR | O_CLOEXEC);
	if (memory < 0)
		return 3;
	if (pwrite(memory, &word, sizeof(word), (off_t)(uintptr_t)at) != -1 || errno != EIO)
		return 4;
	/* What is there can be read by each of them. */
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, process, at, 0);
	if (errno || memcmp(&word, KHMAP_IMAGE_MAGIC, sizeof(word)))
		return 5;
	if (pread(memory, &word, sizeof(word), (off_t)(uintptr_t)at) != sizeof(word) ||
	    memcmp(&word, KHMAP_IMAGE_MAGIC, sizeof(word)))
		return 6;
	close(memory);
	return 0;
}

/* A debugger may write to what its process only reads, but not to this. */
TEST_F(mapping, cannot_be_written_by_a_child)
{
	char *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0);
	char *places[2] = { self->image, private };
	pid_t parent = getpid(), child;
	int status, i, err = 0;

	ASSERT_NE(MAP_FAILED, private);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		/* Its own, which it has inherited. */
		for (i = 0; i < 2; i++)
			if (mprotect(places[i], PAGE, PROT_READ | PROT_WRITE) != -1 ||
			    errno != EACCES)
				_exit(10 + i);
		/* Its parent's, who waits. */
		if (ptrace(PTRACE_ATTACH, parent, 0, 0) ||
		    waitpid(parent, &status, __WALL) != parent || !WIFSTOPPED(status))
			_exit(20);
		for (i = 0; i < 2 && !err; i++)
			err = write_to_stopped(parent, places[i]);
		if (ptrace(PTRACE_DETACH, parent, 0, 0))
			_exit(21);
		_exit(err);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, memcmp(self->image, KHMAP_IMAGE_MAGIC, 8));
	EXPECT_EQ(0, memcmp(private, KHMAP_IMAGE_MAGIC, 8));
	munmap(private, PAGE);
}

TEST_F(mapping, cannot_be_written_in_a_child)
{
	char *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0);
	int status;
	pid_t child;

	ASSERT_NE(MAP_FAILED, private);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(memcmp(self->image, KHMAP_IMAGE_MAGIC, 8) ||
		      memcmp(private, KHMAP_IMAGE_MAGIC, 8));
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(0, write_to_stopped(child, self->image));
	EXPECT_EQ(0, write_to_stopped(child, private));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, child, 0, 0));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	munmap(private, PAGE);
}

/* Dump core into CORE, mappings of every kind included. */
static int dump_core(void)
{
	struct rlimit limit = { 64 << 20, 64 << 20 };
	int status;
	pid_t child = fork();

	if (!child) {
		if (write_file("/proc/self/coredump_filter", "0x7f") ||
		    setrlimit(RLIMIT_CORE, &limit))
			_exit(1);
		abort();
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFSIGNALED(status) && WCOREDUMP(status) ? 0 : status;
}

/* Bytes that CORE has of what was mapped at an address; -1 if it was not. */
static long long dumped_bytes(const void *at)
{
	unsigned long address = (uintptr_t)at;
	FILE *file = fopen(CORE, "r");
	struct core_segment segment;
	struct core_header header;
	long long bytes = -1;
	int i;

	if (!file)
		return -1;
	if (fread(&header, sizeof(header), 1, file) != 1 ||
	    fseek(file, (long)header.e_phoff, SEEK_SET))
		header.e_phnum = 0;
	for (i = 0; i < header.e_phnum; i++) {
		if (fread(&segment, sizeof(segment), 1, file) != 1)
			break;
		if (segment.p_type == PT_LOAD && segment.p_vaddr <= address &&
		    address - segment.p_vaddr < segment.p_memsz)
			bytes = (long long)segment.p_filesz;
	}
	fclose(file);
	return bytes;
}

TEST_F(mapping, not_in_core_dumps)
{
	char *other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0);
	char before[128] = "";
	FILE *file = fopen(PATTERN, "r");
	int err;

	ASSERT_NE(MAP_FAILED, other);
	ASSERT_NE(MAP_FAILED, private);
	ASSERT_NE(NULL, file);
	ASSERT_NE(NULL, fgets(before, sizeof(before), file));
	fclose(file);
	other[0] = self->image[0];
	EXPECT_EQ(1, vm_flag(self->image, "dd"));
	EXPECT_EQ(1, vm_flag(private, "dd"));
	EXPECT_EQ(0, vm_flag(other, "dd"));
	unlink(CORE);
	ASSERT_EQ(0, write_file(PATTERN, CORE));
	err = dump_core();
	ASSERT_EQ(0, write_file(PATTERN, before));
	ASSERT_EQ(0, err);
	EXPECT_EQ(PAGE, dumped_bytes(other));
	EXPECT_EQ(0, dumped_bytes(self->image));
	EXPECT_EQ(0, dumped_bytes(self->image + self->size - PAGE));
	EXPECT_EQ(0, dumped_bytes(private));
	unlink(CORE);
	munmap(private, PAGE);
	munmap(other, PAGE);
}

TEST_HARNESS_MAIN
