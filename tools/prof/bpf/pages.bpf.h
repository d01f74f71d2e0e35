/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pages.bpf.h - from an address to a page of a map, and back
 *
 * The kernel stores into a map through its own addresses of the map's pages.
 * Those of maps that exist are entered by pages_fill, which looks at all open
 * files; tracepoints keep them up to date as maps come and grow.  A map that is
 * gone is forgotten as a whole, so that what its pages are used for later is
 * not taken for it.
 *
 * Readers have addresses of their own, which pages_find_user() tells from the
 * mapping that they lie in.
 *
 * A page never moves while its map lives, see kmod/core/extents.h.
 */
#ifndef PROF_PAGES_BPF_H
#define PROF_PAGES_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "model.h"
#include "pages.h"

#define PAGES_ANY		0
#define PAGES_NOEXIST		1
#define PAGES_NO_PREALLOC	1

/* kmod/core/extents.h */
#define PAGES_LEAF_SHIFT	9
#define PAGES_BRANCH_SHIFT	8
#define PAGES_ROOT_SHIFT	(PAGES_LEAF_SHIFT + PAGES_BRANCH_SHIFT)

#define PAGES_AT_EVENT		4096	/* that a tracepoint looks at */
#define PAGES_AT_FILL		(1u << 22)

/* What is used of the module's types; libbpf finds the offsets in its BTF. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct khmap_geometry___pages {
	u32 page_shift;
};

struct khmap_leaf___pages {
	void *entry[1];
};

struct khmap_branch___pages {
	void *leaf[1];
};

struct khmap_extents___pages {
	void *branch[1];
	u32 max;
};

struct khmap_growth___pages {
	u32 ready;
};

struct khmap_image_header___pages {
	u64 primary_offset;
	u64 overflow_offset;
};

struct khmap_table___pages {
	struct khmap_geometry___pages geometry;
	struct khmap_image_header___pages *header;
	struct khmap_extents___pages primary;
	struct khmap_extents___pages overflow;
	struct khmap_growth___pages growth;
	u32 overflow_next;
};

struct khmap_object___pages {
	u64 id;
};

struct khmap_map___pages {
	struct khmap_object___pages object;
	struct khmap_table___pages *table;
};

#pragma clang attribute pop

/* Of the module: a file with these operations is a map. */
extern const void khmap_map_fops __ksym;

/* The only map whose pages are wanted; 0 for all. */
const volatile __u64 pages_map_id;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_PAGES_DEFAULT);
	__uint(map_flags, PAGES_NO_PREALLOC);
	__type(key, u64);
	__type(value, struct prof_page);
} pages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROF_PAGE_MAPS_MAX);
	__type(key, u64);
	__type(value, struct prof_page_map);
} page_maps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct prof_page_totals);
} page_totals SEC(".maps");

/* The pointer at an address of the kernel; 0 if there is none. */
static __always_inline u64 pages_pointer(u64 address)
{
	u64 pointer = 0;

	if (bpf_probe_read_kernel(&pointer, sizeof(pointer), (void *)address))
		return 0;
	return pointer;
}

/* The entry of an index in a tree of extents; 0 if there is none. */
static __always_inline u64 pages_extent(u64 extents, u32 index)
{
	u32 max = 0;
	u64 node;

	bpf_probe_read_kernel(&max, sizeof(max),
			      (void *)(extents +
				       bpf_core_field_offset(struct khmap_extents___pages, max)));
	if (index >= max)
		return 0;
	node = pages_pointer(extents +
			     bpf_core_field_offset(struct khmap_extents___pages, branch) +
			     (index >> PAGES_ROOT_SHIFT) * sizeof(u64));
	if (!node)
		return 0;
	index &= (1u << PAGES_ROOT_SHIFT) - 1;
	node = pages_pointer(node + bpf_core_field_offset(struct khmap_branch___pages, leaf) +
			     (index >> PAGES_LEAF_SHIFT) * sizeof(u64));
	if (!node)
		return 0;
	index &= (1u << PAGES_LEAF_SHIFT) - 1;
	return pages_pointer(node + bpf_core_field_offset(struct khmap_leaf___pages, entry) +
			     index * sizeof(u64));
}

