// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * ops.c - every operation, with the fields of its argument
 *
 * Each command and each field of include/uapi/linux/khmap.h that goes into the kernel is here;
 * fields that only come out are left zero.
 */
#include <string.h>

#include "execute.h"

#define LIST(...) (const uint64_t[]){ __VA_ARGS__ }, \
	.count = sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t)

#define MEMBER(type, member) .name = #member, .offset = offsetof(struct type, member), \
	.width = sizeof(((struct type *)0)->member)

#define PICK(type, member, ...) { MEMBER(type, member), .kind = FIELD_PICK, \
	.values = LIST(__VA_ARGS__) }
#define POINTER(type, member, what) { MEMBER(type, member), .kind = FIELD_POINTER, \
	.content = CONTENT_##what }
#define FIELD(type, member, what) { MEMBER(type, member), .kind = FIELD_##what }
#define FLAGS(type, bits) { MEMBER(type, flags), .kind = FIELD_FLAGS, .mask = (bits) }
#define HEAD(type, bits) FIELD(type, size, SIZE), FLAGS(type, bits)

/* An argument of a call that is no ioctl. */
#define ARGUMENT(text, ...) { .name = #text, .kind = FIELD_PICK, .values = LIST(__VA_ARGS__) }
#define SLOT(text, slots) { .name = #text, .kind = FIELD_SLOT, .mask = (slots) }
#define ADDRESS(text, what) { .name = #text, .kind = FIELD_POINTER, .content = CONTENT_##what }

static const struct fuzz_field abi_fields[] = { HEAD(khmap_ioc_abi, 0) };
static const struct fuzz_field destroy_fields[] = { HEAD(khmap_ioc_destroy, 0) };
static const struct fuzz_field clear_fields[] = { HEAD(khmap_ioc_clear, 0) };
static const struct fuzz_field stat_fields[] = { HEAD(khmap_ioc_stat, 0) };
static const struct fuzz_field compact_fields[] = { HEAD(khmap_ioc_compact, 0) };

static const struct fuzz_field create_fields[] = {
	HEAD(khmap_ioc_create, KHMAP_CREATE_FLAGS),
	PICK(khmap_ioc_create, key_size, 8, 8, 8, 8, 8, 8, 8, 8, 8, 4, 1, 3, 16, 24, 100,
	     1000),
	PICK(khmap_ioc_create, value_size, 8, 8, 8, 8, 8, 8, 8, 8, 8, 4, 1, 16, 48, 200,
	     2000),
	PICK(khmap_ioc_create, expected_entries, 1, 1, 1, 100, 10000, 1000000),
	PICK(khmap_ioc_create, max_entries, 0, 0, 0, 10, 50, 1000, 100000, 0xffffffff),
	PICK(khmap_ioc_create, max_bytes, 0, 0, 0, 1 << 16, 1 << 18, 1 << 22, 4096),
	PICK(khmap_ioc_create, hash_kind, 0, 0, 1, 1, 2, 2),
	PICK(khmap_ioc_create, layout, 0, 0, 1, 1, 2, 2),
	PICK(khmap_ioc_create, load_percent, 0, 0, 0, 0, 10, 60, 75, 85, 95, 96),
	PICK(khmap_ioc_create, mode, 0, 0600, 0660, 0666, 0666),
	PICK(khmap_ioc_create, uid, 0, 0, 0, 1000, 1000, ~0u),
	PICK(khmap_ioc_create, gid, 0, 0, 0, 1000, 1000, ~0u),
	FIELD(khmap_ioc_create, name_length, NAME_LENGTH),
	PICK(khmap_ioc_create, schema_length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 24, KHMAP_SCHEMA_MAX),
	POINTER(khmap_ioc_create, name, NAME),
	POINTER(khmap_ioc_create, schema, SCHEMA),
	FIELD(khmap_ioc_create, fd, OUT),
	PICK(khmap_ioc_create, stripes, 0, 0, 0, 0, 1, 2, 64, KHMAP_STRIPES_MAX, 3, 2048),
	FIELD(khmap_ioc_create, map_id, OUT),
};

