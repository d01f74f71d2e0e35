#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds module, library, commands and test programs for arm64 and runs the guest's tests under
# arm64 kernels, with pages of 4, 16 and 64 KiB, and the unit tests in user mode emulation. Closes with
# one line of counts.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export BUILD="${BUILD:-$top/build}/arm64"

usage() {
	cat <<-end
	Usage: ${0##*/} [--no-unit] [KERNEL...]
	Builds for arm64 into build/arm64, and runs there what can be run of the guest's list, once for
	each kernel: a version, "arm64" for Debian's default, "16k" for Debian's newest with pages of
	16 KiB, or "64k" for one that is built from Debian's source (default: all three). Then the
	unit tests (see unit.sh), unless --no-unit is given.
	end
}

unit=yes
case ${1-} in
-h | --help) usage; exit 0 ;;
--no-unit) unit=''; shift ;;
-*) usage >&2; exit 2 ;;
esac
[ $# -gt 0 ] || set -- arm64 16k 64k

env=$("$here/toolchain.sh" arm64)
eval "$env"
mkdir -p "$BUILD/report"
rm -f "$BUILD/report"/guest-*.tap

cross_make() {
	make --no-print-directory -s -j"$(nproc)" -C "$top/$1" CC="${CROSS_COMPILE}gcc" BPF_ARCH=arm64 \
		GUEST_32=no all
}

# What cannot be run: 32-bit programs are of an x86; on 6.1, an arm64 attaches no BPF program to
# the entry of a function, so no profiler. The fuzzer and the soak are long enough on one machine,
# and sweeps of faults need a debug kernel.
list() {
	sed '/^#/d; /[a-z]32$/d; /prof/d; /unshare:/d; /soak/d; /fuzz/d; /\/fault_/d' "$top/selftests/guest/list"
}

status=0
for kernel; do
	env=$("$here/kernel.sh" "$kernel")
	eval "$env"
	# shellcheck disable=SC2153 # kernel.sh names it
	echo "== guest, kernel $KERNEL"
	echo "$env" >"$BUILD/kernel.env"
	"$top/tools/vm/build-module.sh" --kernel "$KERNEL"
	"$top/tools/vm/build-dependent.sh" --kernel "$KERNEL" selftests/guest/example
	cross_make user
	cross_make selftests/guest
	cross_make tools/demo
	list >"$BUILD/list"
	"$top/tools/vm/run.sh" --kernel "$KERNEL" --timeout 3600 \
		--report "$BUILD/report/guest-$KERNEL.tap" --list "$BUILD/list" || status=1
done
if [ -n "$unit" ]; then
	echo '== unit'
	BUILD=${BUILD%/arm64} "$here/unit.sh" arm64 || status=1
fi

echo '== all'
"$top/tools/vm/tap.sh" --title arm64 "$BUILD/report"/*.tap || status=1
exit "$status"
