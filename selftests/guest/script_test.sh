# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What the scripts of the guest share: a folder of their own and TAP. Sourced; the caller sets
# tests, the number of its cases, and says begin when it is ready for the first.
# shellcheck disable=SC2154 # tests

work=$(mktemp -d)
number=0
failed=0

skip_all() {
	echo "1..0 # SKIP $*"
	exit 4
}

# ok NAME COMMAND...: one case, whose verdict is that of the command; what it prints is shown if
# it fails.
ok() {
	name=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/output" 2>&1; then
		echo "ok $number $name"
	else
		sed 's/^/#   /' "$work/output"
		echo "not ok $number $name"
		failed=1
	fi
}

begin() {
	command -v jq >/dev/null || skip_all 'jq is not in this guest'
	[ -e /sys/module/khmap ] || skip_all 'the module is not loaded'
	echo 'TAP version 13'
	echo "1..$tests"
}

finish() {
	umount "$work"/* 2>/dev/null
	rm -rf "$work"
	[ "$number" -eq "$tests" ] || {
		echo "# $number cases, not $tests"
		exit 1
	}
	exit $failed
}
