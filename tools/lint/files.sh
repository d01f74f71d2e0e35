#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Lists the project's own files of a kind, relative to its top: all, c, sh, rst or man.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

# Everything but products, git's own files and what others wrote.
all() {
	find . \( -path ./build -o -path ./.git -o -name '*.orig' -o -name '.*.sw?' -o -name '*~' \
		-o -name '.checkpatch*' \) \
		-prune -o -type f -print | sed 's|^\./||' | sort |
		grep -vxF -f "$here/third-party"
}

case ${1-} in
all) all ;;
c) all | grep '\.[ch]$' || : ;;
sh) all | while read -r file; do
	case $file in
	*.sh) echo "$file" ;;
	*) [ "$(head -c 9 "$file" | tr -d '\0')" != '#!/bin/sh' ] || echo "$file" ;;
	esac
	done ;;
rst) all | grep '\.rst$' || : ;;
man) all | grep '^Documentation/man/.*\.[1-8]$' || : ;;
*)
	echo "Usage: ${0##*/} all|c|sh|rst|man" >&2
	exit 2
	;;
esac
