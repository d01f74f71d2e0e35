// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * create.c - a table's size, its header page, its end
 */
#include "bucket.h"
#include "overflow.h"

/* Regions of a live map start on boundaries of so many bytes, for huge pages. */
#define KHMAP_REGION_ALIGN	(2ull << 20)

/**
 * struct khmap_plan - what a table's parameters come to
 * @geometry: solved
 * @primary_pages: of the primary region
 * @overflow_max: pages that the overflow region may have
 * @max_entries: the ceiling
 * @starts_inline: the map begins in its header page
 */
struct khmap_plan {
	struct khmap_geometry geometry;
	u32 primary_pages;
	u32 overflow_max;
	u64 max_entries;
	bool starts_inline;
};

/*
 * Between two powers of two, linear hashing has pages of two loads, one twice
 * the other, and nearly all that overflows is in the fuller ones.  Where the
 * next power of two is near, its evenness is worth an eighth more pages.
 */
static u64 khmap_even_pages(u64 pages)
{
	u64 even = 1;

	while (even < pages)
		even <<= 1;
	return even - pages <= even / 8 && even <= KHMAP_PAGES_MAX ? even :
								     pages;
}

static int khmap_plan_make(const struct khmap_table_params *p,
			   struct khmap_plan *plan)
{
	struct khmap_geometry *g = &plan->geometry;
	u64 per_page, pages, overflow;
	u32 reference_pages;
	int err;

	if (!p->expected_entries || !p->stripes ||
	    p->stripes > KHMAP_STRIPES || p->stripes & (p->stripes - 1) ||
	    p->load_percent < 10 || p->load_percent > 95 ||
	    p->schema_length > KHMAP_SCHEMA_MAX ||
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

	/* Hundredths of a slot, so that small pages are not rounded away. */
	per_page = (u64)g->buckets_per_page * g->bucket_slots *
		   p->load_percent;
	if (p->expected_entries > KHMAP_PAGES_MAX * per_page / 100)
		return -E2BIG;
	pages = (p->expected_entries * 100 + per_page - 1) / per_page;
	if (pages > KHMAP_PAGES_MAX)
		return -E2BIG;
	if (!p->fewest_pages)
		pages = khmap_even_pages(pages);

	/*
	 * At a load of .95, in the shape that crowds its unsplit pages most,
	 * overflow takes .6 pages for each primary page, whatever the record;
	 * each stripe may leave one page partly unused.
	 */
	overflow = pages - pages / 4 + 2ull * p->stripes + 2;
	reference_pages = (~0u >> g->overflow_shift) - 1;
	if (reference_pages > KHMAP_PAGES_MAX)
		reference_pages = KHMAP_PAGES_MAX;
	if (overflow > reference_pages)
		overflow = reference_pages;

	plan->primary_pages = (u32)pages;
	plan->overflow_max = (u32)overflow;
	plan->max_entries = p->max_entries;
	if (!plan->max_entries)
		plan->max_entries = pages * per_page / 100;
	if (plan->max_entries < p->expected_entries)
		plan->max_entries = p->max_entries ? p->max_entries :
						     p->expected_entries;
	plan->starts_inline = pages == 1 &&
			      p->expected_entries <= g->inline_slots;
	return 0;
}

int khmap_table_bytes(const struct khmap_table_params *params, u64 *bytes)
{
	struct khmap_plan plan;
	u64 leaves;
	int err;

	err = khmap_plan_make(params, &plan);
	if (err)
		return err;
	leaves = (plan.primary_pages + KHMAP_LEAF_PAGES - 1) >>
		 KHMAP_LEAF_SHIFT;
	*bytes = ((u64)plan.primary_pages + 1) << KHMAP_OS_PAGE_SHIFT;
	*bytes += leaves * (sizeof(struct khmap_leaf) + sizeof(void *));
	*bytes += 2 * ((plan.overflow_max + KHMAP_LEAF_PAGES - 1) >>
		       KHMAP_LEAF_SHIFT) * sizeof(void *);
	*bytes += params->stripes * sizeof(struct khmap_stripe);
	*bytes += sizeof(struct khmap_table);
	return 0;
}

static void khmap_header_fill(struct khmap_table *table,
			      const struct khmap_table_params *params,
			      const struct khmap_plan *plan)
{
	struct khmap_image_header *h = table->header;
	u64 primary_size = (u64)plan->primary_pages << KHMAP_OS_PAGE_SHIFT;
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
	h->primary_pages_max = plan->primary_pages;
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
	h->max_entries = plan->max_entries;
	h->primary_pages = plan->primary_pages;
	if (params->name)
		memcpy(h->name, params->name, strlen(params->name));
	if (!plan->starts_inline)
		khmap_shape_store(h, khmap_shape(plan->primary_pages, 0));
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
	table->max_entries = plan.max_entries;
	table->overflow_max = plan.overflow_max;
	os_lock_init(&table->grow_lock);
	os_lock_init(&table->header_lock);

	err = -ENOMEM;
	table->header = os_pages_alloc(account, 0, 0);
	if (!table->header)
		goto fail;
	khmap_header_fill(table, params, &plan);
	if (khmap_table_stripes(table, params->stripes) ||
	    khmap_extents_init(&table->overflow, account, plan.overflow_max) ||
	    khmap_extents_init(&table->overflow_owner, account,
			       plan.overflow_max) ||
	    khmap_extents_init(&table->primary, account, plan.primary_pages) ||
	    khmap_extents_fill(&table->primary, account,
			       table->header->primary_offset >>
			       KHMAP_OS_PAGE_SHIFT, 0, plan.primary_pages,
			       NULL))
		goto fail;
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
				    KHMAP_OS_PAGE_SHIFT);
		khmap_extents_drain(&table->primary, account,
				    table->header->primary_offset >>
				    KHMAP_OS_PAGE_SHIFT);
	}
	khmap_extents_free(&table->primary, account);
	khmap_extents_free(&table->overflow_owner, account);
	khmap_extents_free(&table->overflow, account);
	if (table->stripes) {
		for (i = 0; i <= table->stripe_mask; i++)
			os_lock_destroy(&table->stripes[i].lock);
		os_free(account, table->stripes, ((size_t)table->stripe_mask + 1) *
						 sizeof(*table->stripes));
	}
	if (table->header)
		os_pages_free(account, 0, table->header, 0);
	os_lock_destroy(&table->header_lock);
	os_lock_destroy(&table->grow_lock);
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
