#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# In a guest whose kernel keeps account of memory (kmemleak, page_owner): prints what a module has left
# behind that is unloaded by now; exit status 1 if there is anything, or if no account was kept. Its
# functions have lost their names by then, and there is no other code without one.

memory=/sys/kernel/debug/kmemleak
pages=/sys/kernel/debug/page_owner

# Of one kernel it is known that it keeps both.
case $(uname -r) in
*-kasan) wanted=yes ;;
*) wanted= ;;
esac
if [ ! -e $memory ]; then
	[ -n "$wanted" ] || exit 0
	echo 'kmemleak is not there'
	exit 1
fi

# What waits for a grace period, or for vmalloc to be tidy, is not lost. An object is reported when it is
# five seconds old, and the first of two scans may find a pointer to it in a register or a stack.
sleep 6
# One that has run out of memory is off from then on, and lists nothing. Faults that are injected do not
# bring that about: an object that it is refused comes from its own store (CONFIG_DEBUG_KMEMLEAK_MEM_POOL_SIZE),
# which has more of them than there are faults, and goes back there.
off=
for _ in 1 2; do
	echo scan 2>/dev/null >$memory || off=yes
done
awk -v off=$off '
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
		if (off)
			print "kmemleak is off"
		exit count > 0 || off != ""
	}' $memory
objects=$?

# Not of the module, though it was the one that made them take a page: the allocator of small objects,
# the shadow of KASAN, the store of stack traces and the per-cpu chunks keep theirs.
# Its file wants large reads, which awk does not do.
if [ ! -e $pages ]; then
	[ -n "$wanted" ] || exit "$objects"
	echo 'page_owner is not there'
	exit 1
fi
cat $pages | awk -v RS= '
	/\n 0x[0-9a-f]+(\n|$)/ && !/Flags [^\n]*\(([^\n]*\|)?slab[|)]/ &&
	!/ kasan_populate_vmalloc| stack_depot| pcpu_| __stack_depot/ {
		if (++count <= 10)
			print
	}
	END {
		if (count)
			print "page_owner: " count " blocks of pages of the module are left"
		if (!NR)
			print "page_owner is off"
		exit count > 0 || !NR
	}' && exit "$objects"
exit 1
