// SPDX-License-Identifier: GPL-2.0-only
/*
 * canary.c - two published versions, and who gets which
 */
#include "kselftest_harness.h"
#include "publish_test.h"
#include "verify.h"

#define NAME	"test-canary"
#define OTHER	"test-canary-2"
#define IDS	10000u

FIXTURE(canary) {
	int live;
	int second;
	uint64_t live_id;
	uint64_t second_id;
	uint8_t has[IDS];
};

FIXTURE_SETUP(canary)
{
	map_remove(NAME);
	self->live = create_named(NAME, 1);
	ASSERT_LE(0, self->live);
	ASSERT_EQ(0, put(self->live, 1, 10));
	self->second = fresh_map(1, 20);
	ASSERT_LE(0, self->second);
	self->live_id = map_id(self->live);
	self->second_id = map_id(self->second);
}

FIXTURE_TEARDOWN(canary)
{
	EXPECT_EQ(0, map_verify(self->live));
	EXPECT_EQ(0, map_verify(self->second));
	close(self->live);
	close(self->second);
	map_remove(NAME);
}

/* How many ids get the second map; each that had it keeps it, if @rises. */
static uint32_t count(struct _test_data_canary *self, bool rises, uint32_t *lost)
{
	uint32_t sum = 0, id;

	*lost = 0;
	for (id = 0; id < IDS; id++) {
		bool has = choose_for(self->live, id) == self->second_id;

		if (rises && self->has[id] && !has)
			++*lost;
		self->has[id] = has;
		sum += has;
	}
	return sum;
}

TEST_F(canary, share)
{
	uint32_t sum, lost;
	uint64_t value;

	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_MAP | KHMAP_CANARY_SHARE,
			    self->second, 1000, NULL, 0));
	/* 10 %, six standard deviations to either side. */
	sum = count(self, false, &lost);
	EXPECT_LE(1000 - 180, sum);
	EXPECT_GE(1000 + 180, sum);
	/* Stable, for every descriptor of the name. */
	sum = count(self, true, &lost);
	EXPECT_EQ(0, lost);
	EXPECT_EQ(sum, count(self, true, &lost));
	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_SHARE, 0, 3000, NULL, 0));
	sum = count(self, true, &lost);
	EXPECT_EQ(0, lost);
	EXPECT_LE(3000 - 275, sum);
	EXPECT_GE(3000 + 275, sum);
	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_SHARE, 0, KHMAP_SHARE_ALL,
			    NULL, 0));
	EXPECT_EQ(IDS, count(self, true, &lost));
	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_SHARE, 0, 0, NULL, 0));
	EXPECT_EQ(0, count(self, false, &lost));
	/* The name means the live one, and both can be written to. */
	EXPECT_EQ(10, value_by_name(NAME, 1));
	EXPECT_EQ(0, put(self->live, 1, 10));
	EXPECT_EQ(0, put(self->second, 1, 20));
	ASSERT_EQ(0, get(self->second, 1, &value));
}

TEST_F(canary, ids)
{
	uint64_t many[KHMAP_CANARY_IDS_MAX], ids[] = { 77, 3, UINT64_MAX };
	struct khmap_ioc_choose args;
	uint32_t i;

	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_MAP | KHMAP_CANARY_IDS,
			    self->second, 0, ids, 3));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(self->second_id, choose_for(self->live, ids[i]));
	EXPECT_EQ(self->live_id, choose_for(self->live, 4));
	EXPECT_EQ(self->live_id, choose_for(self->second, 4));
	EXPECT_EQ(self->second_id, choose_for(self->second, 3));
	/* Without an id the second one is nobody's. */
	ASSERT_EQ(0, choose(self->second, &args));
	EXPECT_EQ(self->live_id, args.map_id);
	close(args.fd);
	for (i = 0; i < KHMAP_CANARY_IDS_MAX; i++)
		many[i] = 5000 - 3 * i;
	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_IDS, 0, 0, many,
			    KHMAP_CANARY_IDS_MAX));
	EXPECT_EQ(self->live_id, choose_for(self->live, 77));
	for (i = 0; i < KHMAP_CANARY_IDS_MAX; i++)
		ASSERT_EQ(self->second_id, choose_for(self->live, many[i]));
	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_IDS, 0, 0, NULL, 0));
	EXPECT_EQ(self->live_id, choose_for(self->live, 5000));
}

