#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Tests the tools of this folder: that what goes wrong in a guest is seen, whatever it is. Writes
# build/report/vm.tap.

set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
report=${BUILD:-$top/build}/report/vm.tap
mkdir -p "${report%/*}"
# The guests that fail here on purpose must not replace the last real one's console.
BUILD=$(mktemp -d)
export BUILD
trap 'rm -rf "$BUILD"' EXIT
trap 'exit 130' INT TERM

number=0
failed=0
echo 'TAP version 13' >"$report"

# verdict NAME GOT WANTED
verdict() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number $1" >>"$report"
		printf '  %-7s %s\n' ok "$1"
	else
		failed=1
		printf "not ok %d %s\n# got '%s', not '%s'\n" "$number" "$1" "$2" "$3" >>"$report"
		printf "  %-7s %s: got '%s', not '%s'\n" FAILED "$1" "$2" "$3"
		[ ! -s "$BUILD/log" ] || sed 's/^/          /' "$BUILD/log"
	fi
}

# counts NAME "PASSED FAILED SKIPPED": of the report on standard input.
counts() {
	cat >"$BUILD/tap"
	verdict "$1" "$("$here/tap.sh" --counts "$BUILD/tap")" "$2"
}

# splat NAME yes|no: whether the console on standard input holds one.
splat() {
	seen=no
	awk -f "$here/splat.awk" >/dev/null || seen=yes
	verdict "$1" "$seen" "$2"
}

# guest NAME STATUS OPTION...: how a guest without the module ends.
guest() {
	name=$1
	wanted=$2
	shift 2
	got=0
	"$here/run.sh" --no-module "$@" >"$BUILD/log" 2>&1 </dev/null || got=$?
	verdict "$name" "$got" "$wanted"
	: >"$BUILD/log"
}

counts 'flat cases' '1 1 1' <<EOF
1..3
ok 1 a
not ok 2 b
ok 3 c # SKIP no d
EOF
counts 'a program counts as its cases' '2 1 0' <<EOF
1..2
# selftests: khmap: one
# 1..2
# ok 1 a
# not ok 2 b
not ok 1 selftests: khmap: one # exit=1
# selftests: khmap: two
# 1..1
# ok 1 a
ok 2 selftests: khmap: two
EOF
counts 'a bad verdict over good cases' '1 1 0' <<EOF
1..1
# selftests: khmap: one
# 1..1
# ok 1 a
not ok 1 selftests: khmap: one # exit=139
EOF
counts 'a silent program' '0 1 0' <<EOF
1..1
# selftests: khmap: one
ok 1 selftests: khmap: one
EOF
counts 'a program without a plan' '1 1 0' <<EOF
1..1
# selftests: khmap: one
# ok 1 a
ok 1 selftests: khmap: one
EOF
counts 'a plan that is not filled' '1 1 0' <<EOF
1..1
# selftests: khmap: one
# 1..7
# ok 1 a
ok 1 selftests: khmap: one
EOF
counts 'a skipped program' '0 0 1' <<EOF
1..1
# selftests: khmap: one
# 1..0 # SKIP nothing to see
ok 1 selftests: khmap: one # SKIP
EOF
counts 'a report that ends early' '1 1 0' <<EOF
1..2
ok 1 a
EOF
counts 'a report that ends inside a program' '2 1 0' <<EOF
1..2
ok 1 a
# selftests: khmap: one
# 1..2
# ok 1 a
EOF
counts 'an empty report' '0 1 0' </dev/null

while read -r line; do
	splat "sees: $line" yes <<EOF
