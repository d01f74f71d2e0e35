# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Makes of what gcov told, $unit and $guest, which lines and branches of each file were reached. A
# line was if either reached it. Branches are those that the compiler made, and differ with its
# options; so those of the engine are the unit tests', of the rest the guest's.

# The lines of each file in kmod/: {line: {count, branches: [count]}}.
def by_file:
	[.[].files[] | .file |= sub("^.*/(?=kmod/)"; "") | select(.file | startswith("kmod/"))] |
	group_by(.file) | map({
		key: .[0].file,
		value: ([.[].lines[]] | group_by(.line_number) | map({
			key: (.[0].line_number | tostring),
			value: {
				count: (map(.count) | max),
				branches: (map(.branches | map(.count)) | transpose |
					map(map(. // 0) | max))
			}
		}) | from_entries)
	}) | from_entries;

def percent($part; $all):
	if $all == 0 then 100 else $part * 1000 / $all | round / 10 end;

def rates:
	. + {
		lines_percent: percent(.lines_reached; .lines),
		branches_percent: percent(.branches_reached; .branches)
	};

($unit | by_file) as $unit | ($guest | by_file) as $guest |
[($unit + $guest) | keys[] | . as $file |
	($unit[$file] // {}) as $in_unit | ($guest[$file] // {}) as $in_guest |
	(if ($file | startswith("kmod/core/")) and $in_unit != {} then $in_unit else $in_guest end |
		[.[].branches[]]) as $branches |
	[($in_unit + $in_guest) | keys_unsorted[] | {
		line: tonumber,
		count: ([$in_unit[.].count, $in_guest[.].count] | map(. // 0) | max)
	}] as $lines |
	{
		file: $file,
		lines: ($lines | length),
		lines_reached: ([$lines[] | select(.count > 0)] | length),
		branches: ($branches | length),
		branches_reached: ([$branches[] | select(. > 0)] | length)
	} | rates + { missed: ([$lines[] | select(.count == 0).line] | sort) }
] | {
	files: .,
	total: ({
		lines: (map(.lines) | add // 0),
		lines_reached: (map(.lines_reached) | add // 0),
		branches: (map(.branches) | add // 0),
		branches_reached: (map(.branches_reached) | add // 0)
	} | rates)
}
