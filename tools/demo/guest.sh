#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# The demo's part in the guest, where demo.sh starts it: the module is loaded, the working folder
# is /khmap, what is put into /out gets to the host.

set -u

steps=/out/guest.steps
number=${1:-0}
. "${0%/*}/step.sh"
data=/khmap/build/demo/data
PATH=$PATH:/khmap/build/prof:/khmap/build/demo
cd "$data" || exit 1
# Made by demo.sh: types, and how many there are of what.
# shellcheck disable=SC1091 # made for each run
. ./config
# shellcheck disable=SC2269,SC2154 # says to readers and checkers that they are set
oui_entries=$oui_entries oui_value=$oui_value packages_entries=$packages_entries \
	packages_key=$packages_key packages_value=$packages_value \
	tally_puts=$tally_puts lookups=$lookups

# Not a step of its own: it began when the machine was switched on.
seconds=$(now)
echo "$seconds Boot the guest, insmod khmap.ko" >>"$steps"
tell "Switched on $seconds s ago: Linux $(uname -r), $(nproc) processors; insmod khmap.ko is done."
must 'lsmod | grep khmap'
must 'ls -l /dev/khmap'

step 'Create map "oui" and load the IEEE registry, as it is, by libcsv'
must "khmapctl create oui --key 'bytes[3]' --value '$oui_value' -n $oui_entries --mode 0644"
must "khmapctl load oui oui.csv --ignore-columns -c key=Assignment \\
       -c organization='Organization Name' -c address='Organization Address'"
must 'khmapctl get oui 00:00:0c --field organization'

step 'Create map "packages" and load the package index, by jansson'
must "khmapctl create packages --key '$packages_key' --value '$packages_value' -n $packages_entries"
must 'khmapctl load packages packages.ndjson'
must 'khmapctl get packages dash'
must 'khmapctl ls'

step "Look names up, $lookups times, and count the system calls"
must "lookups oui $lookups"
must "lookups packages $lookups"
tell 'Emulation makes both slow, and not alike: the ratio is this guest'\''s only.'

step 'Profile two writers, each pinned to a processor'
tell 'They count packages by section. Each has keys of its own; buckets and cache lines they share.'
must "khmapctl create tally --key 'packed{section:str[64],writer:u8}' --value u64 -n 200"
must "khmap-prof record --map tally --top 8 -- sh -c \\
       'taskset -c 0 khmapctl load tally tally-0.csv & first=\$!
        taskset -c 1 khmapctl load tally tally-1.csv && wait \$first'"
must "[ \"\$(khmapctl dump tally --format csv | awk -F, 'NR > 1 { n += \$3 } END { print n }')\" \\
       -eq $tally_puts ]"

step 'Verify all maps, take snapshots, ask the live maps some questions'
must 'khmapctl verify oui packages tally'
must 'khmapctl snapshot oui /out/oui.khmap'
must 'khmapctl snapshot packages /out/packages.khmap'
# Status 1 says that keys are not there: some of the questions are such.
must 'khmapctl get oui - --json <oui.keys >/out/oui.guest || [ $? -eq 1 ]'
must 'khmapctl get packages - --json <packages.keys >/out/packages.guest || [ $? -eq 1 ]'

step 'Destroy the maps, unload the module'
must 'khmapctl destroy oui packages tally && rmmod khmap'
step_end
