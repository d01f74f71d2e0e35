// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_container.c - a container whose device cgroup does not have the nodes
 *
 * A BPF program of the cgroup is asked at each open of a node, as for any device.  It
 * is not asked about descriptors, which a container may have been given.
 */
#include "kselftest_harness.h"
#include <linux/bpf.h>
#include <sys/sysmacros.h>
#include "hostile.h"

#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/khmap-container"

FIXTURE(container) {
	int map;
	int group;
	int program;
};

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* A program that allows every device but those of a major number. */
static int program_load(unsigned int major_number)
{
	const struct bpf_insn program[] = {
		/* r2 = ctx->major; r0 = 1; if (r2 == major) r0 = 0; exit */
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_2,
		  .src_reg = BPF_REG_1,
		  .off = offsetof(struct bpf_cgroup_dev_ctx, major) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_2, .off = 1,
		  .imm = (int)major_number },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = sizeof(program) / sizeof(program[0]),
		.insns = address_of(program),
		.license = address_of("GPL"),
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

FIXTURE_SETUP(container)
{
	union bpf_attr attr = { .attach_type = BPF_CGROUP_DEVICE };
	struct stat node;

	self->map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0666));
	ASSERT_EQ(0, stat_node(HOSTILE_MAP, &node));
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		SKIP(return, "no cgroup v2");
	self->group = open(GROUP, O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, self->group);
	self->program = program_load(major(node.st_rdev));
	ASSERT_LE(0, self->program);
	attr.target_fd = (uint32_t)self->group;
	attr.attach_bpf_fd = (uint32_t)self->program;
	ASSERT_EQ(0, bpf(BPF_PROG_ATTACH, &attr));
}

FIXTURE_TEARDOWN(container)
{
	map_remove(HOSTILE_MAP);
	close(self->map);
	close(self->program);
	close(self->group);
	rmdir(GROUP);
}

/* Run in the container: 0, or which step failed. */
static int run_inside(int (*function)(int fd), int fd)
{
	pid_t child = fork();
	int status;

	if (!child) {
		int procs = open(GROUP "/cgroup.procs", O_WRONLY);

		if (procs < 0 || write(procs, "0", 1) != 1)
			_exit(255);
		_exit(function(fd));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

/* Root, with the node's mode at 0666, all the same. */
static int opens_nothing(int fd)
{
	char link[64];

	if (map_open(HOSTILE_MAP, O_RDONLY) != -EPERM ||
	    map_open(HOSTILE_MAP, O_RDWR) != -EPERM)
		return 1;
	/* That he has it open helps him to nothing. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (open(link, O_RDONLY) >= 0 || errno != EPERM)
		return 2;
	return access("/dev/null", R_OK) || open("/dev/null", O_RDONLY) < 0 ? 3 : 0;
}

/* All that the descriptor is open for; and a snapshot is one more. */
static int keeps_what_it_has(int fd)
{
	struct khmap_ioc_snapshot args;
	uint64_t value;
	size_t size;
	int shot;

	if (get(fd, 1, &value) || value != 1 || put(fd, 1, 1))
		return 1;
	if (image_map(fd, &size) == MAP_FAILED)
		return 2;
	shot = snapshot(fd, &args);
	return shot < 0 || get(shot, 1, &value) || value != 1 ? 3 : 0;
}

TEST_F(container, opens_nothing)
{
	int fd = map_open(HOSTILE_MAP, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, run_inside(opens_nothing, fd));
	close(fd);
}

TEST_F(container, keeps_what_it_was_given)
{
	int fd = map_open(HOSTILE_MAP, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, run_inside(keeps_what_it_has, fd));
	close(fd);
}

/* Another version comes by the descriptor, not by the node: so it is not asked. */
static int follows(int fd)
{
	struct khmap_ioc_choose args;
	uint64_t value;

	if (choose(fd, &args) || args.fd < 0)
		return 1;
	return get(args.fd, 1, &value) || value != 111 ? 2 : 0;
}

TEST_F(container, follows_the_name)
{
	int fresh = fresh_map(1, 111), fd = map_open(HOSTILE_MAP, O_RDONLY);

	ASSERT_LE(0, fresh);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, publish(self->map, fresh, 0));
	EXPECT_EQ(0, run_inside(follows, fd));
	close(fd);
	close(fresh);
}

TEST_HARNESS_MAIN
