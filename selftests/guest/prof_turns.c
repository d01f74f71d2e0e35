// SPDX-License-Identifier: GPL-2.0-only
/*
 * prof_turns.c - accesses in turns, of which a plugin of QEMU is told
 *
 * No test by itself: selftests/oracle/ runs it.  Two threads, on two CPUs, do
 * one step after the other, each only when the one before is done, so that their
 * order is known.  The plugin learns by the doorbell which pages count, and where
 * operations on a map begin and end; where there is no plugin nobody listens.
 */
#include <ctype.h>
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <khmap/khmap.h>
#include "khmap_test.h"
#include "../oracle/doorbell.h"

#define X86_PAGE	4096ul
#define MEMORY_PAGES	2
#define VALUE_MAX	4096
#define STEPS_MAX	4096

static const char usage[] =
	"Usage: prof_turns [--map NAME [--every N | --raw]] [--loads] CASE ROUNDS STEP...\n"
	"Does the steps, all of them ROUNDS times, and has the plugin count them as CASE; \"-\"\n"
	"tells it nothing.  With --raw each store counts, otherwise operations on the map do, of each\n"
	"processor's one in N.  STEP is CPU, kind, argument and perhaps \"x\" and how many times:\n"
	"  0p7    CPU 0 puts key 7 into the map; 0p2.3 the fourth key that is at home in the\n"
	"         map's bucket 2; 0p2.3-5 the fourth to the sixth, one after the other\n"
	"  1d7    CPU 1 deletes it\n"
	"  1g7    CPU 1 looks it up, without the kernel\n"
	"  0s8+4  without --map: CPU 0 stores 4 bytes, from byte 8 on, of two pages of memory\n"
	"  1l8+4  CPU 1 loads them\n"
	"  0a8+4  CPU 0 adds to them, atomically\n"
	"The memory is the variable turns_memory.\n";

struct step {
	unsigned int cpu;
	char kind;
	uint64_t key;
	uint64_t offset;
	unsigned int size;
};

static struct {
	struct khmap *map;
	struct step steps[STEPS_MAX];
	unsigned int count;
	unsigned long rounds;
	unsigned long every;
	bool loads;
	bool raw;
	bool told;
} plan = { .every = 1 };

static volatile char *bell;

/* Not static, so that a profiler finds it by its name. */
char turns_memory[MEMORY_PAGES * X86_PAGE] __attribute__((aligned(X86_PAGE)));

static void check(const char *what, int error)
{
	if (error)
		errx(1, "%s: %s", what, strerror(-error));
}

static void say(const char *format, ...)
{
	char line[DOORBELL_LINE_SIZE], *at;
	va_list values;

	if (!plan.told)
		return;
	va_start(values, format);
	if (vsnprintf(line, sizeof(line), format, values) >= (int)sizeof(line))
		errx(1, "too long: %s", line);
	va_end(values);
	for (at = line; *at; at++)
		bell[(unsigned char)*at] = 0;
}

static void bell_map(void)
{
	void *at = mmap((void *)DOORBELL_ADDRESS, X86_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED)
		err(1, "memory at %#lx", DOORBELL_ADDRESS);
	bell = at;
}

static void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %u", cpu);
}

static unsigned long number(const char **text)
{
	char *end;
	unsigned long value = strtoul(*text, &end, 10);

	if (!isdigit((unsigned char)**text))
		errx(2, "not a number: %s", *text);
	*text = end;
	return value;
}

static bool take(const char **text, char character)
{
	if (**text != character)
		return false;
	(*text)++;
	return true;
}

/* The key that is number @index, from 0, of those at home in a bucket of page 0. */
static uint64_t key_of_bucket(unsigned long bucket, unsigned long index)
{
	const struct khmap_image_header *header = khmap_header(plan.map);
	__u32 shape = header->shape ? header->shape : khmap_shape(1, 0);
	uint64_t key;

	for (key = 1;; key++) {
		__u64 hash = khmap_hash(header->hash_kind, header->hash_secret, &key, sizeof(key));
		__u32 place = khmap_hash_place(shape, khmap_shape_mask(shape), hash);

		if (!khmap_place_page(place) &&
		    khmap_place_bucket(&header->geometry, place) == bucket && !index--)
			return key;
	}
}

static void step_add(const struct step *step, unsigned long times)
{
	while (times--) {
		if (plan.count == STEPS_MAX)
			errx(2, "too many steps");
		plan.steps[plan.count++] = *step;
	}
}

static void step_parse(const char *word)
{
	const char *text = word;
	struct step step = { .cpu = (unsigned int)number(&text), .kind = *text };
	unsigned long bucket, first = 0, last, times;
	bool by_bucket = false;

	if (step.cpu > 1 || !step.kind || !strchr(plan.map ? "pdg" : "sla", step.kind))
		errx(2, "not a step: %s", word);
	text++;
	bucket = number(&text);
	if (plan.map) {
		by_bucket = take(&text, '.');
		if (by_bucket)
			first = number(&text);
		step.key = bucket;
	} else {
		step.offset = bucket;
		if (!take(&text, '+'))
			errx(2, "how many bytes? %s", word);
		step.size = (unsigned int)number(&text);
	}
	last = by_bucket && take(&text, '-') ? number(&text) : first;
	times = take(&text, 'x') ? number(&text) : 1;
	if (*text)
		errx(2, "not a step: %s", word);
	for (; first <= last; first++) {
		if (by_bucket)
			step.key = key_of_bucket(bucket, first);
		step_add(&step, times);
	}
}

