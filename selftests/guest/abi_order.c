// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi_order.c - which errno it is if two things are wrong with a call
 *
 * The order is that of the page on the ioctls.
 */
#include "kselftest_harness.h"
#include "khmap_test.h"

#define NAME "test-abi-order"

/* What can be wrong with a call, in the order in which it is looked for. */
enum fault {
	COMMAND,	/* nobody knows it */
	MODE,		/* the descriptor is not open for it */
	ADDRESS,	/* there is no argument */
	SHORT,		/* its size is below that of the first version */
	LONG,		/* its size is above a page */
	GARBAGE,	/* it has bytes that are not known */
	HOLE,		/* all behind its flags is not there */
	FLAG,		/* it has a flag that is not known */
	FAULTS,
};

static const struct {
	const char *name;
	int err;
	/* Faults that cannot be beside it. */
	unsigned int not_with;
} faults[FAULTS] = {
	[COMMAND] = { "command", -ENOTTY, 0 },
	[MODE] = { "mode", -EBADF, 0 },
	[ADDRESS] = { "address", -EFAULT, ~0u << SHORT },
	[SHORT] = { "short", -EINVAL, 1u << LONG | 1u << GARBAGE },
	[LONG] = { "long", -E2BIG, 1u << GARBAGE },
	/* What is not known lies behind the hole, so the hole is met first. */
	[GARBAGE] = { "garbage", -E2BIG, 1u << HOLE },
	[HOLE] = { "hole", -EFAULT, 0 },
	[FLAG] = { "flag", -EOPNOTSUPP, 0 },
};

static const struct {
	const char *name;
	unsigned long command;
	uint32_t size;
	bool on_control;
	int wrong_mode;		/* or -1 if any will do */
	int zeros;		/* what comes of an argument that has no value */
} commands[] = {
	{ "ABI", KHMAP_IOC_ABI, sizeof(struct khmap_ioc_abi), true, -1, 0 },
	{ "CREATE", KHMAP_IOC_CREATE, sizeof(struct khmap_ioc_create), true,
	  O_RDONLY, -EINVAL },
	{ "LIST", KHMAP_IOC_LIST, sizeof(struct khmap_ioc_list), true,
	  O_WRONLY, -EINVAL },
	{ "SAMPLE", KHMAP_IOC_SAMPLE, sizeof(struct khmap_ioc_sample), true,
	  O_WRONLY, -EINVAL },
	{ "PUT", KHMAP_IOC_PUT, sizeof(struct khmap_ioc_record), false,
	  O_RDONLY, -EINVAL },
	{ "GET", KHMAP_IOC_GET, sizeof(struct khmap_ioc_record), false,
	  O_WRONLY, -EINVAL },
	{ "DELETE", KHMAP_IOC_DELETE, sizeof(struct khmap_ioc_record), false,
	  O_RDONLY, -EINVAL },
	{ "STAT", KHMAP_IOC_STAT, sizeof(struct khmap_ioc_stat), false,
	  O_WRONLY, 0 },
	{ "RESERVE", KHMAP_IOC_RESERVE, sizeof(struct khmap_ioc_reserve), false,
	  O_RDONLY, 0 },
	{ "BATCH", KHMAP_IOC_BATCH, sizeof(struct khmap_ioc_batch), false,
	  -1, -EINVAL },
	{ "ROLLBACK", KHMAP_IOC_ROLLBACK, sizeof(struct khmap_ioc_rollback), false,
	  O_RDONLY, -EINVAL },
	{ "CANARY", KHMAP_IOC_CANARY, sizeof(struct khmap_ioc_canary), false,
	  O_RDONLY, -EINVAL },
	{ "VERSIONS", KHMAP_IOC_VERSIONS, sizeof(struct khmap_ioc_versions), false,
	  O_WRONLY, -EINVAL },
};

FIXTURE(order) {
	int map;
	char *pages;	/* three of them, the last of which nobody may touch */
};

