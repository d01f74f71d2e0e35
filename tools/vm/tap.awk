# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Counts test cases in a TAP stream, the innermost ones: a program run by the kselftest runner
# ("# selftests: ..." and its own stream indented by "# ") counts as its cases, not as one more.
# Prints "failed NAME", "skipped NAME" and, last, "counts PASSED FAILED SKIPPED".
#
# Nothing passes by saying nothing. These count as one failure each: no plan, a plan that the
# cases do not fill, a program that printed no case, a bad verdict over cases that all passed.

function begin_stream() {
	plan = -1
	seen = bad = 0
	run = ""
}

function finish_stream() {
	cases += seen
	wrong += bad
	if (plan >= 0 && plan != seen && short == "")
		short = "its plan says " plan " cases, it ran " seen
	else if (plan < 0 && seen && short == "")
		short = "it printed no plan"
	begin_stream()
}

function fail(name) {
	failed++
	print "failed " name
}

function skip(name) {
	skipped++
	print "skipped " name
}

# One "ok" or "not ok" line; the prefix names the program that it belongs to.
function count(line, prefix,    name, directive, at) {
	name = line
	sub(/^(not )?ok *[0-9]* *(- )?/, "", name)
	at = match(name, /# *([Ss][Kk][Ii][Pp]|[Tt][Oo][Dd][Oo]|XFAIL)/)
	directive = at ? substr(name, at) : ""
	if (at)
		name = substr(name, 1, at - 1)
	sub(/ *$/, "", name)
	if (name == "")
		name = run
	if (name == "")
		name = "a case without a name"
	name = prefix name
	if (directive != "") {
		sub(/^# */, "", directive)
		sub(/^[A-Za-z]+:? */, "", directive)
		skip(name (directive == "" ? "" : " (" directive ")"))
	} else if (line ~ /^not/) {
		fail(name)
		return 1
	} else {
		passed++
	}
	return 0
}

function begin_program(name) {
	program = name
	cases = wrong = 0
	short = reason = ""
	begin_stream()
}

function finish_program(verdict,    note) {
	finish_stream()
	note = verdict
	sub(/^(not )?ok *[0-9]* *(- )?/, "", note)
	sub(/^selftests: /, "", note)
	if (verdict ~ /^not/) {
		if (!wrong)
			fail(note)
	} else if (verdict ~ /# SKIP/) {
		if (!cases)
			skip(program (reason == "" ? "" : " (" reason ")"))
		else if (short != "")
			fail(program ": " short)
	} else if (!cases && reason != "") {
		skip(program " (" reason ")")
	} else if (!cases) {
		fail(program ": printed no test case")
	} else if (short != "") {
		fail(program ": " short)
	}
	program = ""
}

BEGIN {
	top_plan = -1
	program = ""
}

{ sub(/\r$/, "") }

/^# selftests: / {
	begin_program(substr($0, 14))
	next
}

program != "" && /^# / {
	line = substr($0, 3)
	if (line ~ /^TAP version/ && (seen || plan >= 0)) {
		finish_stream()
	} else if (line ~ /^1\.\.[0-9]+/) {
		plan = substr(line, 4) + 0
		if (line ~ /^1\.\.0.*# *SKIP/) {
			reason = line
			sub(/.*# *SKIP:? */, "", reason)
		}
	} else if (line ~ /^(not )?ok( |$)/) {
		seen++
		bad += count(line, program ": ")
	} else if (line ~ /^#  *RUN  */) {
		run = line
		sub(/^#  *RUN  */, "", run)
		sub(/ *\.\.\.$/, "", run)
	}
	next
}

/^1\.\.[0-9]+/ {
	top_plan = substr($0, 4) + 0
	if ($0 ~ /^1\.\.0.*# *SKIP/) {
		sub(/.*# *SKIP:? */, "")
		skip("all (" $0 ")")
	}
	next
}

/^#  *RUN  */ {
	run = $0
	sub(/^#  *RUN  */, "", run)
	sub(/ *\.\.\.$/, "", run)
	next
}

/^(not )?ok( |$)/ {
	top_seen++
	if (program != "")
		finish_program($0)
	else
		count($0, "")
	next
}

/^Bail out!/ { fail($0) }

END {
	if (program != "") {
		finish_stream()
		fail(program ": the report ends inside it")
	} else if (top_plan < 0) {
		fail("the report has no plan")
	} else if (top_plan != top_seen) {
		fail("the report has " top_seen + 0 " of " top_plan " results")
	}
	print "counts", passed + 0, failed + 0, skipped + 0
}
