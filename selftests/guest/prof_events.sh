#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmap-prof events, and record --event: from an event of the kernel to the byte of a map. There is
# no PMU in an emulated machine, but the event page-faults delivers an address everywhere, cpu-clock
# none.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=50
. "${0%/*}/prof_test.sh"

record() {
	khmap-prof record --json "$json" "$@"
}

# events FILTER: of the ladder.
events() {
	khmap-prof events --json | jq -c "$1"
}

loads_of() {
	query "[.maps[] | select(.name == \"$1\").map_id] as \$ids |
		[.lines[] | select([.map_id] | inside(\$ids))] | sort_by(.region, .page, .line) |
		.[] | [.region, .page, .line, .loads, .stores, [.cpus[] | [.cpu, .loads,
		.loaded_bytes]]]"
}

# Every sample that a program saw was taken or left out for one reason.
adds_up() {
	query '.source.samples | .seen == .taken + ([.left_out[]] | add)'
}

# --- The ladder.

pmu=none
[ ! -e /sys/bus/event_source/devices/cpu ] || pmu=cpu

ok 'every rung is told of' is '[1,16]' events '[.format, (.rungs | length)]'
events_described() {
	khmap-prof events --json >"$work/events" && described "$work/events"
}
ok 'each member is described' events_described
ok 'names are unique' is 16 events '[.rungs[].name] | unique | length'
ok 'what needs no PMU works' is '["works","works","works"]' events \
	'[.rungs[] | select(.name | IN("watchpoints", "page-faults", "cpu-clock")).standing]'
ok 'one rung is taken' is '1' events '[.rungs[] | select(.standing == "taken")] | length'
if [ $pmu = none ]; then
	ok 'without a PMU it is tracepoints' is '"tracepoints"' events .taken
	ok 'the generic event does not exist' is '["refused",2]' events \
		'.rungs[] | select(.name == "store-misses") | [.standing, .errno]'
	ok 'nor does that of a processor that it is not' is '["refused",2]' sh -c \
		"khmap-prof events --json --cpuinfo $top/selftests/unit/prof/cpuinfo/haswell |
		jq -c '.rungs[] | select(.name == \"all-stores\") | [.standing, .errno]'"
else
	for name in tracepoints generic haswell; do
		number=$((number + 1))
		echo "ok $number # SKIP $name: this machine has a PMU"
	done
fi
# The one that is taken, and no other, has a star.
text_agrees() {
	is "$(events .taken | tr -d '"')" sh -c "khmap-prof events | sed -n 's/^\* \([a-z-]*\) .*/\1/p'"
}
ok 'a text for people says which' text_agrees
refused() {
	su tester -c "$top/build/prof/khmap-prof events --json" |
		jq -c '.rungs[] | select(.name == "page-faults") | [.standing, .errno, .why, .remedy]'
}
# 3 on Debian's kernels, 2 on others.
paranoid=$(cat /proc/sys/kernel/perf_event_paranoid)
ok 'nobody may but who is asked for' test "$paranoid" -ge 2
ok 'who may not is told so' is '["refused",13,"events of all processes are not allowed: kernel.perf_event_paranoid is '"$paranoid"'","run this as root: a lower kernel.perf_event_paranoid does not allow the BPF programs"]' \
	refused
ok 'nor are the programs of tracepoints for him' is '["refused",1,"run this as root"]' su tester -c \
	"$top/build/prof/khmap-prof events --json | jq -c '.rungs[] | select(.name == \"tracepoints\") |
	[.standing, .errno, .remedy]'"
hidden() {
	sysctl -q kernel.kptr_restrict=2
	fails 5 'kernel.kptr_restrict' khmap-prof record --event cpu-clock --duration 1
	status=$?
	sysctl -q kernel.kptr_restrict=1
	return "$status"
}
ok 'addresses that are hidden are told to be' hidden
ok 'no such file' fails 1 'No such file' khmap-prof events --cpuinfo /nonexistent
ok 'not a processor' fails 1 'names no processor' khmap-prof events --cpuinfo /dev/null
ok 'no argument' fails 2 'takes no argument' khmap-prof events all

# --- An address in a reader's mapping. To open a primary page the reader looks at the header first.

prof_writer create prof_small aligned 10
prof_writer create prof_large aligned 100
prof_writer fill prof_large 40
ok 'page faults are recorded' record --event page-faults --map prof_large -- \
	prof_writer fault prof_large primary 0 130 25
ok 'each is a load of that byte' is \
'["header",0,2,1,0,[[0,1,"0x0000000000000100"]]]
["primary",0,2,25,0,[[0,25,"0x0000000000000004"]]]' loads_of prof_large
ok 'by one instruction of the reader' is '[[2,1,"load",0,true,true,25]]' query \
	'.lines[] | select(.region == "primary") | [.accesses[] | [.offset, .length, .kind, .cpu,
	.pid > 1, (.address | startswith("0x0000")), .count]]'
ok 'the source says what it is' is \
	'["pmu","page-faults","page-faults",true,1,1,0,0]' query '.source | [.kind, .rung, .event,
	.address, .sample, .samples.period, .samples.lost, .samples.throttled]'
