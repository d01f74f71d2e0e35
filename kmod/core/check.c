// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * check.c - is a page what the engine would have made of its keys?
 */
#include "chain.h"
#include "check.h"
#include "overflow.h"

/**
 * struct khmap_check_chain - a chain that is being checked
 * @first: its primary or inline bucket
 * @at: the bucket that it is checked up to
 * @chain: position of @at in the chain
 * @used: slots of @at that have a key
 * @filter: classes of the keys in overflow buckets
 * @counts: of the stripe, or of the header
 * @stripe: of the chain; NULL in an inline map
 */
struct khmap_check_chain {
	struct khmap_bucket first;
	struct khmap_bucket at;
	u32 chain;
	u32 used;
	u32 filter;
	struct khmap_counts *counts;
	struct khmap_stripe *stripe;
};

bool khmap_check_zero(const void *bytes, u32 size)
{
	const unsigned char *p = bytes;

	for (; size >= 8; size -= 8, p += 8)
		if (khmap_load64(p))
			return false;
	for (; size; size--, p++)
		if (*p)
			return false;
	return true;
}

int khmap_check_fail(struct khmap_damage_place *damage, u32 what, u64 page,
		     u32 bucket, u32 slot, u32 offset)
{
	*damage = (struct khmap_damage_place){
		.what = what,
		.page = page,
		.bucket = bucket,
		.slot = slot,
		.offset = offset,
	};
	return what == KHMAP_DAMAGE_LOST ? -EIO : -EUCLEAN;
}

/* On a page that a best-effort snapshot has lost; see pool.c. */
static bool khmap_check_lost(const struct khmap_head *head)
{
	return head->sequence & 1 && head->overflow == KHMAP_REFERENCE_LOST;
}

static u64 khmap_check_page(const struct khmap_check *check, u32 region,
			    u32 page)
{
	if (region == KHMAP_REGION_HEADER)
		return 0;
	if (region == KHMAP_REGION_PRIMARY)
		return 1 + (u64)page;
	return 1 + (u64)khmap_shape_pages(check->shape) + page;
}

static u32 khmap_check_stride(const struct khmap_geometry *g,
			      const struct khmap_bucket *bucket)
{
	if (bucket->region == KHMAP_REGION_PRIMARY)
		return g->bucket_stride;
	if (bucket->region == KHMAP_REGION_OVERFLOW)
		return g->overflow_stride;
	return khmap_slot_offset(g, KHMAP_INLINE_TAGS, g->inline_slots);
}

/* Something is wrong with the bucket that a chain is checked up to. */
static int khmap_check_wrong(const struct khmap_check *check,
			     const struct khmap_check_chain *c, u32 what,
			     u32 slot)
{
	const struct khmap_geometry *g = &check->table->geometry;
	u32 page = khmap_bucket_page(g, &c->at);

	return khmap_check_fail(check->damage, what,
				khmap_check_page(check, c->at.region, page),
				khmap_bucket_index(g, &c->at), slot,
				khmap_bucket_offset(g, &c->at));
}

static int khmap_check_slot(struct khmap_check *check,
			    struct khmap_check_chain *c, u32 slot)
{
	const struct khmap_table *table = check->table;
	const struct khmap_geometry *g = &table->geometry;
	const char *at = khmap_bucket_slot(table, &c->at, slot);
	u64 hash = khmap_hash(table->hash_kind, table->secret, at,
			      g->key_size);
	u32 end = g->value_offset + g->value_size, place;
	struct khmap_place found;

	if (c->at.head->tags[slot] != khmap_tophash(hash))
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_TOPHASH, slot);
	if (c->stripe) {
		place = khmap_hash_place(check->shape, check->mask, hash);
		if (khmap_place_page(place) != khmap_place_page(c->first.at) ||
		    khmap_place_bucket(g, place) !=
		    khmap_place_bucket(g, c->first.at))
			return khmap_check_wrong(check, c, KHMAP_DAMAGE_BUCKET,
						 slot);
	}
	if (!khmap_check_zero(at + g->key_size,
			      g->value_offset - g->key_size) ||
	    !khmap_check_zero(at + end, g->slot_stride - end))
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_PADDING, slot);
	/* Follows no reference but those that have led here. */
	khmap_chain_find(table, &c->first, at, hash, &found);
	if (found.bucket.head != c->at.head || found.slot != slot)
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_TWICE, slot);
	if (c->chain)
		c->filter |= khmap_class_bit(hash);
	return 0;
}

