#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds the module for several kernels, without a warning, and runs the tests of the guest on each;
# then carries data from one to the other. Closes with a table. Reports: build/report/kernels-*.tap and
# kernels.json.

set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
. "$top/tools/vm/lib.sh"
. "$top/tools/vm/parts.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--list FILE] [--no-upgrade] [--drift] [KERNEL...]
	Builds and tests for each kernel (see tools/vm/kernel.sh): by default 6.1, 6.12 and newest.

	  --list FILE    the tests, instead of selftests/guest/list
	  --no-upgrade   do not carry data from kernel to kernel afterwards
	  --drift        just these tests (build/report/drift-*.tap), and refuse.sh
	EOF
}

list=$top/selftests/guest/list
upgrade=yes
drift=
reports=kernels
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--list) list=${2?--list needs a file}; shift ;;
	--no-upgrade) upgrade= ;;
	--drift) drift=yes reports=drift ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || set -- 6.1 6.12 newest
work=$build/kernels
rm -rf "$work" "$build/report/$reports"*
mkdir -p "$work" "$build/report"
: >"$work/rows"
: >"$work/results"
failed=0

# row NAME COMPILER WARNINGS PASSED FAILED SKIPPED BUILD-SECONDS TEST-SECONDS
row() {
	(IFS='|'; echo "$*") >>"$work/rows"
	jq -cn '$ARGS.positional | { kernel: .[0], compiler: .[1], warnings: (.[2] | tonumber?),
		passed: (.[3] | tonumber), failed: (.[4] | tonumber), skipped: (.[5] | tonumber),
		build_seconds: (.[6] | tonumber), test_seconds: (.[7] | tonumber) }' --args -- "$@" \
		>>"$work/results"
	[ "$5" -eq 0 ] || failed=1
}

# A build that fails is a test that failed.
report_failure() {
	printf 'TAP version 13\n1..1\nnot ok 1 %s\n' "$2" >"$build/report/$reports-$1.tap"
}

counts() {
	"$top/tools/vm/tap.sh" --counts "$@" || :
}

# QEMU may show a processor the breakpoint of a patch when it is over, see tools/vm/init; what is at that
# place is none. In the module it would be ours all the same.
lost_to_qemu() {
	[ "$("$top/tools/vm/accel.sh" "$version")" = tcg ] || return 1
	place=$(sed -n '/Oops: int3/,$s/.*RIP: 0010:\(.*\)/\1/p' "$build/vm/console.log" | head -n 1)
	code=$(sed -n '/Oops: int3/,$s/.*Code: //p' "$build/vm/console.log" | head -n 1)
	case $place$code in
	*khmap* | *' cc <'*) return 1 ;;
	*'<'*) ;;
	*) return 1 ;;
	esac
}

# run_part N: its tests; once more if the guest was lost without our doing.
run_part() {
	for try in 1 2; do
		status=0
		"$top/tools/vm/run.sh" --kernel "$version" --timeout 2400 --list "$work/part" \
			--report "$build/report/$reports-$version-$1.tap" || status=$?
		cp "$build/vm/console.log" "$work/console-$version-$1.$try.log"
		if [ "$status" -ne 103 ] || ! lost_to_qemu; then
			break
		fi
		echo "QEMU has lost the guest (int3 in $place), time $try of 2."
	done
	[ "$status" -eq 0 ] || failed=1
	! part_lost "$1" "$build/report/$reports-$version-$1.tap" || failed=1
}

kernel() {
	version=$("$top/tools/vm/kernel.sh" "$1" | sed -n 's/^KERNEL=//p')
	if [ -z "$version" ]; then
		report_failure "$1" "kernel $1 cannot be fetched"
		row "$1" - - 0 1 0 0 0
		return
	fi
	echo "== $version"
	compiler=$("$top/tools/vm/toolchain.sh" --print "$version")
	begun=$(date +%s)
	status=0
	# All of the module anew: what was compiled before gives no warnings.
	rm -rf "$build/module/$version"
	make -C "$top" --no-print-directory KERNEL="$version" module lib cli prof guest \
		>"$work/build-$version.log" 2>&1 || status=$?
	built=$(date +%s)
	warnings=$(grep -ciE '(^|[^a-z-])warning:' "$work/build-$version.log")
	if [ "$status" -ne 0 ]; then
		sed 's/^/  | /' "$work/build-$version.log" >&2
		report_failure "$version" "the build for $version failed with status $status"
	else
		number=1
		while part "$list" $number >"$work/part" && [ -s "$work/part" ]; do
			run_part $number
			number=$((number + 1))
		done
	fi
	# shellcheck disable=SC2046 # three numbers
	row "$version" "$compiler" "$warnings" $(counts "$build/report/$reports-$version"*.tap) \
		$((built - begun)) $(($(date +%s) - built))
}

for name; do
	kernel "$name"
done

echo '== other kernels'
begun=$(date +%s)
"$here/refuse.sh" || failed=1
# shellcheck disable=SC2046 # three numbers
row 'older and newer' - - $(counts "$build/report/kernels-refuse.tap") 0 $(($(date +%s) - begun))
[ -z "$drift" ] || exit $failed

if [ -n "$upgrade" ] && [ $# -gt 1 ]; then
	# To the last and back.
	back=
	for name; do
		back="$name $back"
	done
	echo '== upgrade and rollback'
	begun=$(date +%s)
	# shellcheck disable=SC2086 # a list of words
	"$here/upgrade.sh" "$@" ${back#* } || failed=1
	# shellcheck disable=SC2046 # three numbers
	row 'upgrade and back' - - $(counts "$build/report/kernels-upgrade-"*.tap) 0 \
		$(($(date +%s) - begun))
fi

jq -s . "$work/results" >"$build/report/kernels.json"
echo
{
	echo 'kernel|compiler|warnings|passed|failed|skipped|build s|tests s'
	cat "$work/rows"
} | column -t -s '|'
exit $failed
