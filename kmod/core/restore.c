// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * restore.c - an image becomes a map
 */
#include "bucket.h"
#include "check.h"
#include "grow.h"
#include "overflow.h"
#include "restore.h"

/* Pages between two questions whether to stop. */
#define KHMAP_RESTORE_STEP	64

#define KHMAP_FIELD(field)	offsetof(struct khmap_image_header, field)

/**
 * struct khmap_restore_field - a field of the header that follows from others
 * @found: in the image
 * @expected: what follows
 * @offset: of the field; 0 ends a list
 */
struct khmap_restore_field {
	u64 found;
	u64 expected;
	u32 offset;
};

static int khmap_restore_refuse(struct khmap_restore *restore, int err,
				u32 offset)
{
	khmap_check_fail(&restore->damage, KHMAP_DAMAGE_HEADER, 0,
			 KHMAP_DAMAGE_NOWHERE, KHMAP_DAMAGE_NOWHERE, offset);
	return err;
}

/* Is it an image, and one of those that this version knows? */
static int khmap_restore_identity(struct khmap_restore *restore)
{
	const struct khmap_image_header *h = restore->header;

	if (memcmp(h->magic, KHMAP_IMAGE_MAGIC, KHMAP_IMAGE_MAGIC_LEN))
		return khmap_restore_refuse(restore, -EINVAL,
					    KHMAP_FIELD(magic));
	if (h->byte_order != KHMAP_BYTE_ORDER)
		return khmap_restore_refuse(restore, h->byte_order ==
					    KHMAP_BYTE_ORDER_OTHER ?
					    -EPROTONOSUPPORT : -EUCLEAN,
					    KHMAP_FIELD(byte_order));
	if (h->version != KHMAP_IMAGE_VERSION)
		return khmap_restore_refuse(restore, h->version ?
					    -EPROTONOSUPPORT : -EUCLEAN,
					    KHMAP_FIELD(version));
	if (h->features_read & ~KHMAP_FEATURES_READ)
		return khmap_restore_refuse(restore, -EPROTONOSUPPORT,
					    KHMAP_FIELD(features_read));
	if (h->features_write & ~KHMAP_FEATURES_WRITE)
		return khmap_restore_refuse(restore, -EPROTONOSUPPORT,
					    KHMAP_FIELD(features_write));
	if (h->geometry.page_shift != KHMAP_OS_PAGE_SHIFT)
		return khmap_restore_refuse(restore, h->geometry.page_shift < 12 ||
					    h->geometry.page_shift > 16 ?
					    -EUCLEAN : -EPROTONOSUPPORT,
					    KHMAP_FIELD(geometry.page_shift));
	if (h->kind != KHMAP_IMAGE_SNAPSHOT)
		return khmap_restore_refuse(restore, h->kind == KHMAP_IMAGE_LIVE ?
					    -EINVAL : -EUCLEAN,
					    KHMAP_FIELD(kind));
	if (h->hash_kind != KHMAP_HASH_FOLD &&
	    h->hash_kind != KHMAP_HASH_SIPHASH13)
		return khmap_restore_refuse(restore, -EPROTONOSUPPORT,
					    KHMAP_FIELD(hash_kind));
	return 0;
}

static int khmap_restore_schema(struct khmap_restore *restore)
{
	const struct khmap_image_header *h = restore->header;
	const char *text = (const char *)h + KHMAP_HEADER_SIZE;

	if (h->schema_length > KHMAP_SCHEMA_MAX)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(schema_length));
	if (h->schema_offset != (h->schema_length ? KHMAP_HEADER_SIZE : 0))
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(schema_offset));
	if (!khmap_schema_printable(text, h->schema_length))
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(schema_offset));
	if (h->schema_hash != khmap_schema_text_hash(text, h->schema_length))
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(schema_hash));
	return 0;
}

