// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * watch_pages.bpf.c - where the kernel has the pages of maps, for watchpoints on them
 *
 * Its own object, since watch.bpf.c needs no module.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "pages.bpf.h"

char watch_pages_license[] SEC("license") = "Dual BSD/GPL";
