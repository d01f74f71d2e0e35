// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * child.c - run a command between two instants of our choice
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "source/child.h"
#include "prof.h"

static void child_main(int wait_fd, char **command) __attribute__((noreturn));

static void child_main(int wait_fd, char **command)
{
	char byte;

	/* If the profiler dies first, the command is not run at all. */
	if (read(wait_fd, &byte, 1) != 1)
		_exit(PROF_EXIT_NOT_RUN);
	execvp(command[0], command);
	prof_error("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? PROF_EXIT_NOT_FOUND : PROF_EXIT_NOT_RUN);
}

int prof_child_start(struct prof_child *child, char **command)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!child->pid) {
		close(fds[1]);
		child_main(fds[0], command);
	}
	close(fds[0]);
	child->go = fds[1];
	child->tick = NULL;
	return 0;
}

/* Hand a signal on; one of the terminal's has reached the command already. */
static void signal_forward(pid_t pid, const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		kill(pid, info->si_signo);
}

int prof_child_run(struct prof_child *child, const sigset_t *signals)
{
	sigset_t all = *signals;
	siginfo_t info;
	int status;

	/* Blocked, so that the end of the child is waited for like a signal. */
	sigaddset(&all, SIGCHLD);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (write(child->go, "", 1) != 1)
		prof_error("the command cannot be let run: %s", strerror(errno));
	close(child->go);
	while (waitpid(child->pid, &status, WNOHANG) != child->pid)
		if (prof_tick_wait(child->tick, &all, 0, &info) != SIGCHLD)
			signal_forward(child->pid, &info);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : PROF_EXIT_SIGNAL + WTERMSIG(status);
}
