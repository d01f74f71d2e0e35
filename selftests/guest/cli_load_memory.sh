#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# khmapctl load takes the same memory for any length of its input, in each format that is a stream.
# What it takes is what its cgroup is charged with; the map's memory is its creator's.
# shellcheck disable=SC2016,SC2317 # lines for sh -c; functions that ok calls by their names

set -u

tests=11
. "${0%/*}/cli_test.sh"
cd "$work" || exit 1

few=2000	# records that are loaded
many=80000	# likewise
root=/sys/fs/cgroup
cgroup=$root/khmap-load

echo +memory >"$root/cgroup.subtree_control" 2>/dev/null
mkdir "$cgroup" 2>/dev/null
[ -e "$cgroup/memory.peak" ] || skip_all 'no memory.peak of cgroup v2 in this guest'
rmdir "$cgroup"

# records COUNT LINE: lines of printf, each with a key, and a value of 199 bytes.
records() {
	awk -v count="$1" -v line="$2" 'BEGIN {
		pad = sprintf("%190s", ""); gsub(" ", "x", pad)
		for (i = 0; i < count; i++) printf line, i, i, pad
	}'
}

stream() {
	case $1 in
	csv) echo key,value; records "$2" '%d,%09d%s\n' ;;
	ndjson) records "$2" '{"key":%d,"value":"%09d%s"}\n' ;;
	*) khmapctl dump all --format "$1" --limit "$2" ;;
	esac
}

# peak FORMAT COUNT: the most memory, in KiB, that it takes to load so many records.
peak() {
	rmdir "$cgroup" 2>/dev/null
	khmapctl clear map >/dev/null
	mkdir "$cgroup" || return
	echo 12M >"$cgroup/memory.max"
	stream "$1" "$2" | sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - "$cgroup" \
		khmapctl load map --format "$1" --io "$io" --quiet || return
	entries map "$2" || return
	grep -q '^oom_kill 0$' "$cgroup/memory.events" || return
	echo $(($(cat "$cgroup/memory.peak") / 1024))
	rmdir "$cgroup"
}

# constant FORMAT: no more for many records than for few, but for what the allocator rounds up and
# processors are charged with ahead.
constant() {
	small=$(peak "$1" "$few") && large=$(peak "$1" "$many") || return
	echo "# $1, $io: $small KiB for $few records, $large KiB for $many" >&3
	[ "$large" -lt $((small + 1024 * page_factor)) ]
}

fill() {
	stream csv "$many" | khmapctl load all --format csv --quiet
}

larger() {
	[ "$(khmapctl dump all --format raw | wc -c)" -gt $(($1 * 1024 * 1024)) ]
}

exec 3>&1
ok 'a map' khmapctl create map --key u32 --value 'str[200]' -n $many
ok 'another one' khmapctl create all --key u32 --value 'str[200]' -n $many
ok 'that is full' fill
ok 'which is more than the limit' larger 13
for io in uring ioctl; do
	ok "CSV, $io" constant csv
	ok "NDJSON, $io" constant ndjson
done
io=auto
ok 'MessagePack' constant msgpack
ok 'raw' constant raw
ok 'all are there' khmapctl verify map all
khmapctl destroy map all

finish
