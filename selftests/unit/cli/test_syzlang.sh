#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The description of the interface for syzkaller says what the header says: every command, struct,
# field and flag, its number and its place.

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/unit/cli/lib.sh
. "${0%/*}/lib.sh"
tool=$top/selftests/fuzz/syzlang.py

# compile FILE: the assertions hold.
compile() {
	"${CC:-gcc}" -D_GNU_SOURCE -std=gnu11 -I"$top/include/uapi" -I"$top/include" \
		-fsyntax-only "$1"
}

check 'nothing of the header is missing' 0 '' "$tool" missing
"$tool" c >all.c
check 'there are assertions' 0 'KHMAP_IOC_CREATE.* == 48641ull' cat all.c
check 'numbers and places are those of the header' 0 '' compile all.c
"$tool" const >constants
check 'the constants are those of the compiler' 0 '' cmp constants "$top/selftests/fuzz/khmap.txt.const"

# Each of these has to be found out.
# broken NAME SED-SCRIPT SED-SCRIPT-FOR-CONSTANTS
broken() {
	sed "$2" "$top/selftests/fuzz/khmap.txt" >broken.txt
	sed "$3" "$top/selftests/fuzz/khmap.txt.const" >broken.txt.const
	KHMAP_SYZLANG=$PWD/broken.txt "$tool" c >broken.c
	KHMAP_SYZLANG=$PWD/broken.txt "$tool" missing >gaps
	if compile broken.c 2>/dev/null && [ ! -s gaps ]; then
		echo "$1 is not seen"
	fi
}

{
	broken 'a field that is too short' 's/^\tmax_entries\tint64/\tmax_entries\tint32/' ''
	broken 'a field that is left out' '/^\tpool_pages\tint32\[/d' ''
	broken 'two fields that change places' 's/^\tmoved\t/\tX\t/; s/^\treleased\t/\tmoved\t/; s/^\tX\t/\treleased\t/' ''
	broken 'a command that is left out' '/^ioctl.KHMAP_IOC_CANARY/d' ''
	broken 'a struct that is left out' '/^khmap_version_info {/,/^}/d' ''
	broken 'a flag that is left out' 's/, KHMAP_CANARY_END//' ''
	broken 'a wrong number' '' 's/^KHMAP_IOC_PUT = .*/KHMAP_IOC_PUT = 1/'
	broken 'a number that is left out' '' '/^KHMAP_OP_CAS =/d'
	broken 'a command of io_uring that is left out' '/submit.KHMAP_URING_OP/d' ''
} >unseen
check 'what is wrong is seen' 0 '' cat unseen

finish
