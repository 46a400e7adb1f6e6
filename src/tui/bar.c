/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/bar.h"

#include <math.h>

void bar_stacked(struct canvas *canvas, int row, int col, int width,
		 const struct bar_part *parts, int n)
{
	double sum = 0;
	int at = 0;

	for (int i = 0; i < n; i++) {
		char text[2] = { ' ' };
		int end;

		sum += parts[i].share > 0 ? parts[i].share : 0;
		end = (int)lround(fmin(sum, 1) * width);
		if (canvas->letters)
			text[0] = parts[i].letter;
		for (; at < end; at++)
			canvas_put(canvas, row, col + at, 1, parts[i].look,
				   text);
	}
}

void bar_plain(struct canvas *canvas, int row, int col, int width,
	       double share, enum look look)
{
	static const char *const eighths[] = {
		"", "\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d",
		"\xe2\x96\x8c", "\xe2\x96\x8b", "\xe2\x96\x8a",
		"\xe2\x96\x89", "\xe2\x96\x88"
	};
	int left = (int)lround(fmax(fmin(share, 1), 0) * width * 8);

	/* What is there at all is seen. */
	if (!left && share > 0)
		left = 1;
	for (int i = 0; i < width && left > 0; i++, left -= 8)
		canvas_put(canvas, row, col + i, 1, look, !canvas->utf8 ?
			   "#" : eighths[left > 8 ? 8 : left]);
}

const char *bar_level(const struct canvas *canvas, double share)
{
	static const char *const blocks[] = {
		" ", "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83",
		"\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86",
		"\xe2\x96\x87", "\xe2\x96\x88"
	};
	static const char *const ascii[] = {
		" ", ".", ":", "-", "=", "+", "*", "#", "@"
	};
	int level = (int)lround(fmin(share, 1) * 8);

	if (share < 0)
		return "";
	if (!level && share > 0)
		level = 1;
	return canvas->utf8 ? blocks[level] : ascii[level];
}
