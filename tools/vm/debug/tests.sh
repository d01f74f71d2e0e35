# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Which tests of a list a debug kernel can run. Sourced by scripts whose name it uses: top.
# shellcheck disable=SC2154 # that name

# tests_for KERNEL LIST REGEX left|skipped: of the tests whose line matches, those that the kernel can
# run, or, as TAP, the others. BPF programs that are about a module's types need a kernel that reads them.
tests_for() {
	needs='(build/guest/kfunc|(build|selftests)/guest/prof_[a-z]*([.]sh)?)$'
	folder=$("$top/tools/vm/kernel.sh" "$1" | sed -n 's/^KDIR=//p')
	! grep -qx 'CONFIG_DEBUG_INFO_BTF_MODULES=y' "$folder/.config" || needs='^$'
	only=$3 needs=$needs awk -v kernel="$1" -v want="$4" '
		/^[+#]|^$/ {
			if (want == "left")
				print
			next
		}
		$0 !~ ENVIRON["only"] { next }
		$0 ~ ENVIRON["needs"] {
			skipped[++count] = $NF
			next
		}
		want == "left"
		END {
			if (want == "left")
				exit
			print "1.." count + 0
			for (i = 1; i <= count; i++)
				print "ok " i " " skipped[i] " # SKIP " kernel " reads no BTF of modules"
		}' "$2"
}
