/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * doorbell.h - how a program in the guest talks to the plugin outside
 *
 * By stores to a page at a fixed virtual address that no value goes through:
 * the store's offset in the page is the character that is said.  Characters
 * make lines; each processor has a line of its own, so a thread that speaks
 * must be pinned.  A line takes effect before the store's thread goes on.
 *
 *	case NAME	begin a case; everything before is forgotten
 *	loads		loads count too, otherwise stores alone do
 *	operations	accesses count in operations only, see below
 *	every N		of each processor's operations only the first, and then
 *			each Nth after it, counts
 *	page ADDRESS LABEL
 *			watch the page that this processor's next load from
 *			this virtual address (hexadecimal) finds, under whatever
 *			address a processor accesses it later: the kernel has it
 *			under another one than a process that maps it
 *	go		count from here
 *	end		print the case
 *
 * An operation is what one processor does between "(" and ")", which take
 * effect as characters where a line would begin.  All that it stores into one
 * line is one store, as of ")", and likewise with loads.  That is right only if
 * nobody else touches these lines in between.
 *
 * NAME and LABEL consist of letters, digits, "_" and "/".
 */
#ifndef ORACLE_DOORBELL_H
#define ORACLE_DOORBELL_H

#define DOORBELL_ADDRESS	0x6b6d61700000ul	/* "kmap" */
#define DOORBELL_SIZE		256
#define DOORBELL_LINE_SIZE	128

#endif /* ORACLE_DOORBELL_H */
