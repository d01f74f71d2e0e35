#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Builds khmap.ko for one kernel, with type information (BTF), and leaves the source tree clean:
# kbuild works in a folder of symbolic links, one folder for each kernel.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--kernel VERSION] [--sparse | --coverage]
	Builds build/module/VERSION/khmap.ko; build/module/khmap.ko then links to it.
	Warnings of the compiler (W=1) and of modpost are errors.

	  --kernel VERSION   the kernel to build for (see kernel.sh)
	  --sparse           build with sparse as a checker, in build/lint, and keep no module
	  --coverage         build a module that counts, for gcov, what of it runs, in build/coverage;
	                     for a kernel that has gcov, as 6.1-kasan
	EOF
}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

version=
sparse='' coverage=''
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--kernel) version=${2?--kernel needs a version}; shift ;;
	--sparse) sparse=yes ;;
	--coverage) coverage=yes ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done

[ -f "$top/Kbuild" ] || die "there is no Kbuild in $top"
env=$("$here/kernel.sh" ${version:+"$version"})
eval "$env"

if [ -n "$sparse" ]; then
	out=$build/lint/sparse/$KERNEL
	# Sparse sees only what is compiled, so compile everything.
	rm -rf "$out"
elif [ -n "$coverage" ]; then
	grep -qsx 'CONFIG_GCOV_KERNEL=y' "$KDIR/.config" || die "kernel $KERNEL has no gcov"
	out=$build/coverage/$KERNEL
else
	out=$build/module/$KERNEL
fi
work=$out/work
mkdir -p "$work"

# Mirror folders and link files; links to files that are gone go too.
(
	cd "$top"
	ln -sfn "$top/Kbuild" "$work/Kbuild"
	find kmod include -type d | while read -r folder; do
		mkdir -p "$work/$folder"
	done
	find kmod include -type f -name '[!.]*' | while read -r file; do
		[ -e "$work/$file" ] || ln -sfn "$top/$file" "$work/$file"
	done
)
find "$work" -xtype l -delete

log=$out/build.log
kbuild() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u BUILD -u CFLAGS -u KERNEL \
		"$here/toolchain.sh" --ro "$top" --rw "$out" "$KERNEL" make -s -C "$KDIR" M="$work" -j"$(nproc)" W=1 KCFLAGS=-Werror "$@" modules
}

if [ -n "$sparse" ]; then
	# Context is off: a lock that is taken on one of two ways out cannot be told to sparse.
	set -- C=2 CF='-D__CHECK_ENDIAN__ -Wsparse-error -Wno-context'
else
	# Of debug kernels: undefined behaviour is looked for in the module alone, and kcov tells a
	# fuzzer which parts of it ran. Others do not know the words.
	set -- UBSAN_SANITIZE=y KCOV_INSTRUMENT=y
	# The former puts branches in that nothing is to reach.
	[ -z "$coverage" ] || set -- KCOV_INSTRUMENT=y GCOV_PROFILE=y
fi
status=0
kbuild "$@" >"$log" 2>&1 || status=$?
# kmod/kernels.mk has the last word on which kernels these can be.
refusal=$(sed -n 's/.*\*\*\* \(khmap needs .*\)\. *Stop\.$/\1/p' "$log" | head -n 1)
[ -z "$refusal" ] || die "$refusal"
# Debian's 6.1 headers have no vmlinux, so kbuild leaves BTF to this script.
grep -v '^Skipping BTF generation' "$log" | sed "s|$work/||g" >&2 || :
[ "$status" -eq 0 ] || die "the module does not build for $KERNEL"
! grep -qiE '(^|[^a-z-])warning:' "$log" || die 'the build gave warnings, which are errors here'
[ -z "$sparse" ] || exit 0

has_btf() {
	readelf -S "$1" | grep -q ' \.BTF '
}

# A function's id of 0 would hide that function from BPF programs, without a word.
ids_resolved() {
	base=$(readelf -SW "$1" | sed -n 's/.* \.BTF_ids *[A-Z]* *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')
	[ -n "$base" ] || return 1
	readelf -sW "$1" | awk '$8 ~ /^__BTF_ID__func__/ { print $2 }' | while read -r offset; do
		id=$(od -An -t u4 -N 4 -j $((0x$base + 0x$offset)) "$1")
		[ "$id" -ne 0 ] || exit 1
	done
}

ko=$out/khmap.ko
if [ ! -f "$ko" ] || [ -n "$(find "$work/khmap.ko" -newer "$ko")" ]; then
	cp "$work/khmap.ko" "$ko.tmp"
	# Newer headers have a vmlinux, and then kbuild has done this.
	if ! has_btf "$ko.tmp"; then
		flags=$(PAHOLE=pahole "$KDIR/scripts/pahole-flags.sh")
		# shellcheck disable=SC2086 # a list of words
		pahole -J $flags --btf_base "$BTF" "$ko.tmp"
		has_btf "$ko.tmp" || die "pahole put no BTF into $ko"
		resolve=$("$here/resolve-btfids.sh")
		"$resolve" -b "$BTF" "$ko.tmp"
	fi
	ids_resolved "$ko.tmp" || die "$ko has BTF ids that are 0"
	mv "$ko.tmp" "$ko"
	printf '  %-7s %s\n' MODULE "${ko#"$top"/}"
fi
[ -n "$coverage" ] || ln -sfn "$KERNEL/khmap.ko" "$build/module/khmap.ko"
