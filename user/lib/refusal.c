// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * refusal.c - the finding for which an image is refused
 */
#include <errno.h>
#include <stdio.h>

#include "error.h"
#include "refusal.h"

int khmap_refusal_note(void *context, const struct khmap_finding *finding)
{
	struct khmap_refusal *refusal = context;

	if (!finding->err || (refusal->damaged && !finding->fatal))
		return 0;
	refusal->err = finding->err;
	snprintf(refusal->text, sizeof(refusal->text), "%s", finding->text);
	return 1;
}

int khmap_refusal_result(const char *name, const struct khmap_refusal *refusal)
{
	static const char *const what[] = {
		"not a khmap image that can be read",
		"damaged",
		"not of a kind that this library reads",
		"not a khmap image",
	};
	unsigned int which = refusal->err == EINVAL ? 3 : refusal->err == EPROTONOSUPPORT ? 2 :
			     refusal->err == EBADMSG || refusal->err == EUCLEAN;

	if (!refusal->err)
		return 0;
	return khmap_fail(refusal->err, "%s: %s: %s", name, what[which], refusal->text);
}
