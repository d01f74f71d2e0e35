#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl: snapshots with names, taken, read and destroyed like maps.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that `ok` calls

set -u

tests=57
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

ok 'a map' khmapctl create map --key u64 --value u64 -n 3000
ok 'with a key' khmapctl put map 1 10
ok 'a snapshot with a name' is '' khmapctl snapshot map --name map-then
ok 'another one, copied at once' is '' khmapctl snapshot map --name map-too --materialize
ok 'the map goes on' khmapctl put map 1 11
ok 'the snapshot does not' is 10 khmapctl get map-then 1
ok 'its node is for reading' is 440 stat -c %a /dev/khmap/map-then
ok 'its name is taken' refused 3 'snapshot: map-then: there is a map or snapshot of this name' \
	khmapctl snapshot map --name map-then
ok 'nothing is put into it' refused 3 'put: map-then: is a snapshot and cannot be changed' \
	khmapctl put map-then 1 1
ok 'nor is it published under a name' refused 3 \
	'publish: map-then: is a snapshot and cannot be changed' khmapctl publish map-then map
ok 'a file and a name' refused 2 'snapshot: with --name, one NAME is needed and no FILE' khmapctl snapshot map ./x.khm --name y
ok 'copied for whom' refused 2 'snapshot: --materialize is for a snapshot with --name' khmapctl snapshot map ./x.khm --materialize
ok 'with a mode and an owner' is '' khmapctl snapshot map --name map-open --mode 0444 --owner tester
ok 'the node has both' is '444 tester' stat -c '%a %U' /dev/khmap/map-open
ok 'so he reads it' as_tester '[ "$(khmapctl get map-open 1)" = 11 ]'
ok 'writes it to a file' as_tester 'cd /tmp && khmapctl snapshot map-open ./tester.khm --quiet &&
	[ "$(khmapctl get ./tester.khm 1)" = 11 ]'
ok 'and compares it with a file' as_tester \
	'cd /tmp && khmapctl delta ./tester.khm map-open ./tester.delta --quiet'
ok 'but takes no snapshot of the map' as_tester \
	'! khmapctl snapshot map /tmp/tester.khm --quiet 2>/tmp/tester.err && grep -q "map: Permission denied" /tmp/tester.err'
rm -f /tmp/tester.*
ok 'and destroys it' as_tester 'khmapctl destroy map-open'
ok 'nobody could write' refused 2 'snapshot: --mode: octal, read bits only, as nobody writes to a '\
'snapshot, not "0640"' khmapctl snapshot map --name map-open --mode 0640
ok 'no mode' refused 2 'snapshot: --mode: octal, read bits only, as nobody writes to a '\
'snapshot, not " 444"' khmapctl snapshot map --name map-open --mode ' 444'
ok 'no such owner' refused 2 'snapshot: --owner: there is no user "nobody-here"' \
	khmapctl snapshot map --name map-open --owner nobody-here
ok 'of a file' refused 2 'snapshot: --owner and --mode are for a snapshot with --name' \
	khmapctl snapshot map ./x.khm --mode 0444

# --- The base of a delta: the one in memory stands for its file.

ok 'a later snapshot' khmapctl snapshot map --name map-later
ok 'a delta from one name to another' is './named.delta: changed' sh -c \
	'khmapctl delta map-then map-later ./named.delta | sed "s/: .*pages changed.*/: changed/"'
ok 'it is for the older one'\''s file' khmapctl snapshot map-then ./then.khm -q
ok 'to which it is applied' khmapctl apply -q ./then.khm ./named.delta ./later.khm
later_is_whole() {
	khmapctl snapshot map-later ./whole.khm -q && cmp later.khm whole.khm &&
		[ "$(khmapctl get ./later.khm 1)" = 11 ] && khmapctl verify -q ./later.khm
}
ok 'what comes of it is the newer one'\''s file' later_is_whole
ok 'a live map is no base' refused 3 \
	'delta: map: the base of a delta must be a snapshot, this is a live map' \
	khmapctl delta map map-later ./x.delta
