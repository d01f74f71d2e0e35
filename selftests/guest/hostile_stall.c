// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_stall.c - memory that does not come, wherever a call touches the caller's
 *
 * Each test has one pointer of one call lead to a page that stalls, to be read, or
 * to be written once all else is done.  While the call waits there, others do what
 * needs every lock there is.  So user memory is touched with no lock held.
 */
#include "kselftest_harness.h"
#include "hostile.h"

struct victim;

/**
 * struct touch - one pointer of one call
 * @name: for the log
 * @writes: it is written to
 * @call: makes it
 * @size: what @content begins with, the size of an argument; 0 for other bytes
 * @text: what @content begins with, else; or NULL
 * @opcode: of batch_one()
 * @flags: likewise
 * @field: likewise: of the argument, that leads to the page
 */
struct touch {
	const char *name;
	bool writes;
	int (*call)(struct victim *v);
	uint32_t size;
	const char *text;
	uint32_t opcode;
	uint32_t flags;
	size_t field;
};

/**
 * struct victim - who calls
 * @stall: where the pointer leads
 * @map: HOSTILE_MAP
 * @shot: a snapshot of it
 * @control: the control device
 * @touch: the call
 * @result: of it
 */
struct victim {
	struct stall stall;
	int map;
	int shot;
	int control;
	const struct touch *touch;
	int result;
};

/* An argument that is all on the page. */
static int of_argument(struct victim *v, int fd, unsigned long command)
{
	return call(fd, command, v->stall.page);
}

static int put_argument(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_PUT);
}

static int put_key(struct victim *v)
{
	uint64_t value = 5;
	struct khmap_ioc_record args = record_args(v->stall.page, 8, &value, 8);

	return call(v->map, KHMAP_IOC_PUT, &args);
}

static int put_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.page, 8);

	return call(v->map, KHMAP_IOC_PUT, &args);
}

static int get_key(struct victim *v)
{
	uint64_t value;
	struct khmap_ioc_record args = record_args(v->stall.page, 8, &value, 8);

	return call(v->map, KHMAP_IOC_GET, &args);
}

static int get_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.page, 8);

	return call(v->map, KHMAP_IOC_GET, &args);
}

static int snapshot_get_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.page, 8);

	return call(v->shot, KHMAP_IOC_GET, &args);
}

static int delete_key(struct victim *v)
{
	struct khmap_ioc_record args = record_args(v->stall.page, 8, NULL, 0);

	return call(v->map, KHMAP_IOC_DELETE, &args);
}

static int delete_value(struct victim *v)
{
	uint64_t key = 5;
	struct khmap_ioc_record args = record_args(&key, 8, v->stall.page, 8);

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
	*(uint64_t *)((char *)&batch + touch->field) = address_of(v->stall.page);
	err = call(v->map, KHMAP_IOC_BATCH, &batch);
	return err ?: (int)batch.done - 1;
}

/* The operations themselves. */
static int batch_operations(struct victim *v)
{
	struct khmap_ioc_batch batch = {
		.size = sizeof(batch),
		.flags = KHMAP_BATCH_ATOMIC,
		.count = 1,
		.ops = address_of(v->stall.page),
		.op_size = sizeof(struct khmap_op),
	};

	return call(v->map, KHMAP_IOC_BATCH, &batch);
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
		.infos = address_of(v->stall.page),
		.info_size = sizeof(struct khmap_map_info),
		.count = 4,
	};

	return call(v->control, KHMAP_IOC_LIST, &list);
}

static int create_name(struct victim *v)
{
	struct khmap_ioc_create args = create_args(NULL, 1);
	int err;

	args.name = address_of(v->stall.page);
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

	args.schema = address_of(v->stall.page);
	args.schema_length = 8;
	err = call(v->control, KHMAP_IOC_CREATE, &args);
	if (!err)
		close(args.fd);
	return err;
}

/* An answer that is written when the name is taken and the map not published. */
static int create_answer(struct victim *v)
{
	struct khmap_ioc_create *args = (void *)v->stall.page;
	int err = call(v->control, KHMAP_IOC_CREATE, args);

	if (!err)
		close(args->fd);
	return err;
}

static int snapshot_name(struct victim *v)
{
	struct khmap_ioc_snapshot args = {
		.size = sizeof(args),
		.name = address_of(v->stall.page),
		.name_length = 8,
	};
	int err = call(v->map, KHMAP_IOC_SNAPSHOT, &args);

	if (!err) {
		map_destroy(args.fd);
		close(args.fd);
	}
	return err;
}

static int snapshot_answer(struct victim *v)
{
	struct khmap_ioc_snapshot *args = (void *)v->stall.page;
	int err = call(v->map, KHMAP_IOC_SNAPSHOT, args);

	if (!err)
		close(args->fd);
	return err;
}

static int snapshot_read(struct victim *v)
{
	ssize_t got = pread(v->shot, v->stall.page, HOSTILE_PAGE, HOSTILE_PAGE);

	return got == (ssize_t)HOSTILE_PAGE ? 0 : -EIO;
}

