#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl dump of a map that khmapctl load makes grow: what was there comes once, whatever else
# comes.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=6
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

# load FROM TO: values are three times the key.
load() {
	seq "$1" "$2" | awk '{ print $1 "," 3 * $1 }' |
		khmapctl load map --format csv --no-header --quiet
}

# Prints what is wrong with a dump: keys that come twice, keys up to $1 that do not come, values.
faults() {
	awk -F, -v steady="$1" '
		seen[$1]++ { print "twice:", $1 }
		$2 != 3 * $1 { print "value:", $0 }
		END {
			for (key = 1; key <= steady; key++)
				if (!(key in seen))
					print "lost:", key
		}'
}

# Dumps one after the other, until the map has all of its keys.
dump_while_it_grows() {
	rm -f loaded
	{ load 2001 60000 && touch loaded; } &
	rounds=0
	until [ -e loaded ] || [ "$rounds" -eq 500 ]; do
		khmapctl dump map --format csv --no-header >dumped || return
		faults 2000 <dumped >wrong
		cat wrong
		[ ! -s wrong ] || return
		rounds=$((rounds + 1))
		wc -l <dumped >>sizes
	done
	wait
	[ -e loaded ]
}

ok 'a map' khmapctl create map --key u64 --value u64
ok 'with two thousand keys' load 1 2000
ok 'each dump of it, while it grows to sixty thousand, has them once' dump_while_it_grows
ok 'dumps were of several sizes' sh -c '[ "$(sort -u sizes | wc -l)" -gt 1 ]'
khmapctl dump map --format csv --no-header >dumped
ok 'at last it has them all' is '' faults 60000 <dumped
ok 'destroyed' is '' khmapctl destroy map

finish
