// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_userns.c - root in a user namespace is not root here
 *
 * He has all capabilities in his namespace, and his own mounts.  What the module asks
 * for, CAP_CHOWN and CAP_SYS_ADMIN, it asks for in the initial one.
 */
#include "kselftest_harness.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include "hostile.h"
#include "system_file.h"

/* A user whom the namespace has beside its root. */
#define NEIGHBOUR	2000

FIXTURE(userns) {
	int map;
	int control;
};

FIXTURE_SETUP(userns)
{
	self->map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, self->map);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
}

FIXTURE_TEARDOWN(userns)
{
	map_remove(HOSTILE_MAP);
	close(self->map);
	close(self->control);
}

/*
 * Run a function as root of a new namespace, whose user is UNPRIVILEGED out here and
 * that has NEIGHBOUR as well.  Returns what the function returned, or 200 and above.
 */
static int run_as_root_of_namespace(int (*function)(const void *), const void *context)
{
	int ready[2], mapped[2], status;
	char path[64], byte = 0;
	pid_t child;

	if (pipe(ready) || pipe(mapped))
		return 200;
	child = fork();
	if (!child) {
		if (drop_privileges() || unshare(CLONE_NEWUSER | CLONE_NEWNS))
			_exit(201);
		if (write(ready[1], &byte, 1) != 1 || read(mapped[0], &byte, 1) != 1)
			_exit(202);
		if (setgid(0) || setuid(0))
			_exit(203);
		_exit(function(context));
	}
	if (child < 0 || read(ready[0], &byte, 1) != 1)
		return 204;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	if (write_file(path, "0 1000 1\n1 2000 1\n"))
		return 205;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", child);
	if (write_file(path, "0 1000 1\n1 2000 1\n"))
		return 206;
	if (write(mapped[1], &byte, 1) != 1)
		return 207;
	close(ready[0]);
	close(ready[1]);
	close(mapped[0]);
	close(mapped[1]);
	if (waitpid(child, &status, 0) != child)
		return 208;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

struct given {
	int map;
	int control;
};

static int opens_nothing(const void *context)
{
	struct stat node;

	(void)context;
	if (map_open(HOSTILE_MAP, O_RDONLY) != -EACCES)
		return 1;
	if (control_open(O_RDONLY) != -EACCES)
		return 2;
	/* It is nobody's whom he knows; so he cannot make it his. */
	if (stat_node(HOSTILE_MAP, &node) || node.st_uid != 65534)
		return 3;
	if (!chown(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0, 0) || errno != EPERM)
		return 4;
	if (!chmod(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0666) || errno != EPERM)
		return 5;
	if (!unlink(KHMAP_DEVICE_DIR "/" HOSTILE_MAP) || errno != EACCES)
		return 6;
	return 0;
}

TEST_F(userns, opens_nothing)
{
	EXPECT_EQ(0, run_as_root_of_namespace(opens_nothing, NULL));
}

/* Nor by a node of his own, in a file system of his own. */
static int makes_no_node(const void *context)
{
	struct stat node;

	(void)context;
	if (stat_node(HOSTILE_MAP, &node))
		return 1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 2;
	if (mount("tmpfs", "/tmp", "tmpfs", 0, NULL))
		return 3;
	if (!mknod("/tmp/node", S_IFCHR | 0666, node.st_rdev) || errno != EPERM)
		return 4;
	if (!mount("devtmpfs", "/tmp", "devtmpfs", 0, NULL) || errno != EPERM)
		return 5;
	/* The one that is there, in another place, is as it was. */
	if (open("/tmp/file", O_CREAT | O_RDWR, 0600) < 0)
		return 6;
	if (mount(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, "/tmp/file", NULL, MS_BIND, NULL))
		return 7;
	if (open("/tmp/file", O_RDONLY) >= 0 || errno != EACCES)
		return 8;
	return 0;
}

TEST_F(userns, makes_no_node)
{
	EXPECT_EQ(0, run_as_root_of_namespace(makes_no_node, NULL));
}

/* By descriptors that he was given: what they allow, and not what only root may. */
static int with_descriptors(const void *context)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	struct khmap_ioc_sample sample = { .size = sizeof(sample), .every = 1 };
	const struct given *given = context;
	struct khmap_map_info info;
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.infos = address_of(&info),
		.info_size = sizeof(info),
		.count = 1,
	};
	uint64_t value;

	if (put(given->map, 1, 77) || get(given->map, 1, &value) || value != 77)
		return 1;
	/* The name is its owner's. */
	if (map_destroy(given->map) != -EPERM)
		return 2;
	/* For himself, by the numbers of his namespace. */
	args.flags = KHMAP_CREATE_OWNER;
	if (call(given->control, KHMAP_IOC_CREATE, &args))
		return 3;
	close(args.fd);
	/* CAP_CHOWN of his namespace is none out here, though it has the user. */
	args.uid = 1;
	if (call(given->control, KHMAP_IOC_CREATE, &args) != -EPERM)
		return 4;
	args.uid = 0;
	args.gid = 1;
	if (call(given->control, KHMAP_IOC_CREATE, &args) != -EPERM)
		return 5;
	/* Who is not in his namespace has no number there. */
	args.gid = 0;
	args.uid = 5;
	if (call(given->control, KHMAP_IOC_CREATE, &args) != -EINVAL)
		return 6;
	if (call(given->control, KHMAP_IOC_LIST, &list) || list.count != 1)
		return 7;
	if (info.uid != 65534 || info.gid != 65534)
		return 8;
	/* So are his CAP_PERFMON and CAP_SYS_ADMIN. */
	return call(given->control, KHMAP_IOC_SAMPLE, &sample) == -EPERM ? 0 : 9;
}

TEST_F(userns, with_descriptors)
{
	struct given given = { .map = self->map, .control = self->control };

	EXPECT_EQ(0, run_as_root_of_namespace(with_descriptors, &given));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, F_OK));
}

/* What is his out here is his in there. */
static int owns_his_own(const void *context)
{
	int fd = map_open(context, O_RDWR);

	return fd < 0 ? 1 : map_destroy(fd) ? 2 : 0;
}

TEST_F(userns, owns_his_own)
{
	ASSERT_EQ(0, chown(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, UNPRIVILEGED, 0));
	EXPECT_EQ(0, run_as_root_of_namespace(owns_his_own, HOSTILE_MAP));
	EXPECT_EQ(-ENOENT, map_open(HOSTILE_MAP, O_RDONLY));
}

/* A neighbour's in his namespace is not, though he is root of it. */
TEST_F(userns, owns_not_his_neighbour_s)
{
	ASSERT_EQ(0, chown(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, NEIGHBOUR, NEIGHBOUR));
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, 0666));
	EXPECT_EQ(2, run_as_root_of_namespace(owns_his_own, HOSTILE_MAP));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" HOSTILE_MAP, F_OK));
}

TEST_HARNESS_MAIN
