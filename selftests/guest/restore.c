// SPDX-License-Identifier: GPL-2.0-only
/*
 * restore.c - a snapshot becomes a map, whole or not at all
 */
#include "kselftest_harness.h"
#include <pthread.h>
#include <signal.h>
#include <khmap/digest.h>
#include "image_test.h"
#include "verify.h"

#define NAME	"test-restore"
#define COPY	"test-restored"
#define KEYS	20000
#define CHANGED	64	/* of the keys, values that change */
#define FIELD(field)	offsetof(struct khmap_image_header, field)

FIXTURE(restore) {
	int control;
	int map;
	int shot;
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_abi before;
	void *image;
	size_t size;
};

static struct khmap_ioc_restore restore_args(const char *name, const void *image, size_t size)
{
	return (struct khmap_ioc_restore){
		.size = sizeof(struct khmap_ioc_restore),
		.image = address_of(image),
		.image_bytes = size,
		.name = address_of(name),
		.name_length = (uint32_t)strlen(name),
	};
}

FIXTURE_SETUP(restore)
{
	uint64_t i;

	map_remove(NAME);
	map_remove(COPY);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	self->map = create_named(NAME, KEYS);
	ASSERT_LE(0, self->map);
	for (i = 0; i < KEYS; i++)
		ASSERT_EQ(0, put(self->map, i, i + 1));
	self->shot = snapshot(self->map, &self->args);
	ASSERT_LE(0, self->shot);
	self->image = image_map(self->shot, &self->size);
	ASSERT_NE(MAP_FAILED, self->image);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
}

FIXTURE_TEARDOWN(restore)
{
	struct khmap_ioc_abi after;

	map_remove(COPY);
	/* Whatever happened, all memory is back. */
	ASSERT_EQ(0, query_abi(self->control, &after));
	EXPECT_EQ(self->before.maps, after.maps);
	EXPECT_EQ(self->before.bytes, after.bytes);
	munmap(self->image, self->size);
	close(self->shot);
	close(self->map);
	close(self->control);
	map_remove(NAME);
}

/* Digests of what is behind two descriptors; 0 if they are equal. */
static int digests_differ(int a, int b)
{
	struct khmap_digest one = { .size = sizeof(one) }, other = { .size = sizeof(other) };
	struct khmap *map;
	int fd[2] = { fcntl(a, F_DUPFD_CLOEXEC, 3), fcntl(b, F_DUPFD_CLOEXEC, 3) };

	if (khmap_open_fd(fd[0], NULL, &map))
		return -1;
	if (khmap_digest(map, &one))
		return -1;
	khmap_close(map);
	if (khmap_open_fd(fd[1], NULL, &map))
		return -1;
	if (khmap_digest(map, &other))
		return -1;
	khmap_close(map);
	return one.entries != other.entries ||
	       memcmp(one.value, other.value, sizeof(one.value));
}

TEST_F(restore, has_every_key_and_goes_on)
{
	struct khmap_ioc_restore args = restore_args(COPY, self->image, self->size);
	struct khmap_ioc_stat stat;
	uint64_t i, value;

	args.what = 77;
	args.page = 77;
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_RESTORE, &args));
	EXPECT_EQ(KHMAP_DAMAGE_NONE, args.what);
	EXPECT_EQ(0, args.page);
	EXPECT_EQ(FD_CLOEXEC, fcntl(args.fd, F_GETFD));
	ASSERT_EQ(0, map_stat(args.fd, &stat));
	EXPECT_EQ(KEYS, stat.entries);
	EXPECT_EQ(KHMAP_IMAGE_LIVE, stat.kind);
	EXPECT_EQ(0, digests_differ(self->shot, args.fd));
	for (i = 0; i < 2 * KEYS; i++)
		ASSERT_EQ(0, put(args.fd, i, i + 2));
	for (i = 0; i < KEYS; i += 3)
		ASSERT_EQ(0, delete(args.fd, i));
	ASSERT_EQ(0, get(args.fd, 2 * KEYS - 1, &value));
	EXPECT_EQ(2 * KEYS + 1, value);
	EXPECT_EQ(0, map_verify(args.fd));
	/* The map that it came from knows nothing of it. */
	ASSERT_EQ(0, get(self->map, 1, &value));
	EXPECT_EQ(2, value);
	close(args.fd);
}

