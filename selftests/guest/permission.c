// SPDX-License-Identifier: GPL-2.0-only
/*
 * permission.c - who may do what
 */
#include "kselftest_harness.h"
#include <linux/netlink.h>
#include <sys/socket.h>
#include "publish_test.h"
#include "system_file.h"

#define NAME "test-permission"
#define OTHER "test-permission-2"

FIXTURE(permission) {
	int fd;
};

FIXTURE_SETUP(permission)
{
	map_remove(NAME);
	self->fd = create_named(NAME, 100);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, put(self->fd, 1, 10));
}

FIXTURE_TEARDOWN(permission)
{
	map_remove(NAME);
	close(self->fd);
}

static int open_modes(const void *context)
{
	const char *name = context;
	int result = 0, fd;

	fd = map_open(name, O_RDONLY);
	result |= fd >= 0 ? 1 : fd == -EACCES ? 0 : 64;
	fd = map_open(name, O_WRONLY);
	result |= fd >= 0 ? 2 : fd == -EACCES ? 0 : 64;
	fd = map_open(name, O_RDWR);
	result |= fd >= 0 ? 4 : fd == -EACCES ? 0 : 64;
	return result;
}

TEST_F(permission, default_mode_shuts_others_out)
{
	EXPECT_EQ(0, run_unprivileged(open_modes, NAME));
}

TEST_F(permission, control_is_for_root)
{
	EXPECT_EQ(0, run_unprivileged(open_modes, "control"));
}

TEST_F(permission, chmod_and_chown_decide)
{
	const char *path = KHMAP_DEVICE_DIR "/" NAME;

	ASSERT_EQ(0, chmod(path, 0664));
	EXPECT_EQ(1, run_unprivileged(open_modes, NAME));
	ASSERT_EQ(0, chmod(path, 0662));
	EXPECT_EQ(2, run_unprivileged(open_modes, NAME));
	ASSERT_EQ(0, chmod(path, 0666));
	EXPECT_EQ(7, run_unprivileged(open_modes, NAME));
	ASSERT_EQ(0, chmod(path, 0600));
	ASSERT_EQ(0, chown(path, UNPRIVILEGED, 0));
	EXPECT_EQ(7, run_unprivileged(open_modes, NAME));
}

/*
 * udev gives a node the mode and owner that each event of its device names, which are
 * those of its beginning.  Without events it does not, and chmod and chown last.
 */
TEST_F(permission, udev_is_not_told)
{
	static const char node[] = "/sys/class/khmap/" NAME "/uevent";
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	int others = 0, ours = 0;
	char event[8192];
	ssize_t size;

	ASSERT_LE(0, events);
	ASSERT_EQ(0, bind(events, (struct sockaddr *)&address, sizeof(address)));
	map_remove(OTHER);
	close(create_named(OTHER, 1));
	ASSERT_EQ(0, access(KHMAP_DEVICE_DIR "/" OTHER, F_OK));
	map_remove(OTHER);
	/* As "udevadm trigger" does. */
	EXPECT_EQ(0, write_file(node, "change"));
	/* They come in their order; this is the last one. */
	ASSERT_EQ(0, write_file("/sys/class/mem/null/uevent", "change"));
	while (!others) {
		size = recv(events, event, sizeof(event) - 1, 0);
		ASSERT_LT(0, size);
		event[size] = '\0';
		ours += !!strstr(event, "/khmap/");
		others += !!strstr(event, "/mem/null");
	}
	EXPECT_EQ(0, ours);
	close(events);
}

TEST_F(permission, read_only_descriptor)
{
	int fd = map_open(NAME, O_RDONLY);
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_stat stat;
	uint64_t value, deleted;
	struct khmap_ioc_abi abi;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, get(fd, 1, &value));
	EXPECT_EQ(10, value);
	EXPECT_EQ(0, map_stat(fd, &stat));
	EXPECT_EQ(0, query_abi(fd, &abi));
	EXPECT_NE(0, image_size(fd));

	EXPECT_EQ(-EBADF, put(fd, 1, 11));
	EXPECT_EQ(-EBADF, put(fd, 2, 20));
	EXPECT_EQ(-EBADF, delete(fd, 1));
	EXPECT_EQ(-EBADF, clear(fd, &deleted));
	EXPECT_EQ(-EBADF, snapshot(fd, &args));
	EXPECT_EQ(-EBADF, map_destroy(fd));
	EXPECT_EQ(0, get(fd, 1, &value));
	EXPECT_EQ(10, value);
	close(fd);
}

