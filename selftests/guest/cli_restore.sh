#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl restore: snapshot files become live maps again, whole or not at all.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; a function that ok calls by its name

set -u

tests=54
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

# damaged FILE: what diff, which reads all pages, says of it.
damaged() {
	khmapctl diff "./$1" "./$1" 2>&1 | sed "s/^khmapctl: diff: .\/$1: //"
}

digest() {
	khmapctl digest "$1" | cut -d' ' -f1
}

ok 'a map' khmapctl create map --key u64 --value u64 --hash siphash13 --max-entries 5000
ok 'with three thousand keys' sh -c \
	'seq 3000 | sed "s/.*/&,&/" | khmapctl load map --format csv --no-header --quiet'
ok 'a snapshot' khmapctl snapshot map ./one.khm -q
ok 'becomes a map' is '' khmapctl restore ./one.khm again --mode 0640
ok 'with the same entries' is "$(digest ./one.khm)" digest again
ok 'which is clean' is true json .clean khmapctl verify again --json
ok 'with the mode that was asked for' is 640 stat -c %a /dev/khmap/again
ok 'it can be written' is '' khmapctl put again 4000 1
ok 'the first one is as it was' refused 1 'get: 4000: there is no such key' khmapctl get map 4000
ok 'the ceiling is the file'\''s' is 5000 json .max_entries khmapctl info again --json
ok 'a name that is taken' refused 3 'restore: a map "again" exists' \
	khmapctl restore ./one.khm again
ok 'a named snapshot' khmapctl snapshot map --name named
ok 'a name that a snapshot has' refused 3 'restore: a snapshot "named" exists' \
	khmapctl restore ./one.khm named
ok 'nor is it created' refused 3 'create: a snapshot "named" exists' \
	khmapctl create named --key u64 --value u64
ok 'until it is dropped' khmapctl destroy named
ok 'a live map' refused 3 'restore: map is a live map: take a snapshot of it, and restore that' \
	khmapctl restore map other
ok 'too many entries' refused 3 'restore: ./one.khm: it has more entries than --max-entries' \
	khmapctl restore ./one.khm other --max-entries 2999
ok 'too much memory' refused 3 "restore: ./one.khm: no memory, or above a limit; the limits are \
--max-bytes and /sys/module/khmap/parameters/max_bytes" \
	khmapctl restore ./one.khm other --max-bytes 64K
# Entry by entry.
ok 'portable' is '' khmapctl restore ./one.khm moved --portable --layout packed --hash fold
ok 'has the same entries' is "$(digest ./one.khm)" digest moved
ok 'and is clean' is true json .clean khmapctl verify moved --json
ok 'in the layout that was asked for' is '"packed"' json .layout khmapctl info moved --json
ok 'with the hash that was asked for' is '"fold"' json .hash khmapctl info moved --json
ok 'and the ceiling of the file' is 5000 json .max_entries khmapctl info moved --json
ok 'portable, with too many entries' refused 3 \
	'restore: entry 2000: other: the map is at its ceiling of 1999 entries' \
	khmapctl restore ./one.khm other --portable --max-entries 1999
ok 'a hash without --portable' refused 2 \
	"restore: --load-percent, --hash and --layout are the file's without --portable" \
	khmapctl restore ./one.khm other --hash fold
ok 'stripes without --portable' refused 2 'restore: --stripes is for --portable' \
	khmapctl restore ./one.khm other --stripes 128
ok 'portable, with other stripes' sh -c 'khmapctl restore ./one.khm striped --portable --stripes 128 &&
	[ "$(khmapctl stat striped --json | jq .stripes)" -eq 128 ] && khmapctl destroy striped'
# Another gives the map that is being filled the name of one that is in use.
ok 'many entries' sh -c 'khmapctl create many --key u64 --value u64 && seq 200000 |
	sed "s/.*/&,&/" | khmapctl load many --format csv --no-header --quiet'
ok 'in a file' khmapctl snapshot many ./many.khm -q
# running PID: it has not ended.
running() {
	grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null
}

