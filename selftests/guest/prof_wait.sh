#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmap-prof wait: stalls that are forced get their names, their places and their numbers.
# shellcheck disable=SC2016,SC2317 # $ of jq; functions that ok calls by their names

set -u

tests=33
. "${0%/*}/prof_test.sh"

watch() {
	khmap-prof wait --json="$json" "$@" >"$work/text"
}

# kinds MAP: what it waited for, and how often, in the order of names.
kinds() {
	query "[.waits[] | select(.map == \"$1\") | [.kind, .count]] | sort"
}

# count MAP KIND
count() {
	jq "[.waits[] | select(.map == \"$1\" and .kind == \"$2\").count] | add // 0" "$json"
}

# places MAP KIND: in order.
places() {
	query "[.waits[] | select(.map == \"$1\" and .kind == \"$2\").places[].place] | sort"
}

# Whatever is summed by place, by second and by length comes to the same.
sums_agree() {
	[ "$(jq '.waits | length' "$json")" -gt 0 ] && jq -e '.waits | all(
		([.places[].count] | add) == .count and ([.slots[].count] | add) == .count and
		([.histogram[].count] | add) == .count and ([.places[].ns] | add) == .ns and
		([.slots[].ns] | add) == .ns and ([.slots[].longest_ns] | max) == .longest_ns and
		.ns >= .longest_ns and .longest_ns * .count >= .ns)' "$json"
}

prof_stall create wait_map 8
prof_stall create wait_large 2048

# --- Splits.

ok 'a map that grows is watched' watch --map wait_map -- prof_stall puts wait_map 1 3000
splits=$(prof_stall shape wait_map | cut -d ' ' -f 2)
pages=$(prof_stall shape wait_map | cut -d ' ' -f 1)
ok 'it has grown' test "$splits" -gt 50 -a "$pages" -gt 8
ok 'every split is there' is "$splits" count wait_map split
ok 'the last page got keys' is "$((pages - 1))" jq \
	'[.waits[] | select(.kind == "split").places[].place] | max' "$json"
ok 'sums by place, second and length agree' sums_agree
ok 'each member is described' described "$json"
ok 'nothing is lost' is '[1,"wait",0,0,0,0]' query \
	'[.format, .command, .dropped.module, .dropped.room, .overhead.missed, .overhead.lost]'
ok 'what that cost is known' query '.overhead |
	if .runs > 0 and .run_ns > 0 and .share > 0 and .share < 1 then . else error("no") end'
ok 'the text names the splits' grep -q 'wait_map: split a bucket' "$work/text"
ok 'it has a histogram' grep -q '^  from .*|####' "$work/text"
ok 'and what that cost' grep -q '^Own time: [0-9]* runs' "$work/text"

# --- One writer waits for nobody.

ok 'a single writer is watched' watch --map wait_map -- prof_stall puts wait_map 1 500
ok 'it waits for nothing' is '[]' kinds wait_map
ok 'the text says so' grep -q '^Nothing waited' "$work/text"

# --- Two writers of one key: somebody holds the stripe while the other one wants it.

prof_stall puts wait_large 1 100
stripe=$(prof_stall place wait_large 5 | cut -d ' ' -f 2)
ok 'two writers of a key are watched' watch -- prof_stall race wait_large 5 20000
ok 'they wait for each other' test "$(count wait_large stripe)" -gt 0
ok 'at the stripe of that key alone' is "[$stripe]" places wait_large stripe
ok 'advice is given where waits were long' is true query '.duration_ns as $all | .waits[] |
	(.advice == null) == (.ns * 100 < $all)'
ok 'no other map waits' is '["wait_large"]' query '[.waits[].map] | unique'
ok 'sums agree' sums_agree

# --- Snapshots: their cuts, and the pages that are copied out for them.

ok 'cuts are watched' watch --map wait_map -- prof_stall cuts wait_map 32
ok 'every cut is there, and nothing else' is '[["cut",32]]' kinds wait_map
page=$(prof_stall place wait_map 7 | cut -d ' ' -f 1)
held() {
	prof_stall snapshots wait_map 32 khmap-prof wait --json="$json" --map wait_map -- "$@" \
		>"$work/text"
}
ok 'a writer under 32 snapshots is watched' held prof_stall puts wait_map 7 1
ok 'it copies its page once for all' is '[["copy",1]]' kinds wait_map
ok 'which page' is "[$page]" places wait_map copy
ok 'a second put is watched' held sh -c 'prof_stall puts wait_map 1 3000'
ok 'every page is copied once' is "$pages" count wait_map copy
ok 'another map is watched' watch --map wait_large -- prof_stall cuts wait_map 3
ok 'it has no part in that' is '[]' query .waits

# --- Ends, and errors.

ok 'the exit status is that of the command' is 7 sh -c \
	'khmap-prof wait -- sh -c "exit 7" >/dev/null; echo $?'
ok 'there is no such map' fails 3 'there is no map "nobody"' khmap-prof wait --map nobody
ok 'no rights' fails 5 'without CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN' su tester -c \
	"$top/build/prof/khmap-prof wait --duration 1"
left() {
	nothing_left && prof_writer destroy wait_map && prof_writer destroy wait_large
}
ok 'nothing is left' left

finish
