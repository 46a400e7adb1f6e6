/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do, in one table, which is the help as well. They are those of htop
 * and top where these have one for it. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/state.h"

#define PAGE 10

/* Of the interval, in tenths of a second; + and - go through them. */
static const int paces[] = { 1, 2, 5, 10, 20, 50, 100, 300, 600 };

#define N_PACES ((int)(sizeof(paces) / sizeof(*paces)))

typedef unsigned (*act_fn)(struct dash *dash);

/* What only opens an overlay. */
#define OPENS(name_, open_) \
	static unsigned name_(struct dash *dash) \
	{ \
		open_(dash); \
		return REACT_DRAW; \
	}

OPENS(help, overlay_help)
OPENS(info, overlay_info)
OPENS(search, overlay_search)
OPENS(filter, overlay_filter)
OPENS(sort_menu, overlay_sort_menu)
OPENS(kill_menu, overlay_kill_menu)
OPENS(write_view, overlay_write)

static unsigned search_next(struct dash *dash)
{
	if (!rows_search(dash, dash->search, true))
		dash_say(dash, *dash->search ? "nothing else has that" :
			 "nothing to search for: / asks");
	return REACT_DRAW;
}

static unsigned quit(struct dash *dash)
{
	return overlay_quit(dash);
}

static unsigned suspend(struct dash *dash)
{
	(void)dash;
	return REACT_SUSPEND;
}

static unsigned repaint(struct dash *dash)
{
	(void)dash;
	return REACT_REPAINT | REACT_DRAW;
}

static unsigned now(struct dash *dash)
{
	(void)dash;
	return REACT_NOW;
}

static unsigned pause_it(struct dash *dash)
{
	dash->paused = !dash->paused;
	return REACT_DRAW;
}

static unsigned cumulate(struct dash *dash)
{
	dash->cumulative = !dash->cumulative;
	return REACT_ROWS | REACT_DRAW;
}

static unsigned units(struct dash *dash)
{
	dash->rates = !dash->rates;
	dash_say(dash, dash->rates ? "share of the time, and per second" :
		 "seconds, and counts");
	return REACT_DRAW;
}

static void forget_history(struct dash *dash)
{
	dash->history.n = 0;
	heat_done(&dash->heat);
	heat_init(&dash->heat);
}

static unsigned reset(struct dash *dash)
{
	dash->lost = false;
	forget_history(dash);
	return REACT_RESET | REACT_DRAW;
}

/* Time goes its own way, but in a record. */
static bool is_record(struct dash *dash)
{
	if (!dash->cfg.replay)
		dash_say(dash, "only a record has a time to move in: "
			 "--record makes one, --replay shows it");
	return dash->cfg.replay;
}

static unsigned seek(struct dash *dash, int64_t by_ns)
{
	if (!is_record(dash))
		return REACT_DRAW;
	forget_history(dash);
	dash->request.seek_ns = by_ns;
	return REACT_SEEK | REACT_DRAW;
}

static unsigned back(struct dash *dash)
{
	return seek(dash, -10 * NS_PER_SEC);
}

static unsigned on(struct dash *dash)
{
	return seek(dash, 10 * NS_PER_SEC);
}

static unsigned far_back(struct dash *dash)
{
	return seek(dash, -60 * NS_PER_SEC);
}

static unsigned far_on(struct dash *dash)
{
	return seek(dash, 60 * NS_PER_SEC);
}

/* From an eighth to 256 times as fast. */
static unsigned speed(struct dash *dash, int by)
{
	int log2 = dash->speed_log2 + by;

	if (is_record(dash) && log2 >= -3 && log2 <= 8)
		dash->speed_log2 = log2;
	return REACT_DRAW;
}

static unsigned half_speed(struct dash *dash)
{
	return speed(dash, -1);
}

static unsigned double_speed(struct dash *dash)
{
	return speed(dash, 1);
}

static unsigned threads(struct dash *dash)
{
	dash->threads = !dash->threads;
	return places_switch(dash, &view_tasks);
}

