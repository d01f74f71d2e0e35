#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl create, ls, info, stat, clear and destroy: every option, and every way to get it wrong.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=102
. "${0%/*}/cli_test.sh"

create() {
	khmapctl create --key u64 --value u64 "$@"
}

info() {
	json "$2" khmapctl info "$1" --json
}

node() {
	stat -c '%a %U:%G %F' "/dev/khmap/$1"
}

# header MAP FIELD: as inspect shows it.
header() {
	json ".[] | select(.field == \"$2\").value" khmapctl inspect "$1" header --json
}

# --- Defaults, and what all say of them.

ok 'no map yet' is '[]' json . khmapctl ls --json
ok 'create' is '' create one
ok 'the node is there' is '660 root:root character special file' node one
ok 'info tells the defaults' is \
'["one","live","key u64;value u64",8,8,"fold","aligned",0,false,0,0,0]' info one \
	'[.name, .kind, .schema, .key_size, .value_size, .hash, .layout, .entries, .checksums,
	.overflow_buckets, .snapshot_ns, .bytes_per_entry]'
ok 'the waste of a slot is the sum of its parts' is true info one \
	'.waste_per_slot | .total == .head + .padding + .bucket_tail + .page_tail'
ok 'the load is the default' is '"68"' header one load_percent
ok 'stat tells its counters' is '["live",0,0,0,0,0,0]' json \
	'[.kind, .entries, .inserts, .replaces, .deletes, .snapshots, .shape]' \
	khmapctl stat one --json
ok 'ls lists it' is '[["one",0,8,8,0,0,"0660",0,true]]' json \
	'[.[] | [.name, .entries, .key_size, .value_size, .uid, .gid, .mode, .snapshots, .node]]' \
	khmapctl ls --json
ok 'ls, for people' is 'one 0 8 8 0 0660 root:root' \
	sh -c 'khmapctl ls | awk "NR == 2 { print \$1, \$2, \$3, \$4, \$(NF - 2), \$(NF - 1), \$NF }"'
ok 'info, for people' is 'entries 0' sh -c \
	'khmapctl info one | awk "/^entries/ { print \$1, \$2 }"'
ok 'stat, for people' is 'entries 0' sh -c 'khmapctl stat one | grep ^entries | tr -s " "'

ok 'one entry' is '' khmapctl put one 1 1
ok 'is no reason to grow' is '[0,0,"idle"]' json '[.shape, .wanted, .growth]' \
	khmapctl stat one --json
ok 'gone' is '' khmapctl del one 1

# --- Every option.

ok '--entries' is '' create two --entries 5000 --load-percent 75
ok 'nothing is allocated for them' is '[null,0,"idle"]' \
	json '[.max_entries, .primary_pages, .growth]' khmapctl stat two --json
# 30 pages of 4 KiB; 32 are the next power of two.
pages=$(((30 + page_factor - 1) / page_factor))
reserved="for 5000 entries: $pages primary pages, $((pages * page_size / 1024)).0 KiB"
ok 'a dry run of reserve' is "would reserve $reserved" khmapctl reserve two 5000 --dry-run
ok 'reserve' is "reserved $reserved" khmapctl reserve two 5000
ok 'it allocates' is $((32 / page_factor)) json .primary_pages khmapctl stat two --json
printf '90 110\n100\n' >sizes
ok 'reserve advises from a sample' is '[3,100,10,120,1]' \
	json '[.sample, .mean, .deviation, .entries, .pages]' \
	khmapctl reserve two --sample sizes --dry-run --json
ok 'a bad sample' refused 3 'reserve: -:2: "x" is not a whole number' \
	sh -c 'printf "5\n6 x\n" | khmapctl reserve two --sample -'
ok 'an empty sample' refused 3 'reserve: /dev/null: there is no number in it' \
	khmapctl reserve two --sample /dev/null
ok 'no number to reserve' refused 2 'reserve: NAME and a number of entries are needed' \
	khmapctl reserve two
ok '--entries with a unit' is '' create three -n 4K
ok 'a unit counts by 1024' is '4096' json .entries khmapctl reserve three 4K --json
ok 'without a sample, its numbers are null' is '[null,null,null]' \
	json '[.sample, .mean, .deviation]' khmapctl reserve three 4K --dry-run --json
ok 'a number too large for one' refused 2 \
	'reserve: "99999999999999999999" is not a whole number 0..9223372036854775807; K, M, G and T behind it multiply by powers of 1024' \
	khmapctl reserve three 99999999999999999999
ok 'more than an image holds' refused 3 \
	'reserve: three: the map is at its ceiling: its regions have no room' \
	khmapctl reserve three 1T
ok 'a dry run says so too' refused 3 \
	'reserve: three: the map is at its ceiling: its regions have no room' \
	khmapctl reserve three 1T --dry-run
ok 'no limit of memory is none' is 'max_bytes none' \
	sh -c 'khmapctl stat three | grep ^max_bytes | tr -s " "'
ok 'destroy takes several names' is '' khmapctl destroy two three
ok '--max-entries, --max-bytes' is '' create two -n 100 --max-entries 50 --max-bytes 1M
ok 'the limits are set' is '[50,1048576]' json '[.max_entries, .max_bytes]' \
	khmapctl stat two --json
