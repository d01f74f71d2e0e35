// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl.c - how every ioctl gets its argument
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "ioctl.h"

static const struct khmap_ioctl *
khmap_ioctl_find(const struct khmap_ioctl *commands, size_t count,
		 unsigned int command)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (commands[i].command == command)
			return &commands[i];
	return NULL;
}

int khmap_arg_copy(void *arg, u32 known, u32 size_min, u32 flags,
		   void __user *user)
{
	u32 size, *head = arg;
	int err;

	BUILD_BUG_ON(offsetof(struct khmap_ioc_abi, size) != 0);
	BUILD_BUG_ON(offsetof(struct khmap_ioc_abi, flags) != sizeof(u32));
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < size_min)
		return -EINVAL;
	/* No struct will be so long, and looking for zeros takes time. */
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(arg, known, user, size);
	if (err)
		return err;
	/* The size may have been changed since it was read. */
	head[0] = size;
	return head[1] & ~flags ? -EOPNOTSUPP : 0;
}

long khmap_ioctl_dispatch(const struct khmap_ioctl *commands, size_t count,
			  struct file *file, unsigned int command,
			  void __user *user)
{
	const struct khmap_ioctl *ioctl;
	struct khmap_call call = { .file = file, .user = user };
	int err;

	ioctl = khmap_ioctl_find(commands, count, command);
	if (!ioctl)
		return -ENOTTY;
	if ((file->f_mode & ioctl->mode) != ioctl->mode)
		return -EBADF;
	call.known = ioctl->size;
	err = khmap_arg_copy(&call.arg, ioctl->size, ioctl->size_min,
			     ioctl->flags, user);
	if (err)
		return err;
	call.size = *(u32 *)&call.arg;
	return ioctl->run(&call);
}

int khmap_call_reply(const struct khmap_call *call)
{
	if (copy_to_user(call->user, &call->arg, min(call->size, call->known)))
		return -EFAULT;
	return 0;
}

/* With what is there: fault_in_writeable() would leave zeros. */
int khmap_call_probe(const struct khmap_call *call)
{
	return khmap_call_reply(call);
}

int khmap_call_reply_file(const struct khmap_call *call, s32 *fd,
			  struct file *file)
{
	int err;

	*fd = get_unused_fd_flags(O_CLOEXEC);
	if (*fd < 0) {
		fput(file);
		return *fd;
	}
	err = khmap_call_reply(call);
	if (err) {
		put_unused_fd(*fd);
		fput(file);
	}
	return err;
}

/*
 * A word, as keys and values of batches often are.  With its size known it needs
 * no look at what kind of memory it comes to lie in.
 */
static int khmap_word_in(void *to, const u64 __user *from)
{
	u64 word;

	if (get_user(word, from))
		return -EFAULT;
	memcpy(to, &word, sizeof(word));
	return 0;
}

int khmap_copy_in(void *to, u64 address, size_t size)
{
	if ((unsigned long)address != address)
		return -EFAULT;
	if (size == sizeof(u64))
		return khmap_word_in(to, u64_to_user_ptr(address));
	return copy_from_user(to, u64_to_user_ptr(address), size) ? -EFAULT : 0;
}

/*
 * A byte of each page is stored as it is.  fault_in_writeable() would store zeros, and
 * fault_in_safe_writeable() takes the lock of all mappings, and looks at the first page
 * only before Linux 6.15, 6.12.26 and 6.1.136.
 */
int khmap_probe_out(u64 address, size_t size)
{
	u8 __user *at = u64_to_user_ptr(address), *end = at + size;
	u8 byte;

	if ((unsigned long)address != address || !access_ok(at, size))
		return -EFAULT;
	for (; at < end; at = PTR_ALIGN(at + 1, PAGE_SIZE))
		if (get_user(byte, at) || put_user(byte, at))
			return -EFAULT;
	return 0;
}

int khmap_copy_out(u64 address, const void *from, size_t size)
{
	if ((unsigned long)address != address ||
	    copy_to_user(u64_to_user_ptr(address), from, size))
		return -EFAULT;
	return 0;
}
