#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Real input: the whole IEEE registry, as Debian has it, is loaded, looked up without a system
# call, and comes back from a snapshot record by record.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=10
. "${0%/*}/cli_test.sh"
top=$(cd "${0%/*}/../.." && pwd)
PATH=$PATH:$top/build/demo
registry=/khmap/oui.csv
[ -r "$registry" ] || skip_all 'the IEEE registry is not in this guest'
export top

# What the map must hold: of an assignment that is listed twice, the last line.
awk -f "$top/tools/demo/csv.awk" "$registry" | sed 1d >"$work/all"
awk -F '\037' -v OFS='\037' '{ line[tolower($2)] = tolower($2) OFS $3 OFS $4 }
	END { for (key in line) print line[key] }' "$work/all" | sort >"$work/expected"
assignments=$(wc -l <"$work/all")
keys=$(wc -l <"$work/expected")

ok 'the registry is not a small one' [ "$keys" -gt 30000 ]
ok 'create' is '' khmapctl create oui --key 'bytes[3]' -n "$keys" \
	--value '{organization:str[256],address:str[512]}'
ok 'every line is loaded' is "[$assignments,0]" json '[.stored, .skipped]' \
	khmapctl load oui "$registry" --ignore-columns --json -c key=Assignment \
	-c organization='Organization Name' -c address='Organization Address'
ok 'of those that are listed twice, the last stands' is "[$keys,$keys,$((assignments - keys))]" \
	json '[.entries, .inserts, .replaces]' khmapctl stat oui --json
ok 'a well-known one' is 'Cisco Systems, Inc' khmapctl get oui 00:00:0c -f organization
ok 'look-ups make no system call' lookups oui 20000
ok 'verify' khmapctl verify oui
ok 'a snapshot' is '' khmapctl snapshot oui "$work/oui.khm" --quiet
ok 'has every record of the registry' sh -c 'khmapctl dump "$0/oui.khm" --format csv |
	awk -f "$top/tools/demo/csv.awk" | sed 1d | sort | cmp - "$0/expected"' "$work"
ok 'destroy' is '' khmapctl destroy oui

finish
