#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# libraries.sh SYSROOT FILE: what ldd would say of another machine's program: the paths of the shared
# libraries, and of the loader, that it needs. They are in SYSROOT, or in the folders of
# LD_LIBRARY_PATH.

set -eu

[ $# -eq 2 ] || { echo "Usage: ${0##*/} SYSROOT FILE" >&2; exit 2; }
sysroot=$1
folders="$(echo "${LD_LIBRARY_PATH-}" | tr ':' ' ') $(echo "$sysroot"/lib/*-linux-gnu \
	"$sysroot"/usr/lib/*-linux-gnu) $sysroot/lib"

# needs FILE: names of libraries, and the path of the loader.
needs() {
	readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
	readelf -l "$1" 2>/dev/null | sed -n "s|.*program interpreter: \(.*\)\]|$sysroot\1|p"
}

seen=' '
queue=$(needs "$2")
while [ -n "${queue# }" ]; do
	more=''
	for name in $queue; do
		case $seen in
		*" ${name##*/} "*) continue ;;
		esac
		seen="$seen${name##*/} "
		path=''
		case $name in
		/*) path=$name ;;
		*)
			for folder in $folders; do
				[ ! -e "$folder/$name" ] || { path=$folder/$name; break; }
			done
			;;
		esac
		if [ ! -e "$path" ]; then
			echo "${0##*/}: ${2##*/} needs $name, which $sysroot lacks" >&2
			exit 1
		fi
		echo "$path"
		more="$more $(needs "$path" | tr '\n' ' ')"
	done
	queue=$(echo "$more" | tr -s ' ')
done