static unsigned invert(struct dash *dash)
{
	dash_table(dash)->inverted = !dash_table(dash)->inverted;
	rows_arrange(dash);
	return REACT_DRAW;
}

static void set_pace(struct dash *dash, int tenths)
{
	dash->delay_ns = dash->kept_delay_ns = tenths * NS_PER_SEC / 10;
}

static unsigned slower(struct dash *dash)
{
	for (int i = 0; i < N_PACES; i++)
		if (paces[i] * NS_PER_SEC / 10 > dash->delay_ns) {
			set_pace(dash, paces[i]);
			break;
		}
	return REACT_DRAW;
}

static unsigned faster(struct dash *dash)
{
	for (int i = N_PACES - 1; i >= 0; i--)
		if (paces[i] * NS_PER_SEC / 10 < dash->delay_ns) {
			set_pace(dash, paces[i]);
			break;
		}
	return REACT_DRAW;
}

/* To the view beside this one, of those that are there. */
static unsigned turn(struct dash *dash, int by)
{
	int id = dash_place(dash)->view->id;

	do {
		id = (id + by + VIEW_COUNT) % VIEW_COUNT;
	} while (!places_has(dash, view_table[id]));
	return places_switch(dash, view_table[id]);
}

static unsigned next_view(struct dash *dash)
{
	return turn(dash, 1);
}

static unsigned last_view(struct dash *dash)
{
	return turn(dash, -1);
}

static unsigned up(struct dash *dash)
{
	rows_move(dash, -1);
	return REACT_DRAW;
}

static unsigned down(struct dash *dash)
{
	rows_move(dash, 1);
	return REACT_DRAW;
}

static unsigned page_up(struct dash *dash)
{
	rows_move(dash, dash->hits.n_rows > 1 ? 1 - dash->hits.n_rows :
						-PAGE);
	return REACT_DRAW;
}

static unsigned page_down(struct dash *dash)
{
	rows_move(dash, dash->hits.n_rows > 1 ? dash->hits.n_rows - 1 : PAGE);
	return REACT_DRAW;
}

static unsigned home(struct dash *dash)
{
	rows_go(dash, 0);
	return REACT_DRAW;
}

static unsigned end(struct dash *dash)
{
	rows_go(dash, dash->n_order - 1);
	return REACT_DRAW;
}

/* Out of what is nearest: the search, the filter, the selection, the row. */
static unsigned escape(struct dash *dash)
{
	if (*dash->search)
		*dash->search = '\0';
	else if (*dash->filter)
		*dash->filter = '\0';
	else if (dash_table(dash)->selects)
		dash_table(dash)->selects = false;
	else
		return places_leave(dash);
	rows_arrange(dash);
	return REACT_DRAW;
}

/* The columns that are shown, in turn. */
static unsigned move_sort(struct dash *dash, int by)
{
	const struct hits *hits = &dash->hits;
	int at = 0;

	if (!dash->frame.rows || hits->n_columns < 1)
		return 0;
	for (int i = 0; i < hits->n_columns; i++)
		if (hits->columns[i].column == rows_sort(dash))
			at = i;
	at = (at + by + hits->n_columns) % hits->n_columns;
	dash_table(dash)->sort = hits->columns[at].column;
	rows_arrange(dash);
	return REACT_DRAW;
}

static unsigned sort_left(struct dash *dash)
{
	return move_sort(dash, -1);
}

static unsigned sort_right(struct dash *dash)
{
	return move_sort(dash, 1);
}

/* What a letter sorts by, the first of these that rows have. */
static const struct {
	int code;
	const char *ids;
} sort_keys[] = {
	{ 'P', "cpu" }, { 'T', "wall,blocked" }, { 'B', "blocked" },
	{ 'Q', "runq" },
	{ 'N', "pid,tid,syscall,request,phase" },
	{ 'O', "calls,requests" },
	{ 'E', "errors" }, { 'A', "average,blocked-average" },
	{ 'M', "max" },
};

