#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs the checkers, each as one test case and as many at a time as there are processors, and writes
# build/report/lint.tap.
# shellcheck disable=SC2317 # the checks are called by their names

set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}
cd "$top" || exit 1

checks='licences checkpatch sparse clang shellcheck kernel_doc documented man rst'

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/} [CHECK...]"
	echo "Runs the checks, default all: $checks"
	exit 0
	;;
esac

files() {
	"$here/files.sh" "$@"
}

check_licences() {
	"$here/spdx.sh"
}

check_checkpatch() {
	"$here/checkpatch.sh"
}

check_sparse() {
	tools/vm/build-module.sh --sparse ${KERNEL:+--kernel "$KERNEL"}
}

# The same sources under the other compiler; its products are not used.
check_clang() {
	env -u MAKEFLAGS -u MFLAGS make -s -j"$(nproc)" -C user BUILD="$build/lint/clang" CC=clang \
		lib cli &&
		for file in kmod/core/*.c; do
			clang -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter -Wshadow \
				-Wmissing-prototypes -Iinclude/uapi -Iinclude -fsyntax-only "$file" ||
				return 1
		done
}

check_shellcheck() {
	files sh | xargs shellcheck
}

# In the public headers each return value must be described too (-v).
check_kernel_doc() {
	folder=$(tools/vm/kernel.sh ${KERNEL:+"$KERNEL"} | sed -n 's/^KDIR=//p')
	for file in $(files c); do
		case $file in
		include/*) flags='-v' ;;
		kmod/* | user/*) flags='' ;;
		*) continue ;;
		esac
		perl "$folder/scripts/kernel-doc" -none -Werror ${flags:+"$flags"} "$file" 2>&1
	done | { ! grep -v ': info: '; }
}

check_documented() {
	files c | grep '^include/' | xargs awk -f "$here/undocumented.awk"
}

check_man() {
	files man | xargs -r mandoc -T lint -W warning
}

check_rst() {
	files rst | while read -r file; do
		rst2html --report=2 --halt=2 "$file" /dev/null || return 1
	done
}

# One of them, for the call of itself below; its status is left beside its log.
if [ "${1-}" = --one ]; then
	log=$build/lint/$2.log
	if "check_$2" >"$log" 2>&1; then
		printf '  %-7s %s\n' ok "$2"
		echo ok >"$build/lint/$2.verdict"
		exit
	fi
	lines=$(grep -c . "$log")
	says=$(head -n 60 "$log" | sed 's/^/          /')
	[ "$lines" -le 60 ] || says="$says
          ... $lines lines, all in ${log#"$top"/}"
	printf '  %-7s %s\n%s\n' FAILED "$2" "$says"
	echo 'not ok' >"$build/lint/$2.verdict"
	exit
fi

# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $checks
mkdir -p "$build/report" "$build/lint"
rm -f "$build/lint/"*.verdict
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" "$here/${0##*/}" --one

number=0
failed=0
{
	echo 'TAP version 13'
	echo "1..$#"
	for name; do
		number=$((number + 1))
		verdict=$(cat "$build/lint/$name.verdict" 2>/dev/null) || verdict='not ok'
		[ "$verdict" = ok ] || failed=1
		echo "$verdict $number $name" | tr _ -
	done
} >"$build/report/lint.tap"
exit $failed
