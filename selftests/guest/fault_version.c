// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_version.c - versions of a name, with each allocation and copy failing
 *
 * The name means the one map or the other: what a failed call has left is the old one,
 * which can be stored to, or, if only the answer got lost, all of the new one.
 */
#include "kselftest_harness.h"
#include <khmap/follow.h>
#include "fault_test.h"
#include "publish_test.h"

#define NAME	"test-fault-name"
#define FRESH	"test-fault-fresh"	/* of the second map, where it has one */
#define IDS	100u

FIXTURE(fault) {
	int control;
	int map;	/* what the name means */
	int fresh;
	struct khmap_ioc_abi before;
	struct khmap_ioc_choose choose;
	struct khmap_ioc_versions versions;
	struct khmap_version_info infos[8];
	struct khmap_follower *follower;
	uint64_t ids[IDS];
};

FIXTURE_SETUP(fault)
{
	uint32_t i;

	map_remove(NAME);
	map_remove(FRESH);
	self->control = control_open(O_RDWR);
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, query_abi(self->control, &self->before));
	self->map = create_named(NAME, 10);
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, put(self->map, 1, 10));
	self->fresh = fresh_map(1, 20);
	ASSERT_LE(0, self->fresh);
	for (i = 0; i < IDS; i++)
		self->ids[i] = IDS - i;
}

FIXTURE_TEARDOWN(fault)
{
	struct khmap_ioc_abi after;

	close(self->fresh);
	close(self->map);
	map_remove(NAME);
	map_remove(FRESH);
	EXPECT_EQ(0, query_abi(self->control, &after));
	EXPECT_EQ(self->before.maps, after.maps);
	EXPECT_EQ(self->before.bytes, after.bytes);
	close(self->control);
}

/* The name, and a second map that is ready, as at the start. */
static void renew(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	close(self->map);
	close(self->fresh);
	map_remove(NAME);
	self->map = create_named(NAME, 10);
	put(self->map, 1, 10);
	self->fresh = fresh_map(1, 20);
}

static bool kept_name(void *context, int err)
{
	FIXTURE_DATA(fault) * self = context;

	return value_by_name(NAME, 1) == 10 && !put(self->map, 2, 1) && !delete(self->map, 2) &&
	       !put(self->fresh, 2, 1) && !delete(self->fresh, 2);
}

static int call_publish(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	int64_t generation = publish(self->map, self->fresh, 2);

	return generation < 0 ? (int)generation : 0;
}

static bool is_published(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return value_by_name(NAME, 1) == 20 && put(self->map, 2, 1) == -ESTALE &&
	       !put(self->fresh, 2, 1);
}

static struct fault_call version_case(const char *name, void *context)
{
	return (struct fault_call){
		.name = name,
		.call = call_publish,
		.right = is_published,
		.undo = renew,
		.kept = kept_name,
		.context = context,
		.map = &((FIXTURE_DATA(fault) *)context)->map,
		.grows = true,
		.late = true,
	};
}

TEST_F_TIMEOUT(fault, publish, FAULT_SECONDS)
{
	struct fault_call c = version_case("PUBLISH", self);

	EXPECT_EQ(0, fault_sweep(&c));
}

/* The same of a map that has a name of its own, which goes. */
static void renew_fresh(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	renew(context);
	close(self->fresh);
	map_remove(FRESH);
	self->fresh = create_named(FRESH, 10);
	put(self->fresh, 1, 20);
}

static bool is_published_fresh(void *context, int result)
{
	return access(KHMAP_DEVICE_DIR "/" FRESH, F_OK) &&
	       map_open(FRESH, O_RDONLY) == -ENOENT && is_published(context, result);
}

static bool kept_fresh(void *context, int err)
{
	return value_by_name(FRESH, 1) == 20 && kept_name(context, err);
}

