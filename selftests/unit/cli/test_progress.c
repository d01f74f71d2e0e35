// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_progress.c - the bar: on a terminal, of what takes long, and not if it should be quiet
 */
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "../tap.h"

#define PATIENCE_US	350000

/* What a bar leaves in @text, of a quarter that took @us, on standard error as it is. */
static void drawn(int out, bool quiet, useconds_t us, char *text, size_t size)
{
	struct progress progress;
	ssize_t got;

	progress_start(&progress, PROGRESS_BYTES, 4096, quiet);
	usleep(us);
	progress_show(&progress, 1024);
	progress_end(&progress);
	got = read(out, text, size - 1);
	text[got > 0 ? got : 0] = 0;
}

int main(void)
{
	char text[512] = "";
	int said = dup(STDERR_FILENO), master, slave, ends[2];

	if (openpty(&master, &slave, NULL, NULL, NULL) || pipe2(ends, O_NONBLOCK) ||
	    fcntl(master, F_SETFL, O_NONBLOCK))
		return 1;
	dup2(slave, STDERR_FILENO);
	drawn(master, false, PATIENCE_US, text, sizeof(text));
	ok(strstr(text, "[#######                       ]  25%  1.0 KiB"), "a quarter");
	ok(strlen(text) > 4 && !strcmp(text + strlen(text) - 4, "\r\033[K"), "is wiped away");
	drawn(master, true, PATIENCE_US, text, sizeof(text));
	is_str(text, "", "none if it should be quiet");
	drawn(master, false, 0, text, sizeof(text));
	is_str(text, "", "none of what is quick");
	dup2(ends[1], STDERR_FILENO);
	drawn(ends[0], false, PATIENCE_US, text, sizeof(text));
	is_str(text, "", "none on what is no terminal");
	dup2(said, STDERR_FILENO);
	return done();
}
