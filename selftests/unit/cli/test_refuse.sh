#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Files that are no khmap image, or none that can be read, are refused with a reason.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

numbers 1 2000 | "$bin/mkimage" -n 2000 ./good.khm

check 'a good file is read' 0 '^3$' khmapctl get ./good.khm 1

# Foreign files.
: >./empty.khm
check 'an empty file' 4 'not a khmap image.*a file of 0 bytes' khmapctl info ./empty.khm
printf 'PK' >./short.khm
check 'a file of two bytes' 4 'not a khmap image' khmapctl info ./short.khm
head -c 100000 /dev/zero >./zero.khm
check 'a file of zeros' 4 'not a khmap image.*zeros, .*interrupted' \
	khmapctl info ./zero.khm
cp "$here/lib.sh" ./text.khm
check 'a script' 4 'not a khmap image.*begins with KHMAPIMG' khmapctl info ./text.khm
check 'a folder' 4 'is a directory' khmapctl info ./
mkfifo ./fifo.khm
check 'a pipe' 4 'neither a khmap map nor a snapshot' timeout 10 "$bin/khmapctl" info ./fifo.khm
check '/dev/null' 4 'neither a khmap map nor a snapshot' khmapctl info /dev/null
check 'a file that is not there' 3 'No such file' khmapctl info ./nothing.khm
check 'a map that is not there' 3 'no map "nothing"|the module is not loaded' khmapctl info nothing
cp good.khm here
check 'a file without a path is a map, and the message helps' 3 'write \./NAME' khmapctl info here
check 'an empty name' 2 'is no name for a map' khmapctl info ''
check 'a name of 200 bytes' 2 'at most 63 bytes' khmapctl info "$(printf '%0200d' 0)"

# Truncated ones.
size=$(wc -c <good.khm)
for length in 8 100 639 640 4095 4096 5000 40000 $((size - 4096)) $((size - 1)); do
	head -c "$length" good.khm >./cut.khm
	check "cut to $length bytes" 4 "(truncated: expected .*, found $length bytes)" \
		khmapctl get ./cut.khm 1
done
head -c 40000 good.khm >./cut.khm
check 'verify names the cut' 4 'truncated' khmapctl verify ./cut.khm
check 'inspect shows the header of a file that is cut' 0 '! file: truncated' \
	khmapctl inspect ./cut.khm
check 'inspect shows a page of it' 0 'page 1: bytes' khmapctl inspect ./cut.khm page 1
check 'but no bucket' 4 'only header and page' khmapctl inspect ./cut.khm bucket 0.0

# Of another kind.
copy good.khm
order=$(field byte_order)
version=$(field version)
poke "$order=01020304"
check 'the other byte order' 4 'little-endian, found big-endian' khmapctl get "$image" 1
copy "$here/../../images/v1-inline-be.khm"
poke "$version=00000002"
check 'a newer format of the other byte order: restore' 4 \
	'version 1, which this library reads, found version 2' \
	khmapctl restore "$image" nothing --portable
check 'and info' 4 'version 1, which this library reads, found version 2' khmapctl info "$image"
check 'verify says that it is of the other order' 4 'found big-endian' khmapctl verify "$image"
copy "$here/../../images/v1-inline-be.khm"
# Without checksums and schema.
poke 0xb0="$(printf '%064d' 0)" 0xd8="$(printf '%032d' 0)"
check 'of the other byte order, without a schema' 4 \
	'copy.khm: has no schema; so nothing tells .*; --opaque takes them as they are$' \
	khmapctl restore "$image" nothing --portable
check 'with --opaque it is the kernel that lacks' 3 'the module is not loaded|nothing' \
	khmapctl restore "$image" nothing --portable --opaque
copy good.khm
poke "$version=02000000"
check 'a newer format' 4 'version 1, which this library reads, found version 2' \
	khmapctl get "$image" 1
