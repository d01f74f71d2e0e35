#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What two maps do not have in common, however each was made.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

numbers 1 3000 >old.csv
{ numbers 1 2990 | sed 's/^7,21$/7,22/;s/^2000,6000$/2000,1/' && seq 5001 5020 | sed 's/$/,9/'; } >new.csv
"$bin/mkimage" -n 3000 ./old.khm <old.csv
"$bin/mkimage" -n 3000 -s -l 95 -p ./same.khm <old.csv
"$bin/mkimage" -n 3000 -r 0x55 -l 30 ./new.khm <new.csv
"$bin/mkimage" ./empty.khm <<END
key,value
END

check 'the same file' 0 '^0 added, 0 removed, 0 changed$' khmapctl diff ./old.khm ./old.khm
check 'the same entries, made otherwise' 0 '^0 added, 0 removed, 0 changed$' \
	khmapctl diff ./old.khm ./same.khm
check 'and nothing, if quiet' 0 '^$' khmapctl diff ./old.khm ./same.khm --quiet
check 'numbers of differences' 1 '^20 added, 10 removed, 2 changed$' \
	khmapctl diff ./old.khm ./new.khm
check 'and the other way round' 1 '^10 added, 20 removed, 2 changed$' \
	khmapctl diff ./new.khm ./old.khm
khmapctl diff ./old.khm ./new.khm | sed '$d' | sort >got
{
	printf '< 2000  6000\n< 7  21\n> 2000  1\n> 7  22\n'
	seq 5001 5020 | sed 's/.*/+ &  9/'
	numbers 2991 3000 | sed '1d;s/,/  /;s/^/- /'
} | sort >want
same 'each of them' want got
khmapctl diff ./old.khm ./new.khm --json | jq -r '[.change, .key, .old, .new] | map(tostring) | join(" ")' |
	sort >got
{
	printf 'changed 2000 6000 1\nchanged 7 21 22\n'
	seq 5001 5020 | sed 's/.*/added & null 9/'
	numbers 2991 3000 | sed '1d;s/,/ /;s/.*/removed & null/'
} | sort >want
same 'as JSON' want got
check 'quiet' 1 '^$' khmapctl diff ./old.khm ./new.khm -q
check 'all of it was added' 1 '^3000 added, 0 removed, 0 changed$' \
	sh -c "'$bin/khmapctl' diff ./empty.khm ./old.khm | tail -n 1; '$bin/khmapctl' diff -q ./empty.khm ./old.khm"
check 'all of it was removed' 1 '^0 added, 3000 removed, 0 changed$' \
	sh -c "'$bin/khmapctl' diff ./old.khm ./empty.khm | tail -n 1; '$bin/khmapctl' diff -q ./old.khm ./empty.khm"

numbers 1 5 | "$bin/mkimage" -v u32 ./other.khm
check 'another schema' 4 'old\.khm has the schema .*u64.*, ./other\.khm has .*u32' \
	khmapctl diff ./old.khm ./other.khm
check 'one map' 2 'two maps, OLD and NEW' khmapctl diff ./old.khm
check 'three maps' 2 'two maps, OLD and NEW' khmapctl diff ./old.khm ./new.khm ./same.khm
check 'quiet JSON' 2 'quiet' khmapctl diff ./old.khm ./new.khm --quiet --json
check 'no such file' 3 'none\.khm' khmapctl diff ./old.khm ./none.khm
check 'no image' 4 'old\.csv: not a khmap image' khmapctl diff ./old.csv ./old.khm
check 'an option that it does not know' 2 'frob' khmapctl diff ./old.khm ./new.khm --frob
check 'a full disk' 3 '^khmapctl: diff: standard output: No space left' \
	sh -c "'$bin/khmapctl' diff ./old.khm ./new.khm >/dev/full"
check 'is told in one line' 0 '^1$' \
	sh -c "'$bin/khmapctl' diff ./old.khm ./new.khm 2>&1 >/dev/full | wc -l"
check 'a full disk, of JSON' 3 '^khmapctl: diff: standard output: No space left' \
	sh -c "'$bin/khmapctl' diff ./old.khm ./new.khm --json >/dev/full"
finish
