#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs every check and test and closes with one line of counts, summed from the TAP reports that
# the parts leave in build/report. A part that fails without saying so counts as a failure.

set -u

top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
cd "$top" || exit 1

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/} [PART...]"
	echo 'Runs the checks of the parts lint, unit, model, vm, guest, oracle, bench and drift (default: all).'
	exit 0
	;;
esac

tools/setup.sh || exit 1
rm -rf "$build/report"
mkdir -p "$build/report"

failures() {
	ls "$build/report/"*.tap >/dev/null 2>&1 || {
		echo 0
		return
	}
	counts=$(tools/vm/tap.sh --counts "$build/report/"*.tap) || :
	counts=${counts#* }
	echo "${counts%% *}"
}

# Drift is last: it builds for another kernel, and what uses the first one would have to build again.
for part in "${@:-}"; do
	for name in ${part:-lint unit model vm guest oracle bench drift}; do
		echo "== $name"
		begun=$(date +%s)
		before=0
		[ "$name" = lint ] || before=$(failures)
		status=0
		make --no-print-directory "check-$name" || status=$?
		if [ "$status" -ne 0 ] && [ "$(failures)" -le "$before" ]; then
			printf 'TAP version 13\n1..1\nnot ok 1 make check-%s failed with status %d\n' \
				"$name" "$status" >"$build/report/$name-itself.tap"
		fi
		ls "$build/report/$name"*.tap >/dev/null 2>&1 ||
			printf 'TAP version 13\n1..1\nnot ok 1 no report\n' >"$build/report/$name.tap"
		echo "== $name took $(($(date +%s) - begun)) s"
	done
done

echo '== all'
tools/vm/tap.sh --title khmap "$build/report/"*.tap
