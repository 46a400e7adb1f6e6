/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/functions.h"

#include <errno.h>
#include <stdlib.h>

#include "report/column.h"
#include "report/grid.h"
#include "report/value.h"

static void put_ns(struct grid *grid, bool known, int64_t ns)
{
	char text[VALUE_MAX];

	grid_put(grid, known ? value_seconds(text, sizeof(text), false, ns,
					     "") : "-");
}

static void put_us(struct grid *grid, bool known, const char *mark,
		   int64_t ns)
{
	if (known)
		grid_printf(grid, "%s%.1f", mark, (double)ns / 1000);
	else
		grid_put(grid, "-");
}

static void put_count(struct grid *grid, const struct cell *cell,
		      enum measure m)
{
	if (cell_has(cell, m))
		grid_printf(grid, "%lld", (long long)cell->value[m]);
	else
		grid_put(grid, "-");
}

static void put_percentile(struct grid *grid, const struct row *row,
			   double share)
{
	int64_t ns = row_percentile(row, share);

	put_us(grid, ns >= 0, "~", ns);
}

static void put_row(struct grid *grid, const struct snapshot *part,
		    const struct row *row)
{
	static const enum measure times[] = { MEASURE_WALL, MEASURE_CPU,
		MEASURE_BLOCKED, MEASURE_RUNQ };
	const struct cell *cell = &row->cell;

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		put_ns(grid, cell_has(cell, times[i]), cell->value[times[i]]);
	put_count(grid, cell, MEASURE_CALLS);
	put_us(grid, cell_has(cell, MEASURE_MIN), "",
	       cell->value[MEASURE_MIN]);
	put_percentile(grid, row, 0.5);
	put_percentile(grid, row, 0.99);
	put_us(grid, cell_has(cell, MEASURE_MAX), "",
	       cell->value[MEASURE_MAX]);
	put_count(grid, cell, MEASURE_NESTED);
	put_count(grid, cell, MEASURE_UNMATCHED);
	grid_printf(grid, "%lld",
		    (long long)cell->value[MEASURE_IN_FLIGHT]);
	if (part->cfg.by & dim_bit(DIM_PROCESS))
		grid_printf(grid, "%d", part->cfg.by & dim_bit(DIM_THREAD) ?
			    row->key.tid : row->key.pid);
	grid_put_untrusted(grid, row->function);
}

int functions_print(FILE *out, const struct snapshot *snap)
{
	static const char *const titles[] = { "wall s", "cpu s", "blocked s",
		"runq s", "count", "min us", "p50 us", "p99 us", "max us",
		"nested", "unmatched", "in flight" };
	const struct snapshot *part = snap->functions;
	bool by = part && part->cfg.by & dim_bit(DIM_PROCESS);
	size_t n = sizeof(titles) / sizeof(*titles);
	struct grid grid;
	int *order;

	if (!part)
		return 0;
	fputs("\nfunctions:\n", out);
	if (!part->n_rows) {
		fputs("(none was called)\n", out);
		return 0;
	}
	order = column_order(part, column_find("wall", 4));
	if (!order)
		return -ENOMEM;
	grid_init(&grid, (int)n + 1 + by);
	for (size_t i = 0; i < n; i++)
		grid_head(&grid, titles[i], false);
	if (by)
		grid_head(&grid, part->cfg.by & dim_bit(DIM_THREAD) ? "tid" :
			  "pid", false);
	grid_head(&grid, "function", true);
	for (size_t i = 0; i < part->n_rows; i++)
		put_row(&grid, part, &part->rows[order[i]]);
	free(order);
	return grid_print(&grid, out);
}
