#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Ctrl-C in whatever takes long: it ends, says how far it was, and leaves nothing half done.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# Large enough for a word or more of progress in each of its passes.
numbers 1 250000 >in.csv
"$bin/mkimage" -n 250000 -l 75 ./a.khm <in.csv
"$bin/mkimage" -n 250000 -l 40 ./b.khm <in.csv

# interrupted WHEN COMMAND...: khmapctl with a SIGINT at its WHENth word of progress.
interrupted() {
	when=$1
	shift
	INTERRUPT=$when "$bin/khmapctl_interrupted" "$@"
}

check 'without a signal, digest ends' 0 '^[0-9a-f]{32}  \./a\.khm$' \
	"$bin/khmapctl_interrupted" digest ./a.khm
check 'digest, in its first look at checksums' 130 \
	'^khmapctl: digest: \./a\.khm: interrupted after [0-9]+ checksums$' interrupted 0 digest ./a.khm
check 'digest, among the entries' 130 \
	'^khmapctl: digest: \./a\.khm: interrupted after 12288 entries$' interrupted 3 digest ./a.khm
check 'the first of two: there is no second' 0 '^1$' \
	sh -c "INTERRUPT=0 '$bin/khmapctl_interrupted' digest ./a.khm ./b.khm 2>&1 | wc -l"
check 'verify, among the chains' 130 \
	'^khmapctl: verify: \./a\.khm: interrupted after 2049 chains, 0 faults$' interrupted 0 verify ./a.khm
chains=$(khmapctl verify ./a.khm | sed 's/.* in \([0-9]*\) chains.*/\1/')
check 'verify, among the checksums, behind all chains' 130 \
	"^khmapctl: verify: \\./a\\.khm: interrupted after $chains chains, 0 faults\$" \
	interrupted 23 verify ./a.khm
check 'diff' 130 '^khmapctl: diff: \./a\.khm: interrupted after 100 entries$' \
	interrupted 99 diff ./a.khm ./b.khm
check 'dump' 130 '^khmapctl: dump: interrupted after [0-9]+ entries$' \
	sh -c "INTERRUPT=1 '$bin/khmapctl_interrupted' dump ./a.khm -f csv 2>&1 >out.csv"
check 'dump has printed so many, each as a whole' 0 '^whole [0-9]+$' \
	sh -c "INTERRUPT=1 '$bin/khmapctl_interrupted' dump ./a.khm -f csv 2>told >out.csv
		awk -F, 'NR > 1 && \$2 == 3 * \$1 { n++ } END { print n == NR - 1 ? \"whole\" : \"torn\", n }' out.csv |
		grep \"\$(grep -o '[0-9]*' told)\$\""

for what in 'snapshot' 'snapshot --compress=lz4' 'delta ./a.khm'; do
	# shellcheck disable=SC2086 # a list of words
	check "$what" 130 '^khmapctl: [a-z]+: copy\.khm: cancelled after' \
		interrupted 0 $what ./b.khm copy.khm
	check 'leaves no file' 0 '^a\.khm b\.khm$' sh -c 'ls | grep khm | paste -sd" "'
	rm -f copy*
done

finish
