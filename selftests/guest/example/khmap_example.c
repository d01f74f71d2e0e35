// SPDX-License-Identifier: GPL-2.0-only
/*
 * khmap_example.c - a module that uses a map
 *
 * Opens the map that its parameter names, of 8-byte keys and values, and uses
 * it when it is loaded: in process context, with a spinlock held, in a softirq
 * and in a hard interrupt; and in NMI, where each call is refused.  Then it puts
 * so many keys that the map needs more memory.  What came of each is in
 * /sys/module/khmap_example/parameters: 0 or an errno.  Holds the map until it
 * is unloaded, and uses a key of it whenever one is written to "use".
 */
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/khmap.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/perf_event.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

static char *map;
module_param(map, charp, 0444);
MODULE_PARM_DESC(map, "name of a map with keys and values of 8 bytes");

static unsigned long long fill = 1000;
module_param(fill, ullong, 0444);
MODULE_PARM_DESC(fill, "keys to put when all else is done");

static int process = 1;
module_param(process, int, 0444);
MODULE_PARM_DESC(process, "out: result in process context");

static int atomic = 1;
module_param(atomic, int, 0444);
MODULE_PARM_DESC(atomic, "out: result with a spinlock held");

static int softirq = 1;
module_param(softirq, int, 0444);
MODULE_PARM_DESC(softirq, "out: result in a softirq");

static int hardirq = 1;
module_param(hardirq, int, 0444);
MODULE_PARM_DESC(hardirq, "out: result in a hard interrupt");

static int nmi = 1;
module_param(nmi, int, 0444);
MODULE_PARM_DESC(nmi, "out: result in NMI");

static unsigned long long refused;
module_param(refused, ullong, 0444);
MODULE_PARM_DESC(refused, "out: of the keys put, how many needed memory");

static int filled = 1;
module_param(filled, int, 0444);
MODULE_PARM_DESC(filled, "out: result of putting them");

static struct khmap_map *khmap_example_map;
static DEFINE_SPINLOCK(khmap_example_lock);

/* Keys that each context uses, so that user space sees who was here. */
enum khmap_example_key {
	KHMAP_EXAMPLE_PROCESS = 1000000,
	KHMAP_EXAMPLE_ATOMIC = 2000000,
	KHMAP_EXAMPLE_SOFTIRQ = 3000000,
	KHMAP_EXAMPLE_HARDIRQ = 4000000,
	KHMAP_EXAMPLE_NMI = 5000000,
};

/* Leaves @key with the value @key + 2; -EILSEQ for an answer that is wrong. */
static int khmap_example_use(u64 key)
{
	u64 value = key + 1, got = 0, other = key + 1;
	int err;

	err = khmap_map_update(khmap_example_map, &key, &value, 0);
	if (err)
		return err;
	if (khmap_map_update(khmap_example_map, &key, &value,
			     KHMAP_PUT_INSERT) != -EEXIST)
		return -EILSEQ;
	value++;
	err = khmap_map_update(khmap_example_map, &key, &value,
			       KHMAP_PUT_REPLACE);
	if (err)
		return err;
	err = khmap_map_lookup(khmap_example_map, &key, &got);
	if (err)
		return err;
	if (got != value)
		return -EILSEQ;

	if (khmap_map_update(khmap_example_map, &other, &value,
			     KHMAP_PUT_REPLACE) != -ENOENT)
		return -EILSEQ;
	err = khmap_map_update(khmap_example_map, &other, &value,
			       KHMAP_PUT_INSERT);
	if (err)
		return err;
	got = 0;
	err = khmap_map_remove(khmap_example_map, &other, &got);
	if (err)
		return err;
	if (got != value)
		return -EILSEQ;
	if (khmap_map_add(khmap_example_map, &key, 0, 5, &got) || got != value ||
	    khmap_map_add(khmap_example_map, &key, 0, -5ull, &got) ||
	    got != value + 5 ||
	    khmap_map_add(khmap_example_map, &key, 4, 1, NULL) != -EINVAL ||
	    khmap_map_add(khmap_example_map, &other, 0, 1, NULL) != -ENOENT)
		return -EILSEQ;
	if (khmap_map_remove(khmap_example_map, &other, NULL) != -ENOENT ||
	    khmap_map_lookup(khmap_example_map, &other, &got) != -ENOENT ||
	    khmap_map_update(khmap_example_map, &other, &value, ~0u) != -EINVAL)
		return -EILSEQ;
	return 0;
}

static void khmap_example_softirq(struct tasklet_struct *tasklet)
{
	softirq = in_serving_softirq() ?
		khmap_example_use(KHMAP_EXAMPLE_SOFTIRQ) : -EPERM;
}

static void khmap_example_hardirq(struct irq_work *work)
{
	hardirq = in_hardirq() ?
		khmap_example_use(KHMAP_EXAMPLE_HARDIRQ) : -EPERM;
}

static DECLARE_TASKLET(khmap_example_tasklet, khmap_example_softirq);
static struct irq_work khmap_example_work =
	IRQ_WORK_INIT_HARD(khmap_example_hardirq);

/* Written to, which makes the processor stop there as an NMI would. */
static int khmap_example_watched;