TEST_F(restore, is_the_image_byte_for_byte)
{
	struct khmap_ioc_restore args = restore_args(COPY, self->image, self->size);
	const struct khmap_image_header *old = self->image, *new;
	struct khmap_ioc_snapshot again;
	size_t size;
	char *image;
	int shot;

	ASSERT_EQ(0, call(self->control, KHMAP_IOC_RESTORE, &args));
	shot = snapshot(args.fd, &again);
	ASSERT_LE(0, shot);
	image = image_map(shot, &size);
	ASSERT_NE(MAP_FAILED, image);
	ASSERT_EQ(self->size, size);
	EXPECT_EQ(0, memcmp(image + PAGE, (char *)self->image + PAGE, size - PAGE));
	EXPECT_EQ(0, memcmp(image, self->image, FIELD(map_id)));
	EXPECT_EQ(0, memcmp(image + FIELD(entries), (char *)self->image + FIELD(entries),
			    FIELD(name) - FIELD(entries)));
	EXPECT_EQ(0, memcmp(image + FIELD(reserved), (char *)self->image + FIELD(reserved),
			    PAGE - FIELD(reserved)));
	new = (void *)image;
	EXPECT_NE(old->map_id, new->map_id);
	EXPECT_EQ(args.map_id, new->map_id);
	EXPECT_STREQ(COPY, (const char *)new->name);
	munmap(image, size);
	close(shot);
	close(args.fd);
}

static void *write_on(void *arg)
{
	int *fd = arg, map = *fd;
	uint64_t i;

	for (i = 0; *(volatile int *)fd >= 0; i++) {
		put(map, i % (2 * KEYS), i);
		delete(map, (i + KEYS) % (2 * KEYS));
	}
	return NULL;
}

TEST_F(restore, of_a_snapshot_under_a_writer)
{
	struct khmap_ioc_restore args;
	struct khmap_ioc_snapshot taken;
	int fd = self->map, shot, i;
	pthread_t writer;
	size_t size;
	void *image;

	ASSERT_EQ(0, pthread_create(&writer, NULL, write_on, &fd));
	for (i = 0; i < 5; i++) {
		shot = snapshot(self->map, &taken);
		ASSERT_LE(0, shot);
		image = image_map(shot, &size);
		ASSERT_NE(MAP_FAILED, image);
		args = restore_args(COPY, image, size);
		ASSERT_EQ(0, call(self->control, KHMAP_IOC_RESTORE, &args));
		EXPECT_EQ(0, digests_differ(shot, args.fd));
		EXPECT_EQ(0, map_verify(args.fd));
		map_remove(COPY);
		close(args.fd);
		munmap(image, size);
		close(shot);
	}
	fd = -1;
	pthread_join(writer, NULL);
	/* The map has grown meanwhile, which is not what the teardown looks for. */
	ASSERT_EQ(0, query_abi(self->control, &self->before));
}

/* A private copy of the image. */
static char *copy_of(const void *image, size_t size)
{
	char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy != MAP_FAILED)
		memcpy(copy, image, size);
	return copy;
}

