/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * foreign.h - snapshot files of hosts of the other byte order, entry by entry
 *
 *	struct khmap_foreign *foreign;
 *	int got, err = khmap_foreign_open("./routes.khmap", 0, &foreign);
 *
 *	if (err)
 *		errx(1, "%s", khmap_reason());
 *	while ((got = khmap_foreign_next(foreign, key, value)) > 0)
 *		put(key, value);
 *
 * A map's numbers are in the byte order of the host that made it, and its keys are
 * where that host's hash puts them.  So the pages of such a file are no map here;
 * but its entries can be read in turn, and its schema tells which of their bytes are
 * numbers.  What is returned is as if the file had been made on this host.
 *
 * All that the file says is checked before it is used: the header as khmap_open()
 * checks one, every page that is read against its checksum, if the file has those,
 * references and lengths of chains as they are followed.
 *
 * As compressed files are read too, a program that calls this and is linked
 * statically needs liblz4 and libzstd.
 */
#ifndef KHMAP_FOREIGN_H
#define KHMAP_FOREIGN_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Without a schema that tells what to swap, take keys and values as they are. */
#define KHMAP_FOREIGN_OPAQUE	(1u << 0)

struct khmap_foreign;

/**
 * khmap_foreign_open() - Open a snapshot file of the other byte order.
 * @path: of the file, plain or compressed
 * @flags: KHMAP_FOREIGN_*
 * @foreign: receives it, for khmap_foreign_close(); unchanged on failure
 *
 * An open file is for one thread at a time.  A compressed one is unpacked into memory.
 *
 * Return: 0; -EINVAL it is no snapshot file, or one of this host's byte order, which
 * khmap_open() reads; -ENODATA it has no schema, or none of these records, and
 * KHMAP_FOREIGN_OPAQUE is not given; -EPROTONOSUPPORT it is of a newer format, or of a
 * feature or a hash that this library does not know; -EUCLEAN it is damaged; -EBADMSG
 * a checksum is wrong; -EOPNOTSUPP a flag is not known; -EFBIG its table of checksums
 * does not fit the address space; -ENOMEM; -ENOENT, -EACCES and others of the system.
 */
int khmap_foreign_open(const char *path, __u32 flags, struct khmap_foreign **foreign);

/**
 * khmap_foreign_close() - Close it.
 * @foreign: of khmap_foreign_open(), or NULL
 */
void khmap_foreign_close(struct khmap_foreign *foreign);

/**
 * khmap_foreign_header() - Its header, in this host's byte order.
 * @foreign: the file
 *
 * Return: a copy, valid until the file is closed.
 */
const struct khmap_image_header *khmap_foreign_header(const struct khmap_foreign *foreign);

/**
 * khmap_foreign_schema() - The schema by which entries are swapped.
 * @foreign: the file
 *
 * Return: the schema, valid until the file is closed; NULL if there is none, and
 * keys and values come as they are.
 */
const struct khmap_schema *khmap_foreign_schema(const struct khmap_foreign *foreign);

/**
 * khmap_foreign_next() - The next key and value, in this host's byte order.
 * @foreign: the file
 * @key: receives key_size bytes
 * @value: receives value_size bytes
 *
 * In no order.  A file that its host wrote has each key once; that one that somebody
 * forged has is not checked, but that there are as many entries as its header says is.
 *
 * Return: 1 and an entry; 0 at the end; -EUCLEAN a chain is corrupt, or the header's
 * count of entries is wrong; -EBADMSG a page's checksum is; others of pread(2).  After
 * a failure there is nothing more.
 */
int khmap_foreign_next(struct khmap_foreign *foreign, void *key, void *value);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_FOREIGN_H */
