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
