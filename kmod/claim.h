/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * claim.h - the name and the owner that a caller asks for
 *
 * CREATE and SNAPSHOT have the same rules for them, and answer in the same order.
 */
#ifndef _KHMAP_CLAIM_H
#define _KHMAP_CLAIM_H

#include <linux/types.h>

struct file;
struct khmap_call;
struct khmap_node_owner;
struct khmap_object;

/**
 * struct khmap_claim - what a caller asks for
 * @name: address of the name
 * @name_length: bytes of it; 0 for none
 * @owner_given: @uid and @gid are; else the caller's
 * @mode_given: @mode is; else @mode_default
 * @uid: owner, in the caller's user namespace
 * @gid: group, likewise
 * @mode: permission bits
 * @mode_default: see @mode_given
 * @mode_mask: bits that @mode may have
 */
struct khmap_claim {
	u64 name;
	u32 name_length;
	bool owner_given;
	bool mode_given;
	u32 uid;
	u32 gid;
	u32 mode;
	umode_t mode_default;
	umode_t mode_mask;
};

/**
 * khmap_claim_check() - whether a caller may have what it asks for
 * @claim: what it asks for
 * @text: KHMAP_NAME_MAX + 1 bytes, filled with the name, empty for none
 * @owner: filled
 *
 * Whether the name is free is another question.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL, -EFAULT, -ENAMETOOLONG, -EPERM.
 */
int khmap_claim_check(const struct khmap_claim *claim, char *text,
		      struct khmap_node_owner *owner);

/**
 * khmap_claim_answer() - publish an object, node and descriptor last
 * @call: whose argument is complete, but for @fd
 * @fd: the argument's field
 * @file: of the object, with its reference; consumed
 * @object: registered
 *
 * Context: may sleep; takes the registry's lock.
 * Return: 0; -EFAULT, -EMFILE or as khmap_object_publish(), and the object is gone.
 */
int khmap_claim_answer(struct khmap_call *call, s32 *fd, struct file *file,
		       struct khmap_object *object);

#endif /* _KHMAP_CLAIM_H */
