#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmap-prof record: two processors put in turns, and every store, processor, byte and modelled
# transfer is known beforehand.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=94
. "${0%/*}/prof_test.sh"

record() {
	khmap-prof record --json "$json" "$@"
}

# keys MAP BUCKET COUNT: on one line.
keys() {
	prof_writer keys "$@" | xargs
}

totals() {
	query '.totals | [.events, .taken, .puts, .deletes, .overflows, .partial,
		([.dropped[]] | add)]'
}

# --- Two values in one line of the inline bucket, at 640: 24 bytes of head, then slots of 16.

prof_writer create prof_inline aligned 10
prof_writer put prof_inline 1 2 3 4 5 6 7 8
ok 'neighbouring values are recorded' record --map prof_inline -- \
	prof_writer turns prof_inline 4 5 500
ok 'every put is one event, none is dropped' is '[1000,1000,1000,0,0,0,0]' totals
ok 'what that cost is known' query '.overhead |
	if .runs >= 1000 and .run_ns > 0 and .share > 0 and .share < 1 and .lost == 0 then . else
	error("no") end'
ok 'sequence: true sharing; neighbouring values: false sharing' is \
'["header",0,10,1000,0,999,0,[[0,500,"0x000000000000000f"],[1,500,"0x000000000000000f"]]]
["header",0,11,1000,1000,0,999,[[0,500,"0x0000000000ff0000"],[1,500,"0x000000ff00000000"]]]' \
	lines_of prof_inline
ok 'the chain has all puts' is '["header",0,0,0,1000,0,0]' query \
	'.buckets[] | [.region, .page, .bucket, .inserts, .replaces, .deletes, .overflows]'
ok 'the JSON states its format' is '[2,"tracepoints",1,64]' query \
	'[.format, .source.kind, .source.sample, .line_size]'

ok 'so are the bytes that each processor stored' is \
'[10,[[0,4,"head",0,500],[0,4,"head",1,500]]]
[11,[[16,8,"value",0,500],[32,8,"value",1,500]]]' \
	query '.lines | sort_by(.line)[] | [.line, [.accesses[] |
	[.offset, .length, .kind, .cpu, .count]]]'
ok 'stacks are kept' record --map prof_inline --stacks -- prof_writer turns prof_inline 4 5 100
ok 'each line has where it moved from, in sum all its transfers' is '[true,true,"prof_writer"]' query \
	'[([.lines[] | ([.stacks[].transfers] | add) == ([.modelled_transfers[]] | add) and
		([.stacks[].accesses] | add) >= .stores - 1] | all),
	([.lines[].stacks[] | (.kernel | length) > 3 and (.user | length) > 0 and .pid > 1] | all),
	.lines[0].stacks[0].command]'
ok 'instructions have names: of the module, of a library though the process has ended' is \
	'[true,true,true]' query '[.symbols[] | {kernel: (.pid == 0), symbol}] |
	[any(.kernel and (.symbol | test("^khmap_.*[+]0x[0-9a-f]+ \\[khmap\\]$"))),
	any(.kernel and (.symbol | test("^do_syscall_64[+]0x[0-9a-f]+$"))),
	any((.kernel | not) and (.symbol | test("^ioctl[+]0x[0-9a-f]+ \\[libc[.]so[.]6\\]$")))]'

ok 'a process that is forked, and has ended, is recorded' record --map prof_inline --stacks -- \
	prof_writer forked turns prof_inline 4 5 20
ok 'its instructions have the names of the one that it was forked by' query \
	'.symbols | if any(.symbol | endswith(" [prof_writer]")) then . else error("no") end'

# What lies at its path when the profile ends is another program.
replaced() {
	record --map prof_inline --stacks -- sh -c "cp '$top/build/guest/prof_writer' '$work/writer' &&
		'$work/writer' turns prof_inline 4 5 20 && cp '$work/writer' '$work/other' &&
		mv '$work/other' '$work/writer'"
}
ok 'a program that is replaced is recorded' replaced
ok 'another program does not give it names' is '[true,true]' query \
	'[.symbols[].symbol | select(endswith(" [writer]")) | startswith("0x")] | [length > 0, all]'

