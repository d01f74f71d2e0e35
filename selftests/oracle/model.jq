# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Of a case as the plugin prints it, the same rows as profile.jq gives; $model says which model's.

[.models[$model][] | [(.page | split("/") | .[0], (.[1] | tonumber)), .line, (.cpus[] | [.cpu,
	.stores, .stored, .loads, .loaded, (.store_transfers | .true, .false),
	(.load_transfers | .true, .false)])]] | sort[]