/* The bucket by itself, but for its reference and a primary's filter. */
static int khmap_check_bucket(struct khmap_check *check,
			      struct khmap_check_chain *c)
{
	const struct khmap_table *table = check->table;
	const struct khmap_head *head = c->at.head;
	u32 stride = khmap_check_stride(&table->geometry, &c->at), slot, end;
	int err;

	if (khmap_check_lost(head))
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_LOST,
					 KHMAP_DAMAGE_NOWHERE);
	if (c->chain ? head->sequence : head->sequence & 1)
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_SEQUENCE,
					 KHMAP_DAMAGE_NOWHERE);
	if (!khmap_check_zero(head->tags + c->at.slots,
			      c->at.tags_size - 1 - c->at.slots))
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_TAGS,
					 KHMAP_DAMAGE_NOWHERE);
	if (c->chain && head->tags[c->at.tags_size - 1])
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_FILTER,
					 KHMAP_DAMAGE_NOWHERE);
	end = khmap_slot_offset(&table->geometry, c->at.tags_size,
				c->at.slots);
	if (!khmap_check_zero((const char *)head + end, stride - end))
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_SLACK,
					 KHMAP_DAMAGE_NOWHERE);
	c->used = 0;
	for (slot = 0; slot < c->at.slots; slot++) {
		if (head->tags[slot]) {
			err = khmap_check_slot(check, c, slot);
			if (err)
				return err;
			c->used++;
		} else if (!khmap_check_zero(khmap_bucket_slot(table, &c->at,
							       slot),
					     table->geometry.slot_stride)) {
			return khmap_check_wrong(check, c, KHMAP_DAMAGE_SLACK,
						 slot);
		}
	}
	return 0;
}

/* Follow the reference of the bucket that the chain is checked up to. */
static int khmap_check_follow(struct khmap_check *check,
			      struct khmap_check_chain *c)
{
	struct khmap_table *table = check->table;
	const struct khmap_geometry *g = &table->geometry;
	u32 reference = c->at.head->overflow;
	u32 page = khmap_reference_page(g, reference);
	u32 bucket = khmap_reference_bucket(g, reference);
	struct khmap_overflow_page *owner;
	u64 bit = 1ull << (bucket % 64);

	if (!c->stripe || page >= check->overflow_pages ||
	    bucket >= g->overflow_per_page || c->chain + 1 >= KHMAP_CHAIN_MAX)
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_REFERENCE,
					 KHMAP_DAMAGE_NOWHERE);
	owner = khmap_overflow_page(table, page);
	if (!(owner->free[bucket / 64] & bit))
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_SHARED,
					 KHMAP_DAMAGE_NOWHERE);
	if (c->used < c->at.slots)
		return khmap_check_wrong(check, c, KHMAP_DAMAGE_DENSE,
					 KHMAP_DAMAGE_NOWHERE);
	owner->free[bucket / 64] &= ~bit;
	owner->free_count--;
	if (!owner->stripe)
		owner->stripe = c->stripe;
	check->apart |= (u32)(owner->stripe - table->stripes) ^
			(u32)(c->stripe - table->stripes);
	c->counts->overflow_buckets++;
	c->at = khmap_bucket_overflow(table, reference);
	c->chain++;
	return 0;
}

static int khmap_check_chain(struct khmap_check *check,
			     const struct khmap_bucket *first,
			     struct khmap_counts *counts,
			     struct khmap_stripe *stripe)
{
	struct khmap_check_chain c = {
		.first = *first,
		.at = *first,
		.counts = counts,
		.stripe = stripe,
	};
	int err;

