// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * generate.c - programs out of nothing, or out of others
 *
 * Most calls are good ones, so that they get deep into the module.  In the others each field has
 * its own one or few percent of bad values, so that a call rarely has more than one.
 */
#include <string.h>

#include "place.h"

#define MUTATIONS	5

static uint64_t any_number(struct rng *rng)
{
	uint64_t bit = 1ull << rng_below(rng, 64);

	switch (rng_below(rng, 5)) {
	case 0:
		return bit;
	case 1:
		return bit - 1;
	case 2:
		return -rng_below(rng, 5000);
	case 3:
		return rng_below(rng, 300);
	default:
		return rng_next(rng);
	}
}

static uint64_t any_size(struct rng *rng, uint64_t size)
{
	switch (rng_below(rng, 8)) {
	case 0:
		return any_number(rng);
	case 1:
		return size - 8;
	case 2:
		return size - 4;
	case 3:
		return size + 8;
	case 4:
		return 4096;
	case 5:
		return 4097;
	case 6:
		return rng_below(rng, 2 * size);
	default:
		return size + rng_below(rng, 200);
	}
}

static uint64_t any_pointer(struct rng *rng)
{
	enum fuzz_place place = PLACE_GOOD;

	if (rng_percent(rng, 12))
		place = (enum fuzz_place)rng_below(rng, FUZZ_PLACES);
	return fuzz_pointer(place, (uint16_t)rng_next(rng), (uint32_t)rng_next(rng));
}

static uint64_t any_count(struct rng *rng)
{
	static const uint64_t edges[] = {
		0, KHMAP_ATOMIC_MAX, KHMAP_ATOMIC_MAX + 1, KHMAP_BATCH_MAX, KHMAP_BATCH_MAX + 1,
		~0u, 1025, 1024,
	};

	if (rng_percent(rng, 4))
		return edges[rng_below(rng, 8)];
	if (rng_percent(rng, 8))
		return rng_below(rng, 3000);
	return 1 + rng_below(rng, 64);
}

static uint64_t any_flags(struct rng *rng, uint64_t mask)
{
	if (rng_percent(rng, 4))
		return mask ^ 1ull << rng_below(rng, 32);
	return rng_percent(rng, 40) ? 0 : rng_next(rng) & mask;
}

/* A value that is right, where there is one. */
static uint64_t good_value(struct rng *rng, const struct fuzz_op *op,
			   const struct fuzz_field *field)
{
	switch (field->kind) {
	case FIELD_PICK:
		return field->values[rng_below(rng, field->count)];
	case FIELD_FLAGS:
		return rng_percent(rng, 50) ? 0 : rng_next(rng) & field->mask;
	case FIELD_SIZE:
		return op->size;
	case FIELD_KEY_SIZE:
	case FIELD_VALUE_SIZE:
		return FUZZ_RIGHT;
	case FIELD_NAME_LENGTH:
		return rng_percent(rng, 60) ? 0 : FUZZ_RIGHT;
	case FIELD_FD:
		return FUZZ_RIGHT | rng_below(rng, FUZZ_FDS);
	case FIELD_COUNT:
		return 1 + rng_below(rng, rng_percent(rng, 10) ? 2000 : 64);
	case FIELD_POINTER:
		return fuzz_pointer(PLACE_GOOD, 0x100, (uint32_t)rng_next(rng));
	case FIELD_SLOT:
		return rng_below(rng, field->mask);
	default:
		return 0;
	}
}