TEST_F(restore, hostile_images)
{
	static const struct {
		size_t at;
		uint32_t value;
		int err;
	} fields[] = {
		{ FIELD(magic), 0, EINVAL },
		{ FIELD(byte_order), 0x04030201, EPROTONOSUPPORT },
		{ FIELD(byte_order), 0x01020305, EUCLEAN },
		{ FIELD(version), 2, EPROTONOSUPPORT },
		{ FIELD(features_read), 1, EPROTONOSUPPORT },
		{ FIELD(features_write), 1, EPROTONOSUPPORT },
		{ FIELD(kind), KHMAP_IMAGE_LIVE, EINVAL },
		{ FIELD(kind), 9, EUCLEAN },
		{ FIELD(hash_kind), 9, EPROTONOSUPPORT },
		{ FIELD(geometry.page_shift), 15, EPROTONOSUPPORT },
		{ FIELD(geometry.key_size), 4096, EUCLEAN },
		{ FIELD(geometry.bucket_slots), ~0u, EUCLEAN },
		{ FIELD(geometry.overflow_shift), ~0u, EUCLEAN },
		{ FIELD(primary_pages), ~0u, EUCLEAN },
		{ FIELD(overflow_pages), ~0u, EUCLEAN },
		{ FIELD(shape), ~0u, EUCLEAN },
		{ FIELD(entries), 1, EUCLEAN },
		{ FIELD(schema_length), ~0u, EUCLEAN },
	};
	char *copy = copy_of(self->image, self->size);
	struct khmap_ioc_restore args;
	struct khmap_ioc_abi abi;
	uint32_t old;
	size_t i;

	ASSERT_NE(MAP_FAILED, copy);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		memcpy(&old, copy + fields[i].at, 4);
		memcpy(copy + fields[i].at, &fields[i].value, 4);
		args = restore_args(COPY, copy, self->size);
		EXPECT_EQ(-fields[i].err, call(self->control, KHMAP_IOC_RESTORE, &args));
		EXPECT_EQ(KHMAP_DAMAGE_HEADER, args.what);
		EXPECT_EQ(0, args.page);
		EXPECT_EQ(~0u, args.bucket);
		EXPECT_EQ(~0u, args.slot);
		/* A key that is too large is told of by the field that does not fit. */
		if (fields[i].at != FIELD(geometry.key_size))
			EXPECT_EQ(fields[i].at, args.offset);
		memcpy(copy + fields[i].at, &old, 4);
		ASSERT_EQ(0, query_abi(self->control, &abi));
		EXPECT_EQ(self->before.bytes, abi.bytes);
	}
	/* A key in the first bucket of the second page. */
	copy[2 * PAGE + 8] ^= 1;
	args = restore_args(COPY, copy, self->size);
	EXPECT_EQ(-EUCLEAN, call(self->control, KHMAP_IOC_RESTORE, &args));
	EXPECT_EQ(KHMAP_DAMAGE_TOPHASH, args.what);
	EXPECT_EQ(2, args.page);
	EXPECT_EQ(0, args.bucket);
	EXPECT_EQ(0, args.slot);
	EXPECT_EQ(-ENOENT, map_open(COPY, O_RDONLY));
	copy[2 * PAGE + 8] ^= 1;
	args = restore_args(COPY, copy, self->size - 1);
	EXPECT_EQ(-EUCLEAN, call(self->control, KHMAP_IOC_RESTORE, &args));
	args = restore_args(COPY, copy, 100);
	EXPECT_EQ(-EUCLEAN, call(self->control, KHMAP_IOC_RESTORE, &args));
	munmap(copy, self->size);
}

TEST_F(restore, of_a_live_map_is_refused)
{
	size_t size;
	void *image = image_map(self->map, &size);
	struct khmap_ioc_restore args;

	ASSERT_NE(MAP_FAILED, image);
	args = restore_args(COPY, image, size);
	EXPECT_EQ(-EINVAL, call(self->control, KHMAP_IOC_RESTORE, &args));
	EXPECT_EQ(FIELD(kind), args.offset);
	munmap(image, size);
}

TEST_F(restore, memory_that_is_not_there)
{
	char *copy = copy_of(self->image, self->size);
	struct khmap_ioc_restore args;
	size_t page;

	ASSERT_NE(MAP_FAILED, copy);
	args = restore_args(COPY, NULL, self->size);
	EXPECT_EQ(-EFAULT, call(self->control, KHMAP_IOC_RESTORE, &args));
	args = restore_args(COPY, copy, self->size);
	args.image = ~0ull - PAGE;
	EXPECT_EQ(-EFAULT, call(self->control, KHMAP_IOC_RESTORE, &args));
	for (page = self->size / PAGE; page--; ) {
		munmap(copy + page * PAGE, PAGE);
		if (page % 32 && page)
			continue;
		args = restore_args(COPY, copy, self->size);
		EXPECT_EQ(-EFAULT, call(self->control, KHMAP_IOC_RESTORE, &args));
		EXPECT_EQ(-ENOENT, map_open(COPY, O_RDONLY));
	}
}