/* The geometry is what comes of the sizes, word for word. */
static int khmap_restore_geometry(struct khmap_restore *restore)
{
	const struct khmap_image_header *h = restore->header;
	const u32 *found = (const u32 *)&h->geometry, *word;
	struct khmap_geometry g = {
		.page_shift = h->geometry.page_shift,
		.layout = h->geometry.layout,
		.key_size = h->geometry.key_size,
		.value_size = h->geometry.value_size,
	};
	u32 i;

	if (g.layout != KHMAP_LAYOUT_ALIGNED && g.layout != KHMAP_LAYOUT_PACKED)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(geometry.layout));
	if (!g.key_size || g.key_size > KHMAP_RECORD_MAX)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(geometry.key_size));
	/* What the solver still refuses does not fit a page. */
	if (khmap_geometry_solve(&g, h->schema_length))
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(geometry.value_size));
	word = (const u32 *)&g;
	for (i = 0; i < sizeof(g) / sizeof(*word); i++)
		if (word[i] != found[i])
			return khmap_restore_refuse(restore, -EUCLEAN,
						    KHMAP_FIELD(geometry) +
						    i * sizeof(*word));
	return 0;
}

/* The shape ends between two buckets, and there are pages for it. */
static bool khmap_restore_shape_legal(const struct khmap_image_header *h)
{
	const struct khmap_geometry *g = &h->geometry;
	u32 part = h->shape & (KHMAP_PLACE_UNITS - 1);

	if (!h->shape)
		return g->inline_slots;
	return h->shape >= KHMAP_PLACE_UNITS &&
	       khmap_shape_pages(h->shape) <= KHMAP_PAGES_MAX &&
	       khmap_bucket_place(g, khmap_place_bucket(g, part)) == part;
}

/* The regions are those of a snapshot: one behind the other, without gaps. */
static int khmap_restore_regions(struct khmap_restore *restore)
{
	const struct khmap_image_header *h = restore->header;
	u64 overflow_most = (~0u >> h->geometry.overflow_shift) - 1;
	u64 primary = khmap_shape_pages(h->shape), overflow = h->overflow_pages;
	const struct khmap_restore_field fields[] = {
		{ h->mask, khmap_shape_mask(h->shape), KHMAP_FIELD(mask) },
		{ h->primary_pages, primary, KHMAP_FIELD(primary_pages) },
		{ h->primary_pages_max, primary,
		  KHMAP_FIELD(primary_pages_max) },
		{ h->primary_offset, KHMAP_OS_PAGE_SIZE,
		  KHMAP_FIELD(primary_offset) },
		{ h->overflow_pages_max, overflow,
		  KHMAP_FIELD(overflow_pages_max) },
		{ h->overflow_offset, (1 + primary) << KHMAP_OS_PAGE_SHIFT,
		  KHMAP_FIELD(overflow_offset) },
		{ h->image_size, (1 + primary + overflow) << KHMAP_OS_PAGE_SHIFT,
		  KHMAP_FIELD(image_size) },
		{ 0, 0, 0 },
	}, *field;

	if (!khmap_restore_shape_legal(h))
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(shape));
	if (overflow > overflow_most || overflow > KHMAP_PAGES_MAX)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(overflow_pages));
	for (field = fields; field->offset; field++)
		if (field->found != field->expected)
			return khmap_restore_refuse(restore, -EUCLEAN,
						    field->offset);
	if (h->image_size > restore->bytes)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(image_size));
	return 0;
}

static int khmap_restore_rest(struct khmap_restore *restore)
{
	const struct khmap_image_header *h = restore->header;
	const struct khmap_geometry *g = &h->geometry;
	u32 text = KHMAP_HEADER_SIZE + h->schema_length;
	u32 end = g->inline_offset + khmap_slot_offset(g, KHMAP_INLINE_TAGS,
						       g->inline_slots);

	if (h->load_percent < 10 || h->load_percent > 95)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(load_percent));
	if (h->generation_offset)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(generation_offset));
	if (h->successor)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(successor));
	if (h->entries > h->max_entries || !h->max_entries)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(max_entries));
	/* A feature that may be ignored may have its fields there. */
	if (!(h->features_compat & ~KHMAP_FEATURES_COMPAT)) {
		if (!khmap_check_zero(h->reserved, sizeof(h->reserved)))
			return khmap_restore_refuse(restore, -EUCLEAN,
						    KHMAP_FIELD(reserved));
		if (!khmap_check_zero(h->reserved_shape,
				      sizeof(h->reserved_shape)))
			return khmap_restore_refuse(restore, -EUCLEAN,
						    KHMAP_FIELD(reserved_shape));
	}
	if (!khmap_check_zero((const char *)h + text, g->inline_offset - text))
		return khmap_check_fail(&restore->damage, KHMAP_DAMAGE_SLACK, 0,
					KHMAP_DAMAGE_NOWHERE,
					KHMAP_DAMAGE_NOWHERE, text);
	if (!khmap_check_zero((const char *)h + end, KHMAP_OS_PAGE_SIZE - end))
		return khmap_check_fail(&restore->damage, KHMAP_DAMAGE_SLACK, 0,
					KHMAP_DAMAGE_NOWHERE,
					KHMAP_DAMAGE_NOWHERE, end);
	return 0;
}

