#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What an operation of each subject takes, by valgrind's callgrind: instructions, branches that are
# mispredicted, and data accesses that miss caches of the sizes below. It is the same on every
# machine, and says why times differ; real caches fetch ahead, and real processors overlap.

set -eu

top=$(cd "$(dirname "$0")/../../.." && pwd)
build=${BUILD:-$top/build}
walk=$build/bench/bench-walk
json=$build/bench/bench-profile.json
first=32768,8,64
last=1048576,16,64

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/} [ENTRIES]"
	echo 'Counts what hits and misses in a map of so many entries take, and puts of as many (1000000).'
	exit 0
	;;
esac
entries=${1:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# count SUBJECT WHAT: one object of JSON.
count() {
	operations=$(valgrind -q --tool=callgrind --cache-sim=yes --branch-sim=yes --I1="$first" \
		--D1="$first" --LL="$last" --collect-atstart=no --toggle-collect=bench_marked \
		--callgrind-out-file="$work/counts" "$walk" "$1" "$2" "$entries" 2>"$work/error") || {
		cat "$work/error" >&2
		return 1
	}
	awk -v subject="$1" -v what="$2" -v n="$operations" '
		/^events:/ { for (i = 2; i <= NF; i++) name[i] = $i }
		/^(summary|totals):/ { for (i = 2; i <= NF; i++) got[name[i]] = $i }
		END {
			if (!got["Ir"])
				exit 1
			printf "{\"subject\":\"%s\",\"what\":\"%s\",\"operations\":%d,", subject, what, n
			printf "\"instructions\":%.4f,", got["Ir"] / n
			printf "\"mispredicted\":%.4f,", (got["Bcm"] + got["Bim"]) / n
			printf "\"first_misses\":%.4f,", (got["D1mr"] + got["D1mw"]) / n
			printf "\"last_misses\":%.4f}\n", (got["DLmr"] + got["DLmw"]) / n
		}' "$work/counts"
}

{
	for subject in khmap boost absl lmdb; do
		count "$subject" hit
		count "$subject" miss
	done
	for subject in khmap khmap-batch boost absl; do
		count "$subject" put
	done
} >"$work/rows"
jq -s --argjson entries "$entries" --arg first "$first" --arg last "$last" \
	'{ version: 1, entries: $entries, first_level: $first, last_level: $last, counts: . }' \
	"$work/rows" >"$json"
jq -r '"of \(.entries) entries, by operation",
	"subject\twhat\tinstructions\tmispredicted\tL1 misses\tL2 misses",
	(.counts[] | [.subject, .what, .instructions, .mispredicted, .first_misses, .last_misses] |
	map(if type == "number" then . * 100 | round / 100 else . end) | @tsv)' "$json" |
	awk -F '\t' 'NR == 1 { print; next }
		{ printf "  %-12s %-5s %13s %13s %10s %10s\n", $1, $2, $3, $4, $5, $6 }'
echo
echo "All counts: $json"
