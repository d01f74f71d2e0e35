#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Made the images of this folder: make.sh MKIMAGE FOLDER [KHMAPCTL [be]]. See README.rst before you
# run it. With "be", MKIMAGE and KHMAPCTL are of a big-endian host.

set -eu

mkimage=$1
folder=$2
khmapctl=${3:-khmapctl}
be=${4:+-be}

# numbers FROM TO: each value three times the key.
numbers() {
	echo key,value
	seq "$1" "$2" | awk '{ print $1 "," $1 * 3 }'
}

# words FROM TO: keys of 13 bytes, values that are text.
words() {
	echo key,value
	seq "$1" "$2" | awk '{ printf "%07x%019d,word %d\n", $1 * 7368787 % 134217728, $1, $1 }'
}

# types COUNT: a value of every kind of number, and what has no order.
types() {
	echo key.a,key.b,value.c,value.d,value.e,value.f,value.g,value.h,value.i,value.j,value.k
	seq 1 "$1" | awk '{
		printf "%d,-%d,%d,-%d,%d%06d,", $1, $1 * 40000, $1 * 257, $1 * 300, $1 * 4294967, $1
		printf "-%d000,%f,%f,", $1 * 1000000, $1 / 8, $1 / 1024
		printf "\"[%d,%d,%d]\",%d,text %d\n", $1, $1 * 2, 65535 - $1, $1 * 70000, $1
	}'
}

numbers 1 12 | "$mkimage" -n 12 "$folder/v1-inline$be.khm"
numbers 1 600 | "$mkimage" -n 300 -l 95 -x "$folder/v1-chains$be.khm"
{
	echo key.address,key.port,value.bytes,value.seen,value.label
	seq 1 200 | awk '{ print "10.0." int($1 / 16) "." $1 % 256 "," 1000 + $1 "," $1 * 1500 "," \
		($1 % 2 ? "true" : "false") ",host " $1 }'
} | "$mkimage" -k '{address: ipv4, port: u16be}' \
	-v '{bytes: u64, seen: bool, label: str[12]}' -n 200 "$folder/v1-schema$be.khm"
types 100 | "$mkimage" -k '{a: u16, b: i32}' \
	-v 'packed {c: u32, d: i16, e: u64, f: i64, g: f64, h: f32, i: u16[3], j: u32be, k: str[12]}' \
	-n 100 "$folder/v1-types$be.khm"
"$khmapctl" snapshot "$folder/v1-inline$be.khm" "$folder/v1-inline$be-lz4.khz" --compress=lz4:12
"$khmapctl" snapshot "$folder/v1-schema$be.khm" "$folder/v1-schema$be-zstd.khz" --compress=zstd
[ -z "$be" ] || exit 0

numbers 1 400 | "$mkimage" -n 400 -s "$folder/v1-siphash.khm"
words 1 250 | "$mkimage" -k 'bytes[13]' -v 'str[21]' -n 250 -p "$folder/v1-packed.khm"
numbers 1 500 | "$mkimage" -k u32 -v u32 -n 500 "$folder/v1-tags16.khm"
numbers 1 480 | "$mkimage" -n 480 -d 100 "$folder/v1-mid-split.khm"
"$khmapctl" snapshot "$folder/v1-chains.khm" "$folder/v1-chains-lz4.khz" --compress=lz4 --run 4K
"$khmapctl" snapshot "$folder/v1-mid-split.khm" "$folder/v1-mid-split-zstd.khz" --compress=zstd --run 8K
after=$(mktemp)
numbers 1 480 | "$mkimage" -n 480 -d 50 "$after"
"$khmapctl" delta "$folder/v1-mid-split.khm" "$after" "$folder/v1-mid-split-delta.bin"
rm "$after"
