#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs test programs inside the guest and prints one TAP stream, the way the kernel's kselftest
# runner does: what a program prints is indented by "# ", its verdict follows.
#
# Each line of the list is SECONDS PROGRAM [ARGUMENT...].

list=$1
count=$(grep -c . "$list")
number=0
failed=0

# Bits 7 (oops) and 9 (warning); the others only say where the module comes from.
taint() {
	echo $(($(cat /proc/sys/kernel/tainted) & 640))
}

# A test that makes the kernel warn where that is no fault of the module's reads the log itself. This
# file says that it found no other warning.
known=/run/known-warnings

verdict() {
	number=$((number + 1))
	echo "$1 $number selftests: khmap: $2"
	case $1 in
	not*) failed=1 ;;
	esac
}

# In /proc/PID/stat the session is the fourth field behind the name, which may hold anything.
end_session() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v session="$1" '{
		pid = $1
		sub(/.*\) /, "")
		if ($4 == session)
			print pid
	}' | xargs -r kill -KILL 2>/dev/null
}

[ -z "$module" ] || count=$((count + 1))
keeps_account=
case $(uname -r) in
*-kasan) keeps_account=$module ;;
*) [ ! -e /sys/kernel/debug/kmemleak ] || keeps_account=$module ;;
esac
[ -z "$keeps_account" ] || count=$((count + 1))
echo 'TAP version 13'
echo "1..$count"
# Descriptor 9, so that a test may read its own standard input.
while read -r seconds line <&9; do
	[ -n "$line" ] || continue
	name=${line##*/}
	case $line in
	*' '*) program=${line%% *} && name="${program##*/} ${line#* }" ;;
	esac
	before=$(taint)
	rm -f $known
	echo "# selftests: khmap: $name"
	{
		# A session of its own, so that nothing which it started can outlive it, unless
		# it is to (prof_faults).
		setsid sh -c "echo \$\$ >/run/session; exec timeout -k 5 $seconds $line" 9<&-
		echo $? >/run/status
		end_session "$(cat /run/session)"
	} 2>&1 | awk '{ print "# " $0; fflush() }'
	status=$(cat /run/status)
	[ ! -e $known ] || before=$((before | 512))
	if [ "$(taint)" != "$before" ]; then
		verdict 'not ok' "$name # the kernel complained, see the console"
		continue
	fi
	case $status in
	0) verdict ok "$name" ;;
	4) verdict ok "$name # SKIP" ;;
	124 | 137 | 143) verdict 'not ok' "$name # TIMEOUT $seconds seconds (status $status)" ;;
	*) verdict 'not ok' "$name # exit=$status" ;;
	esac
done 9<"$list"

# A test that leaves a map, a descriptor or a mapping behind shows here. Work that was put off
# (a dying process, an RCU callback) gets a moment to finish.
if [ -n "$module" ]; then
	for _ in 1 2 3 4 5; do
		! message=$(rmmod khmap 2>&1) || break
		sleep 1
	done
	if [ -e /sys/module/khmap ]; then
		verdict 'not ok' "the module unloads # $message"
	else
		verdict ok 'the module unloads'
	fi
fi
if [ -n "$keeps_account" ]; then
	if left=$(sh /vm/leaks); then
		verdict ok 'the module leaves no memory behind'
	else
		echo "$left" | sed 's/^/# /'
		verdict 'not ok' 'the module leaves no memory behind'
	fi
fi
exit $failed
