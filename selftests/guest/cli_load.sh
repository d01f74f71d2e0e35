#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl load and dump on live maps: each format there and back, malformed input, full maps,
# Ctrl-C.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=64
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

# input NAME LINE...
input() {
	file=$1
	shift
	printf '%s\n' "$@" >"$file"
}

# What load says, without the time that it took.
loads() {
	khmapctl load "$@" | sed 's/ in .*//'
}

dumps() {
	khmapctl dump "$@" | LC_ALL=C sort
}

# --- There and back.

people='{name:str[8],age:u8,tags:u16[2]}'
input people.csv 'key,name,age,tags' '1,Ann,30,"[1,2]"' '2,"B, ""b""",31,"[3,4]"' '3,,32,"[5,6]"'
input people.ndjson '{"key":1,"value":{"name":"Ann","age":30,"tags":[1,2]}}' \
	'{"key":2,"value":{"name":"B, \"b\"","age":31,"tags":[3,4]}}' \
	'{"key":3,"value":{"name":"","age":32,"tags":[5,6]}}'
input people.text '1  name="Ann" age=30 tags=[1,2]' '2  name="B, "b"" age=31 tags=[3,4]' \
	'3  name="" age=32 tags=[5,6]'

ok 'a map for CSV' khmapctl create csv --key u32be --value "$people" -n 100
ok 'a map for NDJSON' khmapctl create ndjson --key u32be --value "$people" -n 100
ok 'a map for raw' khmapctl create raw --key u32be --value "$people" -n 100
ok 'CSV is loaded' is '3 records stored' loads csv people.csv
ok 'dumped as text' is "$(cat people.text)" dumps csv
ok 'dumped as CSV' is "$(sed 's/3,,/3,"",/' people.csv | sort)" dumps csv --format csv
ok 'dumped as NDJSON' is "$(cat people.ndjson)" dumps csv --json
ok 'NDJSON is loaded from standard input' is '3 records stored' sh -c \
	'khmapctl dump csv --json | khmapctl load ndjson --format ndjson | sed "s/ in .*//"'
ok 'it is the same' is "$(cat people.ndjson)" dumps ndjson --json
ok 'raw is loaded' is '3 records stored' sh -c \
	'khmapctl dump ndjson --format raw >people.raw &&
	khmapctl load raw people.raw | sed "s/ in .*//"'
ok 'it has just keys and values' is 54 sh -c 'wc -c <people.raw'
ok 'it is the same again' is "$(cat people.ndjson)" dumps raw --json
ok 'CSV without header, with another delimiter' is '3' sh -c \
	'khmapctl clear raw >/dev/null
	khmapctl dump csv --format csv --no-header --delimiter ";" |
	khmapctl load raw --format csv --no-header --delimiter ";" --json | jq .stored'
ok 'that is the same, too' is "$(cat people.ndjson)" dumps raw --json
ok 'a limit' is 2 sh -c 'khmapctl dump csv --limit 2 | wc -l'
ok 'CRLF and a byte order mark' is '1 records stored' sh -c \
	'printf "\357\273\277key,name,age,tags\r\n9,x,1,\"[1,1]\"\r\n" |
	khmapctl load csv --format csv | sed "s/ in .*//"'
ok 'the answer as JSON' is '[3,0,true]' json '[.stored, .skipped, .bytes > 50]' \
	khmapctl load csv people.csv --json
ok 'quiet' is '' khmapctl load csv people.csv --quiet

# --- Columns.

input extra.csv 'Id,Name,Age,Shoe,Tags' '4,Dan,40,44,"[7,8]"'
ok 'columns that the map does not have' refused 3 "load: extra.csv:1:1: \"Id\": there is no such \
field (columns: key, name, age, tags; others are skipped with --ignore-columns, a file without a \
header line is read with --no-header)" khmapctl load csv extra.csv
ok 'columns of other names' is '1 records stored' loads csv extra.csv --ignore-columns \
	--column key=Id --column name=Name -c age=Age -c value.tags=Tags
ok 'are understood' is '{name:"Dan",age:40,tags:[7,8]}' khmapctl get csv 4
ok 'a field that there is not' refused 3 'load: "shoe": there is no such field' \
	khmapctl load csv extra.csv --column shoe=Shoe
