// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * profiles.c - the kept profiles, and what tests do with them
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include "profile/read.h"
#include "profiles.h"

char *file_text(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t got = 0, room = 0;

	if (!file)
		err(1, "%s", path);
	if (getdelim(&text, &room, '\0', file) < 0)
		got = 0;
	else
		got = strlen(text);
	if (!text || ferror(file))
		errx(1, "%s: cannot be read", path);
	if (!got)
		text[0] = '\0';
	fclose(file);
	if (size)
		*size = got;
	return text;
}

int profile_parse(const char *text, struct prof_profile *profile, char *mistake)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int error;

	if (!in)
		err(1, "a text");
	memset(profile, 0, sizeof(*profile));
	error = prof_json_read(in, profile, mistake);
	fclose(in);
	return error;
}

void profile_load(const char *name, struct prof_profile *profile)
{
	char path[128], mistake[PROF_MISTAKE_ROOM], *text;

	snprintf(path, sizeof(path), PROFILES "%s.json", name);
	text = file_text(path, NULL);
	if (profile_parse(text, profile, mistake))
		errx(1, "%s: %s", path, mistake);
	free(text);
}

char *text_replace(const char *text, const char *part, const char *by)
{
	const char *at = strstr(text, part);
	char *made;

	if (!at)
		errx(1, "\"%s\" is not there", part);
	if (asprintf(&made, "%.*s%s%s", (int)(at - text), text, by, at + strlen(part)) < 0)
		err(1, "a text");
	return made;
}
