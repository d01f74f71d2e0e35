# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Prints coverage.json as a table.

def left($width): . + " " * ($width - length);
def right($width): " " * ($width - length) + .;
def row: (.[0] | left(28)) + (.[1:] | map(tostring | right(10)) | add);

(["file", "lines", "reached", "%", "branches", "reached", "%"] | row),
((.files[], (.total + { file: "total" })) |
	[.file, .lines, .lines_reached, .lines_percent, .branches, .branches_reached,
		.branches_percent] | row)
