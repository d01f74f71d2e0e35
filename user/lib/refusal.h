/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * refusal.h - the finding for which an image is refused
 */
#ifndef KHMAP_LIB_REFUSAL_H
#define KHMAP_LIB_REFUSAL_H

#include <khmap/verify.h>

/**
 * struct khmap_refusal - The finding for which an image is refused.
 * @damaged: only fatal ones count
 * @err: its errno; 0 as long as there is none
 * @text: its text
 */
struct khmap_refusal {
	bool damaged;
	int err;
	char text[512];
};

/**
 * khmap_refusal_note() - Keep the first finding that counts.
 * @context: struct khmap_refusal
 * @finding: any
 *
 * A struct khmap_report's @finding.
 *
 * Return: 1 if it counts, so that the search ends; else 0.
 */
int khmap_refusal_note(void *context, const struct khmap_finding *finding);

/**
 * khmap_refusal_result() - Refuse an image, if there was such a finding.
 * @name: of the image
 * @refusal: what was found
 *
 * Return: 0; the finding's errno, negative, with a reason.
 */
int khmap_refusal_result(const char *name, const struct khmap_refusal *refusal);

#endif /* KHMAP_LIB_REFUSAL_H */
