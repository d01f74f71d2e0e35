#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmap-prof selftest: here everything works but for what the machine lacks; and it says so where
# something is missing.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=15
. "${0%/*}/prof_test.sh"

verdicts() {
	query "[.checks[] | select(.name as \$name | $1 | index(\$name)) | [.name, .verdict]]"
}

maps=$(ls /dev/khmap)
ok 'all checks are made' sh -c "khmap-prof selftest --json='$json' >'$work/text'"
ok 'everything is there' is \
	'[["module","ok"],["types","ok"],["rights","ok"],["perf events","ok"]]' verdicts \
	'["module", "types", "rights", "perf events"]'
ok 'each source sees what is done' is \
	'[["tracepoints","ok"],["operations","ok"],["stalls","ok"],["samples","ok"],["watchpoint","ok"],["watch","ok"]]' \
	verdicts '["tracepoints", "operations", "stalls", "samples", "watchpoint", "watch"]'
ok 'with the numbers that must be' is \
	'["99 modelled transfers of puts in turns, as it must be","100 puts at the module'"'"'s functions, as it must be","3 cuts of snapshots were told, as it must be","20 page faults in line 0 of a map, as it must be","100 stores under a watchpoint, as it must be","999 modelled transfers of stores under watchpoints, as it must be"]' \
	query '[.checks[].text | select(endswith("as it must be"))]'
ok 'a line for each' is 11 sh -c "grep -c ' \(ok\|absent\) ' '$work/text'"
ok 'no overhead is measured' is '[]' query .overhead
# How much is left is for an idle machine to say, see Documentation/performance.rst.
ok 'the overhead is measured' sh -c \
	"khmap-prof selftest --overhead --json='$json' >'$work/text' && grep -q '^overhead' '$work/text'"
ok 'each member is described' described "$json"
ok 'one by one, by batches, and with none taken' is \
	'[[1,64,true],[64,64,true],[64,1000000000,true]]' query '[.overhead[] | [.batch, .sample,
	(.plain > 0 and .sampled > 0 and (.ratio - .sampled / .plain | fabs) < 0.000001)]]'
ok 'wrong usage' fails 2 'takes no arguments' khmap-prof selftest now

# Whoever has no rights gets a line for each all the same, and the exit status of what failed.
no_rights() {
	status=0
	su tester -c "$top/build/prof/khmap-prof selftest --json" >"$json" || status=$?
	[ "$status" -eq 5 ] && is '[["rights","failed"],["tracepoints","absent"]]' verdicts \
		'["rights", "tracepoints"]'
}
ok 'no rights' no_rights
one_processor() {
	taskset 1 khmap-prof selftest --json >"$json" &&
		is '[["tracepoints","absent"],["operations","absent"],["stalls","ok"],["samples","ok"],["watchpoint","ok"],["watch","absent"]]' \
			verdicts '["tracepoints", "operations", "stalls", "samples", "watchpoint", "watch"]'
}
ok 'one processor is enough for what is not about two' one_processor
mount -t tmpfs none /sys/kernel/btf
: >/sys/kernel/btf/vmlinux
no_types() {
	status=0
	khmap-prof selftest --json >"$json" || status=$?
	[ "$status" -eq 4 ] && is '[["types","failed"],["operations","absent"]]' verdicts \
		'["types", "operations"]'
}
ok 'no types' no_types
umount /sys/kernel/btf

ok 'nothing is left' nothing_left
ok 'no map is left' is "$maps" ls /dev/khmap

finish