/* The first of these that the view has, or else its rows. */
static const struct column *first_sort(const struct dash *dash,
				       const char *ids)
{
	struct column_list list, view;

	column_parse(ids, &list, NULL);
	column_parse(view_columns(dash), &view, NULL);
	for (int c = 0; c < list.n; c++)
		for (int i = 0; i < view.n; i++)
			if (list.columns[c] == view.columns[i] &&
			    rows_have(dash, list.columns[c]))
				return list.columns[c];
	for (int c = 0; c < list.n; c++)
		if (rows_have(dash, list.columns[c]))
			return list.columns[c];
	return NULL;
}

static unsigned sort_by_letter(struct dash *dash, int code)
{
	const struct column *column;

	if (!dash->frame.rows || !view_columns(dash))
		return 0;
	for (size_t i = 0; i < sizeof(sort_keys) / sizeof(*sort_keys); i++) {
		if (sort_keys[i].code != code)
			continue;
		column = first_sort(dash, sort_keys[i].ids);
		if (column) {
			dash_table(dash)->sort = column;
			rows_arrange(dash);
		} else {
			dash_say(dash, "these rows have no such column");
		}
		return REACT_DRAW;
	}
	return 0;
}

static const struct key_desc {
	int codes[4];
	act_fn act;
	const char *keys, *words;	/* NULL: with the line before */
} table[] = {
	{ { INPUT_F(1), 'h', '?' }, help, "F1 h ?", "this help" },
	{ { 'i' }, info, "i", "what was lost, what is not known, and why" },
	{ { INPUT_TAB, INPUT_RIGHT }, next_view, "Tab, 1 to 9",
	  "the views; Shift-Tab goes back" },
	{ { INPUT_BACKTAB, INPUT_LEFT }, last_view, NULL, NULL },
	{ { INPUT_ENTER }, places_enter, "Enter",
	  "into a process's or request's calls, a call's latency" },
	{ { 0 }, NULL, "3",
	  "how long the calls or requests of the chosen row took" },
	{ { INPUT_BACKSPACE }, places_leave, "Backspace", "up again" },
	{ { INPUT_UP }, up, "arrows, PgUp, PgDn",
	  "another row, which stays chosen; also Home and End" },
	{ { INPUT_DOWN }, down, NULL, NULL },
	{ { INPUT_PAGE_UP }, page_up, NULL, NULL },
	{ { INPUT_PAGE_DOWN, ' ' }, page_down, NULL, NULL },
	{ { INPUT_HOME, 'g' }, home, NULL, NULL },
	{ { INPUT_END, 'G' }, end, NULL, NULL },
	{ { INPUT_F(3), '/' }, search, "F3 /", "search; n goes on" },
	{ { 'n' }, search_next, NULL, NULL },
	{ { INPUT_F(4), '\\' }, filter, "F4 \\",
	  "only rows with this text" },
	{ { INPUT_ESCAPE }, escape, "Esc",
	  "no search, filter or choice any more; then up" },
	{ { INPUT_F(6), 's' }, sort_menu, "F6 s", "sort by a column" },
	{ { '<', ',' }, sort_left, "< >", "by the column beside it" },
	{ { '>', '.' }, sort_right, NULL, NULL },
	{ { 'I', 'R' }, invert, "I R", "the other way round" },
	{ { 0 }, NULL, "P T B Q", "by CPU, wall, blocked, run queue time" },
	{ { 0 }, NULL, "O E A M N",
	  "by calls, errors, average, longest, number or name" },
	{ { 'H' }, threads, "H", "threads, or processes" },
	{ { 'C', 'c' }, cumulate, "C",
	  "all since the start, or the last interval" },
	{ { 'u' }, units, "u", "seconds and counts, or shares and rates" },
	{ { '+', '=' }, slower, "+ -", "longer and shorter intervals" },
	{ { '-' }, faster, NULL, NULL },
	{ { 'Z', 'p' }, pause_it, "Z p",
	  "pause: the interval goes on until you go on" },
	{ { 'r', INPUT_CTRL('r') }, now, "r", "end the interval now" },
	{ { 'x' }, reset, "x", "forget all, and begin anew" },
	{ { '[' }, back, "[ ] ( )",
	  "of a record: 10 seconds, or a minute, back and on" },
	{ { ']' }, on, NULL, NULL },
	{ { '(' }, far_back, NULL, NULL },
	{ { ')' }, far_on, NULL, NULL },
	{ { '{' }, half_speed, "{ }", "of a record: half, or double, speed" },
	{ { '}' }, double_speed, NULL, NULL },
	{ { 'w' }, write_view, "w", "write this view to a file" },
	{ { INPUT_F(9), 'k' }, kill_menu, "F9 k",
	  "send the chosen process a signal" },
	{ { INPUT_CTRL('l') }, repaint, "Ctrl-L", "draw all anew" },
	{ { INPUT_CTRL('z') }, suspend, "Ctrl-Z",
	  "to the shell; accounting goes on" },
	{ { INPUT_F(10), 'q', INPUT_CTRL('c') }, quit, "F10 q Ctrl-C",
	  "quit, with the report of all" },
	{ { 0 }, NULL, "mouse", "click: a row, a title to sort by, a view, "
	  "a key; wheel" },
};

