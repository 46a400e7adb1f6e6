/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view's rows under the titles of its columns: as many columns as fit, the
 * most important ones first, names at the right. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/abi.h"
#include "report/value.h"
#include "tui/state.h"

/* So wide that values do not move from one interval to the next. */
static int width_of(const struct column *column)
{
	static const int widths[] = {
		[KIND_TEXT] = 15, [KIND_ID] = 7, [KIND_NS] = 9,
		[KIND_LATENCY] = 10, [KIND_COUNT] = 9, [KIND_BYTES] = 8,
		[KIND_PERCENT] = 7, [KIND_RATIO] = 9,
	};
	int title = (int)strlen(column->title);

	return title > widths[column->kind] ? title : widths[column->kind];
}

static bool has_several_abis(const struct dash *dash)
{
	const struct snapshot *snap = dash->frame.rows;
	int abi = ABI_NATIVE;

	for (size_t i = 0; i < snap->n_rows; i++)
		if (snap->rows[i].key.abi > abi)
			abi = snap->rows[i].key.abi;
	return abi != ABI_NATIVE;
}

static bool can_show(const struct dash *dash, const struct column *column)
{
	if (!rows_have(dash, column))
		return false;
	/* Of interest where there is more than one. */
	if (!strcmp(column->id, "abi") && !has_several_abis(dash))
		return false;
	/* Whoever is in one process or thread, knows which. */
	return !(column->dim & dash_place(dash)->within);
}

struct layout {
	const struct column *columns[MAX_COLUMNS];
	int at[MAX_COLUMNS], width[MAX_COLUMNS];
	int n;
};

/* Names first, as they have to be there; then the others, while they fit. */
static void choose_columns(const struct dash *dash, struct layout *layout,
			   int cols)
{
	const char *ids = view_columns(dash);
	struct column_list list;
	bool in[MAX_COLUMNS] = { false };
	int left = cols;

	column_parse(ids, &list, NULL);
	for (int names = 1; names >= 0; names--)
		for (int i = 0; i < list.n; i++) {
			const struct column *column = list.columns[i];
			int width = width_of(column) + 1;

			if ((column->kind == KIND_TEXT ||
			     column->kind == KIND_ID) != names ||
			    !can_show(dash, column) ||
			    (!names && left < width))
				continue;
			in[i] = true;
			left -= width;
		}
	layout->n = 0;
	for (int i = 0; i < list.n; i++)
		if (in[i])
			layout->columns[layout->n++] = list.columns[i];
}

static void place_columns(struct layout *layout, int cols)
{
	int at = 0;

	for (int i = 0; i < layout->n; i++) {
		layout->at[i] = at;
		layout->width[i] = width_of(layout->columns[i]);
		at += layout->width[i] + 1;
	}
	/* The last one, a name, has what is left. */
	if (layout->n && cols - layout->at[layout->n - 1] > 0)
		layout->width[layout->n - 1] = cols -
					       layout->at[layout->n - 1];
}

/* Of the interval: what a thread had in a second, or its share of time. */
static void put_rate(const struct dash *dash, char *buf, size_t size,
		     const struct column *column, const struct value *value)
{
	double interval = (double)dash->frame.rows->cfg.interval_ns;
	double seconds = interval / NS_PER_SEC;
	const char *mark = value->estimated ? "~" : "";
	const char *doubt = value->doubtful ? "?" : "";
	char text[VALUE_MAX];

	if (!value->known || interval <= 0)
		value_text(buf, size, column, value);
	else if (column->kind == KIND_NS)
		snprintf(buf, size, "%s%.1f%%%s", mark,
			 100 * (double)value->number / interval, doubt);
	else if (column->kind == KIND_COUNT && column->measure >= 0)
		snprintf(buf, size, "%s%.0f/s%s", mark,
			 (double)value->number / seconds, doubt);
	else if (column->kind == KIND_BYTES)
		snprintf(buf, size, "%s%s/s", mark, value_bytes(text, sizeof(text),
			 (int64_t)((double)value->number / seconds)));
	else
		value_text(buf, size, column, value);
}

/* These are no sums over an interval. */
static bool is_moment(const struct column *column)
{
	return column->measure == MEASURE_AGE ||
	       column->measure == MEASURE_IN_FLIGHT;
}

