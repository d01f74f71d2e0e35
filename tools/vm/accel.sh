#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Says which accelerator boots a kernel on this machine, kvm or tcg. Some hosts offer KVM on
# which no stock kernel boots, so it is tried once for each kernel, CPU and host kernel.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/} [VERSION]"
	echo 'Prints kvm if the kernel boots under it here, else tcg. KHMAP_ACCEL overrides.'
	exit 0
	;;
esac

case ${KHMAP_ACCEL-} in
kvm | tcg) echo "$KHMAP_ACCEL"; exit 0 ;;
'') ;;
*) die "KHMAP_ACCEL is kvm or tcg, not $KHMAP_ACCEL" ;;
esac
if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
	echo tcg
	exit 0
fi

env=$("$here/kernel.sh" "$@")
eval "$env"
if [ "$(machine_of "$KERNEL")" != amd64 ]; then
	echo tcg
	exit 0
fi
machine=$({ uname -rv; grep -m 1 '^model name' /proc/cpuinfo; } | cksum | cut -d ' ' -f 1)
answer=${VMLINUX%/*}/accel-$machine
if [ ! -s "$answer" ]; then
	echo "Trying whether kernel $KERNEL boots under KVM here (once) ..." >&2
	image=$("$here/image.sh" "$KERNEL")
	status=0
	# shellcheck disable=SC2046,SC2154 # a list of words; names from lib.sh
	timeout -k 5 15 qemu-system-x86_64 $(qemu_machine kvm 2 512) -kernel "$VMLINUX" \
		-initrd "$image" -serial null \
		-append "$kernel_append khmap.probe" >/dev/null 2>&1 </dev/null || status=$?
	if [ "$status" -eq "$qemu_success" ]; then
		echo kvm >"$answer.$$"
	else
		echo tcg >"$answer.$$"
	fi
	mv "$answer.$$" "$answer"
fi
cat "$answer"
