#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Soaks the module in a guest. What was made is in build/: module, lib, soak.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}

usage() {
	cat <<-EOF2
	Usage: ${0##*/} [--minutes N] [--seed N] [--json FILE] [--kernel VERSION]
	Boots a guest and uses a map in it without mercy: writers, readers, snapshots and files,
	processes that are killed, memory that runs short, a processor that goes and comes back,
	the module loaded and unloaded. In the end all is compared with a journal.

	  --minutes N       how long (default 10)
	  --seed N          what is drawn; printed by every run
	  --json FILE       write the numbers here
	  --kernel VERSION  as of tools/vm/run.sh
	EOF2
}

die() {
	echo "${0##*/}: $*" >&2
	exit 100
}

minutes=10 seed='' json='' kernel=''
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--minutes | --seed | --json | --kernel)
		[ $# -ge 2 ] || die "$1 needs a value"
		case $1 in
		--minutes) minutes=$2 ;;
		--seed) seed=$2 ;;
		--json) json=$2 ;;
		--kernel) kernel=$2 ;;
		esac
		shift
		;;
	*) die "no such option: $1 (try --help)" ;;
	esac
	shift
done
for number in "$minutes" "${seed:-0}"; do
	case $number in
	'' | *[!0-9]*) die "not a number: $number" ;;
	esac
done
[ -x "$build/soak/soak" ] || die "there is no $build/soak/soak (make soak builds it)"

out=$(mktemp -d "${TMPDIR:-/tmp}/khmap-soak.XXXXXX")
trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM
status=0
"$top/tools/vm/run.sh" ${kernel:+--kernel "$kernel"} --timeout $((minutes * 60 + 600)) --tap \
	--out "$out" --file "$build/soak/soak:/khmap/soak" -- \
	"soak --minutes $minutes ${seed:+--seed $seed} --json /out/soak.json" || status=$?
if [ -n "$json" ] && [ -f "$out/soak.json" ]; then
	cp "$out/soak.json" "$json"
fi
exit $status