ok 'nor is a delta applied to a name' refused 2 \
	'apply: BASE must be the path of a snapshot file: for the file map-then here, write ./map-then' \
	khmapctl apply map-then ./named.delta ./x.khm
khmapctl destroy map-later

held() { json "[.[] | select(.name == \"$1\") | $2][0]" khmapctl ls --pins --json; }
ok 'no snapshot among the maps' is '["map"]' json '[.[].name]' khmapctl ls --json
ok 'snapshots when asked for' is '["map","map-then","map-too"]' json '[.[].name]' khmapctl ls -s --json
ok 'with their map' is '[true,true]' json \
	'.[0].map_id as $id | [.[1:][] | .of_map == $id and .kind == "snapshot"]' khmapctl ls -s --json
ok 'in a table, below their map' is 'NAME map map-then map-too' sh -c \
	'khmapctl ls --snapshots | awk "{ print \$1 }" | paste -s -d " "'
ok 'held by none' is 0 held map-then '.pins | length'

# A child that holds a descriptor.
sleep 600 3</dev/khmap/map-then &
holder=$!
mapped_alone() {
	[ "$(held map-too '[.pins[] | [.descriptors, .mappings]]')" = '[[0,1]]' ]
}
holds() { [ "$(held "$1" '.pins | length')" = 1 ]; }
ok 'a descriptor is found' eventually holds map-then
ok 'with its process' is "[[$holder,1,0]]" held map-then \
	'[.pins[] | [.pid, .descriptors, .mappings]]'
ok 'in the table as well' is "$holder map-then 1 0" sh -c \
	"khmapctl ls --pins | awk '\$1 == $holder { print \$1, \$(NF - 2), \$(NF - 1), \$NF }'"
ok 'nobody else holds its map' is 0 held map '.pins | length'
ok 'others are told what they cannot see' as_tester \
	"khmapctl ls --pins 2>&1 >/dev/null | grep -q 'processes could not be looked into for want of permission'"
kill "$holder"
wait "$holder" 2>/dev/null

# One that has nothing but a mapping.
"${0%/selftests/*}/build/guest/map_holder" /dev/khmap/map-too &
holder=$!
ok 'a mapping is found' eventually mapped_alone
ok 'by pid and name' is "[[$holder,\"map_holder\"]]" held map-too '[.pins[] | [.pid, .comm]]'
kill "$holder"
wait "$holder" 2>/dev/null
ok 'and gone when the process is' is 0 held map-too '.pins | length'

ok 'stat has the snapshots' is '["map-then","map-too"]' json '[.held[].name]' khmapctl stat map --json
ok 'and of a snapshot, its own numbers' is '[true,true,["map-then"]]' json \
	'[.held_ms == .held_ms + 0, .copied_pages >= 1, [.held[].name]]' khmapctl stat map-then --json
ok 'in a table' is 'map-then map-too' sh -c \
	'khmapctl stat map | awk "/^ *map-/ { print \$1 }" | paste -s -d " "'

# How long is too long.
ok 'none is overdue' is '[]' json . khmapctl ls --overdue --json
ok 'no unit' refused 2 'warn-after: "50" has no unit: ms, s, m, h or d belongs behind the number' \
	khmapctl warn-after map 50
ok 'a limit' is '' khmapctl warn-after map 50ms
overdue() {
	status=0
	khmapctl ls --overdue >"$work/overdue" || status=$?
	[ "$status" -eq 6 ] && grep -q 'map-then .*overdue' "$work/overdue"
}
ok 'that is exceeded, says the status' eventually overdue
ok 'of both snapshots' is 2 json '.[0].overdue' khmapctl ls --json
ok 'who cannot see all does not say that none is' as_tester \
	'khmapctl ls --overdue >/dev/null 2>&1; [ $? -eq 3 ]'
ok 'no limit, and none is overdue' sh -c 'khmapctl warn-after map never && khmapctl ls --overdue'

ok 'the map may go first' khmapctl destroy map
ok 'then its snapshot still stands' is 10 khmapctl get map-then 1
ok 'both are destroyed' khmapctl destroy map-then map-too
ok 'and are gone' sh -c '! ls /dev/khmap/map-then /dev/khmap/map-too'

finish
