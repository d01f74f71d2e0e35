/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * snapshot.pml - snapshots are taken, read and dropped while others write
 *
 *	page 0		of stripe 0
 *	page 1, 2	of stripe 1; page 2 does not exist at the start
 *
 * A page is one number, and the sum of all pages' is always the same, but for a writer that is
 * between its two stores.  One writer moves something from page 0 to page 1, twice, under both
 * stripes' locks.  Another splits page 1: half of it moves to page 2, under one lock.  Two readers
 * each take a snapshot, read its pages as often as they like, and drop it, so there are up to two
 * at a time, dropped in any order.  With STATIC there is no split, with SINGLE no second reader.  With
 * ATOMIC the first writer's two stores are operations of an atomic batch, each under its own lock.
 * With LOOSE snapshot 2 is a best-effort one: it has one page for copies, of whichever page, and loses
 * others to writers, but for those that snapshot 1 has a page for.
 *
 * Each load and store that another process may see is a step of its own; what nobody could tell
 * apart is joined.  Memory is sequentially consistent.  To the cut, the header's lock is one more
 * stripe's; there is none here.
 *
 * Copying a page takes time: a copy during which the page changed is none of any instant.
 *
 * Each of these leaves a rule out, and must be refuted:
 *
 *	NO_GATE			a writer does not look at the gate
 *	GATE_BEFORE_LOCK	it does, but before it has its locks
 *	EPOCH_EARLY		the epoch is a word of its own, raised before the gate is closed
 *	EPOCH_LATE		the epoch is a word of its own, raised after the gate was opened
 *	EPOCH_STAGED		a new page gets the epoch from before its writer had the lock
 *	NO_PASS			the cut does not wait for writers that are inside
 *	NO_RECOUNT		the cut believes that the map has as many pages as were reserved
 *	LINK_AFTER_OPEN		the snapshot is linked when the gate is open again
 *	COPY_LATE		a writer copies the page after its store
 *	COPY_UNLOCKED		a reader copies the page without the lock of copies
 *	READER_EPOCH		a reader raises the page's epoch, as a writer does
 *	DROP_NO_PASS		a snapshot is freed while somebody may have found it in the list
 *	DROP_SHARED		it takes with it a copy that another snapshot shares
 *	NO_MUTEX		an atomic batch does not hold the mutex of cuts
 *	LOST_ZERO		a page that is lost reads as zeros, which are no error
 *	LOST_EMPTY		its slot stays empty, as if the map still had it
 *	GIVER_LATE		whose page is used gets to know of it in its turn, not first
 *	SPARE_KEPT		a best-effort snapshot that is dropped keeps the page that nobody took
 */
#ifdef STATIC
#define PAGES	2
#else
#define PAGES	3
#endif
#define NONE	0
#define TORN	255
#define LOST	254	/* a slot: no copy, and none to come */

#define FIRST_PAGES	2
#define EACH		4	/* what is on a page at the start */
#define SUM		(FIRST_PAGES * EACH)
#define STRIPE(p)	((p) != 0)

/* Snapshots are 1 and 2; this is the place of a page of one. */
#define AT(s, p)	(((s) - 1) * PAGES + (p))
#define PLACES		(2 * PAGES)
#define POOL		(AT(2, 0) + 1)	/* the page of snapshot 2, with LOOSE */

/* The map. */
byte page[PAGES];
byte pages = FIRST_PAGES;
bool lock[2];		/* of stripes */

/* What it has for snapshots. */
byte gate = 2;		/* twice the epoch, and one more while a cut is made */
byte newest;		/* epoch of the newest snapshot; 0: there is none */
byte epoch[PAGES];	/* up to which the page was copied; under its stripe's lock */
bool copying[PAGES];	/* the lock of copies */
bool mutex;		/* of cuts and drops */
byte first;		/* the list of snapshots */

/* Snapshots. */
byte next[3];
byte range[3];		/* pages */
byte slot[PLACES];	/* the copy, or NONE: as on the map's page */
byte own[PLACES];	/* memory of the snapshot's own */
byte memory[PLACES + 1];
bool spare;		/* POOL is free */

/* What is true. */
bool exists[3];	/* not freed */
bool held[3];		/* its reader has not begun to drop it */
bool had[PLACES + 1];	/* memory that was allocated, and not freed */
byte expected[PLACES];	/* what was on the page at the cut */
bool passed[2];		/* the cut went through the stripe's lock, and the gate is closed */

