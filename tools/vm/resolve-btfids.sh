#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds resolve_btfids from Debian's kernel source, once, and prints its path. It writes the
# numbers of types and functions into a module's .BTF_ids; Debian 12's headers do not have it.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/}"
	echo 'Builds resolve_btfids from the kernel source, unless it is cached; prints its path.'
	exit 0
	;;
esac
[ $# -eq 0 ] || die 'no arguments are expected'

source=$("$here/source.sh")
program=$source/resolve_btfids
if [ ! -x "$program" ]; then
	new=$(mktemp "$program.XXXXXX")
	trap 'rm -f "$new"' EXIT
	trap 'exit 130' INT TERM
	lib=$source/tools/lib
	# libbpf is the system's.
	# shellcheck disable=SC2046 # a list of words
	${CC:-gcc} -O2 -w -D_GNU_SOURCE -I"$source/tools/include" -I"$lib" -o "$new" \
		"$source/tools/bpf/resolve_btfids/main.c" "$lib"/*.c "$lib"/subcmd/*.c \
		$(pkg-config --libs libbpf libelf) ||
		die 'resolve_btfids does not build from the kernel source'
	chmod 755 "$new"
	mv "$new" "$program"
fi
echo "$program"