static void draw_value(const struct dash *dash, struct canvas *canvas,
		       int row, int col, const struct layout *layout, int i,
		       const struct row *data, enum look look)
{
	const struct column *column = layout->columns[i];
	struct value value = column->get(dash->frame.rows, data, column);
	char text[VALUE_MAX];

	if (dash->rates && !is_moment(column))
		put_rate(dash, text, sizeof(text), column, &value);
	else
		value_text(text, sizeof(text), column, &value);
	if (column->kind == KIND_TEXT)
		canvas_put(canvas, row, col + layout->at[i],
			   layout->width[i], look, text);
	else
		canvas_put_right(canvas, row, col + layout->at[i],
				 layout->width[i], look, text);
}

/* Seconds are shares where values are rates. */
static const char *title_of(const struct dash *dash, char *buf, size_t size,
			    const struct column *column)
{
	size_t len = strlen(column->title);

	snprintf(buf, size, "%s", column->title);
	if (dash->rates && column->kind == KIND_NS && !is_moment(column) &&
	    len > 2 && len < size && !strcmp(buf + len - 2, " s"))
		buf[len - 1] = '%';
	return buf;
}

static void draw_titles(struct dash *dash, struct canvas *canvas,
			const struct area *area, const struct layout *layout)
{
	const struct column *sort = rows_sort(dash);
	struct hits *hits = &dash->hits;

	canvas_fill(canvas, area->row, area->col, 1, area->cols, LOOK_TITLE);
	hits->title_row = area->row;
	hits->n_columns = layout->n;
	for (int i = 0; i < layout->n; i++) {
		const struct column *column = layout->columns[i];
		enum look look = column == sort ? LOOK_SORTED : LOOK_TITLE;
		int at = area->col + layout->at[i];
		char title[32];

		title_of(dash, title, sizeof(title), column);
		if (column->kind == KIND_TEXT)
			canvas_put(canvas, area->row, at, layout->width[i],
				   look, title);
		else
			canvas_put_right(canvas, area->row, at,
					 layout->width[i], look, title);
		hits->columns[i].from = at;
		hits->columns[i].to = at + layout->width[i];
		hits->columns[i].column = column;
	}
}

static void scroll(struct dash *dash, int lines)
{
	struct table_state *table = dash_table(dash);
	int last = dash->n_order - lines;

	if (table->top > dash->cursor)
		table->top = dash->cursor;
	if (table->top < dash->cursor - lines + 1)
		table->top = dash->cursor - lines + 1;
	if (table->top > last)
		table->top = last;
	if (table->top < 0)
		table->top = 0;
}

static void draw_nothing(const struct dash *dash, struct canvas *canvas,
			 const struct area *area)
{
	const char *text = !dash->frame.rows ? "waiting for the first interval" :
			   *dash->filter ? "no row has what the filter asks "
					   "for; Esc takes it away" :
			   "nothing in this interval";

	canvas_put(canvas, area->row + 1, area->col + 1, area->cols - 1,
		   LOOK_DIM, text);
}

void table_draw(struct dash *dash, struct canvas *canvas,
		const struct area *area)
{
	int lines = area->rows - 1, top;
	struct layout layout;

	if (lines < 1)
		return;
	if (!dash->frame.rows || dash->frame.rows->cfg.by != dash_by(dash)) {
		draw_nothing(dash, canvas, area);
		return;
	}
	choose_columns(dash, &layout, area->cols);
	place_columns(&layout, area->cols);
	draw_titles(dash, canvas, area, &layout);
	if (!dash->n_order)
		draw_nothing(dash, canvas, area);
	scroll(dash, lines);
	top = dash_table(dash)->top;
	dash->hits.first_row = area->row + 1;
	dash->hits.n_rows = lines;
	for (int i = 0; i < lines && top + i < dash->n_order; i++) {
		const struct row *row =
			&dash->frame.rows->rows[dash->order[top + i]];
		enum look look = top + i == dash->cursor ? LOOK_SELECTED :
				 *dash->search && row_has(row, dash->search) ?
				 LOOK_FOUND : LOOK_PLAIN;

		canvas_fill(canvas, area->row + 1 + i, area->col, 1,
			    area->cols, look);
		for (int c = 0; c < layout.n; c++)
			draw_value(dash, canvas, area->row + 1 + i,
				   area->col, &layout, c, row, look);
	}
}

void table_name(char *buf, size_t size, const struct row *row)
{
	char process[64] = "", thread[64] = "";

	if (row->process)
		snprintf(process, sizeof(process), "%s %d", row->process,
			 row->key.pid);
	if (row->thread && row->key.tid > 0)
		snprintf(thread, sizeof(thread), "%s%s %d",
			 *process ? ", thread " : "", row->thread,
			 row->key.tid);
	snprintf(buf, size, "%.31s%.31s", process, thread);
}
