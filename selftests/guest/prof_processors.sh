#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Six processors at one line: its struct has room for the parts of four, the others' are apart.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=10
. "${0%/*}/prof_test.sh"

script=$top/tools/prof/bpftool/khmap-hot-lines.sh
parts() {
	jq -cn --argjson stores "$1" --arg bytes "$2" '[range(6) | [., $stores, $bytes]]'
}

ok 'there are six processors' test "$(nproc)" -eq 6
prof_writer create prof_six aligned 10
prof_writer put prof_six 1 2 3 4 5 6 7 8

ok 'six put one value' khmap-prof record --json "$json" --map prof_six -- \
	prof_writer turns prof_six 4 4 4 4 4 4 50
ok 'every store of each is there, and true sharing' is \
"[\"header\",0,10,300,0,299,0,$(parts 50 0x000000000000000f)]
[\"header\",0,11,300,300,299,0,$(parts 50 0x0000000000ff0000)]" lines_of prof_six
ok 'with all bytes' is \
"[10,$(jq -cn '[range(6) | [0, 4, "head", ., 50]]')]
[11,$(jq -cn '[range(6) | [16, 8, "value", ., 50]]')]" query '.lines | sort_by(.line)[] |
	[.line, [.accesses[] | [.offset, .length, .kind, .cpu, .count]]]'

# Of the six steps of a round, two are from a processor to one that puts the same value.
ok 'six put two values' khmap-prof record --json "$json" --map prof_six -- \
	prof_writer turns prof_six 4 4 5 5 4 5 50
ok 'true and false sharing are told apart' is \
'[11,300,100,199,["0x0000000000ff0000","0x0000000000ff0000","0x000000ff00000000","0x000000ff00000000","0x0000000000ff0000","0x000000ff00000000"]]' \
	query '.lines[] | select(.line == 11) | [.line, .stores, .modelled_transfers.true,
	.modelled_transfers.false, [.cpus | sort_by(.cpu)[] | .bytes]]'
ok 'nothing is dropped' is 0 query '[.totals.dropped[]] | add'

ok 'so does the script with bpftool' sh -c "'$script' --json --map prof_six -- \
	prof_writer turns prof_six 4 4 5 5 4 5 50 >'$json'"
ok 'it counts the same' is \
'[11,300,{"true":100,"false":199},[[0,50],[1,50],[2,50],[3,50],[4,50],[5,50]]]' query \
	'.lines[] | select(.line == 11) | [.line, .stores, .modelled_transfers,
	[.cpus | sort_by(.cpu)[] | [.cpu, .stores]]]'

ok 'the map goes' prof_writer destroy prof_six

finish
