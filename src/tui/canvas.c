/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

void canvas_init(struct canvas *canvas, int rows, int cols, bool utf8)
{
	rows = rows < 1 ? 1 : rows;
	cols = cols < 1 ? 1 : cols;
	*canvas = (struct canvas){ .rows = rows, .cols = cols, .utf8 = utf8 };
	canvas->cells = calloc((size_t)rows * (size_t)cols,
			       sizeof(*canvas->cells));
	if (!canvas->cells)
		canvas->rows = 0;
	canvas_fill(canvas, 0, 0, rows, cols, LOOK_PLAIN);
}

void canvas_done(struct canvas *canvas)
{
	free(canvas->cells);
	*canvas = (struct canvas){ .rows = 0 };
}

static struct canvas_cell *cell_at(struct canvas *canvas, int row, int col)
{
	if (row < 0 || row >= canvas->rows || col < 0 || col >= canvas->cols)
		return NULL;
	return &canvas->cells[row * canvas->cols + col];
}

/* The next character of *text, and how many columns it takes; it goes on by
 * one character or by one byte that is none. */
static int next_char(const struct canvas *canvas, const char **text,
		     char *ret)
{
	uint32_t c = 0;
	size_t len = text_decode(*text, &c);
	int width = 1;

	if (len > 1 && !canvas->utf8)
		width = -1;
	else if (len > 1)
		width = wcwidth((wchar_t)c);
	if (!len || c < 0x20 || (c >= 0x7f && c < 0xa0) || width < 0) {
		strcpy(ret, "?");
		width = 1;
	} else {
		memcpy(ret, *text, len);
		ret[len] = '\0';
	}
	*text += len ? len : 1;
	return width;
}

static void put_char(struct canvas *canvas, int row, int col, int width,
		     enum look look, const char *text)
{
	struct canvas_cell *cell = cell_at(canvas, row, col);
	struct canvas_cell *before = cell_at(canvas, row, col - 1);
	struct canvas_cell *after = cell_at(canvas, row, col + 1);

	if (!cell)
		return;
	/* What was wide here is not any more. */
	if (!*cell->text && before)
		strcpy(before->text, " ");
	strcpy(cell->text, text);
	cell->look = (unsigned char)look;
	if (!after)
		return;
	if (width == 2) {
		after->text[0] = '\0';
		after->look = (unsigned char)look;
	} else if (!*after->text) {
		strcpy(after->text, " ");
	}
}

/* A mark that combines with the character before it. */
static void put_mark(struct canvas *canvas, int row, int col,
		     const char *text)
{
	struct canvas_cell *cell = cell_at(canvas, row, col);

	if (cell && strlen(cell->text) + strlen(text) < sizeof(cell->text))
		strcat(cell->text, text);
}

int canvas_put(struct canvas *canvas, int row, int col, int width,
	       enum look look, const char *text)
{
	int used = 0;

	while (*text) {
		char c[8];
		int n = next_char(canvas, &text, c);

		if (used + n > width || col + used + n > canvas->cols)
			break;
		if (n > 0)
			put_char(canvas, row, col + used, n, look, c);
		else if (used > 0)
			put_mark(canvas, row, col + used - 1, c);
		used += n;
	}
	return used;
}

int canvas_printf(struct canvas *canvas, int row, int col, int width,
		  enum look look, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return canvas_put(canvas, row, col, width, look, text);
}

int canvas_width(const struct canvas *canvas, const char *text)
{
	int width = 0;

	while (*text) {
		char c[8];

		width += next_char(canvas, &text, c);
	}
	return width;
}

void canvas_put_right(struct canvas *canvas, int row, int col, int width,
		      enum look look, const char *text)
{
	int over = canvas_width(canvas, text) - width;

	if (width <= 0)
		return;
	while (over > 0) {
		char c[8];

		over -= next_char(canvas, &text, c);
	}
	canvas_put(canvas, row, col - over, width + over, look, text);
}

void canvas_fill(struct canvas *canvas, int row, int col, int rows,
		 int cols, enum look look)
{
	for (int r = row; r < row + rows; r++)
		for (int c = col; c < col + cols; c++)
			put_char(canvas, r, c, 1, look, " ");
}

bool canvas_is_blank(const struct canvas *canvas, int row)
{
	for (int col = 0; col < canvas->cols; col++)
		if (strcmp(canvas->cells[row * canvas->cols + col].text, " "))
			return false;
	return true;
}

void canvas_print(const struct canvas *canvas, FILE *out)
{
	for (int row = 0; row < canvas->rows; row++) {
		const struct canvas_cell *cells =
			&canvas->cells[row * canvas->cols];
		int end = canvas->cols;

		while (end > 0 && !strcmp(cells[end - 1].text, " "))
			end--;
		for (int col = 0; col < end; col++)
			fputs(cells[col].text, out);
		putc('\n', out);
	}
}
