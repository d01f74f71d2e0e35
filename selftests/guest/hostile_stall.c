// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_stall.c - memory that does not come, wherever a call touches the caller's
 *
 * Each test has one pointer of one call lead to a page that stalls, to be read, or
 * to be written once all else is done.  While the call waits there, others do what
 * needs every lock there is.  So user memory is touched with no lock held.
 *
 * Many calls look first whether they can write their answer.  These wait twice: then,
 * and when they do write it.
 */
#include "kselftest_harness.h"
#include "hostile.h"

#define OWN	"hostile-own"

struct victim;

/**
 * struct touch - one pointer of one call
 * @name: for the log
 * @writes: it is written to
 * @first: bytes of it on the page, the others being on the next one, if it is looked at
 *	first whether it can be written to; else 0
 * @call: makes it
 * @fill: makes what @content has beyond that; or NULL
 * @size: what @content begins with, the size of an argument; 0 for other bytes
 * @text: what @content begins with, else; or NULL
 * @opcode: of batch_one()
 * @flags: likewise
 * @field: likewise: of the argument, that leads to the page
 * @failed: likewise: how many of one fail
 */
struct touch {
	const char *name;
	bool writes;
	size_t first;
	int (*call)(struct victim *v);
	void (*fill)(struct victim *v);
	uint32_t size;
	const char *text;
	uint32_t opcode;
	uint32_t flags;
	size_t field;
	uint32_t failed;
};

/**
 * struct victim - who calls
 * @stall: where the pointer leads
 * @map: HOSTILE_MAP
 * @shot: a snapshot of it
 * @control: the control device
 * @own: a map whose name is OWN, of calls that need one
 * @second: a map without a name, likewise
 * @touch: the call
 * @result: of it
 */
struct victim {
	struct stall stall;
	int map;
	int shot;
	int control;
	int own;
	int second;
	const struct touch *touch;
	int result;
};

/* An argument that is all on the page. */
static int of_argument(struct victim *v, int fd, unsigned long command)
{
	return call(fd, command, v->stall.at);
}

static int put_argument(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_PUT);
}

static int put_key(struct victim *v)
{
	uint64_t value = 5;
	struct khmap_ioc_record args = record_args(v->stall.at, 8, &value, 8);

	return call(v->map, KHMAP_IOC_PUT, &args);
}

static int put_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.at, 8);

	return call(v->map, KHMAP_IOC_PUT, &args);
}

static int get_key(struct victim *v)
{
	uint64_t value;
	struct khmap_ioc_record args = record_args(v->stall.at, 8, &value, 8);

	return call(v->map, KHMAP_IOC_GET, &args);
}

static int get_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.at, 8);

	return call(v->map, KHMAP_IOC_GET, &args);
}

static int snapshot_get_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.at, 8);

	return call(v->shot, KHMAP_IOC_GET, &args);
}

static int delete_key(struct victim *v)
{
	struct khmap_ioc_record args = record_args(v->stall.at, 8, NULL, 0);

	return call(v->map, KHMAP_IOC_DELETE, &args);
}

static int delete_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.at, 8);

	return call(v->map, KHMAP_IOC_DELETE, &args);
}

/* One operation of a batch of arrays, on key 0, whose one field leads to the page. */
static int batch_one(struct victim *v)
{
	static uint64_t key, value;
	const struct touch *touch = v->touch;
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ARRAYS | touch->flags,
		.count = 1,
		.opcode = touch->opcode,
		.keys = address_of(&key),
	};
	int err;

	if (touch->opcode != KHMAP_OP_DELETE && touch->opcode != KHMAP_OP_FETCH_ADD)
		batch.values = address_of(&value);
	if (touch->opcode == KHMAP_OP_CAS || touch->opcode == KHMAP_OP_FETCH_ADD)
		batch.operands = address_of(&value);
	*(uint64_t *)((char *)&batch + touch->field) = address_of(v->stall.at);
	err = call(v->map, KHMAP_IOC_BATCH, &batch);
	return err ?: batch.done == 1 && batch.failed == touch->failed ? 0 : -EIO;
}

/* What others leave at key 0. */
static void fill_expected(struct victim *v)
{
	*(uint64_t *)v->stall.content = 1;
}

static uint64_t op_key, op_value;

static void fill_operation(struct victim *v)
{
	*(struct khmap_op *)v->stall.content = (struct khmap_op){
		.opcode = KHMAP_OP_PUT,
		.key = address_of(&op_key),
		.value = address_of(&op_value),
		.status = -1,
		.result = 1,
	};
}

