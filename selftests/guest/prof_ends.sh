#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# How recordings end: Ctrl-C ends each with its report, and neither that nor SIGKILL leaves a
# program, a map, a link or a pin; rmmod is refused as long as they have the module's.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=31
. "${0%/*}/prof_test.sh"

scripts=$top/tools/prof/bpftool

# start COMMAND...: in the background, until it says that it records.
start() {
	rm -f "$json"
	prof_foreground "$@" >"$work/report" 2>"$work/err" &
	pid=$!
	for _ in $(seq 60); do
		! grep -q 'Ctrl-C ends it' "$work/err" || return 0
		sleep 1
	done
	cat "$work/err"
	return 1
}

# interrupted WORK FILTER COMMAND...: by SIGINT, when the command has seen the work; what it has
# counted is in the JSON, and the filter is true of it.
interrupted() {
	work_of_it=$1
	filter=$2
	shift 2
	if ! { start "$@" && $work_of_it && kill -INT "$pid" && wait "$pid"; }; then
		cat "$work/err"
		return 1
	fi
	[ -e "$json" ] || cp "$work/report" "$json"
	[ "$(query "$filter")" = true ] && return
	cat "$json"
	return 1
}

# killed COMMAND...: by SIGKILL.
killed() {
	start "$@" && kill -KILL "$pid" || return
	wait "$pid"
	[ $? -eq 137 ] && nothing_left
}

three_puts() {
	prof_writer put ends_map 4 4 4
}

three_cuts() {
	prof_stall cuts ends_map 3 >/dev/null
}

three_faults() {
	prof_writer fault ends_map header 0 5 3
}

record() {
	"$@" khmap-prof record --json "$json" --map ends_map
}

sample() {
	"$@" khmap-prof record --json "$json" --map ends_map --event page-faults
}

watch() {
	"$@" khmap-prof watch --json "$json" --map ends_map --line header:0:11:16+8
}

operations() {
	"$@" khmap-prof stat --json="$json" --map ends_map
}

stalls() {
	"$@" khmap-prof wait --json="$json" --map ends_map
}

hot_lines() {
	"$@" "$scripts/khmap-hot-lines.sh" --json --map ends_map
}

trace_counts() {
	"$@" "$scripts/khmap-trace-counts.sh" --json --map ends_map
}

prof_writer create ends_map aligned 10
prof_writer put ends_map 1 2 3 4 5

# --- Ctrl-C.

ok 'record ends by SIGINT' record interrupted three_puts '.totals.taken == 3'
ok 'nothing is left of it' nothing_left
ok 'so does record --event' sample interrupted three_faults '.source.samples.taken >= 3'
ok 'nothing is left of it' nothing_left
ok 'so does watch' watch interrupted three_puts '([.lines[].stores] | add) == 3'
ok 'nothing is left of it' nothing_left
ok 'so does stat' operations interrupted three_puts \
	'[.operations[] | [.operation, .count]] == [["put", 3]]'
ok 'nothing is left of it' nothing_left
ok 'so does wait' stalls interrupted three_cuts '[.waits[] | [.kind, .count]] == [["cut", 3]]'
ok 'nothing is left of it' nothing_left
ok 'so does khmap-hot-lines.sh' hot_lines interrupted three_puts '.totals.taken == 3'
ok 'nothing is left of it' nothing_left
ok 'so does khmap-trace-counts.sh' trace_counts interrupted three_puts '.totals.taken == 3'
ok 'nothing is left of it' nothing_left

# A command gets the signal, and what it returns is the status; the profile is made all the same.
command_interrupted() {
	prof_foreground khmap-prof record --json "$json" --map ends_map -- sh -c \
		"prof_writer put ends_map 4 4 4; touch $work/there; sleep 60" >/dev/null &
	pid=$!
	for _ in $(seq 60); do
		[ ! -e "$work/there" ] || break
		sleep 1
	done
	# The shell may be between the two.
	sleep 1
	kill -INT "$pid"
	wait "$pid"
	is "$1" echo $?
}
ok 'the command of record gets it' command_interrupted 130
ok 'there is a profile' is 3 query .totals.taken
ok 'nothing is left of it' nothing_left

# --- Other ends.

quit() {
	hot_lines start && kill -QUIT "$pid" || return
	wait "$pid"
	[ $? -eq 131 ] && nothing_left
}
ok 'SIGQUIT leaves nothing of a script' quit
ok 'nor does SIGKILL of record' record killed
ok 'nor of record --event' sample killed
ok 'nor of watch' watch killed
ok 'nor of stat' operations killed
ok 'nor of wait' stalls killed

# --- The module. Nothing else holds it when the map is gone.

# held COMMAND: rmmod is refused while it runs.
held() {
	"$1" start || return
	prof_writer destroy ends_map
	refused=true
	! rmmod khmap 2>/dev/null || refused=false
	kill -INT "$pid"
	wait "$pid"
	nothing_left && $refused && unloads
}

# It may take a moment until what a process had is gone; the next case needs the module and the map.
unloads() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! rmmod khmap 2>/dev/null || break
		sleep 1
	done
	[ ! -e /sys/module/khmap ] && again
}

again() {
	insmod /khmap.ko && prof_writer create ends_map aligned 10 &&
		prof_writer put ends_map 1 2 3 4 5
}
ok 'record holds the module' held record
ok 'so does record --event' held sample
ok 'so does watch of a map' held watch
ok 'so does stat' held operations
ok 'so does wait' held stalls
ok 'so does khmap-hot-lines.sh' held hot_lines
ok 'so does khmap-trace-counts.sh' held trace_counts

# Watchpoints on memory of a process are none of the module's.
not_held() {
	mkfifo "$work/lines"
	prof_counters false 10 wait <"$work/lines" >/dev/null &
	counters=$!
	exec 3>"$work/lines"
	start khmap-prof watch --pid "$counters" --symbol counters:0+16 || return
	prof_writer destroy ends_map
	rmmod khmap
	status=$?
	kill -INT "$pid"
	wait "$pid" || status=$?
	echo >&3
	echo >&3
	exec 3>&-
	wait "$counters"
	[ "$status" -eq 0 ] && nothing_left && again
}
ok 'watch of a process does not' not_held

prof_writer destroy ends_map
finish
