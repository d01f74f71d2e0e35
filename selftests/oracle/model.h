/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * model.h - cache lines as seen from outside the machine
 *
 * A line belongs to the processor that stored into it last.  When another one
 * stores into it, that is a store transfer: true sharing if it stores a byte that the
 * line's last owner had stored since it became that, false sharing otherwise.
 * A load is a load transfer when its processor is not the owner and has not
 * loaded from the line since the last store: true if it loads a byte that the
 * owner has stored since it became that.
 * A transfer to a processor that has touched the line before is a return.
 */
#ifndef ORACLE_MODEL_H
#define ORACLE_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define LINE_SIZE	64
#define PAGE_SIZE	4096
#define PAGE_LINES	(PAGE_SIZE / LINE_SIZE)
#define PAGES_MAX	8
#define CPUS_MAX	8

/*
 * Ways for a model to be wrong, one at a time: each must be found out by a
 * comparison, or that comparison shows nothing.
 */
enum mistake {
	MISTAKE_NONE,
	MISTAKE_OWNER,		/* bytes are not forgotten with a new owner */
	MISTAKE_OVERLAP,	/* every transfer is true sharing */
	MISTAKE_WIDTH,		/* of an access only the first byte counts */
	MISTAKE_ACROSS,		/* of an access only the first line counts */
	MISTAKE_SAMPLE,		/* every operation counts */
	MISTAKE_RELOAD,		/* a load counts after another, too */
	MISTAKE_RETURN,		/* every transfer is a return */
	MISTAKES,
};

extern const char *const mistake_name[MISTAKES];

struct sharing {
	uint64_t as_true;
	uint64_t as_false;
};

struct line_cpu {
	uint64_t stores;
	uint64_t stored;		/* a bit for each byte */
	uint64_t loads;
	uint64_t loaded;
	struct sharing store_transfers;	/* to this processor */
	struct sharing load_transfers;
};

struct line {
	int owner;		/* -1: nobody has stored */
	uint64_t owner_stored;
	uint32_t loaders;	/* processors, since the last store */
	uint64_t returns;
	struct line_cpu cpus[CPUS_MAX];
};

/* What is counted, see doorbell.h. */
struct rules {
	bool loads;
	bool operations;
	unsigned int every;
};

/* What an operation has touched so far. */
struct operation {
	bool begun;
	bool counts;
	uint64_t begun_count;
	uint64_t stored[PAGES_MAX][PAGE_LINES];
	uint64_t loaded[PAGES_MAX][PAGE_LINES];
};

/**
 * struct model - the lines of a case
 * @mistake: what it does wrong
 * @rules: of the case
 * @lines: by page, in the order in which they were named, and place
 * @operations: by processor
 */
struct model {
	enum mistake mistake;
	struct rules rules;
	struct line lines[PAGES_MAX][PAGE_LINES];
	struct operation operations[CPUS_MAX];
};

/* An access that does not leave its page. */
struct access {
	unsigned int page;
	unsigned int offset;
	unsigned int size;
	bool store;
};

void model_reset(struct model *model, enum mistake mistake, const struct rules *rules);
void model_access(struct model *model, unsigned int cpu, const struct access *access);
void model_begin(struct model *model, unsigned int cpu);
void model_end(struct model *model, unsigned int cpu);

/* The lines that were touched, as a JSON array. */
void model_print(const struct model *model, const char *const *labels,
		 FILE *out);

#endif /* ORACLE_MODEL_H */
