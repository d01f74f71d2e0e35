// SPDX-License-Identifier: GPL-2.0-only
/*
 * batch.c - many operations, to and from user space
 */
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "batch.h"
#include "ioctl.h"
#include "map.h"
#include "operation.h"

/**
 * struct khmap_columns - keys, values or operands of a batch in an array
 * @address: of the first one
 * @stride: bytes from one to the next
 * @size: bytes of one
 */
struct khmap_columns {
	u64 address;
	u32 stride;
	u32 size;
};

/**
 * struct khmap_batch - a batch on its way
 * @arg: what was asked for, and how far it is
 * @run: the operations that are being carried out
 * @keys: with ARRAYS
 * @values: with ARRAYS
 * @operands: with ARRAYS
 * @untold: why what became of the last run could not be told, or 0
 */
struct khmap_batch {
	struct khmap_ioc_batch *arg;
	struct khmap_run *run;
	struct khmap_columns keys;
	struct khmap_columns values;
	struct khmap_columns operands;
	int untold;
};

static bool khmap_columns_dense(const struct khmap_columns *columns)
{
	return columns->stride == columns->size;
}

static u64 khmap_columns_at(const struct khmap_columns *columns, u32 index)
{
	return columns->address + (u64)index * columns->stride;
}

/* Copy those of a run in; where that fails, the operation's status says so. */
static void khmap_columns_fetch(const struct khmap_columns *columns, u32 first,
				struct khmap_run *run, u32 count, u8 *to)
{
	u32 i;

	if (khmap_columns_dense(columns) &&
	    !khmap_copy_in(to, khmap_columns_at(columns, first),
			   (size_t)count * columns->size))
		return;
	for (i = 0; i < count; i++, to += columns->size)
		if (khmap_copy_in(to, khmap_columns_at(columns, first + i),
				  columns->size))
			run->ops[i].status = -EFAULT;
}

/* Before anything is done: can the values be written? */
static void khmap_columns_probe(const struct khmap_columns *columns, u32 first,
				struct khmap_run *run, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (khmap_probe_out(khmap_columns_at(columns, first + i),
				    columns->size))
			run->ops[i].status = -EFAULT;
}

/* Copy the values of operations that succeeded out, neighbours at once. */
static void khmap_columns_deliver(const struct khmap_columns *columns,
				  u32 first, struct khmap_run *run, u32 count,
				  const u8 *from)
{
	bool dense = khmap_columns_dense(columns);
	u32 i = 0, end, size = columns->size;

	while (i < count) {
		if (run->ops[i].status) {
			i++;
			continue;
		}
		end = i + 1;
		while (dense && end < count && !run->ops[end].status)
			end++;
		if (khmap_copy_out(khmap_columns_at(columns, first + i),
				   from + (size_t)i * size,
				   (size_t)(end - i) * size)) {
			/* Which of them?  One by one tells. */
			dense = false;
			if (end == i + 1) {
				run->ops[i].status = -EFAULT;
				run->ops[i++].result = 0;
			}
			continue;
		}
		i = end;
	}
}

/* One more than the last byte must be an address too. */
static bool khmap_columns_init(struct khmap_columns *columns, u64 address,
			       u32 stride, u32 size, u32 count)
{
	u64 end;

	columns->address = address;
	columns->stride = stride ?: size;
	columns->size = size;
	return columns->stride >= size && columns->stride <= KHMAP_STRIDE_MAX &&
	       !check_add_overflow(address, (u64)count * columns->stride, &end);
}

/* The statuses of a run, where the caller wants them. */
static int khmap_statuses_write(u64 statuses, u32 first,
				const struct khmap_run *run, u32 count)
{
	s32 copy[KHMAP_RUN_MAX];
	u32 i;

	if (!statuses)
		return 0;
	for (i = 0; i < count; i++)
		copy[i] = run->ops[i].status;
	return khmap_copy_out(statuses + (u64)first * sizeof(s32), copy,
			      count * sizeof(s32));
}

/* The results of a run with ARRAYS, where the caller wants them. */
static int khmap_numbers_write(u64 results, u32 first,
			       const struct khmap_run *run, u32 count)
{
	u64 copy[KHMAP_RUN_MAX];
	u32 i;

	if (!results)
		return 0;
	for (i = 0; i < count; i++)
		copy[i] = run->ops[i].result;
	return khmap_copy_out(results + (u64)first * sizeof(u64), copy,
			      count * sizeof(u64));
}

static int khmap_answers_write(const struct khmap_ioc_batch *arg, u32 first,
			       const struct khmap_run *run, u32 count)
{
	int err = khmap_statuses_write(arg->statuses, first, run, count);

	return khmap_numbers_write(arg->results, first, run, count) ?: err;
}

/* Before anything is done: can it be told what became of it? */
static int khmap_answers_probe(const struct khmap_ioc_batch *arg, u32 first,
			       u32 count)
{
	int err = 0;

	if (arg->statuses)
		err = khmap_probe_out(arg->statuses + (u64)first * sizeof(s32),
				      count * sizeof(s32));
	if (!err && arg->results)
		err = khmap_probe_out(arg->results + (u64)first * sizeof(u64),
				      count * sizeof(u64));
	return err;
}

