# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What the tests of the profiler share: the programs of this project, and questions to ask of a
# profile. Sourced; the caller sets tests, the number of its cases.
# shellcheck disable=SC2154 # tests

top=$(cd "${0%/*}/../.." && pwd)
PATH=$top/build/prof:$top/build/guest:$PATH
. "${0%/*}/script_test.sh"
json=$work/profile.json

# Each event of page faults would switch a static key of the kernel's where every fault comes by, and an
# emulated processor may not see that it did (Documentation/testing.rst). So it stays on, over all tests.
pidof prof_faults >/dev/null || prof_faults || {
	echo 'Bail out! the kernel cannot be made to count page faults throughout'
	exit 1
}

# is EXPECTED COMMAND...: the command prints just that.
is() {
	expected=$1
	shift
	got=$("$@" 2>&1)
	[ "$got" = "$expected" ] || {
		printf 'expected: %s\ngot: %s\n' "$expected" "$got"
		return 1
	}
}

# fails STATUS TEXT COMMAND...: the command exits so, and its error is one line with that text; wrong
# usage may be followed by one that points to the help.
fails() {
	wanted=$1
	text=$2
	shift 2
	status=0
	"$@" >"$work/fails.out" 2>"$work/fails.err" || status=$?
	cat "$work/fails.err"
	[ "$status" -ne 2 ] || sed -i '/^Try .* --help\.$/d' "$work/fails.err"
	[ "$status" -eq "$wanted" ] || {
		echo "exit status $status, not $wanted"
		return 1
	}
	[ "$(wc -l <"$work/fails.err")" -eq 1 ] && grep -qF -- "$text" "$work/fails.err"
}

# query FILTER: of the profile's JSON, one compact line.
query() {
	jq -c "$1" "$json"
}

# lines_of MAP: the lines of the last profile that belong to a map, in the order of places.
lines_of() {
	query "[.maps[] | select(.name == \"$1\").map_id] as \$ids |
		[.lines[] | select([.map_id] | inside(\$ids))] | sort_by(.region, .page, .line) |
		.[] | [.region, .page, .line, .stores, .slot_stores, .modelled_transfers.true,
		.modelled_transfers.false, [.cpus[] | [.cpu, .stores, .bytes]]]"
}

# described JSON: each member of it is in the page about these formats; names of events are theirs.
described() {
	for member in $(jq -r 'del(.operations[]?.counters) | [paths[] | strings] | unique[]' "$1"); do
		grep -qF "\`\`$member\`\`" "$top/Documentation/timing-format.rst" || {
			echo "$member is not in timing-format.rst"
			return 1
		}
	done
}

# All programs, maps and links of BPF that there are, but those of bpftool itself, by which it finds
# out who has which.
bpf_objects() {
	bpftool -j prog show | jq -r '.[] | select(.name != "iter") | "program \(.id) \(.name)"'
	bpftool -j map show | jq -r '.[] | select(.name != "pid_iter.rodata") | "map \(.id) \(.name)"'
	bpftool -j link show | jq -r '.[] | select(.type != "iter") | "link \(.id) \(.type)"'
}

# There is none that was not there before the test, and nothing is pinned.
nothing_is_left() {
	! bpf_objects | grep -vxF -f "$work/bpf_before" && [ -z "$(ls /sys/fs/bpf)" ]
}

# Newer kernels free a link, and the program with it, a grace period after its last descriptor.
nothing_left() {
	for _ in 1 2 3 4 5 6 7 8 9; do
		! nothing_is_left >/dev/null || break
		sleep 1
	done
	nothing_is_left
}

begin
{ echo none; bpf_objects; } >"$work/bpf_before"
