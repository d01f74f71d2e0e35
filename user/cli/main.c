// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * main.c - khmapctl: the table of commands
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct cli_command *const cli_commands[] = {
	&cli_create,
	&cli_ls,
	&cli_info,
	&cli_stat,
	&cli_load,
	&cli_get,
	&cli_put,
	&cli_del,
	&cli_clear,
	&cli_reserve,
	&cli_compact,
	&cli_dump,
	&cli_digest,
	&cli_diff,
	&cli_inspect,
	&cli_snapshot,
	&cli_restore,
	&cli_warn_after,
	&cli_delta,
	&cli_apply,
	&cli_unpack,
	&cli_verify,
	&cli_publish,
	&cli_rollback,
	&cli_canary,
	&cli_versions,
	&cli_destroy,
};

#define CLI_COMMANDS (sizeof(cli_commands) / sizeof(cli_commands[0]))

static void cli_help(FILE *out)
{
	size_t i;

	fputs("Usage: khmapctl COMMAND [ARGUMENT...]\n"
	      "Hash maps in the kernel that everybody reads from memory.\n"
	      "\n"
	      "Commands:\n", out);
	for (i = 0; i < CLI_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
	fputs("\n"
	      "Where a command takes NAME, a name with a '/' or a '.' is the path of a snapshot\n"
	      "file, compressed or not.  \"khmapctl COMMAND --help\" tells about a command.\n"
	      "\n"
	      "Exit status: 0 done; 1 the answer is no (no such key, faults found, lines\n"
	      "skipped); 2 wrong usage; 3 failed; 4 the image was refused; 5 published, and rolled\n"
	      "back; 6 snapshots are overdue; 130 interrupted.\n",
	      out);
}

static const struct cli_command *cli_find(const char *name)
{
	size_t i;

	for (i = 0; i < CLI_COMMANDS; i++)
		if (!strcmp(cli_commands[i]->name, name))
			return cli_commands[i];
	return NULL;
}

/* What was written must have arrived, or a full disk would look like success. */
static int cli_finish(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	/* Who closed the pipe has seen enough. */
	if (errno == EPIPE)
		return code;
	return cli_error(code ? code : CLI_FAILED, "standard output: %s", strerror(errno));
}

/*
 * A closed standard descriptor would be taken by the next file that is opened.
 * The wrong way round, so that its use fails as if it were still closed.
 */
static void cli_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	cli_descriptors();
	setlocale(LC_ALL, "");
	if (argc < 2) {
		cli_help(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		cli_help(stdout);
		return cli_finish(CLI_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("khmapctl %s, image format %d\n", KHMAP_VERSION, KHMAP_IMAGE_VERSION);
		return cli_finish(CLI_OK);
	}
	cli_current = cli_find(argv[1]);
	if (!cli_current)
		return cli_usage("there is no command \"%s\"", argv[1]);
	return cli_finish(cli_current->run(argc - 1, argv + 1));
}
