/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The views. A new one is a file with one struct view, a row of the table in
 * views.c and a name here. Private to src/tui.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stdbool.h>

#include "acct/snapshot.h"
#include "tui/canvas.h"
#include "tui/input.h"

struct dash;

struct area {
	int row, col, rows, cols;
};

/* New ones come last: settings are kept by these numbers. */
enum view_id { VIEW_CALLS, VIEW_TASKS, VIEW_LATENCY, VIEW_ERRORS,
	       VIEW_FLIGHT, VIEW_OUTPUT, VIEW_REQUESTS, VIEW_BILL,
	       VIEW_PHASES, VIEW_CLIENTS, VIEW_SITES, VIEW_STACKS,
	       VIEW_REASONS, VIEW_OBJECTS, VIEW_COUNT };

struct view {
	enum view_id id;	/* its place in view_table */
	const char *name;
	const char *brief;	/* where there is no room for all names */
	/* Dimensions of its rows, where @within are fixed. */
	unsigned (*by)(const struct dash *dash, unsigned within);
	/* Columns by their importance, names last; those that the collector
	 * does not have are left out. NULL: it has no table. */
	const char *columns;
	const char *estimated;	/* the same, where calls are not timed, or NULL */
	const char *sort;	/* by default, the first of these that is there */
	bool interval_only;	/* is of the end of the interval */
	/* Rows that it does not have. NULL: it has all. */
	bool (*skips)(const struct row *row);
	/* Why it has nothing to show, or NULL. */
	const char *(*lacks)(const struct dash *dash);
	/* NULL: the table alone. */
	void (*draw)(struct dash *dash, struct canvas *canvas,
		     const struct area *area);
	/* The view that Enter opens on the current row, and by which of its
	 * dimensions; -1: none. */
	int enters;
	int enters_else;	/* where that is not there; 0: none */
	unsigned enters_by;
	/* Dimensions that it shows all of, even from within one of these. */
	unsigned outside;
	bool has_latencies;	/* of its rows, in the view of latencies */
	/* Whether there is such a thing here. NULL: always. */
	bool (*is_there)(const struct dash *dash);
	/* Reactions; 0: not a key of its own. NULL: has none. */
	unsigned (*input)(struct dash *dash, const struct input *input);
};

extern const struct view view_calls, view_tasks, view_latency, view_errors,
	view_flight, view_output, view_requests, view_bill, view_phases,
	view_clients, view_sites, view_stacks, view_reasons, view_objects;
extern const struct view *const view_table[VIEW_COUNT];

#endif
