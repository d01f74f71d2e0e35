#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Do the benchmarks run, and do tables and charts come of what they write? They are built, and
# each part is run as short as it can be. Nothing is said of any figure: that is what "make bench"
# is for, on a machine that has nothing else to do.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
out=$build/bench
report=$build/report/bench.tap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$build/report"
make --no-print-directory -C "$top/tools/bench" BUILD="$build" "$out/bench" "$out/bench-report" \
	"$out/bench-study" "$out/hash-walk" "$out/bench-walk" || exit 1

parts=$("$out/bench-study" --help | sed -n '/^Parts/,$s/^  \([a-z]*\) .*/\1/p')
number=0
failed=0
: >"$report"

# tried TEXT COMMAND...: a command that must succeed.
tried() {
	text=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/output" 2>&1; then
		echo "ok $number - $text"
	else
		failed=$((failed + 1))
		echo "not ok $number - $text"
		tail -n 20 "$work/output" | sed 's/^/# /'
	fi >>"$report"
	tail -n 1 "$report" | sed 's/^/  /'
}

# Tables with figures, all of which are numbers, and with what they must name.
tables() {
	"$out/bench-report" "$work/file.json" >"$work/tables" || return
	cat "$work/tables"
	grep -q "$1" "$work/tables" && ! grep -Eiq '\<-?(nan|inf)\>' "$work/tables"
}

charts() {
	"$out/bench-report" --gnuplot "$work/file.json" >"$work/plot" &&
		gnuplot "$work/plot" >"$work/charts.svg" &&
		xmllint --noout "$work/charts.svg"
}

tried 'bench measures look-ups, a doubling and puts' "$out/bench" --output "$work/file.json" \
	--rounds 1 --lookups 10000 --doubling 20000 --puts 20000 20000
tried 'bench-profile counts what they take' env BUILD="$build" \
	"$top/tools/bench/profile/run.sh" 1000
tried 'its tables' tables 'load 0[.]68, at worst: hit [0-9.]*, miss [0-9.]*, chain'
tried 'its charts' charts
for part in $parts; do
	tried "bench-study $part" "$out/bench-study" --output "$work/file.json" --short \
		--walk "$out/hash-walk" "$part"
	tried "bench-study $part: its tables" tables .
	# A part without charts has no drawing.
	! "$out/bench-report" --gnuplot "$work/file.json" 2>/dev/null | grep -q '^plot' ||
		tried "bench-study $part: its charts" charts
done

{
	echo 'TAP version 13'
	echo "1..$number"
	cat "$report"
} >"$work/tap" && mv "$work/tap" "$report"
echo "bench: $((number - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
