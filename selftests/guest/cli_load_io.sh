#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl load by io_uring and by ioctl: both store the same, in the same order, and say the same
# of records that are bad; and what becomes of it where io_uring cannot be had.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=36
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1
no_uring=/khmap/build/guest/no_uring

# numbers PROGRAM: a file of CSV.
numbers() {
	awk "BEGIN { print \"key,value\"; $1 }"
}

# dumped MAP: its records in the order of their keys, as one number.
dumped() {
	khmapctl dump "$1" | sort -n | md5sum
}

# Each key comes again and again, in one batch and in others: the last one counts.
numbers 'for (i = 0; i < 20000; i++) print i % 1500 "," i' >again.csv
again=$(awk 'BEGIN { for (i = 0; i < 1500; i++) {
	last = i + 1500 * int((19999 - i) / 1500); print i "  " last } }' | md5sum)
# The 7001st is there already, then the 7003rd, and one that is in the last batch.
numbers 'for (i = 1; i <= 9000; i++) {
	key = i == 7001 || i == 7003 || i == 8999 ? 5 : i
	print key "," i }' >twice.csv
numbers 'for (i = 1; i <= 9000; i++) print i "," (i == 5000 ? "x" : i)' >word.csv
numbers 'for (i = 1; i <= 9000; i++) print i "," i' >many.csv
{ cat many.csv; echo; } | head -n 5001 >half.csv

# interrupt HOW: load is interrupted while there is always more to read; so many are in the map as
# it says, and of the input all up to there.
interrupt() {
	khmapctl clear numbers >clear.out
	rm -f pipe
	mkfifo pipe
	{ echo key,value; seq 1 100000000 | awk '{ print $1 "," $1 }'; } >pipe 2>writer.err &
	khmapctl load numbers pipe --format csv --io="$1" >out 2>err &
	loader=$!
	eventually some numbers 5000 || return
	kill -INT "$loader"
	status=0
	wait "$loader" || status=$?
	cat out err
	stored=$(sed -n 's/.*: interrupted at line [0-9]*, byte [0-9]*; \([0-9]*\) records were stored$/\1/p' err)
	[ "$status" -eq 130 ] && entries numbers "$stored" &&
		[ "$(khmapctl dump numbers | sort -n | md5sum)" = \
		"$(seq 1 "$stored" | awk '{ print $1 "  " $1 }' | md5sum)" ]
}

# some MAP COUNT: it has so many entries, or more.
some() {
	[ "$(json .entries khmapctl stat "$1" --json)" -ge "$2" ]
}

# waiting HOW: what can be read is stored, though its writer has not ended.
waiting() {
	khmapctl clear numbers >clear.out
	rm -f pipe
	mkfifo pipe
	{ cat half.csv; exec sleep 60; } >pipe &
	writer=$!
	khmapctl load numbers pipe --format csv --io="$1" >out 2>err &
	loader=$!
	status=0
	eventually entries numbers 5000 || status=1
	kill "$writer"
	wait "$loader" || status=$?
	cat err
	sed 's/ in .*//' out
	return "$status"
}

both() {
	how=$1
	ok "$how: that is how" is "\"$how\"" json .io khmapctl load numbers many.csv --io="$how" --json
	ok "$how: --verbose tells" is "9000 records stored, by $how" sh -c \
		"khmapctl load numbers many.csv --io=$how -v | sed 's/ in .*), /, /'"
	khmapctl clear numbers >clear.out
	ok "$how: keys that come again" is '[20000,0]' json '[.stored, .skipped]' \
		khmapctl load numbers again.csv --io="$how" --json
	ok "$how: the last one counts" is "$again" dumped numbers
	khmapctl clear numbers >clear.out
	ok "$how: a key that is there ends it" refused 3 "load: twice.csv:7002: the key is there \
already; nothing of this record was stored; 7000 records were stored before it" \
		khmapctl load numbers twice.csv --mode insert --io="$how"
	ok "$how: none behind it is stored" entries numbers 7000
	khmapctl clear numbers >clear.out
	ok "$how: or is skipped" exits_with 1 '8997 records stored, 3 skipped' sh -c \
		"khmapctl load numbers twice.csv -m insert -k --io=$how >out 2>err; status=\$?
		sed 's/ in .*//' out; exit \$status"
	ok "$how: by its line" is 'twice.csv:7002: twice.csv:7004: twice.csv:9000:' sh -c \
		"echo \$(sed 's/.*load: //; s/ the key is there already; skipped//' err)"
	khmapctl clear numbers >clear.out
	ok "$how: a word for a number" refused 3 "load: word.csv:5001:6: value: \"x\" is no u32: a \
whole number, decimal or 0x and hex, is expected; nothing of this record was stored; 4999 records \
were stored before it" khmapctl load numbers word.csv --io="$how"
	ok "$how: all before it are stored" entries numbers 4999
	ok "$how: a full map" refused 3 "load: many.csv:3002: full: the map is at its ceiling of 3000 \
entries; 3000 records were stored before it" khmapctl load full many.csv --io="$how"
	khmapctl clear full >clear.out
	ok "$how: the input lets wait for it" is '5000 records stored' waiting "$how"
	ok "$how: interrupted" interrupt "$how"
}

ok 'a map of numbers' khmapctl create numbers --key u32 --value u32 -n 1
ok 'a map that gets full' khmapctl create full --key u32 --value u32 -n 1 --max-entries 3000
both uring
both ioctl

# --- Without io_uring, which may be unknown, forbidden or, though there is a ring, of no use.

ok 'unknown: by ioctl' is '["ioctl",9000]' json '[.io, .stored]' \
	"$no_uring" setup 38 khmapctl load numbers many.csv --json
ok 'forbidden: by ioctl' is '["ioctl",9000]' json '[.io, .stored]' \
	"$no_uring" setup 1 khmapctl load numbers many.csv --json
ok 'of no use: by ioctl' is '["ioctl",9000]' json '[.io, .stored]' \
	"$no_uring" enter 1 khmapctl load numbers many.csv --json
ok 'unknown, and asked for' refused 3 "load: io_uring cannot be used here: Function not implemented \
(--io=ioctl does without)" "$no_uring" setup 38 khmapctl load numbers many.csv --io=uring
ok 'of no use, and asked for' refused 3 "load: many.csv:2: storing records by io_uring: Operation \
not permitted (--io=ioctl does without); 0 records were stored before it" \
	"$no_uring" enter 1 khmapctl load numbers many.csv --io=uring
ok 'another way' refused 2 'load: --io: auto, uring or ioctl, not "aio"' \
	khmapctl load numbers many.csv --io=aio
ok 'all are clean' khmapctl verify numbers full
ok 'destroyed' is '' khmapctl destroy numbers full

finish
