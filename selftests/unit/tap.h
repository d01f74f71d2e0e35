/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * tap.h - results of a test program in TAP, the Test Anything Protocol
 *
 *	int main(void)
 *	{
 *		ok(1 + 1 == 2, "one and one");
 *		is_u64(size(), 8, "size of %s", name);
 *		return done();
 *	}
 *
 * The plan may come first, plan(3), or last, from done().  Results may come
 * from one thread only.  done() must be reached: a program that ends early has
 * no plan and counts as failed.
 */
#ifndef KHMAP_TAP_H
#define KHMAP_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
	unsigned int planned;
	unsigned int run;
	unsigned int failed;
} tap;

/**
 * plan() - Say how many results will follow.
 * @count: number of results
 */
static inline void plan(unsigned int count)
{
	tap.planned = count;
	printf("1..%u\n", count);
	fflush(stdout);
}

static inline void __attribute__((format(printf, 1, 0))) tap_line(const char *fmt, va_list args)
{
	vprintf(fmt, args);
	putchar('\n');
	fflush(stdout);
}

/**
 * diag() - Say more about the last result.
 * @fmt: printf format, one line
 */
static inline void __attribute__((format(printf, 1, 2))) diag(const char *fmt, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, fmt);
	tap_line(fmt, args);
	va_end(args);
}

/**
 * tap_text() - Print a text of several lines that must not be taken for results.
 * @name: what it is
 * @text: the text, or NULL
 */
static inline void tap_text(const char *name, const char *text)
{
	printf("# %s", name);
	for (text = text ? text : "(null)"; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			fputs("# ", stdout);
	}
	putchar('\n');
	fflush(stdout);
}

static inline bool __attribute__((format(printf, 2, 0)))
tap_result(bool passed, const char *fmt, va_list args)
{
	tap.run++;
	tap.failed += !passed;
	printf("%sok %u - ", passed ? "" : "not ", tap.run);
	tap_line(fmt, args);
	return passed;
}

/**
 * ok() - One result.
 * @passed: whether it is what it should be
 * @fmt: printf format of what was tried
 *
 * Return: @passed.
 */
static inline bool __attribute__((format(printf, 2, 3))) ok(bool passed, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_result(passed, fmt, args);
	va_end(args);
	return passed;
}

/**
 * is_u64() - Compare two numbers.
 * @got: the number that came
 * @want: the number that should come
 * @fmt: printf format of what was tried
 *
 * Return: whether they are equal.
 */
static inline bool __attribute__((format(printf, 3, 4)))
is_u64(uint64_t got, uint64_t want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_result(got == want, fmt, args);
	va_end(args);
	if (got != want)
		diag("got %" PRIu64 " (0x%" PRIx64 "), want %" PRIu64 " (0x%" PRIx64 ")", got, got,
		     want, want);
	return got == want;
}

/**
 * is_i64() - Compare two signed numbers, such as errnos.
 * @got: the number that came
 * @want: the number that should come
 * @fmt: printf format of what was tried
 *
 * Return: whether they are equal.
 */
static inline bool __attribute__((format(printf, 3, 4)))
is_i64(int64_t got, int64_t want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_result(got == want, fmt, args);
	va_end(args);
	if (got != want)
		diag("got %" PRId64 ", want %" PRId64, got, want);
	return got == want;
}

/**
 * is_str() - Compare two texts.
 * @got: the text that came, or NULL
 * @want: the text that should come, or NULL
 * @fmt: printf format of what was tried
 *
 * Return: whether they are equal.
 */
static inline bool __attribute__((format(printf, 3, 4)))
is_str(const char *got, const char *want, const char *fmt, ...)
{
	bool equal = got && want ? !strcmp(got, want) : got == want;
	va_list args;

	va_start(args, fmt);
	tap_result(equal, fmt, args);
	va_end(args);
	if (!equal) {
		tap_text("got  ", got);
		tap_text("want ", want);
	}
	return equal;
}

/**
 * skip() - Count a result that could not be had.
 * @fmt: printf format of the reason
 */
static inline void __attribute__((format(printf, 1, 2))) skip(const char *fmt, ...)
{
	va_list args;

	tap.run++;
	printf("ok %u # SKIP ", tap.run);
	va_start(args, fmt);
	tap_line(fmt, args);
	va_end(args);
}

/**
 * done() - Close the report.
 *
 * Return: exit status for main(): 0 if all passed, as many as planned and at
 * least one; else 1.
 */
static inline int done(void)
{
	if (!tap.planned)
		plan(tap.run);
	if (tap.failed || tap.run != tap.planned || !tap.run) {
		diag("%u of %u failed, %u planned", tap.failed, tap.run, tap.planned);
		return 1;
	}
	return 0;
}

#endif /* KHMAP_TAP_H */
