#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The digest of a map is one of what it holds: the same for the same entries, however they came
# there, and another one for any other bit.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

digest() {
	khmapctl digest "$1" | cut -d' ' -f1
}

numbers 1 3000 >up.csv
{ echo key,value && sed 1d up.csv | sort -t, -rn; } >down.csv
{ echo key,value && seq 5001 7000 | sed 's/$/,1/' && sed 1d up.csv; } >more.csv
"$bin/mkimage" -n 3000 ./up.khm <up.csv
"$bin/mkimage" -n 3000 ./down.khm <down.csv
"$bin/mkimage" -n 3000 -l 20 ./loose.khm <up.csv
"$bin/mkimage" -n 3000 -l 95 -p ./packed.khm <down.csv
"$bin/mkimage" -n 3000 -s ./sip.khm <up.csv
"$bin/mkimage" -n 3000 -r 0x1234567 ./secret.khm <up.csv
"$bin/mkimage" -n 1500 ./grown.khm <down.csv
"$bin/mkimage" -n 5000 -d 2000 ./deleted.khm <more.csv
one=$(digest ./up.khm)
check 'a digest, and whose it is' 0 '^[0-9a-f]{32}  \./up\.khm$' khmapctl digest ./up.khm
for name in down loose packed sip secret grown deleted; do
	check "$name: the same entries" 0 "^$one  \\./$name\\.khm\$" khmapctl digest "./$name.khm"
done
check 'the files are others' 1 'differ' cmp up.khm secret.khm
check 'several' 0 '^2$' sh -c "'$bin/khmapctl' digest ./up.khm ./down.khm | grep -c '^$one  \\./'"
check 'as JSON' 0 "^\"$one\" 3000 \"./up.khm\"\$" sh -c \
	"'$bin/khmapctl' digest ./up.khm --json | jq -c '.digest, .entries, .name' | paste -sd' '"

# other TEXT FILE: not the digest of the map above.
other() {
	got=$(digest "$2")
	check "$1" 0 '^32 other$' sh -c \
		"[ '$got' != '$one' ] && echo \"\$(printf %s '$got' | wc -c) other\""
}
numbers 1 2999 | "$bin/mkimage" -n 3000 ./fewer.khm
other 'an entry fewer' ./fewer.khm
sed 's/^77,231$/77,230/' up.csv | "$bin/mkimage" -n 3000 ./bit.khm
other 'a bit of a value' ./bit.khm
sed 's/^1,3$/1,6/; s/^2,6$/2,3/' up.csv | "$bin/mkimage" -n 3000 ./swapped.khm
other 'two values swapped' ./swapped.khm
"$bin/mkimage" -n 3000 -k u64 -v i64 ./signed.khm <up.csv
other 'another schema' ./signed.khm
numbers 1 0 | "$bin/mkimage" ./empty.khm
other 'an empty map' ./empty.khm

# A bit of a file, and all of its checksums made anew.
copy up.khm
at=$(khmapctl inspect ./up.khm key 77 | awk 'substr($0, 60) ~ /^slot [0-9]+ value/ {
	print "0x" $1; exit }')
hex=$(od -An -tx1 -j "$((at))" -N 1 up.khm | tr -d ' ')
changed=$(printf %02x $((0x$hex ^ 1)))
poke "$at=$changed"
check 'a flipped bit is refused' 4 'checksum' khmapctl digest "$image"
poke -c "$at=$changed"
other 'a flipped bit under right checksums' "$image"
copy up.khm
at=$(khmapctl inspect ./up.khm bucket 0.0 | awk 'substr($0, 60) ~ /^overflow / {
	print "0x" $1; exit }')
poke -c "$at=ffffff7f"
check 'a damaged chain is refused' 4 'leads outside' khmapctl digest "$image"

check 'no name' 2 'a NAME is needed' khmapctl digest
check 'no such file' 3 'none.khm' khmapctl digest ./none.khm
check 'no image' 4 'up.csv: not a khmap image' khmapctl digest ./up.csv
check 'the good ones are said nevertheless' 3 "^$one" khmapctl digest ./none.khm ./up.khm
check 'an option that it does not know' 2 'frob' khmapctl digest ./up.khm --frob

finish
