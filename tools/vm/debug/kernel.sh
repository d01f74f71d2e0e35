#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds a kernel that Debian has not from its kernel source, once for each configuration, and prints
# where it is, as ../kernel.sh does for those of Debian: those that look for faults, and one with large
# pages.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
release=6.1
# To be raised when make_kernel changes what it makes of the same configuration.
recipe=3
archive=/usr/src/linux-source-$release.tar.xz
. "$here/../lib.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} NAME
	Builds the kernel $release-NAME, which takes some minutes, unless it is cached, and prints
	what kernel.sh prints of others. NAME is one of:

	  kasan   memory errors, undefined behaviour, locks, leaks; faults to inject; kcov, gcov
	  kcsan   data races
	  64k     pages of 64 KiB, of an arm64: ask ../kernel.sh for it, which tells its headers
	          the compiler, too

	The kernel with all its symbols is KDIR/vmlinux. The cache is $cache.
	EOF
}

case ${1-} in
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac
[ $# -eq 1 ] || { usage >&2; exit 2; }
name=$1
# Its full version is a name, too.
name=${name##*-}
case $name in
kasan | kcsan) machine=x86 slower=5 suffix=$name ;;
64k) machine=arm64 slower=2 suffix=arm64-64k ;;
*) die "no such kernel: $1 (kasan, kcsan, 64k)" ;;
esac
case $1 in
"$name" | "$release-$name" | "$release".*[0-9]-"$suffix") ;;
*) die "no such kernel: $1 ($name, $release-$name, or its full version, $release.N-$suffix)" ;;
esac
[ -f "$archive" ] || die "$archive is missing (run tools/setup.sh)"
for tool in flex bison bc pahole gcc; do
	command -v "$tool" >/dev/null || die "$tool is missing (run tools/setup.sh)"
done

# Unless the kernel is this machine's.
CROSS_COMPILE=
if [ "$machine" = arm64 ]; then
	cross=$("$here/../../cross/toolchain.sh" arm64)
	eval "$cross"
fi

# Another source, configuration, but for comments, recipe or compiler is another folder.
archive_stamp=$(stat -c %s-%Y "$archive")
configs="$here/$machine.config $here/common.config $here/$name.config"
# shellcheck disable=SC2086 # a list of files
stamp=$archive_stamp-$({ grep -hE '^(# )?CONFIG_' $configs && echo "$recipe $("${CROSS_COMPILE}gcc" -dumpfullversion)"; } |
	cksum | tr ' ' -)
source=$cache/debug/source-$archive_stamp
final=$cache/debug/$release-$name-$stamp
objects=$final/build

unpack() {
	mkdir -p "$cache/debug"
	exec 8>"$cache/debug/.lock"
	flock 8
	if [ ! -d "$source" ]; then
		echo "Unpacking the source of kernel $release (once) ..." >&2
		rm -rf "$source.new"
		mkdir "$source.new"
		tar -xJf "$archive" -C "$source.new" --strip-components 1
		mv "$source.new" "$source"
	fi
	exec 8>&-
}

# With ccache, a small change of a configuration is a matter of a minute or two, if the compiler is this
# machine's: all that would make two builds differ is fixed, but for the folder, which is in what
# debuggers are told. What QEMU enters the kernel by (arch/x86/platform/pvh/enlighten.c, lib/string.c)
# runs before any account can be kept.
build() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u BUILD -u CFLAGS -u KERNEL \
		PATH="/usr/lib/ccache:$PATH" CCACHE_NOHASHDIR=1 \
		KBUILD_BUILD_TIMESTAMP='Thu Jan 1 00:00:00 UTC 1970' KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_USER=khmap KBUILD_BUILD_HOST=khmap \
		make -s -C "$source" O="$objects" -j"$(nproc)" ARCH="$machine" CROSS_COMPILE="$CROSS_COMPILE" \
		KASAN_SANITIZE_enlighten.o=n KCSAN_SANITIZE_enlighten.o=n \
		KASAN_SANITIZE_string.o=n KCSAN_SANITIZE_string.o=n "$@" >>"$final/build.log" 2>&1 8>&- 9>&- ||
		die "kernel $release-$name does not build; see $final/build.log"
}

# The folder's own name is in what is built, so it cannot be moved there when done: vmlinux.btf, which
# comes last, says that it is complete.
make_kernel() {
	rm -rf "$final"
	mkdir -p "$objects"
	# shellcheck disable=SC2086 # a list of files
	cat $configs >"$final/config"
	build KCONFIG_ALLCONFIG="$final/config" allnoconfig
	# What does not exist, or depends on something else, is dropped without a word.
	grep '^CONFIG_' "$final/config" | while read -r line; do
		grep -qxF "$line" "$objects/.config" || die "$line cannot be had"
	done
	build vmlinux modules_prepare
	[ "$machine" != arm64 ] || build Image
	build modules
	[ -f "$objects/Module.symvers" ] || cp "$objects/vmlinux.symvers" "$objects/Module.symvers"

	# Everything is built in: for modprobe there are lists only.
	version=$(cat "$objects/include/config/kernel.release")
	lists=$final/root/lib/modules/$version
	mkdir -p "$lists"
	for list in builtin builtin.modinfo order; do
		if [ -f "$objects/modules.$list" ]; then
			cp "$objects/modules.$list" "$lists"
		else
			: >"$lists/modules.$list"
		fi
	done
	depmod -b "$final/root" "$version"
	case $machine in
	# QEMU boots an image of its own kind, and headers are told the machine (../../cross/kernel.sh).
	arm64)
		cp "$objects/arch/arm64/boot/Image" "$final/vmlinux"
		sed -i "1i export ARCH = arm64\ninclude $final/compiler.mk" "$objects/Makefile"
		;;
	*) strip --strip-debug -o "$final/vmlinux" "$objects/vmlinux" ;;
	esac
	# Modules need none of these, and they are large.
	find "$objects" \( -path "$objects/scripts" -o -path "$objects/tools" \) -prune -o \
		\( -name '*.o' -o -name '*.a' -o -name '.tmp_vmlinux*' \) -type f -exec rm {} +
	"${CROSS_COMPILE}objcopy" --dump-section .BTF="$final/.btf" "$objects/vmlinux" /dev/null ||
		die "kernel $release-$name has no BTF"
	mv "$final/.btf" "$final/vmlinux.btf"
}

if [ ! -f "$final/vmlinux.btf" ]; then
	unpack
	exec 9>"$cache/debug/.lock-$name"
	flock 9
	if [ ! -f "$final/vmlinux.btf" ]; then
		echo "Building kernel $release-$name (once; some minutes) ..." >&2
		make_kernel
	fi
	exec 9>&-
fi

version=$(cat "$objects/include/config/kernel.release")
case $1 in
"$name" | "$release-$name" | "$version") ;;
*) die "the kernel is $version, not $1" ;;
esac

cat <<EOF
KERNEL=$version
KDIR=$objects
VMLINUX=$final/vmlinux
BTF=$final/vmlinux.btf
MODULES=$final/root
SLOWER=$slower
EOF
