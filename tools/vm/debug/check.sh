#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs the guest's tests on the debug kernels, after a test of whether these see what they are there
# for. Leaves TAP in build/report.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=${BUILD:-$top/build}
vm=$top/tools/vm
list=$top/selftests/guest/list
kernels='6.1-kasan 6.1-kcsan'
. "$top/tools/vm/parts.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--list FILE] [--only REGEX] [--selftest | --no-selftest] [KERNEL...]
	Runs the guest's tests on debug kernels (default: $kernels), which are built if they are not
	cached. The tests themselves must have been built (make guest).

	  --list FILE     other tests (default: selftests/guest/list)
	  --only REGEX    those of the tests whose line matches, as grep -E does: 'fault_|hostile_'
	  --selftest      only look whether each kernel sees the faults of selftests/guest/broken
	  --no-selftest   do not look
	EOF
}

chosen='' only='' selftest=yes run_tests=yes
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--list) list=${2?--list needs a file}; shift ;;
	--only) only=${2?--only needs a regular expression}; shift ;;
	--selftest) run_tests='' ;;
	--no-selftest) selftest='' ;;
	-*) usage >&2; exit 2 ;;
	*) chosen="$chosen $1" ;;
	esac
	shift
done
mkdir -p "$build/report"

# What a kernel is to say to each fault of the broken module. Lockdep and what it is part of (RCU) come
# first, in this order: lockdep gives up after the first fault, and RCU's is none to it.
faults() {
	case $1 in
	*-kasan)
		cat <<-EOF
		rcu_without_lock WARNING: suspicious RCU usage
		lock_inversion WARNING: possible circular locking dependency detected
		undefined UBSAN: shift-out-of-bounds
		sleep_in_atomic BUG: sleeping function called from invalid context
		leak_object kmemleak: 1 objects of the module are left
		leak_page page_owner: 1 blocks of pages of the module are left
		out_of_bounds BUG: KASAN: slab-out-of-bounds in out_of_bounds
		use_after_free BUG: KASAN: use-after-free in use_after_free
		EOF
		;;
	*-kcsan)
		echo 'data_race BUG: KCSAN: data-race in .*\[khmap_broken\] / .*\[khmap_broken\]'
		;;
	esac
}

# told STATUS NAME: one more result; a status of 0 is a good one.
told() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2" >>"$told"
		printf '  %-7s %s\n' ok "$2"
	else
		failed=1
		echo "not ok $number $2" >>"$told"
		printf '  %-7s %s\n' FAILED "$2"
	fi
}

# A guest in which the broken module does each thing, and one in which it does nothing wrong; where leaks
# are looked for, a last one in which nobody does that any more.
selftest() {
	kernel=$1
	told=$report-selftest.tap
	number=0
	off=''
	case $kernel in
	*-kasan) off=1 ;;
	esac
	names=$(faults "$kernel" | sed 's/ .*//' | tr '\n' ' ')
	"$vm/build-dependent.sh" --kernel "$kernel" "$top/selftests/guest/broken"
	echo "1..$(($(faults "$kernel" | grep -c .) + 2 + ${off:-0}))" >"$told"

	set -- --kernel "$kernel" --no-module --quiet --timeout 300 --append kasan_multi_shot \
		--file "$build/module/khmap_broken.ko:/broken.ko"
	# shellcheck disable=SC2016 # expanded by the guest's shell
	try='for fault in $faults; do insmod /broken.ko fault=$fault && rmmod khmap_broken || exit 50; done'
	status=0
	"$vm/run.sh" "$@" -- "faults='$names'; $try; sh /vm/leaks; exit 0" >"$build/vm/fault.log" 2>&1 ||
		status=$?
	told "$((status != 105))" "$kernel: a guest with faults fails"
	cat "$build/vm/console.log" "$build/vm/report.log" >"$build/vm/fault.said"
	faults "$kernel" >"$build/vm/faults"
	while read -r fault expected; do
		found=0
		grep -q "$expected" "$build/vm/fault.said" || found=1
		told "$found" "$kernel sees: $fault"
	done <"$build/vm/faults"
	[ "$failed" -eq 0 ] || sed 's/^/  | /' "$build/vm/fault.log"

	status=0
	"$vm/run.sh" "$@" -- "faults=none; $try; sh /vm/leaks" >"$build/vm/fault.log" 2>&1 || status=$?
	told "$status" "$kernel: a guest without any passes"
	[ "$status" -eq 0 ] || sed 's/^/  | /' "$build/vm/fault.log"

	[ -n "$off" ] || return 0
	status=0
	"$vm/run.sh" "$@" -- 'echo off >/sys/kernel/debug/kmemleak; sh /vm/leaks' \
		>"$build/vm/fault.log" 2>&1 || status=$?
	grep -q 'kmemleak is off' "$build/vm/report.log" || status=0
	told "$((status != 1))" "$kernel: leaks that nobody looks for fail"
}

# run KERNEL: each part of the list in a guest of its own.
run() {
	tests=$build/vm/debug-${1##*-}.list
	matching "$list" "$only" >"$tests"
	number=1
	while part "$tests" $number >"$tests.part" && [ -s "$tests.part" ]; do
		"$vm/run.sh" --kernel "$1" --timeout 1500 --report "$report-$number.tap" \
			--list "$tests.part" || failed=1
		! part_lost $number "$report-$number.tap" || failed=1
		number=$((number + 1))
	done
	[ $number -gt 1 ] || echo "No test of $list matches: $only" >&2
}

# injected KERNEL: where faults can be injected, a test of them that is skipped has tested nothing.
injected() {
	case $1 in
	*-kasan) grep -q '/fault_' "$tests" || return 0 ;;
	*) return 0 ;;
	esac
	told=$report-injection.tap
	echo 1..1 >"$told"
	number=0 skipped=0
	! grep -h '^ok .*: fault_.* # SKIP' "$report"-[0-9]*.tap || skipped=1
	told "$skipped" "$1: no test of injected faults is skipped"
}

failed=0
mkdir -p "$build/vm"
for kernel in ${chosen:-$kernels}; do
	report=$build/report/debug-${kernel##*-}
	"$vm/build-module.sh" --kernel "$kernel"
	[ -z "$selftest" ] || selftest "$kernel"
	[ -n "$run_tests" ] || continue
	"$vm/build-dependent.sh" --kernel "$kernel" "$top/selftests/guest/example"
	rm -f "$report"-[0-9]*.tap "$report-injection.tap"
	run "$kernel"
	injected "$kernel"
	"$vm/tap.sh" --title "$kernel" "$report"-*.tap || failed=1
done
exit $failed
