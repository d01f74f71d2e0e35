# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Follows a kselftest stream while it grows: one line for each program, and for a program that
# failed the end of what it printed.

{ sub(/\r$/, "") }

/^# selftests: / {
	lines = good = bad = skipped = plan = 0
	next
}

/^# / {
	line = substr($0, 3)
	keep[lines++ % 40] = line
	if (line ~ /^1\.\.[0-9]/)
		plan += substr(line, 4)
	if (line ~ /^(not )?ok.*# *SKIP/)
		skipped++
	else if (line ~ /^ok( |$)/)
		good++
	else if (line ~ /^not ok/)
		bad++
	next
}

/^(not )?ok / {
	name = $0
	sub(/^(not )?ok *[0-9]* *(selftests: khmap: )?/, "", name)
	wrong = /^not/
	cases = good + bad + skipped
	if (!wrong && !/# SKIP/ && lines && cases != plan)
		wrong = 1
	if (cases)
		name = name " (" good " passed" (bad ? ", " bad " failed" : "") \
		       (skipped ? ", " skipped " skipped" : "") \
		       (cases != plan ? ", of " plan : "") ")"
	else if (!wrong && !/# SKIP/ && name !~ /^the module (unloads|leaves)/) {
		wrong = 1
		name = name " (printed no test case)"
	}
	printf "  %-7s %s\n", wrong ? "FAILED" : "ok", name
	if (wrong)
		for (i = lines > 40 ? lines - 40 : 0; i < lines; i++)
			print "          " keep[i % 40]
	fflush()
	lines = good = bad = skipped = plan = 0
}