/* Where the kernel has a page; 0 if there is none. */
static __always_inline u64 pages_address(u64 table, u32 region, u32 page)
{
	switch (region) {
	case PROF_REGION_HEADER:
		if (page)
			return 0;
		return pages_pointer(table + bpf_core_field_offset(struct khmap_table___pages,
								   header));
	case PROF_REGION_PRIMARY:
		return pages_extent(table + bpf_core_field_offset(struct khmap_table___pages,
								  primary), page);
	case PROF_REGION_OVERFLOW:
		return pages_extent(table + bpf_core_field_offset(struct khmap_table___pages,
								  overflow), page);
	default:
		return 0;
	}
}

/* Enter a page; false if there is none yet. */
static __always_inline bool pages_enter(u64 table, const struct prof_page *page)
{
	u64 address = pages_address(table, page->region, page->page);
	u64 key = address >> PROF_PAGE_SHIFT;
	struct prof_page_totals *total;
	u32 zero = 0;
	long err;

	if (!address)
		return false;
	err = bpf_map_update_elem(&pages, &key, page, PAGES_ANY);
	total = bpf_map_lookup_elem(&page_totals, &zero);
	if (total)
		__sync_fetch_and_add(err ? &total->pages_dropped : &total->pages, 1);
	return true;
}

/*
 * Pages of a region, from @page.page.  @whole counts those from the first on
 * before any that is not there yet.
 */
struct pages_walk {
	u64 table;
	struct prof_page page;
	u32 whole;
	bool hole;
};

static long pages_walk_one(u32 index, struct pages_walk *walk)
{
	bool there = pages_enter(walk->table, &walk->page);

	walk->page.page++;
	if (!there)
		walk->hole = true;
	else if (!walk->hole)
		walk->whole++;
	return 0;
}

/* Look at pages from @known to before @end; returns up to which all are known. */
static __always_inline u32 pages_walk(const struct prof_page_map *map, u64 map_id, u32 region,
				      u32 known, u32 end, u32 most)
{
	struct pages_walk walk = {
		.table = map->table,
		.page = { .map_id = map_id, .region = region, .page = known },
	};
	u32 count;

	if (known >= end)
		return known;
	count = end - known;
	bpf_loop(count < most ? count : most, pages_walk_one, &walk, 0);
	return known + walk.whole;
}

/* Enter what a map has got since it was looked at last. */
static __always_inline void pages_follow(u64 map_id, u32 most)
{
	struct prof_page_map *map = bpf_map_lookup_elem(&page_maps, &map_id);
	struct khmap_table___pages *table;

	if (!map)
		return;
	table = (void *)map->table;
	map->primary = pages_walk(map, map_id, PROF_REGION_PRIMARY, map->primary,
				  BPF_CORE_READ(table, growth.ready), most);
	map->overflow = pages_walk(map, map_id, PROF_REGION_OVERFLOW, map->overflow,
				   BPF_CORE_READ(table, overflow_next), most);
}

/* A map is there. */
static __always_inline void pages_map_enter(u64 map_id, u64 table, u32 most)
{
	struct prof_page_map fresh = { .table = table };
	struct prof_page header = { .map_id = map_id, .region = PROF_REGION_HEADER };
	struct prof_page_totals *total;
	u32 zero = 0;

	if (pages_map_id && pages_map_id != map_id)
		return;
	if (!bpf_map_lookup_elem(&page_maps, &map_id)) {
		if (bpf_map_update_elem(&page_maps, &map_id, &fresh, PAGES_NOEXIST)) {
			total = bpf_map_lookup_elem(&page_totals, &zero);
			if (total)
				__sync_fetch_and_add(&total->maps_dropped, 1);
			return;
		}
		pages_enter(table, &header);
	}
	pages_follow(map_id, most);
}

/**
 * pages_find() - the page of a map that an address of the kernel lies in
 * @address: of the kernel
 *
 * Return: NULL if it is no map's, or not one that is wanted.
 */
static __always_inline const struct prof_page *pages_find(u64 address)
{
	u64 key = address >> PROF_PAGE_SHIFT;
	const struct prof_page *page = bpf_map_lookup_elem(&pages, &key);

	if (!page || !bpf_map_lookup_elem(&page_maps, &page->map_id))
		return NULL;
	return page;
}

struct pages_user {
	u64 address;
	struct prof_page page;
	bool found;
};