/* Operands of a run that are numbers. */
static void khmap_operands_fetch(const struct khmap_columns *columns, u32 first,
				 struct khmap_run *run, u32 count)
{
	u64 copy[KHMAP_RUN_MAX];
	u32 i;

	khmap_columns_fetch(columns, first, run, count, (u8 *)copy);
	for (i = 0; i < count; i++)
		if (!run->ops[i].status)
			run->ops[i].operand = copy[i];
}

/* Returns the operations that are done, or why none could be tried. */
static int khmap_arrays_run(struct khmap_batch *batch, u32 first, u32 count)
{
	const struct khmap_ioc_batch *arg = batch->arg;
	struct khmap_run *run = batch->run;
	int done, err;
	u32 i;

	for (i = 0; i < count; i++) {
		run->ops[i] = (struct khmap_op){
			.opcode = arg->opcode,
			.flags = arg->op_flags,
			.offset = arg->offset,
		};
	}
	/* Nothing is done for one who cannot be told what became of it. */
	err = khmap_answers_probe(arg, first, count);
	if (err)
		return err;
	khmap_columns_fetch(&batch->keys, first, run, count, run->keys);
	if (khmap_op_reads_value(run->ops))
		khmap_columns_fetch(&batch->values, first, run, count,
				    run->values);
	if (khmap_op_reads_expected(run->ops))
		khmap_columns_fetch(&batch->operands, first, run, count,
				    run->expected);
	if (khmap_op_reads_operand(run->ops))
		khmap_operands_fetch(&batch->operands, first, run, count);
	if (khmap_run_probes(run, run->ops))
		khmap_columns_probe(&batch->values, first, run, count);
	done = khmap_run_execute(run, count);
	if (done < 0)
		return done;
	if (khmap_op_writes_value(run->ops))
		khmap_columns_deliver(&batch->values, first, run, done,
				      run->values);
	batch->untold = khmap_answers_write(arg, first, run, done);
	return done;
}

/* The results of operations, where it was found that there is a place for them. */
static int khmap_results_write(u64 ops, u32 stride,
			       const struct khmap_run *run, u32 count)
{
	struct khmap_op __user *to = u64_to_user_ptr(ops);
	size_t size = (size_t)count * stride;
	u32 i;

	if (!user_write_access_begin(to, size))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		unsafe_put_user(run->ops[i].status, &to->status, fault);
		unsafe_put_user(run->ops[i].result, &to->result, fault);
		to = (void __user *)to + stride;
	}
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* What an operation says about itself, each field read once. */
static int khmap_op_copy(struct khmap_op *op, u64 address, u32 size)
{
	int err = copy_struct_from_user(op, sizeof(*op),
					u64_to_user_ptr(address), size);

	op->result = 0;
	op->status = err == -E2BIG ? err : 0;
	return err == -E2BIG ? 0 : err;
}

static int khmap_ops_copy(struct khmap_run *run, u64 address, u32 stride,
			  u32 count)
{
	u32 i;
	int err;

	if (stride == sizeof(*run->ops)) {
		err = khmap_copy_in(run->ops, address,
				    count * sizeof(*run->ops));
		for (i = 0; !err && i < count; i++)
			run->ops[i].status = 0;
		return err;
	}
	for (i = 0; i < count; i++) {
		err = khmap_op_copy(&run->ops[i], address + (u64)i * stride,
				    stride);
		if (err)
			return err;
	}
	return 0;
}

/* As khmap_arrays_run(). */
static int khmap_ops_run(struct khmap_batch *batch, u32 first, u32 count)
{
	u32 stride = batch->arg->op_size;
	u64 address = batch->arg->ops + (u64)first * stride;
	struct khmap_run *run = batch->run;
	int done, err;

	err = khmap_ops_copy(run, address, stride, count);
	if (err)
		return err;
	/* Nothing is done for one who cannot be told what became of it. */
	err = khmap_probe_out(address, (size_t)count * stride);
	if (err)
		return err;
	khmap_run_fetch(run, count);
	done = khmap_run_execute(run, count);
	if (done < 0)
		return done;
	khmap_run_deliver(run, done);
	batch->untold = khmap_results_write(address, stride, run, done);
	return done;
}

