// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_directory.c - a listing of /dev/khmap that never ends
 *
 * Who lists a directory holds its lock while the names are stored in his memory,
 * and devtmpfs waits for that lock to make or remove a node.  That nobody may be
 * held up by it but who makes or removes one, is what this module can do about it.
 */
#include "kselftest_harness.h"
#include "hostile.h"

struct listing {
	struct stall stall;
	int directory;
	ssize_t got;
};

static void *list_directory(void *context)
{
	struct listing *listing = context;

	listing->got = syscall(SYS_getdents64, listing->directory,
			       listing->stall.page, HOSTILE_PAGE);
	return NULL;
}

TEST(listing_that_stalls)
{
	struct listing listing = { 0 };
	int map = hostile_map(HOSTILE_MAP), other = hostile_map(HOSTILE_OTHER), status;
	struct khmap_map_info info;
	struct khmap_ioc_stat stat;
	pthread_t thread;
	pid_t maker, child, others;
	unsigned int tries;
	uint64_t id;

	ASSERT_LE(0, map);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, map_stat(other, &stat));
	id = stat.map_id;
	map_remove("hostile-late");
	ASSERT_EQ(0, stall_make(&listing.stall, false));
	listing.directory = open(KHMAP_DEVICE_DIR, O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, listing.directory);
	ASSERT_EQ(0, pthread_create(&thread, NULL, list_directory, &listing));
	ASSERT_TRUE(stall_wait(&listing.stall));

	/* One who makes a node has to wait ... */
	maker = fork();
	if (!maker)
		_exit(create_named("hostile-late", 1) < 0);
	usleep(300000);
	EXPECT_EQ(0, waitpid(maker, &status, WNOHANG));
	/* ... one who removes one, too, but the name is nobody's from now on ... */
	child = fork();
	if (!child)
		_exit(map_destroy(other) != 0);
	for (tries = 0; tries < 200 * slower_factor(); tries++) {
		ASSERT_TRUE(list_find(id, 0, &info));
		if (!info.name[0])
			break;
		usleep(10000);
	}
	EXPECT_EQ(0, info.name[0]);
	usleep(300000);
	EXPECT_EQ(0, waitpid(child, &status, WNOHANG));
	EXPECT_EQ(-EEXIST, create_named(HOSTILE_OTHER, 1));
	/* ... and nobody else. */
	EXPECT_EQ(0, others_get_on(HOSTILE_MAP, false, &others));

	EXPECT_EQ(0, stall_give(&listing.stall));
	pthread_join(thread, NULL);
	EXPECT_LT(0, listing.got);
	ASSERT_EQ(maker, waitpid(maker, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	/* All is as if nobody had waited: the one name is there, the other free. */
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/hostile-late", F_OK));
	EXPECT_EQ(-1, access(KHMAP_DEVICE_DIR "/" HOSTILE_OTHER, F_OK));
	close(other);
	other = create_named(HOSTILE_OTHER, 1);
	EXPECT_LE(0, other);
	map_remove(HOSTILE_OTHER);
	map_remove("hostile-late");
	map_remove(HOSTILE_MAP);
	stall_end(&listing.stall);
	close(listing.directory);
	close(other);
	close(map);
}

TEST_HARNESS_MAIN
