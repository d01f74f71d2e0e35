// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_live.c - the library's walks over a map that is being written
 *
 * The engine's userspace build stands in for the kernel: its pages are the
 * mapping, and ioctl() (--wrap) asks it.  While one thread writes, another
 * iterates and verifies.  A key that nobody touches must be seen exactly once,
 * in a map that is being promoted out of its header page too, and no chain may
 * ever look damaged.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../../../kmod/core/table.h"
#include "../../../user/engine/memory.h"
#include "../tap.h"
#include <khmap/verify.h>
#include "inspect.h"
#include "map.h"
#include "test_live.h"

#define IMAGE_BYTES	(1ull << 30)
#define IMAGE_PAGES	(1u << 16)	/* of the primary region */
#define STEADY		2000
#define MOVING		3000
#define STEADY_BIT	(1ull << 40)

struct live {
	struct khmap_account *account;
	struct khmap_table *table;
	struct khmap_object object;
	atomic_bool stop;
};

/* The map that ioctl() is about. */
static struct live *current;
/* After so many more KHMAP_IOC_STAT, keys are put. */
static int armed;
/* What process_vm_readv() fails with, instead of being called. */
static int refusal;
/* KHMAP_IOC_GET finds keys: each has its complement for a value. */
static bool answers;
static unsigned int asked;

static void live_put(struct live *live, u64 key, u64 value);

int __wrap_ioctl(int fd, unsigned long command, ...)
{
	struct khmap_counts counts;
	struct khmap_ioc_stat *stat;
	va_list args;

	va_start(args, command);
	stat = va_arg(args, void *);
	va_end(args);
	if (command == KHMAP_IOC_GET && answers) {
		const struct khmap_ioc_record *record = (void *)stat;
		u64 value = ~*(const u64 *)(uintptr_t)record->key;

		memcpy((void *)(uintptr_t)record->value, &value, sizeof(value));
		asked++;
		return 0;
	}
	if (command != KHMAP_IOC_STAT) {
		errno = command == KHMAP_IOC_GET ? ENOENT : command == KHMAP_IOC_PUT ? ENOSPC :
			command == KHMAP_IOC_SNAPSHOT ? EOVERFLOW : ENOTTY;
		return -1;
	}
	khmap_table_stat(current->table, &counts);
	*stat = (struct khmap_ioc_stat){
		.size = sizeof(*stat),
		.entries = counts.entries,
		.max_entries = current->table->max_entries,
		.overflow_entries = counts.overflow_entries,
		.overflow_buckets = counts.overflow_buckets,
		.inserts = counts.inserts,
		.replaces = counts.replaces,
		.deletes = counts.deletes,
		.shape = __atomic_load_n(&current->table->header->shape, __ATOMIC_ACQUIRE),
		.primary_pages = current->table->header->primary_pages,
		.overflow_pages = current->table->header->overflow_pages,
		.kind = KHMAP_IMAGE_LIVE,
	};
	if (armed && !--armed) {
		u64 key;

		for (key = 0; key < MOVING; key++)
			live_put(current, key, key);
	}
	return 0;
}

ssize_t __wrap_process_vm_readv(pid_t pid, const struct iovec *to, unsigned long to_count,
				const struct iovec *from, unsigned long from_count,
				unsigned long flags)
{
	if (!refusal)
		return __real_process_vm_readv(pid, to, to_count, from, from_count, flags);
	errno = refusal;
	return -1;
}

static void live_open(struct live *live, u64 expected)
{
	const struct khmap_table_params params = {
		.key_size = 8,
		.value_size = 8,
		.layout = KHMAP_LAYOUT_ALIGNED,
		.hash_kind = KHMAP_HASH_FOLD,
		.load_percent = 95,
		.stripes = 4,
		.expected_entries = expected,
		.max_pages = IMAGE_PAGES,
		.secret = { 0x243f6a8885a308d3ull, 0x13198a2e03707344ull },
	};
	const void *image;

	memset(live, 0, sizeof(*live));
	live->account = khmap_account_create(IMAGE_BYTES, 0, false);
	if (!live->account || khmap_table_create(&params, live->account, &live->table) ||
	    (expected > 1 && khmap_table_reserve(live->table, expected, NULL)))
		exit(1);
	image = khmap_account_image(live->account);
	memcpy(&live->object.header, image, sizeof(live->object.header));
	live->object.fd = -1;
	live->object.origin = KHMAP_ORIGIN_DEVICE;
	live->object.base = image;
	live->object.name = (char *)"live";
	khmap_reader_init(&live->object.map.reader, &live->object.header, image);
	current = live;
}

