// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * execute_module.c - the module goes and comes, and its parameters change
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "execute.h"
#include "kcov.h"

#define FOLDER	"/sys/module/khmap/parameters/"

/* So that no program eats the guest's memory; half of it is refused and tried again anyway. */
#define PARAMETERS_OF_A_ROUND	"max_bytes=67108864"

int fuzz_module_unload(void)
{
	return syscall(SYS_delete_module, "khmap", O_NONBLOCK) ? -errno : 0;
}

int fuzz_module_load(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return err;
}

bool fuzz_module_loaded(void)
{
	return !access(KHMAP_DEVICE_DIR "/" KHMAP_CONTROL_NAME, F_OK);
}

long fuzz_execute_limit(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call)
{
	static const char * const names[] = {
		FOLDER "max_bytes", FOLDER "map_max_bytes",
		FOLDER "snapshot_warn_after",
	};
	int fd = open(names[call->field[0] % 3], O_WRONLY | O_CLOEXEC), length;
	char text[32];
	ssize_t result;

	if (fd < 0)
		return -errno;
	length = snprintf(text, sizeof(text), "%llu",
			  (1 + call->field[1] % 64) * 1048576ull);
	result = write(fd, text, (size_t)length);
	close(fd);
	return result < 0 ? -errno : 0;
}

long fuzz_execute_rmmod(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call)
{
	return thread->worker->options->module ? fuzz_module_unload() : -EPERM;
}

long fuzz_execute_insmod(struct fuzz_thread *thread, const struct fuzz_op *op,
			 const struct fuzz_call *call)
{
	const char *file = thread->worker->options->module;
	int err = file ? fuzz_module_load(file, PARAMETERS_OF_A_ROUND) : -EPERM;

	if (!err)
		fuzz_kcov_locate();
	return err;
}
