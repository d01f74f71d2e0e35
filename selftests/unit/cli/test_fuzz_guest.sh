#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The programs of the fuzzer that runs in the guest: they follow from their seed, are read as they
# were printed, and have every command of the interface in them. Nothing of them is run here.

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/unit/cli/lib.sh
. "${0%/*}/lib.sh"
fuzz=$bin/fuzz_guest

"$fuzz" --seed 7 --print 400 >seven
check 'there are 400 programs' 0 '^400$' grep -cx end seven
"$fuzz" --seed 7 --print 400 >again
check 'a seed makes the same programs again' 0 '' cmp seven again
"$fuzz" --seed 8 --print 400 >eight
check 'another one makes others' 1 'differ' cmp seven eight
"$fuzz" --reprint seven >reprinted
check 'they are read as they were printed' 0 '' cmp seven reprinted

echo 'put on=8003 at=12 nonsense=1' >wrong
check 'a field that is not known is told' 1 'not a call.*nonsense' "$fuzz" --reprint wrong
echo 'frobnicate on=1' >wrong
check 'a call that is not known is told' 1 'not a call.*frobnicate' "$fuzz" --reprint wrong
echo 'put on=zz' >wrong
check 'what is no number is told' 1 'not a call.*zz' "$fuzz" --reprint wrong
sed 's/^end$/control on=0/' seven >wrong
check 'a program that is too long is told' 1 'one too many' "$fuzz" --reprint wrong

# Operations are named in ops.c; each must come in some program, with each of its fields.
cut -d ' ' -f 1 seven | sort -u | grep -vx end >used
grep -oE '\b(IOCTL|OTHER|BARE|URING)\([a-z_]+,' "$top/selftests/fuzz/guest/ops.c" |
	sed 's/.*(//; s/,//' | grep -vx text | sort >operations
check 'each operation comes' 0 '' diff operations used
sed -n 's/^#define \(KHMAP_\(IOC\|URING\)_[A-Z_]*\)[[:space:]]*_IO(.*/\1/p' \
	"$top"/include/uapi/linux/khmap*.h | while read -r command; do
	grep -q "\<$command\>" "$top/selftests/fuzz/guest/ops.c" || echo "$command"
done >missing
check 'each command of the interface is among them' 0 '' cat missing

finish
