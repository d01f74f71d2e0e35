#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Unpacks a Debian kernel and its headers into a private folder, so that modules can be built
# and guests booted without installing either on this machine. Prints where they are.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${KHMAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/khmap}

usage() {
	cat <<-EOF
	Usage: ${0##*/} [VERSION]
	Fetches a Debian kernel, unless it is in the cache already, and prints for sh and make:

	  KERNEL    its version, as uname -r says it
	  KDIR      the headers that a module is built against
	  VMLINUX   the ELF kernel that a guest boots
	  BTF       the kernel's type information
	  MODULES   a root folder for modprobe -d
	  SLOWER    how many times longer than a usual kernel it may take

	VERSION is like 6.1.0-56-amd64; by default what linux-image-amd64 depends on. 6.12 is the
	newest kernel of that release in this machine's package lists, "newest" the one of Debian's
	unstable suite. 6.1-kasan and 6.1-kcsan are debug kernels, which are built when they are
	first asked for (see debug/). Versions for arm64 are of that machine's lists, or, with pages of
	64 KiB, built (see ../cross/).
	The cache is \$KHMAP_CACHE, now $cache.
	EOF
}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

update_lists() {
	if [ "$(id -u)" -eq 0 ]; then
		apt-get -qq update
	elif command -v sudo >/dev/null; then
		sudo apt-get -qq update
	else
		return 1
	fi
}

# The version behind Debian's default kernel; without package lists, the newest in the cache.
default_version() {
	apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/^ *Depends: linux-image-\([0-9]\)/\1/p' | head -n 1
}

newest_cached() {
	for folder in "$cache/kernels/${1-}"[0-9]*-amd64; do
		[ -f "$folder/vmlinux.btf" ] && echo "${folder##*/}"
	done | sort -V | tail -n 1
}

# The newest kernel of a release like 6.12.
release_version() {
	apt-cache search --names-only "^linux-image-$1\.[0-9][^-]*(-[0-9]+)?-amd64\$" |
		sed 's/^linux-image-\([^ ]*\) .*/\1/' | sort -V | tail -n 1
}

# Debian's newest kernel, which this machine's package lists do not know.
unstable_version() {
	APT_CONFIG=$("$here/apt-config.sh" amd64 unstable) && export APT_CONFIG && default_version
}

# The packages that hold one kernel: its image, its headers, and what these are made of.
packages() {
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces --no-enhances --important "linux-image-$1" "linux-headers-$1" |
		sed -n 's/^\(linux-\(headers\|kbuild\|compiler\|image\|base\|modules\|binary\)-[^:]*\).*/\1/p' |
		sed '/-unsigned$/d' | sort -u
}

# Debian's headers name each other by absolute path. Left alone, they would find the headers of
# this machine, or none.
relocate_headers() {
	root=$1
	home=$2
	headers=$root/usr/src/linux-headers-$version
	grep -q '/usr/src/' "$headers/Makefile" || die "unexpected Makefile in $headers"
	sed -i "s|/usr/src/|$home/usr/src/|g" "$headers/Makefile"
	for link in build source; do
		target=$(readlink "$root/lib/modules/$version/$link") || continue
		# Newer packages have relative links, which are right as they are.
		case $target in
		/*) ln -sfn "$home$target" "$root/lib/modules/$version/$link" ;;
		esac
	done
}

# The ELF kernel is a compressed stream somewhere inside the boot image.
extract_vmlinux() {
	image=$1
	for kind in 'xz \xFD7zXZ\x00' 'zstd \x28\xB5\x2F\xFD' 'gzip \x1F\x8B\x08'; do
		tool=${kind%% *}
		command -v "$tool" >/dev/null || continue
		offsets=$(LC_ALL=C grep -aboP "${kind#* }" "$image" | cut -d : -f 1)
		for offset in $offsets; do
			# What follows the stream makes the tool complain; the ELF header decides.
			tail -c +$((offset + 1)) "$image" | "$tool" -dc >"$2" 2>/dev/null || :
			if readelf -h "$2" >/dev/null 2>&1; then
				return 0
			fi
		done
	done
	return 1
}

download() {
	sandbox=
	[ "$(id -u)" -ne 0 ] || sandbox='-o APT::Sandbox::User=root'
	list=$(packages "$version" 2>/dev/null)
	case $list in
	*linux-headers-*) ;;
	*) return 1 ;;
	esac
	# shellcheck disable=SC2086 # lists of words
	(cd "$work/debs" && apt-get -qq $sandbox download $list)
}

download_unstable() {
	APT_CONFIG=$("$here/apt-config.sh" amd64 unstable) && export APT_CONFIG && download
}

unpack() {
	for deb in "$work"/debs/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	# Since Debian 13 a package may use /usr/lib/modules alone.
	[ -e "$work/root/lib" ] || ln -s usr/lib "$work/root/lib"
	rm -rf "$work/debs" "$work/root/usr/share"
	relocate_headers "$work/root" "$final/root"
	depmod -b "$work/root" "$version"

	image=$work/root/boot/vmlinuz-$version
	[ -f "$image" ] || image=$work/root/lib/modules/$version/vmlinuz
	extract_vmlinux "$image" "$work/vmlinux" || die "no ELF kernel found inside $image"
	objcopy --dump-section .BTF="$work/vmlinux.btf" "$work/vmlinux" /dev/null ||
		die "kernel $version has no BTF"
}

fetch() {
	work=$cache/kernels/.new.$$
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	mkdir -p "$work/debs"
	echo "Fetching kernel $version from Debian's archive ..." >&2
	# Package lists may be missing, or name files that the archive has replaced.
	if ! download >&2; then
		echo "Trying again with fresh package lists, and with those of Debian's unstable suite ..." >&2
		update_lists >&2 || :
		download >&2 || download_unstable >&2 ||
			die "kernel $version, or its headers, cannot be fetched"
	fi
	echo 'Unpacking it ...' >&2
	unpack
	rm -rf "$final"
	mv "$work" "$final"
}

case ${1-} in
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

for tool in apt-cache apt-get dpkg depmod readelf objcopy xz; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
		die "$tool is missing (run tools/setup.sh)"
done
PATH=$PATH:/usr/sbin:/sbin

version=${1-}
case $version in
newest)
	version=$(unstable_version) || :
	[ -n "$version" ] || version=$(newest_cached)
	;;
[0-9].[0-9] | [0-9].[0-9][0-9])
	release=$version
	version=$(release_version "$release")
	[ -n "$version" ] || version=$(newest_cached "$release.")
	[ -n "$version" ] || { update_lists >&2 || :; version=$(release_version "$release"); }
	[ -n "$version" ] || die "Debian's archive has no kernel $release for this machine's suite"
	;;
esac
[ -n "$version" ] || version=$(default_version)
[ -n "$version" ] || version=$(newest_cached)
[ -n "$version" ] || { update_lists >&2 || :; version=$(default_version); }
[ -n "$version" ] || die 'no linux-image-amd64 in the package lists; run apt-get update'
case $version in
*[!A-Za-z0-9.+~-]* | [!0-9]*) die "not a kernel version: $version" ;;
*-arm64* | *64k) exec "$here/../cross/kernel.sh" "$version" ;;
esac

# A debug kernel is not fetched, but built.
if [ "${version%-common}" = "$version" ] && [ -f "$here/debug/${version##*-}.config" ]; then
	exec "$here/debug/kernel.sh" "$version"
fi

final=$cache/kernels/$version
if [ ! -f "$final/vmlinux.btf" ]; then
	mkdir -p "$cache/kernels"
	exec 9>"$cache/kernels/.lock"
	flock 9
	[ -f "$final/vmlinux.btf" ] || fetch
	exec 9>&-
fi

cat <<EOF
KERNEL=$version
KDIR=$final/root/usr/src/linux-headers-$version
VMLINUX=$final/vmlinux
BTF=$final/vmlinux.btf
MODULES=$final/root
SLOWER=1
EOF
