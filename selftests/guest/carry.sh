#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# One stage of selftests/kernels/upgrade.sh, in a guest: takes up the files that the kernel before this one has written,
# stores some more, and writes files for the next. Argument: the number of the stage.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that are called by their names

set -u

stage=$1
before=$((stage - 1))
carried=/khmap/carried
images=/khmap/selftests/images
kept=$(sed -n 's/^\(v1-[^ ]*\)\.khm .*/\1/p' "$images/expected.txt")
tests=$((10 + 3 * $(echo "$kept" | wc -w)))
if [ "$stage" -eq 1 ]; then
	tests=$((tests + 2))
else
	tests=$((tests + 17))
fi
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

digest() {
	khmapctl digest "$1" | cut -d' ' -f1
}

# As upgrade.sh writes down what there ought to be.
contents() {
	khmapctl dump "$1" --format csv --no-header | sort | sha256sum | cut -d' ' -f1
}

# taken_up NAME OPTION...: the data that was carried, as a map that is right in all it can say.
taken_up() {
	# ok has a name of its own.
	map=$1
	shift
	ok "$map: becomes a map" is '' khmapctl restore "$@"
	ok "$map: is clean" is true json .clean khmapctl verify "$map" --json
	ok "$map: the digest that the last kernel gave" is "$(cat "$carried/digest")" digest "$map"
}

if [ "$stage" -eq 1 ]; then
	ok 'the data' khmapctl create data --key u64 --value '{n:u64,text:str[16]}' --hash siphash13
	ok 'a map that nobody changes' khmapctl restore "$images/v1-schema.khm" still
else
	ok 'the files that were carried verify' is true json .clean \
		khmapctl verify "$carried/data.khm" --json
	taken_up data "$carried/data.khm" data
	taken_up unpacked "$carried/data.khz" unpacked
	ok 'a delta, on what the last kernel began with' is '' \
		khmapctl apply "$carried/base.khm" "$carried/data.delta" ./applied.khm -q
	ok 'makes what it has left, to the byte' cmp ./applied.khm "$carried/data.khm"
	taken_up applied ./applied.khm applied
	taken_up moved "$carried/data.khm" moved --portable --layout packed --hash fold
	ok 'the map that nobody changes' khmapctl restore "$carried/still.khm" still
	ok 'the entries are those that were put' is "$(cat "$carried/contents.$before")" contents data
fi
ok 'the map that nobody changes is as at the first' is "$(digest "$images/v1-schema.khm")" digest still
ok 'it is written' khmapctl snapshot still /out/still.khm -q

# A delta is of one map, and what was restored is another.
khmapctl snapshot data /out/base.khm -q
ok 'more is put' khmapctl load data "$carried/put.$stage" --format csv --no-header -q
ok 'some is deleted' sh -c "khmapctl del data - <'$carried/del.$stage'"
ok 'which leaves what it ought to' is "$(cat "$carried/contents.$stage")" contents data
digest data >/out/digest
ok 'a snapshot' khmapctl snapshot data /out/data.khm -q
ok 'compressed' khmapctl snapshot data /out/data.khz --compress -q
ok 'as a delta' khmapctl delta /out/base.khm /out/data.khm /out/data.delta -q

# Files of each version of the format that there has been, of both byte orders.
for image in $kept; do
	case $image in
	*-be) option=--portable ;;
	*) option= ;;
	esac
	# shellcheck disable=SC2086 # an option, or none
	ok "$image" is '' khmapctl restore "$images/$image.khm" old $option
	# What a big-endian host put is what lies beside it, put by a little-endian one.
	ok "$image: its entries" is "$(digest "$images/${image%-be}.khm")" digest old
	ok "$image: goes" khmapctl destroy old
done

# A version to come.
cp "$images/v1-inline.khm" ./new.khm
printf '\002' | dd of=./new.khm bs=1 seek=12 conv=notrunc 2>/dev/null
ok 'a version to come is refused' sh -c '! khmapctl restore ./new.khm new 2>message'
ok 'by its number' grep -q 'version' message
finish
