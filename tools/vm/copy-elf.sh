#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# copy-elf.sh ROOT SOURCE TARGET: copies a file, or a folder, into a guest's root as TARGET, and
# beside each dynamic program the shared libraries that it would load on this machine. SYSROOT, if
# it is set, has the libraries of another machine, for which the programs are.

set -eu

root=$1
source=$2
target=$3

SYSROOT=${SYSROOT-}
here=$(cd "$(dirname "$0")" && pwd)

libraries() {
	if [ -n "$SYSROOT" ]; then
		"$here/../cross/libraries.sh" "$SYSROOT" "$1"
		return
	fi
	# Static programs and files of other kinds make ldd fail: they need nothing.
	ldd "$1" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'
}

is_elf() {
	[ "$(head -c 4 "$1" | od -An -c | tr -d ' ')" = '177ELF' ]
}

if [ -d "$source" ]; then
	mkdir -p "$root/$target"
	cp -RL --preserve=mode,timestamps "$source/." "$root/$target"
else
	mkdir -p "$root/$(dirname "$target")"
	cp -L --preserve=mode,timestamps "$source" "$root/$target"
fi

find -L "$source" -type f -perm /111 | while read -r file; do
	is_elf "$file" || continue
	libraries "$file" | while read -r library; do
		case $library in
		"${KHMAP_LIB:-/nonexistent}"/*) place=/khmap/build/lib/${library##*/} ;;
		*) place=${library#"$SYSROOT"} ;;
		esac
		[ -e "$root$place" ] || install -D "$library" "$root$place"
	done
done
