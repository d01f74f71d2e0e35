#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Documentation/image-format.rst is complete and true: a reader that was written from it alone
# reads what the engine writes, and the page's vectors and example hold.
# shellcheck disable=SC2317 # functions that check calls by their names

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/unit/cli/lib.sh
. "${0%/*}/lib.sh"

reader() {
	python3 "$top/selftests/unit/reader_from_doc.py" "$@"
}

# agree TEXT IMAGE: the reader finds what khmapctl dumps.
agree() {
	khmapctl dump "./$2" --format raw >dumped
	check "$1" 0 'records are the same$' reader compare "$2" dumped
	check "$1, its digest" 0 "^$(khmapctl digest "./$2" | cut -d' ' -f1)  $2\$" reader digest "$2"
}

# make_image FILE FROM TO OPTION...: a map of numbers.
make_image() {
	file=$1
	numbers "$2" "$3" >numbers.csv
	shift 3
	"$bin/mkimage" "$@" "$file" <numbers.csv
}

# bytes LENGTH COUNT: CSV of keys of LENGTH bytes, which differ in the first four, and text.
bytes() {
	echo key,value
	seq 1 "$2" | awk -v length_="$1" '{
		hex = sprintf("%08x", $1 * 2654435761 % 4294967296)
		for (i = 4; i < length_; i++)
			hex = hex sprintf("%02x", i % 256)
		print substr(hex, 1, 2 * length_) ",value " $1
	}'
}

check 'the vectors and the example of the page' 0 'facts are right$' \
	reader page "$top/Documentation/image-format.rst"

make_image empty.khm 1 0 -n 10
agree 'an empty map' empty.khm
make_image inline.khm 1 15 -n 15
agree 'an inline map' inline.khm
make_image promoted.khm 1 16 -n 15
agree 'a map that was promoted' promoted.khm
make_image page.khm 1 160 -n 160
agree 'one page' page.khm
make_image pages.khm 1 5000 -n 5000
agree 'many pages' pages.khm
make_image full.khm 1 6000 -n 3000 -l 95 -x
agree 'long chains' full.khm
make_image packed.khm 1 3000 -n 3000 -p
agree 'packed' packed.khm
make_image sip.khm 1 3000 -n 3000 -s
agree 'siphash13' sip.khm
make_image deleted.khm 1 4000 -n 4000 -d 2500
agree 'after deletes' deleted.khm
for length in 4 5 7 8 9 15 16 17 31 32 33 100; do
	bytes "$length" 400 |
		"$bin/mkimage" -k "bytes[$length]" -v 'str[21]' -n 400 "bytes$length.khm"
	agree "keys of $length bytes" "bytes$length.khm"
done
for length in 1 2 3; do
	{
		echo key,value
		seq 0 255 | awk -v length_="$length" '{ printf "%02x%.*s,%d\n", $1, 2 * (length_ - 1), "a5c3", $1 }'
	} | "$bin/mkimage" -k "bytes[$length]" -v u8 -n 256 "bytes$length.khm"
	agree "keys of $length bytes" "bytes$length.khm"
done

copy page.khm
poke 0x1310=ff
check 'a changed page' 1 'refused: checksum of page 1' reader dump "$image"
copy page.khm
poke "$(field max_entries)=ff"
check 'a changed header' 1 'refused: header_checksum' reader dump "$image"
copy page.khm
poke -c 0x1304=ffffffff
check 'a reference out of range' 1 'refused: a reference out of range' reader dump "$image"
copy page.khm
poke -c 0x1300=11
check 'an odd sequence' 1 'refused: an odd sequence' reader dump "$image"
copy page.khm
poke 0x0c=02
check 'another version' 1 'refused: version' reader dump "$image"

finish
