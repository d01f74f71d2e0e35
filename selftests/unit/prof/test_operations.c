// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * test_operations.c - what is said of operations that were not all counted
 */
#include <stdlib.h>
#include "timing/operations.h"
#include "../tap.h"

static int fds[1] = { -1 };

static struct prof_counter counter(const char *name, uint64_t total, double share)
{
	return (struct prof_counter){
		.name = name,
		.fds = fds,
		.total_fd = 0,
		.total = total,
		.share = share,
	};
}

static char *text_of(const struct prof_operations *operations)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (prof_operations_print(operations, out))
		fputs("no memory\n", out);
	fclose(out);
	return text;
}

static void has(const char *text, const char *part, bool wanted)
{
	if (!ok(!!strstr(text, part) == wanted, "%s: %s", wanted ? "it says" : "it does not say",
		part))
		fprintf(stderr, "%s\n", text);
}

static void all_counted(struct prof_operations *operations)
{
	char *text;

	operations->counters = (struct prof_counters){
		.counters = { counter("cycles", 300, 1), counter("instructions", 100, 1) },
		.count = 2,
		.cpus = 1,
	};
	text = text_of(operations);
	has(text, "cycles: 300 of the whole command.", true);
	has(text, "CPI: 3.00 of the whole command.", true);
	has(text, "Counters are those of", false);
	has(text, "stores that were to be modelled", false);
	free(text);
}

static void counted_in_turns(struct prof_operations *operations)
{
	json_t *json, *event;
	char *text;

	operations->rows[0].row.counted = 4;
	operations->counters.counters[0] = counter("cycles", 300, 0.625);
	operations->counters.counters[1] = counter("instructions", 0, 0);
	text = text_of(operations);
	has(text, "cycles: about 300 of the whole command: counted for 62 % of its time, and scaled.",
	    true);
	has(text, "instructions: not counted for the whole command", true);
	has(text, "instructions: 0", false);
	has(text, "CPI: ", false);
	has(text, "Counters are those of 4 of 10 operations", true);
	free(text);

	json = prof_operations_json(operations);
	event = json_array_get(json_object_get(json, "events"), 0);
	is_u64((uint64_t)json_integer_value(json_object_get(event, "command")), 300,
	       "so does the JSON");
	ok(json_real_value(json_object_get(event, "command_share")) == 0.625, "the share, too");
	event = json_array_get(json_object_get(json, "events"), 1);
	ok(json_is_null(json_object_get(event, "command")), "what is not known is no number");
	json_decref(json);
}

static void not_all_modelled(struct prof_operations *operations)
{
	struct prof_map_transfers transfers = { .map_id = 7, .as_true = 2, .as_false = 3 };
	json_t *json, *dropped;
	char *text;

	operations->transfers = &transfers;
	operations->transfer_count = 1;
	operations->transfers_dropped = 12;
	text = text_of(operations);
	has(text, "#7: 5 modelled transfers", true);
	has(text, "stores that were to be modelled 12.", true);
	has(text, "transfers are too few", false);
	free(text);
	operations->transfers_partial = 4;
	text = text_of(operations);
	has(text, "Of 4 operations the model knows the slot only", true);
	free(text);

	json = prof_operations_json(operations);
	dropped = json_object_get(json, "dropped");
	is_u64((uint64_t)json_integer_value(json_object_get(dropped, "modelled_stores")), 12,
	       "so does the JSON");
	is_u64((uint64_t)json_integer_value(json_object_get(json, "modelled_partly")), 4,
	       "that, too");
	json_decref(json);
}

int main(void)
{
	struct prof_operation_row row = {
		.key = { .map_id = 7, .kind = PROF_OP_PUT },
		.row = { .count = 10, .ns = 1000, .longest_ns = 200, .counted = 10 },
	};
	struct prof_operations operations = {
		.rows = &row,
		.row_count = 1,
		.duration_ns = 1000000,
		.transfers_why = "as stores that miss are counted",
	};

	all_counted(&operations);
	counted_in_turns(&operations);
	not_all_modelled(&operations);
	return done();
}