static const struct fuzz_field restore_fields[] = {
	HEAD(khmap_ioc_restore, KHMAP_CREATE_FLAGS),
	POINTER(khmap_ioc_restore, image, IMAGE),
	PICK(khmap_ioc_restore, image_bytes, FUZZ_RIGHT, FUZZ_RIGHT, FUZZ_RIGHT, 4096, 8192, 0,
	     1 << 20, ~0ull, 4095),
	PICK(khmap_ioc_restore, max_entries, 0, 0, 10, 100000, KHMAP_ENTRIES_MAX),
	PICK(khmap_ioc_restore, max_bytes, 0, 0, 0, 1 << 16, 1 << 22, 4096),
	PICK(khmap_ioc_restore, mode, 0, 0600, 0660, 0666, 0666),
	PICK(khmap_ioc_restore, uid, 0, 0, 0, 1000, 1000, ~0u),
	PICK(khmap_ioc_restore, gid, 0, 0, 0, 1000, 1000, ~0u),
	FIELD(khmap_ioc_restore, name_length, NAME_LENGTH),
	POINTER(khmap_ioc_restore, name, NAME),
	FIELD(khmap_ioc_restore, fd, OUT),
	FIELD(khmap_ioc_restore, reserved, ZERO),
};

static const struct fuzz_field list_fields[] = {
	HEAD(khmap_ioc_list, KHMAP_LIST_FLAGS),
	PICK(khmap_ioc_list, after, 0, 0, 1, 100, ~0ull),
	POINTER(khmap_ioc_list, infos, NOTHING),
	FIELD(khmap_ioc_list, count, COUNT),
	PICK(khmap_ioc_list, info_size, sizeof(struct khmap_map_info),
	     sizeof(struct khmap_map_info), sizeof(struct khmap_map_info) + 8, 128, 4096, 0),
};

static const struct fuzz_field sample_fields[] = {
	HEAD(khmap_ioc_sample, 0),
	PICK(khmap_ioc_sample, map_id, 0, 0, 0, 1, 2, 10, ~0ull),
	PICK(khmap_ioc_sample, every, 1, 1, 2, 10, 1000, KHMAP_SAMPLE_MAX),
	FIELD(khmap_ioc_sample, fd, OUT),
	FIELD(khmap_ioc_sample, reserved, ZERO),
};

/* Flags are those of PUT; to the others they are not known. */
static const struct fuzz_field record_fields[] = {
	HEAD(khmap_ioc_record, KHMAP_PUT_FLAGS),
	POINTER(khmap_ioc_record, key, KEYS),
	POINTER(khmap_ioc_record, value, VALUES),
	FIELD(khmap_ioc_record, key_size, KEY_SIZE),
	FIELD(khmap_ioc_record, value_size, VALUE_SIZE),
};

static const struct fuzz_field get_fields[] = {
	HEAD(khmap_ioc_record, 0),
	POINTER(khmap_ioc_record, key, KEYS),
	POINTER(khmap_ioc_record, value, VALUES),
	FIELD(khmap_ioc_record, key_size, KEY_SIZE),
	FIELD(khmap_ioc_record, value_size, VALUE_SIZE),
};

static const struct fuzz_field reserve_fields[] = {
	HEAD(khmap_ioc_reserve, 0),
	PICK(khmap_ioc_reserve, entries, 0, 1, 16, 1000, 5000, 100000, 10000000, ~0ull),
	FIELD(khmap_ioc_reserve, reserved, ZERO),
};

static const struct fuzz_field snapshot_fields[] = {
	HEAD(khmap_ioc_snapshot, KHMAP_SNAPSHOT_FLAGS),
	FIELD(khmap_ioc_snapshot, fd, OUT),
	FIELD(khmap_ioc_snapshot, reserved, ZERO),
	POINTER(khmap_ioc_snapshot, name, NAME),
	FIELD(khmap_ioc_snapshot, name_length, NAME_LENGTH),
	PICK(khmap_ioc_snapshot, mode, 0, 0400, 0440, 0444),
	PICK(khmap_ioc_snapshot, uid, 0, 0, 0, 1000, 1000, ~0u),
	PICK(khmap_ioc_snapshot, gid, 0, 0, 0, 1000, 1000, ~0u),
	PICK(khmap_ioc_snapshot, pool_pages, 0, 0, 0, 0, 1, 4, 100, KHMAP_POOL_PAGES_MAX),
	FIELD(khmap_ioc_snapshot, reserved2, ZERO),
};

static const struct fuzz_field warn_fields[] = {
	HEAD(khmap_ioc_warn_after, 0),
	PICK(khmap_ioc_warn_after, warn_after_ms, 0, 0, 10, 100, 1000000, 1ull << 40, ~0ull),
};

static const struct fuzz_field materialize_fields[] = {
	HEAD(khmap_ioc_materialize, KHMAP_MATERIALIZE_FLAGS),
};

