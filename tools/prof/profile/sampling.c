// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * sampling.c - what became of an event's samples
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include "profile/parse.h"
#include "profile/profile.h"
#include "source/kallsyms.h"

#define NAME_MAX	512	/* of a function of the kernel */

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

json_t *prof_sampling_json(const struct prof_sampling *sampling)
{
	const struct prof_samples_counts *counts = &sampling->counts;
	const struct prof_sample_totals *totals = &counts->totals;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o, s:o}, s:o, s:o}",
			 "period", number(counts->period), "events", number(counts->events),
			 "seen", number(totals->seen), "lost", number(counts->lost),
			 "throttled", number(counts->throttled), "left_out",
			 "hits", number(totals->hits), "others", number(totals->others),
			 "no_address", number(totals->no_address),
			 "outside", number(totals->outside), "busy", number(totals->busy),
			 "taken", number(totals->taken),
			 "dropped", number(totals->functions_dropped + counts->pages_dropped));
}

/* The name of the function at an address; "?" if it is not known. */
static const char *function_name(struct prof_profile *profile,
				 const struct prof_kallsyms *kallsyms, uint64_t address)
{
	const struct prof_kernel_function *function = prof_kallsyms_find(kallsyms, address);

	return function ? prof_profile_text(profile, function->name) : "?";
}

void prof_sampling_name(struct prof_profile *profile, const struct prof_function_row *rows,
			size_t count)
{
	struct prof_function *functions = prof_alloc(count, sizeof(*functions));
	struct prof_kallsyms kallsyms = { 0 };
	size_t i;

	if (count)
		prof_kallsyms_read(&kallsyms);
	for (i = 0; i < count; i++)
		functions[i] = (struct prof_function){
			.address = rows[i].key.address,
			.samples = rows[i].count,
			.name = function_name(profile, &kallsyms, rows[i].key.address),
			.operation = function_name(profile, &kallsyms, rows[i].key.operation),
		};
	prof_kallsyms_free(&kallsyms);
	profile->sampling->functions = functions;
	profile->sampling->function_count = count;
}

static void parse_counts(struct prof_samples_counts *counts, const struct prof_node *samples)
{
	struct prof_node left_out = prof_parse_object(samples, "left_out");
	struct prof_sample_totals *totals = &counts->totals;

	counts->period = prof_parse_count(samples, "period");
	counts->events = prof_parse_count(samples, "events");
	counts->lost = prof_parse_count(samples, "lost");
	counts->throttled = prof_parse_count(samples, "throttled");
	totals->seen = prof_parse_count(samples, "seen");
	totals->taken = prof_parse_count(samples, "taken");
	totals->functions_dropped = prof_parse_count(samples, "dropped");
	totals->hits = prof_parse_count(&left_out, "hits");
	totals->others = prof_parse_count(&left_out, "others");
	totals->no_address = prof_parse_count(&left_out, "no_address");
	totals->outside = prof_parse_count(&left_out, "outside");
	totals->busy = prof_parse_count(&left_out, "busy");
}

void prof_sampling_parse(struct prof_profile *profile, const struct prof_node *whole)
{
	struct prof_node source = prof_parse_object(whole, "source"), samples, array, element;
	struct prof_sampling *sampling;
	size_t i;

	if (!prof_parse_has(&source, "samples"))
		return;
	sampling = prof_alloc(1, sizeof(*sampling));
	profile->sampling = sampling;
	samples = prof_parse_object(&source, "samples");
	parse_counts(&sampling->counts, &samples);
	array = prof_parse_array(whole, "functions", &sampling->function_count);
	sampling->functions = prof_alloc(sampling->function_count, sizeof(*sampling->functions));
	for (i = 0; i < sampling->function_count; i++) {
		struct prof_function *function = &sampling->functions[i];

		element = prof_parse_element(&array, i);
		function->address = prof_parse_bits(&element, "address", false);
		function->samples = prof_parse_count(&element, "samples");
		function->name = prof_parse_text(&element, "function", NAME_MAX);
		function->operation = prof_parse_text(&element, "operation", NAME_MAX);
	}
}

json_t *prof_sampling_functions(const struct prof_sampling *sampling)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < sampling->function_count; i++) {
		const struct prof_function *function = &sampling->functions[i];
		char address[24];

		snprintf(address, sizeof(address), "0x%016" PRIx64, function->address);
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:o}", "address", address,
						       "function", function->name, "operation",
						       function->operation, "samples",
						       number(function->samples)));
	}
	return array;
}

static int row_fill(struct libscols_table *table, const struct prof_function *function)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, function->samples);
	if (!row || scols_line_set_data(row, 0, text) ||
	    scols_line_set_data(row, 1, function->name) ||
	    scols_line_set_data(row, 2, function->operation))
		return -ENOMEM;
	snprintf(text, sizeof(text), "0x%" PRIx64, function->address);
	return scols_line_set_data(row, 3, text) ? -ENOMEM : 0;
}

static int table_fill(struct libscols_table *table, const struct prof_sampling *sampling,
		      size_t top, FILE *out)
{
	int err = 0;
	size_t i;

	if (scols_table_set_stream(table, out) ||
	    !scols_table_new_column(table, "SAMPLES", 0, SCOLS_FL_RIGHT) ||
	    !scols_table_new_column(table, "FUNCTION", 0, 0) ||
	    !scols_table_new_column(table, "OPERATION", 0, 0) ||
	    !scols_table_new_column(table, "ADDRESS", 0, 0))
		return -ENOMEM;
	for (i = 0; !err && i < sampling->function_count && i < top; i++)
		err = row_fill(table, &sampling->functions[i]);
	if (!err && scols_print_table(table))
		err = -ENOMEM;
	return err;
}

void prof_sampling_counts_print(const struct prof_sampling *sampling, FILE *out)
{
	const struct prof_samples_counts *counts = &sampling->counts;
	const struct prof_sample_totals *totals = &counts->totals;

	fprintf(out, "%" PRIu64 " counted, one in %" PRIu64 " sampled: %" PRIu64
		" samples, %" PRIu64 " taken.\n",
		counts->events, counts->period, (uint64_t)totals->seen, (uint64_t)totals->taken);
	fprintf(out, "Left out: %" PRIu64 " stores that hit, %" PRIu64 " of other instructions, %"
		PRIu64 " without an address, %" PRIu64 " outside of the maps, %" PRIu64
		" of processes that changed their mappings.\n",
		(uint64_t)totals->hits, (uint64_t)totals->others, (uint64_t)totals->no_address,
		(uint64_t)totals->outside, (uint64_t)totals->busy);
	fprintf(out, "Lost: %" PRIu64 "; stopped by the kernel for taking too long: %" PRIu64
		" times.\n", counts->lost, counts->throttled);
	if (totals->functions_dropped || counts->pages_dropped)
		fprintf(out, "No room for %" PRIu64 " samples and %" PRIu64 " pages.\n",
			(uint64_t)totals->functions_dropped, counts->pages_dropped);
}

int prof_sampling_print(const struct prof_sampling *sampling, bool has_address, size_t top,
			FILE *out)
{
	struct libscols_table *table;
	int err;

	if (!has_address && sampling->function_count) {
		table = scols_new_table();
		if (!table)
			return -ENOMEM;
		err = table_fill(table, sampling, top, out);
		scols_unref_table(table);
		if (err)
			return err;
		fprintf(out, "\n");
	}
	prof_sampling_counts_print(sampling, out);
	return 0;
}
