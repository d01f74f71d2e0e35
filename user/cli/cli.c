// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * cli.c - what the commands of khmapctl share
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "map.h"
#include "packed.h"
#include "schema.h"

#define CLI_OPTIONS_MAX 24

const struct cli_command *cli_current;

static void __attribute__((format(printf, 1, 0))) cli_vsay(const char *fmt, va_list args)
{
	fflush(stdout);
	if (cli_current)
		fprintf(stderr, "khmapctl: %s: ", cli_current->name);
	else
		fprintf(stderr, "khmapctl: ");
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

int cli_error(int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cli_vsay(fmt, args);
	va_end(args);
	return code;
}

void cli_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cli_vsay(fmt, args);
	va_end(args);
}

int cli_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cli_vsay(fmt, args);
	va_end(args);
	fprintf(stderr, "Try \"khmapctl %s%s--help\".\n", cli_current ? cli_current->name : "",
		cli_current ? " " : "");
	return CLI_USAGE;
}

int cli_failed(int err)
{
	/* That standard output cannot be written is told once, at the end, with the reason. */
	if (err == -EIO && ferror(stdout))
		return CLI_FAILED;
	cli_note("%s", *khmap_reason() ? khmap_reason() : strerror(-err));
	switch (err) {
	case -EPROTONOSUPPORT:
	case -EUCLEAN:
	case -EBADMSG:
	case -EPROTOTYPE:
	case -ESTALE:
		return CLI_REFUSED;
	case -ECANCELED:
		return CLI_INTERRUPTED;
	default:
		return CLI_FAILED;
	}
}

int cli_option(int argc, char **argv, const char *letters, const struct option *options,
	       int *code)
{
	static char program[32];
	static const struct option help = { "help", no_argument, NULL, 'h' };
	struct option all[CLI_OPTIONS_MAX + 2] = { help };
	char with_help[2 * CLI_OPTIONS_MAX + 4];
	int option, i;

	for (i = 0; i < CLI_OPTIONS_MAX && options && options[i].name; i++)
		all[i + 1] = options[i];
	snprintf(with_help, sizeof(with_help), "h%s", letters);
	/* getopt_long() puts it in front of its own errors. */
	snprintf(program, sizeof(program), "khmapctl: %s", cli_current->name);
	argv[0] = program;
	option = getopt_long(argc, argv, with_help, all, NULL);
	if (option == 'h') {
		fputs(cli_current->help, stdout);
		*code = CLI_OK;
		return 0;
	}
	if (option == '?') {
		fprintf(stderr, "Try \"khmapctl %s --help\".\n", cli_current->name);
		*code = CLI_USAGE;
		return 0;
	}
	return option;
}

bool cli_number(const char *text, uint64_t max, uint64_t *number)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	const char *unit;
	char *end;

	/* strtoull() would take a sign. */
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, strncasecmp(text, "0x", 2) ? 10 : 16);
	if (errno)
		return false;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return false;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (*number > UINT64_MAX >> shift)
		return false;
	*number <<= shift;
	return *number <= max;
}

/* Both records as bytes, for a map whose schema says nothing. */
static int cli_schema_bytes(const struct khmap_geometry *g, struct cli_map *map)
{
	char key[24], value[24];

	snprintf(key, sizeof(key), "bytes[%u]", g->key_size);
	snprintf(value, sizeof(value), "bytes[%u]", g->value_size);
	return khmap_schema_make(key, value, &map->schema);
}

/* A map whose schema was had, or @err. */
static int cli_schema(struct cli_map *map, int err, const struct khmap_geometry *g)
{
	map->has_schema = !err;
	if (err && err != -ENODATA)
		cli_note("%s; its records are shown as bytes", khmap_reason());
	if (err && cli_schema_bytes(g, map)) {
		cli_close(map);
		return cli_error(CLI_FAILED, "%s", khmap_reason());
	}
	return CLI_OK;
}

