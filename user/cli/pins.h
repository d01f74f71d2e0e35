/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * pins.h - the processes that hold maps and snapshots
 */
#ifndef KHMAP_CLI_PINS_H
#define KHMAP_CLI_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct pins_node - A map's or snapshot's node, by which its mappings are known.
 * @id: its map_id
 * @device: of the file system that the node is on
 * @inode: the node's number there
 */
struct pins_node {
	uint64_t id;
	dev_t device;
	ino_t inode;
};

/**
 * struct pin - A process that holds a map or snapshot.
 * @id: its map_id; 0 if it was mapped by a name that has been taken away since
 * @pid: the process
 * @comm: its name, as ps(1) has it; '?' for what is not printable ASCII
 * @descriptors: that it has open
 * @mappings: parts of its address space
 */
struct pin {
	uint64_t id;
	int pid;
	char comm[64];
	unsigned int descriptors;
	unsigned int mappings;
};

/**
 * struct pins - All that were found.
 * @pin: by pid, then by id; owned
 * @count: how many
 * @room: for so many @pin has memory
 * @hidden: processes that could not be looked into for want of permission
 */
struct pins {
	struct pin *pin;
	size_t count;
	size_t room;
	size_t hidden;
};

/**
 * pins_find() - Look into every process.
 * @proc: where procfs is, "/proc"
 * @nodes: the nodes that exist
 * @count: how many
 * @pins: filled, for pins_free()
 *
 * Processes come and go meanwhile; those that go are left out.  Kernel threads are
 * not looked into.
 *
 * Return: 0; -ENOMEM; or why @proc cannot be read, a negative errno.
 */
int pins_find(const char *proc, const struct pins_node *nodes, size_t count, struct pins *pins);

/**
 * pins_processes() - How many processes hold one.
 * @pins: of pins_find()
 * @id: its map_id
 */
size_t pins_processes(const struct pins *pins, uint64_t id);

/**
 * pins_free() - Free what pins_find() has allocated.
 * @pins: filled, or all zero
 */
void pins_free(struct pins *pins);

#endif /* KHMAP_CLI_PINS_H */
