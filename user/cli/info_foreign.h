/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * info_foreign.h - what khmapctl info says of a file of the other byte order
 */
#ifndef KHMAP_CLI_INFO_FOREIGN_H
#define KHMAP_CLI_INFO_FOREIGN_H

#include "cli.h"
#include "foreign.h"

/**
 * info_foreign() - Print the header of a file of the other byte order.
 * @foreign: the file
 * @json: as JSON
 *
 * Its pages are not walked.
 *
 * Return: exit status.
 */
int info_foreign(const struct khmap_foreign *foreign, bool json);

#endif /* KHMAP_CLI_INFO_FOREIGN_H */
