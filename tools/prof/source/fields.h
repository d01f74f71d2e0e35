/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * fields.h - the members of a variable, from a file's type information (BTF)
 */
#ifndef PROF_FIELDS_H
#define PROF_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prof_fields;

/**
 * prof_fields_open() - the type of a variable
 * @path: of a file that was built with -gbtf
 * @variable: its name
 *
 * Return: NULL if the file does not tell.
 */
struct prof_fields *prof_fields_open(const char *path, const char *variable);

/**
 * prof_fields_name() - what lies at an offset of a variable
 * @fields: of prof_fields_open()
 * @offset: in bytes
 * @text: filled on success: like "[3].count" or ".lock"; empty in one without
 *	members
 * @size: of @text
 *
 * Return: whether it is in the variable.
 */
bool prof_fields_name(const struct prof_fields *fields, uint64_t offset, char *text, size_t size);

/**
 * prof_fields_close() - free it
 * @fields: or NULL
 */
void prof_fields_close(struct prof_fields *fields);

#endif /* PROF_FIELDS_H */
