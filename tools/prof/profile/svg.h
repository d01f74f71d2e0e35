/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * svg.h - drawings of cells, each of which says what it is when pointed at
 *
 * Written by hand and not by cairo, whose SVG has outlines of letters in place
 * of text, and no titles.
 */
#ifndef PROF_SVG_H
#define PROF_SVG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROF_SVG_FONT	12	/* height of a row's text */

/* What stands in a drawing of nothing. */
#define PROF_NO_LINES	"no access was seen"
#define PROF_NO_CHAINS	"no operation on a map was seen"

/**
 * prof_markup_text() - write a text that is to stand in XML
 * @text: any
 * @out: where to
 */
void prof_markup_text(const char *text, FILE *out);

/**
 * prof_svg_begin() - begin a drawing
 * @width: of it
 * @height: likewise
 * @title: what it is
 * @alone: it is a file of its own
 * @out: where to
 */
void prof_svg_begin(uint32_t width, uint32_t height, const char *title, bool alone, FILE *out);

/**
 * prof_svg_text() - write into a drawing
 * @x: where it begins, or where it ends
 * @y: base of the letters
 * @end: it ends at @x
 * @out: where to
 * @format: as of printf()
 */
void prof_svg_text(uint32_t x, uint32_t y, bool end, FILE *out, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * struct prof_svg_cell - a rectangle whose colour tells a number
 * @x: left
 * @y: top
 * @width: of it
 * @height: likewise
 * @number: that it tells
 * @most: that there is in the drawing
 */
struct prof_svg_cell {
	uint32_t x;
	uint32_t y;
	uint32_t width;
	uint32_t height;
	uint64_t number;
	uint64_t most;
};

/**
 * prof_svg_cell() - draw a cell
 * @cell: the cell
 * @out: where to
 * @format: as of printf(); what it says when it is pointed at
 */
void prof_svg_cell(const struct prof_svg_cell *cell, FILE *out, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * prof_svg_scale() - draw what the colours mean
 * @x: left
 * @y: top
 * @most: that there is in the drawing
 * @unit: what is counted
 * @out: where to
 */
void prof_svg_scale(uint32_t x, uint32_t y, uint64_t most, const char *unit, FILE *out);

/**
 * prof_svg_end() - end a drawing
 * @out: where to
 */
void prof_svg_end(FILE *out);

#endif /* PROF_SVG_H */
