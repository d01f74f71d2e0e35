// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_report.c - "khmap-prof report": its options, files and exit codes
 */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../tap.h"
#include "prof.h"
#include "profiles.h"

#define WORDS_MAX	10
#define OWN_TIME	"Own time: not measured, the kernel refuses BPF_ENABLE_STATS." \
			" Events missed 0, lost 0, throttled 0.\n"

static char folder[32];

static const char *in_folder(const char *name)
{
	static char path[4][64];
	static unsigned int next;
	char *text = path[next++ % 4];

	snprintf(text, sizeof(path[0]), "%s/%s", folder, name);
	return text;
}

static void redirect(int fd, const char *name)
{
	int file = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (file < 0 || dup2(file, fd) < 0)
		_exit(99);
}

/* Returns the exit status; what it printed is in the files "out" and "err". */
static int report(const char *words)
{
	char name[] = "khmap-prof report", *text = strdup(words);
	char *argv[WORDS_MAX + 2] = { name };
	int argc = 1, status;
	pid_t pid;

	if (!text)
		err(1, "a text");
	for (argv[argc] = strtok(text, " "); argv[argc]; argv[argc] = strtok(NULL, " "))
		argc++;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		redirect(1, "out");
		redirect(2, "err");
		exit(prof_report_main(argc, argv));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(1, "a process");
	free(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void is_file(const char *name, const char *want, const char *what)
{
	char *got = file_text(in_folder(name), NULL);

	is_str(got, want, "%s", what);
	free(got);
}

/* Call stacks of a profile with another number in it. */
static void why_empty(const char *json, const char *part, const char *by, const char *want)
{
	char *changed = text_replace(json, part, by), *words, *message;
	FILE *file = fopen(in_folder("changed"), "we");

	if (!file || fputs(changed, file) == EOF || fclose(file) ||
	    asprintf(&words, "--folded - %s", in_folder("changed")) < 0 ||
	    asprintf(&message, "khmap-prof: --folded is empty: %s\n", want) < 0)
		err(1, "a changed profile");
	is_i64(report(words), 0, "no call stacks");
	is_file("err", message, want);
	free(message);
	free(words);
	free(changed);
}

static void test_output(void)
{
	char *want = file_text(PROFILES "packed.txt", NULL), *json, *words;

	is_i64(report("--show lines,offsets,buckets,advice " PROFILES "packed.json"), 0,
	       "all tables");
	is_file("out", want, "they are printed");
	is_file("err", "", "and nothing else");
	free(want);

	json = file_text(PROFILES "packed.json", NULL);
	is_i64(report("--json - " PROFILES "packed.json"), 0, "JSON to standard output");
	is_file("out", json, "it is the file's");
	if (asprintf(&words, "--json %s --html %s " PROFILES "packed.json", in_folder("json"),
		     in_folder("html")) < 0)
		err(1, "a text");
	is_i64(report(words), 0, "two files");
	is_file("json", json, "one is JSON");
	is_file("out", "", "no table is printed beside");
	free(words);

	is_i64(report("--folded - " PROFILES "packed.json"), 0, "call stacks of a profile without");
	is_file("err",
		"khmap-prof: --folded is empty: the profile has no call stacks: record with --stacks\n",
		"it is said what to do");
	is_file("out", "", "and there are none");
	why_empty(json, "\"stacks\": 0", "\"stacks\": 7",
		  "there was no room for the call stacks of moves: record with more --lines");
	why_empty(json, "\"false\": 599", "\"false\": 0", "no line has moved");
	free(json);
}

static void test_select(void)
{
	is_i64(report("--show buckets --top 1 " PROFILES "packed.json"), 0, "one chain");
	is_file("out",
		"Hottest chains, by their first bucket, and operations on them.\n\n"
		"MAP    REGION  PAGE BUCKET INSERTS REPLACES DELETES OVERFLOW BUCKETS\n"
		"packed primary    0      0       0      300       0                0\n\n"
		"600 events in 0.465 s; all taken: 600 puts, 0 deletes. 0 overflow buckets added.\n"
		"2 lines of 64 bytes, 599 modelled transfers: 0 true sharing, 599 false sharing.\n"
		"Dropped: 0.\n" OWN_TIME, "it is the first");
	is_i64(report("--map inline --show lines,buckets " PROFILES "packed.json"), 0,
	       "another map");
	is_file("out",
		"600 events in 0.465 s; all taken: 600 puts, 0 deletes. 0 overflow buckets added.\n"
		"0 lines of 64 bytes, 0 modelled transfers: 0 true sharing, 0 false sharing.\n"
		"Dropped: 0.\n" OWN_TIME, "has no lines");
}

static const struct {
	const char *words;
	int status;
	const char *message;
} failures[] = {
	{ "", PROF_EXIT_USAGE, "khmap-prof: report needs one file, that record --json wrote\n" },
	{ "a b", PROF_EXIT_USAGE, "khmap-prof: report needs one file, that record --json wrote\n" },
	{ "/nonexistent", PROF_EXIT_FAILED,
	  "khmap-prof: /nonexistent: No such file or directory\n" },
	{ PROFILES, PROF_EXIT_FAILED,
	  "khmap-prof: profiles/: it cannot be read: Is a directory\n" },
	{ PROFILES "packed.txt", PROF_EXIT_NO_PROFILE, NULL },
	{ "--map nobody " PROFILES "packed.json", PROF_EXIT_NO_MAP,
	  "khmap-prof: profiles/packed.json: no map \"nobody\" is in this profile\n" },
	{ "--show lines,all " PROFILES "packed.json", PROF_EXIT_USAGE,
	  "khmap-prof: --show knows lines, offsets, buckets and advice, not \"all\"\n" },
	{ "--show lines, " PROFILES "packed.json", PROF_EXIT_USAGE,
	  "khmap-prof: --show knows lines, offsets, buckets and advice, not \"\"\n" },
	{ "--top 0 " PROFILES "packed.json", PROF_EXIT_USAGE,
	  "khmap-prof: --top needs a number from 1 to 1000000, not \"0\"\n" },
	{ "--json - --html - " PROFILES "packed.json", PROF_EXIT_USAGE,
	  "khmap-prof: only one FILE may be \"-\"\n" },
	{ "--html /nonexistent/x " PROFILES "packed.json", PROF_EXIT_FAILED,
	  "khmap-prof: /nonexistent/x: No such file or directory\n" },
	{ "--html /dev/full " PROFILES "packed.json", PROF_EXIT_FAILED,
	  "khmap-prof: /dev/full: No space left on device\n" },
	{ "--json /dev/full " PROFILES "packed.json", PROF_EXIT_FAILED, NULL },
	{ "--bogus " PROFILES "packed.json", PROF_EXIT_USAGE,
	  "khmap-prof report: unrecognized option '--bogus'\n" },
};

static void test_failures(void)
{
	size_t i;

	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		is_i64(report(failures[i].words), failures[i].status, "report %s",
		       failures[i].words);
		if (failures[i].message) {
			is_file("err", failures[i].message, "it says why");
		} else {
			char *text = file_text(in_folder("err"), NULL);

			ok(strchr(text, '\n') && !strchr(text, '\n')[1], "in one line: %.*s",
			   (int)strcspn(text, "\n"), text);
			free(text);
		}
		is_file("out", "", "and prints nothing else");
	}
}

int main(void)
{
	static const char * const names[] = { "out", "err", "json", "html" };
	size_t i;

	strcpy(folder, "/tmp/khmap-report-XXXXXX");
	if (!mkdtemp(folder))
		err(1, "%s", folder);
	test_output();
	test_select();
	test_failures();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	rmdir(folder);
	return done();
}
