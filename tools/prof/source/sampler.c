// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sampler.c - have the module take one operation in so many
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/khmap.h>
#include "source/sampler.h"

#define CONTROL	KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME

int prof_sampler_open(struct prof_sampler *sampler, uint64_t map_id, uint32_t every)
{
	struct khmap_ioc_sample sample = {
		.size = sizeof(sample),
		.map_id = map_id,
		.every = every,
	};
	int control = open(CONTROL, O_RDONLY | O_CLOEXEC), err = 0;

	if (control < 0)
		return -errno;
	if (ioctl(control, KHMAP_IOC_SAMPLE, &sample) < 0)
		err = -errno;
	else
		*sampler = (struct prof_sampler){ .fd = sample.fd, .bit = 1u << sample.sampler };
	close(control);
	return err;
}

uint64_t prof_sampler_seen(const struct prof_sampler *sampler)
{
	uint64_t seen;

	return read(sampler->fd, &seen, sizeof(seen)) == sizeof(seen) ? seen : 0;
}

void prof_sampler_close(struct prof_sampler *sampler)
{
	if (sampler->fd >= 0)
		close(sampler->fd);
	sampler->fd = -1;
}
