/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * pid_space.h - the namespace whose numbers of processes this one uses
 */
#ifndef PROF_SOURCE_PID_SPACE_H
#define PROF_SOURCE_PID_SPACE_H

#include <stdint.h>

/**
 * prof_pid_space() - the namespace, for programs that include bpf/pid.bpf.h
 *
 * Return: its number; 0 if it is the first of all, or there are none.
 */
uint32_t prof_pid_space(void);

#endif /* PROF_SOURCE_PID_SPACE_H */
