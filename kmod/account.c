// SPDX-License-Identifier: GPL-2.0-only
/*
 * account.c - whose memory a map is, and how much of it there may be
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "core/os.h"
#include "account.h"

#define KHMAP_GFP_PAGE	(KHMAP_GFP_CALL | __GFP_ZERO)
#define KHMAP_GFP_RUN	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | \
			 __GFP_NORETRY | __GFP_COMP)

#define KHMAP_MAX_BYTES_UNSET	ULLONG_MAX

static unsigned long long max_bytes = KHMAP_MAX_BYTES_UNSET;
module_param(max_bytes, ullong, 0644);
MODULE_PARM_DESC(max_bytes, "Limit of all maps and snapshots in bytes, 0 for none (a quarter of memory)");

static unsigned long long map_max_bytes;
module_param(map_max_bytes, ullong, 0644);
MODULE_PARM_DESC(map_max_bytes, "Limit of a map that is created without one, in bytes, 0 for none (0)");

static atomic64_t khmap_module_bytes = ATOMIC64_INIT(0);

void khmap_account_init(void)
{
	if (max_bytes == KHMAP_MAX_BYTES_UNSET)
		max_bytes = ((u64)totalram_pages() << PAGE_SHIFT) / 4;
}

void *khmap_call_alloc(size_t size)
{
	return size > PAGE_SIZE ? kvmalloc(size, GFP_KERNEL_ACCOUNT) :
				  kmalloc(size, KHMAP_GFP_CALL);
}

struct khmap_account *khmap_account_create(u64 limit)
{
	struct khmap_account *account;

	account = kzalloc(sizeof(*account), KHMAP_GFP_CALL);
	if (!account)
		return NULL;
	kref_init(&account->refs);
	account->max_bytes = limit ? limit : READ_ONCE(map_max_bytes);
	account->memcg = get_mem_cgroup_from_mm(current->mm);
	return account;
}

struct khmap_account *khmap_account_create_snapshot(struct khmap_account *map)
{
	struct mem_cgroup *old = set_active_memcg(map->memcg);
	struct khmap_account *account;

	account = kzalloc(sizeof(*account), KHMAP_GFP_PAGE);
	set_active_memcg(old);
	if (!account)
		return NULL;
	kref_init(&account->refs);
	kref_get(&map->refs);
	account->map = map;
	account->memcg = map->memcg;
	atomic_inc(&map->snapshots);
	return account;
}

static void khmap_account_release(struct kref *refs)
{
	struct khmap_account *account =
		container_of(refs, struct khmap_account, refs);

	WARN_ON_ONCE(atomic64_read(&account->bytes));
	if (account->map) {
		atomic_dec(&account->map->snapshots);
		khmap_account_put(account->map);
	} else {
		mem_cgroup_put(account->memcg);
	}
	kfree(account);
}

void khmap_account_put(struct khmap_account *account)
{
	if (account)
		kref_put(&account->refs, khmap_account_release);
}

u64 khmap_account_module_bytes(void)
{
	return atomic64_read(&khmap_module_bytes);
}

u64 khmap_account_module_max_bytes(void)
{
	return READ_ONCE(max_bytes);
}

static bool khmap_limit_allows(u64 limit, u64 used, u64 bytes)
{
	return !limit || (used <= limit && bytes <= limit - used);
}

bool os_fits(struct khmap_account *account, u64 bytes)
{
	account = khmap_account_root(account);
	return khmap_limit_allows(account->max_bytes,
				  atomic64_read(&account->total), bytes) &&
	       khmap_limit_allows(khmap_account_module_max_bytes(),
				  khmap_account_module_bytes(), bytes);
}

static bool khmap_counter_charge(atomic64_t *counter, u64 limit, u64 bytes)
{
	s64 used = atomic64_read(counter);

	do {
		if (!khmap_limit_allows(limit, used, bytes))
			return false;
	} while (!atomic64_try_cmpxchg(counter, &used, used + bytes));
	return true;
}

static bool khmap_account_charge(struct khmap_account *account, u64 bytes)
{
	struct khmap_account *root = khmap_account_root(account);

	if (!khmap_counter_charge(&khmap_module_bytes,
				  khmap_account_module_max_bytes(), bytes))
		return false;
	if (!khmap_counter_charge(&root->total, root->max_bytes, bytes)) {
		atomic64_sub(bytes, &khmap_module_bytes);
		return false;
	}
	atomic64_add(bytes, &account->bytes);
	return true;
}

static void khmap_account_uncharge(struct khmap_account *account, u64 bytes)
{
	atomic64_sub(bytes, &account->bytes);
	atomic64_sub(bytes, &khmap_account_root(account)->total);
	atomic64_sub(bytes, &khmap_module_bytes);
}

void *os_alloc(struct khmap_account *account, size_t size)
{
	struct mem_cgroup *old;
	void *memory;

	if (!khmap_account_charge(account, size))
		return NULL;
	old = set_active_memcg(account->memcg);
	memory = kvmalloc(size, KHMAP_GFP_PAGE);
	set_active_memcg(old);
	if (!memory)
		khmap_account_uncharge(account, size);
	return memory;
}

void os_free(struct khmap_account *account, void *memory, size_t size)
{
	if (!memory)
		return;
	kvfree(memory);
	khmap_account_uncharge(account, size);
}

void *os_page_alloc(struct khmap_account *account)
{
	struct mem_cgroup *old;
	unsigned long page;

	if (!khmap_account_charge(account, PAGE_SIZE))
		return NULL;
	old = set_active_memcg(account->memcg);
	page = __get_free_page(KHMAP_GFP_CALL);
	set_active_memcg(old);
	if (!page)
		khmap_account_uncharge(account, PAGE_SIZE);
	return (void *)page;
}

void os_page_free(struct khmap_account *account, void *page)
{
	free_page((unsigned long)page);
	khmap_account_uncharge(account, PAGE_SIZE);
}

void os_page_move(struct khmap_account *from, struct khmap_account *to)
{
	/* Of one map: its cgroup and its total have the page already. */
	atomic64_add(PAGE_SIZE, &to->bytes);
	atomic64_sub(PAGE_SIZE, &from->bytes);
}

void *os_pages_alloc(struct khmap_account *account, u64 page,
		     unsigned int order)
{
	u64 bytes = (u64)PAGE_SIZE << order;
	struct mem_cgroup *old;
	struct page *run;

	if (!khmap_account_charge(account, bytes))
		return NULL;
	old = set_active_memcg(account->memcg);
	run = alloc_pages(order ? KHMAP_GFP_RUN : KHMAP_GFP_PAGE, order);
	set_active_memcg(old);
	if (!run) {
		khmap_account_uncharge(account, bytes);
		return NULL;
	}
	return page_address(run);
}

void os_pages_free(struct khmap_account *account, u64 page, void *memory,
		   unsigned int order)
{
	__free_pages(virt_to_page(memory), order);
	khmap_account_uncharge(account, (u64)PAGE_SIZE << order);
}
