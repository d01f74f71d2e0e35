/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * verify.h - what the parts of khmap_verify() share
 */
#ifndef KHMAP_LIB_VERIFY_H
#define KHMAP_LIB_VERIFY_H

#include "chain.h"
#include "report.h"

#define KHMAP_VERIFY_PROGRESS	64	/* pages between two questions whether to go on */

/**
 * struct khmap_verifier - A verification under way.
 * @map: the map
 * @live: it may change meanwhile
 * @options: the caller's
 * @report: where findings go
 * @chain: the chain being checked
 * @other: a second one, to compare with
 * @owners: for each overflow bucket, 1 + the number of the primary bucket whose
 *	    chain has it; 0 if none has been seen
 * @owner_count: overflow buckets that @owners has room for
 * @entries: keys seen
 * @overflow_entries: of those, in overflow buckets
 * @overflow_buckets: overflow buckets seen in chains
 * @lost: chains of which a best-effort snapshot has lost a page
 */
struct khmap_verifier {
	const struct khmap *map;
	bool live;
	struct khmap_verify_options *options;
	struct khmap_report report;
	struct khmap_chain chain;
	struct khmap_chain other;
	__u64 *owners;
	size_t owner_count;
	__u64 entries;
	__u64 overflow_entries;
	__u64 overflow_buckets;
	__u64 lost;
};

/**
 * khmap_verify_chain() - Check one chain.
 * @verifier: its @chain is a copy that was right with its shape
 */
void khmap_verify_chain(struct khmap_verifier *verifier);

/**
 * khmap_verify_link_spot() - The place of a bucket of a chain.
 * @chain: the chain
 * @link: which bucket
 * @rule: that is broken there
 * @offset: where in the bucket
 */
struct khmap_spot khmap_verify_link_spot(const struct khmap_chain *chain, __u32 link,
					 const char *rule, __u32 offset);

/**
 * khmap_verify_owners_init() - Make room for the owners of overflow buckets.
 * @verifier: the verification
 *
 * Return: 0; -ENOMEM.
 */
int khmap_verify_owners_init(struct khmap_verifier *verifier);

/**
 * khmap_verify_owners_free() - Give it back.
 * @verifier: the verification
 */
void khmap_verify_owners_free(struct khmap_verifier *verifier);

/**
 * khmap_verify_quiet() - Has nobody written between two looks at the map?
 * @verifier: the verification
 * @before: the first
 * @after: the second
 */
bool khmap_verify_quiet(const struct khmap_verifier *verifier,
			const struct khmap_ioc_stat *before, const struct khmap_ioc_stat *after);

/**
 * khmap_verify_owners() - Check that a chain's overflow buckets are its own.
 * @verifier: its @chain has been copied
 */
void khmap_verify_owners(struct khmap_verifier *verifier);

/**
 * khmap_verify_owner() - Does a chain have an overflow bucket?
 * @verifier: all chains have been seen
 * @page: of the overflow region
 * @bucket: of the page
 */
bool khmap_verify_owner(const struct khmap_verifier *verifier, __u32 page, __u32 bucket);

/**
 * khmap_verify_zero() - Are all bytes zero?
 * @bytes: the bytes
 * @size: how many
 */
static inline bool khmap_verify_zero(const unsigned char *bytes, size_t size)
{
	while (size && !*bytes) {
		bytes++;
		size--;
	}
	return !size;
}

/**
 * khmap_verify_zeros() - Check that bytes are zero.
 * @verifier: where to report
 * @bytes: the bytes
 * @size: how many
 * @spot: their place; its offset is that of the first byte
 * @slot: report the slot too, if it is not KHMAP_NOWHERE
 */
void khmap_verify_zeros(struct khmap_verifier *verifier, const unsigned char *bytes, size_t size,
			struct khmap_spot spot, __u32 slot);

/**
 * khmap_verify_slack() - Check what belongs to no chain.
 * @verifier: all chains have been seen
 * @stat: of the map
 * @quiet: nobody wrote since the first chain was seen
 *
 * Tails of pages, the header page, pages that no shape reaches, and, when it was
 * quiet, overflow buckets that are in no chain.
 *
 * Return: 0; -ENOMEM.
 */
int khmap_verify_slack(struct khmap_verifier *verifier, const struct khmap_ioc_stat *stat,
		       bool quiet);

#endif /* KHMAP_LIB_VERIFY_H */
