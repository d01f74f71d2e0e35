#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmap-prof stat: operations of a command are counted, each one, with what it took.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=38
. "${0%/*}/prof_test.sh"

stat() {
	khmap-prof stat --json="$json" "$@" >"$work/text"
}

# rows MAP: its operations, how many, and how many of them failed.
rows() {
	query "[.operations[] | select(.map == \"$1\") | [.operation, .count, .failed]]"
}

# sane: times are times, and counted operations are operations.
sane() {
	jq -e '(.operations | length > 0) and (.operations | all(.ns > 0 and .longest_ns <= .ns and
		.longest_ns * .count >= .ns and .counted <= .count and .failed <= .count))' "$json"
}

prof_stall create stat_map 8
prof_stall create stat_inline 8
prof_stall create stat_other 8

# --- What a command did, and no other process.

ok 'puts of a map that grows' stat --map stat_map --all --events cpu-clock,page-faults -- \
	prof_stall puts stat_map 1 3000
splits=$(prof_stall shape stat_map | cut -d ' ' -f 2)
ok 'every put is there' is '["put",3000,0]' query \
	'.operations[] | select(.operation == "put") | [.operation, .count, .failed]'
ok 'every split is there, whoever did it' is "$splits" jq \
	'[.operations[] | select(.operation == "split") | .count - .failed] | add' "$json"
ok 'times are sane' sane
ok 'each member is described' described "$json"
ok 'counters were read around each put' is '[3000,true,true,0]' query \
	'.operations[] | select(.operation == "put") | [.counted, .counters["cpu-clock"] > 0,
	.counters["cpu-clock"] <= .ns, .counters["page-faults"]]'
ok 'the command was counted as a whole' is \
	'[["cpu-clock",true,true,true],["page-faults",true,true,true]]' \
	query '[.events[] | [.name, .counted, .command > 0, .command_share == 1]]'
ok 'what that cost is known' query '.overhead |
	if .runs > 0 and .run_ns > 0 and .share > 0 and .share < 1 then . else error("no") end'
ok 'the table has columns of them' grep -q 'CPU-CLOCK/OP  *PAGE-FAULTS/OP' "$work/text"
ok 'nothing was dropped' is '[1,"stat",0,0,0,0,0]' query \
	'[.format, .command, .dropped.operations, .dropped.processes, .dropped.modelled_stores,
	.modelled_partly, .overhead.missed]'

ok 'gets and deletes' stat -- sh -c 'prof_stall gets stat_map 2901 200 &&
	prof_writer delete stat_map 1 2 3'
ok 'all are there, those that failed too' is '[["get",200,100],["delete",3,0]]' rows stat_map
ok 'the text names the command' grep -q '^Operations of sh;' "$work/text"

# Another process puts when the command runs, and the command ends when it has.
elsewhere() {
	rm -f "$work/go" "$work/done"
	{
		until [ -e "$work/go" ]; do sleep 0.1; done
		prof_stall puts stat_other 1 5
		: >"$work/done"
	} &
	stat "$@" -- sh -c ": >$work/go; until [ -e $work/done ]; do sleep 0.1; done"
	wait
}
ok 'another process puts meanwhile' elsewhere
ok 'it does not count' is '[]' query .operations
ok 'the text says so' grep -q '^No operation on a map' "$work/text"
ok 'another process puts, and all count' elsewhere --all
ok 'it counts' is '[["put",5,0]]' rows stat_other
ok 'only one map is asked for' stat --map stat_inline -- sh -c \
	'prof_stall puts stat_other 1 5; prof_stall puts stat_inline 1 5'
ok 'the other one does not count' is '[["put",5,0]]' query \
	'[.operations[] | [.operation, .count, .failed]]'

# --- In a PID namespace numbers of processes are others.

ok 'a command in a PID namespace' unshare -pf --mount-proc "$top/build/prof/khmap-prof" stat \
	--json="$json" --map stat_inline -- sh -c 'prof_stall puts stat_inline 1 5; :'
ok 'it counts, and what it has started' is '[["put",5,0]]' rows stat_inline
ok 'a command that begins a PID namespace' stat --map stat_inline -- unshare -pf \
	"$top/build/guest/prof_stall" puts stat_inline 1 5
ok 'it counts, too' is '[["put",5,0]]' rows stat_inline

# --- Counters that this machine lacks, and what stands in for them.

ok 'two processors in turns' stat --map stat_inline -- prof_writer turns stat_inline 4 5 300
ok 'their puts' is '[["put",600,0]]' rows stat_inline
if khmap-prof stat --json -- true | jq -e '.events[] | select(.name == "store-misses").counted' \
	>/dev/null; then
	ok 'stores that miss are counted, so nothing is modelled' is null query \
		.modelled_transfers
	ok 'the text says so' grep -q 'as stores that miss are counted' "$work/text"
else
	ok 'stores that miss are not counted, so transfers are modelled' is \
		'[{"true":599,"false":599}]' query '[.modelled_transfers[] | del(.map_id)]'
	ok 'the text says so' grep -q 'store-misses: not counted: this machine has no such' \
		"$work/text"
fi

# --- Ends, and errors.

ok 'the exit status is that of the command' is 7 sh -c \
	'khmap-prof stat -- sh -c "exit 7" >/dev/null; echo $?'
ok 'a time instead of a command' stat --duration 0.2
ok 'there is no such map' fails 3 'there is no map "nobody"' khmap-prof stat --map nobody
ok 'there is no such event' fails 2 'there is no event "bogus", but cycles' khmap-prof stat \
	--events cycles,bogus -- true
ok 'a time or a command' fails 2 'not both' khmap-prof stat --duration 1 -- true
ok 'no place for the JSON' fails 1 '/nonexistent/file: No such file' khmap-prof stat \
	--json=/nonexistent/file -- sh -c ": >$work/ran"
ok 'it is told before anything is run' [ ! -e "$work/ran" ]
ok 'no rights' fails 5 'without CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN' su tester -c \
	"$top/build/prof/khmap-prof stat --duration 1"
ok 'there is no such command' fails 127 'No such file' khmap-prof stat -- /nonexistent
left() {
	nothing_left &&
		for map in stat_map stat_inline stat_other; do
			prof_writer destroy "$map" || return
		done
}
ok 'nothing is left' left

finish
