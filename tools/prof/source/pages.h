/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * pages.h - the pages of maps, by their addresses
 *
 * For programs that include bpf/pages.bpf.h: "pages" then knows, by address,
 * the pages of all maps that are wanted, or of pages_map_id only if that is set
 * before they are loaded, and pages_find() finds one.
 */
#ifndef PROF_SOURCE_PAGES_H
#define PROF_SOURCE_PAGES_H

#include <bpf/libbpf.h>
#include "prof.h"
#include "bpf/pages.h"

/**
 * prof_pages_fill() - enter the pages of the maps that exist
 * @fill: the program pages_fill, loaded
 *
 * Called when the tracepoints of bpf/pages.bpf.h are attached, so that no map
 * is missed.  May be called again: it then enters what is new.  A map without a
 * name that no process has open, only mapped, is left out.
 *
 * Return: 0 or -errno.
 */
int prof_pages_fill(const struct bpf_program *fill);

/**
 * prof_pages_address() - where the kernel has a page
 * @query: the program pages_query, loaded
 * @page: of a map that prof_pages_fill() or a tracepoint entered
 * @address: filled on success
 *
 * It stays there until the map is destroyed.
 *
 * Return: 0; -ENOENT there is no such page; another -errno.
 */
int prof_pages_address(const struct bpf_program *query, const struct prof_page *page,
		       uint64_t *address);

/**
 * prof_pages_totals() - what was entered, and what there was no room for
 * @page_totals_fd: the map "page_totals"
 * @totals: filled on success
 *
 * Return: 0 or -errno.
 */
int prof_pages_totals(int page_totals_fd, struct prof_page_totals *totals);

#endif /* PROF_SOURCE_PAGES_H */