TEST_F(permission, write_only_descriptor)
{
	int fd = map_open(NAME, O_WRONLY);
	uint64_t key = 1, value = 0;
	struct khmap_ioc_record args = record_args(&key, 8, &value, 8);
	struct khmap_ioc_snapshot shot;
	struct khmap_ioc_stat stat;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, get(fd, 1, &value));
	EXPECT_EQ(-EBADF, map_stat(fd, &stat));
	EXPECT_EQ(-EBADF, snapshot(fd, &shot));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(EACCES, errno);
	/* A value that is deleted would be read, too. */
	EXPECT_EQ(-EBADF, call(fd, KHMAP_IOC_DELETE, &args));
	EXPECT_EQ(0, value);

	EXPECT_EQ(0, put(fd, 2, 20));
	EXPECT_EQ(0, delete(fd, 1));
	close(fd);
	EXPECT_EQ(-ENOENT, get(self->fd, 1, &value));
	EXPECT_EQ(0, get(self->fd, 2, &value));
}

/*
 * Whoever has a version open can read and write the others, by CHOOSE.  So who may only
 * write, or only read, makes no map a version of a name.
 */
TEST_F(permission, versions_by_who_may_only_write_or_read)
{
	static const int modes[] = { O_WRONLY, O_RDONLY };
	struct khmap_ioc_choose choice;
	uint64_t value;
	int i, fresh;

	fresh = fresh_map(1, 20);
	ASSERT_LE(0, fresh);
	for (i = 0; i < 2; i++) {
		int fd = map_open(NAME, modes[i]);

		ASSERT_LE(0, fd);
		EXPECT_EQ(-EBADF, publish(fd, fresh, 1));
		EXPECT_EQ(-EBADF, canary(fd, KHMAP_CANARY_MAP, fresh, 0, NULL, 0));
		EXPECT_EQ(-ENODEV, choose(fresh, &choice));
		close(fd);
	}
	/* Nor of his own name a map of which that is all that he may. */
	close(fresh);
	fresh = create_named(OTHER, 1);
	ASSERT_LE(0, fresh);
	for (i = 0; i < 2; i++) {
		int own = map_open(OTHER, O_RDWR), fd = map_open(NAME, modes[i]);

		ASSERT_LE(0, own);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EBADF, publish(own, fd, 1));
		EXPECT_EQ(-EBADF, canary(own, KHMAP_CANARY_MAP, fd, 0, NULL, 0));
		EXPECT_EQ(-ENOENT, get(own, 1, &value));
		close(fd);
		close(own);
	}
	map_remove(OTHER);
	close(fresh);
}

/* What CHOOSE gives is open as what it was asked of, and no more. */
TEST_F(permission, write_only_descriptor_of_a_later_version)
{
	int fd = map_open(NAME, O_WRONLY), fresh = fresh_map(1, 20);
	struct khmap_ioc_choose choice;
	uint64_t value = 0;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, fresh);
	ASSERT_LT(0, publish(self->fd, fresh, 1));
	ASSERT_EQ(0, choose(fd, &choice));
	ASSERT_LE(0, choice.fd);
	EXPECT_EQ(-EBADF, get(choice.fd, 1, &value));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, choice.fd, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, value);
	EXPECT_EQ(0, put(choice.fd, 1, 21));
	/* He may go back, which makes nothing a version that is none. */
	ASSERT_LT(0, rollback(choice.fd, 1));
	EXPECT_EQ(0, get(self->fd, 1, &value));
	EXPECT_EQ(10, value);
	close(choice.fd);
	close(fresh);
	close(fd);
}

static int destroy_by_name(const void *context)
{
	int fd = map_open(context, O_RDWR);

	return fd < 0 ? 200 : -map_destroy(fd);
}

