// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c - /dev/khmap/control: what there is, and more of it
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "account.h"
#include "control.h"
#include "file.h"
#include "ioctl.h"
#include "map.h"

#define KHMAP_MODE_DEFAULT	0660
#define KHMAP_MODE_MASK		0666

int khmap_control_abi(struct khmap_call *call)
{
	struct khmap_ioc_abi *abi = &call->arg.abi;

	abi->abi_version = KHMAP_ABI_VERSION;
	abi->image_version = KHMAP_IMAGE_VERSION;
	abi->page_shift = PAGE_SHIFT;
	abi->hash_kinds = 1u << KHMAP_HASH_FOLD | 1u << KHMAP_HASH_SIPHASH13;
	abi->layouts = 1u << KHMAP_LAYOUT_ALIGNED | 1u << KHMAP_LAYOUT_PACKED;
	abi->maps = khmap_map_count();
	abi->bytes = khmap_account_module_bytes();
	abi->max_bytes = khmap_account_module_max_bytes();
	return khmap_call_reply(call);
}

static int khmap_create_owner(const struct khmap_ioc_create *create,
			      struct khmap_node_owner *owner)
{
	owner->uid = current_fsuid();
	owner->gid = current_fsgid();
	owner->mode = KHMAP_MODE_DEFAULT;
	if (create->flags & KHMAP_CREATE_MODE) {
		if (create->mode & ~KHMAP_MODE_MASK)
			return -EINVAL;
		owner->mode = create->mode;
	}
	if (!(create->flags & KHMAP_CREATE_OWNER))
		return 0;

	owner->uid = make_kuid(current_user_ns(), create->uid);
	owner->gid = make_kgid(current_user_ns(), create->gid);
	if (!uid_valid(owner->uid) || !gid_valid(owner->gid))
		return -EINVAL;
	if ((!uid_eq(owner->uid, current_fsuid()) ||
	     !in_group_p(owner->gid)) && !capable(CAP_CHOWN))
		return -EPERM;
	return 0;
}

static int khmap_create_name(const struct khmap_ioc_create *create, char *name)
{
	u32 i;
	int err;

	if (create->name_length > KHMAP_NAME_MAX)
		return -ENAMETOOLONG;
	err = khmap_copy_in(name, create->name, create->name_length);
	if (err)
		return err;
	name[create->name_length] = '\0';
	for (i = 0; i < create->name_length; i++)
		if (!isascii(name[i]) ||
		    (!isalnum(name[i]) && name[i] != '_' && name[i] != '-'))
			return -EINVAL;
	return strcmp(name, KHMAP_CONTROL_NAME) ? 0 : -EINVAL;
}

/* NULL if there is none. */
static void *khmap_create_schema(const struct khmap_ioc_create *create)
{
	if (create->schema_length > KHMAP_SCHEMA_MAX)
		return ERR_PTR(-EINVAL);
	if (!create->schema_length)
		return NULL;
	if ((unsigned long)create->schema != create->schema)
		return ERR_PTR(-EFAULT);
	return memdup_user(u64_to_user_ptr(create->schema),
			   create->schema_length);
}

static void khmap_create_params(const struct khmap_ioc_create *create,
				struct khmap_table_params *params)
{
	params->key_size = create->key_size;
	params->value_size = create->value_size;
	params->layout = create->layout ?: KHMAP_LAYOUT_ALIGNED;
	params->hash_kind = create->hash_kind ?: KHMAP_HASH_FOLD;
	params->load_percent = create->load_percent ?: KHMAP_LOAD_DEFAULT;
	params->stripes = KHMAP_STRIPES;
	params->expected_entries = create->expected_entries;
	params->max_entries = create->max_entries;
	params->schema_length = create->schema_length;
}