int khmap_restore_open(struct khmap_restore *restore,
		       struct khmap_table_params *params)
{
	const struct khmap_image_header *h = restore->header;
	u64 bytes;
	int err;

	if (restore->bytes < KHMAP_OS_PAGE_SIZE)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(image_size));
	err = restore->fetch(restore->from, 0, restore->header);
	if (!err)
		err = khmap_restore_identity(restore);
	if (!err)
		err = khmap_restore_schema(restore);
	if (!err)
		err = khmap_restore_geometry(restore);
	if (!err)
		err = khmap_restore_regions(restore);
	if (!err)
		err = khmap_restore_rest(restore);
	if (err)
		return err;

	restore->shape = h->shape;
	restore->primary_pages = khmap_shape_pages(h->shape);
	restore->overflow_pages = h->overflow_pages;
	*params = (struct khmap_table_params){
		.key_size = h->geometry.key_size,
		.value_size = h->geometry.value_size,
		.layout = h->geometry.layout,
		.hash_kind = h->hash_kind,
		.load_percent = h->load_percent,
		.stripes = KHMAP_STRIPES,
		.expected_entries = 1,
		.max_entries = h->max_entries == KHMAP_ENTRIES_MAX ?
			       0 : h->max_entries,
		.primary_pages = restore->primary_pages,
		.overflow_pages = restore->overflow_pages,
		.secret = { h->hash_secret[0], h->hash_secret[1] },
		.schema = (const char *)h + KHMAP_HEADER_SIZE,
		.schema_length = h->schema_length,
	};
	if (khmap_table_bytes(params, &bytes))
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(max_entries));
	return 0;
}

int khmap_restore_bytes(const struct khmap_restore *restore,
			const struct khmap_table_params *params, u64 *bytes)
{
	int err = khmap_table_bytes(params, bytes);

	if (err)
		return err;
	*bytes += (((u64)restore->primary_pages + restore->overflow_pages) <<
		   KHMAP_OS_PAGE_SHIFT) +
		  restore->overflow_pages *
		  (u64)sizeof(struct khmap_overflow_page);
	return 0;
}

static int khmap_restore_pause(const struct khmap_restore *restore, u32 page)
{
	if (page % KHMAP_RESTORE_STEP)
		return 0;
	os_resched();
	return restore->stop && restore->stop(NULL) ? -EINTR : 0;
}

/* Allocate the overflow pages, which belong to no stripe and are on no list. */
static int khmap_restore_stage(struct khmap_restore *restore,
			       struct khmap_table *table)
{
	struct khmap_overflow_page *page;
	u32 i;
	int err = 0;

	for (i = 0; !err && i < restore->overflow_pages; i++) {
		err = khmap_restore_pause(restore, i);
		if (!err)
			err = khmap_overflow_stage(table, &page);
	}
	return err;
}

static int khmap_restore_copy(struct khmap_restore *restore,
			      const struct khmap_extents *extents, u64 base,
			      u32 pages)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < pages; i++) {
		err = khmap_restore_pause(restore, i);
		if (!err)
			err = restore->fetch(restore->from, base + i,
					     khmap_extents_get(extents, i));
	}
	return err;
}

static int khmap_restore_fill(struct khmap_restore *restore,
			      struct khmap_table *table)
{
	u32 inline_offset = table->geometry.inline_offset;
	int err;

	err = khmap_grow_stage_until(table, restore->shape, restore->stop);
	if (!err)
		err = khmap_restore_stage(restore, table);
	if (!err)
		err = khmap_restore_copy(restore, &table->primary, 1,
					 restore->primary_pages);
	if (!err)
		err = khmap_restore_copy(restore, &table->overflow,
					 1 + (u64)restore->primary_pages,
					 restore->overflow_pages);
	/* From here on the table has a page of its own for each of the image. */
	memcpy((char *)table->header + inline_offset,
	       (const char *)restore->header + inline_offset,
	       KHMAP_OS_PAGE_SIZE - inline_offset);
	return err;
}

