/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * memory.h - the engine's account and pages in userspace
 *
 * Pages of an account lie in one reserved stretch of address space, each at
 * its place in the image, so that what the engine builds is mapped as the
 * kernel would map it and <khmap/reader.h> can read it.
 */
#ifndef KHMAP_ENGINE_MEMORY_H
#define KHMAP_ENGINE_MEMORY_H

#include <stdbool.h>
#include <linux/types.h>

struct khmap_account;

/**
 * khmap_account_create() - an account with an image's address space
 * @image_bytes: address space to reserve, in bytes; memory is taken when pages
 *	are allocated
 * @max_bytes: limit of what may be allocated; 0 for none
 * @huge: ask for huge pages
 *
 * Return: owned by the caller; NULL with errno set.
 */
struct khmap_account *khmap_account_create(__u64 image_bytes, __u64 max_bytes,
					   bool huge);

/**
 * khmap_account_destroy() - release an account's address space
 * @account: or NULL; all that was allocated of it is gone
 */
void khmap_account_destroy(struct khmap_account *account);

/**
 * khmap_account_image() - the image that lies in an account
 * @account: the account
 *
 * Return: the address of page 0.
 */
void *khmap_account_image(struct khmap_account *account);

/**
 * khmap_account_used() - bytes allocated
 * @account: the account
 */
__u64 khmap_account_used(struct khmap_account *account);

/**
 * khmap_account_fail_after() - let allocation fail on demand
 * @account: the account
 * @count: so many allocations succeed, the one after them fails, later ones
 *	succeed again; negative: none fails
 */
void khmap_account_fail_after(struct khmap_account *account, long count);

/**
 * khmap_account_failed() - did an allocation fail on demand?
 * @account: the account
 *
 * Return: true if it did since khmap_account_fail_after().
 */
bool khmap_account_failed(struct khmap_account *account);

#endif /* KHMAP_ENGINE_MEMORY_H */