FIXTURE_SETUP(order)
{
	map_remove(NAME);
	self->map = create_named(NAME, 10);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, put(self->map, 1, 10));
	self->pages = mmap(NULL, 3 * (size_t)PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->pages);
	ASSERT_EQ(0, mprotect(self->pages + 2 * PAGE, (size_t)PAGE, PROT_NONE));
}

FIXTURE_TEARDOWN(order)
{
	struct khmap_ioc_stat stat;

	/* No call that fails has done anything. */
	EXPECT_EQ(0, map_stat(self->map, &stat));
	EXPECT_EQ(1, stat.entries);
	EXPECT_EQ(0, stat.snapshots);
	munmap(self->pages, 3 * (size_t)PAGE);
	close(self->map);
	map_remove(NAME);
}

/* An argument of @size bytes without any values, with these faults but for ADDRESS. */
static void *argument(char *pages, uint32_t size, unsigned int wrong)
{
	char *at = pages;
	uint32_t head[2] = { size, 0 };

	memset(pages, 0, 2 * (size_t)PAGE);
	if (wrong & 1u << HOLE)
		at = pages + 2 * PAGE - sizeof(head);
	if (wrong & 1u << SHORT)
		head[0] = sizeof(head) - 1;
	if (wrong & 1u << LONG)
		head[0] = (uint32_t)PAGE + 8;
	if (wrong & 1u << GARBAGE) {
		head[0] = size + 8;
		at[size + 7] = 1;
	}
	if (wrong & 1u << FLAG)
		head[1] = 1u << 31;
	memcpy(at, head, sizeof(head));
	return at;
}

static int call_with(char *pages, size_t which, unsigned int wrong)
{
	bool mode = wrong & 1u << MODE;
	int flags = mode ? commands[which].wrong_mode : O_RDWR, err;
	int fd = commands[which].on_control ? control_open(flags) :
					      map_open(NAME, flags);
	void *arg = argument(pages, commands[which].size, wrong);

	if (fd < 0)
		return fd;
	if (wrong & 1u << ADDRESS)
		arg = NULL;
	err = call(fd, wrong & 1u << COMMAND ? _IO(KHMAP_IOC_TYPE, 0xff) :
					       commands[which].command, arg);
	close(fd);
	return err;
}

static bool can_be(size_t which, int fault)
{
	return fault != MODE || commands[which].wrong_mode >= 0;
}

TEST_F(order, of_two_faults_the_first_is_told)
{
	size_t which;
	int one, other;

	for (which = 0; which < ARRAY_SIZE(commands); which++) {
		for (one = 0; one < FAULTS; one++) {
			if (!can_be(which, one))
				continue;
			EXPECT_EQ(faults[one].err,
				  call_with(self->pages, which, 1u << one)) {
				TH_LOG("%s: %s", commands[which].name, faults[one].name);
			}
			for (other = one + 1; other < FAULTS; other++) {
				if (!can_be(which, other) ||
				    faults[one].not_with & 1u << other)
					continue;
				EXPECT_EQ(faults[one].err,
					  call_with(self->pages, which,
						    1u << one | 1u << other)) {
					TH_LOG("%s: %s before %s", commands[which].name,
					       faults[one].name, faults[other].name);
				}
			}
		}
		/* The values, which all calls before have wrong as well, come last. */
		EXPECT_EQ(commands[which].zeros, call_with(self->pages, which, 0)) {
			TH_LOG("%s: no values", commands[which].name);
		}
	}
}

/* Bytes that are not known are looked for from the first to the last that there is. */
TEST_F(order, unknown_bytes_up_to_a_hole)
{
	uint32_t size = sizeof(struct khmap_ioc_record), head[2] = { size + 64, 0 };
	char *at = self->pages + 2 * PAGE - size - 32;

	memset(at, 0, size + 32);
	memcpy(at, head, sizeof(head));
	EXPECT_EQ(-EFAULT, call(self->map, KHMAP_IOC_PUT, at));
	at[size] = 1;
	EXPECT_EQ(-E2BIG, call(self->map, KHMAP_IOC_PUT, at));
}

