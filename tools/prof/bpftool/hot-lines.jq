# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# From "bpftool -j map dump" of lines, line_cpus, maps and totals, and "bpftool -j prog show" of the
# programs (--slurpfile each), to the hottest lines: tab-separated rows, hottest first, or one JSON object if $json is true. $top rows at most.

def region: ["header", "primary", "overflow", "range"][.] // "unknown";
def entries: .[0] | map(.formatted);
def place: [.map_id, .region, .page, .line];

($maps | entries | map({ key: (.key | tostring), value: .value.name }) | from_entries) as $names |
# A line has the first CPUs itself, a cpu of 4294967295 is none; line_cpus has those of others.
($line_cpus | entries | group_by(.key | place) |
	map({ key: (.[0].key | place | tostring),
	      value: map({ cpu: .key.cpu, stores: .value.stores }) }) | from_entries) as $others |
def cpus: [.value.parts[] | select(.cpu != 4294967295) | { cpu, stores: .count.stores }] +
	($others[.key | place | tostring] // []) | sort_by(.cpu);
($totals | entries | map(.values[].value)) as $sums |
def total(name): $sums | map(.[name]) | add;

($lines | entries |
	map({ map: ($names[.key.map_id | tostring] // "" |
			if . == "" then null else . end),
	      map_id: .key.map_id, region: (.key.region | region), page: .key.page,
	      line: .key.line, stores: .value.stores,
	      slot_stores: .value.slot_stores,
	      cpus: cpus,
	      modelled_transfers: { true: .value.transfers.store_true,
				    false: .value.transfers.store_false } }) |
	sort_by([-(.modelled_transfers.true + .modelled_transfers.false), -.stores, .map_id,
		.region, .page, .line])) as $rows |
{ events: total("events"), taken: total("taken"), lines: ($rows | length),
  dropped: (($sums | map(to_entries[] | select(.key | endswith("_dropped")).value) | add) +
	    ($programs | map(.recursion_misses // 0) | add)) } as $sum |
if $json then
	{ script: "khmap-hot-lines.sh", format: 1, totals: $sum, lines: $rows[:$top] }
else
	(["MAP", "REGION", "PAGE", "LINE", "STORES", "BY CPU", "MODELLED TRANSFERS", "TRUE",
	  "FALSE"],
	 ($rows[:$top][] |
		[.map // "#\(.map_id)", .region, .page, .line, .stores,
		 (.cpus | map("\(.cpu):\(.stores)") | join(" ")),
		 .modelled_transfers.true + .modelled_transfers.false,
		 .modelled_transfers.true, .modelled_transfers.false]),
	 ["", "\($sum.events) events, \($sum.taken) taken; \($sum.lines) lines; \($sum.dropped) dropped"]) |
	@tsv
end
