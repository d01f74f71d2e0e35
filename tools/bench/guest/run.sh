#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs the benchmark in a guest, and makes tables and charts of what it brings out.

set -eu

top=$(cd "$(dirname "$0")/../../.." && pwd)
build=${BUILD:-$top/build}
out=$build/bench
json=$out/bench-guest.json

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/} [OPTION...] [PART...]"
	echo 'Measures khmap beside BPF maps in a guest. The options are those of bench-guest:'
	"$out/guest/bench-guest" --help
	exit
	;;
esac

# As much as an array of JSON.
load() {
	cut -d ' ' -f 1-3 /proc/loadavg | sed 's/ /,/g; s/.*/[&]/'
}

accel=$("$top/tools/vm/accel.sh" ${KERNEL:+"$KERNEL"})
cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
host="QEMU, $accel, on $cpu, $(nproc) processors"
revision=$(git -C "$top" describe --always --dirty 2>/dev/null) || revision=unknown
before=$(load)
rm -f "$json"
"$top/tools/vm/run.sh" ${KERNEL:+--kernel "$KERNEL"} --timeout "${KHMAP_VM_TIMEOUT:-1800}" \
	--file "$out/guest/bench-guest" --out "$out" -- build/bench/guest/bench-guest \
	--output /out/bench-guest.json --revision "$revision" --flags "${CFLAGS:--O2 -g}" "$@"
[ -f "$json" ] || exit 1

# The guest knows neither the machine that it runs on nor who else does.
jq --arg host "$host" --argjson before "$before" --argjson after "$(load)" \
	'.machine.host = $host | .load_average_before = $before | .load_average_after = $after' \
	"$json" >"$json.tmp"
mv "$json.tmp" "$json"
"$out/bench-report" "$json"
"$out/bench-report" --gnuplot "$json" | gnuplot >"$out/bench-guest.svg"
echo
echo "All samples: $json  Charts: $out/bench-guest.svg"
