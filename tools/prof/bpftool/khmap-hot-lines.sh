#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The hottest cache lines, by bpftool: it loads and pins the programs and dumps their maps as
# JSON; jq makes the table.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
me=${0##*/}
shows='the hottest cache lines'
dumped='lines line_cpus maps totals'
. "$here/common.sh"

if [ "$json" = true ]; then
	render hot-lines.jq
else
	render hot-lines.jq >"$work/rows"
	align <"$work/rows"
fi
exit "$status"
