#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Unpacks Debian's compiler for another machine, and that machine's libraries, into a private
# folder. (Installed, the compiler would drive out gcc-multilib, with which the 32-bit tests are
# built.) Prints where they are.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/lib.sh"
release=12

# What khmap's programs are built with, and the programs of a guest.
libraries='libc6-dev libxxhash-dev liblz4-dev libzstd-dev libcsv-dev libjansson-dev libmpack-dev
	libsmartcols-dev liburing-dev'
guest='libbpf-dev libelf-dev zlib1g-dev busybox-static bpftool strace jq'

usage() {
	cat <<-end
	Usage: ${0##*/} arm64 | s390x
	Fetches a compiler and libraries, unless they are in the cache, and prints for sh and make:

	  TRIPLET         the machine's name in names of programs and folders
	  CROSS_COMPILE   how the names of compiler, linker and the like begin
	  SYSROOT         the machine's libraries and headers
	  EMULATOR        the command that runs a program of that machine here

	The cache is \$KHMAP_CACHE, now $cache.
	end
}

case ${1-} in
-h | --help) usage; exit 0 ;;
esac
[ $# -eq 1 ] || { usage >&2; exit 2; }
architecture=$1
case $architecture in
arm64) triplet=aarch64-linux-gnu packages="$libraries $guest" ;;
s390x) triplet=s390x-linux-gnu packages=$libraries ;;
*) usage >&2; exit 2 ;;
esac

# Of this machine's archive.
compiler="gcc-$release-$triplet cpp-$release-$triplet binutils-$triplet
	libgcc-$release-dev-$architecture-cross"

download_compiler() {
	# shellcheck disable=SC2086 # a list of words
	(cd "$work/compiler" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download $compiler)
}

download_libraries() {
	# shellcheck disable=SC2086 # a list of words
	APT_CONFIG=$config apt-get -qq -y -o Dir::Cache::archives="$work/libraries" \
		--download-only install $packages
}

# Links that are absolute would lead out of the folder.
relative_links() {
	find "$1" -type l -lname '/*' | while read -r link; do
		target=$1$(readlink "$link")
		[ ! -e "$target" ] || ln -sfnr "$target" "$link"
	done
}

# The compiler's own folders, its libraries among them, are found from where it lies.
write_wrappers() {
	mkdir "$work/bin"
	for tool in "$work/tools/usr/bin/$triplet"-*; do
		name=${tool##*/}
		sysroot=
		case $name in
		*-gcc-$release) name=${name%-"$release"} sysroot=" --sysroot=$final/root" ;;
		*-"$release") continue ;;
		esac
		cat >"$work/bin/$name" <<-end
		#!/bin/sh
		LD_LIBRARY_PATH=$final/tools/usr/lib/$(gcc -print-multiarch) \\
		    exec $final/tools/usr/bin/${tool##*/}$sysroot "\$@"
		end
		chmod 755 "$work/bin/$name"
	done
	# Debian's kernels are built by this name.
	ln -s "$triplet-gcc" "$work/bin/$triplet-gcc-$release"
}

fetch() {
	work=$cache/cross/.new.$$
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	mkdir -p "$work/compiler" "$work/libraries/partial"
	echo "Fetching a compiler and libraries for $architecture from Debian's archive ..." >&2
	download_compiler >&2 ||
		die "the compiler cannot be fetched; if the package lists are old, run apt-get update"
	config=$("$here/../vm/apt-config.sh" --update "$architecture" own)
	download_libraries >&2 || die "the libraries for $architecture cannot be fetched"
	for deb in "$work"/compiler/*.deb; do
		dpkg -x "$deb" "$work/tools"
	done
	for deb in "$work"/libraries/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	rm -rf "$work/compiler" "$work/libraries" "$work/tools/usr/share" "$work/root/usr/share"
	relative_links "$work/root"
	write_wrappers
	mv "$work" "$final"
}

# Another list of packages is another folder.
final=$cache/cross/$architecture-$(cksum <"$0" | tr ' ' -)
if [ ! -d "$final" ]; then
	mkdir -p "$cache/cross"
	exec 9>"$cache/cross/.lock-$architecture"
	flock 9
	[ -d "$final" ] || fetch
	exec 9>&-
fi

cat <<EOF
TRIPLET=$triplet
CROSS_COMPILE=$final/bin/$triplet-
SYSROOT=$final/root
EMULATOR="qemu-${triplet%%-*} -L $final/root"
EOF
