#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Installs the Debian packages that khmap is built and tested with. Says which before it
# installs any, and does nothing when all are there.

set -eu

build='build-essential clang llvm libbpf-dev libelf-dev zlib1g-dev libcsv-dev libjansson-dev
	libmpack-dev libsmartcols-dev libxxhash-dev liblz4-dev libzstd-dev liburing-dev pkg-config
	bpftool dwarves bc xz-utils linux-source-6.1'
guest='qemu-system-x86 busybox-static cpio kmod e2fsprogs strace ieee-data jq'
test='sparse shellcheck spin mandoc python3-docutils clang-format
	gcc-multilib g++-multilib libclang-rt-14-dev libxml2-utils
	flex bison ccache'
bench='liblmdb-dev libboost1.81-dev libabsl-dev libyajl-dev rapidjson-dev libcbor-dev
	gnuplot-nox valgrind flex bison'
kernels='bsdextrautils bubblewrap debian-archive-keyring'
fuzz='trinity stress-ng'
# What runs programs of other machines. Their compilers would drive out gcc-multilib, so
# tools/cross/toolchain.sh unpacks them instead.
big_endian='qemu-user debian-archive-keyring'
arm64="$big_endian qemu-system-arm"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--list | --check] [GROUP...]
	Installs what khmap needs from Debian's archive, as root or through sudo.

	  --list    print the packages and install nothing
	  --check   exit 1 if a package is missing, install nothing

	Groups (default: the first four)
	  build     compilers and libraries
	  guest     the virtual machine that the module runs in
	  test      checkers and 32-bit builds
	  bench     the maps and serializers that khmap is measured against, a plotter, a simulator
	            of caches, and what user-mode Linux is built with
	  kernels   what the compiler of a kernel newer than this Debian is run in
	  fuzz      the fuzzers of others that "make fuzz-guest" runs in the guest
	  big-endian, arm64
	            emulators of other machines
	EOF
}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

action=install
groups=
for arg; do
	case $arg in
	-h | --help) usage; exit 0 ;;
	--list | --check) action=${arg#--} ;;
	build | guest | test | bench | kernels | fuzz | big-endian | arm64) groups="$groups $arg" ;;
	*) usage >&2; exit 2 ;;
	esac
done

packages=
for group in ${groups:-build guest test bench}; do
	case $group in
	build) packages="$packages $build" ;;
	guest) packages="$packages $guest" ;;
	test) packages="$packages $test" ;;
	bench) packages="$packages $bench" ;;
	kernels) packages="$packages $kernels" ;;
	fuzz) packages="$packages $fuzz" ;;
	big-endian) packages="$packages $big_endian" ;;
	arm64) packages="$packages $arm64" ;;
	esac
done

if [ "$action" = list ]; then
	# shellcheck disable=SC2086 # a list of words
	printf '%s\n' $packages
	exit 0
fi

command -v dpkg-query >/dev/null || die 'this is not a Debian system; see --list'

# shellcheck disable=SC2086 # a list of words
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $packages 2>/dev/null |
	sed -n 's/^installed //p') || :
missing=
for package in $packages; do
	case "
$installed
" in
	*"
$package
"*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$action" = check ]; then
	die "missing packages:$missing (run tools/setup.sh)"
fi

echo "khmap needs these Debian packages, which are not installed yet:"
# shellcheck disable=SC2086 # a list of words
printf '%s\n' $missing | fmt -w 78 | sed 's/^/  /'
echo 'Installing them with apt-get; this may take some minutes.'

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || die 'run this as root (there is no sudo here)'
	as_root=sudo
fi

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >>"$log" 2>&1
}

install() {
	# shellcheck disable=SC2086 # a list of words
	apt install -y --no-install-recommends $missing
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
# Package lists may be missing (a fresh container) or older than the archive.
if ! install && ! { apt update && install; }; then
	tail -n 20 "$log" >&2
	die 'the installation failed; the end of its log is above'
fi
echo 'Installed.'
