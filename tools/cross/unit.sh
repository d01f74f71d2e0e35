#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds the unit tests and the commands for another machine, and runs them here, under QEMU's user
# mode emulation. Closes with one line of counts.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}

usage() {
	cat <<-end
	Usage: ${0##*/} arm64 | s390x
	Builds for that machine, into build/MACHINE, and runs:

	  - the unit tests of the engine, the records and the types, of selftests/unit
	  - of selftests/unit/cli the programs that test the library on files
	  - selftests/cross/images.sh: image files of that machine, read here, and of this one there

	\$EXCEPT names unit tests to leave out, \$KHMAP_OPERATIONS says how long test_random runs.
	end
}

case ${1-} in
-h | --help) usage; exit 0 ;;
arm64 | s390x) machine=$1 ;;
*) usage >&2; exit 2 ;;
esac
[ $# -eq 1 ] || { usage >&2; exit 2; }

env=$("$here/toolchain.sh" "$machine")
eval "$env"
out=$build/$machine
report=$out/report
mkdir -p "$report"
rm -f "$report"/unit-*.tap "$report"/images.tap

# Programs that need nothing else beside them, and that are quick enough.
files='test_delta test_delta_refuse test_foreign test_digest_calls test_live test_listing test_duration
	test_progress test_pins test_delta_large test_compressed_refuse test_compressed_write'
tools='khmapctl mkimage foreign_list'

cross_make() {
	folder=$1
	shift
	BUILD=$out make --no-print-directory -C "$top/$folder" -j"$(nproc)" \
		CC="${CROSS_COMPILE}gcc" EMULATOR="$EMULATOR" VARIANTS=plain sanitize= "$@"
}

# run NAME COMMAND...: a program that prints TAP. One that ends early has no plan.
run() {
	name=$1
	shift
	printf '  %-7s %s\n' RUN "$name"
	timeout 600 "$@" >"$report/$name.tap" 2>"$report/$name.err" || {
		sed 's/^/# /' "$report/$name.err" >>"$report/$name.tap"
		grep -q '^not ok' "$report/$name.tap" ||
			echo "not ok - $name ended early" >>"$report/$name.tap"
	}
}

# An emulated processor is some ten times slower. The emulator's own memory is part of what
# test_record_memory measures.
export KHMAP_OPERATIONS="${KHMAP_OPERATIONS-1000000}"
cross_make selftests/unit EXCEPT="test_record_memory ${EXCEPT-}" check-here ||
	grep -qs '^not ok' "$report"/unit-*.tap ||
	printf 'TAP version 13\n1..1\nnot ok 1 selftests/unit does not build\n' \
		>"$report/unit-build.tap"

targets=
for program in $files $tools; do
	targets="$targets $out/unit/cli/$program"
done
# shellcheck disable=SC2086 # a list of words
cross_make selftests/unit/cli $targets
for program in $files; do
	# shellcheck disable=SC2086 # a list of words
	run "unit-cli-$program" $EMULATOR "$out/unit/cli/$program"
done

make --no-print-directory -C "$top/selftests/unit/cli" \
	"$build/unit/cli/khmapctl" "$build/unit/cli/foreign_list" "$build/unit/cli/mkimage"
run images "$top/selftests/cross/images.sh" "$build/unit/cli" "$out/unit/cli" "$EMULATOR"

"$top/tools/vm/tap.sh" --title "$machine" "$report"/unit-*.tap "$report"/images.tap
