// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * oracle.c - a plugin of QEMU that watches the loads and stores of a guest
 *
 * Sees every access of the guest's processors to the pages that the guest names
 * (doorbell.h), by physical address, and models their cache lines (model.h):
 * once rightly, and once with each known mistake.
 *
 *	-plugin oracle.so,out=FILE
 *
 * For each case one line of JSON goes to FILE:
 *
 *	{"case": NAME, "models": {"right": LINES, "owner": LINES, ...}}
 *
 * and for each line of the guest's that cannot be, {"complaint": TEXT}.
 *
 * The callbacks run on the processors' threads, after the access.  A lock puts
 * them in an order, which is that of the accesses only where the guest's threads
 * wait for each other.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "doorbell.h"
#include "model.h"
#include "qemu_plugin.h"

#define NAME_SIZE 64

struct listener {
	char line[DOORBELL_LINE_SIZE];
	unsigned int length;
	bool awaits_load;
	uint64_t awaited;
	char label[NAME_SIZE];
};

struct watched {
	uint64_t frame;
	char label[NAME_SIZE];
};

static struct oracle {
	pthread_mutex_t lock;
	FILE *out;
	atomic_bool going;
	atomic_uint awaiting;
	char name[NAME_SIZE];
	struct rules rules;
	unsigned int pages;
	struct watched watched[PAGES_MAX];
	struct listener listeners[CPUS_MAX];
	struct model models[MISTAKES];
} oracle = { .lock = PTHREAD_MUTEX_INITIALIZER };

int qemu_plugin_version = 1;

/* QEMU since 8.2 takes plugins of version 2 or newer only; it reads this after loading. */
static __attribute__((constructor)) void version_choose(void)
{
	if (dlsym(RTLD_DEFAULT, "qemu_plugin_num_vcpus"))
		qemu_plugin_version = 2;
}

/* @about may hold anything. */
static void complain(const char *what, const char *about)
{
	fprintf(oracle.out, "{\"complaint\":\"%s: ", what);
	for (; *about; about++)
		putc(isalnum((unsigned char)*about) || strchr(" _/()", *about) ? *about : '?',
		     oracle.out);
	fputs("\"}\n", oracle.out);
	fflush(oracle.out);
}

static bool name_take(char *name, const char *from)
{
	size_t i, length = strlen(from);

	if (!length || length >= NAME_SIZE)
		return false;
	for (i = 0; i < length; i++)
		if (!isalnum((unsigned char)from[i]) && !strchr("_/", from[i]))
			return false;
	memcpy(name, from, length + 1);
	return true;
}

static bool say_case(struct listener *listener, char *rest)
{
	atomic_store(&oracle.going, false);
	oracle.pages = 0;
	oracle.rules = (struct rules){ .every = 1 };
	return name_take(oracle.name, rest);
}

static bool say_loads(struct listener *listener, char *rest)
{
	oracle.rules.loads = true;
	return !*rest;
}

static bool say_operations(struct listener *listener, char *rest)
{
	oracle.rules.operations = true;
	return !*rest;
}

static bool say_every(struct listener *listener, char *rest)
{
	char *end;

	oracle.rules.every = (unsigned int)strtoul(rest, &end, 10);
	return oracle.rules.every && !*end;
}

static bool say_page(struct listener *listener, char *rest)
{
	char *end;

	if (listener->awaits_load || oracle.pages == PAGES_MAX)
		return false;
	listener->awaited = strtoull(rest, &end, 16);
	if (end == rest || *end != ' ' || !name_take(listener->label, end + 1))
		return false;
	listener->awaits_load = true;
	atomic_fetch_add(&oracle.awaiting, 1);
	return true;
}

static bool say_go(struct listener *listener, char *rest)
{
	int i;

	if (*rest || !oracle.pages)
		return false;
	for (i = 0; i < MISTAKES; i++)
		model_reset(&oracle.models[i], (enum mistake)i, &oracle.rules);
	atomic_store(&oracle.going, true);
	return true;
}

static bool say_end(struct listener *listener, char *rest)
{
	const char *labels[PAGES_MAX] = { NULL };
	unsigned int i;

	if (*rest || !atomic_exchange(&oracle.going, false))
		return false;
	for (i = 0; i < oracle.pages; i++)
		labels[i] = oracle.watched[i].label;
	fprintf(oracle.out, "{\"case\":\"%s\",\"models\":{", oracle.name);
	for (i = 0; i < MISTAKES; i++) {
		fprintf(oracle.out, "%s\"%s\":", i ? "," : "", mistake_name[i]);
		model_print(&oracle.models[i], labels, oracle.out);
	}
	fputs("}}\n", oracle.out);
	return !fflush(oracle.out);
}

