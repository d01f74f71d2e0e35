# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Prints what the kernel complained about on its console, with some lines of context; exit
# status 1 if there is any. A process that exceeds its memory cgroup is killed with a stack
# trace and much text: that is the cgroup at work, not a fault, but for what another processor
# complains of in between. Of data races (KCSAN), which the rest of
# the kernel has many of, only those count that the module, or another of this project, takes part in.

function is_splat(line) {
	return line ~ /BUG:|BUG at|WARNING:|Oops|Kernel panic|Call Trace|general protection/ ||
	       line ~ /KASAN|KCSAN|KFENCE|UBSAN|kmemleak: [0-9]+ new/ ||
	       line ~ /possible circular|possible recursive|possible irq|inconsistent lock/ ||
	       line ~ /suspicious RCU|sleeping function|scheduling while atomic/ ||
	       line ~ /INFO: task .* blocked|rcu.*stall|lockup|LOCKUP/ ||
	       line ~ /refcount_t:|list_(add|del) corruption|ODEBUG|DEADLOCK/ ||
	       line ~ /Unable to handle|page allocation failure|Out of memory:/
}

# Two kinds of races pass through the module and are not of its making. Where the kernel copies from a
# page of a map that a process has mapped (process_vm_readv(), write()), that is a reader like any other,
# who finds out afterwards; the module's store must be marked. And 6.1's vm_insert_page() looks whether
# a page has a type at the place where others count its mappings.
function excused(title) {
	if (title ~ /page_remove_rmap \/ validate_page_before_insert|validate_page_before_insert \/ page_remove_rmap/)
		return 1
	return title ~ /_copy_to_iter \/ khmap_[a-z_]* \[khmap\]|khmap_[a-z_]* \[khmap\] \/ _copy_to_iter/ &&
	       !plain_write
}

function tell_race(	i) {
	found = 1
	for (i = 0; i < raced && shown < 120; i++) {
		print race[i]
		shown++
	}
}

{ sub(/\r$/, "") }

/invoked oom-killer/ {
	holding = 1
	held = 0
}

# Where nobody is left in the cgroup, the same; were it the machine, it would panic.
holding && /Memory cgroup out of memory|Out of memory and no killable processes/ {
	holding = 0
	next
}

holding && /Out of memory:/ {
	holding = 0
	found = 1
	show = 3
}

# Of the dump only its trace looks like a complaint. Another processor's goes on as below.
holding && !racing && show <= 0 && (/Call Trace/ || !is_splat($0)) {
	hold[held++] = $0
	next
}

/BUG: KCSAN:/ {
	racing = 1
	raced = ours = plain_write = 0
	title = $0
}

racing {
	race[raced++] = $0
	# The trace of a process that exceeds its cgroup may have the module's functions, too.
	if (/\[khmap/ && (!holding || $0 == title))
		ours = 1
	if (/write( \([^)]*\))? to 0x/ && !/\([^)]*marked/)
		plain_write = 1
	if (/======/) {
		racing = 0
		if (ours && !excused(title))
			tell_race()
		next
	}
	# Another processor may complain in between.
	if (/KCSAN/ || !is_splat($0) || (holding && /Call Trace/))
		next
}

is_splat($0) {
	if (!show && found)
		print "..."
	found = 1
	show = 30
}

show > 0 && shown < 120 {
	print
	show--
	shown++
}

END {
	# A report without its end is one more thing that went wrong.
	if (racing)
		tell_race()
	if (holding) {
		for (i = 0; i < held && i < 30; i++)
			print hold[i]
		found = 1
	}
	exit found
}
