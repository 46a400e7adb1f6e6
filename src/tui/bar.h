/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars and sparklines, in blocks or, without UTF-8, in ASCII. */
#ifndef TUI_BAR_H
#define TUI_BAR_H

#include "tui/canvas.h"

struct bar_part {
	double share;		/* of the whole bar, 0 to 1 */
	enum look look;
	char letter;		/* instead of colours */
};

/* Parts side by side; what they leave stays blank. */
void bar_stacked(struct canvas *canvas, int row, int col, int width,
		 const struct bar_part *parts, int n);
/* One part, to an eighth of a column. */
void bar_plain(struct canvas *canvas, int row, int col, int width,
	       double share, enum look look);
/* How high @share (0 to 1) of a line is; "" for what is not known. */
const char *bar_level(const struct canvas *canvas, double share);

#endif
