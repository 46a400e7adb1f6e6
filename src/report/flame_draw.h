/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flame graph as shapes that need no script: what data/flame.js draws
 * anew once it runs, in the same classes of data/flame.css.
 */
#ifndef REPORT_FLAME_DRAW_H
#define REPORT_FLAME_DRAW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/flame_tree.h"

#define FLAME_ROW	20	/* pixels from frame to frame */
#define FLAME_PAD	10	/* at the left and at the right */
/* In the legend, with one that stands for the rest. */
#define FLAME_REASONS	12
#define FLAME_GAP	0.6	/* to the next frame, where there is room */
/* Of the width: narrower frames are not drawn. */
#define FLAME_NARROW	0.0005
/* Pixels of a column in a frame: 12 pixels of a monospaced font. */
#define FLAME_COLUMN	7.23

/* In UTF-8 that was made safe, with what HTML and XML need escaped. */
void flame_escape(FILE *out, const char *text);
/* "1.234 s", "12.34 ms", "0.1 us" */
void flame_time(FILE *out, int64_t ns);
/* Of monospaced text. */
size_t flame_columns(const char *text);
/* With an ellipsis where it has more than @columns. */
void flame_escape_cut(FILE *out, const char *text, size_t columns);

/* The class of a node: "cpu", "runq", "b3"; of a function, by the state that
 * it is in most, "blocked-2", where 3 is nearly always. */
void flame_class(char *buf, size_t size, const struct flame_node *node);

/* How often which leaf is there, the largest of a state first. */
struct flame_legend {
	struct {
		const char *text;
		char class[16];
		int64_t ns;
	} rows[2 + FLAME_REASONS];
	int n;
};

int flame_legend(struct flame_legend *legend, const struct flame_row *rows,
		 size_t n);

/* The height of the frames that are drawn, in pixels. */
int flame_height(const struct flame_row *rows, size_t n);
/* The frames as groups; returns how many are too narrow. */
size_t flame_draw(FILE *out, const struct flame_row *rows, size_t n,
		  int width);

#endif
