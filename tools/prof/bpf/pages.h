/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * pages.h - the pages of maps: what BPF programs and their readers share
 *
 * Included behind the types of the kernel (vmlinux.h) or of user space.
 */
#ifndef PROF_PAGES_H
#define PROF_PAGES_H

#define PROF_PAGES_DEFAULT	(1u << 18)
#define PROF_PAGE_MAPS_MAX	1024

/**
 * struct prof_page - where a page is in its map, by its address in "pages"
 * @map_id: of the map
 * @region: PROF_REGION_HEADER, _PRIMARY or _OVERFLOW
 * @page: within the region
 */
struct prof_page {
	__u64 map_id;
	__u32 region;
	__u32 page;
};

/**
 * struct prof_page_map - a map whose pages are known, by map_id in "page_maps"
 * @table: address of its struct khmap_table
 * @primary: primary pages that were looked at
 * @overflow: overflow pages that were looked at
 */
struct prof_page_map {
	__u64 table;
	__u32 primary;
	__u32 overflow;
};

/**
 * struct prof_page_totals - the only element of the map "page_totals"
 * @pages: that were entered into "pages"
 * @pages_dropped: that "pages" had no room for
 * @maps_dropped: maps that "page_maps" had no room for
 */
struct prof_page_totals {
	__u64 pages;
	__u64 pages_dropped;
	__u64 maps_dropped;
};

/**
 * struct prof_page_query - what pages_query is asked
 * @page: the page
 * @address: the answer: where the kernel has it; 0 if nowhere
 */
struct prof_page_query {
	struct prof_page page;
	__u64 address;
};

#endif /* PROF_PAGES_H */