TEST_F(canary, refused)
{
	uint64_t id = 1;

	EXPECT_EQ(-EINVAL, canary(self->live, 0, 0, 0, NULL, 0));
	EXPECT_EQ(-ENOENT, canary(self->live, KHMAP_CANARY_SHARE, 0, 1, NULL, 0));
	EXPECT_EQ(-ENOENT, canary(self->live, KHMAP_CANARY_END, 0, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, canary(self->live, KHMAP_CANARY_MAP |
				  KHMAP_CANARY_SHARE, self->second,
				  KHMAP_SHARE_ALL + 1, NULL, 0));
	EXPECT_EQ(-EINVAL, canary(self->live, KHMAP_CANARY_MAP |
				  KHMAP_CANARY_IDS, self->second, 0, &id,
				  KHMAP_CANARY_IDS_MAX + 1));
	EXPECT_EQ(-EINVAL, canary(self->live, KHMAP_CANARY_MAP, self->second, 0,
				  &id, 1));
	EXPECT_EQ(-EFAULT, canary(self->live, KHMAP_CANARY_MAP |
				  KHMAP_CANARY_IDS, self->second, 0,
				  (void *)8, 1));
	EXPECT_EQ(-EINVAL, canary(self->live, KHMAP_CANARY_MAP, self->live, 0,
				  NULL, 0));
	EXPECT_EQ(-EBADF, canary(self->live, KHMAP_CANARY_MAP, -1, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, canary(self->live, KHMAP_CANARY_END |
				  KHMAP_CANARY_SHARE, 0, 0, NULL, 0));
	EXPECT_EQ(0, successor_of(self->live));
}

/* Not the owner: no right to give a name up, though both maps can be written to. */
static int give_up(const void *context)
{
	int live = map_open(NAME, O_RDWR), other = map_open(OTHER, O_RDWR);

	(void)context;
	if (live < 0 || other < 0)
		return 1;
	if (canary(live, KHMAP_CANARY_MAP, other, 0, NULL, 0) != -EPERM)
		return 2;
	return choose_for(other, 1) == map_id(other) ? 0 : 3;
}

TEST_F(canary, permission)
{
	int other = map_for_all(OTHER);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, chmod(KHMAP_DEVICE_DIR "/" NAME, 0666));
	EXPECT_EQ(0, run_unprivileged(give_up, NULL));
	EXPECT_EQ(0, access(KHMAP_DEVICE_DIR "/" OTHER, F_OK));
	/* For root it goes. */
	EXPECT_LT(0, canary(self->live, KHMAP_CANARY_MAP, other, 0, NULL, 0));
	EXPECT_NE(0, access(KHMAP_DEVICE_DIR "/" OTHER, F_OK));
	close(other);
}

TEST_F(canary, ends)
{
	struct khmap_version_info infos[2];
	struct khmap_ioc_versions list;
	int64_t begin, end;

	begin = canary(self->live, KHMAP_CANARY_MAP | KHMAP_CANARY_SHARE,
		       self->second, 2500, NULL, 0);
	ASSERT_LT(0, begin);
	EXPECT_EQ((uint32_t)begin, successor_of(self->live));
	EXPECT_EQ((uint32_t)begin, successor_of(self->second));
	ASSERT_EQ(0, versions(self->second, infos, 2, &list));
	EXPECT_EQ(2, list.count);
	EXPECT_EQ(2500, list.share);
	EXPECT_EQ(KHMAP_VERSION_SECOND, infos[1].state);
	EXPECT_EQ(begin, (int64_t)infos[1].generation);
	end = canary(self->live, KHMAP_CANARY_END, 0, 0, NULL, 0);
	EXPECT_LT(begin, end);
	EXPECT_EQ((uint32_t)end, successor_of(self->second));
	EXPECT_EQ(-ESTALE, put(self->second, 1, 21));
	EXPECT_EQ(0, put(self->live, 1, 10));
	EXPECT_EQ(self->live_id, choose_for(self->second, 1));
	/* It may be tried once more, and becomes everybody's. */
	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_MAP, self->second, 0, NULL,
			    0));
	EXPECT_EQ(0, put(self->second, 1, 20));
	ASSERT_LT(0, publish(self->live, self->second, 1));
	EXPECT_EQ(20, value_by_name(NAME, 1));
	EXPECT_EQ(-ESTALE, put(self->live, 1, 11));
	EXPECT_EQ(0, put(self->second, 1, 20));
	EXPECT_EQ(-ENOENT, canary(self->second, KHMAP_CANARY_END, 0, 0, NULL, 0));
}

