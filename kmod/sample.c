// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample.c - one operation in so many told
 *
 * A sampler lives as long as its file, so nothing stays behind whatever ends who
 * opened it.  Each counts for itself: any number of profilers may sample at once,
 * each as often as it likes.
 */
#include <linux/anon_inodes.h>
#include <linux/bitops.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "map.h"
#include "sample.h"
#include "trace.h"

/**
 * struct khmap_sampler - who wants one operation in so many
 * @map_id: on this map; 0 on any
 * @every: in how many
 */
struct khmap_sampler {
	u64 map_id;
	s32 every;
};

/**
 * struct khmap_sampled - of a processor, for each sampler
 * @seen: operations counted
 * @left: until one is taken, that one included; 0 or less if one should have been
 */
struct khmap_sampled {
	unsigned long seen[KHMAP_SAMPLERS_MAX];
	s32 left[KHMAP_SAMPLERS_MAX];
};

/* Of the array those in use, a bit each; both are changed under the lock. */
static DEFINE_MUTEX(khmap_samplers_lock);
unsigned long khmap_samplers_used __read_mostly;
static struct khmap_sampler khmap_samplers[KHMAP_SAMPLERS_MAX];

static DEFINE_PER_CPU(struct khmap_sampled, khmap_sampled);

u32 khmap_sample_pass(u64 map_id)
{
	/* Without a lock: a sampler that comes or goes meanwhile may be missed. */
	unsigned long used = READ_ONCE(khmap_samplers_used);
	u32 pass = U32_MAX;

	for (; used; used &= used - 1) {
		unsigned int i = __ffs(used);
		/* The place may be another sampler's by now. */
		u64 wanted = READ_ONCE(khmap_samplers[i].map_id);
		s32 left;

		if (wanted && wanted != map_id)
			continue;
		left = this_cpu_read(khmap_sampled.left[i]);
		pass = min_t(u32, pass, left > 0 ? left - 1 : 0);
	}
	return pass;
}

u32 khmap_sample_count(u64 map_id, u32 count, bool told)
{
	unsigned long used;
	u32 takers = 0;

	/* khmap_sampler_free() waits for this to be over. */
	preempt_disable();
	/* Pairs with the release in khmap_sampler_place(): what it is depends on its bit. */
	used = READ_ONCE(khmap_samplers_used);
	for (; used; used &= used - 1) {
		unsigned int i = __ffs(used);
		const struct khmap_sampler *sampler = &khmap_samplers[i];

		if (sampler->map_id && sampler->map_id != map_id)
			continue;
		this_cpu_add(khmap_sampled.seen[i], count);
		/* One that interrupts this takes too, and both add what they took. */
		if (this_cpu_sub_return(khmap_sampled.left[i], count) > 0 ||
		    !told)
			continue;
		this_cpu_add(khmap_sampled.left[i], sampler->every);
		takers |= BIT(i);
	}
	preempt_enable();
	return takers;
}

void khmap_sample_tell(const struct khmap_map *map, bool deleted,
		       const struct khmap_store *store, u32 samplers)
{
	trace_khmap_sample(map->object.id, store, deleted, samplers);
}

void khmap_sample_one(const struct khmap_map *map, bool deleted,
		      const struct khmap_store *store)
{
	u32 samplers = khmap_sample_count(map->object.id, 1, true);

	if (samplers)
		khmap_sample_tell(map, deleted, store, samplers);
}

static unsigned int khmap_sampler_index(const struct file *file)
{
	const struct khmap_sampler *sampler = file->private_data;

	return sampler - khmap_samplers;
}

static u64 khmap_sampler_seen(unsigned int index)
{
	u64 seen = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		/* That processor goes on counting. */
		seen += READ_ONCE(per_cpu(khmap_sampled.seen[index], cpu));
	return seen;
}

static ssize_t khmap_sampler_read(struct file *file, char __user *to,
				  size_t size, loff_t *position)
{
	u64 seen = khmap_sampler_seen(khmap_sampler_index(file));

	if (size < sizeof(seen))
		return -EINVAL;
	if (copy_to_user(to, &seen, sizeof(seen)))
		return -EFAULT;
	return sizeof(seen);
}

static void khmap_sampler_show(struct seq_file *seq, struct file *file)
{
	const struct khmap_sampler *sampler = file->private_data;

	seq_printf(seq, "khmap-kind:\tsampler\nkhmap-map:\t%llu\nkhmap-every:\t%d\n",
		   sampler->map_id, sampler->every);
}

static void khmap_sampler_free(unsigned int index)
{
	mutex_lock(&khmap_samplers_lock);
	/* Those who count read it without the lock. */
	WRITE_ONCE(khmap_samplers_used, khmap_samplers_used & ~BIT(index));
	/* Who still counts for it must not count for the next. */
	synchronize_rcu();
	mutex_unlock(&khmap_samplers_lock);
}

static int khmap_sampler_close(struct inode *inode, struct file *file)
{
	khmap_sampler_free(khmap_sampler_index(file));
	return 0;
}

static const struct file_operations khmap_sampler_fops = {
	.owner = THIS_MODULE,
	.read = khmap_sampler_read,
	.llseek = noop_llseek,
	.release = khmap_sampler_close,
	.show_fdinfo = khmap_sampler_show,
};

/* Find a place; returns its index, or -EBUSY. */
static int khmap_sampler_place(const struct khmap_ioc_sample *sample)
{
	unsigned int index;
	int cpu;

	mutex_lock(&khmap_samplers_lock);
	index = ffz(khmap_samplers_used);
	if (index >= KHMAP_SAMPLERS_MAX) {
		mutex_unlock(&khmap_samplers_lock);
		return -EBUSY;
	}
	khmap_samplers[index] = (struct khmap_sampler){
		.map_id = sample->map_id,
		.every = sample->every,
	};
	for_each_possible_cpu(cpu) {
		per_cpu(khmap_sampled.seen[index], cpu) = 0;
		per_cpu(khmap_sampled.left[index], cpu) = 1;
	}
	/* What it is before that it is. */
	smp_store_release(&khmap_samplers_used,
			  khmap_samplers_used | BIT(index));
	mutex_unlock(&khmap_samplers_lock);
	return index;
}

int khmap_sample_open(struct khmap_call *call)
{
	struct khmap_ioc_sample *sample = &call->arg.sample;
	struct file *file;
	int index, err;

	BUILD_BUG_ON(KHMAP_SAMPLE_MAX > S32_MAX);
	BUILD_BUG_ON(KHMAP_SAMPLERS_MAX >= BITS_PER_LONG);

	if (sample->reserved || !sample->every ||
	    sample->every > KHMAP_SAMPLE_MAX)
		return -EINVAL;
	if (!perfmon_capable())
		return -EPERM;
	index = khmap_sampler_place(sample);
	if (index < 0)
		return index;
	file = anon_inode_getfile("[khmap-sampler]", &khmap_sampler_fops,
				  &khmap_samplers[index], O_RDONLY | O_CLOEXEC);
	if (IS_ERR(file)) {
		khmap_sampler_free(index);
		return PTR_ERR(file);
	}
	/* From here on the place is the file's. */
	sample->sampler = index;
	err = khmap_call_reply_file(call, &sample->fd, file);
	if (!err)
		fd_install(sample->fd, file);
	return err;
}
