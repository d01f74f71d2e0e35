// SPDX-License-Identifier: GPL-2.0-only
/*
 * no_uring.c - run a command for which a system call of io_uring always fails
 *
 *	no_uring setup|enter ERRNO COMMAND [ARGUMENT...]
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The number of the call is read, and compared: one instruction is skipped. */
static int call_refuse(unsigned int call, unsigned int err)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	unsigned int call = SYS_io_uring_enter;

	if (argc < 4) {
		fprintf(stderr, "Usage: no_uring setup|enter ERRNO COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (!strcmp(argv[1], "setup"))
		call = SYS_io_uring_setup;
	if (call_refuse(call, (unsigned int)atoi(argv[2]))) {
		perror("no_uring: seccomp");
		return 3;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}
