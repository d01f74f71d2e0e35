# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Of a profile of khmap-prof, a row for each cache line: its verdict; where it is; and for each CPU stores, bytes
# stored, loads, bytes loaded, and the transfers: stores true and false, loads true and false.

[.lines[] | [.verdict, .region, .page, .line, (.cpus | sort_by(.cpu)[] | [.cpu, .stores, .bytes, .loads,
	.loaded_bytes, (.modelled_transfers | .true, .false, .load_true, .load_false)])]] | sort[]