for dry in '' --dry-run; do
	ok "reserve, beyond the ceiling $dry" refused 3 \
		'reserve: two: the map is at its ceiling of 50 entries' \
		khmapctl reserve two 51 $dry
done
# Locks, and so a map that is empty, are larger in a kernel that looks for faults.
create tight --load-percent 75
limit=$(khmapctl stat tight --json | jq ".bytes + 27 * $page_size + 4096")
khmapctl destroy tight
ok 'a map whose limit is tight' is '' create tight --load-percent 75 --max-bytes "$limit"
ok 'what a limit forbids is not begun with' is '0
0' sh -c 'khmapctl reserve tight $0 2>&1 | grep -c "part of the way"
	khmapctl stat tight --json | jq .primary_pages' $((5000 * page_factor))
# 27 pages are within the limit, but not with what the kernel needs to find them.
ok 'memory that runs out is said to stay' is 1 sh -c \
	'khmapctl reserve tight $0 2>&1 | grep -c "the map has grown part of the way, and keeps"' \
	$((4500 * page_factor))
# What an empty map takes is in the limit, but nothing that a dry run adds up.
entries=5000
while [ $entries -lt 20000 ] && khmapctl reserve tight $((entries * page_factor)) --dry-run >/dev/null 2>&1; do
	entries=$((entries + 100))
done
ok 'its limit is one that a dry run knows' is 1 sh -c \
	"khmapctl reserve tight $((entries * page_factor)) --dry-run 2>&1 | grep -c 'above the map.s limit of $limit'"
khmapctl destroy tight
khmapctl snapshot two ./two.khmap -q
ok 'a dry run of what cannot grow' refused 3 \
	'reserve: ./two.khmap: is a snapshot and cannot be changed' \
	khmapctl reserve ./two.khmap 5 --dry-run
ok '--load-percent, --hash, --layout' is '' create three --load-percent 60 --hash siphash13 \
	--layout packed
ok 'so it was made' is '["siphash13","packed"]' info three '[.hash, .layout]'
ok 'with that load' is '"60"' header three load_percent
ok '--stripes' is '' create striped --stripes 256
ok 'has so many' is 256 json .stripes khmapctl stat striped --json
khmapctl destroy striped
ok '--owner, --mode' is '' create four --owner tester:nogroup --mode 0640
ok 'the node is so' is '640 tester:nogroup character special file' node four
ok '--owner with numbers' is '' create five --owner 7:8 --mode 600
ok 'the node is of them' is '7 8' stat -c '%u %g' /dev/khmap/five
ok 'ls knows names and numbers' is '["four",1000,65534,"0640"] ["five",7,8,"0600"]' sh -c \
	'khmapctl ls --json | jq -rc ".[3:][] | [.name, .uid, .gid, .mode]" | paste -s -d " "'
chmod 640 /dev/khmap/five
chown 1000:8 /dev/khmap/five
ok 'ls follows chmod and chown' is '["0640",1000,8]' json \
	'.[] | select(.name == "five") | [.mode, .uid, .gid]' khmapctl ls --json
ok '--owner with a group only' is '' create six --owner :tester
ok 'the user is who created it' is 'root tester' stat -c '%U %G' /dev/khmap/six
ok 'the longest name' is '' create "$(printf '%063d' 0)"
ok 'a name that begins with a dash' is '' khmapctl create --key u64 --value u64 -- -7_A
ok 'eight maps' is 8 json length khmapctl ls --json
ok 'all are clean' khmapctl verify one two three four five six "$(printf '%063d' 0)" -- -7_A

# --- Bad input: a clear error, and nothing is built.

no_name() {
	refused 2 "create: \"$1\" is no name for a map: [A-Za-z0-9_-]{1,63}, not \"control\"" \
		create -- "$1"
}

types() {
	khmapctl create seven --key "$1" --value "$2"
}

ok 'a second map of the name' refused 3 'create: a map "one" exists' create one
ok 'a name with a slash' no_name a/b
ok 'a name with a dot' no_name a.b
ok 'a name of dots' no_name ..
ok 'no name' no_name ''
ok 'the name of the control node' refused 2 'create: "control" is the control device, not a map' \
	create control
ok 'a name of 200 characters' refused 2 \
	'create: a map'\''s name has at most 63 bytes, not 200' create "$(printf '%0200d' 0)"
ok 'a key of no bytes' refused 2 \
	'create: key type, column 7: expected a whole number 1..65535, found "0"' \
	types 'bytes[0]' u64
ok 'a value of no bytes' refused 2 \
	'create: value type, column 5: expected a whole number 1..65535, found "0"' \
	types u64 'str[0]'
ok 'a key above the limit' refused 2 \
	'create: key type, column 1: 65535 bytes: a key or a value has at most 4096' \
	types 'bytes[65535]' u64
if [ "$page_factor" -eq 1 ]; then
	ok 'a record larger than a page' refused 3 \
		'create: a key of 4000 and a value of 4000 bytes do not fit a page' \
		types 'bytes[4000]' 'bytes[4000]'
