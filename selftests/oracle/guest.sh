#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs the cases in the guest, those on maps under khmap-prof; leaves its profiles in /out.

set -eu

top=$(cd "${0%/*}/../.." && pwd)
PATH=$top/build/prof:$top/build/guest:$PATH
. "$top/selftests/oracle/cases.sh"

a_case() {
	name=$1
	where=${2%%/*}
	option=${2#"$where"}
	rounds=$3
	shift 4
	echo "$name"
	case $option in
	/loads) option=--loads sample=1 ;;
	/*) sample=${option#/} option="--every $sample" ;;
	*) option='' sample=1 ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	case $where/$option in
	memory/*) prof_turns $option "$name" "$rounds" "$@" ;;
	*/--loads) prof_turns --map "$where" $option "$name" "$rounds" "$@" ;;
	*) khmap-prof record --map "$where" --sample "$sample" --json "/out/$name.json" -- \
		prof_turns --map "$where" $option "$name" "$rounds" "$@" ;;
	esac
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

cases