static uint64_t any_value(struct rng *rng, const struct fuzz_op *op,
			  const struct fuzz_field *field)
{
	switch (field->kind) {
	case FIELD_PICK:
		return rng_percent(rng, 99) ? field->values[rng_below(rng, field->count)] :
					      any_number(rng);
	case FIELD_FLAGS:
		return any_flags(rng, field->mask);
	case FIELD_ZERO:
		return rng_percent(rng, 99) ? 0 : any_number(rng);
	case FIELD_SIZE:
		return rng_percent(rng, 93) ? op->size : any_size(rng, op->size);
	case FIELD_KEY_SIZE:
	case FIELD_VALUE_SIZE:
		return rng_percent(rng, 95) ? FUZZ_RIGHT : any_number(rng);
	case FIELD_NAME_LENGTH:
		if (rng_percent(rng, 50))
			return 0;
		return rng_percent(rng, 93) ? FUZZ_RIGHT : any_number(rng);
	case FIELD_FD:
		return rng_percent(rng, 93) ? FUZZ_RIGHT | rng_below(rng, FUZZ_FDS) :
					      any_number(rng);
	case FIELD_COUNT:
		return any_count(rng);
	case FIELD_POINTER:
		return any_pointer(rng);
	case FIELD_SLOT:
		return rng_below(rng, field->mask);
	case FIELD_OUT:
	default:
		return rng_percent(rng, 80) ? 0 : any_number(rng);
	}
}

void fuzz_generate_call(struct rng *rng, const struct fuzz_op *op, struct fuzz_call *call)
{
	bool good = rng_percent(rng, 65);
	uint32_t i;

	memset(call, 0, sizeof(*call));
	call->op = (uint16_t)(op - fuzz_ops);
	call->on = (uint16_t)rng_below(rng, FUZZ_FDS);
	if (good || rng_percent(rng, 95))
		call->on |= FUZZ_ON_RIGHT;
	call->at = good ? fuzz_pointer(PLACE_GOOD, 0x100, (uint32_t)rng_next(rng)) :
			  any_pointer(rng);
	for (i = 0; i < op->count; i++)
		call->field[i] = good ? good_value(rng, op, &op->fields[i]) :
					any_value(rng, op, &op->fields[i]);
}

static const struct fuzz_op *any_op(struct rng *rng)
{
	static uint64_t total;
	uint64_t left;
	uint32_t i;

	if (!total)
		for (i = 0; i < fuzz_op_count; i++)
			total += fuzz_ops[i].weight;
	left = rng_below(rng, total);
	for (i = 0; left >= fuzz_ops[i].weight; i++)
		left -= fuzz_ops[i].weight;
	return &fuzz_ops[i];
}

static void generate_named(struct rng *rng, struct fuzz_program *program, const char *name)
{
	fuzz_generate_call(rng, fuzz_op_named(name), &program->call[program->count++]);
}

void fuzz_generate(struct rng *rng, struct fuzz_program *program)
{
	uint32_t length = 8 + (uint32_t)rng_below(rng, FUZZ_CALLS - 8);

	program->count = 0;
	/* Without something to work on, nothing happens; some may get it from others alone. */
	generate_named(rng, program, "control");
	generate_named(rng, program, "create");
	generate_named(rng, program, rng_percent(rng, 50) ? "receive" : "open");
	generate_named(rng, program, "arrays");
	generate_named(rng, program, rng_percent(rng, 50) ? "create" : "snapshot");
	while (program->count < length)
		fuzz_generate_call(rng, any_op(rng), &program->call[program->count++]);
}

/*
 * The module comes and goes.  What would keep it is not for long: its maps have no names, and
 * nothing is passed on.
 */
void fuzz_generate_module(struct rng *rng, struct fuzz_program *program)
{
	static const char * const names[] = {
		"control", "control", "control", "create", "create", "put", "abi", "list", "stat",
		"sample", "mmap", "touch", "munmap", "limit", "close", "close", "close", "close",
		"rmmod", "rmmod", "rmmod", "rmmod", "insmod", "insmod", "insmod",
	};
	uint32_t length = 2 + (uint32_t)rng_below(rng, 12), i;

	program->count = 0;
	while (program->count < length) {
		uint64_t which = rng_below(rng, sizeof(names) / sizeof(names[0]));
		struct fuzz_call *call = &program->call[program->count];
		const struct fuzz_op *op = fuzz_op_named(names[which]);

		generate_named(rng, program, op->name);
		for (i = 0; i < op->count; i++)
			if (op->fields[i].kind == FIELD_NAME_LENGTH)
				call->field[i] = 0;
	}
}

