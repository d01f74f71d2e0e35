/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * split.pml - a bucket is split while others write and read
 *
 *	link 0		the source, in use at the start
 *	link 1		the destination; no shape leads there yet
 *	the rest	overflow buckets: the first half are the source's stripe's, as many as
 *			its chain needs at the start; the other half the destination's, or, with
 *			one stripe, what the splitter has staged
 *
 * STRIPES is 1 or 2.  With STAYS there are three keys at the start, and chains of up to two
 * overflow buckets.
 */
#ifndef STRIPES
#define STRIPES	1
#endif

#ifdef STAYS
#define OVERFLOWS	4
#define CHAIN_MAX	3
#else
#define OVERFLOWS	2
#define CHAIN_MAX	2
#endif

#define SOURCE		0
#define DESTINATION	1
#define LINKS		(2 + OVERFLOWS)
#define SHAPE		1
#define FIRST(shape, hash)	((shape) == 1 -> SOURCE : (hash))
#if STRIPES == 2
#define LOCK(first)	(first)
#define OWNER(link)	((link) >= 2 + OVERFLOWS / 2)
#else
#define LOCK(first)	0
#define OWNER(link)	0
#endif
#define INLINE(first)	false

#include "map.pml"

/* Each key that moves, to the end of the destination's chain. */
inline split_copy()
{
	from = SOURCE;
	do
	:: true ->
		if
		:: key[from] != 0 && hash[key[from]] ->
			d_step { first = DESTINATION; chain_room(key[from]) }
			chain_store(key[from], value[from])
		:: else
		fi;
		if
		:: next[from] == 0 -> break
		:: else -> from = next[from]
		fi
	od
}

/* Empties their old slots; the source's overflow buckets that are left over go to @gone. */
inline split_empty()
{
	first = SOURCE;
	do
	:: true ->
		d_step {
			chain_find(0);
			from = SOURCE;
			hit = NONE;
			do
			:: key[from] != 0 && hash[key[from]] -> hit = from; break
			:: (key[from] == 0 || !hash[key[from]]) && next[from] != 0 ->
				from = next[from]
			:: else -> break
			od
		}
		if
		:: hit == NONE -> break
		:: else
		fi;
		chain_fill();
		chain_empty();
		if
		:: freed != NONE -> gone = gone | (1 << freed)
		:: else
		fi
	od
}

inline split_even()
{
	d_step {
		sequence[DESTINATION]++;
		/* A version from before the move is none after it. */
		backwards = sequence[DESTINATION] <= sequence[SOURCE] + 1;
		assert(!backwards)
	}
	sequence[SOURCE]++
}

inline split()
{
	atomic { !lock[0]; lock[0] = true }
	atomic {
#if STRIPES == 2
		!lock[1]; lock[1] = true;
#endif
#ifdef SHAPE_EARLY
		shape = 2
	}
	atomic {
#endif
		sequence[SOURCE]++;
#if STRIPES == 1
		/* Staged before the first odd store; given to the stripe now. */
		for (at : 2 + OVERFLOWS / 2 .. LINKS - 1) {
			idle[at] = true
		}
#endif
	}
#ifdef BEGIN_LOW
	sequence[DESTINATION] = 1;
#else
	sequence[DESTINATION] = sequence[SOURCE] + 2;
#endif
	split_copy();
#ifndef SHAPE_EARLY
	shape = 2;
#endif
#ifdef EMPTY_AFTER_EVEN
	split_even();
	split_empty();
#else
	split_empty();
	split_even();
#endif
	atomic {
		from = 0;
		for (at : 2 .. LINKS - 1) {
			idle[at] = idle[at] || (gone & (1 << at))
		}
		lock[0] = false;
		lock[1] = false;
		gone = 0;
		writer_forget()
	}
}

proctype splitter()
{
	WRITER_LOCALS;
	byte from, gone;

	if
	:: put(KEEP, KEEP_NEW); split()
	:: split(); put(KEEP, KEEP_NEW)
	fi
}

init {
	byte sought, link;

	atomic {
		choose();
#ifdef STAYS
		next[SOURCE] = 2;
		next[2] = 3;
		if
		:: link_fill(SOURCE, KEEP, KEEP_OLD); link_fill(2, STAY, STAY_VALUE); link_fill(3, DROP, DROP_VALUE)
		:: link_fill(SOURCE, DROP, DROP_VALUE); link_fill(2, KEEP, KEEP_OLD); link_fill(3, STAY, STAY_VALUE)
		:: link_fill(SOURCE, STAY, STAY_VALUE); link_fill(2, DROP, DROP_VALUE); link_fill(3, KEEP, KEEP_OLD)
		fi;
#else
		next[SOURCE] = 2;
		if
		:: link_fill(SOURCE, KEEP, KEEP_OLD); link_fill(2, DROP, DROP_VALUE)
		:: link_fill(SOURCE, DROP, DROP_VALUE); link_fill(2, KEEP, KEEP_OLD)
		fi;
#endif
#if STRIPES == 2
		for (link : 2 + OVERFLOWS / 2 .. LINKS - 1) {
			idle[link] = true
		}
#endif
		run splitter();
#ifndef ALONE
		run writer();
#endif
		run reader(sought)
	}
	d_step { _nr_pr == 1; check(2) }
}
