#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Tests what kmod/kernels.mk says to headers of older and of newer kernels than khmap knows: kbuild is
# told that the headers of the guest's kernel have another version. Writes
# build/report/kernels-refuse.tap.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
report=$build/report/kernels-refuse.tap
. "$top/tools/vm/lib.sh"

env=$("$top/tools/vm/kernel.sh") || exit 1
eval "$env"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$work/kmod" "${report%/*}"
ln -s "$top/kmod/kernels.mk" "$work/kmod/kernels.mk"
# The first lines of the module's own, but a module that is built in no time.
sed '/^khmap-y/,$d; s/khmap\.o/empty.o/' "$top/Kbuild" >"$work/Kbuild"
cat >"$work/empty.c" <<EOF
#include <linux/module.h>
MODULE_DESCRIPTION("nothing");
MODULE_LICENSE("GPL");
EOF
newest=$(sed -n 's/^khmap-newest := //p' "$top/kmod/kernels.mk")

number=0
failed=0
echo 'TAP version 13' >"$report"
echo '1..8' >>"$report"

# says NAME VERSION STATUS LINES: what is said of khmap, if kbuild believes in that version.
says() {
	number=$((number + 1))
	rm -f "$work/empty.ko"
	numbers=$2.0.0
	rest=${numbers#*.}
	status=0
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u BUILD -u CFLAGS -u KERNEL \
		make -s -C "$KDIR" M="$work" VERSION="${numbers%%.*}" PATCHLEVEL="${rest%%.*}" \
		SUBLEVEL="$(echo "${rest#*.}" | cut -d . -f 1)" modules >"$work/log" 2>&1 || status=1
	said=$(sed -n 's/^[^ ]*: \(\*\*\* \)\{0,1\}\(khmap .*\)/\2/p' "$work/log")
	built=1
	[ ! -f "$work/empty.ko" ] || built=0
	if [ "$status" -eq "$3" ] && [ "$built" -eq "$3" ] && [ "$said" = "$4" ]; then
		echo "ok $number $1" >>"$report"
		return
	fi
	failed=1
	{
		echo "not ok $number $1"
		echo "status $status, built $built, wanted $3; wanted to be said: $4" | sed 's/^/# /'
		sed 's/^/# /' "$work/log"
	} >>"$report"
}

too_old() {
	echo "khmap needs Linux 6.1.22 or newer, and these headers are of $1: build it for a newer kernel.  Stop."
}

untried() {
	echo "khmap was tried with Linux up to $newest, not with $1: if it builds, run its tests before you trust it"
}

says 'years too old' 4.19.300 1 "$(too_old 4.19.300)"
says 'the release before' 6.0.19 1 "$(too_old 6.0.19)"
says 'a bug fix too old' 6.1.21 1 "$(too_old 6.1.21)"
says 'the oldest' 6.1.22 0 ''
says 'with more digits' 6.12.3 0 ''
says 'the newest' "$newest.250" 0 ''
says 'the next release' "${newest%.*}.$((${newest#*.} + 1))" 0 \
	"$(untried "${newest%.*}.$((${newest#*.} + 1)).0")"
says 'years too new' 19.2.1 0 "$(untried 19.2.1)"

"$top/tools/vm/tap.sh" --title refuse "$report"
exit $failed
