# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What the tests of khmapctl share: questions to ask of a command. Sourced; the caller sets tests,
# the number of its cases.
# shellcheck disable=SC2154 # tests

. "${0%/*}/script_test.sh"

# Of the kernel, and so of maps; and how many of 4 KiB it is.
page_size=$(awk '/^KernelPageSize:/ { print $2 * 1024; exit }' /proc/self/smaps)
# shellcheck disable=SC2034 # of the tests
page_factor=$((page_size / 4096))

# is EXPECTED COMMAND...: the command succeeds and prints just that, nothing on standard error.
is() {
	exits_with 0 "$@"
}

# exits_with STATUS EXPECTED COMMAND...: likewise, with that exit status.
exits_with() {
	wanted=$1
	expected=$2
	shift 2
	status=0
	got=$("$@" 2>"$work/stderr") || status=$?
	cat "$work/stderr"
	if [ "$status" -ne "$wanted" ] || [ "$got" != "$expected" ] || [ -s "$work/stderr" ]; then
		printf 'expected: %s\ngot: %s\nexit status %s\n' "$expected" "$got" "$status"
		return 1
	fi
}

# refused STATUS TEXT COMMAND...: the command exits so, prints nothing, and says just that text
# behind "khmapctl: "; wrong usage may be followed by one line that points to the help.
refused() {
	wanted=$1
	text=$2
	shift 2
	status=0
	"$@" >"$work/stdout" 2>"$work/stderr" || status=$?
	[ "$status" -ne 2 ] || sed -i '/^Try "khmapctl .*--help"\.$/d' "$work/stderr"
	if [ "$status" -ne "$wanted" ] || [ "$(cat "$work/stderr")" != "khmapctl: $text" ] ||
		[ -s "$work/stdout" ]; then
		printf 'expected: khmapctl: %s\ngot: ' "$text"
		cat "$work/stderr" "$work/stdout"
		echo "exit status $status"
		return 1
	fi
}

# json FILTER COMMAND...: what the command prints, through jq, a compact value a line.
json() {
	filter=$1
	shift
	"$@" >"$work/json" || return
	jq -c "$filter" "$work/json"
}

# as_tester COMMAND: a line for the shell of another user.
as_tester() {
	su tester -c "PATH=$PATH; $1"
}

# Waits for a condition that comes about by itself.
eventually() {
	tries=0
	while [ "$tries" -lt "$((20 * ${KHMAP_SLOWER:-1}))" ]; do
		! "$@" || return 0
		sleep 0.5
		tries=$((tries + 1))
	done
	return 1
}

# entries MAP COUNT
entries() {
	[ "$(json .entries khmapctl stat "$1" --json)" -eq "$2" ]
}

# byte_at FILE OFFSET
byte_at() {
	od -An -tu1 -j "$2" -N 1 "$1"
}

# change_byte FILE OFFSET: that byte becomes the next one but 0, whatever it was; of a used slot's tag,
# so, the tag of another key.
change_byte() {
	printf '%b' "\\0$(printf %03o $(($(byte_at "$1" "$2") % 255 + 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

chmod 755 "$work"
begin
