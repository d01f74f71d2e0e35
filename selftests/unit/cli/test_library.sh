#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The library as others see it: installed, linked shared and static, from C and C++, and no symbol
# shown but those that are meant to be.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
. "$here/lib.sh"

root=$work/root
unset MAKEFLAGS MFLAGS MAKELEVEL
make -s -C "$top/user" install DESTDIR="$root" PREFIX=/usr >make.log 2>&1 || {
	fail 'make install'
	sed 's/^/#   /' make.log
}
check 'installed: headers, libraries, pkg-config file, command' 0 '^6$' sh -c "ls -d \
	'$root'/usr/include/khmap/khmap.h '$root'/usr/include/linux/khmap_image.h \
	'$root'/usr/lib/libkhmap.a '$root'/usr/lib/libkhmap.so \
	'$root'/usr/lib/pkgconfig/khmap.pc '$root'/usr/bin/khmapctl | wc -l"

nm -D --defined-only "$root/usr/lib/libkhmap.so" | awk '$2 == "T" { print $3 }' | sort >shown
sed -n 's/^\t\(khmap_[a-z_]*\);$/\1@@KHMAP_1.0/p' "$top/user/lib/khmap.map" | sort >meant
same 'the shared library shows just what khmap.map names' meant shown
sed -n 's/^[a-z_].*[ *]\(khmap_[a-z_]*\)(.*/\1/p' "$top/include/khmap/khmap.h" \
	"$top/include/khmap/admin.h" "$top/include/khmap/batch.h" \
	"$top/include/khmap/snapshot.h" "$top/include/khmap/verify.h" \
	"$top/include/khmap/schema.h" \
	"$top/include/khmap/delta.h" "$top/include/khmap/digest.h" \
	"$top/include/khmap/compress.h" "$top/include/khmap/follow.h" \
	"$top/include/khmap/foreign.h" "$top/include/khmap/version.h" | sort -u >declared
sed -n 's/^static inline.*[ *]\(khmap_[a-z_]*\)(.*/\1/p' "$top/include/khmap/khmap.h" \
	"$top/include/khmap/follow.h" | sort -u >inlined
comm -23 declared inlined >declared.only
sed 's/@@.*//' meant >named
same 'and that is what the headers declare' declared.only named

cat >get.c <<'END'
#include <khmap/compress.h>
#include <khmap/digest.h>
#include <khmap/foreign.h>
#include <khmap/khmap.h>
#include <khmap/delta.h>
#include <khmap/verify.h>

int main(int argc, char **argv)
{
	struct khmap_open_options options = {};
	struct khmap *map;
	struct khmap_read read;
	__u64 key = 7, value = 0;

	options.size = sizeof(options);
	options.schema = argv[2];
	if (argc < 2 || khmap_open(argv[1], &options, &map)) {
		puts(khmap_reason());
		return 1;
	}
	do {
		if (khmap_read_begin(map, &key, &read))
			return 1;
		memcpy(&value, khmap_read_pointer(&read), sizeof(value));
	} while (!khmap_read_validate(&read));
	printf("%llu\n", (unsigned long long)value);
	if (khmap_get(map, &key, &value))
		return 1;
	khmap_close(map);
	return value != 21;
}
END
cp get.c get.cc
numbers 1 100 | "$bin/mkimage" ./numbers.khm
flags="-I$root/usr/include -Wall -Wextra -Werror -O2"
# The prefix in the file is that of the installation, not of this test's root.
libs=$(PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/usr/lib/pkgconfig \
	pkg-config --libs --static khmap 2>&1)
check 'pkg-config names the libraries' 0 '-lkhmap.*-lxxhash.*-llz4.*-lzstd' echo "$libs"
# shellcheck disable=SC2086 # a list of words
{
	check 'C, shared' 0 '' cc -std=gnu11 $flags get.c -o get-shared -L"$root/usr/lib" -lkhmap
	# Who reads plain files only needs no codec.
	check 'C, static' 0 '' cc -std=gnu11 $flags get.c -o get-static \
		"$root/usr/lib/libkhmap.a" -lxxhash -lm
	check 'C++' 0 '' c++ -std=c++17 $flags get.cc -o get-c++ -L"$root/usr/lib" -lkhmap
}
LD_LIBRARY_PATH=$root/usr/lib
export LD_LIBRARY_PATH
for program in shared static c++; do
	check "$program: it reads a key" 0 '^21$' ./get-$program ./numbers.khm
done
check 'an expected schema' 0 '^21$' ./get-shared ./numbers.khm 'key u64; value u64'
check 'another one is refused, both named' 1 \
	'expected schema "key u64;value u32", found "key u64;value u64"' \
	./get-shared ./numbers.khm 'key u64; value u32'
check 'an expected schema that is none' 1 'expected schema: ' ./get-shared ./numbers.khm nonsense

finish
