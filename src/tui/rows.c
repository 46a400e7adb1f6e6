/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/state.h"

const char *view_columns(const struct dash *dash)
{
	const struct view *view = dash_place(dash)->view;

	return view->estimated && !dash->cfg.exact ? view->estimated :
						     view->columns;
}

bool rows_have(const struct dash *dash, const struct column *column)
{
	const struct snapshot *snap = dash->frame.rows;
	unsigned has = snap->cfg.measures;

	if (snap->cfg.by & dim_bit(DIM_SYSCALL) && snap->cfg.by_call)
		has &= snap->cfg.by_call | (snap->cfg.by &
		       dim_bit(DIM_REQUEST) ? 1u << MEASURE_REQUESTS : 0);
	return !(column->needs & ~has) &&
	       (!column->needs_hist || dash->cfg.histograms) &&
	       (!column->dim || column->dim & snap->cfg.by);
}

/* The first of a list of columns that these rows have. */
static const struct column *first_of(const struct dash *dash,
				     const char *ids)
{
	struct column_list list;

	column_parse(ids, &list, NULL);
	for (int i = 0; i < list.n; i++)
		if (rows_have(dash, list.columns[i]))
			return list.columns[i];
	return list.columns[list.n - 1];
}

const struct column *rows_sort(const struct dash *dash)
{
	const struct column *sort = dash_table(dash)->sort;

	if (sort && rows_have(dash, sort))
		return sort;
	return first_of(dash, dash_place(dash)->view->sort);
}

static bool contains(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

bool row_has(const struct row *row, const char *text)
{
	const char *const texts[] = {
		row->process, row->thread, row->syscall, row->error,
		row->request, row->status, row->client, row->user,
		row->share, row->phase, row->stack, row->caller,
		row->reason, row->waker, row->file, row->peer,
	};
	char id[32];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (contains(texts[i], text))
			return true;
	snprintf(id, sizeof(id), "%d %d", row->key.pid, row->key.tid);
	return row->process && contains(id, text);
}

static bool is_shown(const struct dash *dash, const struct row *row)
{
	const struct place *place = dash_place(dash);

	if (!key_is_within(&row->key, place->within, &place->whose))
		return false;
	if (place->view->skips && place->view->skips(row))
		return false;
	return !*dash->filter || row_has(row, dash->filter);
}

static void reverse(int *order, int n)
{
	for (int i = 0; i < n / 2; i++) {
		int other = order[i];

		order[i] = order[n - 1 - i];
		order[n - 1 - i] = other;
	}
}

static void find_cursor(struct dash *dash)
{
	const struct table_state *table = dash_table(dash);
	const struct snapshot *snap = dash->frame.rows;

	for (int i = 0; table->selects && i < dash->n_order; i++)
		if (!memcmp(&snap->rows[dash->order[i]].key,
			    &table->selected, sizeof(table->selected))) {
			dash->cursor = i;
			return;
		}
	/* It has gone, or was never there: the place stays. */
	if (dash->cursor >= dash->n_order)
		dash->cursor = dash->n_order ? dash->n_order - 1 : 0;
	if (!table->selects)
		dash->cursor = 0;
}

void rows_arrange(struct dash *dash)
{
	const struct snapshot *snap = dash->frame.rows;
	int n = 0;

	free(dash->order);
	dash->order = NULL;
	dash->n_order = 0;
	if (!snap || !dash_place(dash)->view->columns ||
	    snap->cfg.by != dash_by(dash))
		return;
	dash->order = column_order(snap, rows_sort(dash));
	for (size_t i = 0; dash->order && i < snap->n_rows; i++)
		if (is_shown(dash, &snap->rows[dash->order[i]]))
			dash->order[n++] = dash->order[i];
	if (dash_table(dash)->inverted)
		reverse(dash->order, n);
	dash->n_order = n;
	find_cursor(dash);
}

const struct row *rows_current(const struct dash *dash)
{
	if (dash->cursor < 0 || dash->cursor >= dash->n_order)
		return NULL;
	return &dash->frame.rows->rows[dash->order[dash->cursor]];
}

void rows_go(struct dash *dash, int to)
{
	struct table_state *table = dash_table(dash);

	if (!dash->n_order)
		return;
	if (to >= dash->n_order)
		to = dash->n_order - 1;
	dash->cursor = to < 0 ? 0 : to;
	table->selects = true;
	table->selected = rows_current(dash)->key;
}

void rows_move(struct dash *dash, int by)
{
	rows_go(dash, dash->cursor + by);
}

bool rows_search(struct dash *dash, const char *text, bool next)
{
	/* The next one is another than this one. */
	for (int i = next; *text && i < dash->n_order; i++) {
		int at = (dash->cursor + i) % dash->n_order;

		if (!row_has(&dash->frame.rows->rows[dash->order[at]], text))
			continue;
		rows_go(dash, at);
		return true;
	}
	return false;
}