static int canary_ids(struct victim *v)
{
	struct khmap_ioc_canary args = {
		.size = sizeof(args),
		.flags = KHMAP_CANARY_IDS | KHMAP_CANARY_MAP,
		.ids = address_of(v->stall.page),
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

static int canary_answer(struct victim *v)
{
	/* There is none to end. */
	return of_argument(v, v->map, KHMAP_IOC_CANARY) == -ENOENT ? 0 : -EIO;
}

static int versions_infos(struct victim *v)
{
	struct khmap_ioc_versions args = {
		.size = sizeof(args),
		.infos = address_of(v->stall.page),
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
	return of_argument(v, v->map, KHMAP_IOC_CLEAR);
}

static int reserve_argument(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_RESERVE);
}

static int compact_answer(struct victim *v)
{
	return of_argument(v, v->map, KHMAP_IOC_COMPACT);
}

#define TOUCH(_call, _writes, ...) \
	{ .name = #_call, .call = _call, .writes = _writes, ##__VA_ARGS__ }

#define BATCH(_opcode, _flags, _field, _writes)				\
	{ .name = "batch of " #_opcode ", " #_field, .call = batch_one,		\
	  .writes = _writes, .opcode = KHMAP_OP_##_opcode, .flags = _flags,	\
	  .field = offsetof(struct khmap_ioc_batch, _field) }

static const struct touch touches[] = {
	TOUCH(put_argument, false, .size = 1),
	TOUCH(put_key, false),
	TOUCH(put_value, false),
	TOUCH(get_key, false),
	TOUCH(get_value, true),
	TOUCH(snapshot_get_value, true),
	TOUCH(delete_key, false),
	TOUCH(delete_value, true),
	BATCH(PUT, 0, keys, false),
	BATCH(PUT, 0, values, false),
	BATCH(PUT, 0, statuses, true),
	BATCH(CAS, 0, operands, false),
	BATCH(FETCH_ADD, 0, operands, false),
	BATCH(FETCH_ADD, 0, results, true),
	BATCH(GET, 0, values, true),
	BATCH(GET_DELETE, 0, values, true),
	BATCH(PUT, KHMAP_BATCH_ATOMIC, keys, false),
	BATCH(PUT, KHMAP_BATCH_ATOMIC, values, false),
	BATCH(PUT, KHMAP_BATCH_ATOMIC, statuses, true),
	BATCH(FETCH_ADD, KHMAP_BATCH_ATOMIC, results, true),
	BATCH(GET, KHMAP_BATCH_ATOMIC, values, true),
	TOUCH(batch_operations, false),
	TOUCH(stat_answer, true, .size = sizeof(struct khmap_ioc_stat)),
	TOUCH(abi_answer, true, .size = sizeof(struct khmap_ioc_abi)),
	TOUCH(list_infos, true),
	TOUCH(create_name, false, .text = "hostile1"),
	TOUCH(create_schema, false, .text = "hostile1"),
	TOUCH(create_answer, true, .size = sizeof(struct khmap_ioc_create)),
	TOUCH(snapshot_name, false, .text = "hostile2"),
	TOUCH(snapshot_answer, true, .size = sizeof(struct khmap_ioc_snapshot)),
	TOUCH(snapshot_read, true),
	TOUCH(canary_ids, false),
	TOUCH(canary_answer, true, .size = sizeof(struct khmap_ioc_canary)),
	TOUCH(versions_infos, true),
	TOUCH(choose_answer, true, .size = sizeof(struct khmap_ioc_choose)),
	TOUCH(materialize_answer, true, .size = sizeof(struct khmap_ioc_materialize)),
	TOUCH(clear_answer, true, .size = sizeof(struct khmap_ioc_clear)),
	TOUCH(reserve_argument, false, .size = sizeof(struct khmap_ioc_reserve)),
	TOUCH(compact_answer, true, .size = sizeof(struct khmap_ioc_compact)),
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

/* What the argument needs besides its size to be in order. */
static void content_fill(struct stall *stall, const struct touch *touch)
{
	memset(stall->content, 0, sizeof(stall->content));
	if (touch->text)
		strcpy(stall->content, touch->text);
	if (touch->size)
		memcpy(stall->content, &touch->size, sizeof(touch->size));
	if (touch->call == create_answer) {
		struct khmap_ioc_create args = create_args(NULL, 1);

		memcpy(stall->content, &args, sizeof(args));
	}
	if (touch->call == canary_answer)
		((struct khmap_ioc_canary *)stall->content)->flags = KHMAP_CANARY_END;
}

TEST_F_TIMEOUT(stall, nobody_else_waits, 600)
{
	size_t i;

	for (i = 0; i < sizeof(touches) / sizeof(touches[0]); i++) {
		struct victim *v = &self->v;
		pthread_t thread;
		pid_t others;
		int step;

		v->touch = &touches[i];
		/* What others did is not to matter: key 0 is there, with its value. */
		ASSERT_EQ(0, put(v->map, 0, 0));
		ASSERT_EQ(0, put(v->map, 5, 5));
		content_fill(&v->stall, v->touch);
		ASSERT_EQ(0, stall_make(&v->stall, v->touch->writes));
		ASSERT_EQ(0, pthread_create(&thread, NULL, victim_call, v));
		ASSERT_TRUE(stall_wait(&v->stall)) TH_LOG("%s", v->touch->name);
		step = others_get_on(HOSTILE_MAP, true, &others);
		EXPECT_EQ(0, step) TH_LOG("%s: others stand at %d", v->touch->name,
					  step);
		ASSERT_EQ(0, stall_give(&v->stall));
		pthread_join(thread, NULL);
		if (step < 0)
			waitpid(others, NULL, 0);
		/* The call gets what it has waited for. */
		EXPECT_EQ(v->touch->size == 1 ? -EINVAL : 0, v->result)
			TH_LOG("%s", v->touch->name);
		stall_end(&v->stall);
	}
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
