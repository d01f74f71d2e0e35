#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmap-prof watch: two processors access counters of user space, and a map, strictly in turns, so
# that every access and modelled transfer is known beforehand.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

# Three are of a map that khmapctl makes.
tests=63
! command -v khmapctl >/dev/null || tests=66
. "${0%/*}/prof_test.sh"

watch() {
	khmap-prof watch --json "$json" "$@"
}

# Counters that wait for a line on descriptor 9 before they begin, and for one to end.
mkfifo "$work/lines"
counters_start() {
	prof_counters false 100 wait <"$work/lines" >"$work/ready" &
	counters=$!
	exec 9>"$work/lines"
	while [ ! -s "$work/ready" ]; do
		sleep 1
	done
}

# profiler_start OPTION...: it watches when this returns.
profiler_start() {
	khmap-prof watch "$@" >"$work/watch.out" 2>"$work/watch.err" &
	profiler=$!
	while ! grep -q Ctrl-C "$work/watch.err"; do
		sleep 1
	done
}

# lines: of the last profile, by name and place; the transfers are true, false, load_true, load_false.
lines() {
	query '.lines | sort_by(.map_id, .page, .line) | .[] | [.region, .stores, .loads,
		[.modelled_transfers | .true, .false, .load_true, .load_false], [.accesses[] |
		[.offset, .length, .kind, .cpu, .count, .name]]]'
}

# --- Strict turns on counters. 2,000 stores are 1,999 transfers, or none.

ok 'two counters of a line are watched; record does it, too' khmap-prof record --json "$json" \
	--symbol counters:0+16 -- prof_counters false 1000
ok 'they are false sharing, and have the names of members' is \
	'["range",2000,0,[0,1999,0,0],[[0,8,"store",0,1000,"counters.first"],[8,8,"store",1,1000,"counters.second"]]]' \
	lines
ok 'what was watched is told: all, all the time' is \
	'["watchpoints",4,8,false,"counters",16,[[0,8,1000],[8,8,1000]],1,2000,0]' query \
	'[.source.kind, .watching.slots, .watching.width, .watching.loads, .ranges[0].name,
	.ranges[0].length, [.watched[] | [.offset, .length, .hits]],
	([.watched[].watched_ns] | unique | length), .totals.events, ([.totals.dropped[]] | add)]'
ok 'for no longer than it was recorded' is true query \
	".duration_ns as \$all | .watched | all(.watched_ns > 0 and .watched_ns <= \$all)"
ok 'instructions have names though the process has ended' is true query \
	'[.lines[].accesses[].symbol | test("^take_false[+]0x[0-9a-f]+ \\[prof_counters\\]$")] | all'
ok 'the same counter is watched' watch --symbol counters:0+16 -- prof_counters true 1000
ok 'it is true sharing' is \
	'["range",2000,0,[1999,0,0,0],[[0,8,"store",0,1000,"counters.first"],[0,8,"store",1,1000,"counters.first"]]]' \
	lines
ok 'a counter of each line is watched' watch --symbol counters:0+8 --symbol counters:64+8 -- \
	prof_counters padded 500
ok 'nothing is shared' is \
'["range",500,0,[0,0,0,0],[[0,8,"store",0,500,"counters.first"]]]
["range",500,0,[0,0,0,0],[[0,8,"store",1,500,"counters.far[0]"]]]' lines
ok 'both kinds in one line are watched' watch --symbol counters:0+16 -- prof_counters mixed 250
ok 'each transfer is of its kind' is '["range",500,0,[250,249,0,0],[[0,8,"store",0,250,"counters.first"],[0,8,"store",1,125,"counters.first"],[8,8,"store",1,125,"counters.second"]]]' \
	lines

# An emulated processor reports the first only of two watchpoints that an instruction hits.
ok 'a store across two lines is seen in the first' watch --symbol counters:56+8 -- \
	prof_counters across 100
ok 'there it is true sharing' is \
	'["range",200,0,[199,0,0,0],[[56,8,"store",0,100,"counters.other[5]"],[56,8,"store",1,100,"counters.other[5]"]]]' \
	lines
ok 'and in the second' watch --symbol counters:64+8 -- prof_counters across 100
ok 'there it is, too' is \
	'["range",200,0,[199,0,0,0],[[0,8,"store",0,100,"counters.far[0]"],[0,8,"store",1,100,"counters.far[0]"]]]' \
	lines
ok 'instructions that load and store are watched' watch --symbol counters:0+16 -- \
	prof_counters adds 100
ok 'they are stores' is \
	'["range",200,0,[0,199,0,0],[[0,8,"store",0,100,"counters.first"],[8,8,"store",1,100,"counters.second"]]]' \
	lines

# --- One stores, one loads.

ok 'loads of what is stored are watched' watch --loads --symbol counters:0+16 -- \
	prof_counters reads 100
ok 'each brings the line: true sharing' is \
	'["range",100,100,[0,0,100,0],[[0,8,"store",0,100,"counters.first"],[0,8,"load",1,100,"counters.first"]]]' \
	lines