static void field_set(struct fuzz_call *call, const char *name, uint64_t value)
{
	const struct fuzz_op *op = &fuzz_ops[call->op];
	uint32_t i;

	for (i = 0; i < op->count; i++)
		if (!strcmp(op->fields[i].name, name))
			call->field[i] = value;
}

/* A map that can be created, and take the place of any other of these. */
static void make_plain(struct fuzz_call *call)
{
	static const char * const zero[] = {
		"max_entries", "max_bytes", "load_percent", "schema_length", "name_length",
		"stripes", "layout", "uid",
	};
	size_t i;

	field_set(call, "key_size", 8);
	field_set(call, "value_size", 8);
	for (i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		field_set(call, zero[i], 0);
}

/*
 * A name gets new meanings, and old ones again: what takes several maps of one kind, of which the
 * right one is named, and so hardly comes about by chance.
 */
void fuzz_generate_versions(struct rng *rng, struct fuzz_program *program)
{
	static const char * const names[] = {
		"create", "create", "publish", "publish", "publish", "rollback", "rollback",
		"rollback", "canary", "choose", "versions", "arrays", "put", "snapshot", "mmap",
		"touch", "stat", "close",
	};
	uint32_t length = 8 + (uint32_t)rng_below(rng, FUZZ_CALLS - 8);

	program->count = 0;
	generate_named(rng, program, "control");
	while (program->count < length) {
		struct fuzz_call *call = &program->call[program->count];
		const char *name = names[rng_below(rng, sizeof(names) / sizeof(names[0]))];

		generate_named(rng, program, program->count < 4 ? "create" : name);
		if (!strcmp(fuzz_ops[call->op].name, "create"))
			make_plain(call);
		if (program->count == 2)
			field_set(call, "name_length", FUZZ_RIGHT);
		if (rng_percent(rng, 80)) {
			field_set(call, "keep", 2);
			field_set(call, "steps", 1);
		}
	}
}

static void insert(struct rng *rng, struct fuzz_program *program, const struct fuzz_call *call)
{
	uint32_t at;

	if (program->count == FUZZ_CALLS) {
		program->call[rng_below(rng, program->count)] = *call;
		return;
	}
	at = (uint32_t)rng_below(rng, program->count + 1);
	memmove(&program->call[at + 1], &program->call[at],
		(program->count - at) * sizeof(*call));
	program->call[at] = *call;
	program->count++;
}

static void remove_one(struct rng *rng, struct fuzz_program *program)
{
	uint32_t at = (uint32_t)rng_below(rng, program->count);

	if (program->count < 2)
		return;
	program->count--;
	memmove(&program->call[at], &program->call[at + 1],
		(program->count - at) * sizeof(program->call[0]));
}

static void change(struct rng *rng, struct fuzz_call *call)
{
	const struct fuzz_op *op = &fuzz_ops[call->op];
	uint32_t which = (uint32_t)rng_below(rng, op->count + 2);

	if (which < op->count)
		call->field[which] = any_value(rng, op, &op->fields[which]);
	else if (which == op->count)
		call->on = (uint16_t)(rng_below(rng, FUZZ_FDS) | (call->on & FUZZ_ON_RIGHT));
	else
		call->at = any_pointer(rng);
}

void fuzz_mutate(struct rng *rng, struct fuzz_program *program, const struct fuzz_program *other)
{
	uint64_t times = 1 + rng_below(rng, MUTATIONS);
	struct fuzz_call call;

	while (times--) {
		switch (rng_below(rng, 6)) {
		case 0:
			fuzz_generate_call(rng, any_op(rng), &call);
			insert(rng, program, &call);
			break;
		case 1:
			remove_one(rng, program);
			break;
		case 2:
			insert(rng, program, &other->call[rng_below(rng, other->count)]);
			break;
		case 3:
			call = program->call[rng_below(rng, program->count)];
			insert(rng, program, &call);
			break;
		default:
			change(rng, &program->call[rng_below(rng, program->count)]);
			break;
		}
	}
}
