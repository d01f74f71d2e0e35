/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - differences between the kernels that khmap builds for
 *
 * Each entry names the kernel change that made it necessary.
 */
#ifndef _KHMAP_COMPAT_H
#define _KHMAP_COMPAT_H

#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "khmap needs Linux 6.1 or newer"
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

#endif /* _KHMAP_COMPAT_H */
