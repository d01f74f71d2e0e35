// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * memory.c - the engine's account and pages in userspace
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../../kmod/core/os.h"
#include "memory.h"

#define HUGE_PAGE	(2ul << 20)

struct khmap_account {
	char *image;
	char *reserved;
	size_t reserved_bytes;
	__u64 image_bytes;
	__u64 max_bytes;
	__u64 used;
	long fail_after;
	bool failed;
	bool huge;
	pthread_mutex_t lock;
};

struct khmap_account *khmap_account_create(__u64 image_bytes, __u64 max_bytes,
					   bool huge)
{
	struct khmap_account *account = calloc(1, sizeof(*account));
	char *start;

	if (!account)
		return NULL;
	account->reserved_bytes = (size_t)image_bytes + HUGE_PAGE;
	start = mmap(NULL, account->reserved_bytes, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED) {
		free(account);
		return NULL;
	}
	account->reserved = start;
	account->image = (char *)(((uintptr_t)start + HUGE_PAGE - 1) &
				  ~(HUGE_PAGE - 1));
	account->image_bytes = image_bytes;
	account->max_bytes = max_bytes;
	account->fail_after = -1;
	account->huge = huge;
	pthread_mutex_init(&account->lock, NULL);
	return account;
}

void khmap_account_destroy(struct khmap_account *account)
{
	if (!account)
		return;
	munmap(account->reserved, account->reserved_bytes);
	pthread_mutex_destroy(&account->lock);
	free(account);
}

void *khmap_account_image(struct khmap_account *account)
{
	return account->image;
}

__u64 khmap_account_used(struct khmap_account *account)
{
	__u64 used;

	pthread_mutex_lock(&account->lock);
	used = account->used;
	pthread_mutex_unlock(&account->lock);
	return used;
}

void khmap_account_fail_after(struct khmap_account *account, long count)
{
	pthread_mutex_lock(&account->lock);
	account->fail_after = count;
	account->failed = false;
	pthread_mutex_unlock(&account->lock);
}

bool khmap_account_failed(struct khmap_account *account)
{
	bool failed;

	pthread_mutex_lock(&account->lock);
	failed = account->failed;
	pthread_mutex_unlock(&account->lock);
	return failed;
}

bool os_fits(struct khmap_account *account, u64 bytes)
{
	u64 limit = account->max_bytes, used = khmap_account_used(account);

	return !limit || (used <= limit && bytes <= limit - used);
}

static bool khmap_account_charge(struct khmap_account *account, __u64 bytes)
{
	bool granted = true;

	pthread_mutex_lock(&account->lock);
	if (account->fail_after >= 0 && !account->fail_after--) {
		account->failed = true;
		granted = false;
	} else if (account->max_bytes &&
		   account->used + bytes > account->max_bytes) {
		granted = false;
	} else {
		account->used += bytes;
	}
	pthread_mutex_unlock(&account->lock);
	return granted;
}

static void khmap_account_uncharge(struct khmap_account *account, __u64 bytes)
{
	pthread_mutex_lock(&account->lock);
	account->used -= bytes;
	pthread_mutex_unlock(&account->lock);
}

void *os_alloc(struct khmap_account *account, size_t size)
{
	size_t rounded = (size + 127) & ~(size_t)127;
	void *memory;

	if (!khmap_account_charge(account, size))
		return NULL;
	memory = aligned_alloc(128, rounded);
	if (!memory) {
		khmap_account_uncharge(account, size);
		return NULL;
	}
	return memset(memory, 0, rounded);
}

void os_free(struct khmap_account *account, void *memory, size_t size)
{
	if (!memory)
		return;
	free(memory);
	khmap_account_uncharge(account, size);
}

void *os_page_alloc(struct khmap_account *account)
{
	void *page;

	if (!khmap_account_charge(account, KHMAP_OS_PAGE_SIZE))
		return NULL;
	page = aligned_alloc(KHMAP_OS_PAGE_SIZE, KHMAP_OS_PAGE_SIZE);
	if (!page) {
		khmap_account_uncharge(account, KHMAP_OS_PAGE_SIZE);
		return NULL;
	}
	/* Be it fresh: in the kernel a page has its memory by now. */
	*(volatile char *)page = 0;
	return page;
}

void os_page_free(struct khmap_account *account, void *page)
{
	free(page);
	khmap_account_uncharge(account, KHMAP_OS_PAGE_SIZE);
}

void os_page_move(struct khmap_account *from, struct khmap_account *to)
{
	khmap_account_uncharge(from, KHMAP_OS_PAGE_SIZE);
	pthread_mutex_lock(&to->lock);
	to->used += KHMAP_OS_PAGE_SIZE;
	pthread_mutex_unlock(&to->lock);
}

void *os_pages_alloc(struct khmap_account *account, u64 page,
		     unsigned int order)
{
	size_t size = KHMAP_OS_PAGE_SIZE << order;
	char *memory = account->image + (page << KHMAP_OS_PAGE_SHIFT);

	if ((page << KHMAP_OS_PAGE_SHIFT) + size > account->image_bytes)
		return NULL;
	if (!khmap_account_charge(account, size))
		return NULL;
	if (mprotect(memory, size, PROT_READ | PROT_WRITE)) {
		khmap_account_uncharge(account, size);
		return NULL;
	}
	if (account->huge && size >= HUGE_PAGE)
		madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

void os_pages_free(struct khmap_account *account, u64 page, void *memory,
		   unsigned int order)
{
	size_t size = KHMAP_OS_PAGE_SIZE << order;

	(void)page;
	/* A fresh mapping: zero if it is ever used again, a fault if not. */
	mmap(memory, size, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	khmap_account_uncharge(account, size);
}