static void live_close(struct live *live)
{
	khmap_table_destroy(live->table);
	khmap_account_destroy(live->account);
}

static void live_put(struct live *live, u64 key, u64 value)
{
	if (khmap_table_put(live->table, &key, &value, KHMAP_PUT_EITHER, NULL))
		exit(1);
}

static void *churn(void *argument)
{
	struct live *live = argument;
	u64 state = 1, round;

	for (round = 0; !live->stop; round++) {
		u64 key;

		state = state * 6364136223846793005ull + 1442695040888963407ull;
		key = (state >> 33) % MOVING;
		if (state >> 32 & 1)
			live_put(live, key, round);
		else
			khmap_table_delete(live->table, &key, NULL, NULL);
	}
	return NULL;
}

/* One iteration: are all steady keys there, each once, and no other twice? */
static bool iterate(struct live *live, u64 steady, u64 moving)
{
	unsigned char *seen = calloc(1, steady), *others = calloc(1, moving);
	struct khmap_iter *iter;
	u64 key, value, count = 0;
	bool right = true;
	int got;

	if (!seen || !others || khmap_iter_create(&live->object.map, &iter))
		exit(1);
	while ((got = khmap_iter_next(iter, &key, &value)) == 1) {
		if (key & STEADY_BIT) {
			key &= ~STEADY_BIT;
			right &= key < steady && value == ~key && !seen[key]++;
			count++;
		} else {
			right &= key < moving && !others[key]++;
		}
	}
	khmap_iter_free(iter);
	free(seen);
	free(others);
	if (!right || got || count != steady)
		diag("right %d, got %d, %llu of %llu", right, got, (unsigned long long)count,
		     (unsigned long long)steady);
	return right && !got && count == steady;
}

static int show(void *context, const struct khmap_finding *finding)
{
	diag("%s", finding->text);
	return 0;
}

static void test_churn(void)
{
	struct khmap_verify_options verify = { .size = sizeof(verify), .finding = show };
	struct khmap_survey survey = { .size = sizeof(survey) };
	unsigned int i, iterations = 0, clean = 0, surveys = 0, rounds = 40;
	struct live live;
	pthread_t writer;
	u64 key;

	live_open(&live, STEADY + MOVING);
	for (key = 0; key < STEADY; key++)
		live_put(&live, key | STEADY_BIT, ~key);
	if (pthread_create(&writer, NULL, churn, &live))
		exit(1);
	for (i = 0; i < rounds; i++) {
		iterations += iterate(&live, STEADY, MOVING);
		clean += !khmap_verify(&live.object.map, &verify);
		surveys += !khmap_survey(&live.object.map, &survey) && survey.entries >= STEADY;
	}
	live.stop = true;
	pthread_join(writer, NULL);
	is_u64(iterations, rounds, "steady keys are seen once in each of %u iterations", rounds);
	is_u64(clean, rounds, "no chain looks damaged");
	is_u64(surveys, rounds, "surveys see them all");
	ok(!khmap_verify(&live.object.map, &verify) && verify.counts_compared,
	   "when nobody writes, counts and free buckets are right too");
	live_close(&live);
}

static void *promote(void *argument)
{
	struct live *live = argument;
	u64 key;

	for (key = 0; key < 40; key++)
		live_put(live, key, key);
	live->stop = true;
	return NULL;
}

static void test_promotion(void)
{
	struct khmap_verify_options verify = { .size = sizeof(verify), .finding = show };
	unsigned int i, right = 0, clean = 0, rounds = 300;
	struct live live;
	pthread_t writer;
	bool whole, sound;
	u64 key;

	for (i = 0; i < rounds; i++) {
		live_open(&live, 100);
		for (key = 0; key < 10; key++)
			live_put(&live, key | STEADY_BIT, ~key);
		whole = true;
		sound = true;
		if (pthread_create(&writer, NULL, promote, &live))
			exit(1);
		while (!live.stop) {
			whole &= iterate(&live, 10, 40);
			sound &= !khmap_verify(&live.object.map, &verify);
		}
		pthread_join(writer, NULL);
		right += whole;
		clean += sound;
		live_close(&live);
	}
	is_u64(right, rounds, "no key is lost or seen twice in %u promotions", rounds);
	is_u64(clean, rounds, "and none looks damaged");
}

