/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * map.pml - the image, its writers and its reader, for split.pml and promote.pml
 *
 * Each load and each store of the image that another process may see is a step of its own.  What
 * a writer only reads under its lock, or keeps where readers do not look, is joined to the step
 * beside it: nobody could tell.  So taking a lock is one step with the first odd store, and
 * leaving it one with the last even store.
 *
 * Memory is sequentially consistent here, so R1 to R3 and W1 to W4 (Documentation/locking.rst) are
 * only names for the places.  The tests in litmus/ are about what weaker machines do.
 *
 * A link is one slot with the reference behind it: a bucket of one slot.  Tags and the overflow
 * filter are left out: they are data of the chain like the key, guarded by the same count.
 *
 * The model that includes this file defines LINKS, SHAPE (the first one), FIRST(shape, hash) (a
 * hash's bucket), LOCK(first) (a bucket's lock), OWNER(link) (an overflow bucket's lock) and
 * INLINE(first).
 *
 * Each of these leaves a rule out, and must be refuted:
 *
 *	SHAPE_EARLY		the shape is stored before the first odd count
 *	NO_RECHECK		a reader believes a miss without a second look at the shape
 *	NO_RECOMPUTE		a writer believes the shape that it loaded before it had the lock
 *	EMPTY_AFTER_EVEN	moved slots are emptied when the count is even again
 *	FREE_EARLY		a bucket leaves its chain, and is free, when the count is even again
 *	TRUST_OVERFLOW_COUNT	a reader validates the count of the bucket that it is in
 *	BEGIN_LOW		the destination's count does not begin above the source's
 */

#define NONE	255

/* Keys.  KEEP and STAY are in the map throughout, DROP leaves it, ADD enters it. */
#define KEEP	1	/* its value changes, once */
#define STAY	2
#define DROP	3
#define ADD	4
#define NEVER	5
#define KEYS	6

/* Values; no two keys ever have the same.  0 is that of an emptied slot, and of no slot. */
#define ABSENT		0
#define KEEP_OLD	1
#define KEEP_NEW	2
#define STAY_VALUE	3
#define DROP_VALUE	4
#define ADD_VALUE	5

/* The image. */
byte shape = SHAPE;
byte sequence[LINKS];
byte key[LINKS];
byte value[LINKS];
byte next[LINKS];	/* 0: no reference; link 0 is nobody's overflow */

/* The writers' own. */
bool lock[2];
bool idle[LINKS];	/* the overflow bucket is among its stripe's free ones */

/* What is true: each key's hash bit, and a bit for each value that it may have now (see change()). */
bool hash[KEYS];
byte held[KEYS];

/* The key that is being looked up, and a bit for each value that it may have had since. */
byte reading, seen;

/* Reasons to fail; named, so that a verdict names its reason. */
bool missed;	/* a miss, and the key was there all the time */
bool unheld;	/* a value that the key did not have during the look-up */
bool phantom;	/* a key that was never put */
bool corrupt;	/* a reference led nowhere or in a circle, and the count was right */
bool backwards;	/* a count decreased */
bool lost;	/* a writer does not find what it knows to be there */
bool misplaced;	/* at the end: a key twice, nowhere, or where no reader looks for it */

#ifdef NO_RECOMPUTE
#define STALE(k, first)		false
#else
#define STALE(k, first)		(FIRST(shape, hash[k]) != first)
#endif

/*
 * The map's content changes at some moment from the odd store to the even one.  A reader that
 * could tell old and new apart in between, or returned either, would be right.
 */
inline change(k, v)
{
	held[k] = held[k] | (1 << v);
	if
	:: reading == k -> seen = seen | held[k]
	:: else
	fi
}

inline changed(k, v)
{
	held[k] = 1 << v
}

/* An overflow bucket has a count of its own only for those who would trust it. */
inline own_count(link)
{
#ifdef TRUST_OVERFLOW_COUNT
	if
	:: link != first -> sequence[link]++
	:: else
	fi
#else
	skip
#endif
}

/* Under the lock: where @k is in the chain (@hit), a hole, and the chain's last two links. */
inline chain_find(k)
{
	hit = NONE;
	vacant = NONE;
	previous = NONE;
	last = first;
	do
	:: true ->
		if
		:: key[last] == k -> hit = last
		:: key[last] == 0 && vacant == NONE -> vacant = last
		:: else
		fi;
		if
		:: next[last] == 0 -> break
		:: else -> previous = last; last = next[last]
		fi
	od
}

/* Under the lock: @at is the link that will hold @k; @reference, if it is new to the chain. */
inline chain_room(k)
{
	chain_find(k);
	reference = 0;
	if
	:: hit != NONE -> at = hit
	:: hit == NONE && vacant != NONE -> at = vacant
	:: else ->
		at = 0;
		do
		:: at == LINKS -> lost = true; assert(!lost)
		:: at < LINKS && idle[at] && OWNER(at) == LOCK(first) -> break
		:: else -> at++
		od;
		idle[at] = false;
		reference = at
	fi
}

/* In the odd window. */
inline chain_store(k, v)
{
	own_count(at);
	atomic {
		if
		:: hit == NONE -> key[at] = k
		:: else
		fi
	}
	value[at] = v;
	own_count(at);
	atomic {
		if
		:: reference != 0 -> next[last] = reference
		:: else
		fi
	}
}

/* In the odd window: the chain's last entry fills the hole; @last becomes the link to empty. */
inline chain_fill()
{
	if
	:: INLINE(first) -> last = hit
	:: !INLINE(first) && hit != last ->
		own_count(hit);
		key[hit] = key[last];
		value[hit] = value[last];
		own_count(hit)
	:: else
	fi
}

/* In the odd window; @freed is the overflow bucket that left the chain, or NONE. */
inline chain_empty()
{
	own_count(last);
	key[last] = 0;
	value[last] = 0;
	own_count(last);
	freed = NONE;
	if
	:: !INLINE(first) && last != first -> next[previous] = 0; freed = last
	:: else
	fi
}

inline overflow_release()
{
	if
	:: freed != NONE -> idle[freed] = true; freed = NONE
	:: else
	fi
}

/* Forgets what no later step depends on, so that states which differ in nothing else are one. */
inline writer_forget()
{
	first = 0; at = 0; hit = 0; vacant = 0; last = 0; previous = 0; reference = 0; freed = NONE
}

#define WRITER_LOCALS \
	byte first, at, hit, vacant, last, previous, reference, freed

inline put(k, v)
{
	do
	:: first = FIRST(shape, hash[k]);
		atomic {
			!lock[LOCK(first)];
			if
			:: STALE(k, first)
			:: else ->
				lock[LOCK(first)] = true;
				chain_room(k);
				sequence[first]++;
				change(k, v);
				break
			fi
		}
	od;
	chain_store(k, v);
	d_step {
		sequence[first]++;
		changed(k, v);
		lock[LOCK(first)] = false;
		writer_forget()
	}
}

inline remove(k)
{
	do
	:: first = FIRST(shape, hash[k]);
		atomic {
			!lock[LOCK(first)];
			if
			:: STALE(k, first)
			:: else ->
				lock[LOCK(first)] = true;
				chain_find(k);
				lost = (hit == NONE);
				assert(!lost);
				sequence[first]++;
				change(k, ABSENT);
				break
			fi
		}
	od;
	chain_fill();
#ifdef FREE_EARLY
	/* Not emptied, so that it is its reuse that does harm. */
	if
	:: last != first -> sequence[first]++; next[previous] = 0; freed = last
	:: else -> chain_empty(); sequence[first]++
	fi;
	d_step {
#else
	chain_empty();
	d_step {
		sequence[first]++;
#endif
		changed(k, ABSENT);
		overflow_release();
		lock[LOCK(first)] = false;
		writer_forget()
	}
}

proctype writer()
{
	WRITER_LOCALS;

	remove(DROP);
	put(ADD, ADD_VALUE)
}

/* The look-up begins with its first load of a count: the shape may be from long before. */
inline lookup_begin()
{
	if
	:: reading == 0 -> reading = k; seen = held[k]
	:: else
	fi
}

inline lookup_hit()
{
	phantom = (k == NEVER);
	assert(!phantom);
	unheld = !(seen & (1 << v)) || v == ABSENT;
	assert(!unheld);
	reading = 0;
	seen = 0
}

inline lookup_miss()
{
	missed = !(seen & (1 << ABSENT));
	assert(!missed);
	reading = 0;
	seen = 0
}

/* The loop of linux/khmap_image.h.  One look-up: the others' would be as this one, only later. */
proctype reader(byte k)
{
	byte first, at, v, count, guard, buckets;
	byte hit, vacant, last, previous;	/* of the fallback */
	bool torn;

retry:
	atomic { first = 0; at = 0; v = 0; count = 0; guard = 0; buckets = 1; torn = false }
	/* How often is not counted: the fallback may come after any number of tries. */
	if
	:: goto locked
	:: first = FIRST(shape, hash[k])				/* R1 */
	fi;
	atomic {
		count = sequence[first];				/* R2 */
		lookup_begin();
		if
		:: count & 1 -> goto retry
		:: else -> at = first; guard = first
		fi
	}
walk:
	if
	:: key[at] == k -> goto found
	:: else
	fi;
	atomic {
		at = next[at];
		if
		:: at == 0 -> goto nothing
		:: at != 0 && (at >= LINKS || buckets == CHAIN_MAX) -> torn = true; goto nothing
		:: else -> buckets++
		fi
	}
#ifdef TRUST_OVERFLOW_COUNT
	guard = at;
	count = sequence[at];
	if
	:: count & 1 -> goto retry
	:: else
	fi;
#endif
	goto walk;

found:
	v = value[at];
	atomic {
		backwards = sequence[guard] < count;			/* after R3 */
		assert(!backwards);
		if
		:: sequence[guard] != count -> goto retry
		:: else -> lookup_hit(); goto done
		fi
	}

nothing:
	atomic {
		backwards = sequence[guard] < count;			/* after R3 */
		assert(!backwards);
		if
		:: sequence[guard] != count -> goto retry
		:: else ->
			corrupt = torn;
			assert(!corrupt)
#ifdef NO_RECHECK
			; lookup_miss(); goto done
#endif
		fi
	}
	atomic {
		if
		:: FIRST(shape, hash[k]) != first -> goto retry		/* R1 */
		:: else -> lookup_miss(); goto done
		fi
	}

locked:	/* KHMAP_IOC_GET */
	first = FIRST(shape, hash[k]);
	atomic {
		!lock[LOCK(first)];
		if
		:: FIRST(shape, hash[k]) != first -> goto locked
		:: else
		fi;
		lookup_begin();
		chain_find(k);
		if
		:: hit != NONE -> v = value[hit]; lookup_hit()
		:: else -> lookup_miss()
		fi
	}
done:
	skip
}

inline choose_bit(k)
{
	if
	:: hash[k] = 0
	:: hash[k] = 1
	fi
}

/* A hash bit for each key, and one to be looked up; the bit of NEVER matters to its look-up only. */
inline choose()
{
	choose_bit(KEEP);
	choose_bit(DROP);
	choose_bit(ADD);
	if
	:: sought = KEEP
	:: sought = DROP
	:: sought = ADD
	:: sought = NEVER; choose_bit(NEVER)
#ifdef STAYS
	:: sought = STAY
#endif
	fi;
#ifdef STAYS
	choose_bit(STAY);
	held[STAY] = 1 << STAY_VALUE;
#else
	held[STAY] = 1 << ABSENT;
#endif
	held[KEEP] = 1 << KEEP_OLD;
	held[DROP] = 1 << DROP_VALUE;
	held[ADD] = 1 << ABSENT;
	held[NEVER] = 1 << ABSENT
}

/* Before anything runs. */
inline link_fill(link, k, v)
{
	key[link] = k;
	value[link] = v
}

/* When all is done: each key once, in its chain, with its value; no bucket in two chains. */
inline check(first_overflow)
{
	byte k, found, present;
	byte uses[LINKS];

	for (k : 1 .. KEYS - 1) {
		found = 0;
		link = FIRST(shape, hash[k]);
		do
		:: true ->
			if
			:: key[link] == k ->
				found++;
				misplaced = misplaced || held[k] != 1 << value[link]
			:: else
			fi;
			if
			:: next[link] == 0 -> break
			:: else -> link = next[link]
			fi
		od;
		misplaced = misplaced || found != (held[k] != 1 << ABSENT);
		present = present + found
	}
	/* As many as there are anywhere. */
	for (link : 0 .. LINKS - 1) {
		present = present - (key[link] != 0);
		misplaced = misplaced || sequence[link] & 1;
		if
		:: next[link] != 0 -> uses[next[link]]++
		:: else
		fi
	}
	for (link : first_overflow .. LINKS - 1) {
		misplaced = misplaced || uses[link] + idle[link] > 1
	}
	misplaced = misplaced || present != 0 || lock[0] || lock[1];
#ifndef FREE_EARLY
	assert(!misplaced)
#endif
}
