// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_argument.c - an argument that does not come, of every command and of io_uring
 *
 * The struct of each ioctl lies in a page that stalls when it is read, and then in one that
 * stalls when it is looked whether the answer can be written, and when it is written.  While
 * the call waits there, others do what needs every lock there is.  hostile_stall does the same
 * to what these structs point to.
 */
#include <liburing.h>
#include "kselftest_harness.h"
#include "hostile.h"

#define OWN	"hostile-own"

/**
 * struct caller - who calls
 * @stall: where the argument is
 * @map: HOSTILE_MAP
 * @shot: a snapshot of it
 * @control: the control device
 * @own: a map whose name is OWN, made for the call
 * @second: a map without a name, likewise
 * @image: a snapshot's bytes
 * @image_bytes: how many
 * @command: the call
 * @result: of it
 */
struct caller {
	struct stall stall;
	int map;
	int shot;
	int control;
	int own;
	int second;
	void *image;
	size_t image_bytes;
	const struct command *command;
	int result;
};

/**
 * struct command - one command and its argument
 * @name: for the log
 * @number: KHMAP_IOC_*, or KHMAP_URING_* with @uring
 * @size: of the argument, which begins with it; of an operation, 0
 * @fd: offset in struct caller of the descriptor that is called
 * @fill: makes the argument, beyond its size; or NULL
 * @fd_at: offset in the argument of a descriptor in the answer; or 0
 * @silent: nothing is written to the argument
 * @probed: before anything is done, it is looked whether the answer can be written
 * @uring: by io_uring
 */
struct command {
	const char *name;
	unsigned long number;
	uint32_t size;
	size_t fd;
	void (*fill)(struct caller *caller, void *argument);
	size_t fd_at;
	bool silent;
	bool probed;
	bool uring;
};

static uint64_t key = 5, value = 5;

static void fill_record(struct caller *caller, void *argument)
{
	*(struct khmap_ioc_record *)argument = record_args(&key, 8, &value, 8);
}

static void fill_batch(struct caller *caller, void *argument)
{
	struct khmap_ioc_batch *batch = argument;

	batch->flags = KHMAP_BATCH_ARRAYS | KHMAP_BATCH_ATOMIC;
	batch->count = 1;
	batch->opcode = KHMAP_OP_PUT;
	batch->keys = address_of(&key);
	batch->values = address_of(&value);
}

/* io_uring would leave an atomic one to a worker. */
static void fill_short_batch(struct caller *caller, void *argument)
{
	fill_batch(caller, argument);
	((struct khmap_ioc_batch *)argument)->flags = KHMAP_BATCH_ARRAYS;
}

static void fill_list(struct caller *caller, void *argument)
{
	static struct khmap_map_info infos[4];
	struct khmap_ioc_list *list = argument;

	list->infos = address_of(infos);
	list->info_size = sizeof(infos[0]);
	list->count = 4;
}

static void fill_versions(struct caller *caller, void *argument)
{
	static struct khmap_version_info infos[8];
	struct khmap_ioc_versions *args = argument;

	args->infos = address_of(infos);
	args->count = 8;
}

static void fill_create(struct caller *caller, void *argument)
{
	*(struct khmap_ioc_create *)argument = create_args(NULL, 1);
}

static void fill_restore(struct caller *caller, void *argument)
{
	struct khmap_ioc_restore *args = argument;

	args->image = address_of(caller->image);
	args->image_bytes = caller->image_bytes;
}

static void fill_sample(struct caller *caller, void *argument)
{
	((struct khmap_ioc_sample *)argument)->every = 1000;
}

static void fill_publish(struct caller *caller, void *argument)
{
	struct khmap_ioc_publish *args = argument;

	args->fd = caller->second;
	args->keep = 1;
}

static void fill_rollback(struct caller *caller, void *argument)
{
	if (publish(caller->own, caller->second, 1) < 0)
		abort();
	((struct khmap_ioc_rollback *)argument)->steps = 1;
}

static void fill_canary(struct caller *caller, void *argument)
{
	struct khmap_ioc_canary *args = argument;

	args->flags = KHMAP_CANARY_MAP | KHMAP_CANARY_SHARE;
	args->fd = caller->second;
	args->share = KHMAP_SHARE_ALL / 2;
}

static void fill_operation(struct caller *caller, void *argument)
{
	memcpy(argument, &key, sizeof(key));
}

