#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Puts by the module in user-mode Linux, which is native code, and by the engine in a process, in
# turn; then tables and charts. User-mode Linux is a process: nothing is loaded on this machine.

set -eu

top=$(cd "$(dirname "$0")/../../.." && pwd)
here=$top/tools/bench/uml
build=${BUILD:-$top/build}
out=$build/bench
work=$out/uml
json=$out/bench-uml.json
rounds=5
entries=1048576

usage() {
	cat <<-EOF2
	Usage: ${0##*/} [--rounds N] [--entries N]
	Measures batches of puts in user-mode Linux beside the same engine in a process.
	  --rounds N    of each ($rounds)
	  --entries N   new keys, a power of two ($entries)
	EOF2
}

die() {
	echo "bench-uml: $*" >&2
	exit 1
}

while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--rounds) rounds=${2?--rounds needs a number}; shift ;;
	--entries) entries=${2?--entries needs a number}; shift ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done

linux=$("$here/kernel.sh")

# --- The module, in a folder of links as tools/vm/build-module.sh makes one.

module=$work/module
mkdir -p "$module"
ln -sfn "$top/Kbuild" "$module/Kbuild"
(
	cd "$top"
	find kmod include -type d | while read -r folder; do
		mkdir -p "$module/$folder"
	done
	find kmod include -type f -name '[!.]*' | while read -r file; do
		ln -sfn "$top/$file" "$module/$file"
	done
)
find "$module" -xtype l -delete
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u BUILD -u CFLAGS -u KERNEL \
	make -s -C "$linux" ARCH=um M="$module" -j"$(nproc)" W=1 KCFLAGS=-Werror modules \
	>"$work/module.log" 2>&1 || die "the module does not build; see $work/module.log"

# --- The folder that is its root.

root=$work/root
rm -rf "$root"
mkdir -p "$root/dev" "$root/proc" "$root/bin"
cp "$module/khmap.ko" "$out/guest/bench-guest" "$here/init" "$root"
cp /bin/busybox "$root/bin"
echo "/bench-guest --rounds 1 --entries $entries --output /engine.json engine" >"$root/command"

uml_round() {
	rm -f "$root/status" "$root/engine.json"
	# Its processes hand over to each other slowly across processors.
	timeout 300 taskset -c "$cpu" "$linux/linux" mem=512M rootfstype=hostfs \
		rootflags="$root" rw init=/bin/busybox con=null con0=fd:0,fd:1 -- sh /init \
		</dev/null >"$work/console.log" 2>&1 || :
	[ -s "$root/status" ] || die "user-mode Linux failed; see $work/console.log"
}

# As much as an array of JSON.
load() {
	cut -d ' ' -f 1-3 /proc/loadavg | sed 's/ /,/g; s/.*/[&]/'
}

cpu=$(taskset -pc $$ | sed 's/.*[:,-] *//')
revision=$(git -C "$top" describe --always --dirty 2>/dev/null) || revision=unknown
before=$(load)
: >"$work/natives"
: >"$work/umls"
round=1
while [ "$round" -le "$rounds" ]; do
	echo "round $round of $rounds"
	taskset -c "$cpu" "$work/bench-native" "$work/native.json" "$entries" "$revision" \
		"${CFLAGS:--O2 -g}" >/dev/null
	cat "$work/native.json" >>"$work/natives"
	uml_round
	cat "$root/engine.json" >>"$work/umls"
	round=$((round + 1))
done

# A goal of at most 1.3 times the time is 0.77 times the speed.
jq -n --slurpfile native "$work/natives" --slurpfile uml "$work/umls" \
	--argjson before "$before" --argjson after "$(load)" '
	def all($files; $name): [$files[].groups[0].subjects[] | select(.name == $name) |
		.samples[]];
	$native[0]
	| .machine.versions = { "user-mode Linux": $uml[0].machine.kernel }
	| .load_average_before = $before | .load_average_after = $after
	| .groups = [{
		title: $uml[0].groups[0].title, unit: "ns",
		subjects: [
			($uml[0].groups[0].subjects[] | .samples = all($uml; .name)),
			($native[0].groups[0].subjects[] | .samples = all($native; .name))
		],
		compare: [{ of: 0, to: 1, goal: 0.77 }, { of: 0, to: 2 }]
	}]' >"$json"
"$out/bench-report" "$json"
"$out/bench-report" --gnuplot "$json" | gnuplot >"$out/bench-uml.svg"
echo
echo "All samples: $json  Charts: $out/bench-uml.svg"
