# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Reads CSV (RFC 4180) and prints a record a line, as ASCII's own separators have it: US between
# the cells, RS for the end of a line within one. A reader of its own, so that it can judge ours.

function cells(rest,	out, cell, end)
{
	if (!index(rest, "\"")) {
		gsub(/,/, "\037", rest)
		return rest
	}
	out = ""
	for (;;) {
		if (substr(rest, 1, 1) == "\"") {
			cell = ""
			rest = substr(rest, 2)
			# Two quotes stand for one, and the cell goes on behind them.
			while ((end = index(rest, "\"")) && substr(rest, end + 1, 1) == "\"") {
				cell = cell substr(rest, 1, end)
				rest = substr(rest, end + 2)
			}
			out = out cell substr(rest, 1, end - 1)
			rest = substr(rest, end + 1)
		} else {
			end = index(rest, ",")
			cell = end ? substr(rest, 1, end - 1) : rest
			out = out cell
			rest = substr(rest, length(cell) + 1)
		}
		if (rest == "")
			return out
		out = out "\037"
		rest = substr(rest, 2)
	}
}

{
	record = open ? record "\036" $0 : $0
	quotes += gsub(/"/, "&")
	open = quotes % 2
	if (!open) {
		quotes = 0
		sub(/\r$/, "", record)
		print cells(record)
	}
}