[    1.000000] $line
EOF
done <<EOF
WARNING: CPU: 0 PID: 1 at kmod/map.c:1 khmap_map_put+0x1/0x2
BUG: KASAN: use-after-free in khmap_map_put+0x1/0x2
BUG: sleeping function called from invalid context at mm/slab.h:1
BUG: scheduling while atomic: sh/1/0x00000002
UBSAN: array-index-out-of-bounds in kmod/core/table.c:1
WARNING: possible circular locking dependency detected
WARNING: suspicious RCU usage
general protection fault, probably for non-canonical address 0x1: 0000
INFO: rcu_preempt self-detected stall on CPU
INFO: task sh:1 blocked for more than 120 seconds.
watchdog: BUG: soft lockup - CPU#0 stuck for 22s!
refcount_t: underflow; use-after-free.
list_add corruption. prev->next should be next
kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
EOF
splat 'a clean console' no <<EOF
[    0.700000] mtrr: your CPUs had inconsistent MTRRdefType settings
[    1.700000] khmap: loading out-of-tree module taints kernel.
EOF
splat 'a memory cgroup that kills is no splat' no <<EOF
[    1.0] khmapctl invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] Call Trace:
[    1.0] Memory cgroup out of memory: Killed process 1 (khmapctl)
EOF
splat 'but what another processor complains of meanwhile is one' yes <<EOF
[    1.0] khmapctl invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] BUG: KASAN: use-after-free in khmap_map_put+0x1/0x2
[    1.0] Call Trace:
[    1.0] Memory cgroup out of memory: Killed process 1 (khmapctl)
EOF
splat 'and so is a lock in a wrong order, behind the trace' yes <<EOF
[    1.0] khmapctl invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] Call Trace:
[    1.0] WARNING: possible circular locking dependency detected
[    1.0] Memory cgroup out of memory: Killed process 1 (khmapctl)
EOF
splat 'and a data race that the module has a part in' yes <<EOF
[    1.0] khmapctl invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] BUG: KCSAN: data-race in khmap_map_put [khmap] / vfs_read
[    1.0] write to 0xffff of 8 bytes by task 1 on cpu 0:
[    1.0] Memory cgroup out of memory: Killed process 1 (khmapctl)
[    1.0]  khmap_map_put+0x1/0x2 [khmap]
[    1.0] ==================================================================
EOF
splat 'one of others is none then, either' no <<EOF
[    1.0] khmapctl invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] BUG: KCSAN: data-race in tick_do_update / tick_nohz
[    1.0] Call Trace:
[    1.0]  khmap_map_put+0x1/0x2 [khmap]
[    1.0] ==================================================================
[    1.0] Memory cgroup out of memory: Killed process 1 (khmapctl)
EOF
splat 'nor is a cgroup that has nobody to kill' no <<EOF
[    1.0] soak invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] Call Trace:
[    1.0] Out of memory and no killable processes...
EOF
splat 'but a machine that has nobody is one' yes <<EOF
[    1.0] soak invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] Call Trace:
[    1.0] Out of memory and no killable processes...
[    1.0] Kernel panic - not syncing: System is deadlocked on memory
EOF
splat 'a data race that the module has a part in is one' yes <<EOF
[    1.0] ==================================================================
[    1.0] BUG: KCSAN: data-race in khmap_map_put [khmap] / vfs_read
[    1.0] write to 0xffff of 8 bytes by task 1 on cpu 0:
[    1.0]  khmap_map_put+0x1/0x2 [khmap]
[    1.0] ==================================================================
EOF
splat "one of a reader's copy with a marked store is none" no <<EOF
[    1.0] BUG: KCSAN: data-race in _copy_to_iter / khmap_chain_insert [khmap]
[    1.0] write (marked) to 0xffff of 4 bytes by task 1 on cpu 1:
[    1.0]  khmap_chain_insert+0xc7/0x940 [khmap]
[    1.0] read to 0xffff of 4096 bytes by task 2 on cpu 0:
[    1.0]  _copy_to_iter+0x3aa/0xbe0
[    1.0] ==================================================================
EOF
splat 'with one that is not marked, it is one' yes <<EOF
[    1.0] BUG: KCSAN: data-race in _copy_to_iter / khmap_chain_insert [khmap]
[    1.0] write to 0xffff of 4 bytes by task 1 on cpu 1:
[    1.0]  khmap_chain_insert+0xc7/0x940 [khmap]
[    1.0] read to 0xffff of 4096 bytes by task 2 on cpu 0:
[    1.0]  _copy_to_iter+0x3aa/0xbe0
[    1.0] ==================================================================
EOF
splat 'nor does it matter that its processor was late' yes <<EOF
[    1.0] BUG: KCSAN: data-race in _copy_to_iter / khmap_chain_insert [khmap]
[    1.0] write (reordered) to 0xffff of 4 bytes by task 1 on cpu 1:
[    1.0]  khmap_chain_insert+0xc7/0x940 [khmap]
[    1.0] read to 0xffff of 4096 bytes by task 2 on cpu 0:
[    1.0]  _copy_to_iter+0x3aa/0xbe0
[    1.0] ==================================================================
EOF
splat "one of the kernel's own counts, below the module, is none" no <<EOF
[    1.0] BUG: KCSAN: data-race in page_remove_rmap / validate_page_before_insert
[    1.0] read-write (marked) to 0xffff of 4 bytes by task 1 on cpu 1:
[    1.0]  page_remove_rmap+0x17d/0x560
[    1.0] read to 0xffff of 4 bytes by task 2 on cpu 0:
[    1.0]  validate_page_before_insert+0x7f/0xa0
[    1.0]  vm_insert_pages+0x33b/0x4d0
[    1.0]  khmap_view_fault+0x30d/0x370 [khmap]
[    1.0] ==================================================================
EOF
splat 'a data race of others is none' no <<EOF
[    1.0] ==================================================================
[    1.0] BUG: KCSAN: data-race in tick_do_update / tick_nohz
[    1.0] write to 0xffff of 8 bytes by task 1 on cpu 0:
[    1.0]  tick_do_update+0x1/0x2
[    1.0] Reported by Kernel Concurrency Sanitizer on:
[    1.0] ==================================================================
EOF
splat 'what comes in the middle of it is one' yes <<EOF
[    1.0] BUG: KCSAN: data-race in tick_do_update / tick_nohz
[    1.0] WARNING: suspicious RCU usage
[    1.0] ==================================================================
EOF
splat 'and so is one that is not told to its end' yes <<EOF
[    1.0] BUG: KCSAN: data-race in tick_do_update / tick_nohz
EOF
splat 'a machine that kills for want of memory is one' yes <<EOF
[    1.0] khmapctl invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0
[    1.0] Call Trace:
[    1.0] Out of memory: Killed process 1 (khmapctl)
EOF

