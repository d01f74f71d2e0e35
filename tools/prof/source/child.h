/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * child.h - a command that is started, held, and run while it is profiled
 */
#ifndef PROF_CHILD_H
#define PROF_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include "source/tick.h"

/**
 * struct prof_child - a process that has not run its command yet
 * @pid: of the process
 * @go: closing it lets it run
 * @tick: done now and then while it runs; NULL when it is started
 * @held: it has loaded its command, and stands before the first instruction
 * @ended: it is no more, or never was
 * @status: of wait(), when it has @ended
 */
struct prof_child {
	pid_t pid;
	int go;
	struct prof_tick *tick;
	bool held;
	bool ended;
	int status;
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
 * prof_child_hold() - let a process load its command, and stop it there
 * @child: of prof_child_start(); held, or ended
 *
 * The executable is mapped then, its libraries are not.
 *
 * Return: 0 or -errno.
 */
int prof_child_hold(struct prof_child *child);

/**
 * prof_child_kill() - end a process that has not been run
 * @child: of prof_child_start()
 */
void prof_child_kill(struct prof_child *child);

/**
 * prof_child_status() - how a process ended
 * @child: that has ended
 *
 * Return: as of prof_child_run().
 */
int prof_child_status(const struct prof_child *child);

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
