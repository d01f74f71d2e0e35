/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * schema_test.h - a schema that must be right, for tests
 */
#ifndef KHMAP_SCHEMA_TEST_H
#define KHMAP_SCHEMA_TEST_H

#include <stdlib.h>

#include <khmap/schema.h>

#include "error.h"
#include "tap.h"

/* The schema of two texts; exits if they are refused. */
static inline struct khmap_schema *schema_of(const char *key, const char *value)
{
	struct khmap_schema *schema = NULL;

	if (khmap_schema_make(key, value, &schema)) {
		diag("%s", khmap_reason());
		exit(1);
	}
	return schema;
}

#endif /* KHMAP_SCHEMA_TEST_H */