/* Reasons to fail; named, so that a verdict names its reason. */
bool wrong;	/* a page of a snapshot is not as at the cut */
bool half;	/* at the cut, a writer was between its stores */
bool inside;	/* a writer is past the gate at the cut, or passes it or stores before it is open */
bool outdated;	/* a store to a page whose epoch says that snapshots lack it */
bool unserved;	/* no memory for a copy */
bool freed;	/* memory is used, or needed, and free; or freed twice */
bool leaked;	/* at the end: memory or locks that nobody will give back */

#if defined(EPOCH_EARLY) || defined(EPOCH_LATE)
byte word = 1;
#define EPOCH	word
#else
#define EPOCH	(gate >> 1)
#endif

/* Where to copy page @p for snapshot @at, if anywhere. */
inline place(p)
{
#ifdef LOOSE
	if
	:: at == 2 && next[2] == 1 && p < range[1] && slot[AT(1, p)] == NONE ->
		copy = own[AT(1, p)]
	:: at == 2 && !(next[2] == 1 && p < range[1] && slot[AT(1, p)] == NONE) ->
		if
		:: spare -> spare = false; own[AT(2, p)] = POOL; copy = POOL
		:: else
		fi
	:: at == 1 -> copy = own[AT(1, p)]
	fi;
	unserved = at == 1 && copy == NONE;
#else
	copy = own[AT(at, p)];
	unserved = copy == NONE;
#endif
	assert(!unserved)
}

/* For all snapshots that lack page @p, one copy; if it is to be stored to, or LOST. */
inline save(p, stores)
{
	atomic { !copying[p]; copying[p] = true; at = first }
	save_walk(p, stores);
	atomic { copying[p] = false; copy = NONE }
}

inline save_walk(p, stores)
{
	do
	:: at == 0 -> break
	:: else ->
		atomic {
			freed = !exists[at];
			assert(!freed);
			lacks = p < range[at] && slot[AT(at, p)] == NONE;
			if
			:: lacks && copy == NONE ->
				place(p);
				if
				:: copy != NONE -> memory[copy] = page[p]
				:: else
				fi
			:: else
			fi
		}
		d_step {
			freed = !exists[at] || (lacks && copy != NONE && !had[copy]);
			assert(!freed);
			if
			:: lacks && copy != NONE ->
				memory[copy] = (memory[copy] == page[p] -> page[p] : TORN);
#if defined(LOOSE) && !defined(GIVER_LATE)
				if
				:: at == 2 && copy == AT(1, p) + 1 && slot[AT(1, p)] == NONE ->
					slot[AT(1, p)] = copy
				:: else
				fi;
#endif
				slot[AT(at, p)] = copy
#ifndef LOST_EMPTY
			:: lacks && copy == NONE && stores -> slot[AT(at, p)] = LOST
#endif
			:: else
			fi;
			lacks = false;
			at = next[at]
		}
	od
}

#define SAVE_LOCALS \
	byte at, copy; \
	bool lacks

/* Under the stripe's lock, the gate was open. */
inline cow(p)
{
	if
	:: newest != 0 && epoch[p] < newest ->
		save(p, true);
		epoch[p] = EPOCH
	:: else
	fi
}

#ifdef COPY_LATE
#define COW_BEFORE(p)	skip
#define COW_AFTER(p)	cow(p)
#else
#define COW_BEFORE(p)	cow(p)
#define COW_AFTER(p)	skip
#endif

inline store(p, v)
{
	d_step {
		inside = passed[STRIPE(p)];
		assert(!inside);
#ifndef COPY_LATE
		outdated = epoch[p] < newest;
		assert(!outdated);
#endif
		page[p] = v
	}
}

#if defined(NO_GATE)
#define CLOSED	false
#define OPEN	true
#elif defined(GATE_BEFORE_LOCK)
#define CLOSED	false
#define OPEN	(!(gate & 1))
#else
#define CLOSED	(gate & 1)
#define OPEN	true
#endif

/* Who has stripe 1's lock has passed the gate, too. */
inline enter()
{
	inside = passed[1];
	assert(!inside)
}

