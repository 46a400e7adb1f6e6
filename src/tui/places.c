/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways through the views: Tab to another one, Enter into a row, Backspace up. */
#include <stdio.h>

#include "tui/state.h"

#define OF_CALLS (1u << DIM_SYSCALL | 1u << DIM_ERRNO)

unsigned places_switch(struct dash *dash, const struct view *view)
{
	struct place *place;

	/* Into a call there is its latency, and nothing else. */
	while (dash->depth && dash_place(dash)->within & OF_CALLS)
		dash->depth--;
	place = dash_place(dash);
	place->view = view;
	dash->cursor = 0;
	return REACT_ROWS | REACT_DRAW;
}

static void name_place(struct place *place, const struct row *row)
{
	char name[64];

	table_name(name, sizeof(name), row);
	snprintf(place->title, sizeof(place->title), "%.40s%s%.20s", name,
		 *name && place->within & OF_CALLS ? ": " : "",
		 place->within & OF_CALLS ? row->syscall : "");
}

unsigned places_enter(struct dash *dash)
{
	const struct row *row = rows_current(dash);
	const struct place *from = dash_place(dash);
	struct place *to;

	if (!row || from->view->enters < 0 || dash->depth == DASH_DEPTH - 1)
		return 0;
	to = &dash->path[dash->depth + 1];
	to->view = view_table[from->view->enters];
	to->within = from->within |
		     (from->view->enters_by & dash->frame.rows->cfg.by);
	to->whose = key_project(&row->key, to->within);
	name_place(to, row);
	/* The one that Backspace comes back to. */
	rows_go(dash, dash->cursor);
	dash->depth++;
	dash->tables[to->view->id].selects = false;
	dash->cursor = 0;
	return REACT_ROWS | REACT_DRAW;
}

unsigned places_leave(struct dash *dash)
{
	if (!dash->depth)
		return 0;
	dash->depth--;
	return REACT_ROWS | REACT_DRAW;
}
