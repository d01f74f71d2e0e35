// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_module.c - the module comes and goes, with each allocation failing
 *
 * Most of them are the kernel's own, for what a module brings along; those of the
 * module's beginning come last.  The module is there and works, or nothing of it is,
 * but for what devtmpfs makes of its nodes.
 */
#include "kselftest_harness.h"
#include "fault_test.h"

#define MODULE_FILE	"/khmap.ko"
#define PRINTK		"/proc/sys/kernel/printk"
/* See run-list.sh. */
#define KNOWN		"/run/known-warnings"
/* 6.1's tracing warns, once, if it cannot have memory to describe a field of an event. */
#define KNOWN_WARNING	"at kernel/trace/trace_events.c:"
#define NODES_MAX	3	/* allocations on devtmpfs's way whose failure is nobody's */

static int unload(void)
{
	int tries = 100, err;

	/* The last file of a process may be closed a moment later. */
	do
		err = syscall(SYS_delete_module, "khmap", O_NONBLOCK) ? -errno : 0;
	while (err == -EAGAIN && --tries && !usleep(20000));
	return err;
}

static int load(int file)
{
	return syscall(SYS_finit_module, file, "", 0) ? -errno : 0;
}

static bool works(void)
{
	struct khmap_ioc_create args = create_args("fault-module", 10);
	uint64_t value = 0;
	int fd = create_map(&args), err;

	if (fd < 0)
		return false;
	err = put(fd, 1, 7);
	if (!err)
		err = get(fd, 1, &value);
	if (!err)
		err = access(KHMAP_DEVICE_DIR "/fault-module", F_OK);
	if (!err)
		err = map_destroy(fd);
	close(fd);
	return !err && value == 7;
}

static bool nothing_is_left(void)
{
	return access("/sys/module/khmap", F_OK) && access("/sys/class/khmap", F_OK) &&
	       access("/sys/class/misc/khmap-control", F_OK);
}

/*
 * devtmpfs is asked for a node, or to take one away, by the kernel's device_add()
 * and device_del(), which go on if it has no memory: without a node, with one whose
 * name has lost its folder, or with one that stays.  Puts that right for the next
 * try; true if there was something.
 */
static bool devtmpfs_failed(void)
{
	bool lost = !access("/sys/class/misc/khmap-control", F_OK) && access(CONTROL, F_OK);
	bool stayed = access("/sys/module/khmap", F_OK) && !access(KHMAP_DEVICE_DIR, F_OK);

	unlink("/dev/khmap-control");
	if (stayed) {
		unlink(CONTROL);
		rmdir(KHMAP_DEVICE_DIR);
	}
	return lost || stayed;
}

FIXTURE(fault) {
	int file;	/* the module's */
	int nth;
	int log;
	unsigned int complaints;
	unsigned int refused, done;
};

FIXTURE_SETUP(fault)
{
	if (access(MODULE_FILE, R_OK))
		SKIP(return, "there is no %s to load again", MODULE_FILE);
	self->file = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->file);
	self->nth = fault_file();
	ASSERT_LE(0, self->nth);
	/* The kernel tells of memory that it could not have, with a trace of calls. */
	ASSERT_EQ(0, write_file(PRINTK, "4"));
	self->log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->log);
	lseek(self->log, 0, SEEK_END);
}