/* The operations themselves, into which their results are written. */
static int batch_operations(struct victim *v)
{
	const struct khmap_op *op = (void *)v->stall.at;
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ATOMIC,
		.count = 1,
		.ops = address_of(op),
		.op_size = sizeof(*op),
	};
	int err = call(v->map, KHMAP_IOC_BATCH, &batch);

	return err ?: batch.done == 1 && !op->status && !op->result ? 0 : -EIO;
}

static void fill_batch(struct victim *v)
{
	*(struct khmap_ioc_batch *)v->stall.content = (struct khmap_ioc_batch){
		.flags = KHMAP_BATCH_ARRAYS,
		.count = 1,
		.opcode = KHMAP_OP_PUT,
		.keys = address_of(&op_key),
		.values = address_of(&op_value),
	};
}

static int batch_answer(struct victim *v)
{
	const struct khmap_ioc_batch *batch = (void *)v->stall.at;
	int err = of_argument(v, v->map, KHMAP_IOC_BATCH);

	return err ?: batch->done == 1 && !batch->failed ? 0 : -EIO;
}

static int stat_answer(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_STAT);
}

static int abi_answer(struct victim *v)
{
	return of_argument(v, v->control, KHMAP_IOC_ABI);
}

static int list_infos(struct victim *v)
{
	struct khmap_ioc_list list = {
		.size = sizeof(list),
		.infos = address_of(v->stall.at),
		.info_size = sizeof(struct khmap_map_info),
		.count = 4,
	};

	return call(v->control, KHMAP_IOC_LIST, &list);
}

static int create_name(struct victim *v)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	int err;

	args.name = address_of(v->stall.at);
	args.name_length = 8;
	err = call(v->control, KHMAP_IOC_CREATE, &args);
	if (!err) {
		map_destroy(args.fd);
		close(args.fd);
	}
	return err;
}

static int create_schema(struct victim *v)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	int err;

	args.schema = address_of(v->stall.at);
	args.schema_length = 8;
	err = call(v->control, KHMAP_IOC_CREATE, &args);
	if (!err)
		close(args.fd);
	return err;
}

static void fill_create(struct victim *v)
{
	*(struct khmap_ioc_create *)v->stall.content = create_args("hostile3", 1);
}

/* An answer that is written when the name is taken and the map not published. */
static int create_answer(struct victim *v)
{
	struct khmap_ioc_create *args = (void *)v->stall.at;
	int err = call(v->control, KHMAP_IOC_CREATE, args);

	if (!err) {
		err = map_destroy(args->fd);
		close(args->fd);
	}
	return err;
}

static int snapshot_name(struct victim *v)
{
	struct khmap_ioc_snapshot args = {
		.size = sizeof(args),
		.name = address_of(v->stall.at),
		.name_length = 8,
	};
	int err = call(v->map, KHMAP_IOC_SNAPSHOT, &args);

	if (!err) {
		map_destroy(args.fd);
		close(args.fd);
	}
	return err;
}

static void fill_snapshot(struct victim *v)
{
	*(struct khmap_ioc_snapshot *)v->stall.content = snapshot_args("hostile4");
}

static int snapshot_answer(struct victim *v)
{
	struct khmap_ioc_snapshot *args = (void *)v->stall.at;
	int err = call(v->map, KHMAP_IOC_SNAPSHOT, args);

	if (!err) {
		err = map_destroy(args->fd);
		close(args->fd);
	}
	return err;
}

static int snapshot_read(struct victim *v)
{
	ssize_t got = pread(v->shot, v->stall.at, HOSTILE_PAGE, HOSTILE_PAGE);

	return got == (ssize_t)HOSTILE_PAGE ? 0 : -EIO;
}

static int canary_ids(struct victim *v)
{
	struct khmap_ioc_canary args = {
		.size = sizeof(args),
		.flags = KHMAP_CANARY_IDS | KHMAP_CANARY_MAP,
		.ids = address_of(v->stall.at),
		.id_count = 8,
	};
	int err;

	args.fd = fresh_map(1, 1);
	err = call(v->map, KHMAP_IOC_CANARY, &args);
	close(args.fd);
	args = (struct khmap_ioc_canary){
		.size = sizeof(args),
		.flags = KHMAP_CANARY_END,
	};
	return err ?: call(v->map, KHMAP_IOC_CANARY, &args);
}

static void fill_canary_end(struct victim *v)
{
	((struct khmap_ioc_canary *)v->stall.content)->flags = KHMAP_CANARY_END;
}

