// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * child.c - run a command between two instants of our choice
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include "source/child.h"
#include "prof.h"

/* What the pipe tells the process to do. */
#define CHILD_RUN	'r'
#define CHILD_HOLD	'h'

static void child_main(int wait_fd, char **command) __attribute__((noreturn));

static void child_main(int wait_fd, char **command)
{
	char byte;

	/* If the profiler dies first, the command is not run at all. */
	if (read(wait_fd, &byte, 1) != 1)
		_exit(PROF_EXIT_NOT_RUN);
	if (byte == CHILD_HOLD && ptrace(PTRACE_TRACEME, 0, NULL, NULL)) {
		prof_error("%s cannot be held: %s", command[0], strerror(errno));
		_exit(PROF_EXIT_NOT_RUN);
	}
	execvp(command[0], command);
	prof_error("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? PROF_EXIT_NOT_FOUND : PROF_EXIT_NOT_RUN);
}

int prof_child_start(struct prof_child *child, char **command)
{
	int fds[2];

	*child = (struct prof_child){ .ended = true };
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
	child->ended = false;
	return 0;
}

/* Hand a signal on; one of the terminal's has reached the command already. */
static void signal_forward(pid_t pid, const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		kill(pid, info->si_signo);
}

static void child_tell(struct prof_child *child, char what)
{
	if (write(child->go, &what, 1) != 1)
		prof_error("the command cannot be let run: %s", strerror(errno));
	close(child->go);
	child->go = -1;
}

int prof_child_hold(struct prof_child *child)
{
	int status;

	child_tell(child, CHILD_HOLD);
	/* Signals that reach it before its command do not matter, but for its end. */
	while (waitpid(child->pid, &status, 0) == child->pid) {
		if (!WIFSTOPPED(status)) {
			child->ended = true;
			child->status = status;
			return 0;
		}
		if (WSTOPSIG(status) == SIGTRAP) {
			child->held = true;
			return 0;
		}
		if (ptrace(PTRACE_CONT, child->pid, NULL, WSTOPSIG(status)))
			break;
	}
	return -errno;
}

void prof_child_kill(struct prof_child *child)
{
	if (child->ended)
		return;
	if (child->go >= 0)
		close(child->go);
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	child->ended = true;
}

int prof_child_status(const struct prof_child *child)
{
	return WIFEXITED(child->status) ? WEXITSTATUS(child->status) :
					  PROF_EXIT_SIGNAL + WTERMSIG(child->status);
}

int prof_child_run(struct prof_child *child, const sigset_t *signals)
{
	sigset_t all = *signals;
	siginfo_t info;

	/* Blocked, so that the end of the child is waited for like a signal. */
	sigaddset(&all, SIGCHLD);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (child->held)
		ptrace(PTRACE_DETACH, child->pid, NULL, NULL);
	else
		child_tell(child, CHILD_RUN);
	while (waitpid(child->pid, &child->status, WNOHANG) != child->pid) {
		int signal = prof_tick_wait(child->tick, &all, 0, &info);

		if (signal && signal != SIGCHLD)
			signal_forward(child->pid, &info);
	}
	child->ended = true;
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	return prof_child_status(child);
}
