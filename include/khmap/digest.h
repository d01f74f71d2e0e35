/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * digest.h - one value for what a map holds
 */
#ifndef KHMAP_DIGEST_H
#define KHMAP_DIGEST_H

#include <khmap/khmap.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KHMAP_DIGEST_SIZE	16

/**
 * struct khmap_digest - How to make a digest, and what it is.
 * @size: sizeof(struct khmap_digest)
 * @flags: must be 0
 * @progress: called now and then with entries done and entries in all; the walk
 *	      ends with -ECANCELED if it returns non-zero; or NULL
 * @context: its first argument
 * @entries: out: entries that were seen
 * @value: out: the digest; as text, hex digits of its bytes in order
 */
struct khmap_digest {
	__u32 size;
	__u32 flags;
	int (*progress)(void *context, __u64 done, __u64 total);
	void *context;
	__u64 entries;
	__u8 value[KHMAP_DIGEST_SIZE];
};

/**
 * khmap_digest() - Make one value of all that a map holds.
 * @map: the map
 * @digest: see there; @entries and @value are filled
 *
 * Depends on the entries, the sizes of a key and a value and the schema's text,
 * and on nothing else: neither on the order of puts, nor on geometry, growth,
 * hash or secret.  Documentation/image-format.rst defines it.  It tells accidents
 * from equality; whoever can choose the entries can make two maps that have the
 * same one.  Of a live map that is being written it is of no single instant: take
 * a snapshot.  Needs memory for one chain, whatever the size of the map.
 *
 * Return: 0; -EUCLEAN a chain is corrupt; -EAGAIN a bucket was being written all
 * the time; -ECANCELED @digest->progress said so; -EINVAL; -E2BIG; -EOPNOTSUPP a
 * flag is not known; -ENOMEM.  On failure @value is zero.
 */
int khmap_digest(const struct khmap *map, struct khmap_digest *digest);

#ifdef __cplusplus
}
#endif

#endif /* KHMAP_DIGEST_H */
