// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * create.c - a table's size, its header page, its end
 */
#include "bucket.h"
#include "cow.h"
#include "grow.h"
#include "overflow.h"

/* Regions of a live map start on boundaries of so many bytes, for huge pages. */
#define KHMAP_REGION_ALIGN	(2ull << 20)

/**
 * struct khmap_plan - what a table's parameters come to
 * @geometry: solved
 * @entry_places: see struct khmap_growth
 * @hint_pages: see struct khmap_growth
 * @max_pages: pages that the primary region may have
 * @overflow_max: pages that the overflow region may have
 */
struct khmap_plan {
	struct khmap_geometry geometry;
	u64 entry_places;
	u32 hint_pages;
	u32 max_pages;
	u32 overflow_max;
};

/* Primary pages for so many entries; above KHMAP_PAGES_MAX if that is more. */
static u64 khmap_plan_pages(const struct khmap_plan *plan, u64 entries)
{
	u64 per_unit = (1ull << KHMAP_GROWTH_SHIFT) * KHMAP_PLACE_UNITS;

	if (entries > KHMAP_PAGES_MAX * (per_unit / plan->entry_places + 1))
		return KHMAP_PAGES_MAX + 1ull;
	return (khmap_entries_places(plan->entry_places, entries) +
		KHMAP_PLACE_UNITS - 1) / KHMAP_PLACE_UNITS;
}