static long pages_user_mapping(struct task_struct *task, struct vm_area_struct *mapping,
			       struct pages_user *user)
{
	struct file *file = mapping->vm_file;
	struct khmap_table___pages *table;
	struct khmap_map___pages *map;
	u64 index, primary, overflow;

	if (!file || (u64)file->f_op != (u64)&khmap_map_fops)
		return 0;
	map = file->private_data;
	table = BPF_CORE_READ(map, table);
	index = ((user->address - mapping->vm_start) >> PROF_PAGE_SHIFT) + mapping->vm_pgoff;
	primary = BPF_CORE_READ(table, header, primary_offset) >> PROF_PAGE_SHIFT;
	overflow = BPF_CORE_READ(table, header, overflow_offset) >> PROF_PAGE_SHIFT;
	user->page.map_id = BPF_CORE_READ(map, object.id);
	user->page.region = PROF_REGION_HEADER;
	user->page.page = index;
	if (index >= overflow) {
		user->page.region = PROF_REGION_OVERFLOW;
		user->page.page = index - overflow;
	} else if (index >= primary) {
		user->page.region = PROF_REGION_PRIMARY;
		user->page.page = index - primary;
	}
	user->found = !pages_map_id || pages_map_id == user->page.map_id;
	return 0;
}

/**
 * pages_find_user() - the page that an address of this process lies in
 * @address: of user space
 * @page: filled if it is a map's that is wanted
 *
 * Only for programs of perf events and of tracepoints, in the context of the
 * process.
 *
 * Return: 0; -ENOENT it is not; -EBUSY the process's mappings are being
 * changed.
 */
static __always_inline long pages_find_user(u64 address, struct prof_page *page)
{
	struct pages_user user = { .address = address };
	long err = bpf_find_vma(bpf_get_current_task_btf(), address, pages_user_mapping, &user, 0);

	if (err)
		return err;
	if (!user.found)
		return -2;
	*page = user.page;
	return 0;
}

/* Enter all maps that somebody has open. */
SEC("iter/task_file")
int pages_fill(struct bpf_iter__task_file *context)
{
	struct file *file = context->file;
	struct khmap_map___pages *map;

	if (!file || (u64)file->f_op != (u64)&khmap_map_fops)
		return 0;
	map = file->private_data;
	pages_map_enter(BPF_CORE_READ(map, object.id), (u64)BPF_CORE_READ(map, table),
			PAGES_AT_FILL);
	return 0;
}

/* Where does the kernel have a page? */
SEC("syscall")
int pages_query(struct prof_page_query *query)
{
	u64 map_id = query->page.map_id;
	struct prof_page_map *map = bpf_map_lookup_elem(&page_maps, &map_id);

	query->address = map ? pages_address(map->table, query->page.region, query->page.page) : 0;
	return 0;
}

SEC("tp_btf/khmap_create")
int BPF_PROG(pages_create, u64 map_id, const char *name, const void *geometry)
{
	/* It never is, but since Linux 6.12 the verifier wants to see that. */
	if (!geometry)
		return 0;
	pages_map_enter(map_id, (u64)geometry -
			bpf_core_field_offset(struct khmap_table___pages, geometry),
			PAGES_AT_EVENT);
	return 0;
}

SEC("tp_btf/khmap_destroy")
int BPF_PROG(pages_destroy, u64 map_id)
{
	bpf_map_delete_elem(&page_maps, &map_id);
	return 0;
}

SEC("tp_btf/khmap_grow")
int BPF_PROG(pages_grow, u64 map_id)
{
	pages_follow(map_id, PAGES_AT_EVENT);
	return 0;
}

/* A split may have taken an overflow page into use, as an overflow has. */
SEC("tp_btf/khmap_split")
int BPF_PROG(pages_split, u64 map_id)
{
	pages_follow(map_id, PAGES_AT_EVENT);
	return 0;
}

SEC("tp_btf/khmap_overflow")
int BPF_PROG(pages_overflow, u64 map_id)
{
	pages_follow(map_id, PAGES_AT_EVENT);
	return 0;
}

SEC("tp_btf/khmap_promote")
int BPF_PROG(pages_promote, u64 map_id)
{
	pages_follow(map_id, PAGES_AT_EVENT);
	return 0;
}

#endif /* PROF_PAGES_BPF_H */