/* A writer that begins when the chains have been seen and all was quiet. */
static void test_late_writer(void)
{
	struct khmap_verify_options verify = { .size = sizeof(verify), .finding = show };
	struct live live;
	u64 key;

	live_open(&live, STEADY + MOVING);
	/* With pages of overflow buckets that are in no chain any more. */
	for (key = 0; key < STEADY; key++)
		live_put(&live, key | STEADY_BIT, ~key);
	for (key = 0; key < MOVING; key++)
		live_put(&live, key, key);
	for (key = 0; key < MOVING; key++)
		khmap_table_delete(live.table, &key, NULL, NULL);
	armed = 2;
	is_i64(khmap_verify(&live.object.map, &verify), 0,
	       "who writes after the chains have been seen does not damage the map");
	is_i64(armed, 0, "somebody did");
	is_i64(khmap_verify(&live.object.map, &verify), 0, "and at rest it is clean");
	live_close(&live);
}

static void test_unreadable(void)
{
	struct khmap_verify_options verify = { .size = sizeof(verify), .finding = show };
	struct live live;

	live_open(&live, 100);
	live_put(&live, 1, 1);
	refusal = EFAULT;
	ok(!khmap_verify(&live.object.map, &verify) && !verify.skipped,
	   "pages that do not exist are none that are skipped");
	refusal = EPERM;
	ok(!khmap_verify(&live.object.map, &verify) && verify.skipped,
	   "pages that could not be read are counted");
	refusal = 0;
	live_close(&live);
}

/* What a signal handler may call leaves errno and the reason alone. */
static void test_get_locked(void)
{
	struct live live;
	static const char full[] =
		"live: the map is at its ceiling: its regions have no room";
	u64 key = 1, value;

	live_open(&live, 100);
	is_i64(khmap_put(&live.object.map, &key, &key, 0), -ENOSPC, "a put fails");
	ok(!strcmp(khmap_reason(), full), "its reason has no verb");
	errno = EXDEV;
	is_i64(khmap_get_locked(&live.object.map, &key, &value), -ENOENT, "a locked get fails");
	is_i64(errno, EXDEV, "errno is kept");
	ok(!strcmp(khmap_reason(), full), "and the reason");
	live.object.origin = KHMAP_ORIGIN_FILE;
	is_i64(khmap_get_locked(&live.object.map, &key, &value), -EUCLEAN, "of a file, too");
	ok(!strcmp(khmap_reason(), full), "the reason is kept");
	live_close(&live);
}

/* Refused, with what to do about it. */
static void test_snapshot_limit(void)
{
	struct khmap *snapshot;
	struct live live;

	live_open(&live, 100);
	is_i64(khmap_snapshot(&live.object.map, &snapshot), -EOVERFLOW, "a snapshot too many");
	ok(strstr(khmap_reason(), "close or destroy one of them"), "%s", khmap_reason());
	live_close(&live);
}

/* Of many keys, those whose bucket stays busy are asked of the kernel, and no others. */
static void test_get_many_locked(void)
{
	u64 keys[3] = { 1, 2, 1 }, values[3] = { 0 };
	struct khmap_read read;
	struct live live;
	int status[3];
	u32 *sequence;

	live_open(&live, 100000);
	live_put(&live, 1, 10);
	live_put(&live, 2, 20);
	if (khmap_read_begin(&live.object.map, &keys[0], &read))
		exit(1);
	is_u64(khmap_get_many(&live.object.map, keys, 3, values, status), 3, "three keys are found");
	ok(values[0] == 10 && values[1] == 20 && values[2] == 10 && !asked, "in the mapping");
	sequence = (u32 *)(uintptr_t)read.bucket;
	++*sequence;
	answers = true;
	is_u64(khmap_get_many(&live.object.map, keys, 3, values, status), 3,
	       "three keys are found, one bucket busy");
	ok(values[0] == ~1ull && values[1] == 20 && values[2] == ~1ull && asked == 2,
	   "two of them by the kernel");
	ok(!status[0] && !status[1] && !status[2], "their results");
	answers = false;
	is_u64(khmap_get_many(&live.object.map, keys, 3, values, status), 1,
	       "what the kernel does not find either is not found");
	ok(status[0] == -ENOENT && !status[1] && status[2] == -ENOENT, "their results");
	--*sequence;
	live_close(&live);
}

