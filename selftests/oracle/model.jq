# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Of a case as the plugin prints it, the same rows as profile.jq gives; $model says which model's.

# The page on the profile format has the definition.
def verdict:
	([.cpus[] | .store_transfers, .load_transfers | .true] | add) as $true |
	([.cpus[] | .store_transfers, .load_transfers | .false] | add) as $false |
	([.cpus[] | .load_transfers | .true, .false] | add) as $loads |
	([.cpus[] | .stores, .loads] | add) as $accesses | ($true + $false) as $all |
	if $all == 0 or $all * 1000 < $accesses then "private"
	elif .returns < 3 or .returns * 1000 < $accesses then "handed over"
	elif $loads * 100 >= $all * 90 then "reader-writer sharing"
	elif $false * 100 >= $all * 90 then "false sharing"
	elif $true * 100 >= $all * 90 then "true sharing"
	else "mixed sharing" end;

[.models[$model][] | [verdict, (.page | split("/") | .[0], (.[1] | tonumber)), .line, (.cpus[] | [.cpu,
	.stores, .stored, .loads, .loaded, (.store_transfers | .true, .false),
	(.load_transfers | .true, .false)])]] | sort[]
