// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * align_ways.c - code compiled for a record that lies as C would have it, on
 * multiples of four bytes, or packed
 */
#include "align.h"

struct natural {
	u8 flag;
	u64 when;
	u16 port;
	u64 bytes;
	u32 count;
	u16 state;
	u64 limit;
	u8 level;
};

#pragma pack(push, 4)
struct align4 {
	u8 flag;
	u64 when;
	u16 port;
	u64 bytes;
	u32 count;
	u16 state;
	u64 limit;
	u8 level;
};

#pragma pack(pop)

#pragma pack(push, 1)
struct packed {
	u8 flag;
	u64 when;
	u16 port;
	u64 bytes;
	u32 count;
	u16 state;
	u64 limit;
	u8 level;
};

#pragma pack(pop)

#define ALIGN_OFFSETS(record)								\
	{										\
		offsetof(struct record, flag), offsetof(struct record, when),		\
		offsetof(struct record, port), offsetof(struct record, bytes),		\
		offsetof(struct record, count), offsetof(struct record, state),		\
		offsetof(struct record, limit), offsetof(struct record, level),		\
	}

#define ALIGN_WAY(record)								\
static void fill_##record(void *bytes, u64 number)					\
{											\
	struct record *r = bytes;							\
	u64 word = (number + 1) * 0x9e3779b97f4a7c15ull;				\
											\
	/* Padding is zero in a map. */							\
	memset(r, 0, sizeof(*r));							\
	r->flag = (u8)(word >> 56);							\
	r->when = word;									\
	r->port = (u16)(word >> 40);							\
	r->bytes = word >> 20;								\
	r->count = (u32)(word >> 32);							\
	r->state = (u16)word;								\
	r->limit = ~word;								\
	r->level = (u8)(word >> 8);							\
}											\
											\
/* One by one, as a reader does who decides on each record. */				\
static __attribute__((noinline, optimize("no-tree-vectorize"))) u64			\
sum_##record(const void *bytes, u32 count)						\
{											\
	const struct record *r = bytes;							\
	u64 sum = 0;									\
											\
	for (; count--; r++)								\
		sum += r->flag + r->when + r->port + r->bytes + r->count + r->state +	\
		       r->limit + r->level;						\
	return sum;									\
}

ALIGN_WAY(natural)
ALIGN_WAY(align4)
ALIGN_WAY(packed)

const struct align_way align_ways[ALIGN_WAYS] = {
	{ "natural", "", sizeof(struct natural), ALIGN_OFFSETS(natural), fill_natural,
	  sum_natural },
	{ "4 bytes", "align4", sizeof(struct align4), ALIGN_OFFSETS(align4), fill_align4,
	  sum_align4 },
	{ "packed", "packed", sizeof(struct packed), ALIGN_OFFSETS(packed), fill_packed,
	  sum_packed },
};

const char align_schema[] =
	"{flag:u8,when:u64,port:u16,bytes:u64,count:u32,state:u16,limit:u64,level:u8}";