ok 'the same value is recorded' record --map prof_inline -- prof_writer turns prof_inline 5 5 500
ok 'the same value: true sharing' is \
'["header",0,10,1000,0,999,0,[[0,500,"0x000000000000000f"],[1,500,"0x000000000000000f"]]]
["header",0,11,1000,1000,999,0,[[0,500,"0x000000ff00000000"],[1,500,"0x000000ff00000000"]]]' \
	lines_of prof_inline

# --- Not by turns, but one after the other: a line that hardly ever comes back is not shared.

# in_order CPU...: each puts a value 50 times, when the one before has done so.
in_order() {
	# shellcheck disable=SC2016 # the other shell's
	record --map prof_inline -- sh -c 'for cpu; do prof_writer puts prof_inline $cpu 5 50; done' sh "$@"
}
verdicts() {
	query '.lines | sort_by(.line)[] | [.line, .stores, .verdict, .advice.kind]'
}
ok 'two processors put one after the other' in_order 0 1
ok 'that is no sharing, and there is no advice' is \
'[10,100,"handed over",null]
[11,100,"handed over",null]' verdicts
ok 'a processor comes back twice' in_order 0 1 0 1
ok 'nor is that' is \
'[10,200,"handed over",null]
[11,200,"handed over",null]' verdicts
ok 'a third time' in_order 0 1 0 1 0
ok 'that is sharing' is \
'[10,250,"true sharing","batch"]
[11,250,"true sharing","split"]' verdicts

# --- Neighbouring buckets. Packed, with 15 slots in 264 bytes, the last value of bucket 0 shares
# --- line 4 with the head of bucket 1 and its first slot.

prof_writer create prof_packed packed 100
zero=$(keys prof_packed 0 15)
one=$(keys prof_packed 1 2)
zero_packed=$zero
one_packed=$one
# shellcheck disable=SC2086 # lists of words
prof_writer put prof_packed $zero $one
ok 'neighbours in a packed map are recorded' record --map prof_packed -- \
	prof_writer turns prof_packed "${zero##* }" "${one%% *}" 300
ok 'packed: false sharing' is \
'["primary",0,0,300,0,0,0,[[0,300,"0x000000000000000f"]]]
["primary",0,4,600,600,0,599,[[0,300,"0x00000000000000ff"],[1,300,"0x0000ff0000000f00"]]]' \
	lines_of prof_packed
ok 'the line belongs to both buckets' is '{"first":0,"last":1}' query \
	'.lines[] | select(.line == 4) | .buckets'

prof_writer create prof_aligned aligned 100
zero=$(keys prof_aligned 0 8)
one=$(keys prof_aligned 1 7)
two=$(keys prof_aligned 2 3)
# shellcheck disable=SC2086 # lists of words
prof_writer put prof_aligned ${zero% *} $one $two
ok 'neighbours in an aligned map are recorded' record --map prof_aligned -- \
	prof_writer turns prof_aligned "${zero%% *}" "${one%% *}" 300
ok 'aligned: nothing is shared' is \
'["primary",0,0,300,300,0,0,[[0,300,"0x00000000ff00000f"]]]
["primary",0,2,300,300,0,0,[[1,300,"0x00000000ff00000f"]]]' lines_of prof_aligned

# --- An eighth key goes into an overflow bucket and leaves it again.

ok 'overflow is recorded' record --map prof_aligned -- sh -c \
	"prof_writer put prof_aligned ${zero##* } && prof_writer delete prof_aligned ${zero##* }"
ok 'a put, a delete, an overflow bucket' is '[2,2,1,1,1,0,0]' totals
ok 'the overflow bucket, and the head of its chain' is \
'["overflow",0,0,2,2,0,0,[[0,2,"0x00000000ffff0100"]]]
["primary",0,0,2,0,0,0,[[0,2,"0x000000000000000f"]]]' lines_of prof_aligned
ok 'the chain says so' is '["primary",0,0,1,0,1,1]' query \
	'.buckets[] | [.region, .page, .bucket, .inserts, .replaces, .deletes, .overflows]'

# --- Which maps, how many events, how much room.

ok 'all maps are recorded, new ones too' record -- sh -c 'prof_writer put prof_inline 1 2 3 &&
	prof_writer create prof_new aligned 10 && prof_writer put prof_new 7'
