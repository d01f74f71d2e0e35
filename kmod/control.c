// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c - /dev/khmap/control: what there is, and more of it
 */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "account.h"
#include "claim.h"
#include "control.h"
#include "file.h"
#include "ioctl.h"
#include "map.h"
#include "restore.h"
#include "sample.h"

int khmap_control_abi(struct khmap_call *call)
{
	struct khmap_ioc_abi *abi = &call->arg.abi;

	abi->abi_version = KHMAP_ABI_VERSION;
	abi->image_version = KHMAP_IMAGE_VERSION;
	abi->page_shift = PAGE_SHIFT;
	abi->hash_kinds = 1u << KHMAP_HASH_FOLD | 1u << KHMAP_HASH_SIPHASH13;
	abi->layouts = 1u << KHMAP_LAYOUT_ALIGNED | 1u << KHMAP_LAYOUT_PACKED;
	abi->maps = khmap_object_count(KHMAP_IMAGE_LIVE);
	abi->bytes = khmap_account_module_bytes();
	abi->max_bytes = khmap_account_module_max_bytes();
	return khmap_call_reply(call);
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
	BUILD_BUG_ON(KHMAP_STRIPES_MAX != KHMAP_STRIPES_MOST);
	BUILD_BUG_ON(KHMAP_STRIPES_DEFAULT != KHMAP_STRIPES);
	params->key_size = create->key_size;
	params->value_size = create->value_size;
	params->layout = create->layout ?: KHMAP_LAYOUT_ALIGNED;
	params->hash_kind = create->hash_kind ?: KHMAP_HASH_FOLD;
	params->load_percent = create->load_percent ?: KHMAP_LOAD_DEFAULT;
	params->stripes = create->stripes ?: KHMAP_STRIPES_DEFAULT;
	params->expected_entries = create->expected_entries;
	params->max_entries = create->max_entries;
	params->schema_length = create->schema_length;
}

static int khmap_create(struct khmap_call *call)
{
	struct khmap_ioc_create *create = &call->arg.create;
	const struct khmap_claim claim = {
		.name = create->name,
		.name_length = create->name_length,
		.owner_given = create->flags & KHMAP_CREATE_OWNER,
		.mode_given = create->flags & KHMAP_CREATE_MODE,
		.uid = create->uid,
		.gid = create->gid,
		.mode = create->mode,
		.mode_default = KHMAP_MODE_DEFAULT,
		.mode_mask = KHMAP_MODE_MASK,
	};
	struct khmap_table_params params = {};
	char name[KHMAP_NAME_MAX + 1];
	struct khmap_node_owner owner;
	struct khmap_map *map;
	void *schema;
	int err;

	err = khmap_claim_check(&claim, name, &owner);
	if (err)
		return err;
	schema = khmap_create_schema(create);
	if (IS_ERR(schema))
		return PTR_ERR(schema);

	khmap_create_params(create, &params);
	params.name = name;
	params.schema = schema;
	err = khmap_map_create(&params, NULL, &owner, create->max_bytes, &map);
	kfree(schema);
	if (err)
		return err;
	return khmap_file_answer(call, map, &create->map_id, &create->fd);
}

static int khmap_list_entry(u64 address, u32 size, struct khmap_object *object)
{
	struct khmap_map_info info;
	u32 known = min_t(u32, size, sizeof(info));

	khmap_object_info(object, &info);
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
	u32 kinds = 1u << KHMAP_IMAGE_LIVE;
	struct khmap_object *object;
	u32 filled = 0;
	int err = 0;

	if (!list->count ||
	    list->info_size < offsetofend(struct khmap_map_info, name) ||
	    list->info_size > PAGE_SIZE)
		return -EINVAL;
	if (list->flags & KHMAP_LIST_SNAPSHOTS)
		kinds |= 1u << KHMAP_IMAGE_SNAPSHOT;
	object = khmap_object_next(NULL, list->after, kinds);
	while (object && filled < list->count) {
		err = khmap_list_entry(list->infos +
				       (u64)filled * list->info_size,
				       list->info_size, object);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (err)
			break;
		filled++;
		cond_resched();
		object = khmap_object_next(object, list->after, kinds);
	}
	if (object)
		khmap_object_put(object);
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
	KHMAP_IOCTL(KHMAP_IOC_RESTORE, khmap_ioc_restore, page,
		    KHMAP_CREATE_FLAGS, FMODE_WRITE, khmap_restore_call),
	KHMAP_IOCTL(KHMAP_IOC_LIST, khmap_ioc_list, info_size,
		    KHMAP_LIST_FLAGS, FMODE_READ, khmap_list),
	KHMAP_IOCTL(KHMAP_IOC_SAMPLE, khmap_ioc_sample, reserved, 0, FMODE_READ,
		    khmap_sample_open),
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
