/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * account.h - whose memory a map is, and how much of it there may be
 *
 * Every map has an account, every snapshot of it an account below the map's.
 * What either takes is charged to the memory cgroup of the process that created
 * the map, whoever causes it, and counts towards the map's limit and the
 * module's.
 */
#ifndef _KHMAP_ACCOUNT_H
#define _KHMAP_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/kref.h>
#include <linux/types.h>

struct mem_cgroup;

/*
 * What is charged to a cgroup, a map's creator's or the caller's.  Where there is no
 * more, the caller is told so.  Without __GFP_RETRY_MAYFAIL the kernel would first
 * kill somebody in that cgroup.
 */
#define KHMAP_GFP_CALL	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | \
			 __GFP_NOWARN)

/**
 * khmap_call_alloc() - memory that a call needs while it lasts
 * @size: bytes, of which none is zeroed
 *
 * Charged to the caller.  Up to a page, as KHMAP_GFP_CALL says; beyond, in pages
 * that need not be side by side: with that flag the kernel would move others'
 * pages, to have them so, before it did without.
 *
 * Context: may sleep.
 * Return: the memory, for kvfree(), or NULL.
 */
void *khmap_call_alloc(size_t size);

/**
 * struct khmap_account - memory of a map or of a snapshot
 * @refs: the map's or snapshot's own, one for each account below, one for each
 *	who looks
 * @map: the map's account if this one is a snapshot's, else NULL; a reference
 * @memcg: of the creator, or NULL; a reference, held by the map's account
 * @max_bytes: limit of @total, 0 if none; constant; the map's account only
 * @bytes: what this account holds
 * @total: what it and the accounts below hold; the map's account only
 * @snapshots: accounts below; the map's account only
 */
struct khmap_account {
	struct kref refs;
	struct khmap_account *map;
	struct mem_cgroup *memcg;
	u64 max_bytes;
	atomic64_t bytes;
	atomic64_t total;
	atomic_t snapshots;
};

/**
 * khmap_account_init() - settle the module's limit
 *
 * Unless the parameter max_bytes was given, a quarter of the machine's memory.
 */
void khmap_account_init(void);

/**
 * khmap_account_create() - an account for a new map
 * @max_bytes: limit of the map and its snapshots; 0 for the module's default
 *
 * The calling process is the creator.
 *
 * Context: may sleep.
 * Return: the account, one reference, for khmap_account_put(); NULL if there is
 * no memory.
 */
struct khmap_account *khmap_account_create(u64 max_bytes);

/**
 * khmap_account_create_snapshot() - an account for a snapshot
 * @map: account of the map
 *
 * Context: may sleep.
 * Return: the account, one reference; NULL if there is no memory.
 */
struct khmap_account *khmap_account_create_snapshot(struct khmap_account *map);

/**
 * khmap_account_put() - drop a reference
 * @account: or NULL; with the last one nothing may be charged to it any more
 *
 * Context: any that may free memory.
 */
void khmap_account_put(struct khmap_account *account);

/* The account that carries the limit: the map's. */
static inline struct khmap_account *
khmap_account_root(struct khmap_account *account)
{
	return account->map ? account->map : account;
}

/* Bytes of all maps and snapshots. */
u64 khmap_account_module_bytes(void);

/* The limit of khmap_account_module_bytes(); 0 if there is none. */
u64 khmap_account_module_max_bytes(void);

#endif /* _KHMAP_ACCOUNT_H */
