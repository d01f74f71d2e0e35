/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * child.h - a command that is started, held, and run while it is profiled
 */
#ifndef PROF_CHILD_H
#define PROF_CHILD_H

#include <signal.h>
#include <sys/types.h>
#include "source/tick.h"

/**
 * struct prof_child - a process that has not run its command yet
 * @pid: of the process
 * @go: closing it lets it run
 * @tick: done now and then while it runs; NULL when it is started
 */
struct prof_child {
	pid_t pid;
	int go;
	struct prof_tick *tick;
};

/**
 * prof_child_start() - make a process that waits
 * @child: filled, for prof_child_run()
 * @command: its words, and NULL; looked for in PATH
 *
 * Return: 0 or -errno.
 */
int prof_child_start(struct prof_child *child, char **command);

/**
 * prof_child_run() - let a process run its command, and wait for its end
 * @child: of prof_child_start()
 * @signals: blocked; those that come meanwhile are handed on to the process
 *
 * Return: the command's exit status, 126 or 127 if it could not be run, 128
 * more than the signal that ended it.
 */
int prof_child_run(struct prof_child *child, const sigset_t *signals);

#endif /* PROF_CHILD_H */
