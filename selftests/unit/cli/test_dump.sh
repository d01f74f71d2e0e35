#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl dump: equal contents, sorted, give equal bytes in each format, however the map came to
# them; and two million entries take little memory.
# shellcheck disable=SC2016 # of awk

. "${0%/*}/lib.sh"

# As it is installed: sanitizers have memory of their own.
plain=$bin/../../bin/khmapctl
formats='text csv json ndjson msgpack raw'

# --- Two maps of another secret, order, size and history.

key='{id:i32be,tag:str[4],at:f32}'
value='{name:str[20],port:u16[2],mac:mac,ip:ipv6,raw:bytes[3],ok:bool}'
rows() {
	seq "$1" "$2" | awk '{
		printf "%d,t%d,%d.5,\"n %d, \"\"x\"\"\",\"[%d,2]\",02:00:00:00:%02x:%02x,fe80::%x,%06x,%s\n",
			$1 - 900, $1 % 7, $1, $1, $1, $1 / 256, $1 % 256, $1, $1 * 3,
			$1 % 2 ? "true" : "false" }'
}
columns='id,tag,at,name,port,mac,ip,raw,ok'
{ echo "$columns"; rows 1 2000; } | "$bin/mkimage" -k "$key" -v "$value" -n 2000 ./one.khm
# Others come first and go again.
{ echo "$columns"; rows 5001 9000; rows 1 2000 | tac; } |
	"$bin/mkimage" -k "$key" -v "$value" -n 3000 -r 0x5eed -d 4000 ./two.khm
check 'the first has two thousand' 0 '^2000$' sh -c "'$plain' dump ./one.khm | wc -l"
check 'the second as well' 0 '^2000$' sh -c "'$plain' dump ./two.khm | wc -l"
for format in $formats; do
	khmapctl dump ./one.khm -f "$format" >one
	khmapctl dump ./two.khm -f "$format" >two
	check "$format: their own orders differ" 1 '' cmp -s one two
	khmapctl dump ./one.khm -f "$format" --sort >one
	khmapctl dump ./two.khm -f "$format" --sort >two
	same "$format: sorted, they are the same to the byte" one two
done
{ echo "$columns"; rows 1 1999; rows 2001 2001; } |
	"$bin/mkimage" -k "$key" -v "$value" -n 2000 ./other.khm
for format in $formats; do
	khmapctl dump ./one.khm -f "$format" --sort >one
	khmapctl dump ./other.khm -f "$format" --sort >two
	check "$format: another entry is told" 1 '' cmp -s one two
done

# --- A number is no text.

printf 'key,value\n1,2\n' | "$bin/mkimage" -k u8 -v u8 -n 10 ./number.khm
printf 'key,value\n1,2\n' | "$bin/mkimage" -k 'str[1]' -v u8 -n 10 ./text.khm
check 'a key 1 in JSON' 0 '^\{"key":1,"value":2\}$' khmapctl dump ./number.khm --json
check 'a key "1" in JSON' 0 '^\{"key":"1","value":2\}$' khmapctl dump ./text.khm --json
check 'a key 1 in MessagePack' 0 '^ 92 01 02$' \
	sh -c "'$plain' dump ./number.khm -f msgpack | od -An -tx1"
check 'a key "1" in MessagePack' 0 '^ 92 a1 31 02$' \
	sh -c "'$plain' dump ./text.khm -f msgpack | od -An -tx1"

# --- Two million entries, 64 MB of records, in 4 MiB; sorted, in 68 MiB.

awk 'BEGIN { print "key,a,b,c"; for (i = 1; i <= 2000000; i++) print i "," i "," i "," 3 * i }' |
	"$bin/mkimage" -n 2000000 -k u64be -v '{a:u64,b:u64,c:u64}' ./many.khm

# within KIB COMMAND: with so much memory for data.
within() {
	sh -c "ulimit -d $1 && $2"
}
for format in $formats; do
	check "$format: two million in 4 MiB" 0 '^[1-9][0-9]*$' \
		within 4096 "'$plain' dump ./many.khm -f $format >many && wc -c <many"
done
check 'raw has each' 0 '^64000000$' sh -c "'$plain' dump ./many.khm -f raw | wc -c"
check 'sorted, in 68 MiB' 0 '' within 69632 "'$plain' dump ./many.khm -f csv --sort >sorted"
check 'each is there, in order' 0 '^2000001 0$' awk -F, \
	'NR > 1 && ($1 != NR - 1 || $4 != 3 * $1) { bad++ } END { print NR, bad + 0 }' sorted
check 'without a folder for the rest, it is told' 3 \
	'temporary file is needed, and /nowhere takes none: .*TMPDIR' \
	sh -c "TMPDIR=/nowhere '$plain' dump ./many.khm -f csv --sort >left"
check 'a few are sorted without one' 0 '^2000$' \
	sh -c "TMPDIR=/nowhere '$plain' dump ./one.khm --sort | wc -l"

finish
