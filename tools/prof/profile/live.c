// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * live.c - what moves at this time, while it is recorded
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "profile/cells.h"
#include "profile/live.h"
#include "profile/names.h"
#include "profile/verdict.h"

#define ROWS_OVER	4	/* of a terminal: the totals, the headings, blank lines */
#define CLEAR		"\033[H\033[J"

/* A line, and how often it has moved: in all, and since the last time. */
struct moved {
	struct prof_line_key key;
	uint64_t transfers;
	uint64_t since;
	const struct prof_line_row *row;
};

struct prof_live {
	size_t top;
	bool terminal;
	FILE *out;
	struct moved *moved;	/* in the order of keys */
	size_t count;
	uint64_t duration_ns;
	uint64_t events;
	uint64_t transfers;
};

enum column {
	COLUMN_MAP,
	COLUMN_REGION,
	COLUMN_PAGE,
	COLUMN_LINE,
	COLUMN_BUCKET,
	COLUMN_RATE,
	COLUMN_TRANSFERS,
	COLUMN_VERDICT,
	COLUMNS,
};

static const struct prof_column columns[COLUMNS] = {
	[COLUMN_MAP] = { "MAP", 0 },
	[COLUMN_REGION] = { "REGION", 0 },
	[COLUMN_PAGE] = { "PAGE", SCOLS_FL_RIGHT },
	[COLUMN_LINE] = { "LINE", SCOLS_FL_RIGHT },
	[COLUMN_BUCKET] = { "BUCKET", SCOLS_FL_RIGHT },
	[COLUMN_RATE] = { "PER SECOND", SCOLS_FL_RIGHT },
	[COLUMN_TRANSFERS] = { "MODELLED TRANSFERS", SCOLS_FL_RIGHT },
	[COLUMN_VERDICT] = { "VERDICT", 0 },
};

static int key_compare(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static int since_compare(const void *a, const void *b)
{
	const struct moved * const *x = a, * const *y = b;

	if ((*x)->since != (*y)->since)
		return (*x)->since < (*y)->since ? 1 : -1;
	if ((*x)->transfers != (*y)->transfers)
		return (*x)->transfers < (*y)->transfers ? 1 : -1;
	return key_compare(*x, *y);
}

struct prof_live *prof_live_new(size_t top, bool terminal, FILE *out)
{
	struct prof_live *live = prof_alloc(1, sizeof(*live));

	live->top = top;
	live->terminal = terminal;
	live->out = out;
	return live;
}

/* Replace what was moved last time by what has moved now. */
static void live_note(struct prof_live *live, const struct prof_profile *profile)
{
	struct moved *moved = prof_alloc(profile->line_count, sizeof(*moved)), *last;
	size_t i;

	for (i = 0; i < profile->line_count; i++) {
		moved[i].row = &profile->lines[i];
		moved[i].key = moved[i].row->key;
		moved[i].transfers = prof_transfers_sum(&moved[i].row->count.transfers);
		moved[i].since = moved[i].transfers;
		if (!live->count)
			continue;
		last = bsearch(&moved[i], live->moved, live->count, sizeof(*moved), key_compare);
		if (last)
			moved[i].since -= last->transfers;
	}
	if (profile->line_count)
		qsort(moved, profile->line_count, sizeof(*moved), key_compare);
	free(live->moved);
	live->moved = moved;
	live->count = profile->line_count;
}

static size_t rows_shown(const struct prof_live *live)
{
	struct winsize window;
	size_t rows;

	if (!live->terminal || ioctl(fileno(live->out), TIOCGWINSZ, &window) ||
	    window.ws_row <= ROWS_OVER)
		return live->top;
	rows = (size_t)window.ws_row - ROWS_OVER;
	return rows < live->top ? rows : live->top;
}

static int row_fill(struct libscols_line *cells, const struct prof_profile *profile,
		    const struct moved *moved, double seconds)
{
	const struct prof_line_key *key = &moved->key;
	char text[PROF_NAME_ROOM];

	if (prof_cell_text(cells, COLUMN_MAP, prof_map_name(profile, key, text)) ||
	    prof_cell_text(cells, COLUMN_REGION, prof_region_name(key->region)) ||
	    prof_cell_number(cells, COLUMN_PAGE, key->page) ||
	    prof_cell_number(cells, COLUMN_LINE, key->line) ||
	    prof_cell_text(cells, COLUMN_BUCKET, prof_buckets_name(profile, key, text)) ||
	    prof_cell_rate(cells, COLUMN_RATE, (double)moved->since / seconds) ||
	    prof_cell_number(cells, COLUMN_TRANSFERS, moved->transfers) ||
	    prof_cell_text(cells, COLUMN_VERDICT,
			   prof_verdict_name(prof_verdict(moved->row))))
		return -ENOMEM;
	return 0;
}

static int table_print(struct prof_live *live, const struct prof_profile *profile, double seconds)
{
	struct libscols_table *table = prof_cells_new(columns, COLUMNS, live->out);
	const struct moved **order = prof_alloc(live->count, sizeof(*order));
	size_t i, rows = rows_shown(live);
	int err = table ? 0 : -ENOMEM;

	for (i = 0; i < live->count; i++)
		order[i] = &live->moved[i];
	if (live->count)
		qsort(order, live->count, sizeof(*order), since_compare);
	for (i = 0; !err && i < live->count && i < rows; i++) {
		struct libscols_line *cells = scols_table_new_line(table, NULL);

		err = cells ? row_fill(cells, profile, order[i], seconds) : -ENOMEM;
	}
	if (!err && live->count)
		err = scols_print_table(table) ? -ENOMEM : 0;
	scols_unref_table(table);
	free(order);
	return err;
}

int prof_live_show(struct prof_live *live, const struct prof_profile *profile)
{
	double seconds = (double)(profile->duration_ns - live->duration_ns) / 1e9;
	uint64_t transfers = 0;
	size_t i;
	int err;

	if (seconds <= 0)
		return 0;
	live_note(live, profile);
	for (i = 0; i < live->count; i++)
		transfers += live->moved[i].transfers;
	fprintf(live->out, "%s%.1f s: %" PRIu64 " events, %.1f in a second; %" PRIu64
		" modelled transfers, %.1f in a second; dropped: %" PRIu64 "\n\n",
		live->terminal ? CLEAR : "", (double)profile->duration_ns / 1e9,
		(uint64_t)profile->totals.events,
		(double)(profile->totals.events - live->events) / seconds, transfers,
		(double)(transfers - live->transfers) / seconds, prof_profile_dropped(profile));
	err = table_print(live, profile, seconds);
	if (live->count)
		fputc('\n', live->out);
	fflush(live->out);
	live->duration_ns = profile->duration_ns;
	live->events = profile->totals.events;
	live->transfers = transfers;
	return err;
}

void prof_live_free(struct prof_live *live)
{
	if (!live)
		return;
	free(live->moved);
	free(live);
}
