/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * os.h - what the engine needs of its surroundings
 *
 * The one seam between the engine and the place it is built for, and the only
 * file of kmod/core that knows __KERNEL__.  In userspace locks are real and
 * allocation is refused on demand, so that tests see what the kernel would.
 */
#ifndef _KHMAP_CORE_OS_H
#define _KHMAP_CORE_OS_H

#ifdef __KERNEL__

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/prefetch.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint-defs.h>
#include <linux/types.h>

#define KHMAP_OS_PAGE_SHIFT	PAGE_SHIFT

typedef raw_spinlock_t os_lock_t;
/* Held while memory is allocated. */
typedef struct mutex os_mutex_t;

#define os_mutex_init(m)		mutex_init(m)
#define os_mutex_destroy(m)		mutex_destroy(m)
#define os_mutex_lock(m)		mutex_lock(m)
/*
 * 0, or -EINTR with nothing held: the caller was killed.  Of several that are held
 * together @rank counts the ones before it.
 */
#define os_mutex_lock_killable(m, rank)	mutex_lock_killable_nested(m, rank)
#define os_mutex_trylock(m)		mutex_trylock(m)
#define os_mutex_unlock(m)		mutex_unlock(m)
#define os_mutex_assert(m)		lockdep_assert_held(m)

#define os_lock_init(lock)		raw_spin_lock_init(lock)
#define os_lock_destroy(lock)		do { } while (0)
/*
 * The locks that this processor holds, or is taking or dropping; see guard.h.
 * Changed with interrupts off, and covers the calls that lock and unlock too:
 * a BPF program may hang on those as well.
 */
DECLARE_PER_CPU(unsigned int, khmap_locks_held);

struct khmap_table;

/*
 * Stalls, see stall.h.  Whether somebody listens is a static key, so that where
 * nobody does a lock costs one instruction more, that does nothing.
 */
DECLARE_TRACEPOINT(khmap_stall);
#define os_stalls_told()		tracepoint_enabled(khmap_stall)
#define os_clock_ns()			ktime_get_mono_fast_ns()
/* Tells now, or when this processor holds no lock of a map any more. */
void os_stall(const struct khmap_table *table, u32 kind, u32 place, u64 ns);
/* Tells what it could not while locks were held.  Interrupts are off. */
void os_stalls_flush(void);
/* raw_spin_lock(), and a stall if it has to wait. */
void os_lock_stalling(const struct khmap_table *table, raw_spinlock_t *lock,
		      u32 kind, u32 place) __acquires(lock);
/*
 * The engine finds out under a lock whether it was the right one, which sparse
 * cannot follow: it is told that nothing is held.  Lockdep follows.
 */
#define os_lock(lock, flags)				\
	do {						\
		local_irq_save(flags);			\
		__this_cpu_inc(khmap_locks_held);	\
		raw_spin_lock(lock);			\
		__release(lock);			\
	} while (0)
#define os_unlock(lock, flags)				\
	do {						\
		__acquire(lock);			\
		raw_spin_unlock(lock);			\
		__this_cpu_dec(khmap_locks_held);	\
		if (os_stalls_told())			\
			os_stalls_flush();		\
		local_irq_restore(flags);		\
	} while (0)
/* os_lock() of what operations wait for; @kind and @place are of the stall. */
#define os_lock_told(table, lock, flags, kind, place)			\
	do {								\
		local_irq_save(flags);					\
		__this_cpu_inc(khmap_locks_held);			\
		if (os_stalls_told())					\
			os_lock_stalling(table, lock, kind, place);	\
		else							\
			raw_spin_lock(lock);				\
		__release(lock);					\
	} while (0)
/* False, with nothing held, if somebody holds it; else for os_unlock(). */
static inline bool os_trylock_save(os_lock_t *lock, unsigned long *flags)
{
	local_irq_save(*flags);
	__this_cpu_inc(khmap_locks_held);
	if (raw_spin_trylock(lock)) {
		__release(lock);
		return true;
	}
	__this_cpu_dec(khmap_locks_held);
	local_irq_restore(*flags);
	return false;
}

#define os_trylock(lock, flags)		os_trylock_save(lock, &(flags))
/* A lock of another kind, taken while one keeps interrupts off. */
#define os_lock_inner(lock)		\
	do { raw_spin_lock(lock); __release(lock); } while (0)
#define os_unlock_inner(lock)		\
	do { __acquire(lock); raw_spin_unlock(lock); } while (0)
/* A second one of the same kind. */
#define os_lock_second(lock)		raw_spin_lock_nested(lock, SINGLE_DEPTH_NESTING)
#define os_unlock_second(lock)		raw_spin_unlock(lock)
#define os_lock_assert(lock)		lockdep_assert_held(lock)