#define COMMAND(_name, _type, _fd, ...)						\
	{ .name = #_name, .number = KHMAP_IOC_##_name, .fd = offsetof(struct caller, _fd), \
	  .size = sizeof(struct khmap_ioc_##_type), ##__VA_ARGS__ }
#define ANSWERED(_type)	.fd_at = offsetof(struct khmap_ioc_##_type, fd)

static const struct command commands[] = {
	COMMAND(ABI, abi, control),
	COMMAND(CREATE, create, control, .fill = fill_create, ANSWERED(create)),
	COMMAND(RESTORE, restore, control, .fill = fill_restore, ANSWERED(restore)),
	COMMAND(LIST, list, control, .fill = fill_list),
	COMMAND(SAMPLE, sample, control, .fill = fill_sample, ANSWERED(sample)),
	COMMAND(DESTROY, destroy, own, .silent = true),
	COMMAND(PUT, record, map, .fill = fill_record, .silent = true),
	COMMAND(GET, record, map, .fill = fill_record, .silent = true),
	COMMAND(GET, record, shot, .fill = fill_record, .silent = true),
	COMMAND(DELETE, record, map, .fill = fill_record, .silent = true),
	COMMAND(CLEAR, clear, own, .probed = true),
	COMMAND(STAT, stat, map),
	COMMAND(STAT, stat, shot),
	COMMAND(RESERVE, reserve, map, .probed = true),
	COMMAND(COMPACT, compact, map, .probed = true),
	COMMAND(SNAPSHOT, snapshot, map, ANSWERED(snapshot)),
	COMMAND(MATERIALIZE, materialize, shot, .probed = true),
	COMMAND(WARN_AFTER, warn_after, map, .silent = true),
	COMMAND(PUBLISH, publish, own, .fill = fill_publish, .probed = true),
	COMMAND(ROLLBACK, rollback, second, .fill = fill_rollback, .probed = true),
	COMMAND(CANARY, canary, own, .fill = fill_canary, .probed = true),
	COMMAND(CHOOSE, choose, own, ANSWERED(choose)),
	COMMAND(VERSIONS, versions, own, .fill = fill_versions),
	COMMAND(BATCH, batch, map, .fill = fill_batch, .probed = true),
	{ .name = "a batch by io_uring", .number = KHMAP_URING_BATCH, .uring = true,
	  .size = sizeof(struct khmap_ioc_batch), .fd = offsetof(struct caller, map),
	  .fill = fill_short_batch, .silent = true },
	{ .name = "an atomic batch by io_uring", .number = KHMAP_URING_BATCH, .uring = true,
	  .size = sizeof(struct khmap_ioc_batch), .fd = offsetof(struct caller, map),
	  .fill = fill_batch, .silent = true },
	{ .name = "the key of an operation by io_uring", .number = KHMAP_URING_OP, .uring = true,
	  .fd = offsetof(struct caller, map), .fill = fill_operation, .silent = true },
};

FIXTURE(argument) {
	struct caller caller;
};

FIXTURE_SETUP(argument)
{
	struct caller *caller = &self->caller;
	struct khmap_ioc_snapshot args;

	caller->map = hostile_map(HOSTILE_MAP);
	ASSERT_LE(0, caller->map);
	caller->shot = snapshot(caller->map, &args);
	ASSERT_LE(0, caller->shot);
	caller->control = control_open(O_RDWR);
	ASSERT_LE(0, caller->control);
	caller->image_bytes = args.image_size;
	caller->image = malloc(caller->image_bytes);
	ASSERT_NE(NULL, caller->image);
	ASSERT_EQ((ssize_t)caller->image_bytes,
		  pread(caller->shot, caller->image, caller->image_bytes, 0));
}

FIXTURE_TEARDOWN(argument)
{
	map_remove(HOSTILE_MAP);
	map_remove(OWN);
	close(self->caller.shot);
	close(self->caller.map);
	close(self->caller.control);
	free(self->caller.image);
}

/* A command in a ring of its own: its result, or -errno. */
static int by_uring(const struct caller *caller, int fd)
{
	const struct khmap_uring_batch area = { .batch = address_of(caller->stall.page) };
	const struct khmap_op op = {
		.opcode = KHMAP_OP_PUT,
		.key = address_of(caller->stall.page),
		.value = address_of(&value),
	};
	bool batch = caller->command->number == KHMAP_URING_BATCH;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int err = io_uring_queue_init(2, &ring, IORING_SETUP_SQE128 | IORING_SETUP_CQE32);

	if (err)
		return err;
	/* A new ring is all zero. */
	sqe = io_uring_get_sqe(&ring);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->cmd_op = (uint32_t)caller->command->number;
	memcpy((char *)sqe + offsetof(struct io_uring_sqe, cmd),
	       batch ? (const void *)&area : &op, batch ? sizeof(area) : sizeof(op));
	err = io_uring_submit_and_wait(&ring, 1);
	if (err == 1)
		err = io_uring_wait_cqe(&ring, &cqe);
	if (!err)
		err = cqe->res == (batch ? 1 : 0) ? 0 : cqe->res ?: -EIO;
	io_uring_queue_exit(&ring);
	return err;
}

static void *caller_call(void *context)
{
	struct caller *caller = context;
	const struct command *command = caller->command;
	int fd = *(int *)((char *)caller + command->fd);

	caller->result = command->uring ? by_uring(caller, fd) :
			 call(fd, command->number, caller->stall.at);
	return NULL;
}

/* The command, while its argument does not come or its answer cannot be written. */
static void try_command(struct __test_metadata *_metadata, struct caller *caller, bool writes)
{
	const struct command *command = caller->command;
	bool twice = writes && command->probed;
	pthread_t thread;
	pid_t others;
	int step;

	map_remove(OWN);
	caller->own = create_named(OWN, 1);
	caller->second = fresh_map(1, 1);
	ASSERT_LE(0, caller->own);
	ASSERT_LE(0, caller->second);
	/* What others did, and the call before, is not to matter. */
	ASSERT_EQ(0, put(caller->map, key, value));
	memset(caller->stall.content, 0, sizeof(caller->stall.content));
	if (command->fill)
		command->fill(caller, caller->stall.content);
	if (command->size)
		memcpy(caller->stall.content, &command->size, sizeof(command->size));
	/* The head is on the page. */
	ASSERT_EQ(0, twice ? stall_make_probed(&caller->stall, 8) :
			     stall_make(&caller->stall, writes));
	ASSERT_EQ(0, pthread_create(&thread, NULL, caller_call, caller));
	ASSERT_TRUE(stall_wait(&caller->stall)) TH_LOG("%s, %d", command->name, writes);
	step = others_get_on(HOSTILE_MAP, true, &others);
	EXPECT_EQ(0, step) TH_LOG("%s, %d: others stand at %d", command->name, writes, step);
	if (!step && twice) {
		ASSERT_TRUE(stall_wait_again(&caller->stall))
			TH_LOG("%s: writes no answer", command->name);
		step = others_get_on(HOSTILE_MAP, true, &others);
		EXPECT_EQ(0, step) TH_LOG("%s, the answer: others stand at %d",
					  command->name, step);
	}
	ASSERT_EQ(0, stall_give(&caller->stall));
	pthread_join(thread, NULL);
	if (step < 0)
		waitpid(others, NULL, 0);
	/* The call gets what it has waited for. */
	EXPECT_EQ(0, caller->result) TH_LOG("%s, %d", command->name, writes);
	if (command->fd_at && !caller->result)
		close(*(int *)(caller->stall.at + command->fd_at));
	stall_end(&caller->stall);
	close(caller->own);
	close(caller->second);
}

TEST_F_TIMEOUT(argument, that_does_not_come, 300)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		self->caller.command = &commands[i];
		try_command(_metadata, &self->caller, false);
	}
}

