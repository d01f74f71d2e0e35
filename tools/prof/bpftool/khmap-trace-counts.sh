#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Which bytes are stored to most, by which processor, and which chains have most operations: counts
# of the tracepoints, by bpftool; jq makes the tables.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
me=${0##*/}
shows='the bytes stored to most, and the hottest chains'
dumped='operations chains maps totals'
. "$here/common.sh"

if [ "$json" = true ]; then
	render trace-counts.jq
else
	render trace-counts.jq >"$work/rows"
	align <"$work/rows"
fi
exit "$status"