#ifdef ATOMIC
proctype writer()
{
	SAVE_LOCALS;
	byte i, batch;

	do
	:: batch == 2 -> batch = 0; break
	:: else ->
#ifndef NO_MUTEX
		atomic { !mutex; mutex = true }
#endif
again:
		OPEN;
		atomic {
			!lock[i];
			if
			:: CLOSED -> goto closed
			:: else ->
				lock[i] = true;
				inside = passed[i];
				assert(!inside)
			fi
		}
		COW_BEFORE(i);
		/* One is taken from page 0, or given to page 1. */
		store(i, page[i] + 2 * i - 1);
		COW_AFTER(i);
		atomic {
			lock[i] = false;
			if
			:: i == 0 -> i = 1; goto again
			:: else -> i = 0
			fi
		}
#ifndef NO_MUTEX
		mutex = false;
#endif
		batch++
	od;
	goto done;
closed:
	!(gate & 1);
	goto again;
done:
	skip
}
#else
proctype writer()
{
	SAVE_LOCALS;
	bool once;

again:
	OPEN;
	atomic { !lock[0]; lock[0] = true }
	atomic {
		!lock[1];
		if
		:: CLOSED -> lock[0] = false; goto closed
		:: else -> lock[1] = true; enter()
		fi
	}
	COW_BEFORE(0);
	COW_BEFORE(1);
	store(0, page[0] - 1);
	COW_AFTER(0);
	store(1, page[1] + 1);
	COW_AFTER(1);
	atomic {
		lock[1] = false;
		lock[0] = false;
		if
		:: !once -> once = true; goto again
		:: else -> once = false; goto done
		fi
	}
closed:
	!(gate & 1);
	goto again;
done:
	skip
}
#endif

#ifndef STATIC
proctype splitter()
{
	SAVE_LOCALS;
	byte half_of;
#ifdef EPOCH_STAGED
	byte staged = EPOCH;
#endif

	/* An overflow page counts when it is staged, a primary one when the shape leads there. */
	if
	:: pages = PAGES
	:: skip
	fi;
again:
	OPEN;
	atomic {
		!lock[1];
		if
		:: CLOSED -> goto closed
		:: else -> lock[1] = true; enter()
		fi
	}
	COW_BEFORE(1);
	COW_BEFORE(2);
#ifdef EPOCH_STAGED
	epoch[2] = staged;
#endif
	half_of = page[1] / 2;
	store(2, half_of);
	COW_AFTER(2);
	pages = PAGES;
	store(1, page[1] - half_of);
	COW_AFTER(1);
	atomic { lock[1] = false; half_of = 0; goto done }
closed:
	!(gate & 1);
	goto again;
done:
	skip
}
#endif

/* What is no load or store of anybody's: the sum of all pages, and each. */
inline record()
{
	inside = lock[1];
	assert(!inside);
	total = 0;
	for (p : 0 .. range[s] - 1) {
		expected[AT(s, p)] = page[p];
		total = total + page[p]
	}
	half = total != SUM;
	assert(!half);
	total = 0;
	p = 0
}

inline link()
{
	d_step {
		if
		:: first == 0 -> first = s
		:: else -> next[first] = s
		fi;
		newest = (gate >> 1) + 1
	}
}

inline cut()
{
	do
	:: d_step {
			reserved = pages;
			for (p : 0 .. reserved - 1) {
#ifdef LOOSE
				if
				:: s == 2 -> skip
				:: else ->
					own[AT(s, p)] = AT(s, p) + 1;
					had[AT(s, p) + 1] = true
				fi
#else
				own[AT(s, p)] = AT(s, p) + 1;
				had[AT(s, p) + 1] = true
#endif
			}
#ifdef LOOSE
			if
			:: s == 2 -> spare = true; had[POOL] = true
			:: else
			fi;
#endif
			p = 0
		}
#ifdef EPOCH_EARLY
		atomic { !mutex; mutex = true; word++ }
		gate++;
#else
		atomic { !mutex; mutex = true; gate++ }
#endif
#ifdef NO_PASS
		d_step { passed[0] = true; passed[1] = true }
#else
		atomic { !lock[0]; passed[0] = true }
		atomic { !lock[1]; passed[1] = true }
#endif
		atomic {
			range[s] = pages;
			if
#if !defined(NO_RECOUNT) && !defined(STATIC)
			:: range[s] > reserved -> goto outgrown
#endif
			:: else
			fi;
			exists[s] = true;
			held[s] = true;
			reserved = 0;
			record()
		}
#ifndef LINK_AFTER_OPEN
		link();
#endif
		d_step {
			gate++;
			passed[0] = false;
			passed[1] = false
		}
#ifdef EPOCH_LATE
		word++;
#endif
#ifdef LINK_AFTER_OPEN
		atomic { gate = gate - 2; link(); gate = gate + 2 }
#endif
		mutex = false;
		break;
#ifndef STATIC
outgrown:
		atomic {
			gate--;
#ifdef EPOCH_EARLY
			word--;
#endif
			passed[0] = false;
			passed[1] = false
		}
		mutex = false
#endif
	od
}

/* What the reader gets as page @p. */
inline compare(v)
{
	wrong = v != expected[AT(s, p)];
	assert(!wrong)
}

