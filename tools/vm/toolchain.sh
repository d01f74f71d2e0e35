#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs a command with the compiler that a kernel's headers ask for. A kernel that is newer than this
# machine's Debian wants a newer compiler, and its headers hold programs for a newer C library: then
# packages of Debian's unstable suite are unpacked beside the kernel, and bubblewrap runs the command
# with these as its /usr. Nothing is installed, and root is not needed.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--ro FOLDER]... [--rw FOLDER]... VERSION COMMAND [ARGUMENT...]
	       ${0##*/} --print VERSION
	Runs a command with the compiler and the libraries that the headers of a kernel (see kernel.sh)
	ask for: those of this machine, if it has them, or unpacked ones. The latter see the cache of
	kernels, and of this machine's files only

	  --ro FOLDER   this folder, to read
	  --rw FOLDER   this folder, to write

	  --print       run nothing, but say which compiler it is and whose
	EOF
}

folders=
print=
newline='
'
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--print) print=yes ;;
	--ro | --rw)
		[ $# -ge 2 ] || { usage >&2; exit 2; }
		# Last first, see below.
		folders="${1#--} $2$newline$folders"
		shift
		;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 1 ] || { [ $# -eq 1 ] && [ -n "$print" ]; } || { usage >&2; exit 2; }
env=$("$here/kernel.sh" "$1")
eval "$env"
shift

# Headers of another machine's kernel know their compiler (../cross/kernel.sh).
if [ "$(machine_of "$KERNEL")" != amd64 ]; then
	[ -z "$print" ] || { echo "${0##*/}: see ../cross/toolchain.sh"; exit 0; }
	exec "$@"
fi

toolchain=${VMLINUX%/*}/toolchain
text=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"$/\1/p' "$KDIR/.config")
compiler=${text%% *}
[ -n "$compiler" ] || die "the headers of $KERNEL do not say which compiler they are for"

# The headers' own programs are linked with the C library of the kernel's release.
machine_has_it() {
	command -v "$compiler" >/dev/null &&
		! ldd "$KDIR/scripts/mod/modpost" 2>&1 | grep -q 'not found'
}

# What the headers depend on, besides what kernel.sh has fetched.
dependencies() {
	kbuild=$(apt-cache depends "linux-headers-$KERNEL" |
		sed -n 's/^ *Depends: \(linux-kbuild-.*\)/\1/p')
	# shellcheck disable=SC2086 # one package, or none
	apt-cache depends --important "linux-headers-$KERNEL" $kbuild |
		sed -n 's/^ *Depends: //p' | grep -v '^linux-' | sort -u
}

fetch() {
	command -v bwrap >/dev/null || die "bubblewrap is missing (run tools/setup.sh kernels)"
	work=$toolchain.new.$$
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	mkdir -p "$work/debs/partial" "$work/root"
	APT_CONFIG=$("$here/apt-config.sh" amd64 unstable)
	export APT_CONFIG
	list=$(dependencies)
	case $list in
	*gcc*) ;;
	*) die "$compiler is missing, and Debian's unstable suite has no headers of $KERNEL" ;;
	esac
	echo "Fetching $compiler, which kernel $KERNEL is built with ..." >&2
	# shellcheck disable=SC2086 # a list of words
	apt-get -qq -y -o Dir::Cache::archives="$work/debs" --download-only install \
		coreutils dash findutils grep make mawk sed $list >&2 ||
		die "$compiler cannot be fetched"
	for deb in "$work"/debs/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	# What a script of mawk's package does.
	ln -sf mawk "$work/root/usr/bin/awk"
	rm -rf "$work/root/usr/share" "$toolchain"
	mv "$work/root" "$toolchain"
	rm -rf "$work"
}

if machine_has_it; then
	[ -z "$print" ] || { echo "$($compiler --version | head -n 1), of this machine"; exit 0; }
	exec "$@"
fi

if [ ! -d "$toolchain" ]; then
	exec 9>"${VMLINUX%/*}/.toolchain.lock"
	flock 9
	[ -d "$toolchain" ] || fetch
	exec 9>&-
fi

sandbox() {
	exec bwrap --ro-bind "$toolchain/usr" /usr --symlink usr/bin /bin --symlink usr/sbin /sbin \
		--symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp \
		--unshare-net --die-with-parent --clearenv --setenv PATH /usr/bin:/usr/sbin \
		--setenv LC_ALL C.UTF-8 --setenv DEB_BUILD_ARCH amd64 --ro-bind "$cache" "$cache" "$@"
}

if [ -n "$print" ]; then
	echo "$(sandbox "$compiler" --version | head -n 1), unpacked"
	exit 0
fi
set -- --chdir / "$@"
# Each goes before those that came after it: a folder may lie within one that was named before it.
while read -r kind folder; do
	case $kind in
	ro) set -- --ro-bind "$folder" "$folder" "$@" ;;
	rw) set -- --bind "$folder" "$folder" "$@" ;;
	esac
done <<EOF
$folders
EOF
sandbox "$@"
