/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * fuzz.h - programs of calls, and what they are run with
 *
 * A program is a list of calls, and a call is data alone: which operation, on which of the
 * process's descriptors, and a value for each field of its argument.  For what can be known at the
 * time of the call only (a descriptor, an address, the size of a map's key) there is a choice: the
 * number of a slot, or a place and a seed.  So a program can be made from a seed, changed, kept,
 * printed, and run again.
 *
 *	ops.c		every operation, with the fields of its argument
 *	generate.c	programs out of nothing, or out of others
 *	text.c		programs as lines of text, and back
 *	slots.c		the descriptors and mappings that calls refer to
 *	place.c		addresses, good and bad, and what lies there
 *	execute.c	a call is made; execute_file.c, execute_view.c, execute_uring.c,
 *			execute_module.c: those that are no ioctl
 *	kcov.c		what of the module a program reached
 *	corpus.c	programs that reached something new
 *	journal.c	a map whose contents are known, and journal_*.c: what is done to it
 *	worker.c	one process
 *	rounds.c	all of them, and what must hold when they have ended
 *	main.c		options
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <errno.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/khmap.h>

#include "rng.h"

#define FUZZ_FIELDS	20	/* of a call */
#define FUZZ_CALLS	48	/* of a program */
#define FUZZ_FDS	24	/* slots for descriptors */
#define FUZZ_VIEWS	8	/* slots for mappings */
#define FUZZ_NAMES	6	/* names that all processes share */
#define FUZZ_ERRNOS	134	/* of x86 and arm64, which are fewer */
#define FUZZ_WORKERS	17	/* processes, the one with the journal included */
#define FUZZ_FD_FIRST	64	/* lower descriptors are the fuzzer's own */
#define FUZZ_NAME	"fuzz-%u"

/* As a field's value: what is right for the map that the call is on. */
#define FUZZ_RIGHT	(1ull << 63)

/* What a descriptor is of, as far as is known. */
enum fuzz_kind {
	FUZZ_NOTHING,
	FUZZ_CONTROL,
	FUZZ_MAP,
	FUZZ_SNAPSHOT,
	FUZZ_OTHER,
	/* For operations alone. */
	FUZZ_NAMED,	/* a map that has a name, or any map */
	FUZZ_ANY,
};

/* What is written where a field points to. */
enum fuzz_content {
	CONTENT_NOTHING,
	CONTENT_KEYS,
	CONTENT_VALUES,
	CONTENT_NUMBERS,
	CONTENT_NAME,
	CONTENT_SCHEMA,
	CONTENT_OPS,
	CONTENT_IMAGE,
	CONTENT_BATCH,
};

/* What a field holds. */
enum fuzz_field_kind {
	FIELD_PICK,		/* one of @values, or any number */
	FIELD_FLAGS,		/* bits of @mask */
	FIELD_ZERO,		/* must be zero */
	FIELD_OUT,		/* the kernel writes it */
	FIELD_SIZE,		/* of the struct */
	FIELD_KEY_SIZE,
	FIELD_VALUE_SIZE,
	FIELD_NAME_LENGTH,
	FIELD_FD,		/* of a map */
	FIELD_COUNT,		/* of what is pointed to */
	FIELD_POINTER,		/* to @content */
	FIELD_KEY,
	FIELD_SLOT,		/* number of a slot; @mask is how many there are */
};

struct fuzz_field {
	const char *name;
	uint16_t offset;
	uint8_t width;
	uint8_t kind;
	uint8_t content;
	uint64_t mask;
	const uint64_t *values;
	uint32_t count;
};

struct fuzz_thread;
struct fuzz_call;
struct fuzz_op;

/* Returns what the system call returned, or -errno. */
typedef long fuzz_execute(struct fuzz_thread *thread, const struct fuzz_op *op,
			  const struct fuzz_call *call);

/**
 * struct fuzz_op - an operation
 * @name: in a program's text
 * @execute: makes the call
 * @command: of an ioctl, or of io_uring
 * @size: of its struct
 * @out_fd: offset in there of a descriptor that comes back; 0 if none does
 * @on: what it is for; it is also tried on others
 * @weight: how often it is chosen
 * @stores: changes what is in a map, or takes it away
 * @fields: of its struct, or just arguments
 * @count: of @fields
 */
struct fuzz_op {
	const char *name;
	fuzz_execute *execute;
	uint32_t command;
	uint16_t size;
	uint16_t out_fd;
	uint8_t on;
	uint8_t weight;
	bool stores;
	const struct fuzz_field *fields;
	uint32_t count;
};

/* In @on of a call: the next slot, from the number on, that has what the operation is for. */
#define FUZZ_ON_RIGHT	0x8000

struct fuzz_call {
	uint16_t op;
	uint16_t on;
	uint64_t at;	/* where the struct lies, as of place.c */
	uint64_t field[FUZZ_FIELDS];
};

struct fuzz_program {
	_Atomic uint32_t ready;	/* in the corpus: all of it is there */
	uint32_t count;
	struct fuzz_call call[FUZZ_CALLS];
};

/**
 * struct fuzz_slot - a descriptor
 * @fd: or -1
 * @kind: enum fuzz_kind
 * @key_size: of its map
 * @value_size: likewise
 * @map_id: likewise
 * @named: its map was made with a name, or was opened by it
 *
 * Two threads use it without a lock, so that one closes what the other is using.
 */
struct fuzz_slot {
	_Atomic int fd;
	_Atomic uint32_t kind;
	_Atomic uint32_t key_size;
	_Atomic uint32_t value_size;
	_Atomic uint64_t map_id;
	_Atomic bool named;
};

/* A mapping: its address follows from the slot's number. */
struct fuzz_view {
	_Atomic size_t length;
};

struct fuzz_memory;
struct fuzz_rings;
struct fuzz_worker;

/**
 * struct fuzz_thread - who makes calls
 * @worker: its process
 * @memory: its own, see place.c
 * @rings: or NULL if io_uring is not to be had
 * @rng: for choices that are not the program's
 * @jump: back to who expects a fault
 * @jumping: somebody does
 */
struct fuzz_thread {
	struct fuzz_worker *worker;
	struct fuzz_memory *memory;
	struct fuzz_rings *rings;
	struct rng rng;
	sigjmp_buf jump;
	volatile bool jumping;
};

/**
 * struct fuzz_progress - how far a process is
 * @beat: calls that have come back
 * @program: number of the program that it runs
 * @op: operation that it is in
 */
struct fuzz_progress {
	_Atomic uint64_t beat;
	_Atomic uint64_t program;
	_Atomic uint32_t op;
};

/* What all processes share. */
struct fuzz_shared {
	_Atomic bool stop;
	_Atomic uint64_t calls;
	_Atomic uint64_t programs;
	_Atomic uint64_t journal_steps;
	_Atomic uint64_t journal_done;		/* what the journal asked for, and was done */
	_Atomic uint64_t journal_refused;
	_Atomic uint64_t tried[128];
	_Atomic uint64_t done[128];
	_Atomic uint32_t refused[128][FUZZ_ERRNOS];
	struct fuzz_progress worker[FUZZ_WORKERS];
};

/**
 * struct fuzz_options - what main() was told
 * @seed: of everything
 * @programs: of each process in each round; 0: as many as there is time for
 * @rounds: if @programs is given
 * @seconds: for all rounds, else
 * @round_seconds: for one
 * @procs: processes, the one with the journal not counted
 * @module: file to load again after each round, or NULL
 * @log: where programs are written before they are run, or NULL
 * @replay: a file of programs to run, or NULL
 * @life: of the journal, to be lived again alone; 0 for none
 * @patience: seconds that a process may stand still
 * @blind: do not look at what was reached
 * @verbose: tell of each operation
 */
struct fuzz_options {
	uint64_t seed;
	uint64_t programs;
	unsigned int rounds;
	unsigned int seconds;
	unsigned int round_seconds;
	unsigned int procs;
	const char *module;
	const char *log;
	const char *replay;
	uint64_t life;
	unsigned int patience;
	bool blind;
	bool verbose;
};

/**
 * struct fuzz_worker - a process
 * @number: 0 is the first
 * @options: of the run
 * @socket: both ends, which all processes share, to pass descriptors
 * @slots: its descriptors
 * @views: its mappings
 * @first_fd: lower descriptors are no call's to close
 * @log: or -1
 */
struct fuzz_worker {
	unsigned int number;
	const struct fuzz_options *options;
	int socket[2];
	struct fuzz_slot slots[FUZZ_FDS];
	struct fuzz_view views[FUZZ_VIEWS];
	int first_fd;
	int log;
};

extern struct fuzz_shared *fuzz_shared;

/* ops.c */
extern const struct fuzz_op fuzz_ops[];
extern const uint32_t fuzz_op_count;
const struct fuzz_op *fuzz_op_named(const char *name);

/* generate.c */
void fuzz_generate(struct rng *rng, struct fuzz_program *program);
void fuzz_generate_versions(struct rng *rng, struct fuzz_program *program);
void fuzz_generate_module(struct rng *rng, struct fuzz_program *program);
void fuzz_generate_call(struct rng *rng, const struct fuzz_op *op, struct fuzz_call *call);
void fuzz_mutate(struct rng *rng, struct fuzz_program *program, const struct fuzz_program *other);

/* text.c */
void fuzz_print(FILE *to, const struct fuzz_program *program);
int fuzz_parse(FILE *from, struct fuzz_program *program);

/* execute.c */
long fuzz_call_run(struct fuzz_thread *thread, const struct fuzz_call *call);
size_t fuzz_fill_struct(struct fuzz_thread *thread, const struct fuzz_op *op,
			const struct fuzz_call *call, const struct fuzz_slot *slot, void *raw);
fuzz_execute fuzz_execute_ioctl;

#endif /* _FUZZ_H */
