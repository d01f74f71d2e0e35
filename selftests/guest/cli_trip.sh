#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What khmapctl dumps of a live map, khmapctl load makes the same map of: a dozen schemas, with
# every type, in each format; and equal maps give the same bytes, however they came to be so.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=24
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

# trip KEY VALUE LINE...: maps of that schema; lines are NDJSON.
trip() {
	key=$1
	value=$2
	shift 2
	for map in from to; do
		khmapctl create "$map" --key "$key" --value "$value" -n 64 || return
	done
	printf '%s\n' "$@" | khmapctl load from --format ndjson --quiet || return
	for format in csv json ndjson msgpack raw; do
		khmapctl dump from --format "$format" --sort >"sorted.$format" &&
			khmapctl clear to >/dev/null &&
			khmapctl load to "sorted.$format" --quiet --mode insert &&
			khmapctl dump to --format "$format" --sort >again || return
		cmp "sorted.$format" again || return
	done
	[ "$(wc -l <sorted.ndjson)" -eq $# ] || return
	khmapctl destroy from to
}

ok 'small numbers' trip u8 i8 '{"key":0,"value":-128}' '{"key":255,"value":127}'
ok 'two bytes' trip i16be u16 '{"key":-32768,"value":65535}' '{"key":-129,"value":0}'
ok 'four bytes' trip u32le i32 '{"key":4294967295,"value":-2147483648}' '{"key":1,"value":-1}'
ok 'eight bytes' trip i64 u64be '{"key":-4294967297,"value":"18446744073709551615"}' \
	'{"key":9223372036854775807,"value":9007199254740993}'
ok 'floats' trip f32 f64be '{"key":"-inf","value":0.1}' '{"key":-0.0,"value":"nan(0xfff8000000000001)"}' \
	'{"key":0.0,"value":"nan"}'
ok 'bool' trip bool bool '{"key":true,"value":false}' '{"key":false,"value":true}'
ok 'texts' trip 'str[8]' 'str[40]' '{"key":"","value":"a,b\n\"c\""}' '{"key":"1","value":" \u20ac "}' \
	'{"key":"12345678","value":"0123456789012345678901234567890123456789"}'
ok 'bytes' trip 'bytes[1]' 'bytes[300]' '{"key":"31","value":{"$hex":"'"$(
	printf '%0600d' 7)"'"}}' '{"key":"00","value":"'"$(printf '%0600d' 1)"'"}'
ok 'addresses' trip ipv4 '{six:ipv6,at:mac}' \
	'{"key":"10.0.0.1","value":{"six":"fe80::1","at":"02:00:00:00:00:01"}}' \
	'{"key":"255.255.255.255","value":{"six":"::","at":"ff:ff:ff:ff:ff:ff"}}'
ok 'arrays' trip 'u16[3]' 'str[3][20]' '{"key":[1,2,300],"value":["a","","\\","d","e","f","g","h","i",'\
'"j","k","l","m","n","o","p","q","r","s","xyz"]}'
ok 'structs, with padding' trip '{a:u8,b:u32}' '{x:u8,in:{y:i16,z:f64},l:{p:bool,q:u64}[2]}' \
	'{"key":{"a":1,"b":2},"value":{"x":1,"in":{"y":-2,"z":1e300},"l":[{"p":true,"q":1},{"p":false,"q":2}]}}' \
	'{"key":{"a":1,"b":3},"value":{"x":2,"in":{"y":-3,"z":-0.5},"l":[{"p":false,"q":3},{"p":true,"q":4}]}}'
ok 'structs, packed' trip 'packed{a:u8,b:u64be}' 'align4{a:u8,b:u64,c:str[5]}' \
	'{"key":{"a":1,"b":2},"value":{"a":1,"b":2,"c":"x"}}'

# --- The order, the history and the secret of a map do not matter.

ok 'a map' khmapctl create one --key u32 --value 'str[12]' -n 10
ok 'another of its kind' khmapctl create two --key u32 --value 'str[12]' -n 5000
seq 1 3000 | awk '{ print $1 ",v" $1 }' >up.csv
ok 'filled upwards' khmapctl load one up.csv --no-header --quiet
seq 4000 -1 1 | awk '{ print $1 ",v" $1 }' >down.csv
ok 'filled downwards, with more' khmapctl load two down.csv --no-header --quiet
ok 'which goes again' sh -c 'seq 3001 4000 | khmapctl del two -'
for format in text csv json ndjson msgpack raw; do
	ok "$format: sorted, both are the same" sh -c "khmapctl dump one -f $format --sort >1 &&
		khmapctl dump two -f $format --sort >2 && [ -s 1 ] && cmp 1 2"
done

ok 'destroyed' is '' khmapctl destroy one two

finish
