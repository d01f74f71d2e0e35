#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Checks that each file names, in its first lines, the licence that its place asks for.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

# The engine and the read path are built both into the kernel and into libraries.
licence() {
	case $1 in
	include/uapi/*) echo '((GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause)' ;;
	kmod/core/* | include/khmap/hash*.h | include/khmap/layout*.h | include/khmap/reader*.h | \
	include/khmap/match*.h | include/khmap/typed*.h | include/khmap/many*.h)
		echo 'GPL-2.0-only OR BSD-2-Clause' ;;
	kmod/* | include/linux/* | Kbuild | selftests/guest/example/* | \
	selftests/guest/broken/*) echo 'GPL-2.0-only' ;;
	*.bpf.[ch]) echo 'GPL-2.0-only OR BSD-2-Clause' ;;
	# These include the kernel's kselftest headers.
	selftests/guest/*.[ch] | selftests/soak/*.[ch]) echo 'GPL-2.0-only' ;;
	*) echo 'LGPL-2.1-only OR BSD-2-Clause' ;;
	esac
}

status=0
for file in $("$here/files.sh" all); do
	case $file in
	LICENSES/* | COPYING* | LICENSE* | *.json | *.csv | *.bin | *.khm | *.khz | *.ndjson) continue ;;
	tools/lint/third-party | selftests/unit/prof/profiles/*.txt) continue ;;
	esac
	found=$(head -n 5 "$file" | sed -n 's/.*SPDX-License-Identifier: *//p' | head -n 1 |
		sed 's, *\(\*/\|-->\) *$,,')
	wanted=$(licence "$file")
	if [ "$found" != "$wanted" ]; then
		echo "$file: licence '$found', should be '$wanted'"
		status=1
	fi
done
exit $status