static const struct fuzz_field publish_fields[] = {
	HEAD(khmap_ioc_publish, 0),
	FIELD(khmap_ioc_publish, fd, FD),
	PICK(khmap_ioc_publish, keep, 0, 1, 2, 2, KHMAP_KEEP_MAX),
};

static const struct fuzz_field rollback_fields[] = {
	HEAD(khmap_ioc_rollback, KHMAP_ROLLBACK_FLAGS),
	PICK(khmap_ioc_rollback, steps, 1, 1, 2, 3, 0, ~0u),
	FIELD(khmap_ioc_rollback, reserved, ZERO),
	PICK(khmap_ioc_rollback, to, 0, 0, 1, 2, 10, ~0ull),
};

static const struct fuzz_field canary_fields[] = {
	HEAD(khmap_ioc_canary, KHMAP_CANARY_FLAGS),
	FIELD(khmap_ioc_canary, fd, FD),
	PICK(khmap_ioc_canary, share, 0, 1, 5000, 5000, KHMAP_SHARE_ALL),
	POINTER(khmap_ioc_canary, ids, NUMBERS),
	PICK(khmap_ioc_canary, id_count, 0, 1, 3, 100, KHMAP_CANARY_IDS_MAX),
	FIELD(khmap_ioc_canary, reserved, ZERO),
};

static const struct fuzz_field choose_fields[] = {
	HEAD(khmap_ioc_choose, KHMAP_CHOOSE_FLAGS),
	PICK(khmap_ioc_choose, id, 0, 0, 1, 2, 77, ~0ull),
	FIELD(khmap_ioc_choose, fd, OUT),
	FIELD(khmap_ioc_choose, reserved, ZERO),
};

static const struct fuzz_field versions_fields[] = {
	HEAD(khmap_ioc_versions, 0),
	POINTER(khmap_ioc_versions, infos, NOTHING),
	PICK(khmap_ioc_versions, count, 1, 3, KHMAP_VERSIONS_MAX, KHMAP_VERSIONS_MAX + 1, 0),
};

static const struct fuzz_field batch_ops_fields[] = {
	HEAD(khmap_ioc_batch, KHMAP_BATCH_STOP | KHMAP_BATCH_ATOMIC),
	FIELD(khmap_ioc_batch, count, COUNT),
	PICK(khmap_ioc_batch, op_size, sizeof(struct khmap_op), sizeof(struct khmap_op),
	     sizeof(struct khmap_op), 56, KHMAP_OP_SIZE_MAX, KHMAP_OP_SIZE_MAX + 8, 52, 0),
	POINTER(khmap_ioc_batch, ops, OPS),
	FIELD(khmap_ioc_batch, key_stride, ZERO),
	FIELD(khmap_ioc_batch, results, ZERO),
};

#define OPCODES	KHMAP_OP_PUT, KHMAP_OP_PUT, KHMAP_OP_PUT, KHMAP_OP_GET, KHMAP_OP_DELETE, \
		KHMAP_OP_CAS, KHMAP_OP_CAS_VERSION, KHMAP_OP_FETCH_ADD, KHMAP_OP_GET_DELETE, 0, 8

static const struct fuzz_field batch_arrays_fields[] = {
	HEAD(khmap_ioc_batch, KHMAP_BATCH_STOP | KHMAP_BATCH_ATOMIC),
	FIELD(khmap_ioc_batch, count, COUNT),
	PICK(khmap_ioc_batch, opcode, OPCODES),
	PICK(khmap_ioc_batch, op_flags, 0, 0, 0, KHMAP_PUT_INSERT, KHMAP_PUT_REPLACE,
	     KHMAP_PUT_FLAGS, 4),
	POINTER(khmap_ioc_batch, keys, KEYS),
	POINTER(khmap_ioc_batch, values, VALUES),
	POINTER(khmap_ioc_batch, statuses, NOTHING),
	PICK(khmap_ioc_batch, key_stride, 0, 0, 0, 8, 16, 100, KHMAP_STRIDE_MAX,
	     KHMAP_STRIDE_MAX + 1),
	PICK(khmap_ioc_batch, value_stride, 0, 0, 0, 8, 16, 100, KHMAP_STRIDE_MAX),
	POINTER(khmap_ioc_batch, operands, NUMBERS),
	POINTER(khmap_ioc_batch, results, NOTHING),
	PICK(khmap_ioc_batch, operand_stride, 0, 0, 0, 8, 16, 100),
	PICK(khmap_ioc_batch, offset, 0, 0, 0, 8, 4, 4096, ~0u),
};

