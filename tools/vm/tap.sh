#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Sums TAP reports: what failed and what was skipped, with the reasons, then the counts.

set -eu

here=$(cd "$(dirname "$0")" && pwd)

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--title WORD] [--counts] FILE...
	Prints failed and skipped test cases of TAP reports, and one line of counts:

	  WORD: N passed, N failed, N skipped

	  --title WORD   how that line begins (default: total)
	  --counts       print three numbers only

	Exit status: 0 if all is well, 1 if a case failed or no case passed or was skipped.
	EOF
}

title=total
counts=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--title) title=${2?--title needs a word}; shift ;;
	--counts) counts=yes ;;
	--) shift; break ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done

passed=0
failed=0
skipped=0
for file; do
	result=$(awk -f "$here/tap.awk" "$file")
	if [ -z "$counts" ]; then
		name=${file##*/}
		printf '%s\n' "$result" | sed -En "s,^(failed|skipped) ,  \1 ${name%.*}: ,p"
	fi
	# The last line is "counts PASSED FAILED SKIPPED".
	numbers=${result##*counts }
	passed=$((passed + ${numbers%% *}))
	skipped=$((skipped + ${numbers##* }))
	numbers=${numbers#* }
	failed=$((failed + ${numbers%% *}))
done

if [ -n "$counts" ]; then
	echo "$passed $failed $skipped"
else
	echo "$title: $passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
