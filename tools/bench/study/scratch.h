/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * scratch.h - a folder in memory for the files of a run
 */
#ifndef KHMAP_STUDY_SCRATCH_H
#define KHMAP_STUDY_SCRATCH_H

/**
 * scratch_run() - go on in a child, whose files are removed when it ends
 *
 * Returns in the child only.  However that ends, by a signal too, the parent
 * removes the folder and ends the same way.  To be called before there are threads.
 */
void scratch_run(void);

/**
 * scratch_folder() - the folder, in /dev/shm: nothing in it waits for a disk
 *
 * Return: its path, at most SCRATCH_PATH bytes with the NUL.
 */
const char *scratch_folder(void);

#define SCRATCH_PATH	32

#endif /* KHMAP_STUDY_SCRATCH_H */