/* Bytes that flip() changes, one at a time, and changes back. */
struct flipper {
	char *bytes[CHANGED];
	size_t count;
	volatile int stop;
};

static void *flip(void *arg)
{
	struct flipper *flipper = arg;
	size_t i;

	for (i = 0; !flipper->stop; i++) {
		flipper->bytes[i % flipper->count][0] ^= 1;
		sched_yield();
		flipper->bytes[i % flipper->count][0] ^= 1;
		sched_yield();
	}
	return NULL;
}

/* Who changes the header meanwhile has the image refused, or gets a map that is right. */
TEST_F(restore, header_that_changes)
{
	static const size_t fields[] = {
		FIELD(magic), FIELD(byte_order), FIELD(version), FIELD(features_read),
		FIELD(kind), FIELD(hash_kind), FIELD(geometry.page_shift),
		FIELD(geometry.bucket_slots), FIELD(entries),
	};
	struct flipper flipper = { .count = ARRAY_SIZE(fields) };
	char *copy = copy_of(self->image, self->size);
	int i, err, refused = 0, accepted = 0;
	struct khmap_ioc_restore args;
	pthread_t thread;
	size_t field;

	ASSERT_NE(MAP_FAILED, copy);
	for (field = 0; field < ARRAY_SIZE(fields); field++)
		flipper.bytes[field] = copy + fields[field];
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip, &flipper));
	/* It is in order half of the time; the two threads may take turns for a while. */
	for (i = 0; i < 30 || (i < 3000 && !(refused && accepted)); i++) {
		args = restore_args(COPY, copy, self->size);
		err = call(self->control, KHMAP_IOC_RESTORE, &args);
		if (err) {
			ASSERT_TRUE(err == -EUCLEAN || err == -EPROTONOSUPPORT ||
				    err == -EINVAL);
			ASSERT_EQ(KHMAP_DAMAGE_HEADER, args.what);
			ASSERT_EQ(0, args.page);
			for (field = 0; field < ARRAY_SIZE(fields); field++)
				if (fields[field] == args.offset)
					break;
			ASSERT_GT(ARRAY_SIZE(fields), field);
			refused++;
			continue;
		}
		EXPECT_EQ(0, map_verify(args.fd));
		EXPECT_EQ(0, digests_differ(self->shot, args.fd));
		map_remove(COPY);
		close(args.fd);
		accepted++;
	}
	flipper.stop = 1;
	pthread_join(thread, NULL);
	EXPECT_LT(0, refused);
	EXPECT_LT(0, accepted);
	munmap(copy, self->size);
}

/* A value means nothing to the map: whoever changes it has his map each time. */
TEST_F(restore, values_that_change)
{
	struct flipper flipper = { .count = CHANGED };
	char *copy = copy_of(self->image, self->size);
	struct khmap_image_header header;
	struct khmap_ioc_restore args;
	struct khmap_reader reader;
	struct khmap_read read;
	uint64_t key, value, changed = 0;
	pthread_t thread;
	int i;

	ASSERT_NE(MAP_FAILED, copy);
	memcpy(&header, copy, sizeof(header));
	khmap_reader_init(&reader, &header, copy);
	for (key = 0; key < CHANGED; key++) {
		ASSERT_EQ(0, khmap_reader_find(&reader, &key, &read));
		memcpy(&value, read.value, sizeof(value));
		ASSERT_EQ(key + 1, value);
		flipper.bytes[key] = copy + ((const char *)read.value - copy);
	}
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip, &flipper));
	for (i = 0; i < 30 || (i < 3000 && !changed); i++) {
		args = restore_args(COPY, copy, self->size);
		ASSERT_EQ(0, call(self->control, KHMAP_IOC_RESTORE, &args));
		EXPECT_EQ(KHMAP_DAMAGE_NONE, args.what);
		EXPECT_EQ(0, map_verify(args.fd));
		for (key = 0; key < 2 * CHANGED; key++) {
			ASSERT_EQ(0, get(args.fd, key, &value));
			if (value == key + 1)
				continue;
			((char *)&value)[0] ^= 1;
			ASSERT_EQ(key + 1, value);
			ASSERT_GT(CHANGED, key);
			changed++;
		}
		map_remove(COPY);
		close(args.fd);
	}
	flipper.stop = 1;
	pthread_join(thread, NULL);
	EXPECT_LT(0, changed);
	munmap(copy, self->size);
}