static int khmap_batch_check_arrays(struct khmap_batch *batch)
{
	const struct khmap_geometry *g = &batch->run->map->table->geometry;
	const struct khmap_ioc_batch *arg = batch->arg;
	const struct khmap_op op = {
		.opcode = arg->opcode,
		.flags = arg->op_flags,
		.value = arg->values,
		.operand = arg->operands,
		.offset = arg->offset,
	};
	struct khmap_columns statuses, results;
	bool value, expected, operand;
	int err;

	if (arg->ops || arg->op_size)
		return -EINVAL;
	err = khmap_op_check(batch->run, &op);
	if (err)
		return err;
	value = khmap_op_reads_value(&op) || khmap_op_writes_value(&op);
	expected = khmap_op_reads_expected(&op);
	operand = expected || khmap_op_reads_operand(&op);
	if ((arg->value_stride && !value) ||
	    (arg->operand_stride && !operand) ||
	    (arg->results && !khmap_op_has_result(&op)))
		return -EINVAL;
	if (!khmap_columns_init(&batch->keys, arg->keys, arg->key_stride,
				g->key_size, arg->count) ||
	    !khmap_columns_init(&batch->values, arg->values, arg->value_stride,
				g->value_size, arg->count) ||
	    !khmap_columns_init(&batch->operands, arg->operands,
				arg->operand_stride,
				expected ? g->value_size : sizeof(u64),
				arg->count) ||
	    !khmap_columns_init(&statuses, arg->statuses, 0, sizeof(s32),
				arg->count) ||
	    !khmap_columns_init(&results, arg->results, 0, sizeof(u64),
				arg->count))
		return -EINVAL;
	return 0;
}

static int khmap_batch_check_ops(struct khmap_batch *batch)
{
	const struct khmap_ioc_batch *arg = batch->arg;
	struct khmap_columns ops;

	if (arg->opcode || arg->op_flags || arg->keys || arg->values ||
	    arg->statuses || arg->key_stride || arg->value_stride ||
	    arg->operands || arg->results || arg->operand_stride || arg->offset)
		return -EINVAL;
	if (arg->op_size < sizeof(struct khmap_op) || arg->op_size % 8 ||
	    arg->op_size > KHMAP_OP_SIZE_MAX)
		return -EINVAL;
	if (arg->ops % 8)
		return -EINVAL;
	if (!khmap_columns_init(&ops, arg->ops, arg->op_size,
				sizeof(struct khmap_op), arg->count) ||
	    (unsigned long)arg->ops != arg->ops)
		return -EFAULT;
	return 0;
}

static void khmap_batch_count(struct khmap_batch *batch, u32 count)
{
	u32 i;

	batch->arg->done += count;
	for (i = 0; i < count; i++)
		batch->arg->failed += !!batch->run->ops[i].status;
}

/*
 * The first run is tried whatever signals there are, so that one who is
 * interrupted again and again gets on.  Notes that io_uring leaves for a task
 * are no signals.
 */
static bool khmap_batch_stopped(const struct khmap_batch *batch)
{
	return fatal_signal_pending(current) ||
	       (batch->arg->done && task_sigpending(current));
}

static int khmap_batch_loop(struct khmap_batch *batch)
{
	struct khmap_ioc_batch *arg = batch->arg;
	struct khmap_run *run = batch->run;
	int done = 0;

	while (arg->done < arg->count && !(run->stop && arg->failed)) {
		u32 count = min(arg->count - arg->done, run->room);

		if (khmap_batch_stopped(batch))
			done = -EINTR;
		else if (arg->flags & KHMAP_BATCH_ARRAYS)
			done = khmap_arrays_run(batch, arg->done, count);
		else
			done = khmap_ops_run(batch, arg->done, count);
		if (done < 0)
			break;
		khmap_batch_count(batch, done);
		/* Their place went away meanwhile; who asks again would do them twice. */
		if (batch->untold)
			return batch->untold;
		cond_resched();
	}
	return arg->done ?: done;
}

int khmap_batch_run(struct file *file, struct khmap_ioc_batch *arg)
{
	bool arrays = arg->flags & KHMAP_BATCH_ARRAYS;
	bool atomic = arg->flags & KHMAP_BATCH_ATOMIC;
	struct khmap_batch batch = { .arg = arg };
	int result;

	arg->done = 0;
	arg->failed = 0;
	if (!arg->count || arg->count > KHMAP_BATCH_MAX)
		return -EINVAL;
	if (atomic && arg->count > KHMAP_ATOMIC_MAX)
		return -E2BIG;
	batch.run = khmap_run_create(file->private_data, file->f_mode,
				     arg->count, arrays, atomic);
	if (!batch.run)
		return -ENOMEM;
	batch.run->stop = arg->flags & KHMAP_BATCH_STOP;
	result = arrays ? khmap_batch_check_arrays(&batch) :
			  khmap_batch_check_ops(&batch);
	if (!result)
		result = khmap_batch_loop(&batch);
	khmap_run_free(batch.run);
	return result;
}

int khmap_op_run(struct file *file, struct khmap_op *op)
{
	struct khmap_run *run;
	int done;

	run = khmap_run_create(file->private_data, file->f_mode, 1, false, false);
	if (!run)
		return -ENOMEM;
	run->ops[0] = *op;
	run->ops[0].status = 0;
	khmap_run_fetch(run, 1);
	done = khmap_run_execute(run, 1);
	if (done > 0) {
		khmap_run_deliver(run, 1);
		op->result = run->ops[0].result;
		done = run->ops[0].status;
	}
	khmap_run_free(run);
	return done;
}
