// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * svg.c - drawings of cells, each of which says what it is when pointed at
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include "profile/svg.h"

#define SCALE_STEPS	5
#define TEXT_ROOM	512

void prof_markup_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text < ' ' || *text > '~' ? '?' : *text, out);
		}
	}
}

void prof_svg_begin(uint32_t width, uint32_t height, const char *title, bool alone, FILE *out)
{
	if (alone)
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" font-family=\"sans-serif\" font-size=\"%u\" role=\"img\">\n<title>",
		width, height, width, height, PROF_SVG_FONT);
	prof_markup_text(title, out);
	fputs("</title>\n", out);
	fprintf(out, "<rect width=\"%u\" height=\"%u\" fill=\"#ffffff\"/>\n", width, height);
}

void prof_svg_text(uint32_t x, uint32_t y, bool end, FILE *out, const char *format, ...)
{
	char text[TEXT_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(out, "<text x=\"%u\" y=\"%u\"%s>", x, y, end ? " text-anchor=\"end\"" : "");
	prof_markup_text(text, out);
	fputs("</text>\n", out);
}

static uint32_t between(uint32_t from, uint32_t to, double part)
{
	return (uint32_t)((double)from + ((double)to - (double)from) * part + 0.5);
}

/*
 * From nearly white over orange to dark red.  By the logarithm, so that one hot
 * cell does not leave all others white.
 */
static void colour_print(uint64_t number, uint64_t most, FILE *out)
{
	static const uint8_t points[][3] = { { 255, 245, 220 }, { 250, 150, 50 }, { 120, 0, 40 } };
	double part = most ? log1p((double)number) / log1p((double)most) : 0;
	const uint8_t (*low)[3] = part < 0.5 ? &points[0] : &points[1];
	uint32_t i;

	if (!number) {
		fputs("#f4f4f4", out);
		return;
	}
	part = part < 0.5 ? part * 2 : (part > 1 ? 1 : part) * 2 - 1;
	fputc('#', out);
	for (i = 0; i < 3; i++)
		fprintf(out, "%02x", between(low[0][i], low[1][i], part));
}

void prof_svg_cell(const struct prof_svg_cell *cell, FILE *out, const char *format, ...)
{
	char text[TEXT_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"", cell->x, cell->y,
		cell->width, cell->height);
	colour_print(cell->number, cell->most, out);
	fputs("\"><title>", out);
	prof_markup_text(text, out);
	fputs("</title></rect>\n", out);
}

void prof_svg_scale(uint32_t x, uint32_t y, uint64_t most, const char *unit, FILE *out)
{
	uint64_t number, last = 0;
	uint32_t i;

	for (i = 1; i <= SCALE_STEPS; i++) {
		number = (uint64_t)(expm1(log1p((double)most) * i / SCALE_STEPS) + 0.5);
		if (i == SCALE_STEPS)
			number = most;
		if (number == last)
			continue;
		last = number;
		prof_svg_cell(&(struct prof_svg_cell){ x, y, 14, 14, number, most }, out,
			      "%" PRIu64 " %s", number, unit);
		prof_svg_text(x + 18, y + PROF_SVG_FONT, false, out, "%" PRIu64, number);
		x += 90;
	}
	prof_svg_text(x, y + PROF_SVG_FONT, false, out, "%s", unit);
}

void prof_svg_end(FILE *out)
{
	fputs("</svg>\n", out);
}
