#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Fuzzes the module in a guest for long: our own fuzzer, then Debian's trinity and stress-ng.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${BUILD:-$top/build}
seconds=${SECONDS_EACH:-600}
kernel='' seed='' log='' others=yes

usage() {
	cat <<-EOF
	Usage: ${0##*/} [OPTION...]
	Fuzzes the module in a guest: build/guest/fuzz, and trinity and stress-ng if they are there
	(tools/setup.sh fuzz).

	  --kernel VERSION  in a guest with this kernel; one with KCOV finds more
	  --seconds N       for each of the two (default $seconds)
	  --seed N          of the first (default: the clock, and printed)
	  --log             the first writes each program to the console before it is run: slower, but
	                    there the programs outlive a guest that is lost
	  --own             the first alone

	What it was told is in build/report/fuzz-guest.tap.
	EOF
}

while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--log) log=yes ;;
	--own) others= ;;
	--kernel | --seconds | --seed)
		[ $# -ge 2 ] || { usage >&2; exit 100; }
		case $1 in
		--kernel) kernel=$2 ;;
		--seconds) seconds=$2 ;;
		--seed) seed=$2 ;;
		esac
		shift
		;;
	*) usage >&2; exit 100 ;;
	esac
	shift
done

mkdir -p "$build/fuzz" "$build/report"
list=$build/fuzz/guest.list
arguments="--seconds $seconds --round 15 --verbose${seed:+ --seed $seed}${log:+ --log /dev/console}"
{
	echo "@$((seconds + 400)) build/guest/fuzz $arguments"
	if [ -n "$others" ]; then
		# One that is not installed is missed, by its name, in the guest.
		for other in trinity stress-ng; do
			! place=$(command -v $other) || echo "+ $place"
		done
		echo '+ build/bin/khmapctl'
		echo '+ selftests/guest/cli_test.sh'
		echo '+ selftests/guest/script_test.sh'
		echo '+ /usr/bin/jq:/bin/jq'
		# Trinity once, stress-ng at three nodes.
		echo "@$((seconds + 400)) selftests/guest/fuzz_others.sh $((seconds / 4))"
	fi
} >"$list"
exec "$top/tools/vm/run.sh" ${kernel:+--kernel "$kernel"} --timeout $((2 * seconds + 900)) \
	--report "$build/report/fuzz-guest.tap" --list "$list"
