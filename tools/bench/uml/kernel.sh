#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds a user-mode Linux (ARCH=um) from Debian's kernel source, once for each configuration, and
# prints the folder, in which modules can be built and "linux" is the program.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
release=6.1
archive=/usr/src/linux-source-$release.tar.xz
cache=${KHMAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/khmap}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/}"
	echo "Builds user-mode Linux $release, which takes some minutes, unless it is cached;"
	echo 'prints its folder.'
	exit 0
	;;
esac
[ $# -eq 0 ] || die 'no arguments are expected'
[ -f "$archive" ] || die "$archive is missing (run tools/setup.sh)"

# Another source, configuration or recipe is another folder.
stamp=$(stat -c %s-%Y "$archive")-$(cat "$here/config" "$0" | cksum | tr ' ' -)
final=$cache/uml/$release-$stamp
if [ -x "$final/linux" ]; then
	echo "$final"
	exit 0
fi
mkdir -p "$cache/uml"
exec 9>"$cache/uml/.lock"
flock 9
[ ! -x "$final/linux" ] || { echo "$final"; exit 0; }

# The folder's own name is in what is built, so it cannot be moved there when done: "linux",
# which comes last, says that it is complete.
rm -rf "$final"
mkdir "$final"
echo "Building user-mode Linux $release (once; some minutes) ..." >&2
tar -xJf "$archive" -C "$final" --strip-components 1
build() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u BUILD -u CFLAGS -u KERNEL \
		make -s -C "$final" ARCH=um -j"$(nproc)" "$@" >>"$final/build.log" 2>&1 ||
		die "user-mode Linux does not build; see $final/build.log"
}
build KCONFIG_ALLCONFIG="$here/config" allnoconfig
# What does not exist, or depends on something else, is dropped without a word.
grep '^CONFIG_' "$here/config" | while read -r line; do
	grep -qx "$line" "$final/.config" || die "$line cannot be had"
done
build LDFLAGS_vmlinux= vmlinux modules_prepare
build modules
[ -f "$final/Module.symvers" ] || cp "$final/vmlinux.symvers" "$final/Module.symvers"
ln -f "$final/vmlinux" "$final/linux"
echo "$final"