ok 'no column' refused 2 'load: --column: FIELD=COLUMN is expected, not "shoe"' \
	khmapctl load csv extra.csv --column shoe
input few.csv 'key,name' '5,Eve'
ok 'columns are missing' refused 3 'load: few.csv:1:1: columns missing: age, tags' \
	khmapctl load csv few.csv
ok 'no header at all' refused 3 \
	'load: /dev/null:1:1: a header line is missing (columns: key, name, age, tags)' \
	khmapctl load csv /dev/null --format csv

# --- Malformed lines: the place, and what was stored before it.

bad() {
	refused 3 "load: $1; nothing of this record was stored; $2 records were stored before it" \
		khmapctl load "$3" "$4"
}

ok 'a map for malformed input' khmapctl create in --key 'str[4]' --value u8 -n 100
input a.csv key,value a,1 b,x c,3
ok 'CSV: no number' bad 'a.csv:3:3: value: "x" is no u8: a whole number, decimal or 0x and hex, '\
'is expected' 1 in a.csv
ok 'the record before it is stored, those behind it not' is 'a  1' dumps in
input a.csv key,value abcde,1
ok 'CSV: a key that is too long' bad 'a.csv:2:1: key: text of 5 bytes does not fit str[4]' 0 in a.csv
input a.csv key,value d,1 e,256
ok 'CSV: a value out of its range' bad 'a.csv:3:3: value: 256 does not fit u8 (0..255)' 1 in a.csv
input a.csv key,value f,1,2
ok 'CSV: too many cells' bad 'a.csv:2:1: 3 cells where 2 columns are expected' 0 in a.csv
input a.csv key,value 'a"b,1'
ok 'CSV: a stray quote' bad 'a.csv:2:2: a stray quote: write the whole cell in quotes, and "" '\
'for a quote in it' 0 in a.csv
input a.csv key,value '"a,1' 'b,2'
ok 'CSV: a quote that is never closed' bad \
	'a.csv:2:1: a quote that is opened here is never closed' 0 in a.csv
input a.ndjson '{"key":"g","value":1}' '' '{"key":"h","value":-1}'
ok 'NDJSON: a value out of its range' bad \
	'a.ndjson:3:20: value: -1 does not fit u8 (0..255)' 1 in a.ndjson
input a.ndjson '{"key":"g","value":1'
ok 'NDJSON: cut short' bad \
	'a.ndjson:1:20: not JSON: '\''}'\'' expected near end of file' 0 in a.ndjson
input a.ndjson '{"key":"toolong","value":1}'
ok 'NDJSON: a key that is too long' bad \
	'a.ndjson:1:8: key: text of 7 bytes does not fit str[4]' 0 in a.ndjson
input a.ndjson '{"key":"a"}'
ok 'NDJSON: a value is missing' bad 'a.ndjson:1:1: missing: value' 0 in a.ndjson
printf 'k\0\0\0\1m\0' >a.raw
ok 'raw: cut short' bad 'a.raw: byte 5: the last record has 2 of 5 bytes: the input is cut short '\
'or has another schema' 1 in a.raw
printf 'k\0x\0\1' >a.raw
ok 'raw: no str' bad 'a.raw: byte 0: key: a text goes on behind its first NUL: only NULs may '\
'follow' 0 in a.raw

khmapctl clear in >/dev/null
awk 'BEGIN { print "key,value"
	for (i = 1; i <= 40; i++) print "k" i "," (i % 2 ? i : "x") }' >half.csv
ok '--keep-going skips, and says so by its status' exits_with 1 '20 records stored, 20 skipped' \
	sh -c 'khmapctl load in half.csv --keep-going >out 2>err; status=$?
	sed "s/ in .*//" out; exit $status'
ok 'it names ten, then counts' is '10 1 11' sh -c \
	'echo $(grep -c "^khmapctl: load: half.csv:[0-9]*:[0-9]*: .*; skipped$" err) \
	$(grep -c "further bad records are only counted" err) $(wc -l <err)'
