// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the module comes and goes
 */
#include <linux/init.h>
#include <linux/khmap.h>
#include <linux/module.h>

#include "account.h"
#include "control.h"
#include "kfunc.h"
#include "map.h"
#include "name.h"
#include "node.h"

#define KHMAP_VERSION	"0.1.0"

static int __init khmap_init(void)
{
	int err;

	khmap_account_init();
	err = khmap_node_init();
	if (err)
		return err;
	err = khmap_control_init();
	if (err)
		goto exit_node;
	khmap_kfunc_init();
	pr_info("khmap: version %s, ABI %d, image format %d\n", KHMAP_VERSION,
		KHMAP_ABI_VERSION, KHMAP_IMAGE_VERSION);
	return 0;

exit_node:
	khmap_node_exit();
	return err;
}

/*
 * Names, descriptors, mappings, other modules and BPF programs hold the module:
 * none is left.
 */
static void __exit khmap_exit(void)
{
	khmap_control_exit();
	khmap_node_exit();
	khmap_map_exit();
	khmap_object_exit();
}

module_init(khmap_init);
module_exit(khmap_exit);

MODULE_DESCRIPTION("Hash maps that are read in place, straight out of memory");
MODULE_AUTHOR("The khmap developers");
MODULE_VERSION(KHMAP_VERSION);
MODULE_LICENSE("GPL");
