/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways through the views: Tab to another one, Enter into a row, Backspace up. */
#include <stdio.h>
#include <string.h>

#include "tui/state.h"

#define OF_CALLS (1u << DIM_SYSCALL | 1u << DIM_ERRNO)

bool places_has(const struct dash *dash, const struct view *view)
{
	return !view->is_there || view->is_there(dash);
}

bool places_under_smb(const struct dash *dash)
{
	return dash->cfg.smb;
}

bool places_with_detail(const struct dash *dash)
{
	return dash->cfg.detail;
}

/* Numbered are those that are there. */
const struct view *places_by_key(const struct dash *dash, int key)
{
	int number = key - '0';

	for (int i = 0; number > 0 && number <= 9 && i < VIEW_COUNT; i++)
		if (places_has(dash, view_table[i]) && !--number)
			return view_table[i];
	return NULL;
}

/* Of a chosen row of this view are the latencies from now on. */
static void leave_view(struct dash *dash)
{
	const struct view *view = dash_place(dash)->view;

	if (view->has_latencies)
		dash->latency_of = view->id;
}

unsigned places_switch(struct dash *dash, const struct view *view)
{
	unsigned outside = OF_CALLS | view->outside;
	struct place *place;

	leave_view(dash);
	/* Into a call there is its latency, and nothing else. */
	while (dash->depth && dash_place(dash)->within & outside)
		dash->depth--;
	place = dash_place(dash);
	place->view = view;
	dash->cursor = 0;
	return REACT_ROWS | REACT_DRAW;
}

static void name_place(struct place *place, const struct row *row)
{
	const char *call = place->within & OF_CALLS ? row->syscall : NULL;
	const struct {
		enum dim dim;
		const char *name;
	} details[] = {
		{ DIM_CALLER, row->caller }, { DIM_REASON, row->reason },
		{ DIM_WAKER, row->waker }, { DIM_FILE, row->file },
		{ DIM_PEER, row->peer },
	};
	char name[64], title[256];
	int len;

	table_name(name, sizeof(name), row);
	len = snprintf(title, sizeof(title), "%.40s", name);
	if (row->request && place->within & dim_bit(DIM_REQUEST))
		len += snprintf(title + len, sizeof(title) - (size_t)len,
				"%s%.20s", len ? ": " : "", row->request);
	if (call)
		snprintf(title + len, sizeof(title) - (size_t)len,
			 "%s%.20s", len ? ": " : "", call);
	for (size_t i = 0; i < sizeof(details) / sizeof(*details); i++)
		if (details[i].name &&
		    place->within & dim_bit(details[i].dim)) {
			len = (int)strlen(title);
			snprintf(title + len, sizeof(title) - (size_t)len,
				 "%s%.30s", len ? ": " : "",
				 details[i].name);
		}
	snprintf(place->title, sizeof(place->title), "%.63s", title);
}

unsigned places_enter(struct dash *dash)
{
	const struct row *row = rows_current(dash);
	const struct place *from = dash_place(dash);
	const struct view *view;
	struct place *to;

	if (!row || from->view->enters < 0 || dash->depth == DASH_DEPTH - 1)
		return 0;
	leave_view(dash);
	to = &dash->path[dash->depth + 1];
	view = view_table[from->view->enters];
	if (from->view->enters_else && !places_has(dash, view))
		view = view_table[from->view->enters_else];
	to->view = view;
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
