#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl snapshot --best-effort: snapshots that may lose pages, and say so.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=38
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

limit=/sys/module/khmap/parameters/max_bytes
before=$(cat $limit)
# What comes next must find memory, whatever becomes of this.
trap 'echo "$before" >$limit' EXIT
trap 'exit 1' TERM
# Far fewer pages than the map has.
pool=$((131072 / page_size))
loss=": [0-9]* of its [0-9]* pages are lost: .* pool of $pool pages was empty; take one with a larger pool"

# load MAP FACTOR: values are so many times the key.
load() {
	seq 1 20000 | awk -v factor="$2" '{ print $1 "," factor * $1 }' |
		khmapctl load "$1" --format csv --no-header --quiet
}

# says STATUS REGEX COMMAND...: exits so, and says on standard error what matches.
says() {
	want=$1
	regex=$2
	shift 2
	status=0
	"$@" >/dev/null 2>"$work/stderr" || status=$?
	cat "$work/stderr"
	[ "$status" -eq "$want" ] && grep -q "$regex" "$work/stderr"
}

ok 'a map' khmapctl create map --key u64 --value u64 -n 20000
ok 'with keys' load map 3
ok 'a snapshot of it' is '' khmapctl snapshot map --name map-now --best-effort --pool-pages 1
ok 'has a pool and no reserve' is '[1,1,0,true]' json \
	"[.pool_pages, .pool_free, .lost_pages, .bytes < 4 * $page_size + 84000]" khmapctl stat map-now --json
khmapctl dump map | sort -n >now
ok 'it is what the map is' sh -c 'khmapctl digest map-now map | awk "{ print \$1 }" | uniq | wc -l | grep -qx 1'
khmapctl destroy map-now
khmapctl snapshot map --name map-now --best-effort --pool-pages $pool

# As if there were no memory.
echo 1 >$limit
ok 'the map goes on without memory for copies' load map 5
echo "$before" >$limit

ok 'pages are lost' is true json '.lost_pages > 0' khmapctl stat map-now --json
ok 'as many as is said by ls' is true json \
	".[1] | .lost_pages > 0 and .pool_pages == $pool and .copied_pages > $pool" khmapctl ls -s --json
ok 'of maps that is null' is '[null,null]' json '.[0] | [.lost_pages, .pool_pages]' \
	khmapctl ls -s --json
ok 'in a table, too' sh -c 'khmapctl ls -s | grep -q "^NAME .* COPIED  *RESERVED  *LOST "'
ok 'which has how much memory that was' sh -c \
	'khmapctl ls -s | awk "\$1 == \"map-now\"" | grep -q "KiB .*KiB .*KiB"'

# What is read is right, or an error.
seq 1 397 20000 >keys
while read -r key; do
	khmapctl get map-now "$key" 2>>errors || echo lost
done <keys >values
ok 'some keys are lost' grep -q lost values
ok 'and some are not' grep -qv lost values
ok 'they say so' sh -c '! grep -v ": its page is lost to this best-effort snapshot; see stat$" errors'
ok 'others are as they were' sh -c \
	'paste keys values | awk "\$2 != \"lost\" && \$2 != 3 * \$1 { bad = 1 } END { exit bad }"'
ok 'a dump says so' says 3 "$loss" khmapctl dump map-now
ok 'and has nothing else' sh -c \
	'khmapctl dump map-now 2>/dev/null | sort -n | comm -23 - now | wc -l | grep -qx 0'
ok 'sorted, it says so, too' says 3 "$loss" khmapctl dump map-now --sort
ok 'and has the same' sh -c 'khmapctl dump map-now --sort 2>/dev/null | sort >sorted
	[ -s sorted ] && khmapctl dump map-now 2>/dev/null | sort | cmp - sorted'
chmod 0444 /dev/khmap/map-now
ok 'who may only read it is told, too' as_tester "khmapctl ls -s --json |
	jq -e '.[] | select(.name == \"map-now\") | .lost_pages > 0 and .pool_pages == $pool'"
ok 'no digest' says 3 "$loss" khmapctl digest map-now
ok 'no verification' sh -c \
	'khmapctl verify map-now 2>&1 | grep -q "lost: expected a page of the map, found none"'
ok 'no difference' says 3 'lost' khmapctl diff map map-now
ok 'no file' says 3 "^khmapctl: snapshot: map-now$loss" khmapctl snapshot map-now ./lost.khm
ok 'no compressed one' says 3 "^khmapctl: snapshot: map-now$loss" khmapctl snapshot map-now ./lost.khz -z
ok 'none is left' sh -c '! ls lost.*'
khmapctl snapshot map ./base.khm -q
ok 'no delta' says 3 "^khmapctl: delta: map-now$loss" khmapctl delta ./base.khm map-now ./lost.khd
khmapctl create other --key u64 --value u64
ok 'it is not published' says 3 "map-now$loss" khmapctl publish other map-now
ok 'the name means what it did' is 0 json .entries khmapctl stat other --json

# With memory, it is as good as any other.
ok 'a file without a reserve' is '' khmapctl snapshot map ./best.khm --best-effort --quiet
ok 'has all of it' is '[true,20000]' json '[.clean, .entries]' khmapctl verify ./best.khm --json
ok 'a compressed one' is '' khmapctl snapshot map ./best.khz -z --best-effort --quiet
ok 'is the same map' is true sh -c \
	'[ "$(khmapctl digest ./best.khz | cut -d" " -f1)" = "$(khmapctl digest map | cut -d" " -f1)" ] && echo true'
ok 'of a file' refused 2 'snapshot: --best-effort: ./best.khm is a snapshot already' \
	khmapctl snapshot ./best.khm ./again.khm --best-effort
ok 'a pool without best effort' refused 2 'snapshot: --pool-pages is about --best-effort' \
	khmapctl snapshot map ./x.khm --pool-pages 5
ok 'a pool of none' refused 2 \
	'snapshot: --pool-pages: "0" is not a whole number 1..1M; K, M, G and T behind it multiply by powers of 1024' \
	khmapctl snapshot map ./x.khm --best-effort --pool-pages 0
ok 'all is destroyed' khmapctl destroy map map-now other
ok 'and memory is given back' is '[]' json . khmapctl ls -s --json

finish
