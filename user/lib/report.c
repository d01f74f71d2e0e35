// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * report.c - findings in an image, on their way to the caller
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

static const char *const khmap_part_names[] = {
	[KHMAP_PART_HEADER] = "header",
	[KHMAP_PART_INLINE] = "inline bucket",
	[KHMAP_PART_PRIMARY] = "primary",
	[KHMAP_PART_OVERFLOW] = "overflow",
	[KHMAP_PART_CHECKSUMS] = "checksums",
	[KHMAP_PART_FILE] = "file",
};

/* "overflow page 3 bucket 17 slot 2 at 0x41c88" */
static void khmap_spot_text(const struct khmap_spot *spot, char *text, size_t size)
{
	const struct {
		const char *name;
		__u32 value;
	} parts[] = {
		{ "page", spot->page },
		{ "bucket", spot->bucket },
		{ "slot", spot->slot },
	};
	size_t used, i;

	used = (size_t)snprintf(text, size, "%s", khmap_part_names[spot->part]);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].value != KHMAP_NOWHERE)
			used += (size_t)snprintf(text + used, size - used, " %s %u",
						 parts[i].name, parts[i].value);
	if (spot->part != KHMAP_PART_FILE)
		snprintf(text + used, size - used, " at 0x%llx",
			 (unsigned long long)spot->offset);
}

void khmap_report_add(struct khmap_report *report, const struct khmap_spot *spot,
		      const char *expected, const char *fmt, ...)
{
	char found[KHMAP_FINDING_WORDS], where[KHMAP_FINDING_WORDS];
	char text[4 * KHMAP_FINDING_WORDS];
	struct khmap_finding finding = {
		.rule = spot->rule,
		.part = spot->part,
		.page = spot->page,
		.bucket = spot->bucket,
		.slot = spot->slot,
		.err = spot->err,
		.fatal = spot->fatal,
		.offset = spot->offset,
		.expected = expected,
		.found = found,
		.text = text,
	};
	va_list args;

	if (report->stopped)
		return;
	va_start(args, fmt);
	vsnprintf(found, sizeof(found), fmt, args);
	va_end(args);
	khmap_spot_text(spot, where, sizeof(where));
	snprintf(text, sizeof(text), "%s: %s: expected %s, found %s", where, spot->rule, expected,
		 found);
	report->count++;
	if (report->finding && report->finding(report->context, &finding))
		report->stopped = true;
}
