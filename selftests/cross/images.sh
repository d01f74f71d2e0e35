#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# images.sh HERE THERE EMULATOR: image files between this machine and another one. HERE and THERE
# are folders with khmapctl, mkimage and foreign_list of each; EMULATOR runs those of THERE.
#
# What the kept images of selftests/images hold is known. The other machine reads them, and makes
# the same anew; this one reads what it has made.
# shellcheck disable=SC2317 # functions that check calls by their names

[ $# -eq 3 ] || { echo "Usage: ${0##*/} HERE THERE EMULATOR" >&2; exit 2; }
top=$(cd "$(dirname "$0")/../.." && pwd)
BIN=$1 there=$2 emulator=$3
# shellcheck source=selftests/unit/cli/lib.sh
. "$top/selftests/unit/cli/lib.sh"
images=$top/selftests/images

# A command of the other machine under its name, for scripts that take a path.
mkdir there made
for program in khmapctl mkimage foreign_list; do
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$emulator" "$there/$program" >"there/$program"
	chmod 755 "there/$program"
done
PATH=$PWD/there:$PATH

there() {
	program=$1
	shift
	"$work/there/$program" "$@"
}

# text KHMAPCTL IMAGE: its entries as text, which has no byte order.
text() {
	"$1" dump "$2" --format csv | sort
}

# This machine's kept image of the same contents.
twin() {
	echo "$images/$(basename "$1" .khm | sed 's/-be$//').khm"
}

# The byte order of the machine, and of images that it does not take for its own.
if there khmapctl verify "$images/v1-inline-be.khm" >order.txt 2>&1; then
	own=-be foreign='' order=big other=little
else
	own='' foreign=-be order=little other=big
fi
echo "# the other machine is $order-endian"

# its_own IMAGE ENTRIES: the other machine reads an image of its own byte order.
its_own() {
	name=${1##*/}
	check "$name: clean there, $2 entries" 0 "clean: 0 faults, $2 entries" \
		there khmapctl verify "$1"
	text "$work/there/khmapctl" "$1" >text.there
	text "$bin/khmapctl" "$(twin "$1")" >text.here
	same "$name: the text of its entries is the same there and here" text.here text.there
}

# foreign_there IMAGE ENTRIES: one of the other order is refused by name, and its entries can
# be listed: as the image of its own order with these contents has them.
foreign_there() {
	name=${1##*/}
	check "$name: refused there, with what to do" 4 \
		"expected $order-endian, found $other-endian.* restore --portable" \
		there khmapctl verify "$1"
	there foreign_list "$1" | sort >list.foreign
	check "$name: all $2 entries are read there" 0 "^$2\$" sh -c 'wc -l <list.foreign'
}

grep -v '^#' "$images/expected.txt" >expected.txt
while read -r name entries digest; do
	case $name in
	*-be.khm) be=-be ;;
	*) be='' ;;
	esac
	if [ "$be" = "$own" ]; then
		its_own "$images/$name" "$entries"
	elif [ "$be" = "$foreign" ]; then
		foreign_there "$images/$name" "$entries"
	fi
done <expected.txt

# Its own writer, today's.
check 'the images are made there' 0 'compressed by zstd' "$images/make.sh" there/mkimage made "$work/there/khmapctl" \
	${own:+be}
for file in made/*.khm; do
	name=${file##*/}
	entries=$(sed -n "s/^$name \([0-9]*\) .*/\1/p" expected.txt)
	digest=$(sed -n "s/^$name .* //p" expected.txt)
	its_own "$file" "$entries"
	if [ -n "$own" ]; then
		"$bin/foreign_list" "$file" | sort >list.here
		check "$name, made there: this machine reads all its entries" 0 "^$digest " \
			sha256sum list.here
		check "$name, made there: another reader does" 0 '^[0-9a-f]{32} ' \
			python3 -B "$top/selftests/unit/reader_from_doc.py" digest "$file"
	else
		check "$name, made there: clean here" 0 "clean: 0 faults, $entries entries" \
			khmapctl verify "$file"
		text "$bin/khmapctl" "$file" >text.made
		text "$bin/khmapctl" "$(twin "$file")" >text.here
		same "$name, made there: this machine reads all its entries" text.here text.made
	fi
done
for file in made/*.khz; do
	name=${file##*/}
	check "$name: unpacks there" 0 "$name.out: " there khmapctl unpack "$file" "made/$name.out"
	image=$(echo "$name" | sed 's/-lz4\.khz$\|-zstd\.khz$//')
	same "$name: to the image" "made/$image.khm" "made/$name.out"
	if [ -n "$own" ]; then
		"$bin/foreign_list" "$file" | sort >list.packed
		"$bin/foreign_list" "made/$image.khm" | sort >list.here
		same "$name: this machine reads the entries of that image" list.here list.packed
	else
		check "$name: unpacks here, too" 0 "$name.here: " \
			khmapctl unpack "$file" "made/$name.here"
		same "$name: to the same bytes" "made/$image.khm" "made/$name.here"
	fi
done

finish