ok 'a new map is known by name' is '["header",0,10,1,1,0,0,[[0,1,"0x000000ffff00010f"]]]' \
	lines_of prof_new
ok 'events of all maps are counted' is '[4,4,4,0,0,0,0]' totals

# No way leads to the geometry of an unnamed map that was there before; its slots are named all the
# same.
ok 'an unnamed map is recorded' prof_writer unnamed khmap-prof record --json "$json" -- \
	prof_writer put @9 7
ok 'an event without a geometry is counted as such' is '[1,1,1,0,0,1,0]' totals
ok 'only its slot is modelled' is '["header",10,1,1,"0x000000ffff000000",null]' query \
	'.lines[] | [.region, .line, .stores, .slot_stores, .cpus[0].bytes, .buckets]'

ok 'one in ten is recorded' record --map prof_inline --sample 10 -- \
	prof_writer put prof_inline 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8 1 2 3 4
ok 'one in ten is taken' is '[20,2,2,0,0,0,0]' totals
ok 'another map does not count' record --map prof_inline --sample 2 -- sh -c \
	"prof_writer put prof_aligned $one && prof_writer put prof_inline 1 2 3"
ok 'one in two of this one is taken' is '[3,2,2,0,0,0,0]' totals
ok 'two profilers sample at a time' record --map prof_inline --sample 3 -- \
	khmap-prof record --json "$work/inner" --map prof_inline --sample 10 -- \
	prof_writer put prof_inline 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8 1 2 3 4
ok 'each takes its own' is '[20,7,7,0,0,0,0]' totals
ok 'and so does the other' is '[20,2,10]' jq -c '[.totals.events, .totals.taken, .source.sample]' \
	"$work/inner"
ok 'a sampled overflow is recorded' record --map prof_aligned --sample 2 -- sh -c \
	"prof_writer put prof_aligned ${zero##* } && prof_writer delete prof_aligned ${zero##* }"
ok 'the put is taken, and its overflow bucket' is '[2,1,1,0,1,0,0]' totals
ok 'nothing samples any more' sh -c '! grep -l khmap-every /proc/[0-9]*/fdinfo/*'

ok 'too many lines are recorded' record --map prof_packed --lines 1 -- \
	prof_writer turns prof_packed "$(keys prof_packed 0 1)" "$(keys prof_packed 1 1)" 10
ok 'what found no room is counted' is '[20,20,true,20]' query \
	'[(.totals | .events, .taken, .dropped.lines > 0), ([.buckets[].replaces] | add)]'
# shellcheck disable=SC2046 # a list of keys
ok 'too many operations are recorded' record --map prof_packed --lines 1 -- \
	prof_writer put prof_packed $(seq 1 20)
# Of bytes eight operations have room, and of chains those eight and one more.
# shellcheck disable=SC2016 # a name of jq's
ok 'they are counted, or counted as dropped' is '[20,12,20,true]' query \
	'([.buckets[] | .inserts + .replaces] | add) as $known |
	.totals | [.events, .dropped.accesses, $known + .dropped.buckets, .dropped.buckets > 0]'

# Lines that are stored to by one processor only make room for those that move, and what was counted
# in them is dropped.
crowd() {
	record --map prof_crowd --stacks --folded "$work/folded" --lines "$1" -- sh -c \
		'prof_writer fill prof_crowd 3000; prof_writer turns prof_crowd 5 5 300'
}
accounted() {
	query '([.lines[].stores] | add) + .totals.dropped.lines'
}
prof_writer create prof_crowd aligned 6000
prof_writer fill prof_crowd 3000
ok 'more lines than there is room for are recorded' crowd 64
ok 'the hottest is one that moved' is '[true,64,true]' query '[(.lines[0] |
	.modelled_transfers.true >= 599 and .stores >= 600), (.lines | length),
	.totals.dropped.lines > 3000]'
ok 'and all that moved them have stacks' is '[0,true]' query '[.totals.dropped.stacks,
	([.lines[].stacks[].transfers] | add) == ([.lines[].modelled_transfers[]] | add)]'
# shellcheck disable=SC2016 # a name of awk's
ok 'which are folded' awk '{ sum += $NF } END { exit sum < 599 }' "$work/folded"
accounted >"$work/few"
ok 'the same is recorded with room for all' crowd 20000
ok 'what was dropped is all that is missing' is "$(cat "$work/few")" accounted

