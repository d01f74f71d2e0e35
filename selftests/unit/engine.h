/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * engine.h - a table, its account and a reader, for tests
 *
 * Keys and values are made from numbers, so that a test's model of a map is an
 * array of versions and needs no bytes.
 */
#ifndef KHMAP_TEST_ENGINE_H
#define KHMAP_TEST_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include <khmap/reader.h>

#include "../../kmod/core/read.h"
#include "../../kmod/core/table.h"
#include "../../user/engine/copy.h"
#include "../../user/engine/memory.h"

#define TEST_RECORD_MAX	4096

/**
 * struct rng - a small random generator, splitmix64 (Steele, Lea, Flood, 2014)
 * @state: the seed
 */
struct rng {
	u64 state;
};

/**
 * rng_next() - 64 random bits
 * @rng: the generator
 */
u64 rng_next(struct rng *rng);

/**
 * rng_below() - a random number
 * @rng: the generator
 * @limit: 1 or more
 *
 * Return: 0..@limit - 1.
 */
u64 rng_below(struct rng *rng, u64 limit);

/**
 * test_seed() - the seed of this run
 *
 * KHMAP_SEED of the environment, or the time; says which it is.
 */
u64 test_seed(void);

/**
 * struct engine - a map under test
 * @account: its memory
 * @table: the map
 * @header: what the reader was made from
 * @reader: of the live image
 */
struct engine {
	struct khmap_account *account;
	struct khmap_table *table;
	struct khmap_image_header header;
	struct khmap_reader reader;
};

/**
 * params_make() - parameters of an ordinary map
 * @key_size: bytes
 * @value_size: bytes
 * @expected: entries
 *
 * Aligned, multiply-and-fold, load .75, two stripes, a fixed secret.
 */
struct khmap_table_params params_make(u32 key_size, u32 value_size, u64 expected);

/**
 * engine_open() - make a map that has room for what is expected; exits if that fails
 * @engine: filled; holds its reader, so must not be copied
 * @params: of the map
 */
void engine_open(struct engine *engine, const struct khmap_table_params *params);

/**
 * engine_close() - end a map; exits if memory has leaked
 * @engine: of engine_open()
 */
void engine_close(struct engine *engine);

/**
 * table_clear() - remove every key
 * @table: the map
 *
 * Return: keys that were removed.
 */
u64 table_clear(struct khmap_table *table);

/**
 * table_retire() - let no store to a map succeed any more
 * @table: the map
 */
void table_retire(struct khmap_table *table);

/**
 * table_revive() - undo table_retire()
 * @table: the map
 */
void table_revive(struct khmap_table *table);

/**
 * engine_sum() - a hash of all pages, but for counts and successor in the header
 * @engine: the map
 *
 * Sequences are part of it: an operation that failed must not have made a
 * reader retry.
 */
u64 engine_sum(struct engine *engine);

/**
 * key_make() - the key of a number
 * @key: @size bytes
 * @size: bytes
 * @id: differs from others in the low 8 * @size bits
 */
void key_make(void *key, u32 size, u64 id);

/**
 * key_number() - the number of a key that key_make() made
 * @key: @size bytes
 * @size: bytes
 *
 * Return: its low 8 * @size bits, 64 at most.
 */
u64 key_number(const void *key, u32 size);

/**
 * value_make() - a version of a number's value
 * @value: @size bytes
 * @size: bytes
 * @id: the number
 * @version: any
 */
void value_make(void *value, u32 size, u64 id, u32 version);

#endif /* KHMAP_TEST_ENGINE_H */
