/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/rows.h"

#include <errno.h>
#include <stdlib.h>

#include "report/grid.h"
#include "report/value.h"

static void put_value(struct grid *grid, const struct column *column,
		      const struct value *value)
{
	char text[VALUE_MAX];

	grid_put(grid, value_text(text, sizeof(text), column, value));
}

static void put_row(struct grid *grid, const struct snapshot *snap,
		    const struct row *row, const struct column_list *list)
{
	for (int i = 0; i < list->n; i++) {
		const struct column *column = list->columns[i];
		struct value value = column->get(snap, row, column);

		put_value(grid, column, &value);
	}
}

/* The sum of the rows, with "total" where the first text column is. */
static void put_total(struct grid *grid, const struct snapshot *snap,
		      const struct column_list *list)
{
	bool named = false;

	for (int i = 0; i < list->n; i++) {
		const struct column *column = list->columns[i];
		struct value value;

		if (column->kind == KIND_TEXT) {
			grid_put(grid, named ? "" : "total");
			named = true;
		} else if (column->measure < 0) {
			grid_put(grid, "");
		} else {
			value = column->get(snap, &snap->total, column);
			put_value(grid, column, &value);
		}
	}
}

int rows_print(FILE *out, const struct snapshot *snap,
	       const struct column_list *list, const struct column *sort,
	       size_t max_rows, bool (*wants)(const struct row *row))
{
	int *order = column_order(snap, sort);
	size_t all = 0, n = 0;
	struct grid grid;

	if (!order)
		return -ENOMEM;
	grid_init(&grid, list->n);
	for (int i = 0; i < list->n; i++)
		grid_head(&grid, list->columns[i]->title,
			  list->columns[i]->kind == KIND_TEXT);
	for (size_t i = 0; i < snap->n_rows; i++) {
		const struct row *row = &snap->rows[order[i]];

		if (wants && !wants(row))
			continue;
		if (!max_rows || n < max_rows) {
			put_row(&grid, snap, row, list);
			n++;
		}
		all++;
	}
	if (!wants) {
		grid_rule(&grid);
		put_total(&grid, snap, list);
	}
	free(order);
	if (n < all)
		fprintf(out, "(the first %zu of %zu rows)\n", n, all);
	return grid_print(&grid, out);
}
