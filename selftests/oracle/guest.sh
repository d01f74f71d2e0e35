#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# guest.sh [NAME...]: runs the cases in the guest and leaves profiles in /out. NAME is a case, or the
# beginning of some.

set -u
wanted=$*

top=$(cd "${0%/*}/../.." && pwd)
PATH=$top/build/prof:$top/build/guest:$PATH
. "$top/selftests/oracle/cases.sh"

# options OPTION VALUE,...: the option before each value.
options() {
	echo "$2" | sed "s/[^,]*/$1&/g; y/,/ /"
}

# The flag that WHERE ends with.
loads() {
	case $1 in
	*/loads) echo --loads ;;
	esac
}

# profile OPTION... -- COMMAND...
profile() {
	khmap-prof "$@" || {
		echo "# khmap-prof failed with status $?"
		failed=1
	}
}

a_case() {
	is_wanted "$1" || return 0
	name=$1
	place=${2%%/*}
	option=${2#"$place"}
	option=${option#/}
	loads=$(loads "$2")
	rounds=$3
	shift 4
	echo "# $name"
	json=/out/$name.json
	# shellcheck disable=SC2046,SC2086 # lists of words
	case $place/$option in
	memory/*)
		option=${option%/loads}
		profile watch --json "$json" --width "${option%/*}" $loads \
			$(options '--symbol turns_memory:' "${option#*/}") -- \
			prof_turns $loads "$name" "$rounds" "$@" ;;
	*/watch/*)
		profile watch --json "$json" --map "$place" \
			$(options '--line ' "${option#watch/}") -- \
			prof_turns --raw --map "$place" "$name" "$rounds" "$@" ;;
	*)
		profile record --json "$json" --map "$place" --sample "${option:-1}" -- \
			prof_turns --map "$place" --every "${option:-1}" "$name" "$rounds" "$@" ;;
	esac
}

side_case() {
	a_case "$@"
}

known_case() {
	is_wanted "$1" || return 0
	name=$1
	place=${2%%/*}
	loads=$(loads "$2")
	rounds=$3
	shift 4
	echo "# $name"
	[ "$place" = memory ] || loads="$loads --map $place"
	# shellcheck disable=SC2086 # lists of words
	prof_turns $loads "$name" "$rounds" "$@" || failed=1
}

# From the sixteenth key on a map has buckets in pages of their own.
prof_writer create inline aligned 10
prof_turns --map inline - 1 0p1 0p2 0p3 0p4 0p5
prof_writer create packed packed 100
prof_turns --map packed - 1 0p0.0-14 0p1.0-1
prof_writer create aligned aligned 100
prof_turns --map aligned - 1 0p0.0-6 0p1.0-6 0p2.0-2
prof_writer create wide aligned 16 120
prof_turns --map wide - 1 0p0.0-8 0p1.0-7

failed=0
cases
exit $failed
