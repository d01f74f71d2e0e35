/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * report.h - findings in an image, on their way to the caller
 */
#ifndef KHMAP_LIB_REPORT_H
#define KHMAP_LIB_REPORT_H

#include <khmap/verify.h>

#define KHMAP_FINDING_WORDS	160

/**
 * struct khmap_report - Where findings go.
 * @finding: called for each; non-zero ends the search
 * @context: its first argument
 * @count: findings so far
 * @stopped: @finding returned non-zero
 */
struct khmap_report {
	int (*finding)(void *context, const struct khmap_finding *finding);
	void *context;
	__u64 count;
	bool stopped;
};

/**
 * struct khmap_spot - A place in an image and the rule that is broken there.
 * @rule: see struct khmap_finding
 * @part: likewise
 * @page: likewise
 * @bucket: likewise
 * @slot: likewise
 * @err: likewise
 * @fatal: likewise
 * @offset: likewise
 */
struct khmap_spot {
	const char *rule;
	enum khmap_part part;
	__u32 page;
	__u32 bucket;
	__u32 slot;
	int err;
	bool fatal;
	__u64 offset;
};

/**
 * khmap_spot() - The place of a fault for which no image is refused.
 * @part: of the image
 * @rule: that is broken
 * @page: of the part, or KHMAP_NOWHERE
 * @offset: from the image's start
 */
static inline struct khmap_spot khmap_spot(enum khmap_part part, const char *rule, __u32 page,
					   __u64 offset)
{
	return (struct khmap_spot){
		.rule = rule,
		.part = part,
		.page = page,
		.bucket = KHMAP_NOWHERE,
		.slot = KHMAP_NOWHERE,
		.offset = offset,
	};
}

/**
 * khmap_report_add() - Report one finding.
 * @report: where to; nothing happens once it has stopped
 * @spot: where and what
 * @expected: what should be there
 * @fmt: printf format of what is there
 */
void khmap_report_add(struct khmap_report *report, const struct khmap_spot *spot,
		      const char *expected, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* KHMAP_LIB_REPORT_H */
