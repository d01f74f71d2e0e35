#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Images that were kept of each version of the format open for ever, with the library and with the
# reader that knows nothing of it (tools/examples/khmap-read.c). Those of the other byte order are
# read entry by entry.
# shellcheck disable=SC2317 # functions that check calls by their names

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/unit/cli/lib.sh
. "${0%/*}/lib.sh"

images=$top/selftests/images

read_example() {
	"$bin/khmap-read" "$@"
}

# size FIELD IMAGE: key_size or value_size.
size() {
	khmapctl inspect "$2" header | awk -v field="geometry.$1" '$0 ~ field { print $NF }'
}

# library_list IMAGE: its entries as the library reads them, sorted lines of hex.
library_list() {
	record=$(($(size key_size "$1") + $(size value_size "$1")))
	khmapctl dump "$1" --format raw | od -An -v -tx1 -w$record | tr -d ' ' | sort
}

# example_list IMAGE: the same from the other reader.
example_list() {
	read_example "$1" >listed || echo "status $?"
	tr -d ' ' <listed | sort
}

# example_finds IMAGE: it also finds each key of its list, with that value.
example_finds() {
	read_example "$1" >listed || return
	cut -d ' ' -f 1 listed >keys
	cut -d ' ' -f 2 listed >values
	[ -s keys ] && xargs "$bin/khmap-read" "$1" <keys >found && cmp values found
}

# kept NAME ENTRIES DIGEST
kept() {
	file=$images/$1
	check "$1: clean, $2 entries" 0 "clean: 0 faults, $2 entries" khmapctl verify "$file"
	library_list "$file" >library.txt
	check "$1: the library lists what was put" 0 "^$3 " sha256sum library.txt
	example_list "$file" >example.txt
	check "$1: so does the other reader" 0 "^$3 " sha256sum example.txt
	check "$1: which finds each key" 0 '' example_finds "$file"
}

foreign_list() {
	"$bin/foreign_list" "$1" >listed || echo "status $?"
	sort listed
}

# other NAME ENTRIES DIGEST: of a big-endian host. The lines are those that a little-endian one
# would have stored.
other() {
	file=$images/$1
	foreign_list "$file" >foreign.txt
	check "$1: $2 entries" 0 "^$2\$" sh -c 'wc -l <foreign.txt'
	check "$1: they are what was put" 0 "^$3 " sha256sum foreign.txt
	check "$1: info tells the order and the count" 0 "big-endian[[:space:]]+$2\$" sh -c \
		"'$bin/khmapctl' info '$file' --json | jq -r '[.byte_order, .header.entries] | @tsv'"
	check "$1: so does the table" 0 'byte order +big-endian, .* restore --portable' \
		khmapctl info "$file"
	check "$1: verify says what to do" 4 'expected little-endian, found big-endian.* restore --portable' \
		khmapctl verify "$file"
	check "$1: the example refuses it" 2 'byte_order' read_example "$file"
	check "$1: the reader of the page does not" 0 '^[0-9a-f]{32} ' \
		python3 "$top/selftests/unit/reader_from_doc.py" digest "$file"
}

grep -v '^#' "$images/expected.txt" >expected.txt
while read -r name entries digest; do
	case $name in
	*-be.khm) other "$name" "$entries" "$digest" ;;
	*) kept "$name" "$entries" "$digest" ;;
	esac
done <expected.txt
for codec in inline-be-lz4 schema-be-zstd; do
	foreign_list "$images/v1-$codec.khz" >packed.txt
	foreign_list "$images/v1-${codec%-*}.khm" >foreign.txt
	same "v1-$codec.khz: the entries of the image in it" foreign.txt packed.txt
	check "v1-$codec.khz: info tells the order" 0 'big-endian' \
		khmapctl info "$images/v1-$codec.khz"
	check "v1-$codec.khz: others refuse it" 4 'which is big-endian; .* restore --portable' \
		khmapctl verify "$images/v1-$codec.khz"
done
for file in "$images"/*.khz; do
	check "${file##*/}: the example refuses it" 2 \
		'^khmap-read: [^ ]+\.khz: bad image, not true: .*"KHMAPIMG"' read_example "$file"
done
check 'v1-mid-split-delta.bin: is applied' 0 '' \
	khmapctl apply -q "$images/v1-mid-split.khm" "$images/v1-mid-split-delta.bin" ./newer.khm
check 'v1-mid-split-delta.bin: makes what it made' 0 \
	'^29dd02e656501ffae19f3b6a7a4e3ce7ccc1b3ce477173bc254ab1e7a2fb42cb ' sha256sum ./newer.khm
(cd "$images" && ls ./*.khm) | sed 's,^\./,,' >kept.txt
cut -d ' ' -f 1 expected.txt | sort >named.txt
same 'each kept image has its line, and each line its image' kept.txt named.txt

# Keys that are not there, and keys that are none.
check 'a key that is not there' 1 '^$' read_example "$images/v1-chains.khm" ffff000000000000
check 'two keys' 0 '^0300000000000000$' \
	read_example "$images/v1-inline.khm" 0100000000000000 0C00000000000000
check 'a key that is too short' 2 'a key has 16 hex digits' \
	read_example "$images/v1-inline.khm" 01
check 'a key that is not hex' 2 'a key has 16 hex digits' \
	read_example "$images/v1-inline.khm" 010000000000000g
check 'no file' 2 'usage' read_example
check 'a file that is not there' 2 'No such file' read_example ./nothing.khm
head -c 639 "$images/v1-inline.khm" >short.khm
check 'a header that is cut' 2 'not true: st.st_size' read_example ./short.khm
head -c 4096 "$images/v1-chains.khm" >cut.khm
check 'an image that is cut' 2 'not true: IN\(h.image_size' read_example ./cut.khm

# damaged TEXT PATTERN POKE: the reader says what is wrong with the chains of such an image.
damaged() {
	copy "$images/v1-chains.khm"
	poke -c "$3"
	check "$1" 2 "bad image, not true: $2" read_example "$image"
}

bucket=0x$(khmapctl inspect "$images/v1-chains.khm" bucket 0.0 |
	awk '/sequence/ { print $1; exit }')
damaged 'an odd sequence' 'load\(bucket' "$bucket=01"
damaged 'a reference beyond the region' 'h.shape && IN' "$((bucket + 4))=ffffffff"
damaged 'a reference below it' 'h.shape && IN' "$((bucket + 4))=01000000"
overflow=0x$(khmapctl inspect "$images/v1-chains.khm" overflow 0.0 |
	awk '/sequence/ { print $1; exit }')
shift_=$((0x$(khmapctl inspect "$images/v1-chains.khm" header |
	awk '/overflow_shift/ { print $2 }')))
damaged 'a circle' '\+\+depth' "$((overflow + 4))=$(printf '%02x%02x' \
	$(((1 << shift_) % 256)) $(((1 << shift_) / 256)))0000"

finish