# --- What report prints of the JSON is what record printed.

same() {
	khmap-prof record --json "$json" "$@" >"$work/recorded" &&
		khmap-prof report "$json" >"$work/reported" &&
		cmp "$work/recorded" "$work/reported"
}
ok 'report prints what record printed' same --map prof_packed -- \
	prof_writer turns prof_packed "${zero_packed##* }" "${one_packed%% *}" 200
ok 'the JSON has the verdict, and advice with what it saves' is \
	'["false sharing","aligned",399,true]' query \
	'.lines[0] | [.verdict, .advice.kind, .advice.saves, .rate > 1]'
ok 'and where and when it was recorded' is '[true,true,true,true]' query \
	'[(.tool | length > 0), (.began | test("^2[0-9]{3}(-[0-9]{2}){2}T.*Z$")),
	(.machine | .cpus == 2 and .hypervisor and (.release | length > 3)),
	(.overhead | .runs > 399 and .run_ns > 0 and .share > 0 and .share < 1)]'
ok 'with stacks, too' same --map prof_inline --stacks --show lines,advice -- \
	prof_writer turns prof_inline 5 5 100
ok 'who called is in the table' grep -q 'true sharing .* \[prof_writer\]$' "$work/recorded"
ok 'one key of two processors is told to be split' is '["true sharing","split",199]' query \
	'.lines[] | select(.line == 11) | [.verdict, .advice.kind, .advice.saves]'
folded() {
	khmap-prof report --folded "$work/folded" "$json" && cat "$work/folded" &&
		awk '{ sum += $NF } END { exit sum != 398 }' "$work/folded" &&
		! grep -v '^prof_writer;.*;khmap_[a-z_]*_\[khmap\]_\[k\] [0-9]*$' "$work/folded"
}
ok 'stacks are folded, with all transfers, from the module on' folded
# unasked MAP: stacks are kept for the folded file, if it alone asks for them.
unasked() {
	khmap-prof record --map "$1" --folded "$work/folded" -- prof_writer turns "$1" 5 5 100 &&
		awk '{ sum += $NF } END { exit sum != 398 }' "$work/folded"
}
ok 'they are kept for it unasked' unasked prof_inline
ok 'drawings are written' khmap-prof report --svg-lines "$work/lines.svg" \
	--svg-times "$work/times.svg" --html "$work/profile.html" "$json"
ok 'they have the line' grep -q 'prof_inline header 0/11: true sharing' "$work/lines.svg"
# In as many slots of time as it took.
chain_operations() {
	sed -n 's/.*>from .* s: \([0-9]*\) operations<.*/\1/p' "$work/times.svg" |
		awk '{ sum += $1 } END { print sum }'
}
ok 'and all operations on the chain' is 200 chain_operations

# Whatever it lasts, it has from 32 to 64 slots of time.
# spread: slots, what is in none, what is in them, the tenth of the time that the last is in.
spread() {
	# shellcheck disable=SC2016 # names of jq's
	query '(.duration_ns / .slot_ns) as $slots |
		[$slots > 31 and $slots <= 64, .totals.dropped.times,
		([.times[].operations] | add), ([.times[].slot] | max * 10 / $slots | floor)]'
}
ok 'a short command is recorded' record --map prof_inline -- prof_writer put prof_inline 1 2 3
ok 'its time is in many slots' query '(.duration_ns / .slot_ns) | if . > 31 and . <= 64 then . else
	error("no") end'
prof_writer create prof_times aligned 60000
prof_writer fill prof_times 20000
loads='prof_writer fill prof_times 20000; sleep 2'
ok 'thousands of chains are recorded for long' record --map prof_times -- \
	sh -c "$loads; $loads; $loads; prof_writer fill prof_times 20000"
ok 'all operations have their time, the last ones the last' is '[true,0,80000,9]' spread
ok 'a time that is known beforehand is recorded' record --map prof_inline --duration 2
ok 'it has as many slots' query '(.duration_ns / .slot_ns) | if . > 31 and . < 65 then . else
	error("no") end'

