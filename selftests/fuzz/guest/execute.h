/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * execute.h - who makes which call
 */
#ifndef _FUZZ_EXECUTE_H
#define _FUZZ_EXECUTE_H

#include "fuzz.h"

/* execute_file.c */
fuzz_execute fuzz_execute_raw;
fuzz_execute fuzz_execute_control;
fuzz_execute fuzz_execute_open;
fuzz_execute fuzz_execute_close;
fuzz_execute fuzz_execute_dup;
fuzz_execute fuzz_execute_send;
fuzz_execute fuzz_execute_receive;
fuzz_execute fuzz_execute_node;
fuzz_execute fuzz_execute_read;
fuzz_execute fuzz_execute_image;

/* execute_view.c */
fuzz_execute fuzz_execute_mmap;
fuzz_execute fuzz_execute_munmap;
fuzz_execute fuzz_execute_mremap;
fuzz_execute fuzz_execute_mprotect;
fuzz_execute fuzz_execute_madvise;
fuzz_execute fuzz_execute_touch;
fuzz_execute fuzz_execute_fork;

/* execute_uring.c */
fuzz_execute fuzz_execute_uring;
fuzz_execute fuzz_execute_uring_other;
/* NULL if io_uring is not to be had. */
struct fuzz_rings *fuzz_rings_create(void);

/* execute_module.c */
fuzz_execute fuzz_execute_limit;
fuzz_execute fuzz_execute_rmmod;
fuzz_execute fuzz_execute_insmod;
int fuzz_module_unload(void);
int fuzz_module_load(const char *file, const char *parameters);
bool fuzz_module_loaded(void);

#endif /* _FUZZ_EXECUTE_H */
