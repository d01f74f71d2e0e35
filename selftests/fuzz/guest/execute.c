// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * execute.c - a call is made
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "execute.h"
#include "place.h"
#include "slots.h"

#define STRUCT_MAX	512
#define TAIL_MAX	4200	/* behind a struct whose size is said to be larger */

static void store(void *raw, const struct fuzz_field *field, uint64_t value)
{
	/* Little-endian hosts: the low bytes are the first ones. */
	memcpy((char *)raw + field->offset, &value, field->width);
}

static uint64_t right_value(struct fuzz_thread *thread, const struct fuzz_field *field,
			    uint64_t value, const struct fuzz_slot *slot, uint32_t name_length)
{
	size_t *used;

	switch (field->kind) {
	case FIELD_KEY_SIZE:
		return slot->key_size;
	case FIELD_VALUE_SIZE:
		return slot->value_size;
	case FIELD_NAME_LENGTH:
		return name_length;
	case FIELD_FD:
		return (uint32_t)fuzz_slot_like(thread->worker, value % FUZZ_FDS, slot)->fd;
	default:
		/* Of an image. */
		fuzz_memory_image(thread->memory, &used);
		return *used;
	}
}

/* What an operation does not use must be zero. */
static void settle_op(struct khmap_op *op)
{
	if (op->opcode != KHMAP_OP_PUT)
		op->flags = 0;
	if (op->opcode == KHMAP_OP_DELETE || op->opcode == KHMAP_OP_FETCH_ADD)
		op->value = 0;
	if (op->opcode == KHMAP_OP_CAS)
		op->operand = op->value;
	else if (op->opcode != KHMAP_OP_CAS_VERSION && op->opcode != KHMAP_OP_FETCH_ADD)
		op->operand = 0;
	if (op->opcode != KHMAP_OP_FETCH_ADD)
		op->offset = 0;
}

static void settle_arrays(struct khmap_ioc_batch *batch)
{
	struct khmap_op op = {
		.opcode = batch->opcode,
		.flags = batch->op_flags,
		.value = batch->values,
		.operand = batch->operands,
		.offset = batch->offset,
	};

	settle_op(&op);
	batch->op_flags = op.flags;
	batch->values = op.value;
	batch->operands = op.operand;
	batch->offset = op.offset;
	if (!op.value)
		batch->value_stride = 0;
	if (!op.operand)
		batch->operand_stride = 0;
	if (op.opcode != KHMAP_OP_GET && op.opcode != KHMAP_OP_FETCH_ADD)
		batch->results = 0;
}

/* What comes with a flag, or without it. */
static void settle_flags(uint32_t command, void *raw)
{
	struct khmap_ioc_snapshot *snapshot = raw;
	struct khmap_ioc_rollback *rollback = raw;
	struct khmap_ioc_canary *canary = raw;
	struct khmap_ioc_choose *choose = raw;

	switch (command) {
	case KHMAP_IOC_SNAPSHOT:
		if (!(snapshot->flags & KHMAP_SNAPSHOT_BEST_EFFORT))
			snapshot->pool_pages = 0;
		break;
	case KHMAP_IOC_ROLLBACK:
		if (rollback->flags & KHMAP_ROLLBACK_TO)
			rollback->steps = 0;
		else
			rollback->to = 0;
		break;
	case KHMAP_IOC_CANARY:
		canary->flags |= KHMAP_CANARY_MAP;
		if (canary->flags & KHMAP_CANARY_END)
			canary->flags = KHMAP_CANARY_END;
		if (!(canary->flags & KHMAP_CANARY_SHARE))
			canary->share = 0;
		if (!(canary->flags & KHMAP_CANARY_IDS)) {
			canary->ids = 0;
			canary->id_count = 0;
		}
		break;
	case KHMAP_IOC_CHOOSE:
		if (!(choose->flags & KHMAP_CHOOSE_ID))
			choose->id = 0;
		break;
	default:
		break;
	}
}

/* One in 16 stays as it came. */
static void settle(const struct fuzz_op *op, const struct fuzz_call *call, void *raw)
{
	bool keep = !(call->at & 15);

	if (!strcmp(op->name, "arrays")) {
		((struct khmap_ioc_batch *)raw)->flags |= KHMAP_BATCH_ARRAYS;
		if (!keep)
			settle_arrays(raw);
	}
	if (op->command == KHMAP_URING_OP && !keep)
		settle_op(raw);
	if (!keep)
		settle_flags(op->command, raw);
}

