// SPDX-License-Identifier: GPL-2.0-only
/*
 * node.c - device nodes /dev/khmap/NAME
 *
 * The driver core makes each node in devtmpfs, with the owner and mode that the map or
 * snapshot was created with; from then on they are the node's own, for chown(1) and
 * chmod(1).
 */
#include <linux/cdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "account.h"
#include "compat.h"
#include "name.h"
#include "node.h"

/**
 * struct khmap_node - a node
 * @device: the driver core's part
 * @owner: of the node when it appears
 * @released: nobody refers to @device any more
 */
struct khmap_node {
	struct device device;
	struct khmap_node_owner owner;
	struct completion released;
};

static struct class khmap_class = {
	.name = "khmap",
};

static struct cdev *khmap_cdev;
static dev_t khmap_first;

static char *khmap_node_path(khmap_devnode_const struct device *device,
			     umode_t *mode, kuid_t *uid, kgid_t *gid)
{
	const struct khmap_node *node =
		container_of(device, struct khmap_node, device);

	/* When the node is removed only its path is asked for. */
	if (mode)
		/* A mode of 0 stands for none; the type makes it something. */
		*mode = node->owner.mode | S_IFCHR;
	if (uid)
		*uid = node->owner.uid;
	if (gid)
		*gid = node->owner.gid;
	/*
	 * Without a path the driver core would make, or remove, a node of that name
	 * in /dev itself, and tell nobody.  So this waits for its few bytes.
	 */
	return kasprintf(GFP_KERNEL | __GFP_NOFAIL, "khmap/%s",
			 dev_name(device));
}

static void khmap_node_release(struct device *device)
{
	struct khmap_node *node = container_of(device, struct khmap_node,
					       device);

	complete(&node->released);
}

static const struct device_type khmap_node_type = {
	.name = "khmap",
	.devnode = khmap_node_path,
	.release = khmap_node_release,
};

struct khmap_node *khmap_node_create(const char *name, unsigned int minor,
				     const struct khmap_node_owner *owner)
{
	struct khmap_node *node = kzalloc(sizeof(*node), KHMAP_GFP_CALL);
	int err;

	if (!node)
		return ERR_PTR(-ENOMEM);
	node->owner = *owner;
	init_completion(&node->released);
	device_initialize(&node->device);
	node->device.class = &khmap_class;
	node->device.type = &khmap_node_type;
	node->device.devt = MKDEV(MAJOR(khmap_first), minor);
	/* devtmpfs makes the node; udev would undo whatever chmod and chown do later. */
	dev_set_uevent_suppress(&node->device, 1);
	err = dev_set_name(&node->device, "%s", name);
	if (!err)
		err = device_add(&node->device);
	if (err) {
		khmap_node_free(node);
		return ERR_PTR(err);
	}
	return node;
}

void khmap_node_remove(struct khmap_node *node)
{
	device_del(&node->device);
}

/*
 * The driver core may let go of a device later than we do, and calls back into
 * this module then, so it must not be unloaded before.
 */
void khmap_node_free(struct khmap_node *node)
{
	put_device(&node->device);
	wait_for_completion(&node->released);
	kfree(node);
}

unsigned int khmap_node_minor(const struct khmap_node *node)
{
	return MINOR(node->device.devt);
}

static int khmap_node_open(struct inode *inode, struct file *file)
{
	struct khmap_object *object;
	int err;

	/*
	 * A node that was removed can still be reached by an O_PATH descriptor,
	 * and its number may name another object by now.
	 */
	if (!inode->i_nlink)
		return -ENXIO;
	object = khmap_object_of_minor(iminor(inode));
	if (!object)
		return -ENXIO;
	err = object->ops->open(object, file);
	if (err) {
		khmap_object_put(object);
		return err;
	}
	/* From here on the file is one of the object's kind. */
	replace_fops(file, fops_get(object->ops->fops));
	return 0;
}

static const struct file_operations khmap_node_fops = {
	.owner = THIS_MODULE,
	.open = khmap_node_open,
};

int khmap_node_init(void)
{
	int err;

	err = class_register(&khmap_class);
	if (err)
		return err;
	err = alloc_chrdev_region(&khmap_first, 0, KHMAP_NODE_MINORS, "khmap");
	if (err)
		goto unregister_class;
	err = -ENOMEM;
	khmap_cdev = cdev_alloc();
	if (!khmap_cdev)
		goto unregister_region;
	khmap_cdev->ops = &khmap_node_fops;
	khmap_cdev->owner = THIS_MODULE;
	err = cdev_add(khmap_cdev, khmap_first, KHMAP_NODE_MINORS);
	if (err)
		goto put_cdev;
	return 0;

put_cdev:
	kobject_put(&khmap_cdev->kobj);
unregister_region:
	unregister_chrdev_region(khmap_first, KHMAP_NODE_MINORS);
unregister_class:
	class_unregister(&khmap_class);
	return err;
}

void khmap_node_exit(void)
{
	cdev_del(khmap_cdev);
	unregister_chrdev_region(khmap_first, KHMAP_NODE_MINORS);
	class_unregister(&khmap_class);
}
