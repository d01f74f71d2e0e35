#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl put, get, del, clear and inspect on live maps, with every type.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=63
. "${0%/*}/cli_test.sh"

# --- Every type, there and back.

fields='{a:u8,b:i16be,c:f32,d:f64le,e:bool,f:bytes[3],g:str[5],h:ipv4,i:ipv6,j:mac,k:u16[2],l:packed{x:u8,y:u32}}'
value='{a:255,b:-2,c:0.5,d:-1e+300,e:true,f:00ff10,g:"a b,c",h:10.1.2.3,i:fe80::1,j:02:00:00:00:00:01,k:[1,65535],l:{x:1,y:2}}'
object='{"a":255,"b":-2,"c":0.5,"d":-1e+300,"e":true,"f":"00ff10","g":"a b,c","h":"10.1.2.3","i":"fe80::1","j":"02:00:00:00:00:01","k":[1,65535],"l":{"x":1,"y":2}}'

field() {
	is "$1" khmapctl get all 7 --field "$2"
}

# out_of_range FIELD TEXT REASON: in place of that field's good value.
out_of_range() {
	bad=$(echo "$value" | sed "s/\([{,]\)$1:[^,]*/\1$1:$2/")
	refused 2 "put: value.$1: $3" khmapctl put all 7 "$bad"
}

ok 'a map of all types' is '' khmapctl create all --key u32 --value "$fields" -n 100
ok 'put' is '' khmapctl put all 7 "$value"
ok 'get' is "$value" khmapctl get all 7
ok 'get --json' is "{\"key\":7,\"value\":$object}" khmapctl get all 7 --json
ok 'JSON is read as well' is '' khmapctl put all 8 "$object"
ok 'both are the same bytes' sh -c "khmapctl get all 7 --raw >$work/7 &&
	khmapctl get all 8 --raw | cmp - $work/7"
ok 'a field' field -2 b
ok 'a text' field 'a b,c' g
ok 'an element' field 65535 'k[1]'
ok 'a field of a struct' field 2 l.y
ok 'a field of the value, by its full name' field 255 value.a
ok 'there is no such field' refused 2 'get: --field: "z": there is no such field' \
	khmapctl get all 7 --field z

ok 'u8 out of its range' out_of_range a 256 '256 does not fit u8 (0..255)'
ok 'u8 below it' out_of_range a -1 '-1 does not fit u8 (0..255)'
ok 'i16be out of its range' out_of_range b 32768 '32768 does not fit i16 (-32768..32767)'
ok 'no number' out_of_range a x \
	'"x" is no u8: a whole number, decimal or 0x and hex, is expected'
ok 'a key out of its range' refused 2 'put: key: 4294967296 does not fit u32 (0..4294967295)' \
	khmapctl put all 4294967296 "$value"
ok 'a text that is too long' out_of_range g '"abcdef"' 'text of 6 bytes does not fit str[5]'
ok 'a field is missing' refused 2 'put: value.b: the field is missing' khmapctl put all 7 '{a:1}'
ok 'nothing was changed by these' is "$value" khmapctl get all 7
ok 'two keys are there' is 2 json .entries khmapctl stat all --json

# --- Modes, several keys, statuses.

ok 'a map of numbers' is '' khmapctl create numbers --key i32 --value u64 -n 1000
ok 'insert' is '' khmapctl put numbers 1 10 --mode insert
ok 'insert what is there' refused 1 'put: numbers: the key is there already' \
	khmapctl put numbers 1 11 --mode insert
ok 'the old value stays' is 10 khmapctl get numbers 1
ok 'replace' is '' khmapctl put numbers 1 12 --mode replace
ok 'replace what is not there' refused 1 'put: numbers: there is no such key' \
	khmapctl put numbers 2 20 --mode replace
ok 'a negative key' is '' khmapctl put numbers -- -3 30
ok 'several keys' is '1  12
-3  30' khmapctl get numbers -- 1 -3
ok 'a key that is not there' refused 1 'get: 2: there is no such key' khmapctl get numbers 2
ok 'the same in JSON' exits_with 1 '{"key":2,"value":null}' khmapctl get numbers 2 --json
ok 'keys from standard input' is '1  12
-3  30' sh -c 'printf "1\n-3\n" | khmapctl get numbers -'
ok 'a bad line' refused 3 'get: standard input:2: key: "1x" is no i32: a whole number, decimal or '\
'0x and hex, is expected' sh -c 'printf "\r\n1x\n" | khmapctl get numbers -'
ok 'a malformed key' refused 2 \
	'get: key: "1x" is no i32: a whole number, decimal or 0x and hex, is expected' \
	khmapctl get numbers 1x