/* What only some arguments of a command need is asked for with the values. */
TEST_F(order, descriptor_that_is_not_open_for_a_value)
{
	uint64_t key = 1, value = 0;
	const struct khmap_ioc_record right = record_args(&key, 8, &value, 8);
	struct khmap_ioc_record *arg = (void *)self->pages;
	int fd = map_open(NAME, O_WRONLY);
	char *hole;

	ASSERT_LE(0, fd);
	*arg = right;
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_DELETE, arg));
	/* Before it. */
	EXPECT_EQ(-ENOTTY, call(fd, _IO(KHMAP_IOC_TYPE, 0xff), arg));
	EXPECT_EQ(-EFAULT, call(fd, KHMAP_IOC_DELETE, NULL));
	arg->size = sizeof(*arg) - 1;
	EXPECT_EQ(-EINVAL, call(fd, KHMAP_IOC_DELETE, arg));
	arg->size = (uint32_t)PAGE + 8;
	EXPECT_EQ(-E2BIG, call(fd, KHMAP_IOC_DELETE, arg));
	arg->size = sizeof(*arg) + 8;
	self->pages[sizeof(*arg)] = 1;
	EXPECT_EQ(-E2BIG, call(fd, KHMAP_IOC_DELETE, arg));
	*arg = right;
	arg->flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(fd, KHMAP_IOC_DELETE, arg));
	hole = self->pages + 2 * PAGE - offsetof(struct khmap_ioc_record, value_size);
	memcpy(hole, &right, offsetof(struct khmap_ioc_record, value_size));
	EXPECT_EQ(-EFAULT, call(fd, KHMAP_IOC_DELETE, hole));
	/* Behind it. */
	*arg = right;
	arg->key_size = 7;
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_DELETE, arg));
	*arg = right;
	arg->value = 8;
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_DELETE, arg));
	*arg = right;
	arg->key = 8;
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_DELETE, arg));
	/* Without a value it may be deleted; this one is not there. */
	key = 2;
	*arg = record_args(&key, 8, NULL, 0);
	EXPECT_EQ(-ENOENT, call(fd, KHMAP_IOC_DELETE, arg));
	close(fd);
}

/* Of a batch that is wrong as a whole nothing is told operation by operation. */
TEST_F(order, descriptor_that_is_not_open_for_an_opcode)
{
	uint64_t key = 1, value = 0;
	const struct khmap_ioc_batch right = {
		.size = sizeof(right),
		.flags = KHMAP_BATCH_ARRAYS,
		.count = 1,
		.opcode = KHMAP_OP_GET,
		.keys = address_of(&key),
		.values = address_of(&value),
	};
	int fd = map_open(NAME, O_WRONLY);
	struct khmap_ioc_batch arg;

	ASSERT_LE(0, fd);
	arg = right;
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_BATCH, &arg));
	arg = right;
	arg.count = 0;
	EXPECT_EQ(-EINVAL, call(fd, KHMAP_IOC_BATCH, &arg));
	arg = right;
	arg.flags |= 1u << 31;
	EXPECT_EQ(-EOPNOTSUPP, call(fd, KHMAP_IOC_BATCH, &arg));
	arg = right;
	arg.flags |= KHMAP_BATCH_ATOMIC;
	arg.count = KHMAP_ATOMIC_MAX + 1;
	EXPECT_EQ(-E2BIG, call(fd, KHMAP_IOC_BATCH, &arg));
	arg = right;
	arg.op_flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(fd, KHMAP_IOC_BATCH, &arg));
	arg = right;
	arg.offset = 1;
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_BATCH, &arg));
	arg = right;
	arg.keys = 8;
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_BATCH, &arg));
	close(fd);
}

TEST_HARNESS_MAIN