#define os_load_acquire(p)		smp_load_acquire(p)
#define os_store_release(p, v)		smp_store_release(p, v)
#define os_load(p)			READ_ONCE(*(p))
#define os_store(p, v)			WRITE_ONCE(*(p), v)
/* Of data that is validated afterwards. */
#define os_load_data(p)			READ_ONCE(*(p))
/* Orders a relaxed store before it before all stores after it. */
#define os_fence_release()		smp_wmb()
/* Orders loads of data before it before a relaxed load after it. */
#define os_fence_acquire()		smp_rmb()
#define os_resched()			cond_resched()
/* While another processor is about to do something. */
#define os_relax()			cpu_relax()
/* Nanoseconds since 1970.  A cut asks, on top of whatever it has interrupted: no lock. */
#define os_time_ns()			ktime_get_real_fast_ns()
/*
 * Around what holds all writers still: nothing may interrupt it, and whoever does
 * so all the same, an NMI, finds that locks are held.
 */
#define os_cut_begin(flags)				\
	do {						\
		local_irq_save(flags);			\
		__this_cpu_inc(khmap_locks_held);	\
	} while (0)
#define os_cut_end(flags)				\
	do {						\
		__this_cpu_dec(khmap_locks_held);	\
		local_irq_restore(flags);		\
	} while (0)
/* A line that will be written. */
#define os_prefetch(p)			prefetchw(p)

typedef atomic64_t os_count_t;

#define os_count_read(c)		atomic64_read(c)
#define os_count_set(c, v)		atomic64_set(c, v)
#define os_count_add(c, v)		atomic64_add(v, c)
/* Adds 1 unless the count is at @limit; false if it was. */
static inline bool os_count_take(os_count_t *c, u64 limit)
{
	s64 old = atomic64_read(c);

	do {
		if ((u64)old >= limit)
			return false;
	} while (!atomic64_try_cmpxchg(c, &old, old + 1));
	return true;
}

#else /* !__KERNEL__ */

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

/* The page size of images that the userspace build makes. */
#ifndef KHMAP_OS_PAGE_SHIFT
#define KHMAP_OS_PAGE_SHIFT	12
#endif

#ifndef EXFULL
#define EXFULL 54
#endif

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

typedef pthread_mutex_t os_mutex_t;

#define os_mutex_init(m)	pthread_mutex_init(m, NULL)
#define os_mutex_destroy(m)	pthread_mutex_destroy(m)
#define os_mutex_lock(m)	pthread_mutex_lock(m)
#define os_mutex_lock_killable(m, rank)	((void)(rank), pthread_mutex_lock(m))
#define os_mutex_trylock(m)	(!pthread_mutex_trylock(m))
#define os_mutex_unlock(m)	pthread_mutex_unlock(m)
#define os_mutex_assert(m)	assert(pthread_mutex_trylock(m))

#ifdef __SANITIZE_THREAD__
/* ThreadSanitizer finds locks that are taken in different orders. */
typedef pthread_mutex_t os_lock_t;

#define os_lock_init(lock)		pthread_mutex_init(lock, NULL)
#define os_lock_destroy(lock)		pthread_mutex_destroy(lock)
#define os_lock_second(lock)		pthread_mutex_lock(lock)
#define os_unlock_second(lock)		pthread_mutex_unlock(lock)
#define os_lock_taken(lock)		(!pthread_mutex_trylock(lock))
#define os_lock_assert(lock)		((void)(lock))
#else
/* As cheap as the kernel's: what is measured in userspace holds there too. */
typedef struct { u32 held; } os_lock_t;

#define os_lock_init(lock)		((lock)->held = 0)
#define os_lock_destroy(lock)		((void)(lock))
#define os_lock_second(lock)		\
	do { while (!os_lock_taken(lock)) os_lock_wait(lock); } while (0)
#define os_unlock_second(lock)		\
	__atomic_store_n(&(lock)->held, 0, __ATOMIC_RELEASE)
#define os_lock_taken(lock)		\
	(!__atomic_exchange_n(&(lock)->held, 1, __ATOMIC_ACQUIRE))
#define os_lock_assert(lock)		\
	assert(__atomic_load_n(&(lock)->held, __ATOMIC_RELAXED))

/* Its holder may be waiting for this very processor. */
static inline void os_lock_wait(const os_lock_t *lock)
{
	unsigned int spins = 0;

	while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
		if (++spins > 100)
			sched_yield();
}
#endif
#define os_lock_inner(lock)	os_lock_second(lock)
#define os_unlock_inner(lock)	os_unlock_second(lock)
#define os_lock(lock, flags)	\
	do { (flags) = 0; os_lock_second(lock); } while (0)
