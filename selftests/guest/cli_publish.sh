#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl publish, rollback, canary and versions.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=64
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

# version NAME VALUE: a map whose key 1 has this value.
version() {
	khmapctl create "$1" --key u64 --value u64 && khmapctl put "$1" 1 "$2"
}

# states: generations are numbers of the host, states are not.
states() {
	khmapctl versions "$1" --json | jq -c '[.versions[].state]'
}

# after STATUS COMMAND...: ends with this status.
after() {
	want=$1
	shift
	status=0
	"$@" || status=$?
	[ "$status" -eq "$want" ]
}

version map 10
version two 20
ok 'one version' is '["live"]' states map
ok 'publish' is 'map: generation ' sh -c 'khmapctl publish map two | sed "s/[0-9]*$//"'
ok 'the name means it' is 20 khmapctl get map 1
ok 'the other name is free' refused 3 'get: no map "two"' khmapctl get two 1
ok 'the old one is kept' is '["live","kept"]' states map
ok 'stat tells which it is' is '[true,0]' json '[.generation > 0, .retired]' khmapctl stat map --json
ok 'it can be written to' is '' khmapctl put map 1 21
ok 'back' is 'map: generation ' sh -c 'khmapctl rollback map | sed "s/[0-9]*$//"'
ok 'to the first' is 10 khmapctl get map 1
ok 'nothing is kept' is '["live"]' states map
ok 'no further' refused 3 'rollback: map: no such version is kept' khmapctl rollback map
ok 'it can be written to again' is '' khmapctl put map 1 10
ok 'a table' sh -c 'khmapctl versions map | grep "^GENERATION  *STATE  *MAP  *ENTRIES  *MEMORY$"'

version a 1
version b 2
version c 3
ok 'three of them' sh -c 'for map in a b c; do khmapctl publish map $map -k 3 -q || exit; done'
ok 'all are kept' is '["live","kept","kept","kept"]' states map
ok 'by a generation' sh -c 'khmapctl rollback map -q --to \
	"$(khmapctl versions map --json | jq .versions[2].generation)"'
ok 'to the middle' is 1 khmapctl get map 1
ok 'its generation is a new one' refused 3 'rollback: map: no such version is kept' \
	khmapctl rollback map --to 0
ok 'one step more' is '' khmapctl rollback map --steps 1 --quiet
ok 'to the very first' is 10 khmapctl get map 1

ok 'no such map' refused 3 'publish: no map "none"' khmapctl publish map none
ok 'the same map' refused 3 'publish: map: Invalid argument' khmapctl publish map map
khmapctl create wide --key u64 --value u32
ok 'other sizes' refused 3 \
	'publish: wide: keys of 8 and values of 4 bytes, map has 8 and 8' khmapctl publish map wide
khmapctl create other --key u64 --value i64
ok 'another schema' refused 3 \
	'publish: other: schema "key u64;value i64", map has "key u64;value u64"' \
	khmapctl publish map other
ok 'they keep their names' is '' sh -c 'khmapctl put other 1 1; khmapctl put wide 1 1'
ok 'too many to keep' refused 2 'publish: --keep: "9" is no number of 0 to 8' \
	khmapctl publish map other --keep 9
ok 'health without a way back' refused 2 \
	'publish: --health needs a version to go back to: --keep 1' \
	khmapctl publish map other --keep 0 --health true
ok 'no time' refused 2 'publish: --probation: "30" is no time such as 30s' \
	khmapctl publish map other --health true --probation 30

# --- Health.

version good 30
ok 'in good health' is 'map: generation N, in good health' sh -c 'khmapctl publish map good \
	--health "echo \$KHMAP_NAME >>runs" --probation 3s --interval 100ms |
	sed "s/generation [0-9]*/generation N/"'
ok 'it has run more than once' sh -c '[ "$(grep -c "^map$" runs)" -gt 2 ]'
ok 'it stays' is 30 khmapctl get map 1

version bad 40
ok 'the command fails at once' refused 5 \
	'publish: map: the health command exited with status 3' \
	sh -c 'khmapctl publish map bad --health "exit 3" 2>&1 >out | head -1 >&2; exit 5'
ok 'rolled back' is 30 khmapctl get map 1
version bad 40
ok 'it fails later, with the generation that it was told' after 5 khmapctl publish map bad \
	--health '[ "$(khmapctl get "$KHMAP_NAME" 1)" = 40 ] && [ "$KHMAP_GENERATION" -gt 0 ] &&
		echo >>later && [ "$(wc -l <later)" -lt 3 ]' --interval 50ms
