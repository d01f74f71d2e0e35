#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Debian's trinity and stress-ng at the nodes of maps: fuzz_others.sh SECONDS, in the guest. Neither knows
# the interface; they try what can be done with any node, from many processes. Trinity runs as a plain
# user, for whom the nodes are opened: as root it finds other ways to lose a machine. What must hold is
# the module's part: all maps are in order, and all can be destroyed.
# shellcheck disable=SC2317 # functions that `ok` calls

for other in trinity stress-ng; do
	command -v $other >/dev/null || {
		echo "1..0 # SKIP $other is not installed (tools/setup.sh fuzz)"
		exit 4
	}
done
seconds=${1:-30}
tests=8
. "${0%/*}/cli_test.sh"

echo "1..$tests"

make_maps() {
	for map in fuzz-a fuzz-b; do
		khmapctl create "$map" --key u64 --value u64 --mode 0666 || return
		seq 1 5000 | sed 's/.*/&,&/' | khmapctl load "$map" --format csv --no-header -q ||
			return
	done
	khmapctl snapshot fuzz-a --name fuzz-s --mode 0444
}

# Until the time is up; at its end it says how many system calls there were. First it asks for a socket
# of every kind that could be, and for each of them the kernel would run modprobe.
run_trinity() {
	chmod 0666 /dev/khmap/control
	modprobe=$(cat /proc/sys/kernel/modprobe)
	echo >/proc/sys/kernel/modprobe
	mkdir -p /tmp/trinity
	chown tester /tmp/trinity
	as_tester "cd /tmp/trinity && HOME=/tmp/trinity timeout -s INT -k 60 $seconds \
		trinity -q -l off -C 4 -V /dev/khmap -a 64 -x reboot -s 1 --disable-fds=sockets" \
		>"$work/trinity" 2>&1
	echo "$modprobe" >/proc/sys/kernel/modprobe
	chmod 0600 /dev/khmap/control
	grep -a 'Ran [1-9][0-9]* syscalls' "$work/trinity" | tail -n 1 >"$work/ran"
	[ -s "$work/ran" ] || tail -n 20 "$work/trinity"
	[ -s "$work/ran" ]
}

stress() {
	stress-ng --dev 2 --dev-file "$1" --timeout "$seconds" --metrics-brief --temp-path /tmp \
		>"$work/stress" 2>&1
	grep ' dev  *[0-9]' "$work/stress" | tail -n 1 >"$work/ran"
	cat "$work/stress"
	# The first number is that of its rounds.
	grep -q ' dev  *[1-9][0-9]* ' "$work/ran" && grep -q 'successful run completed' "$work/stress"
}

told() {
	sed "s/^/# $1: /" "$work/ran"
}

nodes() {
	find /dev/khmap -type c ! -name control
}

verify_maps() {
	nodes >"$work/nodes"
	[ -s "$work/nodes" ] || {
		echo 'there is no map any more'
		return 1
	}
	while read -r node; do
		khmapctl verify "$node" || return
	done <"$work/nodes"
}

# A fuzzer may have made more, or taken a name away.
destroy_maps() {
	nodes | while read -r node; do
		khmapctl destroy "${node##*/}" || exit
	done
	[ "$(khmapctl ls --snapshots --json)" = '[]' ]
}

ok 'there are two maps and a snapshot' make_maps
ok 'trinity runs at them' run_trinity
told trinity
ok 'all maps are in order' verify_maps
for node in control fuzz-a fuzz-s; do
	ok "stress-ng runs at $node" stress "/dev/khmap/$node"
	told "stress-ng at $node"
done
ok 'all maps are still in order' verify_maps
ok 'all that is there can be destroyed' destroy_maps
exit "$failed"
