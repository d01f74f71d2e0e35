#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Unpacks from Debian's kernel source the few files that the headers lack: checkpatch, the kselftest
# headers, and what resolve_btfids is built from. Prints the folder.

set -eu

release=${1:-6.1}
archive=/usr/src/linux-source-$release.tar.xz
cache=${KHMAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/khmap}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

case $release in
-h | --help)
	echo "Usage: ${0##*/} [RELEASE]"
	echo 'Unpacks checkpatch, resolve_btfids and the kselftest headers of linux-source-RELEASE'
	echo '(6.1), unless they are cached; prints where.'
	exit 0
	;;
esac
[ -f "$archive" ] || die "$archive is missing (run tools/setup.sh)"

# Another list of files is another folder.
stamp=$(stat -c %s-%Y "$archive")-$(cksum <"$0" | tr ' ' -)
final=$cache/source/$release-$stamp
if [ ! -d "$final" ]; then
	mkdir -p "$cache/source"
	exec 9>"$cache/source/.lock"
	flock 9
	if [ ! -d "$final" ]; then
		echo 'Unpacking a few files of the kernel source (once) ...' >&2
		work=$cache/source/.new.$$
		trap 'rm -rf "$work"' EXIT
		trap 'exit 130' INT TERM
		mkdir "$work"
		tar -xJf "$archive" -C "$work" --strip-components 1 \
			"linux-source-$release/scripts/checkpatch.pl" \
			"linux-source-$release/scripts/spelling.txt" \
			"linux-source-$release/scripts/const_structs.checkpatch" \
			"linux-source-$release/tools/bpf/resolve_btfids/main.c" \
			"linux-source-$release/tools/include/linux" \
			"linux-source-$release/tools/lib/ctype.c" \
			"linux-source-$release/tools/lib/rbtree.c" \
			"linux-source-$release/tools/lib/str_error_r.c" \
			"linux-source-$release/tools/lib/string.c" \
			"linux-source-$release/tools/lib/subcmd" \
			"linux-source-$release/tools/lib/zalloc.c" \
			"linux-source-$release/tools/testing/selftests/kselftest.h" \
			"linux-source-$release/tools/testing/selftests/kselftest_harness.h" ||
			die "$archive does not hold what is expected"
		mv "$work" "$final"
	fi
	exec 9>&-
fi
echo "$final"