static const struct fuzz_field uring_batch_fields[] = {
	POINTER(khmap_uring_batch, batch, BATCH),
	FIELD(khmap_uring_batch, reserved, ZERO),
	ARGUMENT(ring, 0, 1, 2),
	ARGUMENT(sqe_flags, 0, 0, 0, 0, 16, 16, 1, 2, 4, 8, 64, 20),
};

static const struct fuzz_field uring_op_fields[] = {
	PICK(khmap_op, opcode, OPCODES),
	FLAGS(khmap_op, KHMAP_PUT_FLAGS),
	POINTER(khmap_op, key, KEYS),
	POINTER(khmap_op, value, VALUES),
	PICK(khmap_op, operand, 0, 0, 1, ~0ull),
	PICK(khmap_op, offset, 0, 0, 8, 4),
	FIELD(khmap_op, status, ZERO),
	FIELD(khmap_op, result, ZERO),
	ARGUMENT(ring, 1, 1, 2, 0),
	ARGUMENT(sqe_flags, 0, 0, 0, 0, 16, 16, 1, 2, 4, 8, 64, 20),
};

static const struct fuzz_field uring_other_fields[] = {
	ARGUMENT(what, 0, 0, 1, 2),
	ARGUMENT(ring, 0, 1, 2),
};

static const struct fuzz_field raw_fields[] = {
	ARGUMENT(command, 0xbe00, 0xbe04, 0xbe10, 0xbe21, 0xbe40, 0xbe41, 0x5451, 0x541b, 0x5421),
	ADDRESS(pointer, NUMBERS),
};

static const struct fuzz_field open_fields[] = {
	ARGUMENT(name, 0, 1, 2, 3, 4, 5, 6, 7),
	ARGUMENT(mode, 2, 2, 0, 1, 010000000),
};

static const struct fuzz_field control_fields[] = { ARGUMENT(mode, 2, 2, 2, 0, 1) };
static const struct fuzz_field dup_fields[] = {
	ARGUMENT(how, 0, 1, 2, 3),
	SLOT(over, FUZZ_FDS),
};

static const struct fuzz_field node_fields[] = {
	ARGUMENT(name, 0, 1, 2, 3, 4, 5, 7),
	ARGUMENT(what, 0, 1, 2, 3, 4, 5),
	ARGUMENT(number, 0, 0600, 0666, 1000),
};

static const struct fuzz_field read_fields[] = {
	ADDRESS(buffer, NOTHING),
	ARGUMENT(length, 4096, 100, 1, 65536, 300000, 0, ~0ull),
	ARGUMENT(offset, 0, 0, 1, 4095, 8192, 1ull << 40, 1ull << 62, ~0ull),
	ARGUMENT(how, 0, 1, 2, 3, 4, 5, 6, 7, 8),
};

static const struct fuzz_field image_fields[] = {
	ARGUMENT(flips, 0, 0, 0, 1, 2, 10, 100),
	ARGUMENT(within, 0, 4096, 256, ~0u),
	ARGUMENT(seed, 0, 1, 2),
};

static const struct fuzz_field map_fields[] = {
	SLOT(view, FUZZ_VIEWS),
	ARGUMENT(protection, 1, 1, 1, 1, 1, 3, 5, 0, 7),
	ARGUMENT(flags, 1, 1, 1, 2, 3, 0x8001, 0x2001, 0x80003),
	ARGUMENT(pages, FUZZ_RIGHT, FUZZ_RIGHT, 1, 4, 64, 1000, 1ull << 24, 0),
	ARGUMENT(page, 0, 0, 0, 1, 3, 1000, 1ull << 20, 1ull << 51, ~0ull >> 12),
};

static const struct fuzz_field unmap_fields[] = {
	SLOT(view, FUZZ_VIEWS),
	ARGUMENT(page, 0, 0, 1, 2, 64),
	ARGUMENT(pages, FUZZ_RIGHT, FUZZ_RIGHT, 1, 2, 64),
};

static const struct fuzz_field remap_fields[] = {
	SLOT(view, FUZZ_VIEWS),
	SLOT(to, FUZZ_VIEWS),
	ARGUMENT(page, 0, 0, 1, 2),
	ARGUMENT(old_pages, FUZZ_RIGHT, 1, 2, 64, 0),
	ARGUMENT(new_pages, FUZZ_RIGHT, 1, 2, 64, 65, 1ull << 24),
	ARGUMENT(flags, 3, 3, 1, 0, 7, 5),
};

