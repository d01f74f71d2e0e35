# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# From "bpftool -j map dump" of accesses, buckets, maps and totals, and "bpftool -j prog show" of the
# programs (--slurpfile each), to the bytes stored to most and the hottest chains: tab-separated
# rows, or one JSON object if $json is true. $top rows of each at most.

def region: ["header", "primary", "overflow", "range"][.] // "unknown";
def kind: ["store", "load", "head", "tag", "key", "value", "clear"][.] // "unknown";
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

($accesses | entries |
	map({ map: (.key.line.map_id | name), map_id: .key.line.map_id,
	      region: (.key.line.region | region), page: .key.line.page, line: .key.line.line,
	      offset: (.key.offset | byte), length: (.key.length | byte),
	      kind: (.key.kind | byte | kind), cpu: .key.line.cpu, count: .value }) |
	sort_by([-.count, .map_id, .region, .page, .line, .offset, .cpu])) as $bytes |
($buckets | entries |
	map({ map: (.key.map_id | name), map_id: .key.map_id, region: (.key.region | region),
	      page: .key.page, bucket: .key.bucket, inserts: .value.inserts,
	      replaces: .value.replaces, deletes: .value.deletes, overflows: .value.overflows }) |
	sort_by([-(.inserts + .replaces + .deletes), .map_id, .region, .page, .bucket])) as $chains |
{ events: total("events"), taken: total("taken"), bytes: ($bytes | length),
  chains: ($chains | length),
  dropped: (($sums | map(to_entries[] | select(.key | endswith("_dropped")).value) | add) +
	    ($programs | map(.recursion_misses // 0) | add)) } as $sum |
if $json then
	{ format: 2, totals: $sum, accesses: $bytes[:$top], buckets: $chains[:$top] }
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
