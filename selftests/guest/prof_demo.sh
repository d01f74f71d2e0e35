#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmap-prof demo: what is shared and what is not, and that all that was to be done was done. How
# long it takes is for people to look at: here nothing is asked of times but that there are some.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=21
. "${0%/*}/prof_test.sh"

ok 'the experiments are made' sh -c \
	"khmap-prof demo --increments 20000 --puts 300 --rounds 3 --json='$json' >'$work/text'"
ok 'each member is described' described "$json"
ok 'counters: what they share' is '[["two counters packed in one line","false sharing"],["two counters, each aligned to a line","nothing is shared"],["an array that is aligned as a whole","false sharing"],["one counter for both","true sharing"]]' \
	query '[.cases[] | select(.group == "counters") | [.name, .verdict]]'
ok 'maps: packed shares falsely, aligned does not' is \
	'[["neighbouring buckets, packed","false sharing"],["neighbouring buckets, aligned","nothing is shared"]]' \
	query '[.cases[] | select(.group == "maps") | [.name, .verdict]]'
ok 'transfers are those of strict turns' is \
	'[{"turns":500,"true":0,"false":999},{"turns":500,"true":0,"false":0}]' query \
	'[.cases[] | select(.group == "maps").modelled_transfers]'
ok 'counters are not modelled, and it is said why' is '[true,true]' query \
	'[.cases[] | select(.group == "counters")] | [all(.modelled_transfers == null),
	all(.not_modelled | contains("--watchpoints does, as root; the verdict is by the addresses"))]'
ok 'every increment and every put was done' is '[40000,40000,40000,40000,600,600]' query \
	'[.cases[] | if .counted == .operations then .counted else "lost" end]'
ok 'each has three rounds, and a time that is their median' is '[true]' query \
	'[.cases | all((.rounds_ns | length) == 3 and .ns > 0 and .ns == (.rounds_ns | sort)[1])]'
ok 'two processors took part' is '[0,1]' query .cpus
ok 'what is not counted says why' is '[true]' query \
	'[.cases | all((.store_misses != null) != (.not_counted != null))]'
ok 'the table has the verdicts, and what they follow from' is '2 2 1 1' sh -c "
	for row in 'false sharing  *addresses' '\(nothing is shared\|true sharing\)  *addresses' \
		'false sharing  *model' 'nothing is shared  *model'; do
		grep -c \"\$row\$\" '$work/text'
	done | tr '\n' ' ' | sed 's/ \$//'"
ok 'it says that transfers are no misses' grep -q '^maps: transfers are modelled.*no misses' \
	"$work/text"

ok 'counters are watched' khmap-prof demo --watchpoints --increments 1000 --puts 10 --rounds 1 \
	--json="$json"
ok 'transfers of counters: false, none, false, true' is \
	'[[0,999],[0,0],[0,999],[999,0]]' query '[.cases[] | select(.group == "counters") |
	.modelled_transfers | [.true, .false]]'
ok 'and so is the verdict' is \
	'["false sharing","nothing is shared","false sharing","true sharing"]' query \
	'[.cases[] | select(.group == "counters").verdict]'

ok 'one processor is not enough' fails 6 'two processors, and this process may use 1' \
	taskset 1 khmap-prof demo
ok 'wrong usage' fails 2 'from 1 to 99, not "0"' khmap-prof demo --rounds 0
ok 'no arguments' fails 2 'takes no arguments' khmap-prof demo now
no_rights() {
	su tester -c "$top/build/prof/khmap-prof demo --increments 1000 --puts 10 --rounds 1 --json" \
		>"$json" &&
		is '["true sharing",[null,null],true]' query \
			'[.cases[3].verdict, [.cases[4, 5].verdict], (.cases[4].not_made | contains("run this as root"))]'
}
ok 'without rights there are counters, and a reason' no_rights
no_node() {
	unshare -m sh -c "mount -t tmpfs none /dev/khmap &&
		khmap-prof demo --increments 1000 --puts 10 --rounds 1 --json" >"$json" &&
		is '["true sharing",true]' query \
			'[.cases[3].verdict, (.cases[4].not_made | contains("container must be given it"))]'
}
ok 'nor are there maps where the module has no node' no_node
ok 'nothing is left' nothing_left

finish