TEST_F_TIMEOUT(argument, whose_answer_cannot_be_written, 300)
{
	size_t i;

	if (!stall_protects())
		SKIP(return, "this kernel lets no write stall");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		self->caller.command = &commands[i];
		if (!commands[i].silent)
			try_command(_metadata, &self->caller, true);
	}
}

/* RESTORE's name. */
static void *restore_named(void *context)
{
	struct caller *caller = context;
	struct khmap_ioc_restore args = {
		.size = sizeof(args),
		.image = address_of(caller->image),
		.image_bytes = caller->image_bytes,
		.name = address_of(caller->stall.page),
		.name_length = strlen(OWN),
	};

	caller->result = call(caller->control, KHMAP_IOC_RESTORE, &args);
	if (!caller->result) {
		map_destroy(args.fd);
		close(args.fd);
	}
	return NULL;
}

TEST_F_TIMEOUT(argument, name_of_what_is_restored, 60)
{
	struct caller *caller = &self->caller;
	pthread_t thread;
	pid_t others;
	int step;

	memset(caller->stall.content, 0, sizeof(caller->stall.content));
	strcpy(caller->stall.content, OWN);
	ASSERT_EQ(0, stall_make(&caller->stall, false));
	ASSERT_EQ(0, pthread_create(&thread, NULL, restore_named, caller));
	ASSERT_TRUE(stall_wait(&caller->stall));
	step = others_get_on(HOSTILE_MAP, true, &others);
	EXPECT_EQ(0, step);
	ASSERT_EQ(0, stall_give(&caller->stall));
	pthread_join(thread, NULL);
	if (step < 0)
		waitpid(others, NULL, 0);
	EXPECT_EQ(0, caller->result);
	stall_end(&caller->stall);
}

TEST_HARNESS_MAIN
