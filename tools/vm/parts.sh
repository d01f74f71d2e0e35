# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# A list of tests in parts. Sourced.

# matching LIST REGEX: the list, without those of its tests whose line does not match.
matching() {
	regex=$2 awk '/^[+#]|^$/ || $0 ~ ENVIRON["regex"]' "$1"
}

# part LIST N: the Nth paragraph that has a test, behind the files that those before it named. Each is
# for a guest of its own, so that a leak, or a guest that is lost, is of few tests.
part() {
	awk -v RS= -v wanted="$2" '{
		count = split($0, line, "\n")
		tests = 0
		for (i = 1; i <= count; i++)
			tests += line[i] !~ /^[+#]/
		if (tests && ++number == wanted) {
			printf "%s%s\n", files, $0
			exit
		}
		for (i = 1; i <= count; i++)
			if (line[i] ~ /^\+/)
				files = files line[i] "\n"
	}' "$1"
}

# part_lost N REPORT: a part whose guest was not even made leaves no report, and is one result that is bad.
# True if it is one.
part_lost() {
	[ ! -s "$2" ] || return 1
	printf 'TAP version 13\n1..1\nnot ok 1 part %s did not run\n' "$1" >"$2"
}
