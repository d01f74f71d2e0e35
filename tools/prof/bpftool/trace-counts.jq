# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# From "bpftool -j map dump" of operations, chains, maps and totals, and "bpftool -j prog show" of the
# programs (--slurpfile each), to the bytes stored to most and the hottest chains: tab-separated
# rows, or one JSON object if $json is true. $top rows of each at most.
#
# Which bytes an operation stores is as ../bpf/spans.h has it.

def region: ["header", "primary", "overflow", "range"][.] // "unknown";
# A byte is a number, or text in hexadecimal digits, as versions of bpftool have it.
def byte: if type == "string" then
		ltrimstr("0x") | explode |
		reduce .[] as $digit (0; . * 16 + if $digit > 96 then $digit - 87 else $digit - 48 end)
	else . end;
def entries: .[0] | map(.formatted);

($maps | entries | map({ key: (.key | tostring), value: .value.name }) | from_entries) as $names |
def name: $names[tostring] // "" | if . == "" then null else . end;
($totals | entries | map(.values[].value)) as $sums |
def total(name): $sums | map(.[name]) | add;

# The entries of operations, with the geometry of their map, if that was known when they were.
($maps | entries | map({ key: (.key | tostring), value }) | from_entries) as $geometries |
def head_region: if .region == 0 then 0 else 1 end;
def bucket_start($region; $bucket):
	if $region == 1 then $bucket * .bucket_stride
	elif $region == 2 then $bucket * .overflow_stride
	else .inline_offset end;
($operations | entries |
	map(.key + { count: .value, region: (.key.region | byte), kind: (.key.kind | byte) }) |
	map(. + if .kind >= 128 then { kind: (.kind - 128), geometry: null }
		else { geometry: $geometries[.map_id | tostring] } end) |
	map(. + { head_region: head_region, what: ["insert", "replace", "delete"][.kind] })) as $stored |

def slot(name): [name, .region, .page, .offset, .length];
def spans:
	. as $op |
	(if .what == "delete" then slot("clear")
	 elif .geometry == null then slot("key"), slot("value")
	 else
		["value", .region, .page, .offset + .geometry.value_offset, .geometry.value_size],
		(select(.what == "insert") | ["key", .region, .page, .offset, .geometry.key_size])
	 end),
	(.geometry | select(. != null) |
		["head", $op.head_region, $op.head_page,
		 bucket_start($op.head_region; $op.head_bucket), 4],
		(select($op.what != "replace") | ["tag", $op.region, $op.page,
			bucket_start($op.region; $op.bucket) + 8 + $op.slot, 1]));
# Bytes from $from to before $to, line by line.
def lines($from; $to):
	range(($from / 64 | floor); (($to + 63) / 64 | floor)) |
	{ line: ., from: ([$from, . * 64] | max), to: ([$to, (. + 1) * 64] | min) };

([$stored[] | . as $op | spans | . as [$kind, $region, $page, $start, $length] |
	lines($start; $start + $length) |
	{ map_id: $op.map_id, region: $region, page: $page, line, offset: (.from - .line * 64),
	  length: (.to - .from), kind: $kind, cpu: $op.cpu, count: $op.count }] |
	group_by([.map_id, .region, .page, .line, .offset, .length, .kind, .cpu]) |
	map(.[0] + { count: (map(.count) | add) }) |
	map({ map: (.map_id | name) } + . + { region: (.region | region) }) |
	sort_by([-.count, .map_id, .region, .page, .line, .offset, .cpu])) as $bytes |
([$stored[] | { map_id, region: .head_region, page: .head_page, bucket: .head_bucket,
		(.what): .count }] +
	($chains | entries |
		map({ map_id: .key.map_id, region: .key.region, page: .key.page,
		      bucket: .key.bucket, insert: .value.inserts, replace: .value.replaces,
		      delete: .value.deletes, overflow: .value.overflows })) |
	group_by([.map_id, .region, .page, .bucket]) |
	map({ map: (.[0].map_id | name), map_id: .[0].map_id, region: (.[0].region | region),
	      page: .[0].page, bucket: .[0].bucket, inserts: (map(.insert // 0) | add),
	      replaces: (map(.replace // 0) | add), deletes: (map(.delete // 0) | add),
	      overflows: (map(.overflow // 0) | add) }) |
	sort_by([-(.inserts + .replaces + .deletes), .map_id, .region, .page, .bucket])) as $chains |
{ events: total("events"), taken: total("taken"), bytes: ($bytes | length),
  chains: ($chains | length),
  dropped: (($sums | map(to_entries[] | select(.key | endswith("_dropped")).value) | add) +
	    ($programs | map(.recursion_misses // 0) | add)) } as $sum |
if $json then
	{ script: "khmap-trace-counts.sh", format: 1, totals: $sum, accesses: $bytes[:$top], buckets: $chains[:$top] }
else
	(["MAP", "REGION", "PAGE", "LINE", "OFFSET", "LENGTH", "KIND", "CPU", "COUNT"],
	 ($bytes[:$top][] |
		[.map // "#\(.map_id)", .region, .page, .line, .offset, .length, .kind, .cpu, .count]),
	 ["", ""],
	 ["MAP", "REGION", "PAGE", "BUCKET", "INSERTS", "REPLACES", "DELETES", "OVERFLOWS"],
	 ($chains[:$top][] |
		[.map // "#\(.map_id)", .region, .page, .bucket, .inserts, .replaces, .deletes,
		 .overflows]),
	 ["", "\($sum.events) events, \($sum.taken) taken; \($sum.chains) chains; \($sum.dropped) dropped"]) |
	@tsv
end
