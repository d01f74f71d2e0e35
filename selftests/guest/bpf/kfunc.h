/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kfunc.h - what kfunc.bpf.c tells kfunc.c
 */
#ifndef _KHMAP_TEST_KFUNC_H
#define _KHMAP_TEST_KFUNC_H

/* A result that no call returned. */
#define KFUNC_NOT_RUN	1

/* Keys of programs that run inside an operation of khmap. */
#define KFUNC_KEY_LOCKED	1000
#define KFUNC_KEY_SNAPSHOT	1001
#define KFUNC_KEY_TRACED	1002

/* Calls with buffers of wrong sizes, in the order of the results. */
enum kfunc_size_call {
	KFUNC_GET_SHORT_KEY,
	KFUNC_GET_LONG_KEY,
	KFUNC_GET_SHORT_VALUE,
	KFUNC_GET_LONG_VALUE,
	KFUNC_GET_EMPTY_VALUE,
	KFUNC_PUT_SHORT_KEY,
	KFUNC_PUT_LONG_KEY,
	KFUNC_PUT_SHORT_VALUE,
	KFUNC_PUT_LONG_VALUE,
	KFUNC_PUT_EMPTY_KEY,
	KFUNC_ADD_SHORT_KEY,
	KFUNC_ADD_LONG_KEY,
	KFUNC_DELETE_SHORT_KEY,
	KFUNC_DELETE_LONG_KEY,
	KFUNC_SIZE_CALLS,
};

/* Results of one put, get, addition and delete. */
struct kfunc_results {
	int put;
	int get;
	int add;
	int delete;
	unsigned long long value;
};

#endif /* _KHMAP_TEST_KFUNC_H */
