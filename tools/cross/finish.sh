#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Assembles, once, the program with which an arm64 guest ends QEMU, and prints its path. It asks
# by semihosting, from user space, which QEMU must allow: status 85 is what the x86 guest's byte 42
# becomes.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/lib.sh"

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/}"
	echo 'Makes a program that ends an arm64 guest, unless it is cached; prints its path.'
	exit 0
	;;
esac
[ $# -eq 0 ] || die 'no arguments are expected'

env=$("$here/toolchain.sh" arm64)
eval "$env"
program=${SYSROOT%/*}/finish-$(cksum <"$0" | tr ' ' -)
if [ ! -x "$program" ]; then
	# SYS_EXIT, for ADP_Stopped_ApplicationExit with a status.
	"${CROSS_COMPILE}gcc" -nostdlib -static -x assembler -o "$program.$$" - <<-end
	.globl _start
	_start:
		mov w0, #0x18
		adr x1, reason
		hlt #0xf000
		b .
		.balign 8
	reason:
		.quad 0x20026, $qemu_success
	end
	mv "$program.$$" "$program"
fi
echo "$program"
