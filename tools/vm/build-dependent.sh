#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds a module that uses khmap.ko, against the khmap.ko that build-module.sh has made.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
. "$here/lib.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--kernel VERSION] FOLDER
	Builds the modules that the Kbuild in FOLDER names, into build/module/VERSION;
	build/module then links to them. Warnings of the compiler (W=1) and of modpost are errors.
	EOF
}

version=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--kernel) version=${2?--kernel needs a version}; shift ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 1 ] || { usage >&2; exit 2; }
folder=$(cd "$1" && pwd)
[ -f "$folder/Kbuild" ] || die "there is no Kbuild in $folder"

env=$("$here/kernel.sh" ${version:+"$version"})
eval "$env"
out=$build/module/$KERNEL
khmap=$out/work
[ -f "$khmap/Module.symvers" ] || die "there is no khmap.ko for $KERNEL (make module)"

work=$out/${folder##*/}
mkdir -p "$work"
for file in "$folder"/*; do
	ln -sfn "$file" "$work/${file##*/}"
done
find "$work" -xtype l -delete
# Its type information builds upon that of khmap, of which make knows nothing.
find "$work" -name '*.ko' ! -newer "$out/khmap.ko" -delete

log=$work/build.log
status=0
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u BUILD -u CFLAGS -u KERNEL \
	"$here/toolchain.sh" --ro "$top" --ro "$folder" --rw "$out" "$KERNEL" make -s -C "$KDIR" M="$work" KHMAP="$khmap" KBUILD_EXTRA_SYMBOLS="$khmap/Module.symvers" \
	UBSAN_SANITIZE=y W=1 KCFLAGS=-Werror modules >"$log" 2>&1 || status=$?
grep -v '^Skipping BTF generation' "$log" | sed "s|$work/||g" >&2 || :
[ "$status" -eq 0 ] || die "${folder##*/} does not build for $KERNEL"
! grep -qiE '(^|[^a-z-])warning:' "$log" || die 'the build gave warnings, which are errors here'

for file in "$work"/*.ko; do
	ko=$out/${file##*/}
	if ! cmp -s "$file" "$ko"; then
		cp "$file" "$ko"
		printf '  %-7s %s\n' MODULE "${ko#"$top"/}"
	fi
	ln -sfn "$KERNEL/${file##*/}" "$build/module/${file##*/}"
done