# It is stopped when there is a map and much is to come: not at the first try, if we come late.
published_meanwhile() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		khmapctl restore ./many.khm filling --portable 2>filling.err &
		restoring=$!
		until [ -e /dev/khmap/filling ] || ! running "$restoring"; do
			:
		done
		kill -STOP "$restoring"
		if running "$restoring" &&
			[ "$(khmapctl stat filling --json | jq .entries)" -lt 100000 ]; then
			khmapctl publish many filling -q
			kill -INT "$restoring"
			kill -CONT "$restoring"
			wait "$restoring"
			[ $? -eq 130 ] && return
		fi
		echo "try $try: $(cat filling.err)"
		kill -CONT "$restoring"
		wait "$restoring"
		khmapctl destroy filling
	done
	return 1
}
ok 'published while it is filled' published_meanwhile
ok 'says so' grep -q '^khmapctl: restore: filling has been published with some of the entries$' filling.err
ok 'and takes it from nobody' sh -c '[ "$(khmapctl versions many --json | jq -c "[.versions[].state]")" \
	= "[\"live\",\"kept\"]" ] && khmapctl put many 300000 1 && khmapctl destroy many'
ok 'a compressed file' khmapctl snapshot map ./one.khz --compress -q
ok 'becomes a map' is '' khmapctl restore ./one.khz packed
ok 'with the same entries' is "$(digest ./one.khm)" digest packed
# A header without checksums, which says that there is another entry.
cp one.khm two.khm
dd if=/dev/zero of=./two.khm bs=1 seek=176 count=32 conv=notrunc 2>/dev/null
printf '\271' | dd of=./two.khm bs=1 seek=264 conv=notrunc 2>/dev/null
ok 'a wrong field of the header is named' refused 4 "restore: ./two.khm: the kernel finds it damaged: \
header: entries is 3001, must be the number of keys that are there" khmapctl restore ./two.khm other
# The first tag of a page whose first slot is used.
page=2
while [ "$(byte_at ./one.khm $((page * page_size + 8)))" -eq 0 ]; do
	page=$((page + 1))
done
# A value, of which the kernel knows nothing.
cp one.khm value.khm
change_byte ./value.khm $((page * page_size + 24))
ok 'a damaged value' refused 4 "restore: ./value.khm: $(damaged value.khm)" \
	khmapctl restore ./value.khm other
ok 'portable, too' refused 4 "restore: ./value.khm: $(damaged value.khm)" \
	khmapctl restore ./value.khm other --portable
ok 'nor is it published' refused 4 "publish: ./value.khm: $(damaged value.khm)" \
	khmapctl publish map ./value.khm
dd if=/dev/zero of=./value.khm bs=1 seek=176 count=32 conv=notrunc 2>/dev/null
ok 'without checksums nobody knows' is '' khmapctl restore ./value.khm other
ok 'but that they are others' sh -c '[ "$(khmapctl digest other | cut -d" " -f1)" != "$(
	khmapctl digest map | cut -d" " -f1)" ] && khmapctl destroy other'
change_byte ./one.khm $((page * page_size + 8))
dd if=/dev/zero of=./one.khm bs=1 seek=176 count=32 conv=notrunc 2>/dev/null
ok 'a damaged file' refused 4 "restore: ./one.khm: the kernel finds it damaged: page $page byte 0 \
bucket 0 slot 0: a tag that is not its key's" khmapctl restore ./one.khm other
ok 'none of them is there' sh -c '! [ -e /dev/khmap/other ]'
ok 'one argument is missing' refused 2 'restore: FILE and NAME are needed' \
	khmapctl restore ./one.khm
# Of a big-endian host.
images=/khmap/selftests/images
for kind in types chains; do
	khmapctl dump "$images/v1-$kind.khm" --sort >little
	ok "$kind of the other byte order" is '' \
		khmapctl restore "$images/v1-$kind-be.khm" "other-$kind" --portable --layout packed
	ok "$kind: the same entries" is "$(cat little)" khmapctl dump "other-$kind" --sort
done
ok 'compressed, too' is '' khmapctl restore "$images/v1-schema-be-zstd.khz" other --portable
ok 'the same entries' is "$(digest "$images/v1-schema.khm")" digest other
ok 'only with --portable' refused 4 "restore: $images/v1-types-be.khm: not of a kind that this library \
reads: header at 0x8: byte_order: expected little-endian, found big-endian, as the host that made the \
image; khmapctl restore --portable makes a map of it" khmapctl restore "$images/v1-types-be.khm" no
ok '--opaque is for --portable' refused 2 'restore: --opaque is for --portable' \
	khmapctl restore ./one.khm no --opaque
ok 'all go away' khmapctl destroy map again moved packed other other-types other-chains
finish