static int khmap_restore_check(struct khmap_restore *restore,
			       struct khmap_check *check)
{
	int err = khmap_check_inline(check);
	u32 i;

	for (i = 0; !err && i < restore->primary_pages; i++) {
		err = khmap_restore_pause(restore, i);
		if (!err)
			err = khmap_check_primary(check, i);
	}
	for (i = 0; !err && i < restore->overflow_pages; i++) {
		err = khmap_restore_pause(restore, i);
		if (!err)
			err = khmap_check_overflow(check, i);
	}
	return err;
}

/* Have each overflow page owned by one stripe: if need be, of fewer. */
static void khmap_restore_stripes(struct khmap_table *table, u32 apart)
{
	u32 count = apart ? apart & -apart : table->stripe_count, i;

	for (i = count; i < table->stripe_count; i++) {
		struct khmap_counts *from = &table->stripes[i].counts;
		struct khmap_counts *to = &table->stripes[i & (count - 1)].counts;

		to->inserts += from->inserts;
		to->overflow_entries += from->overflow_entries;
		to->overflow_buckets += from->overflow_buckets;
		*from = (struct khmap_counts){ 0 };
	}
	table->stripe_mask = count - 1;
}

/* Free buckets go to the stripe that has the page, pages of none are spares. */
static void khmap_restore_lists(struct khmap_table *table, u32 pages)
{
	while (pages--) {
		struct khmap_overflow_page *page = khmap_overflow_page(table,
								       pages);
		struct khmap_stripe *stripe = page->stripe;
		unsigned long flags;

		if (!(pages % KHMAP_RESTORE_STEP))
			os_resched();
		if (!stripe) {
			khmap_overflow_spare(table, page);
			khmap_overflow_sort(table, page);
			continue;
		}
		stripe = &table->stripes[(stripe - table->stripes) &
					 table->stripe_mask];
		os_lock(&stripe->lock, flags);
		if (page->free_count)
			khmap_overflow_give(stripe, page);
		else
			os_store(&page->stripe, stripe);
		os_unlock(&stripe->lock, flags);
	}
}

/* The header's counts are those that were found. */
static int khmap_restore_counts(struct khmap_restore *restore,
				struct khmap_table *table)
{
	const struct khmap_image_header *h = restore->header;
	struct khmap_counts counts;

	khmap_table_stat(table, &counts);
	if (h->entries != counts.entries)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(entries));
	if (h->overflow_entries != counts.overflow_entries)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(overflow_entries));
	if (h->overflow_buckets != counts.overflow_buckets)
		return khmap_restore_refuse(restore, -EUCLEAN,
					    KHMAP_FIELD(overflow_buckets));
	return 0;
}

int khmap_table_restore(struct khmap_restore *restore,
			const struct khmap_table_params *params,
			struct khmap_account *account,
			struct khmap_table **result)
{
	const struct khmap_image_header *h = restore->header;
	struct khmap_check check = {
		.damage = &restore->damage,
		.shape = restore->shape,
		.mask = khmap_shape_mask(restore->shape),
		.overflow_pages = restore->overflow_pages,
	};
	struct khmap_table *table;
	u64 bytes;
	int err;

	if (params->max_entries && h->entries > params->max_entries)
		return -ENOSPC;
	err = khmap_restore_bytes(restore, params, &bytes);
	if (err)
		return err;
	if (!os_fits(account, bytes))
		return -ENOMEM;
	err = khmap_table_create(params, account, &table);
	if (err)
		return err;
	err = khmap_restore_fill(restore, table);
	if (err)
		goto destroy;
	check.table = table;
	err = khmap_restore_check(restore, &check);
	if (err)
		goto destroy;
	khmap_restore_stripes(table, check.apart);
	khmap_restore_lists(table, restore->overflow_pages);
	os_count_set(&table->entries, (s64)check.entries);
	khmap_shape_store(table->header, restore->shape);
	err = khmap_restore_counts(restore, table);
	if (err)
		goto destroy;
	*result = table;
	return 0;

destroy:
	khmap_table_destroy(table);
	return err;
}
