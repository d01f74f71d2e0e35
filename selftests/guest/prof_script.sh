#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# tools/prof/bpftool/khmap-hot-lines.sh: it counts what khmap-prof counts, and whatever ends it
# leaves no pin, program or map behind.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=26
. "${0%/*}/prof_test.sh"

script=$top/tools/prof/bpftool/khmap-hot-lines.sh

hot_lines() {
	"$script" --json "$@" >"$json"
}

# One row of the table, with single spaces.
row() {
	"$script" --map "$1" --top 1 -- prof_writer turns "$1" 4 5 50 | sed -n 2p | tr -s ' '
}

prof_writer create script_map aligned 10
prof_writer create script_other aligned 10
prof_writer put script_map 1 2 3 4 5 6 7 8

ok 'it records' hot_lines --map script_map -- prof_writer turns script_map 4 5 200
ok 'every store, processor and modelled transfer is there' is \
'["script_map","header",0,10,400,0,{"true":399,"false":0},[[0,200],[1,200]]]
["script_map","header",0,11,400,400,{"true":0,"false":399},[[0,200],[1,200]]]' query \
	'.lines | sort_by(.line)[] | [.map, .region, .page, .line, .stores, .slot_stores,
	.modelled_transfers, [.cpus[] | [.cpu, .stores]]]'
ok 'so are the totals' is '{"events":400,"taken":400,"lines":2,"dropped":0}' query .totals
ok 'report says that this is no profile' fails 7 'what khmap-hot-lines.sh printed' \
	khmap-prof report "$json"
ok 'nothing is left' nothing_left

ok 'a table is printed' is 'script_map header 0 10 100 0:50 1:50 99 99 0' row script_map
ok 'events of another map do not count' hot_lines --map script_map -- prof_writer put script_other 1
ok 'there are none' is '[0,0]' query '[.totals.events, (.lines | length)]'
ok 'one in four is taken' sh -c "'$script' --json --sample 4 -- prof_writer put script_map 1 2 3 4 |
	jq -e '.totals.events == 4 and .totals.taken == 1'"

ok 'the exit status is that of the command' is 7 sh -c "'$script' -- sh -c 'exit 7' >/dev/null
	echo \$?"
ok 'there is no such map' fails 3 'there is no map "nobody"' "$script" --map nobody --duration 1
ok 'these are no programs' fails 1 'store.bpf.o is missing' "$script" --object /nonexistent -- true
ok 'this is no bpffs' fails 1 'is no bpffs' "$script" --bpffs /tmp -- true
mount -t tmpfs none /sys/kernel/btf
: >/sys/kernel/btf/vmlinux
ok 'type information is missing' fails 4 'make module' "$script" -- true
umount /sys/kernel/btf
ok 'no time at all is not for ever' fails 2 'a number of seconds above 0' "$script" --duration 0.0
ok 'nor is it one event in no' fails 2 'needs a number above 0' "$script" --sample 00
ok 'nothing is pinned there' fails 1 'bpftool prog loadall store.bpf.o' khmap-prof attach \
	/sys/fs/bpf/nothing
ok 'this is no time' fails 2 'needs a number of seconds' "$script" --duration 1.2.3
ok 'nothing is left of failures' nothing_left

# What cannot begin is not left attached.
half() {
	dir=/sys/fs/bpf/half
	mkdir "$dir" "$dir/programs" "$dir/maps" &&
		bpftool prog loadall "$top/build/prof/store.bpf.o" "$dir/programs" \
			pinmaps "$dir/maps" && rm "$dir/maps/settings" &&
		fails 1 'was pinmaps given' khmap-prof attach "$dir" && [ ! -e "$dir/links" ]
	status=$?
	rm -r "$dir"
	return "$status"
}
ok 'half of it is not attached' half

stale() {
	dir=/sys/fs/bpf/stale
	mkdir "$dir" "$dir/links" &&
		fails 1 "rm -r $dir" khmap-prof attach "$dir" && [ -e "$dir/links" ]
	status=$?
	rm -r "$dir"
	return "$status"
}
ok 'what another one attached stays' stale

# A newer bpftool attaches what it loads, and pins links in place of programs: so does this stand-in.
mkdir "$work/newer"
cat >"$work/newer/bpftool" <<STAND_IN
#!/bin/sh
case "\$1 \$2 \$7" in
'prog help ') echo '       autoattach' ;;
'prog loadall autoattach')
	own=\${4%/*}/own
	mkdir "\$own" && $(command -v bpftool) prog loadall "\$3" "\$own/programs" pinmaps "\$own/maps" &&
		khmap-prof attach "\$own" && mv "\$own/links"/* "\$4" && mv "\$own/maps"/* "\$6" &&
		rm -r "\$own" && touch "$work/attached"
	exit ;;
esac
exec $(command -v bpftool) "\$@"
STAND_IN
chmod +x "$work/newer/bpftool"
attached() {
	PATH=$work/newer:$PATH "$script" --json --map script_map -- prof_writer put script_map 1 2 3 |
		jq -c '[.totals.taken, ([.lines[].stores] | add > 2)]'
	[ ! -e "$work/attached" ] || echo 'by bpftool'
}
ok 'what bpftool attaches itself stays attached' is '[3,true]
by bpftool' attached
ok 'and goes at the end' nothing_left

# start SIGNAL: send it to a script that is recording.
start() {
	"$script" --duration 60 >/dev/null &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -e "/sys/fs/bpf/khmap-hot-lines-$pid/links/store_put" ] || break
		sleep 1
	done
	sleep 1
	kill "-$1" "$pid"
	wait "$pid"
}

terminated() {
	start TERM
	[ $? -eq 143 ] && nothing_left
}
ok 'nothing is left when it was terminated' terminated

killed() {
	start KILL
	[ -n "$(ls /sys/fs/bpf)" ] && "$script" -- true && nothing_left
}
ok 'what is left when it was killed, the next run removes' killed

unload() {
	prof_writer destroy script_map && prof_writer destroy script_other || return
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! rmmod khmap || break
		sleep 1
	done
	[ ! -e /sys/module/khmap ] && insmod /khmap.ko
}
ok 'the module unloads' unload

finish
