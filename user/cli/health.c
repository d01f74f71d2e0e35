// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * health.c - a command that tells whether what was published is good
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "health.h"
#include "progress.h"

#define HEALTH_TIME_MAX	(366ull * 24 * 60 * 60 * 1000)
#define HEALTH_STEP_MS	20u	/* between two looks at a run */

bool health_time(const char *text, uint64_t *ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 60 * 60 * 1000 },
	};
	unsigned long long number;
	size_t i;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (errno || number > HEALTH_TIME_MAX / units[i].ms)
			return false;
		*ms = number * units[i].ms;
		return true;
	}
	return false;
}

static uint64_t health_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void health_sleep(uint64_t ms)
{
	const struct timespec step = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&step, NULL);
}

/* In the child. */
static void health_exec(const char *command, const char *name, uint64_t generation)
{
	char number[24];
	int null;

	setpgid(0, 0);
	/* In the background of a terminal it would be stopped if it read from there. */
	null = open("/dev/null", O_RDONLY);
	if (null > STDIN_FILENO) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
	snprintf(number, sizeof(number), "%llu", (unsigned long long)generation);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (!setenv("KHMAP_NAME", name, 1) && !setenv("KHMAP_GENERATION", number, 1))
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* All that the command has started, but what has left its group. */
static void health_kill(pid_t child)
{
	int status;

	kill(-child, SIGKILL);
	/* It may not have its group yet. */
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
}

/* One run. */
static enum health_verdict health_run(const struct health *health, const char *name,
				      uint64_t generation, char *why, size_t size)
{
	uint64_t end = health_clock() + health->timeout_ms;
	pid_t child, done = 0;
	int status = 0;

	/* What is in the buffer would come twice. */
	fflush(NULL);
	child = fork();
	if (!child)
		health_exec(health->command, name, generation);
	if (child < 0) {
		snprintf(why, size, "could not be started: %s", strerror(errno));
		return HEALTH_FAILED;
	}
	setpgid(child, child);
	while (!cli_interrupted() && health_clock() < end) {
		done = waitpid(child, &status, WNOHANG);
		if (done && !(done < 0 && errno == EINTR))
			break;
		health_sleep(HEALTH_STEP_MS);
	}
	/* It may have ended while this slept, or did not get a processor. */
	if (done != child)
		done = waitpid(child, &status, WNOHANG);
	if (done != child) {
		health_kill(child);
		if (cli_interrupted())
			return HEALTH_INTERRUPTED;
		snprintf(why, size, "took longer than %llu ms",
			 (unsigned long long)health->timeout_ms);
		return HEALTH_FAILED;
	}
	if (WIFSIGNALED(status)) {
		snprintf(why, size, "was killed by signal %d", WTERMSIG(status));
		return HEALTH_FAILED;
	}
	if (WEXITSTATUS(status)) {
		snprintf(why, size, "exited with status %d", WEXITSTATUS(status));
		return HEALTH_FAILED;
	}
	return HEALTH_GOOD;
}

enum health_verdict health_watch(const struct health *health, const char *name,
				 uint64_t generation, char *why, size_t size)
{
	uint64_t begin = health_clock(), now = begin, next;
	enum health_verdict verdict = HEALTH_GOOD;
	struct progress progress;
	bool last = false;

	/* Whoever started this may have left it ignored: then no status would be kept. */
	signal(SIGCHLD, SIG_DFL);
	/* Who listens no more must not keep an unhealthy version live. */
	signal(SIGPIPE, SIG_IGN);
	progress_start(&progress, PROGRESS_THINGS, health->probation_ms, health->quiet);
	while (verdict == HEALTH_GOOD && !last) {
		/* The run that begins when the probation is over is the last one. */
		last = now - begin >= health->probation_ms;
		verdict = cli_interrupted() ? HEALTH_INTERRUPTED :
			  health_run(health, name, generation, why, size);
		now = health_clock();
		next = now + health->interval_ms;
		if (next > begin + health->probation_ms)
			next = begin + health->probation_ms;
		while (verdict == HEALTH_GOOD && !last && now < next && !cli_interrupted()) {
			progress_show(&progress, now - begin);
			health_sleep(next - now < HEALTH_STEP_MS ? next - now : HEALTH_STEP_MS);
			now = health_clock();
		}
	}
	progress_end(&progress);
	return verdict == HEALTH_GOOD && cli_interrupted() ? HEALTH_INTERRUPTED : verdict;
}