static const struct fuzz_field protect_fields[] = {
	SLOT(view, FUZZ_VIEWS),
	ARGUMENT(page, 0, 0, 1, 2),
	ARGUMENT(pages, FUZZ_RIGHT, 1, 3),
	ARGUMENT(protection, 1, 0, 3, 5, 7, 2, 4),
};

static const struct fuzz_field advise_fields[] = {
	SLOT(view, FUZZ_VIEWS),
	ARGUMENT(page, 0, 0, 1, 2),
	ARGUMENT(pages, FUZZ_RIGHT, 1, 3, 64),
	ARGUMENT(advice, 0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
		 23, 24, 25),
};

static const struct fuzz_field touch_fields[] = {
	SLOT(view, FUZZ_VIEWS),
	ARGUMENT(page, 0, 0, 1, 2, 64),
	ARGUMENT(pages, 1, 1, 4, 64, 500),
	ARGUMENT(how, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
};

static const struct fuzz_field fork_fields[] = {
	ARGUMENT(what, 0, 1, 2, 3, 4),
	SLOT(view, FUZZ_VIEWS),
};

static const struct fuzz_field limit_fields[] = {
	ARGUMENT(which, 0, 1, 2),
	ARGUMENT(megabytes, 64, 64, 16, 4, 1),
};

#define IOCTL(text, number, type, kind, often, change, out, list) { \
	.name = #text, .execute = fuzz_execute_ioctl, .command = (number), \
	.size = sizeof(struct type), .on = FUZZ_##kind, .weight = (often), .stores = (change), \
	.out_fd = (out), .fields = list, .count = sizeof(list) / sizeof(list[0]) }
#define OTHER(text, function, kind, often, change, list) { \
	.name = #text, .execute = fuzz_execute_##function, .on = FUZZ_##kind, .weight = (often), \
	.stores = (change), .fields = list, .count = sizeof(list) / sizeof(list[0]) }
#define BARE(text, function, kind, often) { .name = #text, .execute = fuzz_execute_##function, \
	.on = FUZZ_##kind, .weight = (often) }
#define URING(text, number, type, often, list) { \
	.name = #text, .execute = fuzz_execute_uring, .command = (number), .stores = true, \
	.size = sizeof(struct type), .on = FUZZ_MAP, .weight = (often), .fields = list, \
	.count = sizeof(list) / sizeof(list[0]) }