inline look()
{
	d_step {
#ifdef LOOSE
		if
#ifdef LOST_ZERO
		:: slot[AT(s, p)] == LOST -> compare(0)
#else
		:: slot[AT(s, p)] == LOST
#endif
		/* It was to be copied, and nobody had a page for that. */
		:: slot[AT(s, p)] == NONE
		:: else ->
			freed = !had[slot[AT(s, p)]];
			assert(!freed);
			compare(memory[slot[AT(s, p)]])
		fi
#else
		freed = !had[slot[AT(s, p)]];
		assert(!freed);
		compare(memory[slot[AT(s, p)]])
#endif
	}
}

inline read()
{
	if
	:: p = 0
	:: p = 1
#ifndef STATIC
	:: range[s] == PAGES -> p = 2
#endif
	fi;
	if
	:: slot[AT(s, p)] != NONE -> look()
	:: slot[AT(s, p)] == NONE ->
		/* For good, as a mapping needs it. */
#ifdef COPY_UNLOCKED
		at = first;
		save_walk(p, false);
		copy = NONE;
#else
		save(p, false);
#endif
#ifdef READER_EPOCH
		epoch[p] = EPOCH;
#endif
		look()
	:: slot[AT(s, p)] == NONE ->
		/* For once, as read() does. */
		atomic {
			!copying[p];
			copying[p] = true;
			copy = (slot[AT(s, p)] == NONE -> page[p] : TORN)
		}
		atomic {
			if
			:: slot[AT(s, p)] != NONE -> look()
			:: else -> compare(copy); compare(page[p])
			fi;
			copy = NONE;
			copying[p] = false
		}
	fi;
	p = 0
}

/* A copy of ours that the other has too becomes its own, for the one that it had in reserve. */
inline bequeath()
{
#ifndef DROP_SHARED
	if
	:: first != 0 && own[AT(s, p)] != NONE && slot[AT(s, p)] == own[AT(s, p)] &&
	   slot[AT(first, p)] == own[AT(s, p)] ->
		copy = own[AT(first, p)];
		own[AT(first, p)] = own[AT(s, p)];
		own[AT(s, p)] = copy;
		copy = NONE
	:: else
	fi
#else
	skip
#endif
}

inline drop()
{
	atomic {
		!mutex;
		d_step {
			if
			:: first == s -> first = next[s]
			:: else -> next[first] = 0
			fi;
			mutex = true;
			held[s] = false
		}
	}
	if
	:: first == 0 -> newest = 0
	:: else
	fi;
#ifndef DROP_NO_PASS
	!copying[0];
	!copying[1];
#ifndef STATIC
	!copying[2];
#endif
#endif
	mutex = false;
	/* Each page under the mutex; between any two others may have it. */
	do
	:: p < PAGES ->
		atomic {
			!mutex;
			d_step {
				bequeath();
				copy = NONE;
				p++
			}
		}
	:: else -> break
	od;
	skip;	/* where the loop ends: nothing may jump into a d_step */
	d_step {
		exists[s] = false;
		for (p : 0 .. PAGES - 1) {
			copy = own[AT(s, p)];
			if
			:: copy != NONE ->
				freed = !had[copy] ||
					(held[3 - s] && slot[AT(3 - s, p)] == copy);
				assert(!freed);
				had[copy] = false;
				memory[copy] = 0
			:: else
			fi;
			own[AT(s, p)] = NONE;
			slot[AT(s, p)] = NONE;
			expected[AT(s, p)] = 0
		}
#if defined(LOOSE) && !defined(SPARE_KEPT)
		if
		:: s == 2 && spare -> spare = false; had[POOL] = false
		:: else
		fi;
#endif
		next[s] = 0;
		range[s] = 0;
		copy = NONE;
		p = 0
	}
}

proctype reader(byte s)
{
	SAVE_LOCALS;
	byte p, reserved, total;

	cut();
	do
	:: read()
	:: drop(); break
	od
}

init {
	byte i;

	atomic {
		page[0] = EACH;
		page[1] = EACH;
		run writer();
#ifndef STATIC
		run splitter();
#endif
#ifndef SINGLE
		run reader(2);
#endif
		run reader(1)
	}
	d_step {
		_nr_pr == 1;
		for (i : 1 .. PLACES) {
			leaked = leaked || had[i]
		}
		for (i : 0 .. PAGES - 1) {
			leaked = leaked || copying[i]
		}
		leaked = leaked || lock[0] || lock[1] || mutex || first != 0 || gate & 1;
		assert(!leaked)
	}
}