/* Another version is published: the one that was tried is retired with the old. */
TEST_F(canary, overtaken)
{
	int third = fresh_map(1, 30);

	ASSERT_LT(0, canary(self->live, KHMAP_CANARY_MAP | KHMAP_CANARY_SHARE,
			    self->second, KHMAP_SHARE_ALL, NULL, 0));
	ASSERT_LT(0, publish(self->live, third, 1));
	EXPECT_EQ(-ESTALE, put(self->second, 1, 21));
	EXPECT_EQ(map_id(third), choose_for(self->second, 1));
	ASSERT_LT(0, rollback(third, 1));
	EXPECT_EQ(self->live_id, choose_for(self->second, 1));
	close(third);
}

/* Whether STAT and LIST both tell this of a map. */
static bool tells(int fd, int64_t generation, uint32_t retired)
{
	struct khmap_map_info info = { .map_id = 0 };
	struct khmap_ioc_stat stat;
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.infos = address_of(&info),
		.count = 1,
		.info_size = sizeof(info),
	};
	int control = control_open(O_RDONLY), err;

	if (map_stat(fd, &stat))
		return false;
	list.after = stat.map_id - 1;
	err = call(control, KHMAP_IOC_LIST, &list);
	close(control);
	return !err && info.map_id == stat.map_id &&
	       info.generation == (uint64_t)generation &&
	       stat.generation == info.generation &&
	       info.retired == retired && stat.retired == retired &&
	       !info.reserved;
}

TEST_F(canary, told_by_stat_and_list)
{
	int64_t tried, published, back;
	struct khmap_ioc_snapshot args;
	struct khmap_ioc_stat stat;
	int cut;

	EXPECT_TRUE(tells(self->live, 0, 0));
	EXPECT_TRUE(tells(self->second, 0, 0));
	tried = canary(self->live, KHMAP_CANARY_MAP, self->second, 0, NULL, 0);
	ASSERT_LT(0, tried);
	EXPECT_TRUE(tells(self->live, 0, 0));
	EXPECT_TRUE(tells(self->second, tried, 0));
	ASSERT_LT(tried, canary(self->live, KHMAP_CANARY_END, -1, 0, NULL, 0));
	EXPECT_TRUE(tells(self->second, tried, 1));
	published = publish(self->live, self->second, 1);
	ASSERT_LT(tried, published);
	EXPECT_TRUE(tells(self->live, 0, 1));
	EXPECT_TRUE(tells(self->second, published, 0));
	cut = snapshot(self->live, &args);
	ASSERT_LE(0, cut);
	ASSERT_EQ(0, map_stat(cut, &stat));
	EXPECT_EQ(0, stat.retired);
	EXPECT_EQ(0, stat.generation);
	close(cut);
	back = rollback(self->second, 1);
	ASSERT_LT(published, back);
	EXPECT_TRUE(tells(self->live, back, 0));
	EXPECT_TRUE(tells(self->second, published, 1));
}

TEST_HARNESS_MAIN