	for (;;) {
		err = khmap_check_bucket(check, &c);
		if (err)
			return err;
		if (c.chain && !c.used)
			return khmap_check_wrong(check, &c, KHMAP_DAMAGE_DENSE,
						 KHMAP_DAMAGE_NOWHERE);
		check->entries += c.used;
		counts->inserts += c.used;
		if (c.chain)
			counts->overflow_entries += c.used;
		if (!c.at.head->overflow)
			break;
		err = khmap_check_follow(check, &c);
		if (err)
			return err;
	}
	c.at = *first;
	if (first->head->tags[first->tags_size - 1] != c.filter)
		return khmap_check_wrong(check, &c, KHMAP_DAMAGE_FILTER,
					 KHMAP_DAMAGE_NOWHERE);
	return 0;
}

int khmap_check_inline(struct khmap_check *check)
{
	struct khmap_table *table = check->table;
	const struct khmap_geometry *g = &table->geometry;
	struct khmap_bucket bucket = khmap_bucket_inline(table);
	u32 size = khmap_check_stride(g, &bucket);

	/* The sequence stays, from before the map had pages. */
	if (check->shape &&
	    !khmap_check_zero(&bucket.head->overflow,
			      size - sizeof(bucket.head->sequence)))
		return khmap_check_fail(check->damage, KHMAP_DAMAGE_INLINE, 0,
					0, KHMAP_DAMAGE_NOWHERE,
					g->inline_offset);
	return khmap_check_chain(check, &bucket, &table->inline_counts, NULL);
}

int khmap_check_primary(struct khmap_check *check, u32 page)
{
	struct khmap_table *table = check->table;
	const struct khmap_geometry *g = &table->geometry;
	struct khmap_stripe *stripe = &table->stripes[page & table->stripe_mask];
	const char *start = khmap_extents_get(&table->primary, page);
	u32 end = g->buckets_per_page * g->bucket_stride, i;
	int err;

	for (i = 0; i < g->buckets_per_page; i++) {
		struct khmap_bucket first = khmap_bucket_primary(table, page, i);
		u32 place = khmap_shape(page, 0) + khmap_bucket_place(g, i);

		if (place < check->shape) {
			err = khmap_check_chain(check, &first, &stripe->counts,
						stripe);
			if (err)
				return err;
		} else if (!khmap_check_zero(first.head, g->bucket_stride)) {
			return khmap_check_fail(check->damage,
						KHMAP_DAMAGE_UNUSED,
						1 + (u64)page, i,
						KHMAP_DAMAGE_NOWHERE,
						i * g->bucket_stride);
		}
		os_resched();
	}
	if (!khmap_check_zero(start + end, KHMAP_OS_PAGE_SIZE - end))
		return khmap_check_fail(check->damage, KHMAP_DAMAGE_SLACK,
					1 + (u64)page, KHMAP_DAMAGE_NOWHERE,
					KHMAP_DAMAGE_NOWHERE, end);
	return 0;
}

int khmap_check_overflow(struct khmap_check *check, u32 page)
{
	struct khmap_table *table = check->table;
	const struct khmap_geometry *g = &table->geometry;
	const struct khmap_overflow_page *owner = khmap_overflow_page(table,
								      page);
	const char *start = khmap_extents_get(&table->overflow, page);
	u64 at = khmap_check_page(check, KHMAP_REGION_OVERFLOW, page);
	u32 end = g->overflow_per_page * g->overflow_stride, i;

	for (i = 0; i < g->overflow_per_page; i++) {
		const char *bucket = start + i * g->overflow_stride;

		if (khmap_overflow_is_free(owner, i) &&
		    !khmap_check_zero(bucket, g->overflow_stride))
			return khmap_check_fail(check->damage,
						khmap_check_lost((const void *)bucket) ?
						KHMAP_DAMAGE_LOST :
						KHMAP_DAMAGE_FREE, at, i,
						KHMAP_DAMAGE_NOWHERE,
						i * g->overflow_stride);
	}
	if (!khmap_check_zero(start + end, KHMAP_OS_PAGE_SIZE - end))
		return khmap_check_fail(check->damage, KHMAP_DAMAGE_SLACK, at,
					KHMAP_DAMAGE_NOWHERE,
					KHMAP_DAMAGE_NOWHERE, end);
	return 0;
}
