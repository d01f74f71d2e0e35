/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * promote.pml - a map leaves the inline bucket while others write and read
 *
 *	link 0		the inline bucket's count and its first slot
 *	link 1, 2	two buckets of page 0; no shape leads there yet
 *	next ones	page 0's overflow buckets, staged
 *	last ones	the inline bucket's other slots, linked for good
 *
 * With STAYS the inline bucket has three slots, not two.
 */
#ifdef STAYS
#define OVERFLOWS	2
#define CHAIN_MAX	3
#else
#define OVERFLOWS	1
#define CHAIN_MAX	2
#endif

#define FIRST_OVERFLOW	3
#define FIRST_SLOT	(FIRST_OVERFLOW + OVERFLOWS)
#define LINKS		(FIRST_SLOT + CHAIN_MAX - 1)
#define SHAPE		0
#define FIRST(shape, hash)	((shape) == 0 -> 0 : 1 + (hash))
#define LOCK(first)	((first) != 0)	/* the header's, or the one stripe's */
#define OWNER(link)	1
#define INLINE(first)	((first) == 0)

#include "map.pml"

/* Each key goes to page 0 as if it were put, under its stripe's lock, in its bucket's window. */
inline promote_copy()
{
	from = 0;
	do
	:: true ->
		if
		:: key[from] != 0 ->
			first = FIRST(1, hash[key[from]]);
			atomic {
				!lock[1];
				lock[1] = true;
				chain_room(key[from]);
				sequence[first]++
			}
			chain_store(key[from], value[from]);
			d_step { sequence[first]++; lock[1] = false }
		:: else
		fi;
		if
		:: next[from] == 0 -> break
		:: else -> from = next[from]
		fi
	od
}

inline promote_empty()
{
	from = 0;
	do
	:: true ->
		key[from] = 0;
		value[from] = 0;
		if
		:: next[from] == 0 -> break
		:: else -> from = next[from]
		fi
	od
}

inline promote()
{
	atomic {
		!lock[0];
		lock[0] = true;
#ifdef SHAPE_EARLY
		shape = 1
	}
	atomic {
#endif
		sequence[0]++
	}
	promote_copy();
#ifndef SHAPE_EARLY
	shape = 1;
#endif
#ifdef EMPTY_AFTER_EVEN
	sequence[0]++;
	promote_empty();
#else
	promote_empty();
	sequence[0]++;
#endif
	atomic {
		lock[0] = false;
		from = 0;
		writer_forget()
	}
}

proctype promoter()
{
	WRITER_LOCALS;
	byte from;

	if
	:: put(KEEP, KEEP_NEW); promote()
	:: promote(); put(KEEP, KEEP_NEW)
	fi
}

init {
	byte sought, link;

	atomic {
		choose();
		next[0] = FIRST_SLOT;
#ifdef STAYS
		next[FIRST_SLOT] = FIRST_SLOT + 1;
		link_fill(FIRST_SLOT + 1, STAY, STAY_VALUE);
#endif
		if
		:: link_fill(0, KEEP, KEEP_OLD); link_fill(FIRST_SLOT, DROP, DROP_VALUE)
		:: link_fill(0, DROP, DROP_VALUE); link_fill(FIRST_SLOT, KEEP, KEEP_OLD)
		fi;
		for (link : FIRST_OVERFLOW .. FIRST_SLOT - 1) {
			idle[link] = true
		}
		run promoter();
#ifndef ALONE
		run writer();
#endif
		run reader(sought)
	}
	d_step { _nr_pr == 1; check(FIRST_OVERFLOW) }
}
