#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Measures with gcov which lines and branches of kmod/ the tests reach: the unit tests those of the
# engine, the guest's tests those of the module.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
out=$build/coverage
kernel=6.1-kasan
# Percent of kmod/ that all tests together must reach.
least_lines=90
least_branches=80
guest_list=$top/selftests/guest/list
. "$top/tools/vm/parts.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--list FILE] [--only REGEX] [--missed] [unit] [guest] [table]
	Runs the unit tests, the guest's tests (on the debug kernel $kernel; see tools/vm/debug), or
	both, and prints for each file of kmod/ the lines and branches that they reach. The table alone
	is of what was measured last. build/coverage/coverage.json has the same for programs. Fails if
	both parts reach less than $least_lines % of all lines or $least_branches % of all branches, or
	if a guest was lost or counted nothing, which is named below the table.

	  --list FILE    other tests for the guest; what they reach is added to what is known
	  --only REGEX   those of the guest's tests whose line matches, as grep -E does; added, too
	  --missed       print the lines that are not reached, too
	EOF
}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

parts='' missed='' only='' fresh=yes
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--list) guest_list=${2?--list needs a file} fresh=''; shift ;;
	--only) only=${2?--only needs a regular expression} fresh=''; shift ;;
	--missed) missed=yes ;;
	unit | guest | table) parts="$parts $1" ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done
for tool in gcov jq; do
	command -v "$tool" >/dev/null || die "$tool is missing (run tools/setup.sh)"
done
mkdir -p "$out"

# read_counts FOLDER: what gcov knows of each .gcda file there, a JSON object each.
read_counts() {
	find "$1" -name '*.gcda' | sort | while read -r file; do
		gcov --json-format --stdout --branch-probabilities "$file" 2>>"$out/gcov.log"
	done
}

unit() {
	make -C "$top/selftests/unit" coverage || die 'a unit test failed'
	mkdir -p "$out/unit"
	rm -f "$out/unit"/*
	cp "$build/unit/gcov"/kmod_core_*.gc* "$out/unit"
	read_counts "$out/unit" >"$out/unit.json"
}

guest() {
	"$top/tools/vm/build-module.sh" --kernel "$kernel" --coverage
	"$top/tools/vm/build-module.sh" --kernel "$kernel"
	"$top/tools/vm/build-dependent.sh" --kernel "$kernel" "$top/selftests/guest/example"
	version=$("$top/tools/vm/kernel.sh" "$kernel" | sed -n 's/^KERNEL=//p')
	work=$out/$version/work
	[ -z "$fresh" ] || : >"$out/guest.json"
	[ -z "$fresh" ] || : >"$out/lost"
	tests=$out/tests
	matching "$guest_list" "$only" >"$tests"
	number=1
	while part "$tests" $number >"$tests.part" && [ -s "$tests.part" ]; do
		guest_part
		number=$((number + 1))
	done
	[ $number -gt 1 ] || die "no test of $guest_list matches: $only"
	[ -s "$out/guest.json" ] || die 'nothing was counted in the guest'
}

# lost WHY: what this guest would have reached is not among what is known.
lost=''
lost() {
	lost=yes
	echo "part $number of ${guest_list#"$top"/}${only:+, --only $only}: $*" | tee -a "$out/lost" >&2
}

# What one guest counts is added to what is known.
guest_part() {
	rm -rf "$out/files"
	status=0
	"$top/tools/vm/run.sh" --kernel "$kernel" --module "$out/$version/khmap.ko" --timeout 1500 \
		--out "$out/files" --list "$tests.part" || status=$?
	# A test that fails is reported by it, and still reaches what it reaches.
	case $status in
	0) ;;
	1) echo 'A test failed; counted all the same.' >&2 ;;
	*) lost "the guest failed with status $status" ;;
	esac
	if [ ! -d "$out/files/gcov$work" ]; then
		lost 'nothing was counted'
		return 0
	fi
	(cd "$out/files/gcov$work" && find . -name '*.gcda') | while read -r file; do
		cp "$work/${file%.gcda}.gcno" "$out/files/gcov$work/${file%/*}/"
	done
	read_counts "$out/files/gcov" >>"$out/guest.json"
}

for part in ${parts:-unit guest}; do
	[ "$part" = table ] || "$part"
done

for part in unit guest; do
	[ -s "$out/$part.json" ] || echo "Not measured: $part" >&2
	[ -e "$out/$part.json" ] || : >"$out/$part.json"
done
jq -n -f "$here/merge.jq" --slurpfile unit "$out/unit.json" --slurpfile guest "$out/guest.json" \
	>"$out/coverage.json"
jq -r -f "$here/table.jq" "$out/coverage.json"
[ -z "$missed" ] || jq -r '.files[] | select(.missed != []) | "\(.file): \(.missed | join(" "))"' \
	"$out/coverage.json"

# A guest that is lost is no measurement, whatever the others reach.
if [ -s "$out/lost" ]; then
	echo 'Missing in this table, all or a part:'
	sed 's/^/  /' "$out/lost"
	[ -z "$fresh$lost" ] || exit 1
fi

# Some of the tests reach less, and are not judged.
[ -n "$fresh" ] && [ -s "$out/unit.json" ] && [ -s "$out/guest.json" ] || exit 0
jq -e --argjson lines $least_lines --argjson branches $least_branches \
	'.total | .lines_percent >= $lines and .branches_percent >= $branches' "$out/coverage.json" \
	>/dev/null || die "less is reached than $least_lines % of the lines or $least_branches % of the branches"
