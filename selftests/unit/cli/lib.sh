# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Sourced by the tests of khmapctl: TAP, and a command's status and output held against what is
# expected. BIN is where the programs are.

set -u
LC_ALL=C
export LC_ALL

bin=${BIN:?the folder of the programs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 1

number=0
failed=0

pass() {
	number=$((number + 1))
	echo "ok $number - $*"
}

fail() {
	number=$((number + 1))
	failed=$((failed + 1))
	echo "not ok $number - $*"
}

khmapctl() {
	"$bin/khmapctl" "$@"
}

# check TEXT STATUS PATTERN COMMAND...: both outputs together must match the pattern, a regular
# expression; "" for no output at all.
check() {
	text=$1
	want=$2
	pattern=$3
	shift 3
	output=$("$@" 2>&1)
	status=$?
	if [ "$status" -ne "$want" ]; then
		fail "$text"
		echo "# status $status, expected $want"
	elif [ -z "$pattern" ] && [ -n "$output" ]; then
		fail "$text"
		echo '# expected no output'
	elif ! printf '%s\n' "$output" | grep -Eq -- "$pattern"; then
		fail "$text"
		echo "# output does not match: $pattern"
	else
		pass "$text"
		return
	fi
	printf '%s\n' "$output" | sed 's/^/#   /'
}

# same TEXT FILE FILE
same() {
	if cmp -s "$2" "$3"; then
		pass "$1"
	else
		fail "$1"
		diff "$2" "$3" | sed 's/^/# /' | head -n 20
	fi
}

# numbers FROM TO: CSV of u64 keys and values, each value three times the key.
numbers() {
	echo key,value
	seq "$1" "$2" | awk '{ print $1 "," $1 * 3 }'
}

# copy FILE: a fresh copy of an image, in $image, to be damaged.
copy() {
	image=./copy.khm
	cp "$1" "$image"
}

# field NAME: its offset in the header of $image, from what inspect shows.
field() {
	khmapctl inspect "$image" header |
		awk -v name="$1" 'substr($0, 60) ~ ("^" name " ") { print "0x" $1; exit }'
}

# poke OFFSET=HEX...: damage $image; with -c its checksums are made anew, with -s its header's.
poke() {
	case $1 in
	-*)
		how=$1
		shift
		"$bin/poke" "$how" "$image" "$@"
		;;
	*)
		"$bin/poke" "$image" "$@"
		;;
	esac
}

finish() {
	echo "1..$number"
	[ "$failed" -eq 0 ]
}
