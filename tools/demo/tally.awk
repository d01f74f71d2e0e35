# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Counts packages by section as Debian's index goes by, for -v writer, one of two: a CSV line with
# the new count of its section for every second package.

BEGIN { print "section,writer,value" }
/^Section: / && ++package % 2 == writer { print $2 "," writer "," ++count[$2] }
