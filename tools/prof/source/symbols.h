/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * symbols.h - names for the addresses of instructions
 */
#ifndef PROF_SYMBOLS_H
#define PROF_SYMBOLS_H

#include "prof.h"

struct prof_symbols;

/**
 * prof_symbols_open() - begin to learn what processes map
 *
 * Called before the recording; without rights only processes that live when
 * names are asked for are known.
 *
 * Return: never NULL.
 */
struct prof_symbols *prof_symbols_open(void);

/**
 * prof_symbols_listen() - take what processes have mapped so far
 * @symbols: of prof_symbols_open()
 *
 * There is room for some seconds of it; called now and then, nothing is lost.  What was
 * lost prof_symbols_close() says.
 */
void prof_symbols_listen(struct prof_symbols *symbols);

/**
 * prof_symbols_name() - the name of an address
 * @symbols: of prof_symbols_open()
 * @tgid: whose address it is; 0 if it is the kernel's
 * @address: of an instruction
 *
 * "function+0x1f [object]", where the object is a module of the kernel or a
 * file without its folders; nothing in brackets in the kernel itself.  Where
 * the function is not known, "0x1234 [object]" with the address that the file
 * has there.  C++ names are as the file has them.
 *
 * Return: for free(); NULL if nothing is known.
 */
char *prof_symbols_name(struct prof_symbols *symbols, uint32_t tgid, uint64_t address);

/**
 * prof_symbols_close() - free all
 * @symbols: or NULL
 */
void prof_symbols_close(struct prof_symbols *symbols);

#endif /* PROF_SYMBOLS_H */
