// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * model.c - cache lines as seen from outside the machine
 */
#include <inttypes.h>
#include <string.h>
#include "model.h"

const char *const mistake_name[MISTAKES] = {
	[MISTAKE_NONE] = "right",
	[MISTAKE_OWNER] = "owner",
	[MISTAKE_OVERLAP] = "overlap",
	[MISTAKE_WIDTH] = "width",
	[MISTAKE_ACROSS] = "across",
	[MISTAKE_SAMPLE] = "sample",
	[MISTAKE_RELOAD] = "reload",
	[MISTAKE_RETURN] = "return",
};

void model_reset(struct model *model, enum mistake mistake, const struct rules *rules)
{
	int page, line;

	memset(model, 0, sizeof(*model));
	model->mistake = mistake;
	model->rules = *rules;
	for (page = 0; page < PAGES_MAX; page++)
		for (line = 0; line < PAGE_LINES; line++)
			model->lines[page][line].owner = -1;
}

static void share(const struct model *model, struct sharing *sharing, bool overlap)
{
	if (overlap || model->mistake == MISTAKE_OVERLAP)
		sharing->as_true++;
	else
		sharing->as_false++;
}

static bool touched(const struct line *at, unsigned int cpu)
{
	return at->cpus[cpu].stores || at->cpus[cpu].loads;
}

static void came(const struct model *model, struct line *at, bool before)
{
	if (before || model->mistake == MISTAKE_RETURN)
		at->returns++;
}

/* A processor stored these bytes, all at once. */
static void line_store(const struct model *model, struct line *at, unsigned int cpu, uint64_t bytes)
{
	if (at->owner != (int)cpu) {
		if (at->owner >= 0) {
			share(model, &at->cpus[cpu].store_transfers, at->owner_stored & bytes);
			came(model, at, touched(at, cpu));
		}
		at->owner = (int)cpu;
		if (model->mistake != MISTAKE_OWNER)
			at->owner_stored = 0;
	}
	at->owner_stored |= bytes;
	at->loaders = 0;
	at->cpus[cpu].stores++;
	at->cpus[cpu].stored |= bytes;
}

static void line_load(const struct model *model, struct line *at, unsigned int cpu, uint64_t bytes)
{
	uint32_t loader = 1u << cpu;
	bool before = touched(at, cpu);

	at->cpus[cpu].loads++;
	at->cpus[cpu].loaded |= bytes;
	if (at->owner < 0 || at->owner == (int)cpu)
		return;
	if (!(at->loaders & loader) || model->mistake == MISTAKE_RELOAD) {
		share(model, &at->cpus[cpu].load_transfers, at->owner_stored & bytes);
		came(model, at, before);
	}
	at->loaders |= loader;
}

static uint64_t bits(unsigned int first, unsigned int count)
{
	uint64_t all = count < 64 ? (1ull << count) - 1 : ~0ull;

	return all << first;
}

static void touch(struct model *model, unsigned int cpu, const struct access *access,
		  unsigned int line, uint64_t bytes)
{
	struct operation *operation = &model->operations[cpu];
	struct line *at = &model->lines[access->page][line];

	if (!model->rules.operations) {
		if (access->store)
			line_store(model, at, cpu, bytes);
		else
			line_load(model, at, cpu, bytes);
	} else if (operation->begun && operation->counts) {
		if (access->store)
			operation->stored[access->page][line] |= bytes;
		else
			operation->loaded[access->page][line] |= bytes;
	}
}

void model_access(struct model *model, unsigned int cpu, const struct access *access)
{
	unsigned int at = access->offset, end = at + access->size;

	if (!access->store && !model->rules.loads)
		return;
	if (model->mistake == MISTAKE_WIDTH)
		end = at + 1;
	while (at < end) {
		unsigned int first = at % LINE_SIZE, count = LINE_SIZE - first;

		if (count > end - at)
			count = end - at;
		touch(model, cpu, access, at / LINE_SIZE, bits(first, count));
		if (model->mistake == MISTAKE_ACROSS)
			break;
		at += count;
	}
}

void model_begin(struct model *model, unsigned int cpu)
{
	struct operation *operation = &model->operations[cpu];
	unsigned int every = model->mistake == MISTAKE_SAMPLE ? 1 : model->rules.every;

	operation->begun = true;
	operation->counts = operation->begun_count++ % every == 0;
}

/* What an operation loads, it loads before it stores. */
void model_end(struct model *model, unsigned int cpu)
{
	struct operation *operation = &model->operations[cpu];
	unsigned int page, line;

	for (page = 0; page < PAGES_MAX; page++) {
		for (line = 0; line < PAGE_LINES; line++) {
			struct line *at = &model->lines[page][line];

			if (operation->loaded[page][line])
				line_load(model, at, cpu, operation->loaded[page][line]);
			if (operation->stored[page][line])
				line_store(model, at, cpu, operation->stored[page][line]);
		}
	}
	memset(operation->loaded, 0, sizeof(operation->loaded));
	memset(operation->stored, 0, sizeof(operation->stored));
	operation->begun = false;
}

static void sharing_print(const char *name, const struct sharing *sharing, FILE *out)
{
	fprintf(out, ",\"%s\":{\"true\":%" PRIu64 ",\"false\":%" PRIu64 "}", name,
		sharing->as_true, sharing->as_false);
}

static void part_print(const char *count_name, uint64_t count, const char *bytes_name,
		       uint64_t bytes, FILE *out)
{
	fprintf(out, ",\"%s\":%" PRIu64 ",\"%s\":\"0x%016" PRIx64 "\"", count_name, count,
		bytes_name, bytes);
}

static void cpu_print(const struct line_cpu *part, unsigned int cpu, FILE *out)
{
	fprintf(out, "{\"cpu\":%u", cpu);
	part_print("stores", part->stores, "stored", part->stored, out);
	part_print("loads", part->loads, "loaded", part->loaded, out);
	sharing_print("store_transfers", &part->store_transfers, out);
	sharing_print("load_transfers", &part->load_transfers, out);
	putc('}', out);
}

/* False, and nothing is printed, if no processor touched the line. */
static bool line_print(const struct line *line, unsigned int number, const char *label,
		       const char *before, FILE *out)
{
	bool any = false;
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!touched(line, cpu))
			continue;
		if (any)
			putc(',', out);
		else
			fprintf(out, "%s{\"page\":\"%s\",\"line\":%u,\"returns\":%" PRIu64 ",\"cpus\":[",
				before, label, number, line->returns);
		any = true;
		cpu_print(&line->cpus[cpu], cpu, out);
	}
	if (any)
		fputs("]}", out);
	return any;
}

void model_print(const struct model *model, const char *const *labels, FILE *out)
{
	const char *before = "";
	unsigned int page, line;

	putc('[', out);
	for (page = 0; page < PAGES_MAX; page++)
		for (line = 0; line < PAGE_LINES; line++)
			if (line_print(&model->lines[page][line], line, labels[page], before, out))
				before = ",";
	putc(']', out);
}
