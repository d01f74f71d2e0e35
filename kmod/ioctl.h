/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioctl.h - how every ioctl gets its argument
 *
 * The rules are those at the head of linux/khmap.h, and are kept here once for
 * all commands.
 */
#ifndef _KHMAP_IOCTL_H
#define _KHMAP_IOCTL_H

#include <linux/fs.h>
#include <linux/khmap.h>
#include <linux/types.h>

/**
 * struct khmap_call - an ioctl on its way
 * @file: that it was called on
 * @user: where the argument came from
 * @size: bytes of it, as the caller knows it
 * @arg: the argument, @known bytes
 * @known: bytes of it, as this kernel knows it
 */
struct khmap_call {
	struct file *file;
	void __user *user;
	u32 size;
	u32 known;
	union {
		struct khmap_ioc_abi abi;
		struct khmap_ioc_create create;
		struct khmap_ioc_list list;
		struct khmap_ioc_restore restore;
		struct khmap_ioc_sample sample;
		struct khmap_ioc_destroy destroy;
		struct khmap_ioc_record record;
		struct khmap_ioc_clear clear;
		struct khmap_ioc_stat stat;
		struct khmap_ioc_snapshot snapshot;
		struct khmap_ioc_materialize materialize;
		struct khmap_ioc_warn_after warn_after;
		struct khmap_ioc_publish publish;
		struct khmap_ioc_rollback rollback;
		struct khmap_ioc_canary canary;
		struct khmap_ioc_choose choose;
		struct khmap_ioc_versions versions;
		struct khmap_ioc_reserve reserve;
		struct khmap_ioc_compact compact;
		struct khmap_ioc_batch batch;
	} arg;
};

/**
 * struct khmap_ioctl - what a command needs, and who carries it out
 * @command: KHMAP_IOC_*
 * @size_min: bytes of the argument's first version
 * @size: bytes of the argument
 * @flags: that are known
 * @mode: how the file must be open: FMODE_READ, FMODE_WRITE, both or 0
 * @run: carries it out.  May sleep
 */
struct khmap_ioctl {
	unsigned int command;
	u32 size_min;
	u32 size;
	u32 flags;
	fmode_t mode;
	int (*run)(struct khmap_call *call);
};

/* An entry of a table of commands; @last is its first version's last field. */
#define KHMAP_IOCTL(_command, _type, _last, _flags, _mode, _run)	\
	{								\
		.command = (_command),					\
		.size_min = offsetofend(struct _type, _last),		\
		.size = sizeof(struct _type),				\
		.flags = (_flags),					\
		.mode = (_mode),					\
		.run = (_run),						\
	}

/**
 * khmap_ioctl_dispatch() - fetch and check an argument and run its command
 * @commands: that the file knows
 * @count: of them
 * @file: of the ioctl
 * @command: of the ioctl
 * @user: of the ioctl: the argument's address
 *
 * Context: may sleep.
 * Return: what the command returned; -ENOTTY, -EBADF, -EFAULT, -EINVAL, -E2BIG,
 * -EOPNOTSUPP as linux/khmap.h says.
 */
long khmap_ioctl_dispatch(const struct khmap_ioctl *commands, size_t count,
			  struct file *file, unsigned int command,
			  void __user *user);

/**
 * khmap_arg_copy() - copy an argument by the rules of linux/khmap.h
 * @arg: filled: what of it the caller knows, then zeros; it begins with @size
 *	and @flags
 * @known: bytes of it, as this kernel knows it
 * @size_min: bytes of its first version
 * @flags: that are known
 * @user: where it comes from
 *
 * Context: may sleep.
 * Return: 0; -EFAULT, -EINVAL, -E2BIG, -EOPNOTSUPP.
 */
int khmap_arg_copy(void *arg, u32 known, u32 size_min, u32 flags,
		   void __user *user);

/**
 * khmap_call_reply() - write an argument back, with its results
 * @call: whose argument it is
 *
 * Context: may sleep.
 * Return: 0 or -EFAULT.
 */
int khmap_call_reply(const struct khmap_call *call);

/**
 * khmap_call_probe() - can an argument be written back?
 * @call: whose argument it is; not changed yet
 *
 * For calls that must not do anything for one who cannot be told about it.
 *
 * Context: may sleep.
 * Return: 0 or -EFAULT.
 */
int khmap_call_probe(const struct khmap_call *call);

/**
 * khmap_call_reply_file() - reply with a descriptor of a file
 * @call: whose argument it is
 * @fd: the argument's field
 * @file: with a reference; the caller's on success, for fd_install(), else
 *	dropped
 *
 * Context: may sleep.
 * Return: 0 or -EFAULT, -EMFILE, -ENOMEM.
 */
int khmap_call_reply_file(const struct khmap_call *call, s32 *fd,
			  struct file *file);

/**
 * khmap_copy_in() - copy bytes that an argument points to
 * @to: @size bytes
 * @address: the argument's field
 * @size: bytes
 *
 * Context: may sleep.
 * Return: 0 or -EFAULT.
 */
int khmap_copy_in(void *to, u64 address, size_t size);

/**
 * khmap_copy_out() - copy bytes to where an argument points
 * @address: the argument's field
 * @from: @size bytes
 * @size: bytes
 *
 * Context: may sleep.
 * Return: 0 or -EFAULT.
 */
int khmap_copy_out(u64 address, const void *from, size_t size);

/**
 * khmap_probe_out() - can bytes be copied to where an argument points?
 * @address: the argument's field
 * @size: bytes
 *
 * They are left as they are, but for what another thread stores there meanwhile.
 *
 * Context: may sleep.
 * Return: 0 or -EFAULT.
 */
int khmap_probe_out(u64 address, size_t size);

#endif /* _KHMAP_IOCTL_H */