/* Of the call that ends one. */
static int canary_answer(struct victim *v)
{
	const struct khmap_ioc_canary *args = (void *)v->stall.at;
	int second = fresh_map(1, 1), err = -EIO;
	int64_t begun = canary(v->map, KHMAP_CANARY_MAP, second, 0, NULL, 0);

	if (begun > 0)
		err = of_argument(v, v->map, KHMAP_IOC_CANARY);
	close(second);
	return err ?: (int64_t)args->generation > begun ? 0 : -EIO;
}

/* A map of the call's own, and another that can have its name. */
static void own_make(struct victim *v)
{
	map_remove(OWN);
	v->own = create_named(OWN, 1);
	v->second = fresh_map(1, 7);
}

static void own_end(struct victim *v)
{
	map_remove(OWN);
	close(v->own);
	close(v->second);
}

static void fill_publish(struct victim *v)
{
	struct khmap_ioc_publish *args = (void *)v->stall.content;

	own_make(v);
	args->fd = v->second;
	args->keep = 1;
}

static int publish_answer(struct victim *v)
{
	const struct khmap_ioc_publish *args = (void *)v->stall.at;
	int err = of_argument(v, v->own, KHMAP_IOC_PUBLISH);

	if (!err && (!args->generation || value_by_name(OWN, 1) != 7))
		err = -EIO;
	own_end(v);
	return err;
}

/* Back to the map that has no key. */
static void fill_rollback(struct victim *v)
{
	own_make(v);
	if (publish(v->own, v->second, 1) < 0)
		abort();
	((struct khmap_ioc_rollback *)v->stall.content)->steps = 1;
}

static int rollback_answer(struct victim *v)
{
	const struct khmap_ioc_rollback *args = (void *)v->stall.at;
	int err = of_argument(v, v->second, KHMAP_IOC_ROLLBACK);

	if (!err && (!args->generation || value_by_name(OWN, 1) != -ENOENT))
		err = -EIO;
	own_end(v);
	return err;
}

static int versions_infos(struct victim *v)
{
	struct khmap_ioc_versions args = {
		.size = sizeof(args),
		.infos = address_of(v->stall.at),
		.count = 8,
	};

	return call(v->map, KHMAP_IOC_VERSIONS, &args);
}

static int choose_answer(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_CHOOSE);
}

static int materialize_answer(struct victim *v)
{
	return of_argument(v, v->shot, KHMAP_IOC_MATERIALIZE);
}

static int clear_answer(struct victim *v)
{
	const struct khmap_ioc_clear *args = (void *)v->stall.at;
	int err = of_argument(v, v->map, KHMAP_IOC_CLEAR);

	return err ?: args->deleted == HOSTILE_KEYS ? 0 : -EIO;
}

static int reserve_argument(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_RESERVE);
}

/* Of growth that is done for it. */
static void fill_reserve(struct victim *v)
{
	((struct khmap_ioc_reserve *)v->stall.content)->entries = 2 * entries_beyond(v->map);
}

static int reserve_answer(struct victim *v)
{
	const struct khmap_ioc_reserve *args = (void *)v->stall.at;
	struct khmap_ioc_stat stat;
	int err = of_argument(v, v->map, KHMAP_IOC_RESERVE) ?: map_stat(v->map, &stat);

	return err ?: args->primary_pages && args->primary_pages <= stat.primary_pages ? 0 : -EIO;
}

static int compact_answer(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_COMPACT);
}

