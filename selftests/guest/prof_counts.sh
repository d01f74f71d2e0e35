#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# tools/prof/bpftool/khmap-trace-counts.sh: it counts what khmap-prof counts, says where bpftool
# cannot tell costs, and leaves nothing behind.
# shellcheck disable=SC2317 # functions that ok calls by their names

set -u

tests=14
. "${0%/*}/prof_test.sh"

script=$top/tools/prof/bpftool/khmap-trace-counts.sh

counts() {
	"$script" --json "$@" >"$json"
}

prof_writer create count_map aligned 10
prof_writer put count_map 1 2 3 4 5 6 7 8

ok 'it records' counts --map count_map -- prof_writer turns count_map 4 5 200
ok 'the bytes that each processor stored to' is \
'["count_map","header",0,10,0,4,"head",0,200]
["count_map","header",0,10,0,4,"head",1,200]
["count_map","header",0,11,16,8,"value",0,200]
["count_map","header",0,11,32,8,"value",1,200]' query '.accesses[] | [.map, .region, .page, .line,
	.offset, .length, .kind, .cpu, .count]'
ok 'the chain, and the totals' is '[["count_map","header",0,0,0,400,0,0],400,400,0]' query \
	'[(.buckets[] | [.map, .region, .page, .bucket, .inserts, .replaces, .deletes, .overflows]),
	.totals.events, .totals.taken, .totals.dropped]'
ok 'nothing is left' nothing_left

# Two profilers see the same operations of each kind, in a chain that overflows.
both() {
	keys=$(prof_writer keys count_chain 0 30 | tr '\n' ' ')
	writes="prof_writer put count_chain $keys && prof_writer put count_chain $keys &&
		prof_writer delete count_chain $keys"
	"$script" --json --map count_chain --top 1000 -- sh -c "khmap-prof record --map count_chain \
		--json '$work/whole.json' -- sh -c '$writes' >'$work/whole'" >"$json"
}
same() {
	jq -S '{ accesses: [.accesses[] | del(.map)] | sort, buckets: [.buckets[] | del(.map)] | sort }' \
		"$json" >"$work/here"
	jq -S '{ accesses: [.lines[] | { map_id, region, page, line } +
			(.accesses[] | { offset, length, kind, cpu, count })] | sort,
		 buckets: [.buckets[] | { map_id, region, page, bucket, inserts, replaces, deletes,
			overflows }] | sort }' "$work/whole.json" >"$work/there"
	diff "$work/here" "$work/there" && jq -c '[([.accesses[].kind] | unique),
		([.buckets[] | .inserts + .replaces] | add), ([.buckets[].deletes] | add),
		([.buckets[].overflows] | add > 0)]' "$work/here"
}
prof_writer create count_chain packed 100
prof_writer fill count_chain 16
ok 'operations of all kinds are recorded' both
ok 'the bytes and chains are those that khmap-prof tells' is \
	'[["clear","head","key","tag","value"],60,30,true]' same

tables() {
	"$script" --map count_map --top 1 -- prof_writer turns count_map 4 5 50
}
ok 'tables are printed' is \
'MAP       REGION PAGE LINE OFFSET LENGTH KIND CPU COUNT
count_map header    0   10      0      4 head   0    50

MAP       REGION PAGE BUCKET INSERTS REPLACES DELETES OVERFLOWS
count_map header    0      0       0      100       0         0

100 events, 100 taken; 1 chains; 0 dropped' tables
ok 'one in four is taken' sh -c "'$script' --json --sample 4 -- prof_writer put count_map 1 2 3 4 |
	jq -e '.totals.events == 4 and .totals.taken == 1 and (.buckets | length) == 1'"
ok 'the exit status is that of the command' is 7 sh -c "'$script' -- sh -c 'exit 7' >/dev/null
	echo \$?"
ok 'there is no such map' fails 3 'there is no map "nobody"' "$script" --map nobody --duration 1

# Debian's bpftool cannot profile programs; a stand-in for a newer one prints what that prints.
ok 'costs that bpftool cannot tell are told to be so' fails 0 'no costs: ' "$script" --cost -- \
	prof_writer put count_map 1
mkdir "$work/newer"
cat >"$work/newer/bpftool" <<STAND_IN
#!/bin/sh
[ "\$1 \$2" = 'prog profile' ] || exec $(command -v bpftool) "\$@"
sleep 3
echo '     1 run_cnt'
echo "  4321 cycles of \$4"
STAND_IN
chmod +x "$work/newer/bpftool"
costs() {
	PATH=$work/newer:$PATH "$script" --cost -- prof_writer put count_map 1 2>&1 |
		sed -n '1,/^$/p' | sed 's/of [0-9]*$/of some program/'
}
ok 'costs that it can tell are printed' is \
'What store_put, the program of puts, costs:
     1 run_cnt
  4321 cycles of some program' costs

terminated() {
	"$script" --duration 60 >/dev/null &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -e "/sys/fs/bpf/khmap-trace-counts-$pid/links/store_put" ] || break
		sleep 1
	done
	sleep 1
	kill -TERM "$pid"
	wait "$pid"
	[ $? -eq 143 ] && nothing_left
}
ok 'nothing is left when it was terminated' terminated
ok 'the maps go' sh -c 'prof_writer destroy count_map && prof_writer destroy count_chain'

finish