static bool listen_line(struct listener *listener)
{
	static const struct {
		const char *word;
		bool (*say)(struct listener *listener, char *rest);
	} words[] = {
		{ "case", say_case },
		{ "loads", say_loads },
		{ "operations", say_operations },
		{ "every", say_every },
		{ "page", say_page },
		{ "go", say_go },
		{ "end", say_end },
	};
	char copy[DOORBELL_LINE_SIZE], *rest;
	size_t i;

	strcpy(copy, listener->line);
	rest = copy + strcspn(copy, " ");
	if (*rest)
		*rest++ = '\0';
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(copy, words[i].word))
			return words[i].say(listener, rest);
	return false;
}

static void listen_operation(unsigned int cpu, char character)
{
	int i;

	if (!atomic_load(&oracle.going))
		return;
	for (i = 0; i < MISTAKES; i++) {
		if (character == '(')
			model_begin(&oracle.models[i], cpu);
		else
			model_end(&oracle.models[i], cpu);
	}
}

static void listen(unsigned int cpu, char character)
{
	struct listener *listener = &oracle.listeners[cpu];

	if (!listener->length && (character == '(' || character == ')')) {
		listen_operation(cpu, character);
	} else if (character == '\n') {
		listener->line[listener->length] = '\0';
		if (!listen_line(listener))
			complain("this cannot be, here", listener->line);
		listener->length = 0;
	} else if (listener->length < DOORBELL_LINE_SIZE - 1) {
		listener->line[listener->length++] = character;
	}
}

static bool frame_of(uint32_t access, uint64_t address, uint64_t *frame)
{
	struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(access, address);

	if (!place || qemu_plugin_hwaddr_is_io(place))
		return false;
	*frame = qemu_plugin_hwaddr_phys_addr(place) / PAGE_SIZE;
	return true;
}

/* The load by which the guest shows which page it means. */
static void page_name(struct listener *listener, uint32_t access, uint64_t address)
{
	struct watched *watched = &oracle.watched[oracle.pages];

	if (!listener->awaits_load || address != listener->awaited ||
	    qemu_plugin_mem_is_store(access))
		return;
	listener->awaits_load = false;
	atomic_fetch_sub(&oracle.awaiting, 1);
	if (oracle.pages == PAGES_MAX || !frame_of(access, address, &watched->frame)) {
		complain("no such page", listener->label);
		return;
	}
	strcpy(watched->label, listener->label);
	oracle.pages++;
}

/* A part of an access that stays in one page. The pages do not change while a case goes. */
static void page_access(unsigned int cpu, uint32_t access, uint64_t address, unsigned int size)
{
	struct access part = {
		.offset = address % PAGE_SIZE,
		.size = size,
		.store = qemu_plugin_mem_is_store(access),
	};
	uint64_t frame;
	int i;

	if (!frame_of(access, address, &frame))
		return;
	while (oracle.watched[part.page].frame != frame)
		if (++part.page == oracle.pages)
			return;
	pthread_mutex_lock(&oracle.lock);
	for (i = 0; i < MISTAKES; i++)
		model_access(&oracle.models[i], cpu, &part);
	pthread_mutex_unlock(&oracle.lock);
}

static void model_accessed(unsigned int cpu, uint32_t access, uint64_t address)
{
	unsigned int size = 1u << qemu_plugin_mem_size_shift(access);
	unsigned int first = PAGE_SIZE - address % PAGE_SIZE;

	if (first > size)
		first = size;
	page_access(cpu, access, address, first);
	if (first < size)
		page_access(cpu, access, address + first, size - first);
}

static void accessed(unsigned int cpu, uint32_t access, uint64_t address, void *context)
{
	if (cpu >= CPUS_MAX)
		return;
	if (address - DOORBELL_ADDRESS < DOORBELL_SIZE) {
		if (!qemu_plugin_mem_is_store(access))
			return;
		pthread_mutex_lock(&oracle.lock);
		listen(cpu, (char)(address - DOORBELL_ADDRESS));
		pthread_mutex_unlock(&oracle.lock);
	} else if (atomic_load_explicit(&oracle.going, memory_order_acquire)) {
		model_accessed(cpu, access, address);
	} else if (atomic_load_explicit(&oracle.awaiting, memory_order_relaxed)) {
		pthread_mutex_lock(&oracle.lock);
		page_name(&oracle.listeners[cpu], access, address);
		pthread_mutex_unlock(&oracle.lock);
	}
}

static void translated(uint64_t plugin, struct qemu_plugin_tb *block)
{
	size_t i, count = qemu_plugin_tb_n_insns(block);

	for (i = 0; i < count; i++)
		qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), accessed,
						 QEMU_PLUGIN_REGISTERS_NONE,
						 QEMU_PLUGIN_LOADS_AND_STORES, NULL);
}

int qemu_plugin_install(uint64_t plugin, const struct qemu_plugin_host *host, int argc,
			char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "oracle: there is one option, out=FILE\n");
		return -1;
	}
	if (!host->system_emulation || host->system.max_vcpus > CPUS_MAX) {
		fprintf(stderr, "oracle: it needs a whole machine of %d processors at most\n",
			CPUS_MAX);
		return -1;
	}
	oracle.out = fopen(argv[0] + 4, "w");
	if (!oracle.out) {
		perror(argv[0] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(plugin, translated);
	return 0;
}
