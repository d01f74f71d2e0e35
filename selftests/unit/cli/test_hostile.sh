#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Files that change while they are in use, or are made to mislead (test_hostile).

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

numbers 1 3000 | "$bin/mkimage" -n 3000 -l 95 ./good.khm
check 'files that change, or mislead, do no harm (test_hostile)' 0 '1\.\.' \
	sh -c "'$bin/test_hostile' ./good.khm 2>&1"

# A page size that the file has room for, but that is not its own.
numbers 1 3000 | "$bin/mkimage" -n 3000 -l 95 ./good.khm
copy good.khm
poke "$(field geometry.page_shift)=10000000"
check 'inspect of a wrong page size' 0 '^! header at' khmapctl inspect "$image"
check 'page 0 of it' 0 '^page 0: bytes' khmapctl inspect "$image" page 0

# Pages are counted as they exist: header, primary, overflow, checksums.
primary=$((0x$(khmapctl inspect ./good.khm bucket 0.0 | awk '/sequence/ { print $1; exit }')))
check 'page 1 is the first primary page' 0 '^page 1: primary page 0' \
	khmapctl inspect ./good.khm page $((primary / 4096))
overflow=$((0x$(khmapctl inspect ./good.khm overflow 0.0 | awk '/sequence/ { print $1; exit }')))
check 'the first overflow page' 0 ': overflow page 0' \
	khmapctl inspect ./good.khm page $((overflow / 4096))
check 'the last page is of checksums' 0 ': checksums$' \
	khmapctl inspect ./good.khm page $(($(wc -c <good.khm) / 4096 - 1))
check 'and there are no more' 2 'does not exist' \
	khmapctl inspect ./good.khm page $(($(wc -c <good.khm) / 4096))

finish
