/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * duration.h - how long, as people write it
 */
#ifndef KHMAP_CLI_DURATION_H
#define KHMAP_CLI_DURATION_H

#include <stddef.h>
#include <stdint.h>

/**
 * duration_scan() - Read a duration.
 * @text: "never", or a whole number, 1 or more, with ms, s, m, h or d behind it
 * @ms: receives milliseconds; 0 for never; unchanged on failure
 *
 * Return: NULL; else what is wrong with @text, a part of a sentence.
 */
const char *duration_scan(const char *text, uint64_t *ms);

/**
 * duration_text() - Write a duration with its two largest units.
 * @ms: milliseconds
 * @text: receives it: "850ms", "12s", "3m 20s", "5h 0m", "40d 7h"; rounded down
 * @size: bytes at @text; 32 are enough
 */
void duration_text(uint64_t ms, char *text, size_t size);

#endif /* KHMAP_CLI_DURATION_H */
