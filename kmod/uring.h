/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uring.h - operations on a map by io_uring
 */
#ifndef _KHMAP_URING_H
#define _KHMAP_URING_H

struct io_uring_cmd;

/**
 * khmap_uring_cmd() - file_operations.uring_cmd of a map
 * @cmd: the command
 * @issue_flags: IO_URING_F_*
 *
 * Context: may sleep, but waits for nobody if @issue_flags has
 * IO_URING_F_NONBLOCK.
 * Return: -EIOCBQUEUED the command is done; -EAGAIN it is to be issued again by
 * a worker; or another errno.
 */
int khmap_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags);

#endif /* _KHMAP_URING_H */
