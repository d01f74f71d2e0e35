#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl delta and khmapctl apply: what they print, their statuses, and what they leave.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

numbers 1 5000 | "$bin/mkimage" -n 5000 ./old.khm
numbers 1 5100 | "$bin/mkimage" -n 5000 ./new.khm

check 'a delta' 0 '^\./d: [0-9.]+ KiB in [0-9.]+ s; [0-9]+ of [0-9]+ pages changed, 0 of them to zeros$' \
	khmapctl delta ./old.khm ./new.khm ./d
check 'applied' 0 '^\./out\.khm: [0-9.]+ KiB in [0-9.]+ s; [0-9]+ of [0-9]+ pages changed, ' \
	khmapctl apply ./old.khm ./d ./out.khm
same 'it is the newer file' ./new.khm ./out.khm
check 'which is clean' 0 '' khmapctl verify -q ./out.khm
check 'quietly' 0 '' khmapctl delta -q ./old.khm ./new.khm ./d
cp ./old.khm ./mirror.khm
check 'in place' 0 '' khmapctl apply -q ./mirror.khm ./d ./mirror.khm
same 'it is the newer file' ./new.khm ./mirror.khm
check 'not twice' 4 \
	'^khmapctl: apply: \./d: is for epoch 1 of map 7, and \./mirror\.khm is not that snapshot: its ' \
	khmapctl apply ./mirror.khm ./d ./mirror.khm
same 'and the file stays' ./new.khm ./mirror.khm
check 'no delta' 4 'new\.khm: is not a khmap delta, but a snapshot file$' \
	khmapctl apply ./old.khm ./new.khm ./none
head -c 5000 ./d >./cut
cp ./old.khm ./base.khm
check 'a delta in the place of its base' 3 '\./base\.khm: is one of the two snapshots: ' \
	khmapctl delta ./base.khm ./new.khm ./base.khm
check 'or of the newer file' 3 '\./base\.khm: is one of the two snapshots: ' \
	khmapctl delta ./new.khm ./base.khm ./base.khm
same 'which stays as it was' ./old.khm ./base.khm
check 'a compressed base' 0 '' khmapctl snapshot -q ./old.khm ./base.khz --compress
cp ./base.khz ./kept.khz
check 'is not replaced either' 3 '\./base\.khz: is one of the two snapshots: ' \
	khmapctl delta ./base.khz ./new.khm ./base.khz
check 'nor the newer one' 3 '\./base\.khz: is one of the two snapshots: ' \
	khmapctl delta ./new.khm ./base.khz ./base.khz
same 'it stays as it was, too' ./kept.khz ./base.khz
check 'a delta is no image' 4 '\./d: not a khmap image: .* found a delta, which khmapctl apply ' \
	khmapctl info ./d
check 'a delta that was cut' 4 '\./cut: truncated: expected [0-9]+ bytes, found 5000$' \
	khmapctl apply ./old.khm ./cut ./none
check 'a base that is none' 4 'not a khmap image' khmapctl apply ./d ./d ./none
check 'a delta is not applied to a name' 2 'BASE must be the path .* write \./old$' \
	khmapctl apply old ./d ./none
check 'a base that is the name of nothing' 3 '^khmapctl: delta: (the module is not loaded|old: )' \
	khmapctl delta old ./new.khm ./none
check 'a map that is not there' 3 '.' khmapctl delta ./old.khm ./missing.khm ./none
check 'two arguments' 2 'BASE, NEW and FILE are needed' khmapctl delta ./old.khm ./new.khm
check 'two arguments' 2 'BASE, DELTA and OUT are needed' khmapctl apply ./old.khm ./d
check 'no file was left of those' 0 '^0$' sh -c 'ls | grep -c -e none -e tmp; true'

finish
