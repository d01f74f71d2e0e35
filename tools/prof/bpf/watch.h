/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * watch.h - the watchpoints' source: what its BPF programs and readers share
 *
 * Included behind the types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_WATCH_H
#define PROF_WATCH_H

#include "model.h"

#define PROF_WATCH_BYTES	8	/* that a watchpoint covers, at most */
#define PROF_WATCH_SLOTS	4	/* watchpoints of a CPU, at most */

/**
 * struct prof_watch - bytes that a watchpoint is set on, by address in "watches"
 * @map_id: as of struct prof_line_key
 * @hits: accesses to them
 * @others: to the same addresses of other processes
 * @region: as of struct prof_line_key
 * @page: likewise
 * @offset: within the page
 * @length: 1, 2, 4 or 8
 * @tgid: whose addresses they are; 0 if the kernel's
 * @reserved: 0
 */
struct prof_watch {
	__u64 map_id;
	__u64 hits;
	__u64 others;
	__u32 region;
	__u32 page;
	__u32 offset;
	__u32 length;
	__u32 tgid;
	__u32 reserved;
};

/**
 * struct prof_watch_stored - the last store of a CPU to watched bytes
 * @instruction: address of the one behind it; 0 if it has been looked at
 * @address: of the bytes
 */
struct prof_watch_stored {
	__u64 instruction;
	__u64 address;
};

#endif /* PROF_WATCH_H */
