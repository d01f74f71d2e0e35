#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Lookups are inlined into their caller: the hash, the place and the comparison, however often a
# file has them. gcc once made a function of the hash as soon as a file used it twice, and no result
# was wrong, only late. Here it is told from the code that comes out: what a caller calls.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
top=$here/../../..

cat >caller.c <<'END'
#include <khmap/typed.h>

KHMAP_TYPED(wide, __u64, __u64, KHMAP_HASH_FOLD)
KHMAP_TYPED(narrow, __u32, __u32, KHMAP_HASH_FOLD)

#define CALLER(n)                                                              \
	int wide_##n(struct khmap_reader *r, const __u64 *k, __u64 *v);        \
	int wide_##n(struct khmap_reader *r, const __u64 *k, __u64 *v)         \
	{                                                                      \
		return wide_get(r, k, v) + n;                                  \
	}                                                                      \
	int narrow_##n(struct khmap_reader *r, const __u32 *k, __u32 *v);      \
	int narrow_##n(struct khmap_reader *r, const __u32 *k, __u32 *v)       \
	{                                                                      \
		return narrow_get(r, k, v) + n;                                \
	}                                                                      \
	int untyped_##n(struct khmap_reader *r, const void *k, void *v);       \
	int untyped_##n(struct khmap_reader *r, const void *k, void *v)        \
	{                                                                      \
		return khmap_reader_get(r, k, v) + n;                          \
	}

CALLER(1)
CALLER(2)
CALLER(3)
END

# What a function calls or jumps to, itself and its cold part left out, sorted.
calls() {
	objdump -dr --no-show-raw-insn "$1" | awk -v name="$2" '
		/^[0-9a-f]+ <.*>:$/ { inside = $2 == "<" name ">:" }
		inside && /R_X86_64_(PLT32|PC32)/ {
			sub(/[-+]0x[0-9a-f]+$/, "", $3)
			if ($3 !~ /^\./) print $3
		}
		inside && /(call|jmp) .*<[a-z_0-9]+>$/ {
			sub(/.*</, ""); sub(/>$/, ""); print
		}' | sort -u | grep -v "^$2" | tr '\n' ' '
}

for compiler in gcc clang; do
	if [ "$(uname -m)" != x86_64 ] || ! command -v "$compiler" >/dev/null; then
		number=$((number + 1))
		echo "ok $number - $compiler # SKIP no $compiler for x86-64"
		continue
	fi
	if ! "$compiler" -O2 -Wall -Wextra -Werror -I"$top/include" -I"$top/include/uapi" \
		-c -o caller.o caller.c 2>errors; then
		fail "$compiler: compiles"
		sed 's/^/# /' errors
		continue
	fi
	for n in 1 2 3; do
		for kind in wide narrow untyped; do
			found=$(calls caller.o "${kind}_$n")
			case $kind in
			untyped) allowed='^(khmap__eight_slow |khmap__get_any )*$' ;;
			# gcc makes one of what is the same.
			wide) allowed='^(khmap__eight_slow |wide_slow )*$' ;;
			*) allowed='^(narrow_slow )*$' ;;
			esac
			if printf '%s\n' "$found" | grep -Eq "$allowed"; then
				pass "$compiler: a $kind lookup is inlined, use $n"
			else
				fail "$compiler: a $kind lookup is inlined, use $n"
				echo "#   calls: $found"
			fi
		done
	done
done
finish