copy good.khm
poke "$(field features_read)=10000000"
check 'an unknown feature' 4 'unknown bits 0x10' khmapctl get "$image" 1
copy good.khm
poke -c "$(field features_compat)=01000000"
check 'a feature that may be ignored' 0 '^3$' khmapctl get "$image" 1
copy good.khm
poke -c "$(field hash_kind)=09000000"
check 'an unknown hash' 4 'hash_kind: expected .*, found 9' khmapctl get "$image" 1
copy good.khm
poke -c "$(field kind)=01000000"
check 'the page of a live map' 4 'kind: expected 2 \(snapshot\) in a file' khmapctl get "$image" 1

# Damage by accident: the checksum tells.
copy good.khm
poke "$(field max_entries)=01"
check 'a changed header' 4 'header_checksum' khmapctl get "$image" 1
check 'verify names it, with the place' 1 'header at 0x.*header_checksum' khmapctl verify "$image"
copy good.khm
poke 8200=ff
check 'a changed page is found by verify' 1 'primary page 1 at 0x2000: checksum' \
	khmapctl verify "$image"
check 'snapshot does not copy a damaged file' 4 'checksum' khmapctl snapshot "$image" ./never.khm
check 'and leaves none behind' 1 '' test -e ./never.khm

# Damage by intent, with checksums to match.
for case in geometry.key_size=00000000 geometry.key_size=ffffffff \
	geometry.value_size=00200000 geometry.value_offset=00000100 geometry.slot_stride=ffff0000 \
	geometry.meta_kind=01000000 geometry.value_kind=01000000 geometry.bucket_stride=00000000 \
	geometry.bucket_stride=81000000 geometry.bucket_slots=0f000000 \
	geometry.buckets_per_page=ff000000 geometry.tags_size=09000000 \
	geometry.overflow_stride=00200000 geometry.overflow_slots=08000000 \
	geometry.overflow_per_page=00010000 geometry.overflow_shift=01000000 \
	geometry.overflow_shift=ff000000 geometry.inline_slots=10000000 \
	geometry.inline_offset=f00f0000 primary_offset=0100000000000000 \
	primary_offset=00f0ffffffffffff primary_pages_max=ffffffffffffffff \
	overflow_offset=0010000000000000 overflow_pages_max=0000000001000000 shape=ffffffff \
	shape=01000000 mask=00000000 schema_length=ffffffff schema_offset=ff0f0000 \
	schema_hash=0000000000000000 reserved=01; do
	copy good.khm
	poke -c "$(field "${case%=*}")=${case#*=}"
	check "hostile: $case" 4 "${case%%=*}|truncated" khmapctl get "$image" 1
	check "inspect names it" 0 "^! " khmapctl inspect "$image"
done
copy good.khm
poke "$(field geometry.page_shift)=28000000"
check 'hostile: an enormous page' 4 'page_shift: expected 12\.\.16, found 40' \
	khmapctl get "$image" 1
copy good.khm
poke -s "$(field image_size)=00000000000000f0"
check 'hostile: an enormous image' 4 'file: truncated: expected 17293822569102704640 bytes' \
	khmapctl get "$image" 1
# A table of checksums that ends in the file only because offset and size wrap.
copy good.khm
poke -s "$(field image_size)=0000000000010000" "$(field checksum_offset)=00f0ffffffffffff" \
	"$(field checksum_count)=ffffffffffff0f00"
check 'hostile: a table that wraps hides no truncation' 4 \
	'file: truncated: expected 1099511627776 bytes' khmapctl get "$image" 1
copy good.khm
poke -s "$(field checksum_offset)=00f0ffffffffffff" "$(field checksum_count)=ffffffffffff0f00"
check 'hostile: a table behind the end of the file' 4 'checksum_offset: expected a table' \
	khmapctl get "$image" 1

# What only a checksum tells becomes no map.
copy good.khm
poke 0x201f=7f
check 'a value that was changed' 4 'primary page 1 at 0x2000: checksum: expected ' khmapctl restore "$image" nothing
check 'portable, too' 4 'primary page 1 at 0x2000: checksum: expected ' khmapctl restore "$image" nothing --portable

# Snapshots do not change.
check 'a snapshot cannot be written' 3 'cannot be changed' khmapctl put ./good.khm 1 2
check 'nor cleared' 3 'cannot be changed' khmapctl clear ./good.khm
check 'nor loaded' 3 'cannot be changed' khmapctl load ./good.khm /dev/null -f csv

finish