ok 'del' is '' khmapctl del numbers 1
ok 'del of a key that is not there' refused 1 'del: 1: there is no such key' \
	khmapctl del numbers 1
ok 'del of a malformed key deletes none' refused 2 \
	'del: key: "x" is no i32: a whole number, decimal or 0x and hex, is expected' \
	khmapctl del numbers -- -3 x
ok 'keys to delete' is '' khmapctl put numbers 8 80
ok 'del of keys from standard input' refused 1 'del: 9: there is no such key' sh -c \
	'printf "9\r\n\r\n8\r\n" | khmapctl del numbers -'
ok 'counted' is '[1,3,1,2]' json '[.entries, .inserts, .replaces, .deletes]' \
	khmapctl stat numbers --json

# --- A full map.

ok 'a map of three' is '' khmapctl create three --key u8 --value u8 --max-entries 3
ok 'it takes three' sh -c 'for i in 1 2 3; do khmapctl put three $i $i || exit; done'
ok 'a fourth is refused' refused 3 'put: three: the map is at its ceiling of 3 entries' \
	khmapctl put three 4 4
ok 'replacing works' is '' khmapctl put three 3 33
ok 'the map is as it was' is '1  1
2  2
3  33' sh -c 'khmapctl dump three | sort'
ok 'clear' is '3 keys deleted' khmapctl clear three
ok 'nothing is left' is '' khmapctl dump three

# --- Inspect: the fields beside the bytes.

rows() {
	json "$1" khmapctl inspect numbers "$2" "$3" --json
}

many() {
	seq 1 500 | awk '{ print $1 "," $1 * $1 }' |
		khmapctl load numbers --format csv --no-header --quiet
}
# Room for them, so that the bucket that is shown has no other behind it.
khmapctl reserve numbers 5000 >/dev/null
ok 'many keys' many
# The key's slot, wherever in the bucket it is.
slot_of_7() {
	rows '(.[] | select(.value == "7" and (.field | test("key$")))) as $key |
		($key.field | sub("key$"; "value")) as $name |
		(.[] | select(.field == $name)) as $value |
		[$key.hex, $key.value, $value.hex, $value.value]' key 7
}

ok 'the header: names and bytes' is '["0b","numbers"]' json \
	'[(.[] | select(.field == "geometry.key_size").hex[0:1] + "b"),
	(.[] | select(.field == "name").value | fromjson)]' khmapctl inspect numbers header --json
ok 'its slot, as bytes and as fields' is '["07000000","7","3100000000000000","49"]' slot_of_7
ok 'a bucket has seven slots' is 7 rows \
	'[.[].field // "" | capture("^slot (?<slot>[0-9]+)").slot] | unique | length' bucket 0.0
ok 'page 0 is the header' is '"KHMAPIMG"' rows \
	'.[] | select(.field == "magic").value | fromjson' page 0
ok 'a page that does not exist' refused 2 'inspect: page 99999 does not exist' \
	khmapctl inspect numbers page 99999
pages=$(khmapctl stat numbers --json | jq .primary_pages)
ok 'a bucket that does not exist' refused 2 \
	"inspect: bucket 0.9999: there are $pages pages, with buckets 0..$((32 * page_factor - 1))" \
	khmapctl inspect numbers bucket 0.9999
overflow_pages=$(khmapctl stat numbers --json | jq .overflow_pages)
ok 'an overflow page that does not exist' refused 2 \
	"inspect: overflow 9999.0: there are $overflow_pages pages, with buckets 0..$((64 * page_factor - 1))" \
	khmapctl inspect numbers overflow 9999.0
ok 'a key that is not there: its bucket all the same' exits_with 1 7 sh -c \
	'khmapctl inspect numbers key 12345 2>/dev/null >$0; status=$?
	grep -c "slot [0-6] \(key\|  *empty\)" $0; exit $status' "$work/rows"
ok 'neither header nor anything else' refused 2 \
	'inspect: header, page, inline, bucket, overflow or key, not "frob"' \
	khmapctl inspect numbers frob
ok 'no map' refused 3 'inspect: no map "none"' khmapctl inspect none

# --- The end.

ok 'all are clean' is 'true true true' sh -c \
	'khmapctl verify all numbers three --json | jq .clean | paste -s -d " "'
ok 'verify of none' refused 3 'verify: no map "none"' khmapctl verify none
ok 'destroyed' is '' khmapctl destroy all numbers three
ok 'get of a destroyed map' refused 3 'get: no map "three"' khmapctl get three 1
ok 'put to a destroyed map' refused 3 'put: no map "three"' khmapctl put three 1 1

finish
