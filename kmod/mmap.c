// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap.c - an image in the address space of its readers
 *
 * Pages are inserted by reference when they are first touched and stay as they
 * are: an image's pages never move.  The mapping holds its file and thereby the
 * image, so there is nothing to count and no mapping is remembered.
 */
#include <linux/mm.h>

#include "compat.h"
#include "mmap.h"

/* A power of two.  Random lookups touch every page, so neighbours pay. */
#define KHMAP_FAULT_AROUND	64

/*
 * Insert the pages of one run.  Those that are there already (EBUSY) are as
 * good as inserted: another thread faulted near by.
 */
static int khmap_view_insert(struct vm_area_struct *vma, unsigned long address,
			     struct page **pages, unsigned long count)
{
	unsigned long left = count;
	int err;

	while (left) {
		unsigned long done = count - left;

		err = vm_insert_pages(vma, address + (done << PAGE_SHIFT),
				      pages + done, &left);
		if (err != -EBUSY)
			return err;
		left--;
	}
	return 0;
}

static vm_fault_t khmap_view_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	const struct khmap_view *view = vma->vm_private_data;
	unsigned long first, end, index, vma_end;
	struct page *pages[KHMAP_FAULT_AROUND];
	unsigned long count = 0;
	void *wanted = NULL;
	int err;

	if (vmf->pgoff < view->pages)
		wanted = view->page(view, vmf->pgoff, true);
	if (!wanted)
		return VM_FAULT_SIGBUS;

	vma_end = vma->vm_pgoff + vma_pages(vma);
	first = max(round_down(vmf->pgoff, KHMAP_FAULT_AROUND), vma->vm_pgoff);
	end = min(round_down(vmf->pgoff, KHMAP_FAULT_AROUND) +
		  KHMAP_FAULT_AROUND, vma_end);
	/* The run of existing pages around the one that was touched. */
	for (index = first; index < end; index++) {
		void *page = index == vmf->pgoff ? wanted :
			     view->page(view, index, false);

		if (page)
			pages[count++] = virt_to_page(page);
		else if (index < vmf->pgoff)
			first = index + 1, count = 0;
		else
			break;
	}

	err = khmap_view_insert(vma, vma->vm_start +
				((first - vma->vm_pgoff) << PAGE_SHIFT),
				pages, count);
	/*
	 * No table could be had for a neighbour's, or, since Linux 6.14, ours went away
	 * meanwhile: then it is touched again.
	 */
	if (err == -EFAULT) {
		pages[0] = virt_to_page(wanted);
		err = khmap_view_insert(vma, vmf->address & PAGE_MASK, pages, 1);
		if (err == -EFAULT)
			return VM_FAULT_NOPAGE;
	}
	return err ? vmf_error(err) : VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct khmap_view_vm_ops = {
	.fault = khmap_view_fault,
};

int khmap_view_mmap(struct khmap_view *view, struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	if (vma->vm_pgoff >= view->pages ||
	    vma_pages(vma) > view->pages - vma->vm_pgoff)
		return -EINVAL;

	/* A private mapping, too, shows the image and never a copy of it. */
	khmap_vma_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_MIXEDMAP,
			    VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_private_data = view;
	vma->vm_ops = &khmap_view_vm_ops;
	return 0;
}
