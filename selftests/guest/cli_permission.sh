#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl as another user: what the node's owner and mode allow, and no more.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=38
. "${0%/*}/cli_test.sh"

# tester STATUS OUTPUT COMMAND: by another user; both outputs together.
tester() {
	exits_with "$1" "$2" su tester -c "PATH=$PATH; { $3; } 2>&1"
}

denied() {
	tester 3 "khmapctl: ${2%% *}: $1: Permission denied" "khmapctl $2"
}

khmapctl create secret --key u8 --value u8 --max-entries 5
khmapctl create readable --key u8 --value u8 --mode 0644
khmapctl create group --key u8 --value u8 --owner :tester --mode 0660
khmapctl create own --key u8 --value u8 --owner tester:tester --mode 0600
for map in secret readable group own; do
	khmapctl put $map 1 10
done

# --- The control node is root's.

ok 'the control node' is '600 root root' stat -c '%a %U %G' /dev/khmap/control
ok 'create' tester 3 "khmapctl: create: /dev/khmap/control: Permission denied: \
only who may write it (root) creates maps" 'khmapctl create mine --key u8 --value u8'
ok 'ls shows the nodes, but no number of what may not be read' tester 0 \
	'secret null null readable 1 1 group 1 1 own 1 1' \
	"khmapctl ls --json | jq -r '.[] | .name, .entries, .key_size' | paste -s -d ' '"

ok 'and for people' tester 0 'secret - - - - - 0660 root:root' \
	"khmapctl ls | grep ^secret | tr -s ' ' | sed 's/ *\$//'"

# --- A map that is not for others.

ok 'get' denied /dev/khmap/secret 'get secret 1'
ok 'info' denied /dev/khmap/secret 'info secret'
ok 'stat' denied /dev/khmap/secret 'stat secret'
ok 'dump' denied /dev/khmap/secret 'dump secret'
ok 'verify' denied /dev/khmap/secret 'verify secret'
ok 'inspect' denied /dev/khmap/secret 'inspect secret'
ok 'put' denied /dev/khmap/secret 'put secret 1 1'

# --- A map to read.

ok 'reading: get' tester 0 10 'khmapctl get readable 1'
ok 'reading: dump' tester 0 '1  10' 'khmapctl dump readable'
ok 'reading: stat' tester 0 1 'khmapctl stat readable --json | jq .entries'
ok 'reading: info' tester 0 1 'khmapctl info readable --json | jq .entries'
ok 'reading: verify' tester 0 true 'khmapctl verify readable --json | jq .clean'
ok 'reading: inspect' tester 0 '"readable"' \
	"khmapctl inspect readable --json | jq '.[] | select(.field == \"name\").value | fromjson'"
ok 'reading: no put' denied /dev/khmap/readable 'put readable 1 1'
ok 'reading: no del' denied /dev/khmap/readable 'del readable 1'
ok 'reading: no clear' denied /dev/khmap/readable 'clear readable'
ok 'reading: no load' denied /dev/khmap/readable 'load readable /dev/null --format csv'
ok 'reading: no snapshot, it stalls writers' tester 3 "khmapctl: snapshot: /dev/khmap/readable: \
Permission denied: a snapshot needs write permission, as the map's memory pays for it" \
	'khmapctl snapshot readable /tmp/x'
ok 'reading: no destroy' denied readable 'destroy readable'

# --- A map of a group, and one of one's own.

ok 'group: put' tester 0 '' 'khmapctl put group 2 20'
ok 'group: del' tester 0 '' 'khmapctl del group 1'
ok 'group: snapshot' tester 0 '2  20' \
	'khmapctl snapshot group /tmp/g.khm -q && khmapctl dump /tmp/g.khm && rm /tmp/g.khm'
ok 'group: no destroy' tester 3 \
	'khmapctl: destroy: group: only its owner may destroy it' 'khmapctl destroy group'
ok 'own: put' tester 0 '' 'khmapctl put own 2 20'
ok 'own: root may, too' is 20 khmapctl get own 2
ok 'own: destroy' tester 0 '' 'khmapctl destroy own'
ok 'it is gone' refused 3 'get: no map "own"' khmapctl get own 1

# --- Rights change while the map lives.

chmod 600 /dev/khmap/readable
ok 'a mode that was taken away' denied /dev/khmap/readable 'get readable 1'
chown tester /dev/khmap/readable
ok 'an owner that was given' tester 0 10 'khmapctl get readable 1'
chmod 666 /dev/khmap/control
ok 'whoever may open the control node creates' tester 0 '' \
	'khmapctl create mine --key u8 --value u8'
ok 'for oneself only' tester 3 'khmapctl: create: the map may not be given to this owner or group' \
	'khmapctl create theirs --key u8 --value u8 --owner root'
chmod 600 /dev/khmap/control
ok 'the map is the creator'\''s' is '660 tester tester' stat -c '%a %U %G' /dev/khmap/mine

ok 'all are clean' khmapctl verify secret readable group mine
ok 'destroyed' is '' khmapctl destroy secret readable group mine

finish