int cli_name(const char *name)
{
	return khmap_name_check(name) ? cli_usage("%s", khmap_reason()) : CLI_OK;
}

int cli_open(const char *name, uint32_t flags, struct cli_map *map)
{
	const struct khmap_open_options options = { .size = sizeof(options), .flags = flags };
	int err;

	if (!strpbrk(name, "/.") && cli_name(name))
		return CLI_USAGE;
	err = packed_map(name, &options, &map->map, &map->packed);
	if (err) {
		/* A file that is something else is refused as a damaged one is. */
		cli_failed(err);
		return err == -EINVAL || err == -EUCLEAN || err == -EBADMSG ||
		       err == -EPROTONOSUPPORT || err == -EPROTOTYPE ? CLI_REFUSED : CLI_FAILED;
	}
	err = khmap_schema_get(map->map, &map->schema);
	return cli_schema(map, err, &khmap_header(map->map)->geometry);
}

int cli_open_packed(const char *name, struct khmap_compressed **packed, struct cli_map *map)
{
	int err = packed_open(name, packed);

	if (err)
		return cli_failed(err);
	if (!*packed)
		return CLI_OK;
	err = khmap_compressed_schema(*packed, &map->schema);
	return cli_schema(map, err, &khmap_compressed_header(*packed)->geometry);
}

void cli_close(struct cli_map *map)
{
	khmap_schema_free(map->schema);
	khmap_close(map->map);
	map->schema = NULL;
	map->map = NULL;
}

int cli_scan(const struct khmap_type *type, const char *name, const char *text, void *record)
{
	if (!khmap_value_scan_as(type, KHMAP_NOTATION_TEXT, name, text, strlen(text), record,
				 NULL))
		return CLI_OK;
	return cli_error(CLI_USAGE, "%s", khmap_reason());
}

int cli_json(json_t *json, size_t flags)
{
	int failed;

	if (!json)
		return cli_error(CLI_FAILED, "no memory for JSON");
	failed = json_dumpf(json, stdout, flags & JSON_COMPACT ? flags : flags | JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
	return failed ? cli_error(CLI_FAILED, "standard output: %s", strerror(errno)) : CLI_OK;
}

json_t *cli_json_text(const char *text)
{
	static const char unknown[] = "\xef\xbf\xbd";
	size_t left = strlen(text), size, length = 0;
	char *clean = malloc(left * (sizeof(unknown) - 1) + 1);
	json_t *json;

	if (!clean)
		return NULL;
	for (; left; text += size, left -= size) {
		size = 1;
		while (size < 4 && size < left && !khmap_utf8_is_valid(text, size))
			size++;
		if (khmap_utf8_is_valid(text, size)) {
			memcpy(clean + length, text, size);
			length += size;
		} else {
			memcpy(clean + length, unknown, sizeof(unknown) - 1);
			length += sizeof(unknown) - 1;
			size = 1;
		}
	}
	json = json_stringn(clean, length);
	free(clean);
	return json;
}

static volatile sig_atomic_t cli_signal;

static void cli_signal_note(int number)
{
	cli_signal = number;
}

void cli_interrupt_catch(void)
{
	/* Without SA_RESTART: a read that waits must end. */
	struct sigaction action = { .sa_handler = cli_signal_note };

	struct sigaction before;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* As nohup(1) has it. */
	if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

bool cli_interrupted(void)
{
	return cli_signal;
}

json_t *cli_json_limit(uint64_t limit)
{
	return limit == KHMAP_ENTRIES_MAX ? json_null() : json_integer((json_int_t)limit);
}

const char *cli_growth(uint32_t growth)
{
	static const char *const words[] = {
		[KHMAP_GROWTH_IDLE] = "idle",
		[KHMAP_GROWTH_BEHIND] = "behind",
		[KHMAP_GROWTH_REFUSED] = "refused memory",
		[KHMAP_GROWTH_FULL] = "at its ceiling",
	};

	return growth < sizeof(words) / sizeof(*words) ? words[growth] : "unknown";
}