#define os_unlock(lock, flags)	\
	do { (void)(flags); os_unlock_second(lock); } while (0)
#define os_trylock(lock, flags)	((flags) = 0, os_lock_taken(lock))
#define os_lock_told(table, lock, flags, kind, place)	os_lock(lock, flags)

struct khmap_table;

/* Nobody listens here. */
#define os_stalls_told()	false
#define os_clock_ns()		0ull
#define os_stall(table, kind, place, ns)	\
	((void)(table), (void)(kind), (void)(place), (void)(ns))

#define os_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define os_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define os_load(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#ifdef __SANITIZE_THREAD__
/* ThreadSanitizer knows no fences: every store then carries the order. */
#define os_store(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define os_load_data(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define os_fence_release()	((void)0)
#define os_fence_acquire()	((void)0)
#else
#define os_store(p, v)		__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define os_load_data(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define os_fence_release()	__atomic_thread_fence(__ATOMIC_RELEASE)
#define os_fence_acquire()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif
#define os_resched()		((void)0)
#define os_relax()		((void)sched_yield())
#define os_cut_begin(flags)	((flags) = 0)
#define os_cut_end(flags)	((void)(flags))

static inline u64 os_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

#define os_prefetch(p)		__builtin_prefetch(p, 1)

typedef struct { s64 value; } os_count_t;

#define os_count_read(c)	__atomic_load_n(&(c)->value, __ATOMIC_RELAXED)
#define os_count_set(c, v)	__atomic_store_n(&(c)->value, v, __ATOMIC_RELAXED)
#define os_count_add(c, v)	__atomic_fetch_add(&(c)->value, v, __ATOMIC_RELAXED)

static inline bool os_count_take(os_count_t *c, u64 limit)
{
	s64 old = os_count_read(c);

	do {
		if ((u64)old >= limit)
			return false;
	} while (!__atomic_compare_exchange_n(&c->value, &old, old + 1, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

#endif /* __KERNEL__ */

#define KHMAP_OS_PAGE_SIZE	(1ul << KHMAP_OS_PAGE_SHIFT)

/*
 * Memory.  An account is made by the engine's caller; all that the engine
 * allocates goes through one and is charged to it.  Context: may sleep.
 */
struct khmap_account;

/**
 * os_fits() - would more memory stay within the account's limits?
 * @account: of a map
 * @bytes: that are wanted
 *
 * Reserves nothing: for a refusal before anything is built.
 *
 * Return: false if it is sure that so much would be refused.
 */
bool os_fits(struct khmap_account *account, u64 bytes);

/**
 * os_alloc() - zeroed memory for the engine's own structs
 * @account: charged with @size
 * @size: bytes
 *
 * Return: owned by the caller; NULL if there is no memory or the limit is met.
 */
void *os_alloc(struct khmap_account *account, size_t size);

/**
 * os_free() - give back what os_alloc() returned
 * @account: as then
 * @memory: as returned, or NULL
 * @size: as then
 */
void os_free(struct khmap_account *account, void *memory, size_t size);

/**
 * os_pages_alloc() - a run of zeroed pages of an image
 * @account: charged with the run
 * @page: the run's place in the image, in pages from its start.  Userspace
 *	backs just that place of its mapping; the kernel does not need it
 * @order: log2 of the run's length in pages
 *
 * Return: the run, contiguous; NULL if there is none of that length or the
 * limit is met.
 */
void *os_pages_alloc(struct khmap_account *account, u64 page,
		     unsigned int order);

/**
 * os_pages_free() - give back a run
 * @account: as of os_pages_alloc()
 * @page: likewise
 * @memory: as returned
 * @order: likewise
 *
 * Who has the pages mapped keeps them.
 */
void os_pages_free(struct khmap_account *account, u64 page, void *memory,
		   unsigned int order);

/**
 * os_page_alloc() - a page that has no place in an image
 * @account: charged
 *
 * Return: a page of anything; NULL if there is none or the limit is met.
 */
void *os_page_alloc(struct khmap_account *account);

/**
 * os_page_free() - give back what os_page_alloc() returned
 * @account: as then
 * @page: as returned
 *
 * Who has it mapped keeps it.
 */
void os_page_free(struct khmap_account *account, void *page);

/**
 * os_page_move() - charge another account with a page of os_page_alloc()
 * @from: charged with it until now
 * @to: a page of the same map as @from's; does not fail
 *
 * Context: may sleep.
 */
void os_page_move(struct khmap_account *from, struct khmap_account *to);

#endif /* _KHMAP_CORE_OS_H */
