#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl snapshot of live maps, and its files in all the states in which a file can come.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=61
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

# load MAP FROM TO: values are three times the key.
load() {
	seq "$2" "$3" | awk '{ print $1 "," 3 * $1 }' |
		khmapctl load "$1" --format csv --no-header --quiet
}

dumps() {
	khmapctl dump "$1" | sort -n
}

# Nothing but files that this test has made.
no_temporary() {
	found=$(find "$1" -mindepth 1 -maxdepth 1 ! -name '[a-z]*.khm' ! -name output ! -name 'std*' \
		! -name json ! -name before ! -name disk)
	echo "$found"
	[ -z "$found" ]
}

# --- Written at one instant, read like a map.

ok 'a map' khmapctl create map --key u64 --value u64 -n 3000 --mode 0640
ok 'with two thousand keys' load map 1 2000
ok 'a snapshot' is './one.khm: ' sh -c \
	'umask 022; khmapctl snapshot map ./one.khm | sed "s/[0-9.]* KiB in [0-9.]* s$//"'
ok 'nothing else is left' no_temporary .
ok 'its permissions are the map'\''s' is 640 stat -c %a one.khm
ok 'it is clean, checksums too' is '[true,2000,true]' json \
	'[.clean, .entries, .checksums > 1]' khmapctl verify ./one.khm --json
dumps map >before
ok 'it has what the map has' sh -c 'khmapctl dump ./one.khm | sort -n | cmp - before'
ok 'info tells what it is' is '["map","snapshot","key u64;value u64",2000,true,true]' json \
	'[.name, .kind, .schema, .entries, .checksums, .snapshot_ns > .created_ns]' \
	khmapctl info ./one.khm --json
ok 'stat, too' is '["snapshot",2000]' json '[.kind, .entries]' khmapctl stat ./one.khm --json
ok 'the kernel keeps no snapshot' is 0 json .snapshots khmapctl stat map --json

ok 'the map goes on' load map 2001 2500
ok 'keys are deleted' is '' khmapctl del map 1 2 3
ok 'the snapshot does not change' sh -c 'khmapctl dump ./one.khm | sort -n | cmp - before'
ok 'a new key is not in it' refused 1 'get: 2400: there is no such key' \
	khmapctl get ./one.khm 2400
ok 'an old one is' is 6 khmapctl get ./one.khm 2
ok 'the next snapshot replaces a file' is '' khmapctl snapshot map ./one.khm --quiet
ok 'and has it all' is 2497 json .entries khmapctl verify ./one.khm --json
ok 'a snapshot of a map in its header page' sh -c \
	'khmapctl create few --key u8 --value u8 && khmapctl put few 1 2 &&
	khmapctl snapshot few ./few.khm -q && khmapctl verify ./few.khm -q'
ok 'with its one key' is '1  2' khmapctl dump ./few.khm
ok 'a snapshot of an empty map' sh -c \
	'khmapctl del few 1 && khmapctl snapshot few ./few.khm -q && khmapctl verify ./few.khm -q'
ok 'is empty' is '' khmapctl dump ./few.khm
ok 'a snapshot of a snapshot is the same' sh -c \
	'khmapctl snapshot ./one.khm ./two.khm -q && cmp one.khm two.khm'

# --- Under a writer: what is in the file is one instant of the map. The writer raises the value of
# key 1, then that of key 2, so that in the end and at any instant they differ by one at most.

writer() {
	i=0
	while [ ! -e stop ]; do
		i=$((i + 1))
		printf '1,%d\n2,%d\n' "$i" "$i"
	done | khmapctl load map --format csv --no-header --quiet
}
under_writer() {
	writer &
	eventually khmapctl get map 2 >ignored || return
	for _ in 1 2 3 4 5; do
		khmapctl snapshot map ./two.khm -q && khmapctl verify ./two.khm || return
		first=$(khmapctl get ./two.khm 1)
		second=$(khmapctl get ./two.khm 2)
		echo "$first $second"
		[ $((first - second)) -eq 0 ] || [ $((first - second)) -eq 1 ] || return
	done
	: >stop
	wait
	rm -f ignored stop
}
ok 'snapshots under a writer are instants' under_writer
ok 'the map is clean after that' khmapctl verify map

# --- What has changed since a snapshot, of a map that lives.

change() {
	khmapctl del map 11 12 13 && load map 2501 2600 && khmapctl put map 20 0
}
khmapctl snapshot map ./base.khm -q
cp base.khm old.khm
ok 'the map changes' change
ok 'a delta to a live map' is './now.delta: changed' sh -c \
	'umask 022; khmapctl delta ./base.khm map ./now.delta |
	sed "s/ [0-9.]* KiB in [0-9.]* s; [1-9][0-9]* of [1-9][0-9]* pages changed.*/ changed/"'
ok 'its permissions are the map'\''s' is 640 stat -c %a now.delta
ok 'the kernel keeps no snapshot of it' is 0 json .snapshots khmapctl stat map --json
ok 'applied' is '' khmapctl apply -q ./base.khm ./now.delta ./now.khm
ok 'the file is what the map is' is '0 added, 0 removed, 0 changed' khmapctl diff ./now.khm map
ok 'by its digest, too' is 1 sh -c \
	'khmapctl digest ./now.khm map | cut -d " " -f 1 | sort -u | wc -l'
ok 'it is clean' khmapctl verify ./now.khm
ok 'the difference is what was done' exits_with 1 '100 added, 3 removed, 1 changed' sh -c \
	'khmapctl diff ./base.khm map >diff.khm; status=$?; tail -n 1 diff.khm; exit $status'
