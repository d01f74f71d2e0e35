#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# In a guest whose kernel keeps account of memory (kmemleak, page_owner): prints what a module has left
# behind that is unloaded by now; exit status 1 if there is anything. Its functions have lost their
# names by then, and there is no other code without one.

memory=/sys/kernel/debug/kmemleak
pages=/sys/kernel/debug/page_owner
[ -e $memory ] || exit 0

# What waits for a grace period, or for vmalloc to be tidy, is not lost. An object is reported when it is
# five seconds old, and the first of two scans may find a pointer to it in a register or a stack.
sleep 6
echo scan >$memory
echo scan >$memory
awk '
	# Linux 6.1 forgets the name of a class that it could not register.
	function end_object() {
		if (object ~ /kobject_set_name\+[^\n]*\n[^\n]*__class_register\+/)
			ours = 0
		if (ours && ++count <= 10)
			printf "%s", object
		object = ""
		ours = 0
	}
	/^unreferenced object/ { end_object() }
	{ object = object $0 "\n" }
	/\] 0x[0-9a-f]+$/ { ours = 1 }
	END {
		end_object()
		if (count)
			print "kmemleak: " count " objects of the module are left"
		exit count > 0
	}' $memory
objects=$?

# Not of the module, though it was the one that made them take a page: the allocator of small objects,
# the shadow of KASAN, the store of stack traces and the per-cpu chunks keep theirs.
# Its file wants large reads, which awk does not do.
[ -e $pages ] || exit "$objects"
cat $pages | awk -v RS= '
	/\n 0x[0-9a-f]+(\n|$)/ && !/Flags [^\n]*\(([^\n]*\|)?slab[|)]/ &&
	!/ kasan_populate_vmalloc| stack_depot| pcpu_| __stack_depot/ {
		if (++count <= 10)
			print
	}
	END {
		if (count)
			print "page_owner: " count " blocks of pages of the module are left"
		exit count > 0
	}' && exit "$objects"
exit 1
