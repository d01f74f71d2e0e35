// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * map_lines.c - lines of a map, and where the kernel has them
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "profile/profile.h"
#include "source/map_lines.h"
#include "source/pages.h"
#include "source/period.h"
#include "source/session.h"
#include "watch_pages.skel.h"

#define LINES_OF_PAGE	(1u << (PROF_PAGE_SHIFT - PROF_LINE_SHIFT))

static bool region_parse(const char **text, uint32_t *region)
{
	size_t length = strcspn(*text, ":");

	for (*region = 0; *region < PROF_REGION_RANGE; ++*region)
		if (strlen(prof_region_name(*region)) == length &&
		    !strncmp(prof_region_name(*region), *text, length)) {
			*text += length;
			return true;
		}
	return false;
}

/* A number behind a separator. */
static bool number_parse(const char **text, char before, uint64_t max, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (**text != before || !isdigit((unsigned char)(*text)[1]))
		return false;
	value = strtoull(*text + 1, &end, 10);
	*text = end;
	*number = (uint32_t)value;
	return value <= max;
}

bool prof_map_line_parse(const char *text, struct prof_map_line *line)
{
	const char *at = text;

	*line = (struct prof_map_line){ .length = PROF_LINE_SIZE };
	if (region_parse(&at, &line->key.region) &&
	    number_parse(&at, ':', UINT32_MAX, &line->key.page) &&
	    number_parse(&at, ':', LINES_OF_PAGE - 1, &line->key.line) &&
	    (!*at || (number_parse(&at, ':', PROF_LINE_SIZE - 1, &line->offset) &&
		      number_parse(&at, '+', PROF_LINE_SIZE - line->offset, &line->length) &&
		      line->length && !*at)))
		return true;
	prof_error("--line needs REGION:PAGE:LINE[:OFFSET+LENGTH], like primary:0:4, with a line below %u and bytes within its %u, not \"%s\"",
		   LINES_OF_PAGE, PROF_LINE_SIZE, text);
	return false;
}

static int lines_query(const struct watch_pages_bpf *skeleton, struct prof_map_line *lines,
		       size_t count)
{
	size_t i;
	int err;

	for (i = 0; i < count; i++) {
		const struct prof_line_key *key = &lines[i].key;
		const struct prof_page page = {
			.map_id = key->map_id,
			.region = key->region,
			.page = key->page,
		};

		err = prof_pages_address(skeleton->progs.pages_query, &page, &lines[i].address);
		if (err == -ENOENT) {
			prof_error("the map has no page %u in its %s region", key->page,
				   prof_region_name(key->region));
			return PROF_EXIT_NO_RANGE;
		}
		if (err) {
			prof_error("the map's pages cannot be found: %s", strerror(-err));
			return PROF_EXIT_FAILED;
		}
		lines[i].address += (key->line << PROF_LINE_SHIFT) + lines[i].offset;
	}
	return PROF_EXIT_OK;
}

int prof_map_lines_find(struct prof_map_line *lines, size_t count, bool verbose)
{
	struct watch_pages_bpf *skeleton = watch_pages_bpf__open();
	int err = skeleton ? 0 : -errno, status;

	if (!err) {
		skeleton->rodata->pages_map_id = lines[0].key.map_id;
		err = watch_pages_bpf__load(skeleton);
	}
	if (!err)
		err = prof_pages_fill(skeleton->progs.pages_fill);
	if (!err) {
		status = lines_query(skeleton, lines, count);
	} else {
		prof_error("the map's pages cannot be found: %s%s", strerror(-err),
			   verbose ? "" : " (--verbose shows what the kernel says)");
		status = err == -EPERM ? PROF_EXIT_NOT_PERMITTED : PROF_EXIT_FAILED;
	}
	watch_pages_bpf__destroy(skeleton);
	return status;
}

struct prof_hunt {
	struct prof_session *session;
	uint64_t end_ns;
	uint64_t duration_ns;
};

int prof_hunt_open(uint64_t map_id, uint64_t duration_ns, uint32_t lines, bool verbose,
		   struct prof_hunt **hunt)
{
	const struct prof_settings settings = { .map_id = map_id, .sample = 1, .enabled = 1 };
	const struct prof_session_options options = {
		.map_id = map_id,
		.lines = lines,
		.verbose = verbose,
	};
	struct prof_session *session;
	struct prof_fds fds;
	int status = prof_session_open(&options, &session);

	if (status)
		return status;
	fds = prof_session_fds(session);
	prof_geometries_write(fds.maps);
	prof_session_write(session, &settings);
	*hunt = prof_alloc(1, sizeof(**hunt));
	(*hunt)->session = session;
	(*hunt)->duration_ns = duration_ns;
	(*hunt)->end_ns = prof_tick_now() + duration_ns;
	return PROF_EXIT_OK;
}

size_t prof_hunt_lines(struct prof_hunt *hunt, struct prof_map_line *lines, size_t max)
{
	struct prof_fds fds = prof_session_fds(hunt->session);
	struct prof_profile profile = { 0 };
	size_t count = 0;

	if (prof_tick_now() < hunt->end_ns)
		return 0;
	hunt->end_ns += hunt->duration_ns;
	if (!prof_profile_read_lines(&profile, &fds))
		for (; count < max && count < profile.line_count; count++)
			lines[count] = (struct prof_map_line){
				.key = profile.lines[count].key,
				.length = PROF_LINE_SIZE,
			};
	prof_profile_free(&profile);
	return count;
}

void prof_hunt_close(struct prof_hunt *hunt)
{
	if (!hunt)
		return;
	prof_session_close(hunt->session);
	free(hunt);
}
