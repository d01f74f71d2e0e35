/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * cli.h - what the commands of khmapctl share
 */
#ifndef KHMAP_CLI_CLI_H
#define KHMAP_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include <khmap/compress.h>
#include <khmap/khmap.h>

/**
 * enum cli_exit - What khmapctl's exit status says; stable.
 * @CLI_OK: all was done
 * @CLI_NO: it was done, and the answer is no: no such key, faults found, lines
 *	    skipped
 * @CLI_USAGE: the command line is wrong; nothing was done
 * @CLI_FAILED: the operation failed
 * @CLI_REFUSED: the image is no khmap image, damaged, of a newer format or of
 *		 another schema; or a delta is, or is of another image
 * @CLI_ROLLED_BACK: what was published was not in good health
 * @CLI_OVERDUE: snapshots are held for too long
 * @CLI_INTERRUPTED: by a signal
 */
enum cli_exit {
	CLI_OK = 0,
	CLI_NO = 1,
	CLI_USAGE = 2,
	CLI_FAILED = 3,
	CLI_REFUSED = 4,
	CLI_ROLLED_BACK = 5,
	CLI_OVERDUE = 6,
	CLI_INTERRUPTED = 130,
};

/**
 * struct cli_command - A command.
 * @name: its name
 * @summary: what it does, one line
 * @help: usage, options and examples
 * @run: does it; @argv[0] is the command's name
 */
struct cli_command {
	const char *name;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct cli_command cli_apply;
extern const struct cli_command cli_canary;
extern const struct cli_command cli_clear;
extern const struct cli_command cli_compact;
extern const struct cli_command cli_create;
extern const struct cli_command cli_del;
extern const struct cli_command cli_delta;
extern const struct cli_command cli_destroy;
extern const struct cli_command cli_diff;
extern const struct cli_command cli_digest;
extern const struct cli_command cli_dump;
extern const struct cli_command cli_get;
extern const struct cli_command cli_info;
extern const struct cli_command cli_inspect;
extern const struct cli_command cli_load;
extern const struct cli_command cli_ls;
extern const struct cli_command cli_publish;
extern const struct cli_command cli_put;
extern const struct cli_command cli_reserve;
extern const struct cli_command cli_restore;
extern const struct cli_command cli_rollback;
extern const struct cli_command cli_snapshot;
extern const struct cli_command cli_stat;
extern const struct cli_command cli_unpack;
extern const struct cli_command cli_verify;
extern const struct cli_command cli_versions;
extern const struct cli_command cli_warn_after;

/* The command that is running. */
extern const struct cli_command *cli_current;

/**
 * cli_error() - Say why a command fails: "khmapctl: COMMAND: ...".
 * @code: the exit status
 * @fmt: printf format, one line without its end
 *
 * Return: @code.
 */
int cli_error(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * cli_note() - Say something beside the output: "khmapctl: COMMAND: ...".
 * @fmt: printf format, one line without its end
 */
void cli_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * cli_failed() - Say khmap_reason() for an errno of the library.
 * @err: negative errno
 *
 * Of -EIO, if standard output has failed, nothing is said: main() does.
 *
 * Return: the exit status.
 */
int cli_failed(int err);

/**
 * cli_option() - The next option, with --help and errors taken care of.
 * @argc: of the command
 * @argv: of the command
 * @letters: as for getopt_long(), without "h"
 * @options: as for getopt_long(); an option "help" is not needed
 * @code: receives the exit status if the command is to end
 *
 * Return: the option; -1 behind the last; 0 if the command is to end.
 */
int cli_option(int argc, char **argv, const char *letters, const struct option *options,
	       int *code);

/**
 * cli_usage() - Say that the command line is wrong.
 * @fmt: printf format of what is wrong
 *
 * Return: CLI_USAGE.
 */
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * cli_number() - Read a number from a command line.
 * @text: decimal or 0x hexadecimal; with K, M, G or T behind it times 1024 to that
 *	  power
 * @max: the largest allowed
 * @number: receives it
 *
 * Return: true if it is one.
 */
bool cli_number(const char *text, uint64_t max, uint64_t *number);

#define CLI_UNITS "K, M, G and T behind it multiply by powers of 1024"

/**
 * cli_name() - Check the name of a map, saying why if it can be none.
 * @name: the name
 *
 * Return: CLI_OK or CLI_USAGE.
 */
int cli_name(const char *name);

/**
 * struct cli_map - An open map and its schema.
 * @map: the map
 * @schema: its schema; bytes[N] for both if it has none that can be used
 * @has_schema: it is the map's own
 * @packed: of a compressed file, which was unpacked; else all zero
 */
struct cli_map {
	struct khmap *map;
	struct khmap_schema *schema;
	bool has_schema;
	struct khmap_compressed_stat packed;
};

/**
 * cli_open() - Open a map, saying why if that fails.
 * @name: of the map, or a path
 * @flags: KHMAP_OPEN_*
 * @map: filled, for cli_close()
 *
 * Return: CLI_OK, or the exit status.
 */
int cli_open(const char *name, uint32_t flags, struct cli_map *map);

/**
 * cli_open_packed() - Open a compressed file by its index, if it is one.
 * @name: of a map, or a path
 * @packed: receives the file, for khmap_compressed_close(); or NULL if it is
 *	    something else
 * @map: if so, @schema and @has_schema are filled, for cli_close(); @map is NULL
 *
 * Return: CLI_OK, or the exit status, having said why.
 */
int cli_open_packed(const char *name, struct khmap_compressed **packed, struct cli_map *map);

/**
 * cli_close() - Close a map.
 * @map: opened, or all zero
 */
void cli_close(struct cli_map *map);

/**
 * cli_scan() - Read a key or a value from the command line.
 * @type: its type
 * @name: "key" or "value"
 * @text: the text
 * @record: receives its bytes
 *
 * Return: CLI_OK or CLI_USAGE, having said why.
 */
int cli_scan(const struct khmap_type *type, const char *name, const char *text, void *record);

/**
 * cli_json() - Write JSON to standard output and drop it.
 * @json: the value; its reference is taken; NULL means that memory is short
 * @flags: of jansson, beside those for indentation; JSON_COMPACT for one line
 *
 * Return: CLI_OK or CLI_FAILED.
 */
int cli_json(json_t *json, size_t flags);

/**
 * cli_json_text() - A text as JSON, whatever its bytes are.
 * @text: what is no UTF-8 in it becomes U+FFFD, byte by byte
 *
 * Return: a string, the caller's; NULL without memory.
 */
json_t *cli_json_text(const char *text);

/**
 * cli_json_limit() - A ceiling of entries as JSON.
 * @limit: KHMAP_ENTRIES_MAX if there is none
 *
 * Return: a number, or null if there is none; the caller's.
 */
json_t *cli_json_limit(uint64_t limit);

/**
 * cli_growth() - What a map's growth is doing, in a word.
 * @growth: enum khmap_growth_kind
 *
 * Return: the word.
 */
const char *cli_growth(uint32_t growth);

/**
 * cli_interrupt_catch() - From here on signals do not end the process.
 *
 * SIGINT, SIGTERM and SIGHUP are noted and interrupt system calls; SIGHUP unless
 * it is ignored.
 */
void cli_interrupt_catch(void);

/**
 * cli_interrupted() - Has one of those signals come?
 */
bool cli_interrupted(void);

#endif /* KHMAP_CLI_CLI_H */