#define N_KEYS ((int)(sizeof(table) / sizeof(*table)))

bool keys_help(int line, const char **keys, const char **words)
{
	for (int i = 0; i < N_KEYS; i++) {
		if (!table[i].keys || line--)
			continue;
		*keys = table[i].keys;
		*words = table[i].words;
		return true;
	}
	return false;
}

static unsigned press(struct dash *dash, int code)
{
	for (int i = 0; i < N_KEYS; i++)
		for (int c = 0; c < 4; c++)
			if (code && table[i].codes[c] == code)
				return table[i].act(dash);
	if (places_by_key(dash, code))
		return places_switch(dash, places_by_key(dash, code));
	return sort_by_letter(dash, code);
}

static unsigned click_title(struct dash *dash, int col)
{
	const struct hits *hits = &dash->hits;

	for (int i = 0; i < hits->n_columns; i++) {
		const struct column *column = hits->columns[i].column;

		if (col < hits->columns[i].from || col > hits->columns[i].to)
			continue;
		dash_table(dash)->inverted = rows_sort(dash) == column &&
					     !dash_table(dash)->inverted;
		dash_table(dash)->sort = column;
		rows_arrange(dash);
		return REACT_DRAW;
	}
	return 0;
}

static unsigned click(struct dash *dash, const struct input *input)
{
	const struct hits *hits = &dash->hits;
	int line = input->row - hits->first_row;

	if (input->row == hits->title_row && hits->n_columns)
		return click_title(dash, input->col);
	for (int i = 0; input->row == hits->tab_row && i < VIEW_COUNT; i++)
		if (input->col >= hits->tabs[i].from &&
		    input->col < hits->tabs[i].to)
			return places_switch(dash, view_table[i]);
	for (int i = 0; input->row == hits->key_row && i < hits->n_keys; i++)
		if (input->col >= hits->keys[i].from &&
		    input->col < hits->keys[i].to)
			return press(dash, hits->keys[i].code);
	if (hits->n_rows && line >= 0 && line < hits->n_rows &&
	    dash_table(dash)->top + line < dash->n_order) {
		rows_go(dash, dash_table(dash)->top + line);
		return REACT_DRAW;
	}
	return 0;
}

unsigned keys_input(struct dash *dash, const struct input *input)
{
	const struct view *view = dash_place(dash)->view;
	unsigned react = view->input ? view->input(dash, input) : 0;

	if (react)
		return react;
	switch (input->code) {
	case INPUT_CLICK:
		return click(dash, input);
	case INPUT_WHEEL_UP:
		rows_move(dash, -3);
		return REACT_DRAW;
	case INPUT_WHEEL_DOWN:
		rows_move(dash, 3);
		return REACT_DRAW;
	}
	return press(dash, input->code);
}
