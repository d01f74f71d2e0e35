// SPDX-License-Identifier: GPL-2.0-only
/*
 * claim.c - the name and the owner that a caller asks for
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/user_namespace.h>

#include "claim.h"
#include "ioctl.h"
#include "name.h"

static int khmap_claim_owner(const struct khmap_claim *claim,
			     struct khmap_node_owner *owner)
{
	owner->uid = current_fsuid();
	owner->gid = current_fsgid();
	owner->mode = claim->mode_default;
	if (claim->mode_given) {
		if (claim->mode & ~claim->mode_mask)
			return -EINVAL;
		owner->mode = claim->mode;
	}
	if (!claim->owner_given)
		return 0;

	owner->uid = make_kuid(current_user_ns(), claim->uid);
	owner->gid = make_kgid(current_user_ns(), claim->gid);
	if (!uid_valid(owner->uid) || !gid_valid(owner->gid))
		return -EINVAL;
	if ((!uid_eq(owner->uid, current_fsuid()) ||
	     !in_group_p(owner->gid)) && !capable(CAP_CHOWN))
		return -EPERM;
	return 0;
}

static int khmap_claim_name(const struct khmap_claim *claim, char *text)
{
	u32 i;
	int err;

	if (claim->name_length > KHMAP_NAME_MAX)
		return -ENAMETOOLONG;
	err = khmap_copy_in(text, claim->name, claim->name_length);
	if (err)
		return err;
	text[claim->name_length] = '\0';
	for (i = 0; i < claim->name_length; i++)
		if (!isascii(text[i]) ||
		    (!isalnum(text[i]) && text[i] != '_' && text[i] != '-'))
			return -EINVAL;
	return strcmp(text, KHMAP_CONTROL_NAME) ? 0 : -EINVAL;
}

int khmap_claim_check(const struct khmap_claim *claim, char *text,
		      struct khmap_node_owner *owner)
{
	int err = khmap_claim_name(claim, text);

	return err ? err : khmap_claim_owner(claim, owner);
}

int khmap_claim_answer(struct khmap_call *call, s32 *fd, struct file *file,
		       struct khmap_object *object)
{
	int err = khmap_call_reply_file(call, fd, file);

	if (err)
		return err;
	err = khmap_object_publish(object);
	if (err) {
		put_unused_fd(*fd);
		fput(file);
		return err;
	}
	fd_install(*fd, file);
	return 0;
}
