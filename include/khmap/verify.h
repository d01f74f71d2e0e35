/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * verify.h - walk a whole map: count what is where, check every invariant
 *
 * Both calls work on private copies of chains, each as it was at one instant,
 * and so on maps that are being written, too.
 */
#ifndef KHMAP_VERIFY_H
#define KHMAP_VERIFY_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct khmap_survey - What is where in a map.
 * @size: sizeof(struct khmap_survey), to be set by the caller
 * @page_size: bytes of a page
 * @entries: keys
 * @overflow_entries: of those, keys in overflow buckets
 * @buckets: primary buckets, or 1 for a map in its header page
 * @slots: slots of those
 * @overflow_buckets: overflow buckets in chains
 * @overflow_slots: slots of those
 * @chains: [n]: chains of n buckets; [0] counts empty ones, which are not
 *	    counted at [1]
 * @image_bytes: header page and pages of both regions
 * @record_bytes: key_size + value_size
 * @head_bytes: in each primary bucket, sequence, overflow reference and tags
 * @padding_bytes: in each slot, bytes of neither key nor value
 * @tail_bytes: in each primary bucket, bytes behind its last slot
 * @page_tail_bytes: in each primary page, bytes behind its last bucket
 * @reserved: 0
 *
 * bytes per entry: image_bytes / entries.  Waste per slot of a full bucket:
 * padding_bytes + (head_bytes + tail_bytes) / slots of a bucket +
 * page_tail_bytes / slots of a page.
 */
struct khmap_survey {
	__u32 size;
	__u32 page_size;
	__u64 entries;
	__u64 overflow_entries;
	__u64 buckets;
	__u64 slots;
	__u64 overflow_buckets;
	__u64 overflow_slots;
	__u64 chains[KHMAP_CHAIN_MAX + 1];
	__u64 image_bytes;
	__u32 record_bytes;
	__u32 head_bytes;
	__u32 padding_bytes;
	__u32 tail_bytes;
	__u32 page_tail_bytes;
	__u32 reserved;
};

/**
 * khmap_survey() - Walk a map and count.
 * @map: the map
 * @survey: filled
 *
 * Return: 0; -EUCLEAN a chain is corrupt; -EAGAIN a bucket was being written
 * all the time; -ENOMEM.
 */
int khmap_survey(const struct khmap *map, struct khmap_survey *survey);

/**
 * enum khmap_part - A part of an image.
 * @KHMAP_PART_HEADER: the header page
 * @KHMAP_PART_INLINE: the inline bucket in it
 * @KHMAP_PART_PRIMARY: the primary region
 * @KHMAP_PART_OVERFLOW: the overflow region
 * @KHMAP_PART_CHECKSUMS: a file's table of checksums
 * @KHMAP_PART_FILE: the file as such
 */
enum khmap_part {
	KHMAP_PART_HEADER,
	KHMAP_PART_INLINE,
	KHMAP_PART_PRIMARY,
	KHMAP_PART_OVERFLOW,
	KHMAP_PART_CHECKSUMS,
	KHMAP_PART_FILE,
};

#define KHMAP_NOWHERE	0xffffffffu	/* a finding has no such place */

/**
 * struct khmap_finding - Something in an image that must not be.
 * @rule: short name of the invariant, such as "tophash"; stable
 * @part: enum khmap_part
 * @page: within the part, or KHMAP_NOWHERE
 * @bucket: within the page, or KHMAP_NOWHERE
 * @slot: within the bucket, or KHMAP_NOWHERE
 * @err: positive errno with which khmap_open() refuses the image for it; 0 if it
 *	 does not
 * @fatal: a lookup would not be safe
 * @offset: bytes from the image's start
 * @expected: what should be there
 * @found: what is there
 * @text: all of it in a sentence
 *
 * Texts are valid during the call only.
 */
struct khmap_finding {
	const char *rule;
	__u32 part;
	__u32 page;
	__u32 bucket;
	__u32 slot;
	__s32 err;
	__u32 fatal;
	__u64 offset;
	const char *expected;
	const char *found;
	const char *text;
};

/**
 * struct khmap_verify_options - How to verify, and what came of it.
 * @size: sizeof(struct khmap_verify_options)
 * @flags: must be 0
 * @finding: called for each fault; the walk ends if it returns non-zero; or NULL
 * @progress: called now and then with pages done and pages in all; the walk ends
 *	      with -ECANCELED if it returns non-zero; or NULL
 * @context: first argument of both
 * @findings: out: faults that were found
 * @entries: out: keys that were seen
 * @chains: out: chains that were seen
 * @pages: out: pages whose checksum was compared
 * @unsettled: out: chains that were being written all the time, not checked
 * @skipped: out: pages that could not be read, and so not be checked for zeros
 * @counts_compared: out: whether nobody wrote, so that counts and free buckets
 *		     could be checked too
 * @reserved: 0
 */
struct khmap_verify_options {
	__u32 size;
	__u32 flags;
	int (*finding)(void *context, const struct khmap_finding *finding);
	int (*progress)(void *context, __u64 done, __u64 total);
	void *context;
	__u64 findings;
	__u64 entries;
	__u64 chains;
	__u64 pages;
	__u64 unsettled;
	__u64 skipped;
	__u32 counts_compared;
	__u32 reserved;
};

/**
 * khmap_verify() - Check every invariant of an image.
 * @map: the map; one opened with KHMAP_OPEN_DAMAGED shows what is wrong with its
 *	 header too
 * @options: see there
 *
 * Each key in its bucket by hash and shape, and no key twice; tags and filters;
 * chains dense, of KHMAP_CHAIN_MAX buckets at most, without cycles and apart;
 * sequences even; counts; zeros wherever nothing is stored; checksums.  A live
 * map may be written meanwhile: each chain is checked as it was at one instant.
 *
 * Return: 0 and nothing found; 1 and @options->findings faults; -ECANCELED
 * @options->progress said so; -EINVAL @options is smaller than its first version;
 * -E2BIG what the library does not know of it is not zero; -EOPNOTSUPP
 * @options->flags is not 0; -ENOMEM.
 */
int khmap_verify(const struct khmap *map, struct khmap_verify_options *options);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_VERIFY_H */
