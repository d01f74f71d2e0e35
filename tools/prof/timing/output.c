// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * output.c - text, JSON, or both
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "timing/output.h"

void prof_output_option(struct prof_output *output, const char *value)
{
	output->json = true;
	output->file = value && strcmp(value, "-") ? value : NULL;
}

int prof_output_check(const struct prof_output *output)
{
	return output->file ? prof_file_check(output->file) : PROF_EXIT_OK;
}

static int json_write(json_t *json, FILE *out)
{
	errno = 0;
	if (json_dumpf(json, out, JSON_INDENT(1)) || fputc('\n', out) == EOF || fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}

int prof_output_json(const struct prof_output *output, json_t *json)
{
	const char *name = output->file ? output->file : "standard output";
	FILE *out = stdout;
	int err = 0;

	if (!output->json) {
		json_decref(json);
		return PROF_EXIT_OK;
	}
	if (!json)
		err = -ENOMEM;
	if (!err && output->file) {
		out = fopen(output->file, "we");
		if (!out)
			err = -errno;
	}
	if (!err)
		err = json_write(json, out);
	if (out && out != stdout && fclose(out) && !err)
		err = -errno;
	json_decref(json);
	if (!err)
		return PROF_EXIT_OK;
	prof_error("%s: %s", name, strerror(-err));
	return PROF_EXIT_FAILED;
}

int prof_output_done(int err)
{
	errno = 0;
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = errno ? -errno : -EIO;
	if (!err)
		return PROF_EXIT_OK;
	prof_error("the report cannot be printed: %s", strerror(-err));
	return PROF_EXIT_FAILED;
}
