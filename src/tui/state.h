/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the dashboard share: its state. Private to src/tui. */
#ifndef TUI_STATE_H
#define TUI_STATE_H

#include "tui/dash.h"
#include "tui/heat.h"
#include "tui/history.h"
#include "tui/view.h"

#define DASH_DEPTH 4
#define DASH_TEXT 64

/* Where the user is: a view, and whose rows it has. */
struct place {
	const struct view *view;
	unsigned within;	/* dimensions that are fixed, as bits */
	struct key whose;	/* to these */
	char title[DASH_TEXT];	/* of them, untrusted */
};

/* Of each view, whatever place shows it. */
struct table_state {
	const struct column *sort;	/* NULL: what the view sorts by */
	bool inverted;
	bool selects;		/* a row was chosen: it stays so by its key */
	struct key selected;
	int top;		/* the first row that is seen */
};

enum overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_INFO, OVERLAY_MENU,
	       OVERLAY_PROMPT, OVERLAY_QUIT };

struct menu;
struct prompt;

#define HITS_KEYS 16

/* Where the last drawing put what can be clicked on. */
struct hits {
	int title_row, first_row, n_rows;
	int n_columns;
	struct {
		int from, to;
		const struct column *column;
	} columns[MAX_COLUMNS];
	int tab_row;
	struct {
		int from, to;
	} tabs[VIEW_COUNT];
	int key_row;
	int n_keys;
	struct {
		int from, to, code;
	} keys[HITS_KEYS];
};

struct dash {
	struct dash_cfg cfg;
	struct dash_frame frame;
	struct place path[DASH_DEPTH];
	int depth;
	struct table_state tables[VIEW_COUNT];
	int *order;		/* of the rows that are shown; n_order */
	int n_order, cursor;
	enum view_id latency_of;	/* the view whose rows it is of */
	bool cumulative, paused, rates, threads;
	bool lost;		/* something was, since all began */
	int64_t kept_delay_ns;	/* as chosen by keys */
	int64_t delay_ns;
	int speed_log2;		/* of a record */
	char filter[DASH_TEXT], search[DASH_TEXT];
	char said[DASH_TEXT * 4];
	enum overlay overlay;
	const struct menu *menu;
	char menu_title[2 * DASH_TEXT];
	int chosen;		/* in the menu */
	const struct prompt *prompt;
	char typed[DASH_TEXT * 4];
	char *info;		/* lines, of OVERLAY_INFO */
	int help_top, output_top;	/* help's is the information's, too */
	bool output_follows;
	struct history history;
	struct heat heat;
	struct hits hits;
	struct dash_request request;
};

static inline struct place *dash_place(const struct dash *dash)
{
	return (struct place *)&dash->path[dash->depth];
}

static inline struct table_state *dash_table(const struct dash *dash)
{
	return (struct table_state *)
		&dash->tables[dash_place(dash)->view->id];
}

/* Of a sum of all rows; -1: not known. */
double dash_per_second(const struct snapshot *snap, enum measure m);

/* --- rows.c: which rows, in which order ------------------------------------- */

/* The view's columns here, NULL: it has no table. */
const char *view_columns(const struct dash *dash);
/* Whether these rows have the column. */
bool rows_have(const struct dash *dash, const struct column *column);

void rows_arrange(struct dash *dash);
/* The row that the cursor is on; NULL: there is none. */
const struct row *rows_current(const struct dash *dash);
/* By so many rows, within the list; it is selected from then on. */
void rows_move(struct dash *dash, int by);
void rows_go(struct dash *dash, int to);
/* To the next row from the cursor on that has @text; false: none has. */
bool rows_search(struct dash *dash, const char *text, bool next);
bool row_has(const struct row *row, const char *text);
const struct column *rows_sort(const struct dash *dash);

/* --- the parts of the screen ------------------------------------------------ */

/* Each draws from @area's top, and says how many lines it took. */
int header_draw(const struct dash *dash, struct canvas *canvas,
		const struct area *area);
int cost_draw(const struct dash *dash, struct canvas *canvas,
	      const struct area *area, bool brief);
void table_draw(struct dash *dash, struct canvas *canvas,
		const struct area *area);
/* "smbd 4711", of a row's process; its thread, where it has one. */
void table_name(char *buf, size_t size, const struct row *row);
void overlay_draw(struct dash *dash, struct canvas *canvas);
/* Broken into lines at blanks; how many there were. */
int overlay_text(struct canvas *canvas, const struct area *area,
		 enum look look, const char *text, int skip);
void overlay_keys_draw(struct dash *dash, struct canvas *canvas, int row);

/* --- keys ------------------------------------------------------------------- */

unsigned overlay_input(struct dash *dash, const struct input *input);
unsigned keys_input(struct dash *dash, const struct input *input);
/* Of the command that are kept. */
int output_lines(const struct dash *dash);
/* Lines of help, NULL behind the last one. */
bool keys_help(int line, const char **keys, const char **words);

void overlay_help(struct dash *dash);
void overlay_info(struct dash *dash);
void overlay_sort_menu(struct dash *dash);
void overlay_kill_menu(struct dash *dash);
void overlay_search(struct dash *dash);
void overlay_filter(struct dash *dash);
void overlay_write(struct dash *dash);
unsigned overlay_quit(struct dash *dash);

bool places_has(const struct dash *dash, const struct view *view);
/* The view that has the number key @key, NULL: none here. */
const struct view *places_by_key(const struct dash *dash, int key);
bool places_under_smb(const struct dash *dash);
bool places_with_detail(const struct dash *dash);
/* To another view of the same rows, or into a row's. */
unsigned places_switch(struct dash *dash, const struct view *view);
unsigned places_enter(struct dash *dash);
unsigned places_leave(struct dash *dash);

#endif