ok 'with lines and columns' is 'khmapctl: load: half.csv:3:4: value: "x" is no u8: a whole '\
'number, decimal or 0x and hex, is expected; skipped' head -n 1 err
ok 'the good ones are there' entries in 20
ok 'as JSON' is '[20,20]' sh -c \
	'khmapctl load in half.csv --keep-going --json 2>/dev/null | jq -c "[.stored, .skipped]"'

# --- Modes.

input b.csv key,value k1,7 new,8
mode() {
	refused 3 "load: $2; nothing of this record was stored; $3 records were stored before it" \
		khmapctl load in b.csv --mode "$1"
}
ok 'insert of a key that is there' mode insert 'b.csv:2: the key is there already' 0
ok 'replace of a key that is not there' mode replace 'b.csv:3: there is no such key' 1
ok 'what came before was replaced' is 7 khmapctl get in k1
ok 'insert only what is new' is '[1,1]' sh -c 'khmapctl load in b.csv --mode insert -k --json \
	2>/dev/null | jq -c "[.stored, .skipped]"'
ok 'that was it' is 8 khmapctl get in new

# --- A full map.

ok 'a map of ten' khmapctl create ten --key u16 --value u16 -n 10 --max-entries 10
awk 'BEGIN { print "key,value"; for (i = 1; i <= 20; i++) print i "," i }' >twenty.csv
ok 'the eleventh record is refused' refused 3 \
	'load: twenty.csv:12: ten: the map is at its ceiling of 10 entries; 10 records were stored before it' \
	khmapctl load ten twenty.csv
ok '--keep-going does not help' refused 3 \
	'load: twenty.csv:12: ten: the map is at its ceiling of 10 entries; 10 records were stored before it' \
	khmapctl load ten twenty.csv --keep-going
ok 'the ten are there' is '1 2 3 4 5 6 7 8 9 10' sh -c \
	'khmapctl dump ten | sort -n | sed "s/ .*//" | paste -s -d " "'

# --- Ctrl-C. A pipe holds some records and stays open: they are stored, and load waits for more.

ok 'a map of numbers' khmapctl create numbers --key u32 --value u32 -n 5000

# reads PID: it waits for somebody to write into a pipe; newer kernels have anon_pipe_read.
reads() {
	grep -q 'pipe_read$' "/proc/$1/wchan"
}

# interrupt SIGNAL MAP ENTRIES FORMAT: what load says when it has come as far as the file "input".
interrupt() {
	rm -f pipe
	mkfifo pipe
	khmapctl clear "$2" >clear.out
	{ cat input; exec sleep 60; } >pipe &
	writer=$!
	khmapctl load "$2" pipe --format "$4" >out 2>err &
	loader=$!
	eventually entries "$2" "$3" || return
	# It has stored the last of them, and waits for more.
	eventually reads "$loader" || return
	kill "-$1" "$loader"
	status=0
	wait "$loader" || status=$?
	kill "$writer"
	cat out err
	return "$status"
}
{ echo key,value; seq 1 500 | awk '{ print $1 "," $1 }'; } >input
ok 'Ctrl-C says how far it came' exits_with 130 \
	'khmapctl: load: pipe: interrupted at line 501, byte 3794; 500 records were stored' \
	interrupt INT numbers 500 csv
ok 'so many are there' entries numbers 500
ok 'a signal to end does the same' exits_with 130 \
	'khmapctl: load: pipe: interrupted at line 501, byte 3794; 500 records were stored' \
	interrupt TERM numbers 500 csv
head -c 44 people.raw >input
ok 'in the middle of a record' exits_with 130 \
	'khmapctl: load: pipe: interrupted at record 2, byte 44; 2 records were stored' \
	interrupt INT raw 2 raw

# --- Files, and the end.

ok 'no such file' refused 3 'load: none.csv: No such file or directory' \
	khmapctl load in none.csv
ok 'no such map' refused 3 'load: no map "none"' khmapctl load none people.csv
ok 'a folder' refused 3 'load: /tmp: cannot be read: Is a directory' \
	khmapctl load in /tmp --format csv
ok 'a format that is none' refused 2 'load: --format: csv, json, ndjson, msgpack or raw, not "text"' \
	khmapctl load in people.csv --format text
ok 'all are clean' khmapctl verify csv ndjson raw in ten numbers
ok 'destroyed' is '' khmapctl destroy csv ndjson raw in ten numbers

finish
