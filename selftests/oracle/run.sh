#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Compares the profiler's transfers, stores and bytes with those that a plugin of QEMU has seen from
# outside. Writes build/report/oracle.tap.
# shellcheck disable=SC2317 # functions that are called by their names

set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
report=$build/report/oracle.tap
work=$build/oracle
. "$top/tools/vm/lib.sh"
. "$here/cases.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--kernel VERSION] [NAME...]
	Runs the cases of cases.sh in a guest that the plugin watches, and compares. NAME is a case,
	or the beginning of some. Report: build/report/oracle.tap
	EOF
}

kernel=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--kernel) kernel=${2?--kernel needs a version}; shift ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
wanted=$*

mkdir -p "$build/report" "$work"
if ! qemu_has_plugins; then
	printf 'TAP version 13\n1..0 # SKIP this QEMU takes no plugins\n' >"$report"
	"$top/tools/vm/tap.sh" --title oracle "$report"
	exit
fi

number=0
failed=0
echo 'TAP version 13' >"$report"

# verdict NAME [WHY]: passed, if nothing says why not.
verdict() {
	number=$((number + 1))
	if [ -z "${2-}" ]; then
		echo "ok $number $1" >>"$report"
		printf '  %-7s %s\n' ok "$1"
	else
		failed=1
		printf 'not ok %d %s\n' "$number" "$1" >>"$report"
		printf '%s\n' "$2" | sed 's/^/# /' >>"$report"
		printf '  %-7s %s\n' FAILED "$1"
		printf '%s\n' "$2" | sed 's/^/          /'
	fi
}

# judge_known NAME KNOWN MODEL: leaves in $work/why what is wrong, if anything is.
judge_known() {
	: >"$work/why"
	jq -c "select(.case == \"$1\")" "$work/plugin.json" >"$work/case.json"
	if [ "$(wc -l <"$work/case.json")" -ne 1 ]; then
		echo 'the plugin has not seen this case, or not once' >"$work/why"
		return 1
	fi
	jq -c --arg model "$3" -f "$here/model.jq" "$work/case.json" >"$work/seen"
	known=$(jq -rs '[.[][4:][][5:9]] | transpose | map(add) | map(tostring) | join(" ")' \
		"$work/seen")
	[ "$known" = "$2" ] || echo "known are the transfers $2, the plugin saw $known" >>"$work/why"
}

# profiled NAME: leaves the rows of its profile in $work/profiled, or says that there is none.
profiled() {
	jq -c -f "$here/profile.jq" "$work/out/$1.json" >"$work/profiled" 2>"$work/jq.err" && return
	echo "no profile: $(head -n 1 "$work/jq.err")" >>"$work/why"
	return 1
}

# side: of what the plugin saw, the one line that the profile has.
side() {
	jq -c --slurpfile profiled "$work/profiled" '($profiled | map(.[1:4])) as $lines |
		select(($lines | length) == 1 and .[1:4] == $lines[0])' "$work/seen"
}

# judge_side NAME KNOWN MODEL: the profile is the same, too, as far as it goes.
judge_side() {
	judge_known "$@" && profiled "$1" || return
	side >"$work/side"
	if [ ! -s "$work/side" ] || ! cmp -s "$work/profiled" "$work/side"; then
		echo 'of its line, the profiler (-) and the plugin (+) differ:' >>"$work/why"
		diff -U 0 "$work/profiled" "$work/side" | grep '^[-+]\[' >>"$work/why"
	fi
}

# judge NAME KNOWN MODEL: the profile is the same, too.
judge() {
	judge_known "$@" && profiled "$1" || return
	if ! cmp -s "$work/profiled" "$work/seen"; then
		echo 'the profiler (-) and the plugin (+) differ:' >>"$work/why"
		diff -U 0 "$work/profiled" "$work/seen" | grep '^[-+]\[' >>"$work/why"
	fi
}

rm -rf "$work/out" "$work/plugin.json"
status=0
"$top/tools/vm/run.sh" ${kernel:+--kernel "$kernel"} --quiet --timeout 900 --plugin "$work/oracle.so,out=$work/plugin.json" \
	--file "$build/guest/prof_turns" --file "$build/guest/prof_writer" --file "$build/prof" \
	--file "$here/cases.sh" --file "$here/guest.sh" --out "$work/out" \
	-- sh selftests/oracle/guest.sh "$@" >"$work/guest.log" 2>&1 || status=$?
why=
[ "$status" -eq 0 ] || why="status $status: $(tail -n 5 "$work/guest.log")"
verdict 'the guest came to its end' "$why"
why=$(jq -r '.complaint // empty' "$work/plugin.json" 2>&1)
verdict 'the plugin understood all that the guest said' "$why"

# NAME WHERE ROUNDS KNOWN STEP...
a_case() {
	is_wanted "$1" || return 0
	judge "$1" "$4" right
	verdict "$1" "$(cat "$work/why")"
}

side_case() {
	is_wanted "$1" || return 0
	judge_side "$1" "$4" right
	verdict "$1" "$(cat "$work/why")"
}

known_case() {
	is_wanted "$1" || return 0
	judge_known "$1" "$4" right
	verdict "$1" "$(cat "$work/why")"
}
cases

refuted() {
	is_wanted "$2" || return 0
	mistake=$1
	culprit=$2
	a_case() {
		[ "$1" != "$culprit" ] || judge "$1" "$4" "$mistake"
	}
	side_case() {
		[ "$1" != "$culprit" ] || judge_side "$1" "$4" "$mistake"
	}
	known_case() {
		[ "$1" != "$culprit" ] || judge_known "$1" "$4" "$mistake"
	}
	echo 'there is no such case' >"$work/why"
	cases
	why=
	[ -s "$work/why" ] || why='the comparison does not see this mistake'
	if grep -q '^there is no such case\|has not seen this case\|^no profile' "$work/why"; then
		why=$(cat "$work/why")
	fi
	verdict "refuted/$mistake/$culprit" "$why"
}
mistakes

echo "1..$number" >>"$report"
"$top/tools/vm/tap.sh" --title oracle "$report" && exit "$failed"
