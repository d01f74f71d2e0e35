#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl: snapshots with names, taken, read and destroyed like maps.
# shellcheck disable=SC2016 # lines for sh -c

set -u

tests=15
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
ok 'nothing is put into it' sh -c '! khmapctl put map-then 1 1'
ok 'a file and a name' refused 2 'snapshot: with --name, one NAME is needed and no FILE' khmapctl snapshot map ./x.khm --name y
ok 'copied for whom' refused 2 'snapshot: --materialize is for a snapshot with --name' khmapctl snapshot map ./x.khm --materialize
ok 'the map may go first' khmapctl destroy map
ok 'then its snapshot still stands' is 10 khmapctl get map-then 1
ok 'both are destroyed' khmapctl destroy map-then map-too
ok 'and are gone' sh -c '! ls /dev/khmap/map-then /dev/khmap/map-too'

finish
