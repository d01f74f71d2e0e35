/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - differences between the kernels that khmap builds for
 *
 * Each entry names the kernel change that made it necessary. kernels.mk says
 * which kernels these are.
 */
#ifndef _KHMAP_COMPAT_H
#define _KHMAP_COMPAT_H

#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <linux/workqueue.h>

/* 6.8, b66509b8497f "io_uring: split out cmd api into a separate header". */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#include <linux/io_uring.h>
#else
#include <linux/io_uring/cmd.h>
#endif

/*
 * 6.3, 1c71222e5f23 "mm: replace vma->vm_flags direct modifications with
 * modifier calls".
 */
static inline void khmap_vma_flags_mod(struct vm_area_struct *vma,
				       unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#else
	vm_flags_mod(vma, set, clear);
#endif
}

/*
 * 6.3, a9b12f8b4ea5 "driver core: make struct device_type.devnode() take a
 * const *".
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define khmap_devnode_const
#else
#define khmap_devnode_const const
#endif

/*
 * 6.3, 57e7c169cd6a "bpf: Add __bpf_kfunc tag for marking kernel functions as
 * kfuncs"; stable kernels have it too.
 */
#ifndef __bpf_kfunc
#define __bpf_kfunc __used noinline
#endif

/* 6.9, a05e90427ef6 "bpf: btf: Add BTF_KFUNCS_START/END macro pair". */
#ifndef BTF_KFUNCS_START
#define BTF_KFUNCS_START(name) BTF_SET8_START(name)
#define BTF_KFUNCS_END(name) BTF_SET8_END(name)
#endif

/*
 * The command area of an SQE, which user space may write to meanwhile.
 *
 * 6.5, fd9b8547bc5c "io_uring: Pass whole sqe to commands".
 */
static inline const void *khmap_uring_area(const struct io_uring_cmd *cmd)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return cmd->cmd;
#else
	return cmd->sqe->cmd;
#endif
}

/*
 * A command is done; @extra is seen in rings with CQEs of 32 bytes.
 *
 * 6.3, and 6.1 from 6.1.22 on, 9d2789ac9d60 "block/io_uring: pass in issue_flags
 * for uring_cmd task_work handling"; those before are not supported.
 *
 * 6.18, 79525b51acc1 "io_uring: fix nvme's 32b cqes on mixed cq" and
 * ef9f603fd3d4 "io_uring/cmd: drop unused res2 param from io_uring_cmd_done()".
 */
static inline void khmap_uring_done(struct io_uring_cmd *cmd, s32 result,
				    u64 extra, unsigned int issue_flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	io_uring_cmd_done(cmd, result, extra, issue_flags);
#else
	if (issue_flags & IO_URING_F_CQE32)
		io_uring_cmd_done32(cmd, result, extra, issue_flags);
	else
		io_uring_cmd_done(cmd, result, issue_flags);
#endif
}

/*
 * 6.17, 128ea9f6ccfb "workqueue: Add system_percpu_wq and system_dfl_wq"; later
 * kernels complain of the old names, and stable ones may have both.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define khmap_percpu_wq system_wq
#define khmap_unbound_wq system_unbound_wq
#else
#define khmap_percpu_wq system_percpu_wq
#define khmap_unbound_wq system_dfl_wq
#endif

#endif /* _KHMAP_COMPAT_H */
