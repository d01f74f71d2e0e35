#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What the documents show can be done: their C code compiles without a warning, every function of
# the library has its place in a man page, and every command and option of khmapctl too.

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/unit/cli/lib.sh
. "${0%/*}/lib.sh"
pages=$top/Documentation

# compile TEXT FILE
compile() {
	check "$1" 0 '' "${CC:-gcc}" -std=gnu11 -Wall -Wextra -Werror -Wno-unused-function \
		-I"$top/include/uapi" -I"$top/include" -fsyntax-only "$2"
}

# The indented block that begins with an #include.
awk '
	/^   #include/ { inside = 1 }
	inside && /^[^ ]/ { exit }
	inside { sub(/^   /, ""); print }' "$pages/uapi.rst" >uapi.c
check 'uapi.rst has an example' 0 'int main' cat uapi.c
compile 'the example of uapi.rst' uapi.c

for page in "$pages"/man/*.3; do
	name=${page##*/}
	# Of the section EXAMPLES, without what mdoc escapes.
	awk '
		/^\.Sh/ { examples = $2 == "EXAMPLES" }
		/^\.Ed/ { inside = 0 }
		inside { gsub(/\\e/, "\\"); print }
		examples && /^\.Bd -literal/ { inside = 1 }' "$page" >body.c
	[ -s body.c ] || continue
	{
		echo '#include <khmap/khmap.h>'
		cat body.c
	} >"${name%.3}.c"
	compile "the example of $name" "${name%.3}.c"
done

sed -n 's/^\t\(khmap_[a-z_]*\);$/\1/p' "$top/user/lib/khmap.map" >symbols
check 'the library has symbols' 0 '^khmap_open$' cat symbols
while read -r symbol; do
	grep -qE "^\.(Nm|Fn) $symbol( |\$)" "$pages"/man/*.3 || echo "$symbol"
done <symbols >missing
check 'every symbol has a man page' 0 '' cat missing

# "--name" of each command's help must be "Fl -name" of the man page.
khmapctl --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >commands
while read -r command; do
	grep -q "^\.It Ic $command " "$pages/man/khmapctl.1" || echo "$command"
	khmapctl "$command" --help | grep -oE -- '(^|[ [])--[a-z][a-z-]+' | tr -d ' [' |
		sort -u | while read -r option; do
		grep -qE -- "Fl ${option#-}( |\$)" "$pages/man/khmapctl.1" ||
			echo "$command $option"
	done
done <commands >undocumented
check 'there are commands' 0 '^create$' cat commands
check 'every command and option is in khmapctl(1)' 0 '' cat undocumented

finish