static void known_warning(void)
{
	close(open(KNOWN, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

/*
 * What the console was not to show, as it may: is anything worse among it?  Asked
 * after each fault, as the kernel keeps the last 128 KiB only.  Lines that are lost
 * all the same, or cannot be read, count.
 */
static unsigned int complaints(int log)
{
	static const char *const words[] = {
		"WARNING:", "BUG", "KASAN", "KCSAN", "UBSAN", "possible circular", "refcount_t",
		"possible recursive", "inconsistent lock", "suspicious RCU", "ODEBUG", "corruption",
	};
	unsigned int found = 0;
	char line[8192];
	ssize_t count;
	size_t i;

	while ((count = read(log, line, sizeof(line) - 1)) >= 0 || errno != EAGAIN) {
		if (count <= 0) {
			printf("# log: %s\n", count ? strerror(errno) : "its end");
			found++;
			/* After lines that were lost come those that are there. */
			if (!count || errno != EPIPE)
				break;
			continue;
		}
		line[count] = '\0';
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (!strstr(line, words[i]))
				continue;
			if (!i && strstr(line, KNOWN_WARNING)) {
				known_warning();
				break;
			}
			printf("# log: %s\n", line);
			found++;
		}
	}
	return found;
}

FIXTURE_TEARDOWN(fault)
{
	self->complaints += complaints(self->log);
	EXPECT_EQ(0, self->complaints);
	EXPECT_EQ(0, write_file(PRINTK, "5"));
	EXPECT_TRUE(works());
	fflush(stdout);
	close(self->log);
	close(self->nth);
	close(self->file);
}

TEST_F_TIMEOUT(fault, load, 3 * FAULT_SECONDS)
{
	unsigned int n, nodes = 0;
	bool hit = true;

	ASSERT_EQ(0, unload());
	for (n = 1; n <= FAULT_MAX && hit; n++) {
		int err;

		/* It takes minutes. */
		if (n % 100 == 0) {
			printf("# load, fault %u\n", n);
			fflush(stdout);
		}
		fault_arm(self->nth, n);
		err = load(self->file);
		hit = fault_disarm(self->nth);
		self->complaints += complaints(self->log);
		if (err) {
			self->refused++;
			EXPECT_TRUE(hit);
			/*
			 * EINVAL, ENOEXEC, ELOOP: of the kernel's ways to say that it has no
			 * memory, the last where it reads the module's BTF.
			 */
			EXPECT_TRUE(err == -ENOMEM || err == -EFAULT || err == -EINVAL ||
				    err == -ENOEXEC || err == -ELOOP)
				TH_LOG("fault %u: %s", n, strerror(-err));
			EXPECT_TRUE(nothing_is_left())
				TH_LOG("fault %u left something", n);
			EXPECT_FALSE(devtmpfs_failed())
				TH_LOG("fault %u left a node", n);
			continue;
		}
		self->done += hit;
		if (devtmpfs_failed())
			nodes++;
		else
			EXPECT_TRUE(works())
				TH_LOG("fault %u: the module does not work", n);
		ASSERT_EQ(0, unload());
		EXPECT_TRUE(nothing_is_left());
		EXPECT_FALSE(devtmpfs_failed());
	}
	EXPECT_LT(50, self->refused);
	EXPECT_GE(NODES_MAX, nodes);
	printf("# faults: %u in the module's load: %u refused, %u done all the same\n",
	       self->refused + self->done, self->refused, self->done);
	ASSERT_EQ(0, load(self->file));
}

TEST_F_TIMEOUT(fault, unload, FAULT_SECONDS)
{
	unsigned int n, nodes = 0;
	bool hit = true;

	for (n = 1; n <= FAULT_MAX && hit; n++) {
		int err;

		ASSERT_TRUE(works());
		fault_arm(self->nth, n);
		err = unload();
		hit = fault_disarm(self->nth);
		self->complaints += complaints(self->log);
		if (err) {
			self->refused++;
			EXPECT_TRUE(hit);
			EXPECT_TRUE(err == -ENOMEM || err == -EFAULT);
			EXPECT_TRUE(works());
			ASSERT_EQ(0, unload());
		}
		self->done += !err && hit;
		EXPECT_TRUE(nothing_is_left());
		nodes += devtmpfs_failed();
		ASSERT_EQ(0, load(self->file));
	}
	EXPECT_GE(NODES_MAX, nodes);
	EXPECT_LT(0, self->refused + self->done);
	printf("# faults: %u in the module's unload: %u refused, %u done all the same\n",
	       self->refused + self->done, self->refused, self->done);
}

TEST_HARNESS_MAIN