#define TOUCH(_call, _writes, ...) \
	{ .name = #_call, .call = _call, .writes = _writes, ##__VA_ARGS__ }

#define BATCH(_opcode, _flags, _field, _writes, ...)				\
	{ .name = "batch of " #_opcode ", " #_field, .call = batch_one,		\
	  .writes = _writes, .opcode = KHMAP_OP_##_opcode, .flags = _flags,	\
	  .field = offsetof(struct khmap_ioc_batch, _field), ##__VA_ARGS__ }

/* An argument in which the answer is written, if it was found that it can be: its head first. */
#define PROBED(_call, _type, ...) \
	TOUCH(_call, true, .first = 8, .size = sizeof(struct khmap_ioc_##_type), ##__VA_ARGS__)

static const struct touch touches[] = {
	TOUCH(put_argument, false, .size = 1),
	TOUCH(put_key, false),
	TOUCH(put_value, false),
	TOUCH(get_key, false),
	TOUCH(get_value, true),
	TOUCH(snapshot_get_value, true),
	TOUCH(delete_key, false),
	TOUCH(delete_value, true, .first = 4),
	BATCH(PUT, 0, keys, false),
	BATCH(PUT, 0, values, false),
	BATCH(PUT, 0, statuses, true, .first = 2),
	BATCH(DELETE, 0, keys, false),
	BATCH(CAS, 0, operands, false, .fill = fill_expected),
	BATCH(CAS_VERSION, 0, operands, false, .failed = 1),
	BATCH(FETCH_ADD, 0, operands, false),
	BATCH(FETCH_ADD, 0, results, true, .first = 4),
	BATCH(GET, 0, values, true),
	BATCH(GET_DELETE, 0, values, true, .first = 4),
	BATCH(PUT, KHMAP_BATCH_ATOMIC, keys, false),
	BATCH(PUT, KHMAP_BATCH_ATOMIC, values, false),
	BATCH(PUT, KHMAP_BATCH_ATOMIC, statuses, true, .first = 2),
	BATCH(FETCH_ADD, KHMAP_BATCH_ATOMIC, results, true, .first = 4),
	BATCH(GET, KHMAP_BATCH_ATOMIC, values, true),
	TOUCH(batch_operations, false, .fill = fill_operation),
	/* Of what is written, the status comes first. */
	TOUCH(batch_operations, true, .first = offsetof(struct khmap_op, result),
	      .fill = fill_operation),
	PROBED(batch_answer, batch, .fill = fill_batch),
	TOUCH(stat_answer, true, .size = sizeof(struct khmap_ioc_stat)),
	TOUCH(abi_answer, true, .size = sizeof(struct khmap_ioc_abi)),
	TOUCH(list_infos, true),
	TOUCH(create_name, false, .text = "hostile1"),
	TOUCH(create_schema, false, .text = "hostile1"),
	TOUCH(create_answer, true, .fill = fill_create),
	TOUCH(snapshot_name, false, .text = "hostile2"),
	TOUCH(snapshot_answer, true, .fill = fill_snapshot),
	TOUCH(snapshot_read, true),
	TOUCH(canary_ids, false),
	PROBED(canary_answer, canary, .fill = fill_canary_end),
	PROBED(publish_answer, publish, .fill = fill_publish),
	PROBED(rollback_answer, rollback, .fill = fill_rollback),
	TOUCH(versions_infos, true),
	TOUCH(choose_answer, true, .size = sizeof(struct khmap_ioc_choose)),
	PROBED(materialize_answer, materialize),
	PROBED(clear_answer, clear),
	TOUCH(reserve_argument, false, .size = sizeof(struct khmap_ioc_reserve)),
	PROBED(compact_answer, compact),
	PROBED(reserve_answer, reserve, .fill = fill_reserve),
};

FIXTURE(stall) {
	struct victim v;
};

FIXTURE_SETUP(stall)
{
	struct khmap_ioc_snapshot args;

	self->v.map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, self->v.map);
	self->v.shot = snapshot(self->v.map, &args);
	ASSERT_LE(0, self->v.shot);
	self->v.control = control_open(O_RDWR);
	ASSERT_LE(0, self->v.control);
}

FIXTURE_TEARDOWN(stall)
{
	map_remove(OWN);
	map_remove(HOSTILE_MAP);
	close(self->v.shot);
	close(self->v.map);
	close(self->v.control);
}

static void *victim_call(void *context)
{
	struct victim *v = context;

	v->result = v->touch->call(v);
	return NULL;
}

/* Where the pointer leads, with what the call is to find there.  0 or -errno. */
static int content_make(struct victim *v)
{
	struct stall *stall = &v->stall;
	const struct touch *touch = v->touch;

	memset(stall->content, 0, sizeof(stall->content));
	if (touch->text)
		strcpy(stall->content, touch->text);
	if (touch->fill)
		touch->fill(v);
	if (touch->size)
		memcpy(stall->content, &touch->size, sizeof(touch->size));
	return touch->first ? stall_make_probed(stall, touch->first) :
			      stall_make(stall, touch->writes);
}

TEST_F_TIMEOUT(stall, nobody_else_waits, 600)
{
	bool protects = stall_protects();
	size_t i;

	for (i = 0; i < sizeof(touches) / sizeof(touches[0]); i++) {
		const struct touch *touch = &touches[i];
		struct victim *v = &self->v;
		pthread_t thread;
		pid_t others;
		int step;

		if (touch->writes && !protects)
			continue;
		v->touch = touch;
		/* What others did is not to matter: key 0 is there, with its value. */
		ASSERT_EQ(0, put(v->map, 0, 0));
		ASSERT_EQ(0, put(v->map, 5, 5));
		ASSERT_EQ(0, content_make(v));
		ASSERT_EQ(0, pthread_create(&thread, NULL, victim_call, v));
		ASSERT_TRUE(stall_wait(&v->stall)) TH_LOG("%s", touch->name);
		step = others_get_on(HOSTILE_MAP, true, &others);
		EXPECT_EQ(0, step) TH_LOG("%s: others stand at %d", touch->name, step);
		if (!step && touch->first) {
			ASSERT_TRUE(stall_wait_again(&v->stall))
				TH_LOG("%s: writes no answer", touch->name);
			step = others_get_on(HOSTILE_MAP, true, &others);
			EXPECT_EQ(0, step) TH_LOG("%s, the answer: others stand at %d",
						  touch->name, step);
		}
		ASSERT_EQ(0, stall_give(&v->stall));
		pthread_join(thread, NULL);
		if (step < 0)
			waitpid(others, NULL, 0);
		/* The call gets what it has waited for. */
		EXPECT_EQ(touch->size == 1 ? -EINVAL : 0, v->result)
			TH_LOG("%s", touch->name);
		stall_end(&v->stall);
	}
	if (!protects)
		SKIP(return, "this kernel lets no write stall: answers were not tried");
}

/* A snapshot's bytes, or NULL. */
static char *image_bytes(int shot, size_t *size)
{
	struct khmap_ioc_stat stat;
	char *image;

	if (map_stat(shot, &stat))
		return NULL;
	*size = (1 + (size_t)stat.primary_pages + stat.overflow_pages) * HOSTILE_PAGE;
	image = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (image == MAP_FAILED || pread(shot, image, *size, 0) != (ssize_t)*size)
		return NULL;
	return image;
}

/**
 * struct restoring - a restore that stalls
 * @v: who calls
 * @args: of the call
 */
struct restoring {
	struct victim *v;
	struct khmap_ioc_restore args;
};

static void *restore_call(void *context)
{
	struct restoring *restoring = context;

	restoring->v->result = call(restoring->v->control, KHMAP_IOC_RESTORE,
				    &restoring->args);
	return NULL;
}

/* In the midst of an image: the header, or a page of buckets. */
TEST_F_TIMEOUT(stall, restore_of_memory_that_does_not_come, 120)
{
	struct victim *v = &self->v;
	size_t page, size;

	for (page = 0; page < 3; page += 2) {
		struct restoring restoring = { .v = v };
		char *image = image_bytes(v->shot, &size);
		pthread_t thread;
		pid_t others;
		int step;

		ASSERT_NE(NULL, image);
		restoring.args.size = sizeof(restoring.args);
		restoring.args.image = address_of(image);
		restoring.args.image_bytes = size;
		memcpy(v->stall.content, image + page * HOSTILE_PAGE, HOSTILE_PAGE);
		ASSERT_EQ(0, madvise(image + page * HOSTILE_PAGE, HOSTILE_PAGE,
				     MADV_DONTNEED));
		ASSERT_EQ(0, stall_at(&v->stall, image + page * HOSTILE_PAGE, false));
		ASSERT_EQ(0, pthread_create(&thread, NULL, restore_call, &restoring));
		ASSERT_TRUE(stall_wait(&v->stall));
		step = others_get_on(HOSTILE_MAP, true, &others);
		EXPECT_EQ(0, step);
		ASSERT_EQ(0, stall_give(&v->stall));
		pthread_join(thread, NULL);
		if (step < 0)
			waitpid(others, NULL, 0);
		EXPECT_EQ(0, v->result);
		close(restoring.args.fd);
		close(v->stall.uffd);
		munmap(image, size);
	}
}

/* Nor can a mapping of a map be made one that stalls those who read it. */
TEST_F(stall, mapping_cannot_be_registered)
{
	static const unsigned long modes[] = {
		UFFDIO_REGISTER_MODE_MISSING, UFFDIO_REGISTER_MODE_WP,
		UFFDIO_REGISTER_MODE_MINOR,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), fds[] = { self->v.map, self->v.shot };
	size_t k, m, size;

	ASSERT_LE(0, uffd);
	ASSERT_EQ(0, ioctl(uffd, UFFDIO_API, &api));
	for (k = 0; k < 2; k++) {
		char *image = image_map(fds[k], &size);

		ASSERT_NE(MAP_FAILED, image);
		for (m = 0; m < 3; m++) {
			struct uffdio_register range = {
				.range = { .start = address_of(image), .len = HOSTILE_PAGE },
				.mode = modes[m],
			};

			EXPECT_EQ(-1, ioctl(uffd, UFFDIO_REGISTER, &range));
			EXPECT_TRUE(errno == EINVAL || errno == EPERM);
		}
		munmap(image, size);
	}
	close(uffd);
}

TEST_HARNESS_MAIN