TEST_F(permission, destroy_by_another_user)
{
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" NAME, 0666));
	EXPECT_EQ(EPERM, run_unprivileged(destroy_by_name, NAME));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" NAME, F_OK));
}

TEST_F(permission, destroy_by_the_node_s_owner)
{
	ASSERT_EQ(0, chown(KHMAP_DEVICE_DIR "/" NAME, UNPRIVILEGED, 0));
	EXPECT_EQ(0, run_unprivileged(destroy_by_name, NAME));
	EXPECT_EQ(-ENOENT, map_open(NAME, O_RDONLY));
}

static int destroy_by_descriptor(const void *context)
{
	return -map_destroy(*(const int *)context);
}

TEST_F(permission, destroy_by_an_inherited_descriptor)
{
	EXPECT_EQ(EPERM, run_unprivileged(destroy_by_descriptor, &self->fd));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" NAME, F_OK));
}

/* A map that another user had first, open in this process. */
static int map_of_user(const char *name)
{
	struct khmap_ioc_create args = create_args(name, 100);

	args.flags = KHMAP_CREATE_OWNER;
	args.uid = UNPRIVILEGED;
	args.gid = UNPRIVILEGED;
	return create_map(&args);
}

/* Whose map it was is nobody to the name that it gets. */
TEST_F(permission, destroy_of_what_was_published)
{
	int created = map_of_user(NULL), opened;

	ASSERT_LE(0, created);
	ASSERT_LT(0, publish(self->fd, created, 0));
	EXPECT_EQ(EPERM, run_unprivileged(destroy_by_descriptor, &created));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" NAME, F_OK));

	/* By a node that was his, and is gone. */
	map_remove(OTHER);
	opened = map_of_user(OTHER);
	ASSERT_LE(0, opened);
	close(opened);
	opened = map_open(OTHER, O_RDWR);
	ASSERT_LE(0, opened);
	ASSERT_LT(0, publish(created, opened, 0));
	EXPECT_EQ(EPERM, run_unprivileged(destroy_by_descriptor, &opened));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" NAME, F_OK));
	close(created);
	close(opened);
}

struct theft {
	int live;
	int fresh;
};

static int publish_descriptor(const void *context)
{
	const struct theft *theft = context;
	int64_t generation = publish(theft->live, theft->fresh, 0);

	return generation < 0 ? (int)-generation : 0;
}

/* Nor can he take the map, and with it the name away, to a name of his own. */
TEST_F(permission, publish_of_what_was_published)
{
	struct theft theft;

	map_remove(OTHER);
	theft.live = map_of_user(OTHER);
	theft.fresh = map_of_user(NULL);
	ASSERT_LE(0, theft.live);
	ASSERT_LE(0, theft.fresh);
	ASSERT_LT(0, publish(self->fd, theft.fresh, 0));
	/* Without a former version the name could go. */
	close(self->fd);
	self->fd = map_open(NAME, O_RDWR);
	EXPECT_EQ(EPERM, run_unprivileged(publish_descriptor, &theft));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" NAME, F_OK));
	/* Who owns the name does. */
	EXPECT_LT(0, publish(theft.live, theft.fresh, 0));
	EXPECT_EQ(-1, access(KHMAP_DEVICE_DIR "/" NAME, F_OK));
	close(theft.live);
	close(theft.fresh);
	map_remove(OTHER);
}

/* The owner of the node is that of the name, whichever map it means. */
TEST_F(permission, destroy_by_the_name_s_owner)
{
	struct khmap_ioc_choose args;
	int node = map_of_user(OTHER), fresh = create_named(NULL, 100);

	ASSERT_LE(0, node);
	ASSERT_LE(0, fresh);
	ASSERT_LT(0, publish(node, fresh, 0));
	ASSERT_EQ(0, choose(node, &args));
	ASSERT_LE(0, args.fd);
	EXPECT_EQ(0, run_unprivileged(destroy_by_descriptor, &args.fd));
	EXPECT_EQ(-ENOENT, map_open(OTHER, O_RDONLY));
	close(args.fd);
	close(fresh);
	close(node);
}

