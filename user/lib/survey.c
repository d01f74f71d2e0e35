// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * survey.c - walk a map and count what is where
 */
#include <errno.h>

#include <khmap/verify.h>

#include "chain.h"
#include "error.h"
#include "lost.h"
#include "map.h"

static void khmap_survey_chain(const struct khmap_chain *chain, struct khmap_survey *survey)
{
	struct khmap_link_form first = khmap_chain_form(chain, 0);
	__u32 overflow, entries = khmap_chain_entries(chain, &overflow);
	__u32 links = chain->count - 1;

	survey->entries += entries;
	survey->overflow_entries += overflow;
	survey->buckets++;
	survey->slots += first.slots;
	survey->overflow_buckets += links;
	if (links)
		survey->overflow_slots += (__u64)links * khmap_chain_form(chain, 1).slots;
	survey->chains[entries ? chain->count : 0]++;
}

static int khmap_survey_one(struct khmap_chain *chain, __u32 shape, __u32 page, __u32 bucket,
			    struct khmap_survey *survey)
{
	int err = khmap_chain_copy(chain, shape, page, bucket);

	if (err)
		return err;
	if (khmap_lost_chain(chain))
		return khmap_lost_fail(khmap_object(chain->map), "");
	if (chain->end != KHMAP_CHAIN_ENDS)
		return khmap_fail(EUCLEAN, "%s: page %u bucket %u: the chain does not end",
				  khmap_object(chain->map)->name, page, bucket);
	khmap_survey_chain(chain, survey);
	return 0;
}

static void khmap_survey_sizes(const struct khmap *map, __u32 shape,
			       struct khmap_survey *survey)
{
	const struct khmap_geometry *g = &map->reader.geometry;
	struct khmap_ioc_stat stat = { .size = sizeof(stat) };

	survey->page_size = 1u << g->page_shift;
	survey->record_bytes = g->key_size + g->value_size;
	survey->padding_bytes = g->slot_stride - survey->record_bytes;
	survey->head_bytes = KHMAP_BUCKET_TAGS + (shape ? g->tags_size : KHMAP_INLINE_TAGS);
	if (shape) {
		survey->tail_bytes = g->bucket_stride -
				     khmap_slot_offset(g, g->tags_size, g->bucket_slots);
		survey->page_tail_bytes = survey->page_size -
					  g->buckets_per_page * g->bucket_stride;
	}
	/* The walk has gone well: counts of pages are all that is wanted here. */
	if (!khmap_stat(map, &stat))
		survey->image_bytes = (1ull + stat.primary_pages + stat.overflow_pages)
				      << g->page_shift;
}

int khmap_survey(const struct khmap *map, struct khmap_survey *survey)
{
	__u32 shape = khmap_map_shape(map), page, bucket;
	struct khmap_chain chain;
	int err = khmap_options_check("khmap_survey", survey, sizeof(*survey), ~0u);

	if (err)
		return err;
	*survey = (struct khmap_survey){ .size = sizeof(*survey) };
	err = khmap_chain_init(&chain, map);
	if (err)
		return err;
	if (!shape) {
		err = khmap_survey_one(&chain, 0, 0, 0, survey);
		/* It was promoted meanwhile: see what is in the pages. */
		if (!err && khmap_map_shape(map)) {
			shape = khmap_map_shape(map);
			*survey = (struct khmap_survey){ .size = sizeof(*survey) };
		}
	}
	for (page = 0; page < khmap_shape_pages(shape) && !err; page++)
		for (bucket = 0; bucket < map->reader.geometry.buckets_per_page && !err; bucket++)
			err = khmap_survey_one(&chain, shape, page, bucket, survey);
	khmap_chain_free(&chain);
	if (!err)
		khmap_survey_sizes(map, shape, survey);
	return err;
}
