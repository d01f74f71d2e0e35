#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Unpacks a Debian kernel for arm64, and its headers, into a private folder, as tools/vm/kernel.sh
# does those of this machine, or has one built. Modules are built against them by the compiler of
# toolchain.sh.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/lib.sh"
# Beside those of this machine, among which kernel.sh looks for the newest.
kernels=$cache/cross/kernels

usage() {
	cat <<-end
	Usage: ${0##*/} [VERSION]
	Fetches a Debian kernel for arm64, unless it is in the cache already, and prints what
	tools/vm/kernel.sh prints of others. VERSION is like 6.1.0-56-arm64, the default being what
	linux-image-arm64 depends on, or like 6.12.117+deb12-arm64-16k, with pages of 16 KiB; "16k"
	is the newest of these, and "arm64" the default. "64k" has pages of 64 KiB, and is built from
	Debian's kernel source when it is first asked for (see ../vm/debug/).
	end
}

case ${1-} in
-h | --help) usage; exit 0 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

# A command of apt's, for that machine.
apt() {
	config=$("$here/../vm/apt-config.sh" arm64 own) && env APT_CONFIG="$config" "$@"
}

# The version behind a default kernel of Debian; without package lists, the newest in the cache.
default_version() {
	apt apt-cache depends "linux-image-$series$flavour" 2>/dev/null |
		sed -n 's/^ *Depends: linux-image-\([0-9]\)/\1/p' | head -n 1
}

newest_cached() {
	for folder in "$kernels"/[0-9]*-"$flavour"; do
		[ -f "$folder/vmlinux.btf" ] && echo "${folder##*/}"
	done | sort -V | tail -n 1
}

# kbuild's own programs run on this machine: they come from its archive.
download() {
	base=${version%%-arm64*}
	kbuild=linux-kbuild-$base
	case $base in
	6.1.*) kbuild=linux-kbuild-6.1 ;;
	esac
	(cd "$work/debs" &&
		apt apt-get -qq download "linux-image-$version" "linux-headers-$version" \
			"linux-headers-$base-common" &&
		apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$kbuild")
}

# word FILE OFFSET
word() {
	od -An -t u4 -N 4 -j "$2" "$1" | tr -d ' '
}

# The type information in a kernel image that is no ELF file: a magic number, a version, flags, and
# the length of its head; then the places and lengths of types and strings, the last of all.
extract_btf() {
	offsets=$(LC_ALL=C grep -aboP '\x9f\xeb\x01\x00\x18\x00\x00\x00' "$1" | cut -d : -f 1)
	for at in $offsets; do
		length=$((24 + $(word "$1" $((at + 16))) + $(word "$1" $((at + 20)))))
		tail -c +$((at + 1)) "$1" | head -c "$length" >"$2"
		[ "$(bpftool btf dump file "$2" 2>/dev/null | head -n 1 | cut -c 1-3)" != '[1]' ] ||
			return 0
	done
	return 1
}

unpack() {
	for deb in "$work"/debs/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	[ -e "$work/root/lib" ] || ln -s usr/lib "$work/root/lib"
	rm -rf "$work/debs" "$work/root/usr/share"
	depmod -b "$work/root" "$version"

	# The headers name each other by absolute path, and leave the compiler to the machine.
	headers=$work/root/usr/src/linux-headers-$version
	grep -q '/usr/src/' "$headers/Makefile" || die "unexpected Makefile in $headers"
	sed -i "s|/usr/src/|$final/root/usr/src/|g
		1i export ARCH = arm64\ninclude $final/compiler.mk" "$headers/Makefile"

	cp "$work/root/boot/vmlinuz-$version" "$work/vmlinux"
	extract_btf "$work/vmlinux" "$work/.btf" || die "kernel $version has no BTF"
	mv "$work/.btf" "$work/vmlinux.btf"
}

fetch() {
	work=$kernels/.new.$$
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	mkdir -p "$work/debs"
	echo "Fetching kernel $version from Debian's archive ..." >&2
	if ! download >&2; then
		echo 'Trying again with fresh package lists ...' >&2
		"$here/../vm/apt-config.sh" --update arm64 own >/dev/null || :
		download >&2 || die "kernel $version, or its headers, cannot be fetched"
	fi
	echo 'Unpacking it ...' >&2
	unpack
	rm -rf "$final"
	mv "$work" "$final"
}

version=${1-}
series='' flavour=arm64
case $version in
16k) series=6.12- flavour=arm64-16k version='' ;;
*64k)
	env=$("$here/../vm/debug/kernel.sh" "$version")
	eval "$env"
	version=$KERNEL final=${VMLINUX%/*}
	;;
arm64) version='' ;;
esac
[ -n "$version" ] || version=$(default_version)
[ -n "$version" ] || version=$(newest_cached)
[ -n "$version" ] || {
	"$here/../vm/apt-config.sh" --update arm64 own >/dev/null || :
	version=$(default_version)
}
[ -n "$version" ] || die "Debian's lists of packages for arm64 cannot be fetched"
case $version in
*[!A-Za-z0-9.+~-]* | [!0-9]*) die "not a kernel version: $version" ;;
*-arm64 | *-arm64-16k)
	final=$kernels/$version
	KDIR=$final/root/usr/src/linux-headers-$version
	;;
*-arm64-64k) ;;
*) die "not a kernel for arm64: $version" ;;
esac

if [ ! -f "$final/vmlinux.btf" ]; then
	mkdir -p "$kernels"
	exec 9>"$kernels/.lock"
	flock 9
	[ -f "$final/vmlinux.btf" ] || fetch
	exec 9>&-
fi

# The compiler's folder may be another one than when the headers were unpacked.
env=$("$here/toolchain.sh" arm64)
eval "$env"
# Newer headers call it by its name alone.
lines="export CROSS_COMPILE = $CROSS_COMPILE
export PATH := ${CROSS_COMPILE%/*}:\$(PATH)"
if [ "$(cat "$final/compiler.mk" 2>/dev/null)" != "$lines" ]; then
	echo "$lines" >"$final/compiler.mk.$$"
	mv "$final/compiler.mk.$$" "$final/compiler.mk"
fi

cat <<EOF
KERNEL=$version
KDIR=$KDIR
VMLINUX=$final/vmlinux
BTF=$final/vmlinux.btf
MODULES=$final/root
SLOWER=2
EOF
