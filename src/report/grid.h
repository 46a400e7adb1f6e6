/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of texts whose columns grow to fit: fill it field by field, row
 * by row, then print it, which also frees it. Running out of memory shows
 * in grid_print()'s answer alone.
 */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define GRID_MAX_COLUMNS 40

struct grid {
	int columns;
	int heads;
	const char *title[GRID_MAX_COLUMNS];	/* lent until printed */
	bool left[GRID_MAX_COLUMNS];
	char **fields;
	size_t n, capacity;
	size_t rule;		/* a line of dashes before this field */
	bool failed;
};

void grid_init(struct grid *grid, int columns);
void grid_head(struct grid *grid, const char *title, bool left);
void grid_put(struct grid *grid, const char *text);
void grid_put_untrusted(struct grid *grid, const char *text);
void grid_printf(struct grid *grid, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Draw a line of dashes here. */
void grid_rule(struct grid *grid);

/* 0 or -ENOMEM; frees what the grid holds. */
int grid_print(struct grid *grid, FILE *out);

#endif
