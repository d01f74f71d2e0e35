#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl compact: what it says before and after, and every way to get it wrong.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=24
. "${0%/*}/cli_test.sh"

# stat_of FIELD...: of the map, as stat shows them.
stat_of() {
	json "[.$(echo "$*" | sed 's/ /, ./g')]" khmapctl stat sessions --json
}

fill() {
	seq 1 20000 | awk '{ print $1 "," $1 * 3 }' |
		khmapctl load sessions --format csv --no-header --quiet
}

# Every 20th key stays.
thin_out() {
	seq 1 20000 | awk '$1 % 20' | khmapctl del sessions -
}

snapshot_pages() {
	khmapctl snapshot sessions "$work/$1" >/dev/null &&
		json '.overflow_pages' khmapctl info "$work/$1" --json
}

khmapctl create sessions --key u64 --value u64 --load-percent 95

# --- Nothing to do.

ok 'an empty map' is '0 overflow buckets moved, 0 of 0 overflow pages left the image' \
	khmapctl compact sessions
ok 'likewise, as JSON' is '{"moved":0,"released":0,"overflow_pages":0,"done":true}' \
	json . khmapctl compact sessions --json
ok 'what it would do' is '0 of 0 overflow pages would leave the image' \
	khmapctl compact sessions --dry-run

# --- After many deletes.

ok 'many keys' fill
ok 'few stay' thin_out
before=$(json .overflow_pages khmapctl stat sessions --json)
needed=$(json .overflow_needed khmapctl stat sessions --json)
released=$((before - needed))
ok 'there is something to do' test "$released" -gt 0
ok 'a snapshot has all pages' is "$before" snapshot_pages before
ok 'a dry run says what it would come to' is \
	"$released of $before overflow pages would leave the image" \
	khmapctl compact sessions --dry-run
ok 'likewise, as JSON' is \
	"{\"moved\":null,\"released\":$released,\"overflow_pages\":$needed,\"done\":false}" \
	json . khmapctl compact sessions -j --dry-run
ok 'and does nothing' is "[$before,$needed,0,0]" \
	stat_of overflow_pages overflow_needed compact_buckets compact_pages
ok 'compact says what it has come to' is "[$released,$needed,true]" \
	json '[.released, .overflow_pages, .done]' khmapctl compact sessions --json
ok 'stat counts it' is "[$needed,$needed,$released]" \
	stat_of overflow_pages overflow_needed compact_pages
ok 'a snapshot is as much smaller' is "$needed" snapshot_pages after
ok 'and its file too' test $(($(stat -c %s "$work/before") - $(stat -c %s "$work/after"))) -ge \
	$((released * page_size))
ok 'a second time there is nothing left' is \
	"0 overflow buckets moved, 0 of $needed overflow pages left the image" \
	khmapctl compact sessions
ok 'keys that stayed are there' is '59940' khmapctl get sessions 19980
ok 'all is clean' is 'true' json .clean khmapctl verify sessions --json

# --- Bad input.

ok 'no name' refused 2 'compact: one NAME is needed' khmapctl compact
ok 'two names' refused 2 'compact: one NAME is needed' khmapctl compact sessions other
ok 'an option that it does not know' exits_with 2 '' sh -c 'khmapctl compact --frob 2>&1 >/dev/null |
	grep -q frob; khmapctl compact --frob sessions 2>/dev/null'
ok 'no such map' refused 3 'compact: no map "none"' khmapctl compact none
ok 'a snapshot file' refused 3 "compact: $work/after: is a file and cannot be changed" \
	khmapctl compact "$work/after"
ok 'a dry run on one' refused 3 "compact: $work/after: is a snapshot and cannot be changed" \
	khmapctl compact "$work/after" --dry-run
ok 'destroyed' is '' khmapctl destroy sessions

finish
