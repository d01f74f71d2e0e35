/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * compact.pml - an overflow bucket moves while others write and read
 *
 *	link 0, 1	the two primary buckets
 *	the rest	overflow buckets of the one stripe; those in use at the start are the last
 *
 * Three keys are there at the start, in chains by their hash bits.  The last overflow bucket in
 * use moves to the first that is free, twice if there still is such a pair, and what it leaves
 * free may be taken by the other chain.
 *
 * Beside those of map.pml, these leave a rule out:
 *
 *	MOVE_EVEN		the count stays even
 *	LINK_AFTER_EVEN		the reference to the new place is stored when it is even again
 */
#define STAYS

#define OVERFLOWS	3
#define CHAIN_MAX	4
#define LINKS		(2 + OVERFLOWS)
#define SHAPE		2
#define FIRST(shape, hash)	(hash)
#define LOCK(first)	0
#define OWNER(link)	0
#define INLINE(first)	false

#include "map.pml"

/* Under the lock: @hit is to move to @at, if there is such a pair. */
inline move_find()
{
	at = 2;
	do
	:: at < LINKS && !idle[at] -> at++
	:: else -> break
	od;
	hit = LINKS - 1;
	do
	:: hit > at && idle[hit] -> hit--
	:: else -> break
	od
}

/* Under the lock: the chain that has @hit, and the link before it. */
inline move_chain()
{
	first = 0;
	previous = 0;
	do
	:: next[previous] == hit -> break
	:: next[previous] != hit && next[previous] != 0 -> previous = next[previous]
	:: next[previous] == 0 -> first++; lost = first > 1; assert(!lost); previous = first
	od
}

inline move_copy()
{
	key[at] = key[hit];
	value[at] = value[hit];
	next[at] = next[hit]
}

inline move_empty()
{
	key[hit] = 0;
	value[hit] = 0;
	next[hit] = 0
}

inline move()
{
	atomic {
		!lock[0]; lock[0] = true;
		move_find();
		if
		:: hit > at -> move_chain();
#ifndef MOVE_EVEN
			sequence[first]++
#endif
		:: else
		fi
	}
	if
	:: hit > at ->
		move_copy();
#ifdef LINK_AFTER_EVEN
		move_empty();
		sequence[first]++;
		next[previous] = at;
#else
		next[previous] = at;
		move_empty();
#ifndef MOVE_EVEN
		sequence[first]++;
#endif
#endif
		d_step { idle[at] = false; idle[hit] = true }
	:: else
	fi;
	atomic { lock[0] = false; writer_forget() }
}

proctype mover()
{
	WRITER_LOCALS;

	if
	:: put(KEEP, KEEP_NEW); move(); move()
	:: move(); move(); put(KEEP, KEEP_NEW)
	fi
}

/* Put a second or third key at its chain's end; overflow buckets are used from the last one down. */
inline place(k, v)
{
	link = hash[k];
	do
	:: next[link] != 0 -> link = next[link]
	:: else -> break
	od;
	if
	:: key[link] == 0 -> link_fill(link, k, v)
	:: else ->
		last--;
		next[link] = last;
		link_fill(last, k, v)
	fi
}

init {
	byte sought, link, last = LINKS;

	atomic {
		choose();
		if
		:: link_fill(hash[KEEP], KEEP, KEEP_OLD); place(STAY, STAY_VALUE); place(DROP, DROP_VALUE)
		:: link_fill(hash[DROP], DROP, DROP_VALUE); place(KEEP, KEEP_OLD); place(STAY, STAY_VALUE)
		:: link_fill(hash[STAY], STAY, STAY_VALUE); place(DROP, DROP_VALUE); place(KEEP, KEEP_OLD)
		fi;
		for (link : 2 .. last - 1) {
			idle[link] = true
		}
		last = 0;
		run mover();
#ifndef ALONE
		run writer();
#endif
		run reader(sought)
	}
	d_step { _nr_pr == 1; check(2) }
}
