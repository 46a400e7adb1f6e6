/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be on the screen: a grid of characters with attributes. Views
 * draw on it, term.c shows it, tests read it. What is outside of it is cut
 * off. The owner calls canvas_done(); a canvas that ran out of memory has no
 * rows and takes everything.
 *
 * Text is UTF-8. Control characters never get on it: what a target chose
 * goes through text_untrusted() first, which keeps it readable; what still
 * comes becomes '?'. Without UTF-8, so does all that is not ASCII.
 */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stdio.h>

/* What it means; term.c has the looks, by what the terminal can do. */
enum look {
	LOOK_PLAIN,
	LOOK_DIM,		/* of less interest */
	LOOK_BOLD,
	LOOK_TITLE,		/* the line of column titles */
	LOOK_SORTED,		/* of them, the one that rows are sorted by */
	LOOK_SELECTED,		/* row */
	LOOK_FOUND,		/* what the search matches */
	LOOK_KEY,		/* name of a key, beside what it does */
	LOOK_ALERT,
	LOOK_BOX,		/* menus, help */
	LOOK_CHOSEN,		/* in a menu */
	/* Parts of a stacked bar, and their names in its legend. */
	LOOK_USER, LOOK_SYSTEM, LOOK_RUNQ, LOOK_EVENTS, LOOK_NETWORK,
	LOOK_FILES, LOOK_IO, LOOK_LOCKS, LOOK_SLEEP, LOOK_CHILD, LOOK_FAULT,
	LOOK_OTHER,
	LOOK_HEAT,		/* a shade of it: LOOK_HEAT + 0..4 */
	LOOK_COUNT = LOOK_HEAT + 5
};

struct canvas_cell {
	char text[8];	/* one character; empty: the right half of a wide one */
	unsigned char look;
};

struct canvas {
	int rows, cols;
	bool utf8;
	bool letters;	/* colours do not tell the parts of a bar apart */
	struct canvas_cell *cells;
};

/* All blank; a size below 1 is 1. */
void canvas_init(struct canvas *canvas, int rows, int cols, bool utf8);
void canvas_done(struct canvas *canvas);

/* From (row, col) on, within @width columns; how many were used. */
int canvas_put(struct canvas *canvas, int row, int col, int width,
	       enum look look, const char *text);
int canvas_printf(struct canvas *canvas, int row, int col, int width,
		  enum look look, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* So that it ends where @width does; cut off at its beginning. */
void canvas_put_right(struct canvas *canvas, int row, int col, int width,
		      enum look look, const char *text);
/* Blank, with this look. */
void canvas_fill(struct canvas *canvas, int row, int col, int rows,
		 int cols, enum look look);

/* How many columns a text takes. */
int canvas_width(const struct canvas *canvas, const char *text);

bool canvas_is_blank(const struct canvas *canvas, int row);

/* Its characters, without trailing blanks, a line for each row. */
void canvas_print(const struct canvas *canvas, FILE *out);

#endif
