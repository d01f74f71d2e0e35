# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The cases. Sourced both in the guest, where a_case runs one, and on the host, where it judges what
# came of it.
#
# a_case NAME WHERE ROUNDS KNOWN STEP...: prof_turns (its help has the STEPs) runs this under the
# profiler on WHERE, which is
#	MAP[/N]			a map that guest.sh makes, by the module's tracepoints; one operation in N
#				is taken
#	MAP/watch/PLACE,...	these bytes of it (REGION:PAGE:LINE:FIRST+BYTES), by watchpoints
#	memory/WIDTH/FIRST+BYTES,...[/loads]
#				these bytes of a variable, by watchpoints of that width; for loads, too
# KNOWN are the transfers of all lines, "TRUE FALSE" of stores and "TRUE FALSE" of loads.
#
# A processor does not say how many of a watchpoint's bytes are accessed, so a step accesses all bytes
# of one. Those of QEMU tell of one watchpoint only that an access hits; and, once they have hit one,
# tell of it again with each hit of one that stands before it: so on each CPU nothing goes back.
#
# side_case: likewise, on bytes of one line of several that are accessed, which is compared; the others
# are the plugin's alone.
#
# known_case: likewise, on MAP[/loads] or memory[/loads], but without the profiler.

# is_wanted NAME: it begins as one of the names in $wanted does, or there are none.
is_wanted() {
	[ -n "$wanted" ] || return 0
	for beginning in $wanted; do
		case $1 in
		"$beginning"*) return 0 ;;
		esac
	done
	return 1
}

cases() {
	# Both change the sequence in line 10; the values are neighbours in line 11.
	a_case inline_false inline 200 '399 399 0 0' 0p4 1p5
	a_case inline_true inline 200 '798 0 0 0' 0p5 1p5

	# One after the other, and each once more: of three transfers of each line two are returns, and it
	# has been handed over.  With one more it comes and goes.
	a_case inline_handed inline 1 '6 0 0 0' 0p4x50 1p4x50 0p4x50 1p4x50
	a_case inline_returns inline 1 '8 0 0 0' 0p4x50 1p4x50 0p4x50 1p4x50 0p4x50

	# The last value of bucket 0 shares a line with the sequence and the first slot of bucket 1; or
	# buckets have lines of their own.
	a_case packed_false packed 200 '0 399 0 0' 0p0.14 1p1.0
	a_case aligned_padded aligned 200 '0 0 0 0' 0p0.0 1p1.0

	# In that line: false, true by the sequence, false, and true from round to round, by the value;
	# in the line of bucket 0's sequence: true, twice a round.
	a_case packed_mixed packed 100 '398 200 0 0' 0p0.14 1p1.0 0p1.1 1p0.14
	# What was stored before the last time counts, while the line stays where it is.
	a_case packed_since packed 100 '398 0 0 0' 0p0.14 0p1.0 1p0.14

	# Key, value and tag; then all of the slot, and the tag.
	a_case aligned_delete aligned 100 '199 0 0 0' 0p3.0 1d3.0
	# A slot in three lines.
	a_case wide_true wide 100 '796 0 0 0' 0p0.1 1p0.1
	a_case wide_insert wide 100 '796 0 0 0' 0p0.9 1d0.9

	a_case ten_turns inline/10 60 '119 119 0 0' 0p4x10 1p5x10
	# Of every ten rounds those of CPU 0 in three are taken, and that of CPU 1 in one.
	a_case ten_uneven inline/10 100 '20 20 0 0' 0p4x3 1p5

	# Each store by itself: the sequence twice, the value between.
	a_case inline_watch inline/watch/header:0:10:0+4,header:0:11:16+8,header:0:11:32+8 100 \
		'199 199 0 0' 0p4 1p5

	# Who looks up stores nothing.
	a_case lookup inline 100 '0 0 0 0' 0p4 1g4
	known_case lookup_loads inline/loads 100 '0 0 200 0' 0p4 1g4

	a_case memory_false memory/8/0+16 1000 '0 1999 0 0' 0s0+8 1s8+8
	a_case memory_true memory/8/0+8 1000 '1999 0 0 0' 0s0+8 1s0+8
	a_case memory_padded memory/8/0+8,64+8 1000 '0 0 0 0' 0s0+8 1s64+8
	a_case memory_both memory/8/0+16 1 '4 5 0 0' 0s0+8 1s8+8 0s0+8 1s8+8 0s0+8 1s8+8 \
		0s8+8 1s8+8 0s8+8 1s8+8
	known_case memory_mixed memory 200 '200 599 0 0' 0s0+8 1s8+8 0s8+1 1s16+8
	known_case memory_across memory 200 '399 0 0 0' 0s60+8 1s64+4
	# The profiler watches one side of each access across a line.
	side_case memory_side_first memory/4/60+4 200 '798 0 0 0' 0s60+8 1s60+8
	side_case memory_side_second memory/4/64+4 200 '399 0 0 0' 0s60+8 1s64+4
	known_case memory_page memory 200 '399 0 0 0' 0s4092+8 1s4096+4
	a_case memory_atomic memory/4/8+4 200 '399 0 0 0' 0a8+4 1a8+4
	known_case memory_part memory 200 '399 0 0 0' 0s0+4 1s3+2

	# The second of two loads brings nothing.
	a_case memory_read memory/8/0+8/loads 200 '0 0 200 0' 0s0+8 1l0+8 1l0+8
	a_case memory_read_false memory/8/0+16/loads 200 '0 0 0 200' 0s0+8 1l8+8 1l8+8
	known_case memory_read_across memory/loads 200 '0 0 400 0' 0s60+8 1l60+8
	known_case memory_read_both memory/loads 200 '0 0 200 200' 0s56+8 0s100+4 1l60+8 1l0+1
	a_case memory_read_write memory/8/0+8/loads 200 '399 0 399 0' 0l0+8 0s0+8 1l0+8 1s0+8
}

# refuted MISTAKE CASE: the model that makes this mistake (model.h) does not pass the case.
mistakes() {
	refuted owner inline_false
	refuted overlap packed_false
	refuted width aligned_delete
	refuted width memory_part
	refuted across memory_across
	refuted across memory_read_across
	refuted across memory_side_second
	refuted sample ten_turns
	refuted sample ten_uneven
	refuted reload memory_read
	refuted return inline_handed
}
