#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Files are written in many ways, and are interrupted (test_write): on the disk, where O_DIRECT
# works, and in memory.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# Where mktemp puts files may be memory, too.
disk=$(mktemp -d -p /var/tmp)
memory=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$work" "$disk" "$memory"' EXIT

numbers 1 3000 | "$bin/mkimage" -n 3000 -l 95 ./good.khm
check 'every way to write, and every interruption (test_write)' 0 '1\.\.' \
	sh -c "'$bin/test_write' ./good.khm '$disk' '$memory' 2>&1"

check 'info says what a file takes on the disk' 0 '^file +[0-9.]+ KiB, [0-9.]+ KiB of it on the disk' \
	khmapctl info ./good.khm
cp ./good.khm "$disk/info.khm"
khmapctl info "$disk/info.khm" --json >info.json
check 'and as JSON: its size' 0 "\"file_bytes\": $(stat -c %s "$disk/info.khm")," cat info.json
check 'its blocks' 0 "\"disk_bytes\": $(($(stat -c '%b * %B' "$disk/info.khm")))," cat info.json

finish