ok 'loads beside what is stored are watched' watch --loads --symbol counters:0+16 -- \
	prof_counters reads-other 100
ok 'each brings the line: false sharing' is \
	'["range",100,100,[0,0,0,100],[[0,8,"store",0,100,"counters.first"],[8,8,"load",1,100,"counters.second"]]]' \
	lines
ok 'stores are no loads, though both watchpoints are hit' watch --loads --symbol counters:0+16 -- \
	prof_counters false 100
ok 'they are stores only' is \
	'["range",200,0,[0,199,0,0],[[0,8,"store",0,100,"counters.first"],[8,8,"store",1,100,"counters.second"]]]' \
	lines

# --- What moves is shown meanwhile; each block begins with the time. The names are the range's.

live() {
	counters_start
	profiler_start --pid "$counters" --symbol counters:0+16 --live=0.3 --interval 1000
	echo >&9
	while ! grep -q '^counters  *range .* 199  *false sharing' "$work/watch.out"; do
		sleep 1
	done
	echo >&9
	exec 9>&-
	wait "$profiler" && grep -q '^[0-9.]* s: 200 events' "$work/watch.out"
}
ok 'a live view shows the range, until the process ends' live
ok 'it needs standard output' fails 2 'standard output for itself' khmap-prof watch -w --json - \
	--symbol counters -- prof_counters true 1

# --- Less than all.

ok 'one in ten is watched' watch --sample 10 --symbol counters:0+16 -- prof_counters false 100
ok 'one in ten of each processor is taken' is '[200,20,20,[0,19]]' query '[.totals.events,
	.totals.taken, .lines[0].stores, [.lines[0].modelled_transfers | .true, .false]]'
ok 'bytes in turns are watched' watch --interval 20 --symbol counters -- prof_counters true 3000
ok 'only what was accessed is seen, in less time, and less often' is '[1,16,["counters.first"],true]' \
	query '[(.lines | length), (.watched | length), ([.lines[].accesses[].name] | unique),
	([.watched[].watched_ns] | max) < .duration_ns]'
ok 'half a word is watched' watch --width 4 --symbol counters:0+16 -- prof_counters false 50
ok 'a store of 8 bytes is seen in its first half' is true query \
	'.watched | length == 4 and .[0].hits == 50 and .[2].hits == 50'

# --- What is left out.

ok 'a command whose child does it is watched' watch --symbol counters:0+16 -- \
	prof_counters false 100 fork
ok 'the child'"'"'s accesses are left out, and counted' is '[0,200]' query \
	'[.totals.events, .watching.others]'
ok 'which is said' sh -c "khmap-prof watch --symbol counters:0+16 -- prof_counters false 100 fork |
	grep -q '^Left out: 200 accesses of other processes'"

# Another one takes three of the four watchpoints in the first variable's turn, which needs one; the
# second variable's needs four, and has one then.
held='--interval 300 --symbol holder_alone --symbol holder_four'
# shellcheck disable=SC2086 # several words
ok 'bytes are watched though others take watchpoints meanwhile' watch $held -- prof_holder 3 3000
ok 'what could not be set is counted, and was not watched' is '[true,true]' query \
	'[.watching.unset > 0, ([.watched[] | select(.offset % 64 == 24 or .offset % 64 == 0)] |
	length == 3 and (map(.watched_ns) | sort | .[0] < .[1]))]'
ok 'which is said' sh -c "khmap-prof watch $held -- prof_holder 3 3000 |
	grep -Eq '^Watchpoints could not be set [1-9][0-9]* times: others'"

# --- In a PID namespace numbers of processes are others.

ok 'a command in a PID namespace is watched' unshare -pf --mount-proc \
	"$top/build/prof/khmap-prof" watch --json "$json" --symbol counters:0+16 -- \
	prof_counters false 100
ok 'it is seen, with its names' is '[200,[true]]' query '[.totals.events,
	([.lines[].accesses[].symbol | test("^take_false")] | unique)]'

# --- A process that runs already.

running() {
	counters_start
	watch --pid "$counters" --symbol counters --duration 1 || return
	start=$(query '.ranges[0].start' | tr -d '"')
	profiler_start --pid "$counters" --range "$start+16:mine" --json "$json"
	echo >&9
	while ! grep -q 'done' "$work/ready"; do
		sleep 1
	done
	echo >&9
	exec 9>&-
	wait "$profiler"
}
ok 'threads of a running process are watched, until it ends' running
ok 'they are seen' is '["range",200,0,[0,199,0,0],[[0,8,"store",0,100,null],[8,8,"store",1,100,null]]]' \
	lines
ok 'the range has its name in the table' sh -c "grep '^mine  *range  *0 ' '$work/watch.out'"

# --- Values of a map that the kernel stores.

prof_writer create watch_map aligned 10
prof_writer put watch_map 1 2 3 4 5 6 7 8
ok 'two values of a map are watched' watch --map watch_map --line header:0:11:16+24 -- \
	prof_writer turns watch_map 4 5 100
