/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * node.h - device nodes /dev/khmap/NAME
 */
#ifndef _KHMAP_NODE_H
#define _KHMAP_NODE_H

#include <linux/kdev_t.h>

struct khmap_node;
struct khmap_node_owner;

#define KHMAP_NODE_MINORS	(MINORMASK + 1)

/**
 * khmap_node_init() - get ready to make nodes
 *
 * Context: may sleep.
 * Return: 0 or an errno.
 */
int khmap_node_init(void);

/* Undo khmap_node_init().  No node exists any more. */
void khmap_node_exit(void);

/**
 * khmap_node_create() - make a node
 * @name: of the map or snapshot; also of its folder in /sys/class/khmap
 * @minor: below KHMAP_NODE_MINORS; not in use
 * @owner: of the node
 *
 * Context: may sleep.
 * Return: the node, for khmap_node_remove() and khmap_node_free(), or an error
 * pointer.
 */
struct khmap_node *khmap_node_create(const char *name, unsigned int minor,
				     const struct khmap_node_owner *owner);

/**
 * khmap_node_remove() - remove a node
 * @node: its name is free when this returns; who has it open keeps his file
 *
 * Context: may sleep.
 */
void khmap_node_remove(struct khmap_node *node);

/**
 * khmap_node_free() - free a node
 * @node: removed
 *
 * Context: may sleep; waits for whoever still refers to it.
 */
void khmap_node_free(struct khmap_node *node);

/* The number that @node was made with. */
unsigned int khmap_node_minor(const struct khmap_node *node);

#endif /* _KHMAP_NODE_H */