const struct fuzz_op fuzz_ops[] = {
	OTHER(control, control, NOTHING, 3, false, control_fields),
	IOCTL(create, KHMAP_IOC_CREATE, khmap_ioc_create, CONTROL, 8, false,
	      offsetof(struct khmap_ioc_create, fd), create_fields),
	IOCTL(abi, KHMAP_IOC_ABI, khmap_ioc_abi, ANY, 1, false, 0, abi_fields),
	IOCTL(list, KHMAP_IOC_LIST, khmap_ioc_list, CONTROL, 3, false, 0, list_fields),
	IOCTL(restore, KHMAP_IOC_RESTORE, khmap_ioc_restore, CONTROL, 6, false,
	      offsetof(struct khmap_ioc_restore, fd), restore_fields),
	IOCTL(sample, KHMAP_IOC_SAMPLE, khmap_ioc_sample, CONTROL, 3, false,
	      offsetof(struct khmap_ioc_sample, fd), sample_fields),
	IOCTL(destroy, KHMAP_IOC_DESTROY, khmap_ioc_destroy, MAP, 3, true, 0, destroy_fields),
	IOCTL(drop, KHMAP_IOC_DESTROY, khmap_ioc_destroy, SNAPSHOT, 2, false, 0, destroy_fields),
	IOCTL(put, KHMAP_IOC_PUT, khmap_ioc_record, MAP, 12, true, 0, record_fields),
	IOCTL(get, KHMAP_IOC_GET, khmap_ioc_record, MAP, 5, false, 0, get_fields),
	IOCTL(get_of, KHMAP_IOC_GET, khmap_ioc_record, SNAPSHOT, 4, false, 0, get_fields),
	IOCTL(delete, KHMAP_IOC_DELETE, khmap_ioc_record, MAP, 5, true, 0, get_fields),
	IOCTL(clear, KHMAP_IOC_CLEAR, khmap_ioc_clear, MAP, 2, true, 0, clear_fields),
	IOCTL(stat, KHMAP_IOC_STAT, khmap_ioc_stat, MAP, 3, false, 0, stat_fields),
	IOCTL(stat_of, KHMAP_IOC_STAT, khmap_ioc_stat, SNAPSHOT, 3, false, 0, stat_fields),
	IOCTL(snapshot, KHMAP_IOC_SNAPSHOT, khmap_ioc_snapshot, MAP, 8, false,
	      offsetof(struct khmap_ioc_snapshot, fd), snapshot_fields),
	IOCTL(batch, KHMAP_IOC_BATCH, khmap_ioc_batch, MAP, 10, true, 0, batch_ops_fields),
	/* The flag ARRAYS is added when it is run. */
	IOCTL(arrays, KHMAP_IOC_BATCH, khmap_ioc_batch, MAP, 14, true, 0, batch_arrays_fields),
	IOCTL(reserve, KHMAP_IOC_RESERVE, khmap_ioc_reserve, MAP, 3, false, 0, reserve_fields),
	IOCTL(compact, KHMAP_IOC_COMPACT, khmap_ioc_compact, MAP, 3, false, 0, compact_fields),
	IOCTL(materialize, KHMAP_IOC_MATERIALIZE, khmap_ioc_materialize, SNAPSHOT, 4, false, 0,
	      materialize_fields),
	IOCTL(warn_after, KHMAP_IOC_WARN_AFTER, khmap_ioc_warn_after, MAP, 2, false, 0,
	      warn_fields),
	IOCTL(publish, KHMAP_IOC_PUBLISH, khmap_ioc_publish, NAMED, 5, true, 0, publish_fields),
	IOCTL(rollback, KHMAP_IOC_ROLLBACK, khmap_ioc_rollback, NAMED, 3, true, 0,
	      rollback_fields),
	IOCTL(canary, KHMAP_IOC_CANARY, khmap_ioc_canary, NAMED, 4, true, 0, canary_fields),
	IOCTL(choose, KHMAP_IOC_CHOOSE, khmap_ioc_choose, NAMED, 3, false,
	      offsetof(struct khmap_ioc_choose, fd), choose_fields),
	IOCTL(versions, KHMAP_IOC_VERSIONS, khmap_ioc_versions, NAMED, 3, false, 0,
	      versions_fields),
	OTHER(ioctl, raw, ANY, 1, true, raw_fields),
	URING(uring_batch, KHMAP_URING_BATCH, khmap_uring_batch, 6, uring_batch_fields),
	URING(uring_op, KHMAP_URING_OP, khmap_op, 6, uring_op_fields),
	OTHER(uring_other, uring_other, ANY, 3, true, uring_other_fields),
	OTHER(open, open, NOTHING, 5, false, open_fields),
	BARE(close, close, ANY, 4),
	OTHER(dup, dup, ANY, 3, false, dup_fields),
	BARE(send, send, ANY, 3),
	BARE(receive, receive, NOTHING, 3),
	OTHER(node, node, NOTHING, 2, true, node_fields),
	OTHER(read, read, SNAPSHOT, 8, false, read_fields),
	OTHER(read_any, read, ANY, 2, false, read_fields),
	OTHER(image, image, SNAPSHOT, 6, false, image_fields),
	OTHER(mmap, mmap, MAP, 8, false, map_fields),
	OTHER(mmap_of, mmap, SNAPSHOT, 6, false, map_fields),
	OTHER(munmap, munmap, NOTHING, 3, false, unmap_fields),
	OTHER(mremap, mremap, NOTHING, 4, false, remap_fields),
	OTHER(mprotect, mprotect, NOTHING, 3, false, protect_fields),
	OTHER(madvise, madvise, NOTHING, 4, false, advise_fields),
	OTHER(touch, touch, NOTHING, 8, false, touch_fields),
	OTHER(fork, fork, NOTHING, 2, false, fork_fields),
	OTHER(limit, limit, NOTHING, 1, false, limit_fields),
	BARE(rmmod, rmmod, NOTHING, 1),
	BARE(insmod, insmod, NOTHING, 1),
};

const uint32_t fuzz_op_count = sizeof(fuzz_ops) / sizeof(fuzz_ops[0]);

const struct fuzz_op *fuzz_op_named(const char *name)
{
	uint32_t i;

	for (i = 0; i < fuzz_op_count; i++)
		if (!strcmp(fuzz_ops[i].name, name))
			return &fuzz_ops[i];
	return NULL;
}
