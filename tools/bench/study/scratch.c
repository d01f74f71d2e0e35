// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * scratch.c - a folder in memory for the files of a run
 *
 * Memory that an interrupted run leaves in /dev/shm stays taken until somebody
 * finds it.  Who removes the files is a process that does nothing else.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "study.h"

static char scratch[SCRATCH_PATH] = "/dev/shm/khmap-study-XXXXXX";
static volatile sig_atomic_t scratch_child;

static void scratch_forward(int number)
{
	if (scratch_child > 0)
		kill(scratch_child, number);
}

static void scratch_remove(void)
{
	DIR *folder = opendir(scratch);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	rmdir(scratch);
}

/* As the child has ended. */
static void scratch_end(int status)
{
	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	exit(1);
}

void scratch_run(void)
{
	struct sigaction forward = { .sa_handler = scratch_forward };
	pid_t child, parent = getpid();
	int status;

	if (!mkdtemp(scratch))
		study_failed("%s: %s", scratch, strerror(errno));
	sigaction(SIGINT, &forward, NULL);
	sigaction(SIGTERM, &forward, NULL);
	sigaction(SIGHUP, &forward, NULL);
	child = fork();
	if (!child) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		/* Without its parent nobody would remove what it makes. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		return;
	}
	scratch_child = child;
	if (child < 0) {
		scratch_remove();
		study_failed("fork: %s", strerror(errno));
	}
	while (waitpid(child, &status, 0) != child)
		;
	scratch_remove();
	scratch_end(status);
}

const char *scratch_folder(void)
{
	return scratch;
}