TEST_F_TIMEOUT(fault, publish_fresh, FAULT_SECONDS)
{
	struct fault_call c = version_case("PUBLISH of a map with a name", self);

	renew_fresh(self);
	c.right = is_published_fresh;
	c.undo = renew_fresh;
	c.kept = kept_fresh;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_rollback(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	int64_t generation = rollback(self->fresh, 1);

	return generation < 0 ? (int)generation : 0;
}

static bool is_rolled_back(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return value_by_name(NAME, 1) == 10 && put(self->fresh, 2, 1) == -ESTALE &&
	       !put(self->map, 2, 1) && !delete(self->map, 2);
}

static bool kept_published(void *context, int err)
{
	return is_published(context, 0);
}

static void undo_rollback(void *context)
{
	renew(context);
	call_publish(context);
}

TEST_F_TIMEOUT(fault, rollback, FAULT_SECONDS)
{
	struct fault_call c = version_case("ROLLBACK", self);

	c.call = call_rollback;
	c.right = is_rolled_back;
	c.kept = kept_published;
	c.undo = undo_rollback;
	ASSERT_EQ(0, call_publish(self));
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_canary(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	int64_t generation = canary(self->map, KHMAP_CANARY_MAP | KHMAP_CANARY_SHARE |
				    KHMAP_CANARY_IDS, self->fresh, 0, self->ids, IDS);

	return generation < 0 ? (int)generation : 0;
}

/* The ids that were given, and no other, get the second map. */
static bool is_canary(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t one = map_id(self->map), other = map_id(self->fresh), id;
	uint32_t wrong = 0;

	for (id = 0; id < IDS + 2; id++)
		wrong += choose_for(self->map, id) != (id >= 1 && id <= IDS ? other : one);
	return !wrong && !put(self->fresh, 2, 1) && !put(self->map, 2, 1) &&
	       !delete(self->map, 2);
}

static bool no_canary(void *context, int err)
{
	FIXTURE_DATA(fault) * self = context;

	return choose_for(self->map, 1) == map_id(self->map) && kept_name(context, err);
}

static int call_end(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	int64_t generation = canary(self->map, KHMAP_CANARY_END, 0, 0, NULL, 0);

	return generation < 0 ? (int)generation : 0;
}

static bool is_ended(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return choose_for(self->map, 1) == map_id(self->map) &&
	       put(self->fresh, 2, 1) == -ESTALE;
}

static bool kept_canary(void *context, int err)
{
	return is_canary(context, 0);
}

static void undo_end(void *context)
{
	renew(context);
	call_canary(context);
}

TEST_F_TIMEOUT(fault, canary, FAULT_SECONDS)
{
	struct fault_call c = version_case("CANARY", self);

	c.call = call_canary;
	c.right = is_canary;
	c.kept = no_canary;
	EXPECT_EQ(0, fault_sweep(&c));
	ASSERT_EQ(0, call_canary(self));
	c.name = "CANARY that ends";
	c.call = call_end;
	c.right = is_ended;
	c.kept = kept_canary;
	c.undo = undo_end;
	EXPECT_EQ(0, fault_sweep(&c));
}

static int call_choose(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return choose(self->map, &self->choose);
}

static bool is_chosen(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t value = 0;

	return !get(self->choose.fd, 1, &value) && value == 20;
}

static void undo_choose(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	close(self->choose.fd);
}

static int call_versions(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return versions(self->map, self->infos, 8, &self->versions);
}

static bool is_versions(void *context, int result)
{
	FIXTURE_DATA(fault) * self = context;

	return self->versions.count == 2 && self->infos[0].map_id == map_id(self->fresh) &&
	       self->infos[1].map_id == map_id(self->map);
}

TEST_F_TIMEOUT(fault, questions, FAULT_SECONDS)
{
	struct fault_call c = version_case("CHOOSE", self);

	ASSERT_EQ(0, call_publish(self));
	c.call = call_choose;
	c.right = is_chosen;
	c.undo = undo_choose;
	c.kept = NULL;
	c.grows = false;
	c.late = false;
	c.err = ENFILE;
	EXPECT_EQ(0, fault_sweep(&c));
	c.name = "VERSIONS";
	c.call = call_versions;
	c.right = is_versions;
	c.undo = NULL;
	EXPECT_EQ(0, fault_sweep(&c));
}

/* The library's way to a new version: it stays with the old one, or has the new one. */
static int call_follow(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	return khmap_follow_now(self->follower);
}

static int64_t followed(void *context)
{
	FIXTURE_DATA(fault) * self = context;
	uint64_t key = 1, value = 0;
	int err = khmap_get(khmap_follow_map(self->follower), &key, &value);

	return err ? err : (int64_t)value;
}

static bool is_followed(void *context, int result)
{
	return followed(context) == 20;
}

static bool kept_followed(void *context, int err)
{
	int64_t value = followed(context);

	return value == 10 || value == 20;
}

static void undo_follow(void *context)
{
	FIXTURE_DATA(fault) * self = context;

	khmap_follow_close(self->follower);
	self->follower = NULL;
	renew(context);
	khmap_follow_open(NAME, NULL, &self->follower);
	call_publish(context);
}

TEST_F_TIMEOUT(fault, follow, FAULT_SECONDS)
{
	struct fault_call c = version_case("khmap_follow_now()", self);

	ASSERT_EQ(0, khmap_follow_open(NAME, NULL, &self->follower));
	ASSERT_EQ(0, call_publish(self));
	c.call = call_follow;
	c.right = is_followed;
	c.kept = kept_followed;
	c.undo = undo_follow;
	c.late = false;
	c.err = ENFILE;
	c.fresh = true;
	EXPECT_EQ(0, fault_sweep(&c));
	khmap_follow_close(self->follower);
}

TEST_HARNESS_MAIN
