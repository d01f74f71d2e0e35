# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Turns the packages of Debian's index (apt-cache dumpavail) that are for all machines or for
# -v architecture into JSON, one a line, in the form in which "khmapctl dump --json" prints them.
# Names and versions need no escapes.

function put()
{
	if (name != "" && (arch == "all" || arch == architecture))
		printf "{\"key\":\"%s\",\"value\":{\"version\":\"%s\",\"size\":%s}}\n", name, version,
			size
	name = version = arch = ""
	size = 0
}

/^Package: / { put(); name = $2 }
/^Version: / { version = $2 }
/^Architecture: / { arch = $2 }
/^Size: / { size = $2 }
END { put() }