tests=$BUILD/tests
mkdir "$tests"
printf '#!/bin/sh\necho 1..1\necho ok 1 a\n' >"$tests/good"
printf '#!/bin/sh\necho 1..2\necho ok 1 a\nsleep 60 & sleep 60\n' >"$tests/hangs"
# The pause lets what was printed leave the guest.
printf '#!/bin/sh\necho 1..1\nsleep 1\necho c >/proc/sysrq-trigger\n' >"$tests/panics"
chmod +x "$tests"/*
echo "$tests/good" >"$BUILD/good"
printf '@3 %s\n%s\n' "$tests/hangs" "$tests/good" >"$BUILD/hangs"
printf '%s\n%s\n' "$tests/good" "$tests/panics" >"$BUILD/panics"

guest 'a command that succeeds' 0 --out "$BUILD/out" -- 'echo "it is here" >/out/file'
verdict 'its file is brought out' "$(cat "$BUILD/out/file" 2>&1)" 'it is here'
guest "a command's status" 7 -- 'exit 7'
guest 'a list that passes' 0 --list "$BUILD/good" --report "$BUILD/guest.tap"
verdict 'its report counts the guest too' "$("$here/tap.sh" --counts "$BUILD/guest.tap")" '2 0 0'
guest 'a test that hangs, with a child, costs only itself' 1 --list "$BUILD/hangs" --timeout 40
guest 'a test that panics' 103 --list "$BUILD/panics" --report "$BUILD/guest.tap"
verdict 'its report says so' "$("$here/tap.sh" --counts "$BUILD/guest.tap")" '1 2 0'
"$here/run.sh" --no-module --append rdinit=/nothing -- true >"$BUILD/log" 2>&1 </dev/null
verdict 'a kernel without a first process panics' $? 103
verdict 'and is given two more chances' "$(grep -c '^Booting kernel' "$BUILD/log")" 3
: >"$BUILD/log"
guest 'a guest that switches itself off' 103 -- 'poweroff -f'
guest 'a time-out' 104 --timeout 6 -- 'sleep 60'
guest 'a splat' 105 -- 'echo "<4>WARNING: CPU: 0 PID: 1 at a test" >/dev/kmsg'
guest 'an empty report' 106 --tap -- true
guest 'a report that is cut off' 106 --tap -- 'echo 1..2; echo ok 1 a'
guest 'a plugin that does not exist' 101 --plugin /nonexistent,option -- true
guest 'a file that does not exist' 101 --file /nonexistent -- true

echo "1..$number" >>"$report"
exit $failed
