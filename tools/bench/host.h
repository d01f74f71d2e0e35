/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * host.h - on what, and of what, the figures were made
 */
#ifndef KHMAP_BENCH_HOST_H
#define KHMAP_BENCH_HOST_H

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * host_describe() - the machine, for the benchmark's file
 * @revision: of the sources
 * @flags: of the compiler
 * @versions: of what takes part, text by name; taken over
 *
 * Return: object.
 */
json_t *host_describe(const char *revision, const char *flags, json_t *versions);

/**
 * host_load() - the load averages of the last 1, 5 and 15 minutes
 *
 * Return: array; null if the system has none.
 */
json_t *host_load(void);

/**
 * host_write() - write a file of figures
 * @root: all of it
 * @path: the file
 *
 * Return: 0; -1 it cannot be written, which has been said.
 */
int host_write(const json_t *root, const char *path);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_BENCH_HOST_H */
