// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * view.c - what shall be shown of a profile, and where
 */
#include <errno.h>
#include <string.h>
#include "profile/view.h"
#include "profile/report.h"

#define TOP_DEFAULT	20
#define TOP_MAX		1000000

static const struct {
	const char *name;
	unsigned int show;
} tables[] = {
	{ "lines", PROF_SHOW_LINES },
	{ "offsets", PROF_SHOW_OFFSETS },
	{ "buckets", PROF_SHOW_BUCKETS },
	{ "advice", PROF_SHOW_ADVICE },
};

#define TABLES	(sizeof(tables) / sizeof(tables[0]))

const char prof_view_help[] =
	"  --show WHAT     print these, parted by commas: lines, offsets (what was accessed in each\n"
	"                  line), buckets (the hottest chains), advice (default lines,advice)\n"
	"  --top N         rows of each table at most (default 20)\n"
	"  --json FILE     write all of the profile as JSON\n"
	"  --html FILE     write tables and drawings as one file for a browser\n"
	"  --svg-lines FILE  draw the hottest lines by processor\n"
	"  --svg-times FILE  draw the hottest chains by time\n"
	"  --folded FILE   write call stacks, with their transfers, for flame graphs; a report has\n"
	"                  them if it was recorded with --stacks\n"
	"                  One FILE may be \"-\", standard output; then no table is printed\n";

void prof_view_init(struct prof_view *view)
{
	*view = (struct prof_view){
		.show = PROF_SHOW_LINES | PROF_SHOW_ADVICE,
		.top = TOP_DEFAULT,
	};
}

static bool show_option(struct prof_view *view, const char *value)
{
	size_t length, i;

	view->show = 0;
	for (;; value += length + 1) {
		length = strcspn(value, ",");
		for (i = 0; i < TABLES; i++)
			if (strlen(tables[i].name) == length &&
			    !strncmp(tables[i].name, value, length))
				break;
		if (i == TABLES) {
			prof_error("--show knows lines, offsets, buckets and advice, not \"%.*s\"",
				   (int)length, value);
			return false;
		}
		view->show |= tables[i].show;
		if (!value[length])
			return true;
	}
}

static bool file_option(struct prof_view *view, enum prof_view_kind kind, const char *value)
{
	size_t i;

	if (!strcmp(value, "-") && prof_view_alone(view) && !view->files[kind]) {
		prof_error("only one FILE may be \"-\"");
		return false;
	}
	for (i = 0; i < PROF_VIEW_FILES; i++)
		if (i != kind && view->files[i] && !strcmp(view->files[i], value)) {
			prof_error("%s cannot be two FILEs at once: give each its own", value);
			return false;
		}
	view->files[kind] = value;
	return true;
}

bool prof_view_option(struct prof_view *view, int option, const char *value)
{
	if (option == PROF_OPTION_SHOW)
		return show_option(view, value);
	if (option >= PROF_OPTION_FILE)
		return file_option(view, option - PROF_OPTION_FILE, value);
	if (!prof_number(value, TOP_MAX, &view->top) && view->top)
		return true;
	prof_error("--top needs a number from 1 to %d, not \"%s\"", TOP_MAX, value);
	return false;
}

bool prof_view_alone(const struct prof_view *view)
{
	size_t i;

	for (i = 0; i < PROF_VIEW_FILES; i++)
		if (view->files[i] && !strcmp(view->files[i], "-"))
			return true;
	return false;
}

int prof_view_check(const struct prof_view *view)
{
	int status = PROF_EXIT_OK;
	size_t i;

	for (i = 0; i < PROF_VIEW_FILES && !status; i++)
		if (view->files[i] && strcmp(view->files[i], "-"))
			status = prof_file_check(view->files[i]);
	return status;
}

static int write_kind(const struct prof_view *view, enum prof_view_kind kind,
		      const struct prof_profile *profile, FILE *out)
{
	switch (kind) {
	case PROF_VIEW_JSON:
		return prof_json_write(profile, out);
	case PROF_VIEW_HTML:
		prof_html_write(profile, view->top, out);
		break;
	case PROF_VIEW_SVG_LINES:
		prof_svg_lines(profile, view->top, true, out);
		break;
	case PROF_VIEW_SVG_TIMES:
		prof_svg_times(profile, view->top, true, out);
		break;
	default:
		return prof_folded_write(profile, out);
	}
	return 0;
}

/* Why there is nothing in a file of call stacks; NULL if there is. */
static const char *folded_empty(const struct prof_profile *profile)
{
	uint64_t transfers = 0;
	size_t i, j;

	for (i = 0; i < profile->line_count; i++) {
		transfers += prof_transfers_sum(&profile->lines[i].count.transfers);
		for (j = 0; j < profile->lines[i].stack_count; j++)
			if (profile->lines[i].stacks[j].count.transfers)
				return NULL;
	}
	if (profile->totals.stacks_dropped)
		return "there was no room for the call stacks of moves: record with more --lines";
	return transfers ? "the profile has no call stacks: record with --stacks" :
			   "no line has moved";
}

static int write_file(const struct prof_view *view, enum prof_view_kind kind,
		      const struct prof_profile *profile)
{
	const char *path = view->files[kind];
	bool to_file = strcmp(path, "-");
	FILE *out = to_file ? fopen(path, "we") : stdout;
	int err;

	if (!out) {
		prof_error("%s: %s", path, strerror(errno));
		return PROF_EXIT_FAILED;
	}
	if (kind == PROF_VIEW_FOLDED && folded_empty(profile))
		prof_error("%s is empty: %s", to_file ? path : "--folded",
			   folded_empty(profile));
	errno = 0;
	err = write_kind(view, kind, profile, out);
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;
	if (to_file && fclose(out) && !err)
		err = -errno;
	if (err) {
		prof_error("%s: %s", to_file ? path : "standard output", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	return PROF_EXIT_OK;
}

int prof_view_write(const struct prof_view *view, const struct prof_profile *profile)
{
	enum prof_view_kind kind;
	int status = PROF_EXIT_OK;
	int err = 0;

	errno = 0;
	if (!prof_view_alone(view) && view->show)
		err = prof_table_print(profile, view->show, view->top, stdout);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = errno ? -errno : -EIO;
	if (err) {
		prof_error("the profile cannot be printed: %s", strerror(-err));
		return PROF_EXIT_FAILED;
	}
	for (kind = 0; kind < PROF_VIEW_FILES; kind++)
		if (view->files[kind] && write_file(view, kind, profile))
			status = PROF_EXIT_FAILED;
	return status;
}