ok 'a delta of nothing' is './none.delta: 1 page' sh -c \
	'khmapctl snapshot map ./base.khm -q && khmapctl delta ./base.khm map ./none.delta |
	sed "s/ [0-9.]* KiB in [0-9.]* s; 1 of .*/ 1 page/"'
ok 'no delta to another map' is \
	'khmapctl: delta: few: is not of the map that ./base.khm is of: its map_id is' sh -c \
	'! khmapctl delta ./base.khm few ./none.delta 2>err.khm && sed "s/ [0-9]*, not .*//" err.khm'
ok 'nor in the place of its base' refused 3 \
	'delta: ./base.khm: is one of the two snapshots: a delta needs a file of its own' \
	khmapctl delta ./base.khm map ./base.khm
ok 'which can still be read' khmapctl verify ./base.khm

delta_under_writer() {
	writer &
	eventually khmapctl get map 2 >ignored || return
	cp base.khm mirror.khm
	for _ in 1 2 3 4 5; do
		khmapctl delta ./mirror.khm map ./next.delta -q &&
			khmapctl apply ./mirror.khm ./next.delta ./mirror.khm -q &&
			khmapctl verify ./mirror.khm || return
		first=$(khmapctl get ./mirror.khm 1)
		second=$(khmapctl get ./mirror.khm 2)
		echo "$first $second"
		[ $((first - second)) -eq 0 ] || [ $((first - second)) -eq 1 ] || return
	done
	: >stop
	wait
	rm -f ignored stop
}
ok 'a mirror follows a map that is written, instant by instant' delta_under_writer

# --- All or nothing.

mkdir disk
mount -t tmpfs -o size=96k none disk
ok 'a small disk takes a small map' khmapctl snapshot few disk/map.khm -q
cp disk/map.khm before
ok 'a full disk refuses a large one' refused 3 \
	'snapshot: disk/map.khm: write: No space left on device' khmapctl snapshot map disk/map.khm
ok 'the old file is as it was' cmp disk/map.khm before
ok 'nor is there room for what comes of a delta' refused 3 \
	'apply: disk/map.khm: write: No space left on device' \
	khmapctl apply -q ./old.khm ./now.delta disk/map.khm
ok 'the old file is as it was' cmp disk/map.khm before
ok 'nothing else is left there' no_temporary disk
umount disk
ok 'no folder' refused 3 \
	'snapshot: disk/none/x.khm: create a temporary file beside it: No such file or directory' \
	khmapctl snapshot map disk/none/x.khm
ok 'a folder in its place' refused 3 'snapshot: ./disk: exists and is not a plain file' \
	khmapctl snapshot map ./disk
ok 'no map' refused 3 'snapshot: no map "none"' khmapctl snapshot none ./x.khm

# --- Files that are not what they should be; selftests/unit/cli has many more of them.

# refused_by COMMAND FILE PATTERN: it does not take the file, and says so in one line.
refused_by() {
	status=0
	khmapctl "$1" "$2" >out.khm 2>err.khm || status=$?
	cat err.khm
	[ "$status" -eq 4 ] && [ "$(wc -l <err.khm)" -eq 1 ] && grep -q -- "$3" err.khm
}

# refused_file FILE PATTERN: none of the commands takes it.
refused_file() {
	for command in info stat dump; do
		refused_by "$command" "$@" || return
	done
}

# poke FILE OFFSET BYTES: escapes of printf's
poke() {
	cp two.khm "$1" && printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

khmapctl snapshot map ./two.khm -q
cp /bin/busybox foreign.khm
ok 'a foreign file' refused_file ./foreign.khm 'not a khmap image'
: >empty.khm
ok 'an empty file' refused_file ./empty.khm 'a file of 0 bytes'
head -c 50000 two.khm >cut.khm
ok 'a truncated file' refused_file ./cut.khm 'truncated: expected .*, found 50000 bytes'
poke order.khm 8 '\0001\0002\0003\0004\0000\0000\0000\0001'
ok 'a file of the other byte order' refused_by dump ./order.khm 'little-endian, found big-endian'
poke half.khm 8 '\0001\0002\0003\0004'
ok 'a version of another byte order' refused_by info ./half.khm 'found version 16777216'
poke version.khm 12 '\0002'
ok 'a file of a newer format' refused_file ./version.khm 'found version 2'
cp two.khm changed.khm
change_byte changed.khm 8200
ok 'a changed byte is found by verify' exits_with 1 1 sh -c \
	'khmapctl verify ./changed.khm >out.khm; status=$?; grep -c checksum: out.khm; exit $status'
ok 'a changed byte is not copied' sh -c \
	'! khmapctl snapshot ./changed.khm ./never.khm 2>err.khm && [ ! -e never.khm ]'
ok 'a file cannot be written' refused 3 'put: ./two.khm: is a file and cannot be changed' \
	khmapctl put ./two.khm 1 1

# --- Without rights, and the end.

ok 'who may only read takes no snapshot' exits_with 3 '' sh -c \
	'chmod 644 /dev/khmap/map base.khm; su tester -c "PATH=$PATH; khmapctl snapshot map /tmp/x.khm" 2>err.khm'
ok 'nor a delta' refused 3 \
	'delta: /dev/khmap/map: Permission denied: a snapshot needs write permission, as the map'\''s memory pays for it' \
	su tester -c "PATH=$PATH; khmapctl delta $PWD/base.khm map /tmp/x.delta"
ok 'but reads the file of another one, if it may' sh -c \
	'chmod 644 two.khm && su tester -c "PATH=$PATH; khmapctl get $PWD/two.khm 2500"'
ok 'both are clean' khmapctl verify map few
ok 'destroyed' is '' khmapctl destroy map few

finish
