/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stall.h - stalls that could not be told yet
 */
#ifndef _KHMAP_STALL_H
#define _KHMAP_STALL_H

/**
 * khmap_stalls_forget() - leave out what was not told to the last who listened
 *
 * Called before the first of those who listen now is told.
 *
 * Return: 0.
 */
int khmap_stalls_forget(void);

#endif /* _KHMAP_STALL_H */