#define HELD_NS 50000000	/* 50 ms */

/* Somebody has a bucket's lock, and no processor. */
static void *hold(void *argument)
{
	const struct timespec time = { .tv_nsec = HELD_NS };
	u32 *sequence = argument;

	nanosleep(&time, NULL);
	__atomic_fetch_add(sequence, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Walks wait for him: not for a number of tries, which would be over long before. */
static void test_held(void)
{
	struct khmap_verify_options verify = { .size = sizeof(verify), .finding = show };
	struct khmap_read read;
	struct live live;
	pthread_t holder;
	u32 *sequence;
	u64 key;

	live_open(&live, STEADY);
	for (key = 0; key < STEADY; key++)
		live_put(&live, key | STEADY_BIT, ~key);
	key = STEADY_BIT;
	if (khmap_read_begin(&live.object.map, &key, &read))
		exit(1);
	sequence = (u32 *)(uintptr_t)read.bucket;
	__atomic_fetch_add(sequence, 1, __ATOMIC_ACQUIRE);
	if (pthread_create(&holder, NULL, hold, sequence))
		exit(1);
	ok(iterate(&live, STEADY, 0), "an iteration waits for a bucket that is held");
	pthread_join(holder, NULL);
	__atomic_fetch_add(sequence, 1, __ATOMIC_ACQUIRE);
	if (pthread_create(&holder, NULL, hold, sequence))
		exit(1);
	ok(!khmap_verify(&live.object.map, &verify) && !verify.unsettled, "so does verify");
	pthread_join(holder, NULL);
	live_close(&live);
}

/* Was the page that was shown one of the overflow region? */
static bool inspect_overflow(const struct inspect *inspect)
{
	const json_t *title = json_object_get(json_array_get(inspect->rows, 0), "title");

	return title && strstr(json_string_value(title), ": overflow page ");
}

/* Regions of a live map lie far apart; page N is the Nth that exists. */
static void test_inspect(void)
{
	struct inspect inspect = { .size = IMAGE_BYTES };
	struct khmap_ioc_stat stat;
	unsigned int shown = 0, overflow = 0;
	struct live live;
	u64 key, pages;

	/* An emulator may not have the call that a live map is inspected by. */
	if (__real_process_vm_readv(getpid(), NULL, 0, NULL, 0, 0)) {
		skip("inspect: process_vm_readv: %s", strerror(errno));
		return;
	}
	live_open(&live, STEADY + MOVING);
	for (key = 0; key < STEADY + MOVING; key++)
		live_put(&live, key, key);
	if (khmap_stat(&live.object.map, &stat) ||
	    khmap_schema_make("u64", "u64", &inspect.map.schema))
		exit(1);
	pages = 1ull + stat.primary_pages + stat.overflow_pages;
	inspect.map.map = &live.object.map;
	inspect.header = live.object.header;
	inspect.raw = live.object.header;
	inspect.page_size = (size_t)1 << live.object.header.geometry.page_shift;
	for (key = 1; key < pages; key++) {
		inspect.rows = json_array();
		shown += inspect_page(&inspect, key) == CLI_OK;
		overflow += inspect_overflow(&inspect);
		json_decref(inspect.rows);
	}
	ok(stat.primary_pages && shown == pages - 1, "inspect shows each of %llu pages",
	   (unsigned long long)pages);
	ok(overflow && overflow == stat.overflow_pages, "%llu of the overflow region",
	   (unsigned long long)stat.overflow_pages);
	is_i64(inspect_page(&inspect, pages), CLI_USAGE, "and says that there are no more");
	refusal = EPERM;
	is_i64(inspect_page(&inspect, 1), CLI_FAILED, "one that may not be read is not said to be missing");
	refusal = 0;
	khmap_schema_free(inspect.map.schema);
	live_close(&live);
}

int main(void)
{
	test_churn();
	test_promotion();
	test_late_writer();
	test_unreadable();
	test_get_locked();
	test_snapshot_limit();
	test_get_many_locked();
	test_held();
	test_inspect();
	return done();
}