TEST_F(restore, limits)
{
	struct khmap_ioc_restore args = restore_args(COPY, self->image, self->size);
	struct khmap_ioc_abi abi;

	args.max_bytes = self->size;
	EXPECT_EQ(-ENOMEM, call(self->control, KHMAP_IOC_RESTORE, &args));
	ASSERT_EQ(0, query_abi(self->control, &abi));
	EXPECT_EQ(self->before.bytes, abi.bytes);
	args.max_bytes = 2 * self->size;
	args.max_entries = KEYS - 1;
	EXPECT_EQ(-ENOSPC, call(self->control, KHMAP_IOC_RESTORE, &args));
	args.max_entries = KEYS;
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_RESTORE, &args));
	EXPECT_EQ(-ENOSPC, put(args.fd, KEYS, 1));
	EXPECT_EQ(0, put(args.fd, 1, 1));
	close(args.fd);
}

/* A call that fails for another reason than the image leaves its argument alone. */
static bool refused_alike(int control, struct khmap_ioc_restore args, int err)
{
	struct khmap_ioc_restore before;

	args.fd = 77;
	args.map_id = 77;
	args.what = 77;
	args.bucket = 77;
	args.slot = 77;
	args.offset = 77;
	args.page = 77;
	before = args;
	return call(control, KHMAP_IOC_RESTORE, &args) == -err &&
	       !memcmp(&before, &args, sizeof(args));
}

TEST_F(restore, other_reasons_are_not_told_as_the_image_s)
{
	const struct khmap_ioc_restore right = restore_args(COPY, self->image, self->size);
	char *copy = copy_of(self->image, self->size);
	struct rlimit limit, none;
	struct khmap_ioc_restore args;
	int reader = control_open(O_RDONLY);

	ASSERT_NE(MAP_FAILED, copy);
	ASSERT_LE(0, reader);
	EXPECT_TRUE(refused_alike(reader, right, EBADF));
	close(reader);
	args = right;
	args.size--;
	EXPECT_TRUE(refused_alike(self->control, args, EINVAL));
	args = right;
	args.flags = ~KHMAP_CREATE_FLAGS;
	EXPECT_TRUE(refused_alike(self->control, args, EOPNOTSUPP));
	args = right;
	args.reserved = 1;
	EXPECT_TRUE(refused_alike(self->control, args, EINVAL));
	args = right;
	args.flags = KHMAP_CREATE_MODE;
	args.mode = 0777;
	EXPECT_TRUE(refused_alike(self->control, args, EINVAL));
	args = restore_args("a/b", self->image, self->size);
	EXPECT_TRUE(refused_alike(self->control, args, EINVAL));
	args.name_length = 64;
	EXPECT_TRUE(refused_alike(self->control, args, ENAMETOOLONG));
	args = restore_args(NAME, self->image, self->size);
	EXPECT_TRUE(refused_alike(self->control, args, EEXIST));
	args = right;
	args.max_bytes = self->size;
	EXPECT_TRUE(refused_alike(self->control, args, ENOMEM));
	args = right;
	args.max_entries = KEYS - 1;
	EXPECT_TRUE(refused_alike(self->control, args, ENOSPC));
	args.max_entries = 1ull << 40;
	EXPECT_TRUE(refused_alike(self->control, args, E2BIG));
	args = right;
	args.image_bytes = ~0ull;
	EXPECT_TRUE(refused_alike(self->control, args, EFAULT));
	/* The header, a page in the middle, the last one. */
	args = restore_args(COPY, copy, self->size);
	ASSERT_EQ(0, mprotect(copy + self->size - PAGE, PAGE, PROT_NONE));
	EXPECT_TRUE(refused_alike(self->control, args, EFAULT));
	ASSERT_EQ(0, mprotect(copy + 2 * PAGE, PAGE, PROT_NONE));
	EXPECT_TRUE(refused_alike(self->control, args, EFAULT));
	ASSERT_EQ(0, mprotect(copy, PAGE, PROT_NONE));
	EXPECT_TRUE(refused_alike(self->control, args, EFAULT));
	munmap(copy, self->size);
	/* All is right, but for a descriptor. */
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = (rlim_t)dup(0);
	close((int)none.rlim_cur);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_TRUE(refused_alike(self->control, right, EMFILE));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-ENOENT, map_open(COPY, O_RDONLY));
}