else
	ok 'no record is larger than a page' sh -c "khmapctl create wide --key 'bytes[4096]' \
		--value 'bytes[4096]' && khmapctl destroy wide"
fi
ok 'more entries than a map can have' refused 3 \
	'create: so many do not fit: no map holds 1099511627776 entries' \
	create seven -n 1T
ok 'no type' refused 2 'create: key type, column 1: expected a type (u8..u64, i8..i64, f32, f64, '\
'bool, bytes[N], str[N], ipv4, ipv6, mac or {name:type,...}), found "u65"' types u65 u64
ok 'a type is missing' refused 2 'create: --key TYPE and --value TYPE are needed' \
	khmapctl create seven --key u64
ok 'no entries' refused 2 \
	'create: --entries: "0" is not a whole number 1..9223372036854775807; K, M, G and T behind it multiply by powers of 1024' \
	create seven -n 0
ok 'entries that are no number' refused 2 \
	'create: --entries: "-1" is not a whole number 1..9223372036854775807; K, M, G and T behind it multiply by powers of 1024' create seven -n -1
ok 'a memory limit that is too small' refused 3 \
	'create: no memory, or above a limit; the limits are --max-bytes and '\
'/sys/module/khmap/parameters/max_bytes' create seven --max-bytes 4K
ok 'load below its range' refused 2 \
	'create: --load-percent: "9" is not a whole number 10..95' \
	create seven --load-percent 9
ok 'load above its range' refused 2 \
	'create: --load-percent: "96" is not a whole number 10..95' \
	create seven --load-percent 96
ok 'stripes above their range' refused 2 'create: --stripes: "2K" is not a whole number 1..1024; K, M, G '\
'and T behind it multiply by powers of 1024' create seven --stripes 2K
ok 'stripes that are no power of two' refused 2 'create: --stripes: a power of two, not 48' \
	create seven --stripes 48
ok 'no hash' refused 2 'create: --hash: fold or siphash13, not "md5"' create seven --hash md5
ok 'no layout' refused 2 'create: --layout: aligned or packed, not "dense"' \
	create seven --layout dense
ok 'no user' refused 2 'create: --owner: there is no user "ghost"' create seven --owner ghost
ok 'no group' refused 2 'create: --owner: there is no group "ghosts"' \
	create seven --owner :ghosts
ok 'an executable map' refused 2 \
	'create: --mode: octal, read and write bits only, not "0755"' create seven --mode 0755
ok 'two names' refused 2 'create: one NAME is needed' create seven eight
ok 'none of them was created' is 8 json length khmapctl ls --json

# --- The rest.

ok 'no such map' refused 3 'info: no map "seven"' khmapctl info seven
ok 'nor for stat' refused 3 'stat: no map "seven"' khmapctl stat seven
ok 'nor for destroy' refused 3 'destroy: seven: there is no such map' khmapctl destroy seven
control='"control" is the control device, not a map'
ok 'the control node is no map' refused 2 "get: $control" khmapctl get control 1
ok 'nor by its path' refused 3 "get: $control" khmapctl get /dev/khmap/control 1
ok 'nor to destroy' refused 2 "destroy: $control" khmapctl destroy control
rm /dev/khmap/five
ok 'ls tells that a node is missing' is '["0600",7,8,false]' json \
	'.[] | select(.name == "five") | [.mode, .uid, .gid, .node]' khmapctl ls --json
ok 'and people' is 'five its node is missing' sh -c \
	"khmapctl ls | awk '/^five/ { print \$1, \$(NF - 3), \$(NF - 2), \$(NF - 1), \$NF }'"
ok 'destroy does, too' refused 3 'destroy: five: the map exists but its node is missing' \
	khmapctl destroy five
ok 'and get' refused 3 'get: five: the map exists but its node is missing' khmapctl get five 1
restore_node() {
	numbers=$(cat /sys/class/khmap/*five/dev)
	mknod /dev/khmap/five c "${numbers%:*}" "${numbers#*:}"
}
ok 'the node comes back' is '' restore_node
closed() {
	khmapctl ls <&- >/dev/null && khmapctl info one 2>&- >/dev/null
}
ok 'descriptors that are closed' is '' closed
ok 'no such command' refused 2 'there is no command "frob"' khmapctl frob
each_helps() {
	for command in create ls info stat load get put del clear dump inspect snapshot verify \
		reserve compact destroy; do
		khmapctl "$command" --help | grep -q "^Usage: khmapctl $command" || return
	done
}
ok 'every command has help' each_helps
full_disk() {
	khmapctl info one >/dev/full
}
ok 'a full disk is no success' refused 3 \
	'info: standard output: No space left on device' full_disk
ok 'destroy goes on behind a name that is not there' exits_with 3 '' sh -c \
	'khmapctl destroy one nobody two three four five six 2>/dev/null'
# Not the kernel's own node, which would go with the map.
rm -f /dev/khmap/five
khmapctl destroy -- -7_A "$(printf '%063d' 0)"
ok 'no map is left' is '[]' json . khmapctl ls --json

finish
