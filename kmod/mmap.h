/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmap.h - an image in the address space of its readers
 */
#ifndef _KHMAP_MMAP_H
#define _KHMAP_MMAP_H

#include <linux/types.h>

struct vm_area_struct;

/**
 * struct khmap_view - what a mapping shows; embedded in its owner
 * @page: finds a page of the image by its index from the image's start; NULL
 *	if it does not exist (yet).  One that nobody has @wanted may be left
 *	out if it would have to be made first.  Once found, a page stays until
 *	the owner is freed.  Called under a page fault; if @wanted, may allocate
 * @pages: length of the image, in pages; constant
 */
struct khmap_view {
	void *(*page)(const struct khmap_view *view, u64 page, bool wanted);
	u64 pages;
};

/**
 * khmap_view_mmap() - map an image, to be read only
 * @view: lives at least as long as the mapping's file
 * @vma: the new mapping
 *
 * Return: 0; -EPERM a mapping that could be written to or executed was asked
 * for; -EINVAL it would reach past the image's end.
 */
int khmap_view_mmap(struct khmap_view *view, struct vm_area_struct *vma);

#endif /* _KHMAP_MMAP_H */