TEST(created_for_another_user)
{
	struct khmap_ioc_create args = create_args(NAME, 10);
	int fd;

	map_remove(NAME);
	args.flags = KHMAP_CREATE_OWNER | KHMAP_CREATE_MODE;
	args.uid = UNPRIVILEGED;
	args.gid = UNPRIVILEGED;
	args.mode = 0600;
	fd = create_map(&args);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(7, run_unprivileged(open_modes, NAME));
	EXPECT_EQ(0, run_unprivileged(destroy_by_name, NAME));
	EXPECT_EQ(-ENOENT, map_open(NAME, O_RDONLY));
}

/* With a control descriptor and no privilege: only for oneself. */
static int create_for(const void *context)
{
	struct khmap_ioc_create args = create_args(NULL, 10);
	int control = *(const int *)context, result = 0, err;

	args.flags = KHMAP_CREATE_OWNER;
	args.uid = UNPRIVILEGED;
	args.gid = UNPRIVILEGED;
	if (call(control, KHMAP_IOC_CREATE, &args))
		result |= 1;
	args.uid = 0;
	err = call(control, KHMAP_IOC_CREATE, &args);
	if (err != -EPERM)
		result |= 2;
	args.uid = UNPRIVILEGED;
	args.gid = 0;
	err = call(control, KHMAP_IOC_CREATE, &args);
	if (err != -EPERM)
		result |= 4;
	args.flags = 0;
	if (call(control, KHMAP_IOC_CREATE, &args))
		result |= 8;
	return result;
}

TEST(foreign_owner_needs_a_capability)
{
	int control = control_open(O_RDWR);

	ASSERT_LE(0, control);
	EXPECT_EQ(0, run_unprivileged(create_for, &control));
	close(control);
}

TEST(control_descriptors)
{
	struct khmap_ioc_create args = create_args(NULL, 10);
	int control = control_open(O_RDONLY);
	struct khmap_map_info info;
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.infos = address_of(&info),
		.info_size = sizeof(info),
		.count = 1,
	};

	ASSERT_LE(0, control);
	EXPECT_EQ(-EBADF, call(control, KHMAP_IOC_CREATE, &args));
	EXPECT_EQ(0, call(control, KHMAP_IOC_LIST, &list));
	close(control);

	list.count = 1;
	control = control_open(O_WRONLY);
	ASSERT_LE(0, control);
	EXPECT_EQ(-EBADF, call(control, KHMAP_IOC_LIST, &list));
	EXPECT_EQ(0, call(control, KHMAP_IOC_CREATE, &args));
	close(args.fd);
	close(control);
}

/* The number of a node that is gone must not lead to the next map. */
TEST(stale_node)
{
	char path[64];
	int fd, node, other;

	map_remove(NAME);
	fd = create_named(NAME, 10);
	ASSERT_LE(0, fd);
	node = open(KHMAP_DEVICE_DIR "/" NAME, O_PATH);
	ASSERT_LE(0, node);
	ASSERT_EQ(0, map_destroy(fd));
	close(fd);
	other = create_named(NAME, 10);
	ASSERT_LE(0, other);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	EXPECT_EQ(-1, open(path, O_RDONLY));
	EXPECT_EQ(ENXIO, errno);
	close(node);
	map_remove(NAME);
	close(other);
}

TEST(names_go_like_unlink)
{
	uint64_t value;
	int fd, second;

	map_remove(NAME);
	fd = create_named(NAME, 10);
	ASSERT_LE(0, fd);
	second = map_open(NAME, O_RDWR);
	ASSERT_LE(0, second);
	EXPECT_EQ(0, map_destroy(fd));
	EXPECT_EQ(-ENODEV, map_destroy(fd));
	EXPECT_EQ(-ENODEV, map_destroy(second));
	EXPECT_EQ(-ENOENT, map_open(NAME, O_RDONLY));
	EXPECT_EQ(0, put(fd, 1, 10));
	close(fd);
	EXPECT_EQ(0, get(second, 1, &value));
	EXPECT_EQ(10, value);
	close(second);

	fd = create_named(NULL, 10);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENODEV, map_destroy(fd));
	close(fd);
}

TEST_HARNESS_MAIN
