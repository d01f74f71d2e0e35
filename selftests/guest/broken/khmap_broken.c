// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does one wrong thing when it is loaded, which a debug kernel must notice:
 * the test of the guest's tools loads it once for each.
 */
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *fault = "none";
module_param(fault, charp, 0400);
MODULE_PARM_DESC(fault, "which wrong thing");

static unsigned int sixteen = 16;
static void *held;
static int result;

static int out_of_bounds(void)
{
	u8 *bytes = kzalloc(16, GFP_KERNEL);

	if (!bytes)
		return -ENOMEM;
	bytes[READ_ONCE(sixteen)] = 1;
	kfree(bytes);
	return 0;
}

static int use_after_free(void)
{
	u8 *bytes = kzalloc(16, GFP_KERNEL);

	if (!bytes)
		return -ENOMEM;
	kfree(bytes);
	return READ_ONCE(bytes[8]) == 255 ? -EIO : 0;
}

static int undefined(void)
{
	WRITE_ONCE(result, 1 << (READ_ONCE(sixteen) + 16));
	return 0;
}

static int leak_object(void)
{
	void *object = kmalloc(200, GFP_KERNEL);

	return object ? 0 : -ENOMEM;
}

static int leak_page(void)
{
	return alloc_page(GFP_KERNEL) ? 0 : -ENOMEM;
}

/* Nothing is left: the counter-proof. */
static int clean(void)
{
	held = kmalloc(200, GFP_KERNEL);
	kfree(held);
	held = NULL;
	return 0;
}

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static int lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

/* It does not sleep: then every kernel that can be preempted complains. */
static int sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
	return 0;
}

static int rcu_without_lock(void)
{
	static int __rcu *shared;

	return rcu_dereference(shared) ? -EIO : 0;
}

static u64 counter;
static DECLARE_COMPLETION(ended);

static int count(void *unused)
{
	unsigned long end = jiffies + 5 * HZ;

	while (time_before(jiffies, end)) {
		/* The barrier makes the compiler do each step in memory. */
		counter++;
		barrier();
		cond_resched();
	}
	complete(&ended);
	return 0;
}

static int two_writers(void)
{
	struct task_struct *other = kthread_run(count, NULL, "khmap_broken");

	if (IS_ERR(other))
		return PTR_ERR(other);
	count(NULL);
	wait_for_completion(&ended);
	wait_for_completion(&ended);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} faults[] = {
	{ "out_of_bounds", out_of_bounds },
	{ "use_after_free", use_after_free },
	{ "undefined", undefined },
	{ "leak_object", leak_object },
	{ "leak_page", leak_page },
	{ "lock_inversion", lock_inversion },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "rcu_without_lock", rcu_without_lock },
	{ "data_race", two_writers },
	{ "none", clean },
};

static int __init broken_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(fault, faults[i].name))
			return faults[i].run();
	return -EINVAL;
}
module_init(broken_init);

static void __exit broken_exit(void)
{
}
module_exit(broken_exit);

MODULE_DESCRIPTION("Does one wrong thing");
MODULE_LICENSE("GPL");