/* Publish a new map, node and descriptor last; the reference is consumed. */
static int khmap_create_publish(struct khmap_call *call, struct khmap_map *map)
{
	struct khmap_ioc_create *create = &call->arg.create;
	struct file *file;
	int err;

	file = khmap_file_create(map);
	if (IS_ERR(file)) {
		khmap_map_put(map);
		return PTR_ERR(file);
	}
	/* From here on the reference is the file's. */
	create->map_id = map->id;
	err = khmap_call_reply_file(call, &create->fd, file);
	if (err)
		return err;
	err = khmap_map_publish(map);
	if (err) {
		put_unused_fd(create->fd);
		fput(file);
		return err;
	}
	fd_install(create->fd, file);
	return 0;
}

static int khmap_create(struct khmap_call *call)
{
	const struct khmap_ioc_create *create = &call->arg.create;
	struct khmap_table_params params = {};
	char name[KHMAP_NAME_MAX + 1];
	struct khmap_node_owner owner;
	struct khmap_map *map;
	void *schema;
	int err;

	if (create->reserved)
		return -EINVAL;
	err = khmap_create_name(create, name);
	if (err)
		return err;
	err = khmap_create_owner(create, &owner);
	if (err)
		return err;
	schema = khmap_create_schema(create);
	if (IS_ERR(schema))
		return PTR_ERR(schema);

	khmap_create_params(create, &params);
	params.name = name;
	params.schema = schema;
	err = khmap_map_create(&params, &owner, create->max_bytes, &map);
	kfree(schema);
	if (err)
		return err;
	return khmap_create_publish(call, map);
}

static int khmap_list_entry(u64 address, u32 size, struct khmap_map *map)
{
	struct khmap_map_info info;
	u32 known = min_t(u32, size, sizeof(info));

	khmap_map_info(map, &info);
	if (khmap_copy_out(address, &info, known))
		return -EFAULT;
	if (size > known &&
	    clear_user(u64_to_user_ptr(address + known), size - known))
		return -EFAULT;
	return 0;
}

static int khmap_list(struct khmap_call *call)
{
	struct khmap_ioc_list *list = &call->arg.list;
	struct khmap_map *map;
	u32 filled = 0;
	int err = 0;

	if (!list->count ||
	    list->info_size < offsetofend(struct khmap_map_info, name) ||
	    list->info_size > PAGE_SIZE)
		return -EINVAL;
	map = khmap_map_next(NULL, list->after);
	while (map && filled < list->count) {
		err = khmap_list_entry(list->infos +
				       (u64)filled * list->info_size,
				       list->info_size, map);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (err)
			break;
		filled++;
		cond_resched();
		map = khmap_map_next(map, list->after);
	}
	if (map)
		khmap_map_put(map);
	if (err)
		return err;
	list->count = filled;
	return khmap_call_reply(call);
}

static const struct khmap_ioctl khmap_control_ioctls[] = {
	KHMAP_IOCTL(KHMAP_IOC_ABI, khmap_ioc_abi, max_bytes, 0, 0,
		    khmap_control_abi),
	KHMAP_IOCTL(KHMAP_IOC_CREATE, khmap_ioc_create, map_id,
		    KHMAP_CREATE_FLAGS, FMODE_WRITE, khmap_create),
	KHMAP_IOCTL(KHMAP_IOC_LIST, khmap_ioc_list, info_size, 0, FMODE_READ,
		    khmap_list),
};

static long khmap_control_ioctl(struct file *file, unsigned int command,
				unsigned long arg)
{
	return khmap_ioctl_dispatch(khmap_control_ioctls,
				    ARRAY_SIZE(khmap_control_ioctls), file,
				    command, (void __user *)arg);
}

static const struct file_operations khmap_control_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = khmap_control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice khmap_control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "khmap-control",
	.nodename = "khmap/" KHMAP_CONTROL_NAME,
	.mode = 0600,
	.fops = &khmap_control_fops,
};

int khmap_control_init(void)
{
	return misc_register(&khmap_control);
}

void khmap_control_exit(void)
{
	misc_deregister(&khmap_control);
}
