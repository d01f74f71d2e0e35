# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Prints functions and structs of a header that no kernel-doc comment precedes. Names that begin
# with two underscores, or hold two in a row, are nobody's interface. Expects kernel style: what
# is declared begins in the first column.

function report(what) {
	if (what ~ /__/ || documented)
		return
	print FILENAME ":" FNR ": " what " is not documented"
	status = 1
}

FNR == 1 { documented = open = skip = 0 }

/^\/\*\*/ { open = 1 }
open {
	if (/\*\//) {
		open = 0
		documented = 1
	}
	next
}

# Attributes and preprocessor lines may stand between a comment and what it describes.
/^#/ || /^[A-Z_]+(\(.*\))?$/ { next }
/^$/ {
	documented = 0
	next
}

/^(struct|union|enum) [a-z_0-9]+ \{/ {
	if ($1 == "struct")
		report($1 " " $2)
	documented = 0
	next
}

/^[a-z_A-Z][^=;{]*[ *][a-z_0-9]+\(/ && !/^(typedef|extern "C"|return|else|_Static_assert|static_assert)/ {
	name = $0
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	report(name "()")
	documented = 0
	next
}

# A return type on a line of its own keeps the comment for the next line.
/^[a-z_A-Z][a-z_A-Z0-9 *]*$/ { next }
/^[^ \t]/ { documented = 0 }

END { exit status }