/* One instruction for each, wherever the bytes begin. */
#define MEMORY_STEP(type)							\
	do {									\
		volatile type *at = (volatile type *)(turns_memory + step->offset);	\
										\
		if (step->kind == 's')						\
			*at = (type)count;					\
		else if (step->kind == 'l')					\
			(void)*at;						\
		else								\
			__atomic_fetch_add(at, 1, __ATOMIC_SEQ_CST);		\
	} while (0)

static void step_memory(const struct step *step, unsigned long count)
{
	switch (step->size) {
	case 1:
		MEMORY_STEP(uint8_t);
		break;
	case 2:
		MEMORY_STEP(uint16_t);
		break;
	case 4:
		MEMORY_STEP(uint32_t);
		break;
	case 8:
		MEMORY_STEP(uint64_t);
		break;
	default:
		errx(2, "not 1, 2, 4 or 8 bytes: %u", step->size);
	}
}

static void step_map(const struct step *step, unsigned long count)
{
	unsigned char value[VALUE_MAX];
	int error = 0;

	memset(value, (int)count, sizeof(value));
	say("(");
	switch (step->kind) {
	case 'p':
		error = khmap_put(plan.map, &step->key, value, 0);
		break;
	case 'd':
		error = khmap_delete(plan.map, &step->key, NULL);
		break;
	case 'g':
		error = khmap_get(plan.map, &step->key, value);
		break;
	}
	say(")");
	check("step", error);
}

/* On a line that neither the pages nor other data share. */
static struct {
	alignas(X86_PAGE) atomic_ulong done;
} turn;

static void *thread_main(void *context)
{
	unsigned int cpu = *(unsigned int *)context, i;
	unsigned long round, next = 0;

	pin(cpu);
	for (round = 0; round < plan.rounds; round++) {
		for (i = 0; i < plan.count; i++, next++) {
			if (plan.steps[i].cpu != cpu)
				continue;
			while (atomic_load(&turn.done) != next)
				sched_yield();
			if (plan.map)
				step_map(&plan.steps[i], next);
			else
				step_memory(&plan.steps[i], next);
			atomic_store(&turn.done, next + 1);
		}
	}
	return NULL;
}

/* By a load the plugin learns which page it is: of a byte that no step accesses. */
static void page_tell(const char *page, const char *region, unsigned long index)
{
	const volatile char *byte = page + X86_PAGE / 2;

	say("page %lx %s/%lu\n", (unsigned long)byte, region, index);
	(void)*byte;
}

static void memory_tell(void)
{
	unsigned long i;

	for (i = 0; i < MEMORY_PAGES; i++) {
		char *page = turns_memory + i * X86_PAGE;

		/* What was only read is the same page of zeros everywhere. */
		page[X86_PAGE / 2] = 1;
		page_tell(page, "range", i);
	}
}

static void region_tell(const char *image, uint64_t offset, uint64_t pages, const char *region)
{
	uint64_t i;

	for (i = 0; i < pages; i++)
		page_tell(image + offset + i * X86_PAGE, region, i);
}

static void map_tell(void)
{
	const struct khmap_image_header *header;
	struct khmap_ioc_stat stat;
	const char *image;
	size_t size;

	/* Brings the header's counts up to date. */
	check("stat", map_stat(khmap_fd(plan.map), &stat));
	image = image_map(khmap_fd(plan.map), &size);
	if (image == MAP_FAILED)
		err(1, "image");
	header = (const void *)image;
	region_tell(image, 0, 1, "header");
	if (header->shape)
		region_tell(image, header->primary_offset, header->primary_pages, "primary");
	region_tell(image, header->overflow_offset, header->overflow_pages, "overflow");
}

static void turns(const char *name)
{
	unsigned int cpus[2] = { 0, 1 }, i;
	pthread_t threads[2];

	plan.told = strcmp(name, "-");
	pin(0);
	say("case %s\n", name);
	if (plan.loads)
		say("loads\n");
	if (plan.map && !plan.raw)
		say("operations\nevery %lu\n", plan.every);
	if (plan.map)
		map_tell();
	else
		memory_tell();
	say("go\n");
	for (i = 0; i < 2; i++)
		check("thread", -pthread_create(&threads[i], NULL, thread_main, &cpus[i]));
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	say("end\n");
}

int main(int argc, char **argv)
{
	static const struct khmap_open_options options = {
		.size = sizeof(options),
		.flags = KHMAP_OPEN_WRITE,
	};
	const char *text, *name;
	int i;

	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--loads")) {
			plan.loads = true;
		} else if (!strcmp(argv[i], "--raw")) {
			plan.raw = true;
		} else if (!strcmp(argv[i], "--map") && i + 1 < argc) {
			check(argv[i + 1], khmap_open(argv[i + 1], &options, &plan.map));
			i++;
		} else if (!strcmp(argv[i], "--every") && i + 1 < argc) {
			text = argv[++i];
			plan.every = number(&text);
		} else {
			break;
		}
	}
	if (argc - i < 3) {
		fputs(usage, stderr);
		return 2;
	}
	bell_map();
	name = argv[i++];
	text = argv[i++];
	plan.rounds = number(&text);
	for (; i < argc; i++)
		step_parse(argv[i]);
	turns(name);
	return 0;
}
