#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# verify finds each broken invariant and says where it is.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

numbers 1 3000 | "$bin/mkimage" -n 3000 -l 95 ./good.khm
numbers 1 9 | "$bin/mkimage" -n 9 ./small.khm
numbers 1 3000 | "$bin/mkimage" -n 3000 -d 2990 ./sparse.khm
{ echo key,value && seq 1 500 | awk '{ print $1 "," $1 % 200 }'; } |
	"$bin/mkimage" -k u32 -v u8 -n 500 ./padded.khm

for name in good small sparse padded; do
	check "$name is clean" 0 '^\./.*: clean: 0 faults' khmapctl verify ./$name.khm
done
check 'clean as JSON' 0 '"clean": true' khmapctl verify ./good.khm --json

# Where the chain of a key is. Offsets are those that inspect shows, in hexadecimal.
# chain KEY ROW [NTH]: the offset of a row of the key's chain.
chain() {
	khmapctl inspect ./good.khm key "$1" 2>/dev/null | awk -v row="$2" -v nth="${3:-1}" '
		substr($0, 60) ~ ("^" row " ") && ++seen == nth { print "0x" $1; exit }'
}

# A key whose chain has two overflow buckets at least.
key=
for candidate in $(seq 1 400); do
	if [ "$(khmapctl inspect ./good.khm key "$candidate" | grep -c '^overflow ')" -ge 2 ]; then
		key=$candidate
		break
	fi
done
[ -n "$key" ] || fail 'no long chain was found'
first=$(chain "$key" overflow 1)
second=$(chain "$key" overflow 2)
tags=$(chain "$key" tags)
sequence=$(chain "$key" sequence)
slot=$(chain "$key" 'slot 0 key')
hex_of() { # OFFSET BYTES
	od -An -tx1 -j "$(($1))" -N "$2" ./good.khm | tr -d ' \n'
}

broken() { # TEXT PATTERN POKE...
	text=$1
	pattern=$2
	shift 2
	copy good.khm
	poke -c "$@"
	check "$text" 1 "$pattern" khmapctl verify "$image"
}

broken 'a reference outside' 'reference: .*: outside' "$first=ffffff7f"
check 'get of it fails or misses, without a crash' 4 'damaged' \
	sh -c "seq 1 3000 | '$bin/khmapctl' get $image - --json"
check 'dump says it and goes on' 4 'leads outside' khmapctl dump "$image"
check 'info refuses it' 4 'does not end' khmapctl info "$image"
check 'inspect shows the bad reference' 0 '! the chain leads outside' \
	sh -c "'$bin/khmapctl' inspect $image key $key || true"
broken 'a reference to itself' 'reference: .*chain without a circle' "$second=$(hex_of "$first" 4)"
check 'dump of a circle ends' 4 'leads in a circle' khmapctl dump "$image"
broken 'a bucket in two chains' 'shared: expected a bucket of one chain only' \
	"$(chain "$key" overflow 1)=$(hex_of "$(khmapctl inspect ./good.khm bucket 0.0 | awk '
		substr($0, 60) ~ /^overflow / { print "0x" $1; exit }')" 4)"
broken 'a lost chain: counts, and a bucket that is not free' 'entries: expected' "$first=00000000"
check 'its bucket is neither used nor zero' 1 'free: expected zeros' khmapctl verify "$image"
broken 'a wrong tophash' 'tophash: expected 0x' "$tags=$(printf %02x $((0x$(hex_of "$tags" 1) ^ 1)))"
broken 'a tag taken away' 'slack: expected zeros.*' "$(chain "$key" tags 3)=00"
broken 'an odd sequence' 'sequence: expected an even count' "$sequence=01000000"
check 'get of it fails' 4 'damaged' khmapctl get "$image" "$key"
broken 'a key in a wrong bucket' 'bucket: expected a key of page' "$slot=ffffffffffffffff"
broken 'a key twice' 'twice: expected each key once' \
	"$(chain "$key" 'slot 1 key')=$(hex_of "$slot" 8)"
broken 'a filter bit too many' 'filter: expected' "$(chain "$key" filter)=ff"
broken 'a count of entries' 'entries: expected 3000' "$(image=./good.khm field entries)=01"
broken 'a count of overflow buckets' 'overflow_buckets: expected' \
	"$(image=./good.khm field overflow_buckets)=0000"
broken 'more entries than allowed' 'max_entries: expected' \
	"$(image=./good.khm field max_entries)=01000000"

copy sparse.khm
poke -c 0x2ff8=01
check 'bytes in an empty slot' 1 'slack: expected zeros, found 0x01' khmapctl verify "$image"
copy padded.khm
end=$(khmapctl inspect ./padded.khm bucket 0.0 | awk 'substr($0, 60) ~ /^padding/ { print "0x" $1; exit }')
poke -c "$end=5a"
check 'bytes in padding' 1 'padding: expected zeros, found 0x5a' khmapctl verify "$image"
copy small.khm
poke -c 0xfff=5a
check 'bytes behind the inline bucket' 1 'header at 0xfff: slack' khmapctl verify "$image"
copy good.khm
echo more >>"$image"
check 'bytes behind the file' 1 'file: size: expected' khmapctl verify "$image"

check 'many faults are cut short' 1 'and [0-9]+ more; --all' sh -c "
	head -c 20000 ./good.khm | cat - /dev/zero | head -c \$(wc -c <./good.khm) >./torn.khm
	'$bin/khmapctl' verify ./torn.khm"
check 'faults as JSON have places' 1 '"rule": "checksum"' khmapctl verify ./torn.khm --json
check 'quiet' 1 '' khmapctl verify ./torn.khm -q
check 'several at once, the worst tells' 1 'good.khm: clean' khmapctl verify ./good.khm ./torn.khm
"$bin/test_flip" ./small.khm ./sparse.khm >flip.tap 2>flip.err
check 'no flipped bit goes unseen or does harm (test_flip)' 0 '1\.\.' \
	sh -c 'cat flip.tap flip.err; ! grep "^not ok" flip.tap && grep "^1\.\." flip.tap'

finish
