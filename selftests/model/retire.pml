/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * retire.pml - a name goes from one map to another and back, while others write and follow it
 *
 * There are two maps of two stripes each.  The name means map 0; map 1 is one that it has kept, and
 * so retired.  A publisher moves the name to map 1, and back to map 0.  Two writers open the name,
 * put twice each, and if they are turned away open it anew, or try with what they have.  Somebody
 * takes a snapshot of map 0.  A reader follows the name until nothing moves any more.
 *
 * Each load and store that another process may see is a step of its own.  Memory is sequentially
 * consistent.  A put is one store; what it does to pages, and what the cut is for, snapshot.pml has.
 *
 * Each of these leaves a rule out, and must be refuted:
 *
 *	BIT_BEFORE_LOCK		a writer looks at the word before it has its lock
 *	NO_PASS			to retire does not wait for writers that are inside
 *	NO_MUTEX		a map is retired without the mutex of cuts
 *	REVIVE_EARLY		the new map can be written to before the old one is retired
 *	OPEN_UNLOCKED		who opens the name does not take the registry's lock
 *	TELL_UNLOCKED		readers are told before the registry's lock is taken
 *	WORD_LATE		a reader remembers what the word is after it has asked
 */
#define MOVES	2
#define TRIES	2

#define CLOSED	1
#define RETIRED	2
#define EPOCH	4	/* one of them */

#define LOCK(t, s)	lock[2 * (t) + (s)]

/* Of the maps. */
byte gate[2];		/* the word that writers look at */
bool lock[4];		/* of stripes */
bool mutex[2];		/* of cuts */
byte told[2];		/* in the header page */

/* Of the name. */
bool registry;		/* the lock */
byte name;		/* what it means */
byte generation;

/* What is true. */
bool dead[2];		/* has been retired: the call has returned */
byte moves;		/* that have begun */
bool quiet;		/* nothing moves any more */

/* Reasons to fail; named, so that a verdict names its reason. */
bool late;		/* a store to a map that has been retired */
bool both;		/* a store, and the other map can still be stored to */
bool turned;		/* somebody who has just opened the name is told that it is stale */
bool missed;		/* a reader stays with a map, and will never look again */
bool leaked;		/* at the end: a lock is held, or a gate closed */

#ifdef OPEN_UNLOCKED
#define OPENED	true
#else
#define OPENED	(!registry)
#endif

inline retire(t)
{
#ifndef NO_MUTEX
	atomic { !mutex[t]; mutex[t] = true }
#endif
	word = gate[t];
	gate[t] = word | RETIRED;
#ifndef NO_PASS
	!LOCK(t, 0);
	!LOCK(t, 1);
#endif
#ifndef NO_MUTEX
	mutex[t] = false;
#endif
	d_step { dead[t] = true; word = 0 }
}

inline revive(t)
{
	atomic { !mutex[t]; mutex[t] = true; dead[t] = false }
	d_step { gate[t] = gate[t] & ~RETIRED; mutex[t] = false }
}

inline tell()
{
	d_step { generation++; told[0] = generation }
	told[1] = generation
}

proctype publisher()
{
	byte word, from;

	do
	:: moves == MOVES -> break
	:: else ->
#ifdef TELL_UNLOCKED
		tell();
#endif
		atomic { !registry; registry = true; moves++; from = name }
#ifdef REVIVE_EARLY
		revive(1 - from);
#endif
		retire(from);
		name = 1 - from;
#ifndef REVIVE_EARLY
		revive(1 - from);
#endif
#ifndef TELL_UNLOCKED
		tell();
#endif
		d_step { registry = false; from = 0 }
	od;
	quiet = true
}

proctype writer(byte s)
{
	byte t, word, since, tries;

open:
	atomic { OPENED; t = name; since = moves }
again:
#ifdef BIT_BEFORE_LOCK
	word = gate[t];
#endif
	atomic { !LOCK(t, s); LOCK(t, s) = true }
#ifndef BIT_BEFORE_LOCK
	word = gate[t];
#endif
	if
	:: word & CLOSED ->
		LOCK(t, s) = false;
		!(gate[t] & CLOSED);
		goto again
	:: !(word & CLOSED) && word & RETIRED ->
		atomic {
			LOCK(t, s) = false;
			turned = since == moves;
			assert(!turned)
		}
	:: !(word & (CLOSED | RETIRED)) ->
		atomic {
			late = dead[t];
			assert(!late);
			both = !dead[1 - t];
			assert(!both)
		}
		LOCK(t, s) = false
	fi;
	word = 0;
	tries++;
	if
	:: tries < TRIES -> goto open
	:: tries < TRIES -> goto again
	:: else
	fi
}

/* The gate's part of a cut: what it stores is made of what it has loaded. */
proctype cutter()
{
	byte word;

	atomic { !mutex[0]; mutex[0] = true }
	word = gate[0];
	gate[0] = word | CLOSED;
	!LOCK(0, 0);
	!LOCK(0, 1);
	gate[0] = word + EPOCH;
	d_step { mutex[0] = false; word = 0 }
}

proctype reader()
{
	byte map, word, chosen;

	atomic { OPENED; map = name }
ask:
#ifndef WORD_LATE
	word = told[map];
#endif
	atomic { !registry; chosen = name }
	if
	:: chosen != map -> map = chosen; goto ask
	:: else
	fi;
#ifdef WORD_LATE
	word = told[map];
#endif
	if
	:: told[map] != word -> goto ask
	:: atomic {
		quiet && told[map] == word ->
		missed = map != name;
		assert(!missed)
	   }
	fi
}

init {
	byte i;

	atomic {
		gate[1] = RETIRED;
		dead[1] = true;
		run publisher();
		run cutter();
		run reader();
		run writer(0);
		run writer(1)
	}
	d_step {
		_nr_pr == 1;
		for (i : 0 .. 3) {
			leaked = leaked || lock[i]
		}
		for (i : 0 .. 1) {
			leaked = leaked || mutex[i] || gate[i] & CLOSED
		}
		leaked = leaked || registry || dead[0] || !dead[1] ||
			gate[0] != EPOCH || gate[1] != RETIRED;
		assert(!leaked)
	}
}
