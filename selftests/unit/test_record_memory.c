// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_record_memory.c - many records from a pipe take no more memory than a few
 *
 * Another process writes them: both ends stream.
 */
#include <err.h>
#include <sys/wait.h>

#include "record_test.h"

#define FEW 2000
#define MANY 1000000	/* of the formats that programs stream */
#define SOME 300000
/* What a heap may have moved. A byte kept of each record would be more. */
#define SLACK_KIB 256

static const char schema_text[] = "key u64;value {name:str[16],load:f64,port:u16[2],mac:mac}";

/* Anonymous memory that is resident, KiB. */
static unsigned long memory_now(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	unsigned long kib = 0;
	char line[128];

	while (status && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			break;
	}
	if (!status || !kib)
		errx(1, "/proc/self/status has no RssAnon");
	fclose(status);
	return kib;
}

static void record_make(const struct khmap_schema *schema, uint64_t number, unsigned char *key,
			unsigned char *value)
{
	const struct khmap_type *type = khmap_schema_value(schema);

	memcpy(key, &number, sizeof(number));
	memset(value, 0, type->size);
	snprintf((char *)value, 16, "host%u", (unsigned int)number);
	for (unsigned int i = type->fields[1].offset; i < type->size - 6; i++)
		value[i] = (unsigned char)(number >> i % 8);
	random_record(&number, type->fields[3].type, value + type->fields[3].offset);
}

/* The child: what it says is its exit status, 0 if its memory did not grow. */
static int records_write(int fd, const struct khmap_schema *schema,
			 const struct record_options *options, unsigned int count)
{
	unsigned char key[8], value[KHMAP_RECORD_MAX];
	FILE *out = fdopen(fd, "w");
	struct record_sink *sink;
	unsigned long before = 0;

	if (!out || record_sink_open(out, schema, options, &sink))
		return 2;
	for (unsigned int i = 0; i < count; i++) {
		record_make(schema, i, key, value);
		if (record_put(sink, key, value))
			return 2;
		if (i == FEW)
			before = memory_now();
	}
	return memory_now() > before + SLACK_KIB || record_sink_close(sink);
}

static void test_format(enum record_format format, const char *name, unsigned int records)
{
	const struct record_options options = { .format = format };
	unsigned char key[8], value[KHMAP_RECORD_MAX], want_key[8], want[KHMAP_RECORD_MAX];
	struct khmap_schema *schema = schema_of(schema_text);
	unsigned long before = 0, after;
	struct record_source *source;
	uint64_t count = 0, same = 0;
	int ends[2], status;
	pid_t child;

	fflush(stdout);
	if (pipe(ends))
		err(1, "pipe");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child) {
		close(ends[0]);
		_exit(records_write(ends[1], schema, &options, records));
	}
	close(ends[1]);
	if (record_source_open(ends[0], "pipe", schema, &options, &source))
		errx(1, "%s", khmap_reason());
	while (record_next(source, key, value) > 0) {
		record_make(schema, count, want_key, want);
		same += !memcmp(key, want_key, sizeof(key)) &&
			!memcmp(value, want, khmap_schema_value_size(schema));
		if (count++ == FEW)
			before = memory_now();
	}
	after = memory_now();
	is_u64(same, records, "%s: %u records", name, records);
	ok(before && after <= before + SLACK_KIB, "%s: reading takes no more memory", name);
	diag("%lu KiB after %u, %lu KiB after %u", before, FEW, after, records);
	waitpid(child, &status, 0);
	is_i64(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0, "%s: nor does writing", name);
	record_source_close(source);
	close(ends[0]);
	khmap_schema_free(schema);
}

int main(void)
{
	test_format(RECORD_CSV, "CSV", SOME);
	test_format(RECORD_JSON, "JSON", SOME);
	test_format(RECORD_NDJSON, "NDJSON", MANY);
	test_format(RECORD_MSGPACK, "MessagePack", MANY);
	test_format(RECORD_RAW, "raw", SOME);
	return done();
}