ok 'a JSON of another format' fails 7 'format 1; this khmap-prof reads 2: record again' \
	sh -c "sed 's/\"format\": 2/\"format\": 1/' $json | khmap-prof report -"

# --- The live view, of which each block begins with the time; the end is as always.

live() {
	khmap-prof record -w0.5 --json "$json" --map prof_inline -- \
		sh -c 'prof_writer turns prof_inline 4 5 200; sleep 2' >"$work/live" &&
		khmap-prof report "$json" >"$work/reported" &&
		[ "$(grep -c '^[0-9.]* s: 400 events' "$work/live")" -ge 2 ] &&
		tail -n "$(wc -l <"$work/reported")" "$work/live" | cmp - "$work/reported"
}
ok 'a live view is printed, and then the report' live
ok 'the totals are exact' is '[400,400,400,0,0,0,0]' totals
ok 'a live view needs standard output' fails 2 'standard output for itself' \
	khmap-prof record -w --json - --duration 1

# --- Ends, and errors.

ok 'the exit status is that of the command' is 7 sh -c \
	'khmap-prof record -- sh -c "exit 7" >/dev/null; echo $?'
ok 'there is no such command' fails 127 'No such file' khmap-prof record -- /nonexistent
ok 'there is no such map' fails 3 'there is no map "nobody"' khmap-prof record --map nobody
ok 'wrong usage' fails 2 'not "0"' khmap-prof record --sample 0
ok 'no time at all is not for ever' fails 2 'not "1e-10"' khmap-prof record --duration 1e-10
ok 'no such option' fails 2 'khmap-prof record: unrecognized option' khmap-prof record --bogus
ok 'no room for the table' fails 1 'No space left' sh -c \
	'khmap-prof record -- true >/dev/full'
ok 'no file for the JSON' fails 1 '/nonexistent/file: No such file' khmap-prof record \
	--json /nonexistent/file -- sh -c ": >$work/ran"
ok 'a file is not written twice' fails 2 'cannot be two FILEs' khmap-prof record \
	--json "$work/twice" --html "$work/twice" -- true
ok 'it is told before anything is run' [ ! -e "$work/ran" ]
ok 'no rights' fails 5 'not permitted' su tester -c \
	"$top/build/prof/khmap-prof record --duration 1"

# remade KIND: a map that is destroyed, and made again of the same name or not.
remade() {
	prof_writer create prof_gone aligned 10
	khmap-prof record --map prof_gone -- sh -c "prof_writer put prof_gone 1 2 &&
		prof_writer destroy prof_gone && $1" 2>&1 >"$work/recorded" | sed 's/^khmap-prof: //'
	grep -c '^2 events' "$work/recorded"
}
ok 'a map that is destroyed is told to be' is \
'map "prof_gone" was destroyed while it was profiled
1' remade true
ok 'and that a new one is another' is \
'map "prof_gone" was destroyed while it was profiled, and the new map of that name is not profiled
1' remade 'prof_writer create prof_gone aligned 10 && prof_writer put prof_gone 3'
prof_writer destroy prof_gone

# rmmod is refused while programs are attached, whatever else holds the module or not; and a
# profiler that was killed leaves nothing behind.
unload() {
	for map in prof_inline prof_packed prof_aligned prof_new prof_times prof_crowd; do
		prof_writer destroy "$map" || return
	done
	before=$(bpftool link show | grep -c raw_tracepoint)
	khmap-prof record --duration 60 &
	profiler=$!
	for _ in $(seq 60); do
		[ "$(bpftool link show | grep -c raw_tracepoint)" -eq "$before" ] || break
		sleep 1
	done
	! rmmod khmap || return
	kill -KILL "$profiler"
	wait "$profiler"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! rmmod khmap || break
		sleep 1
	done
	[ ! -e /sys/module/khmap ] && nothing_left
}
ok 'rmmod is refused while it runs, and works when it was killed' unload
ok 'the module is not loaded' fails 4 'insmod khmap.ko' khmap-prof record --duration 1
insmod /khmap.ko || exit 1

# A folder over it hides the type information, as a module without has none.
mount -t tmpfs none /sys/kernel/btf
: >/sys/kernel/btf/vmlinux
ok 'type information is missing' fails 4 'make module' khmap-prof record --duration 1
umount /sys/kernel/btf

finish
