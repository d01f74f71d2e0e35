#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Upgrade and rollback: the same data from kernel to kernel by snapshot files, up to the newest and
# back, and something stored under each. What there ought to be is kept apart, in text. Writes
# build/report/kernels-upgrade-N.tap for each stage.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
. "$top/tools/vm/lib.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [KERNEL...]
	Carries data from each kernel to the next in a guest of each (by default 6.1 6.12 newest 6.12
	6.1; see tools/vm/kernel.sh). Modules and khmapctl must have been built. Under each kernel the
	files of the one before become maps in each way there is, and the snapshots that are kept of
	each version of the format do.
	EOF
}

case ${1-} in
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac
[ $# -gt 0 ] || set -- 6.1 6.12 newest 6.12 6.1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$work/carried" "$build/report"
rm -f "$build/report/kernels-upgrade-"*.tap

# 8,000 keys at first, then 1,500 new ones and 500 new values each time; 300 go.
: >"$work/now"
stage=0
for _; do
	stage=$((stage + 1))
	awk -v stage="$stage" 'BEGIN {
		last = stage == 1 ? 8000 : 1500
		base = stage * 100000
		for (i = 1; i <= last; i++)
			printf "%d,%d,of stage %d\n", base + i, i * stage, stage
		for (i = 1; i <= 500 && stage > 1; i++)
			printf "%d,%d,again, %d\n", 100000 + i * 3, i, stage
	}' | sed 's/,\(again, .*\)/,"\1"/' >"$work/carried/put.$stage"
	awk -v stage="$stage" 'BEGIN { for (i = 0; i < 300; i++) print 102000 + stage * 300 + i }' \
		>"$work/carried/del.$stage"
	awk -F, 'FILENAME ~ /del\.[0-9]+$/ { delete line[$1]; next } { line[$1] = $0 }
		END { for (key in line) print line[key] }' \
		"$work/now" "$work/carried/put.$stage" "$work/carried/del.$stage" >"$work/then"
	mv "$work/then" "$work/now"
	LC_ALL=C sort "$work/now" | sha256sum | cut -d' ' -f1 >"$work/carried/contents.$stage"
done

stage=0
status=0
digests=
for kernel; do
	stage=$((stage + 1))
	version=$("$top/tools/vm/kernel.sh" "$kernel" | sed -n 's/^KERNEL=//p')
	[ -n "$version" ] || exit 1
	rm -rf "$work/out"
	"$top/tools/vm/run.sh" --quiet --kernel "$version" --timeout 600 --tap --out "$work/out" \
		--report "$build/report/kernels-upgrade-$stage.tap" \
		--file "$build/bin/khmapctl" --file /usr/bin/jq:/bin/jq --file "$top/selftests/images" \
		--file "$top/selftests/guest/cli_test.sh" --file "$top/selftests/guest/script_test.sh" \
		--file "$top/selftests/guest/carry.sh" --file "$work/carried:/khmap/carried" \
		-- "selftests/guest/carry.sh $stage" || status=1
	"$top/tools/vm/tap.sh" --title "  $stage: $version" "$build/report/kernels-upgrade-$stage.tap"
	if ! [ -s "$work/out/digest" ]; then
		echo "Kernel $version has left no files for the next." >&2
		exit 1
	fi
	mv "$work/out/"* "$work/carried/"
	digests="$digests $(cat "$work/carried/digest")"
done
echo "Digests:$digests"
exit $status