/*
 * The struct of a call, with what it points to.  Returns how many bytes @size covers.  Fields
 * without a width are arguments of their own.
 */
size_t fuzz_fill_struct(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call, const struct fuzz_slot *slot, void *raw)
{
	struct fuzz_filling filling = {
		.count = 1,
		.key_size = slot->key_size,
		.value_size = slot->value_size,
	};
	size_t size = op->size;
	uint32_t i;

	memset(raw, 0, op->size);
	for (i = 0; i < op->count; i++)
		if (op->fields[i].kind == FIELD_COUNT)
			filling.count = (uint32_t)call->field[i];
	for (i = 0; i < op->count; i++) {
		const struct fuzz_field *field = &op->fields[i];
		uint64_t value = call->field[i];

		if (!field->width)
			continue;
		if (field->kind == FIELD_POINTER) {
			filling.content = field->content;
			value = (uintptr_t)fuzz_place_fill(thread, value, &filling);
		}
		store(raw, field, value);
	}
	/* Now it is known how long a name is. */
	for (i = 0; i < op->count; i++) {
		const struct fuzz_field *field = &op->fields[i];

		if (field->width && field->kind != FIELD_POINTER && call->field[i] & FUZZ_RIGHT)
			store(raw, field, right_value(thread, field, call->field[i], slot,
						      filling.name_length));
		if (field->kind == FIELD_SIZE)
			size = (uint32_t)call->field[i];
	}
	settle(op, call, raw);
	return size;
}

/* The map that has been made. */
static bool is_named(const struct fuzz_op *op, const void *raw)
{
	switch (op->command) {
	case KHMAP_IOC_CREATE:
		return ((const struct khmap_ioc_create *)raw)->name_length;
	case KHMAP_IOC_RESTORE:
		return ((const struct khmap_ioc_restore *)raw)->name_length;
	default:
		return op->command == KHMAP_IOC_CHOOSE;
	}
}

/* The name of @slot's map now means that of a descriptor. */
static void name_moved(struct fuzz_worker *worker, struct fuzz_slot *slot, int fd)
{
	uint32_t i;

	slot->named = false;
	for (i = 0; i < FUZZ_FDS; i++)
		if (worker->slots[i].fd == fd)
			worker->slots[i].named = true;
}

long fuzz_execute_ioctl(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call)
{
	struct fuzz_slot *slot = fuzz_slot_of(thread->worker, call->on, (enum fuzz_kind)op->on);
	char raw[STRUCT_MAX + TAIL_MAX];
	size_t size = fuzz_fill_struct(thread, op, call, slot, raw);
	long result;
	int fd = -1;
	void *at;

	if (size > (size_t)op->size + TAIL_MAX)
		size = op->size;
	/* Zero behind it is what a newer program has there, anything else is an error. */
	if (size > op->size)
		memset(raw + op->size, (uint32_t)call->at % 4 ? 0 : 0x5a, size - op->size);
	else
		size = op->size;
	at = fuzz_place_find(thread, call->at, size);
	if (fuzz_place_of(call->at) < PLACE_VIEW)
		fuzz_copy(thread, at, raw, size);
	result = syscall(SYS_ioctl, slot->fd, op->command, at);
	if (result < 0)
		return -errno;
	if (op->command == KHMAP_IOC_PUBLISH &&
	    fuzz_copy(thread, &fd, (char *)at + offsetof(struct khmap_ioc_publish, fd), sizeof(fd)))
		name_moved(thread->worker, slot, fd);
	fd = -1;
	if (op->out_fd && fuzz_copy(thread, &fd, (char *)at + op->out_fd, sizeof(fd)) &&
	    fd >= thread->worker->first_fd)
		fuzz_slot_put(thread->worker, call->at, fd)->named = is_named(op, raw);
	return result;
}

long fuzz_call_run(struct fuzz_thread *thread, const struct fuzz_call *call)
{
	const struct fuzz_op *op = &fuzz_ops[call->op % fuzz_op_count];
	long result;

	fuzz_memory_reset(thread->memory);
	fuzz_shared->worker[thread->worker->number].op = call->op;
	result = op->execute(thread, op, call);
	fuzz_shared->calls++;
	fuzz_shared->worker[thread->worker->number].beat++;
	fuzz_shared->tried[call->op]++;
	if (result >= 0)
		fuzz_shared->done[call->op]++;
	else if (result > -FUZZ_ERRNOS)
		fuzz_shared->refused[call->op][-result]++;
	return result;
}
