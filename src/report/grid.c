/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void grid_init(struct grid *grid, int columns)
{
	*grid = (struct grid){ .columns = columns };
}

void grid_head(struct grid *grid, const char *title, bool left)
{
	grid->title[grid->heads] = title;
	grid->left[grid->heads++] = left;
}

void grid_put(struct grid *grid, const char *text)
{
	if (grid->n == grid->capacity) {
		size_t capacity = grid->capacity ? grid->capacity * 2 : 64;
		char **fields = realloc(grid->fields,
					capacity * sizeof(*fields));

		if (!fields) {
			grid->failed = true;
			return;
		}
		grid->fields = fields;
		grid->capacity = capacity;
	}
	grid->fields[grid->n] = strdup(text);
	if (grid->fields[grid->n])
		grid->n++;
	else
		grid->failed = true;
}

void grid_put_untrusted(struct grid *grid, const char *text)
{
	char safe[256];

	grid_put(grid, text_untrusted(safe, sizeof(safe), text));
}

void grid_printf(struct grid *grid, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	grid_put(grid, text);
}

void grid_rule(struct grid *grid)
{
	grid->rule = grid->n;
}

/* Columns on a screen, where a character is not a byte. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void print_dashes(FILE *out, const int *width, int columns)
{
	for (int c = 0; c < columns; c++) {
		if (c)
			putc(' ', out);
		for (int i = 0; i < width[c]; i++)
			putc('-', out);
	}
	putc('\n', out);
}

static void print_line(FILE *out, const struct grid *grid, const int *width,
		       const char *const *fields)
{
	for (int c = 0; c < grid->columns; c++) {
		bool last = c == grid->columns - 1;
		int pad;

		if (c)
			putc(' ', out);
		pad = width[c] - width_of(fields[c]);
		if (!grid->left[c])
			fprintf(out, "%*s%s", pad, "", fields[c]);
		else
			fprintf(out, "%s%*s", fields[c], last ? 0 : pad, "");
	}
	putc('\n', out);
}

int grid_print(struct grid *grid, FILE *out)
{
	int width[GRID_MAX_COLUMNS] = { 0 };
	size_t columns = (size_t)grid->columns;

	for (size_t c = 0; c < columns; c++)
		width[c] = width_of(grid->title[c]);
	for (size_t i = 0; i < grid->n; i++) {
		int len = width_of(grid->fields[i]);

		if (width[i % columns] < len)
			width[i % columns] = len;
	}
	if (!grid->failed) {
		print_line(out, grid, width, grid->title);
		print_dashes(out, width, grid->columns);
		for (size_t i = 0; i < grid->n; i += columns) {
			if (i && i == grid->rule)
				print_dashes(out, width, grid->columns);
			print_line(out, grid, width,
				   (const char *const *)&grid->fields[i]);
		}
	}
	while (grid->n)
		free(grid->fields[--grid->n]);
	free(grid->fields);
	return grid->failed ? -ENOMEM : 0;
}
