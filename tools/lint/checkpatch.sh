#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs the kernel's checkpatch, strictly, over the given files or all of ours, without the
# exceptions that stand with their reasons in checkpatch.ignore.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
source=$("$here/../vm/source.sh")
cd "$here/../.."
files=$*
[ -n "$files" ] || files=$("$here/files.sh" c)
[ -n "$files" ] || exit 0

# It leaves a file in the folder that it runs in.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/tree" "$work/says"
ln -s "$PWD"/* "$work/tree"
cd "$work/tree"

# Its exit status is of no use: it knows nothing of the exceptions. Some files at a time go to each
# processor, and each time has a file of its own for what it says.
export source work
# shellcheck disable=SC2016,SC2086 # for the inner shell; a list of words
printf '%s\n' $files | xargs -n 20 -P "$(nproc)" sh -c '
	perl "$source/scripts/checkpatch.pl" --no-tree --root=. --strict --terse --show-types \
		--no-summary --max-line-length=100 -f "$@" >>"$work/says/$$" 2>&1 || :' checkpatch
cat "$work/says/"* | sort -t : -k 1,1 -k 2,2n | awk -v exceptions="$here/checkpatch.ignore" '
	BEGIN {
		while ((getline line < exceptions) > 0) {
			if (line ~ /^#/ || line == "")
				continue
			split(line, word, " ")
			at = index(word[1], "=")
			type[++count] = at ? substr(word[1], 1, at - 1) : word[1]
			text[count] = at ? substr(word[1], at + 1) : ""
			paths[count] = word[2]
		}
	}
	/^[^:]+:[0-9]+: [A-Z]+:[A-Z_]+:/ {
		split($0, part, ":")
		for (i = 1; i <= count; i++)
			if (part[4] == type[i] && part[1] ~ ("^(" paths[i] ")") &&
			    index($0, text[i]))
				next
		print
		found = 1
		next
	}
	# Anything else is checkpatch itself in trouble.
	NF { print; found = 1 }
	END { exit found }'
