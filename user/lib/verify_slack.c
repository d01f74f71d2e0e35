// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * verify_slack.c - what belongs to no chain: owners of overflow buckets, zeros
 *
 * In a live map some of these pages may not exist, and to touch one of those
 * raises SIGBUS.  So pages that no chain leads to are read with a system call,
 * which tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "error.h"
#include "lost.h"
#include "map.h"
#include "memory.h"
#include "verify.h"

/*
 * Room for all that a reference may lead to, but only what is written takes
 * memory: one reference to the end of a sparse file must not cost more than a
 * page.
 */
int khmap_verify_owners_init(struct khmap_verifier *verifier)
{
	const struct khmap_geometry *g = &verifier->map->reader.geometry;
	__u64 count = (khmap_header(verifier->map)->overflow_pages_max + 1) * g->overflow_per_page;
	void *owners;

	if (count > SIZE_MAX / 2 / sizeof(*verifier->owners))
		return khmap_fail(ENOMEM, "no address space to note the owners of buckets");
	owners = mmap(NULL, (size_t)count * sizeof(*verifier->owners), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (owners == MAP_FAILED)
		return khmap_fail(ENOMEM, "no memory to note the owners of overflow buckets");
	/* Advice only: without, each that is noted may take 2 MiB. */
	madvise(owners, (size_t)count * sizeof(*verifier->owners), MADV_NOHUGEPAGE);
	verifier->owners = owners;
	verifier->owner_count = (size_t)count;
	return 0;
}

void khmap_verify_owners_free(struct khmap_verifier *verifier)
{
	if (verifier->owners)
		khmap_memory_unmap(verifier->owners,
				   verifier->owner_count * sizeof(*verifier->owners));
	verifier->owners = NULL;
}

static bool khmap_chain_leads_to(const struct khmap_chain *chain, __u32 reference)
{
	__u32 link;

	for (link = 1; link < chain->count; link++)
		if (chain->links[link].reference == reference)
			return true;
	return false;
}

/*
 * In a live map a bucket may have moved from one chain to another since the
 * first was seen.  It is a fault only if both have it at one instant.
 */
static bool khmap_owners_shared(struct khmap_verifier *verifier, __u64 owner, __u32 reference)
{
	__u32 per_page = verifier->map->reader.geometry.buckets_per_page;
	struct khmap_chain *other = &verifier->other;

	if (!verifier->live)
		return true;
	return !khmap_chain_copy(other, verifier->chain.shape, (__u32)((owner - 1) / per_page),
				 (__u32)((owner - 1) % per_page)) &&
	       khmap_chain_leads_to(other, reference) &&
	       khmap_chain_unchanged(&verifier->chain) && khmap_chain_unchanged(other);
}

void khmap_verify_owners(struct khmap_verifier *verifier)
{
	const struct khmap_chain *chain = &verifier->chain;
	const struct khmap_geometry *g = &verifier->map->reader.geometry;
	__u64 self = (__u64)chain->page * g->buckets_per_page + chain->bucket + 1;
	struct khmap_spot spot;
	__u32 link, reference;
	size_t index;

	for (link = 1; link < chain->count; link++) {
		reference = chain->links[link].reference;
		index = (size_t)khmap_reference_page(g, reference) * g->overflow_per_page +
			khmap_reference_bucket(g, reference);
		if (verifier->owners[index] &&
		    khmap_owners_shared(verifier, verifier->owners[index], reference)) {
			__u64 owner = verifier->owners[index] - 1;

			spot = khmap_verify_link_spot(chain, link, "shared", 0);
			khmap_report_add(&verifier->report, &spot, "a bucket of one chain only",
					 "in the chains of primary page %u bucket %u and page %u bucket %u",
					 (__u32)(owner / g->buckets_per_page),
					 (__u32)(owner % g->buckets_per_page), chain->page,
					 chain->bucket);
		}
		verifier->owners[index] = self;
	}
}

bool khmap_verify_owner(const struct khmap_verifier *verifier, __u32 page, __u32 bucket)
{
	size_t index = (size_t)page * verifier->map->reader.geometry.overflow_per_page + bucket;

	return index < verifier->owner_count && verifier->owners[index];
}

/* A page of the image into private memory; false if there is none, or none that can be read. */
static bool khmap_slack_page(const struct khmap_verifier *verifier, __u64 offset,
			     unsigned char *page)
{
	const struct khmap_object *object = khmap_object(verifier->map);
	size_t size = (size_t)1 << object->header.geometry.page_shift;
	struct iovec to = { .iov_base = page, .iov_len = size };
	struct iovec from = {
		.iov_base = (void *)(uintptr_t)(object->base + offset),
		.iov_len = size,
	};
	ssize_t got;

	if (object->origin == KHMAP_ORIGIN_FILE) {
		memcpy(page, object->base + offset, size);
		return true;
	}
	got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	/* Only EFAULT says that there is no page; a system may forbid the call, too. */
	if (got != (ssize_t)size && !(got < 0 && errno == EFAULT))
		verifier->options->skipped++;
	return got == (ssize_t)size;
}

static void khmap_slack_header(struct khmap_verifier *verifier, const unsigned char *page)
{
	const struct khmap_object *object = khmap_object(verifier->map);
	const struct khmap_geometry *g = &object->header.geometry;
	__u32 begin = KHMAP_HEADER_SIZE, end = g->inline_offset;
	__u32 bucket_end = g->inline_offset +
			   khmap_slot_offset(g, KHMAP_INLINE_TAGS, g->inline_slots);

	if (object->header.schema_length) {
		khmap_verify_zeros(verifier, page + begin, object->header.schema_offset - begin,
				   khmap_spot(KHMAP_PART_HEADER, "slack", KHMAP_NOWHERE, begin),
				   KHMAP_NOWHERE);
		begin = object->header.schema_offset + object->header.schema_length;
	}
	khmap_verify_zeros(verifier, page + begin, end - begin,
			   khmap_spot(KHMAP_PART_HEADER, "slack", KHMAP_NOWHERE, begin),
			   KHMAP_NOWHERE);
	khmap_verify_zeros(verifier, page + bucket_end, (1u << g->page_shift) - bucket_end,
			   khmap_spot(KHMAP_PART_HEADER, "slack", KHMAP_NOWHERE, bucket_end),
			   KHMAP_NOWHERE);
}

/* Is it one that a best-effort snapshot has lost?  Then there is nothing to check. */
static bool khmap_slack_lost(struct khmap_verifier *verifier, enum khmap_part part, __u32 page,
			     __u64 offset, const unsigned char *bytes)
{
	struct khmap_spot spot = khmap_spot(part, "lost", page, offset);

	if (!khmap_lost_page(bytes))
		return false;
	khmap_report_add(&verifier->report, &spot, "a page of the map", "none: the snapshot has lost it");
	return true;
}

static int khmap_slack_progress(const struct khmap_verifier *verifier, __u32 done, __u32 pages)
{
	const struct khmap_verify_options *options = verifier->options;

	if (done % KHMAP_VERIFY_PROGRESS || !options->progress ||
	    !options->progress(options->context, done, pages))
		return 0;
	return khmap_fail(ECANCELED, "cancelled at page %u of %u, looking for what is not zero",
			  done, pages);
}

/* Tails of the pages that the shape reaches, and all of the others. */
static int khmap_slack_primary(struct khmap_verifier *verifier, __u32 pages,
			       unsigned char *page)
{
	const struct khmap_geometry *g = &verifier->map->reader.geometry;
	__u32 reached = khmap_shape_pages(khmap_map_shape(verifier->map)), i;
	__u32 tail = g->buckets_per_page * g->bucket_stride;
	__u64 offset = khmap_header(verifier->map)->primary_offset;
	int err = 0;

	for (i = 0; i < pages && !verifier->report.stopped && !err;
	     i++, offset += 1ull << g->page_shift) {
		bool used = i < reached;
		__u32 from = used ? tail : 0;

		err = khmap_slack_progress(verifier, i + 1, pages);
		/* A page that growth reaches meanwhile is nobody's fault. */
		if (!khmap_slack_page(verifier, offset, page) ||
		    khmap_slack_lost(verifier, KHMAP_PART_PRIMARY, i, offset, page) ||
		    (!used && i < khmap_shape_pages(khmap_map_shape(verifier->map))))
			continue;
		khmap_verify_zeros(verifier, page + from, (1u << g->page_shift) - from,
				   khmap_spot(KHMAP_PART_PRIMARY, used ? "slack" : "unused", i,
					      offset + from), KHMAP_NOWHERE);
	}
	return err;
}

/*
 * Buckets that are in no chain; false once somebody writes: then one of them may
 * have come into use since.  Who wrote what was read here has been counted by
 * the time that the kernel answers, as it takes the locks to count.
 */
static bool khmap_slack_free(struct khmap_verifier *verifier, const struct khmap_ioc_stat *stat,
			     __u32 page, __u64 offset, const unsigned char *bytes)
{
	const struct khmap_geometry *g = &verifier->map->reader.geometry;
	struct khmap_ioc_stat now;
	struct khmap_spot spot;
	__u32 bucket;

	for (bucket = 0; bucket < g->overflow_per_page; bucket++, bytes += g->overflow_stride) {
		if (khmap_verify_owner(verifier, page, bucket) ||
		    khmap_verify_zero(bytes, g->overflow_stride))
			continue;
		if (verifier->live && (khmap_stat(verifier->map, &now) ||
				       !khmap_verify_quiet(verifier, stat, &now)))
			return false;
		spot = khmap_spot(KHMAP_PART_OVERFLOW, "free", page,
				  offset + bucket * g->overflow_stride);
		spot.bucket = bucket;
		khmap_verify_zeros(verifier, bytes, g->overflow_stride, spot, KHMAP_NOWHERE);
	}
	return true;
}

static int khmap_slack_overflow(struct khmap_verifier *verifier, __u32 pages,
				const struct khmap_ioc_stat *stat, bool quiet,
				unsigned char *page)
{
	const struct khmap_geometry *g = &verifier->map->reader.geometry;
	__u32 tail = g->overflow_per_page * g->overflow_stride, i;
	__u64 offset = khmap_header(verifier->map)->overflow_offset;
	int err = 0;

	for (i = 0; i < pages && !verifier->report.stopped && !err;
	     i++, offset += 1ull << g->page_shift) {
		err = khmap_slack_progress(verifier, i + 1, pages);
		if (!khmap_slack_page(verifier, offset, page) ||
		    khmap_slack_lost(verifier, KHMAP_PART_OVERFLOW, i, offset, page))
			continue;
		khmap_verify_zeros(verifier, page + tail, (1u << g->page_shift) - tail,
				   khmap_spot(KHMAP_PART_OVERFLOW, "slack", i, offset + tail),
				   KHMAP_NOWHERE);
		if (quiet)
			quiet = khmap_slack_free(verifier, stat, i, offset, page);
	}
	return err;
}

int khmap_verify_slack(struct khmap_verifier *verifier, const struct khmap_ioc_stat *stat,
		       bool quiet)
{
	const struct khmap_image_header *header = khmap_header(verifier->map);
	unsigned char *page = malloc((size_t)1 << header->geometry.page_shift);
	bool file = khmap_object(verifier->map)->origin == KHMAP_ORIGIN_FILE;
	__u64 primary = file ? header->primary_pages_max : stat->primary_pages;
	__u64 overflow = file ? header->overflow_pages_max : stat->overflow_pages;
	int err;

	if (!page)
		return khmap_fail(ENOMEM, "no memory for a page");
	if (primary > header->primary_pages_max)
		primary = header->primary_pages_max;
	if (overflow > header->overflow_pages_max)
		overflow = header->overflow_pages_max;
	if (khmap_slack_page(verifier, 0, page))
		khmap_slack_header(verifier, page);
	err = khmap_slack_primary(verifier, (__u32)primary, page);
	if (!err)
		err = khmap_slack_overflow(verifier, (__u32)overflow, stat, quiet, page);
	free(page);
	return err;
}