TEST_F(restore, names)
{
	struct khmap_ioc_restore args = restore_args(NAME, self->image, self->size);

	EXPECT_EQ(-EEXIST, call(self->control, KHMAP_IOC_RESTORE, &args));
	args = restore_args("a/b", self->image, self->size);
	EXPECT_EQ(-EINVAL, call(self->control, KHMAP_IOC_RESTORE, &args));
	args = restore_args("control", self->image, self->size);
	EXPECT_EQ(-EINVAL, call(self->control, KHMAP_IOC_RESTORE, &args));
	args.name_length = 64;
	EXPECT_EQ(-ENAMETOOLONG, call(self->control, KHMAP_IOC_RESTORE, &args));
	args.name_length = 0;
	ASSERT_EQ(0, call(self->control, KHMAP_IOC_RESTORE, &args));
	close(args.fd);
}

/* On a descriptor of control that somebody privileged has opened. */
static int restore_as_tester(const void *context)
{
	struct khmap_ioc_restore args = *(const struct khmap_ioc_restore *)context;
	int control = args.fd, err;

	args.flags = KHMAP_CREATE_OWNER;
	args.uid = 0;
	if (call(control, KHMAP_IOC_RESTORE, &args) != -EPERM)
		return 1;
	if (control_open(O_RDWR) != -EACCES)
		return 2;
	args.flags = 0;
	err = call(control, KHMAP_IOC_RESTORE, &args);
	return err ? 3 : 0;
}

TEST_F(restore, permissions)
{
	struct khmap_ioc_restore args = restore_args(COPY, self->image, self->size);
	int control = control_open(O_RDONLY);
	struct stat node;

	ASSERT_LE(0, control);
	EXPECT_EQ(-EBADF, call(control, KHMAP_IOC_RESTORE, &args));
	close(control);
	args.flags = KHMAP_CREATE_MODE;
	args.mode = 0777;
	EXPECT_EQ(-EINVAL, call(self->control, KHMAP_IOC_RESTORE, &args));
	args.flags = 0;
	args.fd = self->control;
	EXPECT_EQ(0, run_unprivileged(restore_as_tester, &args));
	ASSERT_EQ(0, stat_node(COPY, &node));
	EXPECT_EQ(UNPRIVILEGED, node.st_uid);
	EXPECT_EQ(0660, node.st_mode & 0777);
}

/* Killed wherever it stands. */
TEST_F(restore, killed)
{
	struct khmap_ioc_abi abi;
	int i, status, tries;
	pid_t child;

	for (i = 0; i < 20; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			struct khmap_ioc_restore args;

			for (;;) {
				args = restore_args("", self->image, self->size);
				if (call(self->control, KHMAP_IOC_RESTORE, &args))
					_exit(1);
				close(args.fd);
			}
		}
		usleep(3000 + 1500 * (useconds_t)i);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	for (tries = 0; tries < 100; tries++) {
		ASSERT_EQ(0, query_abi(self->control, &abi));
		if (abi.bytes == self->before.bytes)
			break;
		usleep(20000);
	}
	EXPECT_EQ(self->before.bytes, abi.bytes);
	EXPECT_EQ(self->before.maps, abi.maps);
}

TEST_HARNESS_MAIN