bool khmap_schema_printable(const void *schema, u32 length)
{
	const u8 *text = schema;
	u32 i;

	for (i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

static int khmap_plan_make(const struct khmap_table_params *p,
			   struct khmap_plan *plan)
{
	struct khmap_geometry *g = &plan->geometry;
	u64 pages, overflow, reference_pages;
	int err;

	if (!p->expected_entries || !p->stripes ||
	    p->stripes > KHMAP_STRIPES_MOST || p->stripes & (p->stripes - 1) ||
	    p->load_percent < 10 || p->load_percent > 95 ||
	    p->schema_length > KHMAP_SCHEMA_MAX ||
	    !khmap_schema_printable(p->schema, p->schema_length) ||
	    (p->hash_kind != KHMAP_HASH_FOLD &&
	     p->hash_kind != KHMAP_HASH_SIPHASH13))
		return -EINVAL;

	memset(g, 0, sizeof(*g));
	g->page_shift = KHMAP_OS_PAGE_SHIFT;
	g->layout = p->layout;
	g->key_size = p->key_size;
	g->value_size = p->value_size;
	err = khmap_geometry_solve(g, p->schema_length);
	if (err)
		return err;

	plan->entry_places = ((u64)KHMAP_PLACE_UNITS * 100 <<
			      KHMAP_GROWTH_SHIFT) /
			     ((u64)g->buckets_per_page * g->bucket_slots *
			      p->load_percent) + 1;
	pages = khmap_plan_pages(plan, p->expected_entries);
	if (pages > KHMAP_PAGES_MAX)
		return -E2BIG;
	plan->hint_pages = (u32)pages;
	pages = p->max_pages && p->max_pages < KHMAP_PAGES_MAX ?
		p->max_pages : KHMAP_PAGES_MAX;
	if (p->max_entries) {
		u64 most = khmap_plan_pages(plan, p->max_entries);

		if (most > KHMAP_PAGES_MAX)
			return -E2BIG;
		if (most < pages)
			pages = most;
	}
	if (pages < p->primary_pages)
		pages = p->primary_pages;
	if (plan->hint_pages < p->primary_pages)
		plan->hint_pages = p->primary_pages;

	/*
	 * At a load of .95, in the shape that crowds its unsplit pages most,
	 * overflow takes .6 pages for each primary page, whatever the record;
	 * each stripe may leave one page partly unused.
	 */
	overflow = pages - pages / 4 + 2ull * p->stripes + 2;
	if (overflow < p->overflow_pages)
		overflow = p->overflow_pages;
	reference_pages = (~0u >> g->overflow_shift) - 1;
	if (reference_pages > KHMAP_PAGES_MAX)
		reference_pages = KHMAP_PAGES_MAX;
	plan->max_pages = (u32)pages;
	plan->overflow_max = (u32)(overflow < reference_pages ?
				   overflow : reference_pages);
	return 0;
}

int khmap_table_bytes(const struct khmap_table_params *params, u64 *bytes)
{
	struct khmap_plan plan;
	int err;

	err = khmap_plan_make(params, &plan);
	if (err)
		return err;
	*bytes = KHMAP_OS_PAGE_SIZE + sizeof(struct khmap_table) +
		 params->stripes * sizeof(struct khmap_stripe);
	if (!plan.geometry.inline_slots)
		*bytes += KHMAP_OS_PAGE_SIZE + sizeof(struct khmap_leaf) +
			  sizeof(struct khmap_branch);
	return 0;
}

static void khmap_header_fill(struct khmap_table *table,
			      const struct khmap_table_params *params,
			      const struct khmap_plan *plan)
{
	struct khmap_image_header *h = table->header;
	u64 primary_size = (u64)plan->max_pages << KHMAP_OS_PAGE_SHIFT;
	u64 overflow_size = (u64)plan->overflow_max << KHMAP_OS_PAGE_SHIFT;

	memcpy(h->magic, KHMAP_IMAGE_MAGIC, KHMAP_IMAGE_MAGIC_LEN);
	h->byte_order = KHMAP_BYTE_ORDER;
	h->version = KHMAP_IMAGE_VERSION;
	h->kind = KHMAP_IMAGE_LIVE;
	h->hash_secret[0] = params->secret[0];
	h->hash_secret[1] = params->secret[1];
	h->hash_kind = params->hash_kind;
	h->load_percent = params->load_percent;
	h->geometry = plan->geometry;
	h->primary_offset = KHMAP_REGION_ALIGN;
	h->primary_pages_max = plan->max_pages;
	h->overflow_offset = (h->primary_offset + primary_size +
			      KHMAP_REGION_ALIGN - 1) &
			     ~(KHMAP_REGION_ALIGN - 1);
	h->overflow_pages_max = plan->overflow_max;
	h->image_size = h->overflow_offset + overflow_size;
	h->schema_offset = params->schema_length ? KHMAP_HEADER_SIZE : 0;
	h->schema_length = params->schema_length;
	h->schema_hash = khmap_schema_text_hash(params->schema,
						params->schema_length);
	if (params->schema_length)
		memcpy((char *)h + KHMAP_HEADER_SIZE, params->schema,
		       params->schema_length);
	h->map_id = params->map_id;
	h->created_ns = params->created_ns;
	h->max_entries = table->max_entries;
	if (params->name)
		memcpy(h->name, params->name, strlen(params->name));
}

static int khmap_table_stripes(struct khmap_table *table, u32 count)
{
	u32 i;

	table->stripes = os_alloc(table->account,
				  count * sizeof(*table->stripes));
	if (!table->stripes)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		os_lock_init(&table->stripes[i].lock);
	table->stripe_mask = count - 1;
	table->stripe_count = count;
	return 0;
}

int khmap_table_create(const struct khmap_table_params *params,
		       struct khmap_account *account,
		       struct khmap_table **result)
{
	struct khmap_table *table;
	struct khmap_plan plan;
	int err;

	err = khmap_plan_make(params, &plan);
	if (err)
		return err;
	table = os_alloc(account, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->account = account;
	table->geometry = plan.geometry;
	table->secret[0] = params->secret[0];
	table->secret[1] = params->secret[1];
	table->hash_kind = params->hash_kind;
	table->eight = params->hash_kind == KHMAP_HASH_FOLD &&
		       khmap_geometry_same(&table->geometry,
					   &khmap_geometry_eight);
	table->max_entries = params->max_entries ? params->max_entries :
						   KHMAP_ENTRIES_MAX;
	table->overflow_max = plan.overflow_max;
	table->growth.entry_places = plan.entry_places;
	table->growth.hint_pages = plan.hint_pages;
	table->growth.max_pages = plan.max_pages;
	khmap_extents_init(&table->primary, plan.max_pages);
	khmap_extents_init(&table->overflow, plan.overflow_max);
	khmap_extents_init(&table->overflow_owner, plan.overflow_max);
	os_lock_init(&table->growth.split_lock);
	os_mutex_init(&table->growth.stage_lock);
	os_lock_init(&table->grow_lock);
	khmap_saves_init(&table->saves);
	os_lock_init(&table->header_lock);

	err = -ENOMEM;
	table->header = os_pages_alloc(account, 0, 0);
	if (!table->header)
		goto fail;
	khmap_header_fill(table, params, &plan);
	if (khmap_table_stripes(table, params->stripes))
		goto fail;
	/* A record too large for the header page needs a page from the start. */
	if (!plan.geometry.inline_slots) {
		err = khmap_grow_stage(table, khmap_shape(1, 0));
		if (err)
			goto fail;
		khmap_shape_store(table->header, khmap_shape(1, 0));
	}
	*result = table;
	return 0;

fail:
	khmap_table_destroy(table);
	return err;
}

void khmap_table_destroy(struct khmap_table *table)
{
	struct khmap_account *account;
	u32 i;

	if (!table)
		return;
	account = table->account;
	if (table->header) {
		khmap_overflow_free(table);
		khmap_extents_drain(&table->overflow, account,
				    table->header->overflow_offset >>
				    KHMAP_OS_PAGE_SHIFT, 0);
		khmap_extents_drain(&table->primary, account,
				    table->header->primary_offset >>
				    KHMAP_OS_PAGE_SHIFT, 0);
	}
	khmap_extents_free(&table->primary, account);
	khmap_extents_free(&table->overflow_owner, account);
	khmap_extents_free(&table->overflow, account);
	if (table->stripes) {
		for (i = 0; i < table->stripe_count; i++)
			os_lock_destroy(&table->stripes[i].lock);
		os_free(account, table->stripes,
			table->stripe_count * sizeof(*table->stripes));
	}
	if (table->header)
		os_pages_free(account, 0, table->header, 0);
	os_lock_destroy(&table->header_lock);
	os_lock_destroy(&table->grow_lock);
	khmap_saves_destroy(&table->saves);
	os_mutex_destroy(&table->growth.stage_lock);
	os_lock_destroy(&table->growth.split_lock);
	os_free(account, table, sizeof(*table));
}

void *khmap_table_page(struct khmap_table *table, u64 page)
{
	const struct khmap_image_header *h = table->header;
	u64 primary = h->primary_offset >> KHMAP_OS_PAGE_SHIFT;
	u64 overflow = h->overflow_offset >> KHMAP_OS_PAGE_SHIFT;

	if (!page)
		return table->header;
	if (page >= overflow && page - overflow <= KHMAP_PAGES_MAX)
		return khmap_extents_get(&table->overflow,
					 (u32)(page - overflow));
	if (page >= primary && page - primary <= KHMAP_PAGES_MAX)
		return khmap_extents_get(&table->primary,
					 (u32)(page - primary));
	return NULL;
}