static void khmap_example_nmi(struct perf_event *event,
			      struct perf_sample_data *data,
			      struct pt_regs *regs)
{
	u64 key = KHMAP_EXAMPLE_NMI, value = key;

	if (!in_nmi())
		nmi = -EPERM;
	else if (khmap_map_lookup(khmap_example_map, &key, &value) != -EBUSY ||
		 khmap_map_add(khmap_example_map, &key, 0, 1, NULL) != -EBUSY ||
		 khmap_map_remove(khmap_example_map, &key, NULL) != -EBUSY)
		nmi = -EILSEQ;
	else
		nmi = khmap_map_update(khmap_example_map, &key, &value, 0);
}

/*
 * An x86 stops behind the store.  An arm64 stops before it, for ever where the handler
 * is not perf's own, and is in no NMI then.
 */
static void khmap_example_interrupt(void)
{
	struct perf_event * __percpu *breakpoint;
	struct perf_event_attr attr;
	const void *error;

	if (!IS_ENABLED(CONFIG_X86)) {
		nmi = -EOPNOTSUPP;
		return;
	}
	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&khmap_example_watched;
	attr.bp_len = HW_BREAKPOINT_LEN_4;
	attr.bp_type = HW_BREAKPOINT_W;
	breakpoint = register_wide_hw_breakpoint(&attr, khmap_example_nmi,
						 NULL);
	/*
	 * Since 6.15, 6a367577153a "percpu/x86: enable strict percpu checks via
	 * named AS qualifiers", such a pointer can become another one only as
	 * a number.
	 */
	error = (const void *)(__force unsigned long)breakpoint;
	if (IS_ERR(error)) {
		nmi = PTR_ERR(error);
		return;
	}
	WRITE_ONCE(khmap_example_watched, 1);
	unregister_wide_hw_breakpoint(breakpoint);
}

/* What cannot be put without memory is put by the call that may allocate. */
static int khmap_example_fill(void)
{
	u64 key, got;
	int err;

	for (key = 1; key <= fill; key++) {
		u64 value = ~key;

		err = khmap_map_update(khmap_example_map, &key, &value, 0);
		if (err == -ENOMEM) {
			refused++;
			err = khmap_map_update_sleepable(khmap_example_map,
							 &key, &value,
							 KHMAP_PUT_INSERT);
		}
		if (err)
			return err;
	}
	for (key = 1; key <= fill; key++) {
		err = khmap_map_lookup(khmap_example_map, &key, &got);
		if (err)
			return err;
		if (got != ~key)
			return -EILSEQ;
	}
	return 0;
}

/* What stores is refused by all calls in the same way; a look-up never. */
static int khmap_example_stale(u64 key)
{
	u64 value = 1, filled = 1;

	if (khmap_map_update_sleepable(khmap_example_map, &key, &value, 0) !=
	    -ESTALE ||
	    khmap_map_add(khmap_example_map, &filled, 0, 1, NULL) != -ESTALE ||
	    khmap_map_remove(khmap_example_map, &filled, &value) != -ESTALE)
		return -EILSEQ;
	if (khmap_map_lookup(khmap_example_map, &filled, &value) ||
	    value != ~filled ||
	    khmap_map_lookup(khmap_example_map, &key, &value) != -ENOENT)
		return -EILSEQ;
	return -ESTALE;
}

static int khmap_example_set(const char *text, const struct kernel_param *param)
{
	u64 key;
	int err = kstrtoull(text, 0, &key);

	/* On the way in, parameters come before the map. */
	if (!err && !khmap_example_map)
		err = -ENODEV;
	if (!err)
		err = khmap_example_use(key);
	return err == -ESTALE ? khmap_example_stale(key) : err;
}

static const struct kernel_param_ops khmap_example_use_ops = {
	.set = khmap_example_set,
};

module_param_cb(use, &khmap_example_use_ops, NULL, 0200);
MODULE_PARM_DESC(use, "write a key to use it; fails as that does");

static int __init khmap_example_init(void)
{
	unsigned long flags;

	if (!map)
		return -EINVAL;
	khmap_example_map = khmap_map_open(map, sizeof(u64), sizeof(u64));
	if (IS_ERR(khmap_example_map))
		return PTR_ERR(khmap_example_map);

	process = khmap_example_use(KHMAP_EXAMPLE_PROCESS);
	spin_lock_irqsave(&khmap_example_lock, flags);
	atomic = khmap_example_use(KHMAP_EXAMPLE_ATOMIC);
	spin_unlock_irqrestore(&khmap_example_lock, flags);
	/* Each is waited for: they run to their end and never again. */
	tasklet_schedule(&khmap_example_tasklet);
	tasklet_kill(&khmap_example_tasklet);
	irq_work_queue(&khmap_example_work);
	irq_work_sync(&khmap_example_work);
	khmap_example_interrupt();
	filled = khmap_example_fill();
	return 0;
}

static void __exit khmap_example_exit(void)
{
	khmap_map_close(khmap_example_map);
}

module_init(khmap_example_init);
module_exit(khmap_example_exit);

MODULE_DESCRIPTION("Uses a khmap map from every context");
MODULE_AUTHOR("The khmap developers");
MODULE_LICENSE("GPL");