ok 'each put stores its value: false sharing' is \
	'["header",200,0,[0,199,0,0],[[16,8,"store",0,100,null],[32,8,"store",1,100,null]]]' lines
ok 'the kernel stores, in the module' is '[[0],true,"watch_map"]' query '[([.lines[].accesses[].pid] |
	unique), ([.lines[].accesses[].symbol | test("\\[khmap\\]$")] | all), .maps[0].name]'
hottest() {
	prof_writer turns watch_map 4 4 100000000 &
	writer=$!
	status=0
	khmap-prof record --source watchpoints --json "$json" --map watch_map --hot 1 --duration 15 ||
		status=$?
	kill "$writer"
	wait "$writer"
	return "$status"
}
ok 'the hottest lines of a map are found' hottest
ok 'they are watched' is true query '(.watched | length) == 8 and (.lines | length) == 1 and
	.lines[0].region == "header" and .lines[0].stores > 0'

# --- Fields of a map's records. One slot is 8 bytes of key and 16 of value, the first 24 bytes
# --- behind the start of the inline bucket.

if command -v khmapctl >/dev/null; then
	khmapctl create watch_fields --key u64 --value '{packets:u64,bytes:u64}' --max-entries 10
	khmapctl put watch_fields 1 '{packets:1,bytes:1}'
	khmap-prof record --map watch_fields --json "$json" -- khmapctl put watch_fields 1 \
		'{packets:2,bytes:2}' >/dev/null
	value=$(($(query '.maps[] | select(.name == "watch_fields").inline_offset') + 32))
	ok 'what an operation stored has the name of no field' is '[true,[null]]' query \
		'[([.lines[].accesses[] | select(.kind == "value").length] == [16]),
		([.lines[].accesses[].name] | unique)]'
	ok 'both fields of a value are watched' watch --map watch_fields \
		--line "header:0:$((value / 64)):$((value % 64))+16" -- \
		khmapctl put watch_fields 1 '{packets:3,bytes:3}'
	ok 'they have their names' is \
		'["bucket 0: value 0, packets","bucket 0: value 0, bytes"]' query \
		'[.lines[].accesses | sort_by(.offset)[].name]'
	khmapctl destroy watch_fields
fi

# --- Errors.

ok 'there is no such process' fails 8 'there is no process 4194300' khmap-prof watch \
	--pid 4194300 --range 4096+8
ok 'nothing is there' fails 8 'has nothing at 0x1000' khmap-prof watch --pid $$ --range 4096+8
ok 'there is no such variable' fails 8 'variable "nobody"' khmap-prof watch --pid $$ --symbol nobody
ok 'it is a function' fails 8 'is a function' khmap-prof watch --symbol main -- prof_counters true 1
ok 'the variable is smaller' fails 8 'no such bytes' khmap-prof watch --symbol counters:120+16 -- \
	prof_counters true 1
ok 'this is no range' fails 2 'START+LENGTH' khmap-prof watch --pid $$ --range 0x10+x
ok 'this is too long' fails 2 '1 to 65536 bytes' khmap-prof watch --pid $$ --range 0x10+65537
ok 'this is beyond the end' fails 2 'goes beyond the last address' khmap-prof watch --pid $$ \
	--range 0xfffffffffffffff0+64
ok 'a process of the kernel has none' fails 8 "is one of the kernel's" khmap-prof watch --pid 2 \
	--range 4096+8
silent() {
	khmap-prof watch --symbol turn -- prof_writer keys watch_map 0 1 2>&1 >/dev/null | grep -c libbpf
}
ok 'a program without type information is no cause for words of a library' is 0 silent
ok 'nothing is named' fails 2 'what shall be watched' khmap-prof watch -- true
ok 'there is no such line' fails 8 'no page 9 in its primary region' khmap-prof watch \
	--map watch_map --line primary:9:1 --duration 1
ok 'there is no such map' fails 3 'no map "nobody"' khmap-prof watch --map nobody
ok 'there is no such command' fails 127 'No such file' khmap-prof watch --symbol x -- /nonexistent
ok 'no rights' fails 5 'run this as root' su tester -c \
	"$top/build/prof/khmap-prof watch --symbol counters -- $top/build/guest/prof_counters true 1"

# A map that is destroyed keeps its memory while it is watched, and its name.
destroyed() {
	prof_writer create watch_gone aligned 10
	prof_writer put watch_gone 1 2 3 4 5
	khmap-prof watch --json "$json" --map watch_gone --line header:0:11:16+8 -- sh -c "
		prof_writer puts watch_gone 0 4 20; prof_writer destroy watch_gone
		dd if=/dev/zero of='$work/much' bs=1M count=64" 2>&1 >/dev/null | grep '^khmap-prof'
	query '[.maps[].name, (.lines[] | .line, .stores, .verdict)]'
}
ok 'what was stored since is not the map'"'"'s' is \
'khmap-prof: map "watch_gone" was destroyed while it was profiled
["watch_gone",11,20,"private"]' destroyed

prof_writer destroy watch_map
finish