ok '26 are taken' is '[26,26,26]' query '[.source.samples.taken, .totals.events, .totals.taken]'
ok 'the others are outside' is true query '.totals.outside == .source.samples.left_out.outside
	and .totals.outside > 0'
ok 'all samples are accounted for' is true adds_up

ok 'another map is recorded' record --event page-faults --map prof_small -- \
	prof_writer fault prof_large header 0 5 3
ok 'so these are outside' is '[[],0]' query '[.lines, .source.samples.taken]'

ok 'an unnamed map is recorded' prof_writer unnamed khmap-prof record --json "$json" \
	--event page-faults -- prof_writer fault @9 header 0 700 4
ok 'its line, too' is '["header",0,10,4]' query \
	'.lines[] | select(.line == 10) | [.region, .page, .line, .loads]'

ok 'all maps are recorded, new ones too' record --event page-faults -- sh -c \
	'prof_writer create prof_new aligned 10 && prof_writer fault prof_new header 0 64 2'
ok 'a new map is known by name' is \
'["header",0,1,2,0,[[0,2,"0x0000000000000001"]]]' sh -c \
	"jq -c '.maps[] | select(.name == \"prof_new\").map_id' $json >$work/id &&
	jq -c --argjson id \"\$(cat $work/id)\" '.lines[] | select(.map_id == \$id and .line == 1) |
	[.region, .page, .line, .loads, .stores, [.cpus[] | [.cpu, .loads, .loaded_bytes]]]' $json"

ok 'one in five is recorded' record --event page-faults --period 5 --map prof_large -- \
	prof_writer fault prof_large primary 0 130 500
ok 'it is one in five' is '[5,true,true,0]' query '.source.samples |
	[.period, (.events / 5 - .seen | fabs) < 3, (.taken - 100 | fabs) < 3, .lost]'

# --- The pages of maps by the kernel's addresses: those that were there, those that come.

prof_writer create prof_grow aligned 100
prof_writer fill prof_grow 1000
ok 'a map that grows is recorded' record --event page-faults --map prof_grow -- sh -c \
	"prof_writer fill prof_grow 8000 && prof_writer pages prof_grow >$work/counts &&
	bpftool -j map dump name pages >$work/pages"
known() {
	jq -c --argjson counts "$(cat "$work/counts")" \
		'[.[].formatted.value] as $all | [$all[] | .region] | [
		($all | [.[] | select(.region == 0).page] == [0]),
		($all | [.[] | select(.region == 1).page] | sort == [range($counts[0])]),
		([range($counts[1])] - ($all | [.[] | select(.region == 2).page]) == [])]' "$work/pages"
}
ok 'all its pages are known' is '[true,true,true]' known
ok 'it had grown' is true sh -c "jq '.[0] > 10' $work/counts"

# --- Without an address: functions and operations.

ok 'cpu-clock is recorded' record --event cpu-clock -- prof_writer fill prof_grow 60000
ok 'functions have samples' is '[true,true,false,"cpu-clock"]' query '[(.functions | length > 0),
	([.functions[].samples] | add) == .source.samples.taken, .source.address, .source.rung]'
ok 'all samples are accounted for' is true adds_up
ok 'operations are named' is true query \
	'[.functions[] | select(.operation | startswith("khmap_"))] == .functions'

same_again() {
	khmap-prof report "$json" | grep OPERATION &&
		khmap-prof report --json "$work/again.json" "$json" &&
		[ "$(jq -c '[.source, .functions]' "$work/again.json")" = \
			"$(jq -c '[.source, .functions]' "$json")" ]
}
ok 'report reads it back' same_again

echo 1000 >/proc/sys/kernel/perf_event_max_sample_rate
ok 'more samples than the kernel allows' record --event cpu-clock --period 100000 -- \
	prof_writer fill prof_grow 20000
ok 'that it stopped the event is counted' is true query '.source.samples.throttled > 0'

# --- The best that works.

if [ $pmu = none ]; then
	ok 'the best event is recorded' record --event auto --map prof_large -- \
		prof_writer fill prof_large 3
	ok 'it is tracepoints' is '["tracepoints","tracepoints",3,null]' query \
		'[.source.kind, .source.rung, .totals.events, .source.samples]'
	ok 'one that the kernel does not know' fails 6 'event store-misses: the kernel knows no such' \
		khmap-prof record --event store-misses
else
	for name in auto tracepoints store-misses; do
		number=$((number + 1))
		echo "ok $number # SKIP $name: this machine has a PMU"
	done
fi

# --- Errors, and ends.

ok 'no such event' fails 2 'there is no event "nothing"' khmap-prof record --event nothing
ok 'watchpoints are not sampled' fails 2 'khmap-prof watch' khmap-prof record \
	--event watchpoints
ok 'an event of others' fails 6 'event refill-write: it is an event of other processors' \
	khmap-prof record --event refill-write
ok 'a period of nothing' fails 2 'give --event' khmap-prof record --period 7
ok 'no rights' fails 5 'not permitted: without CAP_BPF' su tester -c \
	"$top/build/prof/khmap-prof record --event page-faults --duration 1"
ok 'nothing is left behind' nothing_left
for map in prof_small prof_large prof_new prof_grow; do
	prof_writer destroy "$map"
done

finish
