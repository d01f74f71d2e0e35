/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * read.h - a look-up in the kernel that hardly ever takes a lock
 */
#ifndef _KHMAP_CORE_READ_H
#define _KHMAP_CORE_READ_H

#include "table.h"

/**
 * khmap_table_read() - copy a key's value
 * @table: the map
 * @key: key_size bytes
 * @value: value_size bytes, filled on success; may be written on failure, too
 *
 * The reader's loop of linux/khmap_image.h, once round, without a lock; whoever
 * finds that the chain is being changed takes it, as khmap_table_get() does.
 *
 * Context: any that may take a raw spinlock.
 * Return: 0 or -ENOENT.
 */
int khmap_table_read(struct khmap_table *table, const void *key, void *value);

#endif /* _KHMAP_CORE_READ_H */