ok 'at its third run' is 3 sh -c 'wc -l <later'
ok 'rolled back again' is 30 khmapctl get map 1
# Its time is over before this comes to ask.
asleep() {
	khmapctl create slow --key u64 --value u64 && khmapctl put slow 1 30 || return
	late=$((5 * ${KHMAP_SLOWER:-1}))
	khmapctl publish map slow --health 'touch started; sleep 2' --timeout "${late}s" \
		--probation 0s -q &
	pid=$!
	eventually test -e started && kill -STOP "$pid" || return
	sleep $((late + 1))
	kill -CONT "$pid"
	wait "$pid"
}
ok 'it was in time, whenever that is seen' asleep
version bad 40
ok 'it is killed' after 5 khmapctl publish map bad --health 'kill -9 $$'
version bad 40
ok 'it takes too long' after 5 khmapctl publish map bad --health 'sleep 100' --timeout 200ms
ok 'and does not go on' sh -c '! pgrep -f "^sleep 100"'
ok 'both were rolled back' is 30 khmapctl get map 1
interrupted() {
	version bad 40
	khmapctl publish map bad --health true --interval 50ms &
	pid=$!
	eventually sh -c '[ "$(khmapctl get map 1)" = 40 ]' || return
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
}
ok 'interrupted in the probation' interrupted
ok 'rolled back as well' is 30 khmapctl get map 1

# unheard COMMAND: nobody listens to what publish says about it.
unheard() {
	version bad 40
	khmapctl publish map bad --health "$1" 2>&1 | true
	eventually sh -c '[ "$(khmapctl get map 1)" = 30 ]'
}
ok 'nobody listens: rolled back as well' unheard 'sleep 0.3; false'

# hangup: in the probation, and ignored as by nohup.
hangup() {
	version hung 30
	(trap "" HUP; exec khmapctl publish map hung --health "touch hung" --probation 2s \
		--interval 50ms >hung.out) &
	pid=$!
	eventually test -e hung || return
	kill -HUP "$pid"
	status=0
	wait "$pid" || status=$?
	sed 's/generation [0-9]*/generation N/' hung.out
	return "$status"
}
ok 'a hangup that is ignored' is 'map: generation N, in good health' hangup
version good 30
ok 'children that are ignored' is 'map: generation N, in good health' sh -c \
	'trap "" CHLD; khmapctl publish map good --health true --probation 0s |
	sed "s/generation [0-9]*/generation N/"'
version good 30
ok 'it reads nothing' after 0 sh -c \
	'yes | khmapctl publish map good -q --health "! read -r line" --probation 0s'

# --- Canary.

version new 50
ok 'a canary' after 0 khmapctl canary map new --percent 12.5 --ids 7,8 -q
ok 'is shown' is '["live","canary"] 12.5 2' sh -c 'khmapctl versions map --json |
	jq -r "\"\\([.versions[0,1].state] | tojson) \\(.canary_percent) \\(.canary_ids)\""'
printf '5\n6\n0x7\n' >ids
ok 'its ids of a file' is '12.5 3' sh -c 'khmapctl canary map --ids ./ids -q &&
	khmapctl versions map --json | jq -r "\"\\(.canary_percent) \\(.canary_ids)\""'
printf '5\n\n0xg\n' >bad-ids
ok 'a line of the file that is none' refused 2 \
	'canary: --ids: ./bad-ids line 3: "0xg" is no number' khmapctl canary map --ids ./bad-ids
ok 'ids are decimal' after 0 khmapctl canary map --ids 010,0x10,18446744073709551615 -q
ok 'no id' refused 2 'canary: --ids: "18446744073709551616" is no number' \
	khmapctl canary map --ids 18446744073709551616
ok 'an id that is not decimal either' refused 2 'canary: --ids: "0xg" is no number' \
	khmapctl canary map --ids 0xg
ok 'more than all' refused 2 \
	'canary: --percent: "4294967297" is no number of 0 to 100 with two decimals' \
	khmapctl canary map --percent 4294967297
ok 'of what has no name, it alone is not retired' is '[true]' json \
	'[.[] | select(.name == "" and .retired == false) | .generation > 0]' khmapctl ls --json
ok 'it ends' after 0 khmapctl canary map --end
ok 'there is none' refused 3 'canary: map: there is no second version' khmapctl canary map -p 1

# --- Of a snapshot file.

ok 'a snapshot file' after 0 khmapctl snapshot map ./then.khm -q
ok 'the map goes on' is '' khmapctl put map 1 31
ok 'the file is published' after 0 khmapctl publish map ./then.khm -q
ok 'and has what it had' is 30 khmapctl get map 1
ok 'it can be written to' is '' khmapctl put map 1 32
ok 'and rolled back' is 31 sh -c 'khmapctl rollback map -q && khmapctl get map 1'

khmapctl destroy map wide other
