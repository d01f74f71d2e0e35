/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * swap.h - integers of the other byte order, in place
 */
#ifndef KHMAP_LIB_SWAP_H
#define KHMAP_LIB_SWAP_H

#include <stddef.h>
#include <linux/types.h>

/**
 * khmap_swap() - Turn an integer from one byte order to the other.
 * @integer: its bytes, at any address
 * @size: how many
 */
static inline void khmap_swap(void *integer, size_t size)
{
	unsigned char *bytes = integer, byte;
	size_t i;

	for (i = 0; i < size / 2; i++) {
		byte = bytes[i];
		bytes[i] = bytes[size - 1 - i];
		bytes[size - 1 - i] = byte;
	}
}

/**
 * KHMAP_SWAP() - khmap_swap() of a variable.
 * @integer: of any width
 */
#define KHMAP_SWAP(integer) khmap_swap(&(integer), sizeof(integer))

#endif /* KHMAP_LIB_SWAP_H */
