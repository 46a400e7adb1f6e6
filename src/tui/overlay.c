/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is drawn over a view and has the keys meanwhile: menus, help, a line to
 * type, the question before quitting. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/report.h"
#include "tui/menu.h"
#include "tui/state.h"

/* --- menus ------------------------------------------------------------------ */

/* The columns that rows can be sorted by here. */
static int sortable(const struct dash *dash, int nth,
		    const struct column **ret)
{
	const struct snapshot *snap = dash->frame.rows;
	struct column_list list;
	int n = 0;

	*ret = NULL;
	column_parse(view_columns(dash), &list, NULL);
	for (int i = 0; i < list.n; i++) {
		if (!snap || !rows_have(dash, list.columns[i]))
			continue;
		if (n++ == nth)
			*ret = list.columns[i];
	}
	return n;
}

static int count_columns(const struct dash *dash)
{
	const struct column *column;

	return sortable(dash, -1, &column);
}

static const char *column_item(const struct dash *dash, int i)
{
	const struct column *column;

	sortable(dash, i, &column);
	return column ? column->help : "";
}

static unsigned sort_by(struct dash *dash, int i)
{
	const struct column *column;

	sortable(dash, i, &column);
	dash_table(dash)->sort = column;
	dash_table(dash)->inverted = false;
	rows_arrange(dash);
	return REACT_DRAW;
}

static const struct menu sort_menu = {
	.title = "Sort by",
	.count = count_columns, .item = column_item, .choose = sort_by,
};

static const struct {
	int number;
	const char *name;
} signals[] = {
	{ SIGTERM, "TERM: end" }, { SIGINT, "INT: as Ctrl-C" },
	{ SIGHUP, "HUP: hang up, or read the configuration" },
	{ SIGUSR1, "USR1" }, { SIGUSR2, "USR2" }, { SIGQUIT, "QUIT" },
	{ SIGABRT, "ABRT: end with a core" }, { SIGSTOP, "STOP" },
	{ SIGCONT, "CONT: go on" }, { SIGKILL, "KILL: end at once" },
};

static int count_signals(const struct dash *dash)
{
	(void)dash;
	return sizeof(signals) / sizeof(*signals);
}

static const char *signal_item(const struct dash *dash, int i)
{
	(void)dash;
	return signals[i].name;
}

static unsigned send_signal(struct dash *dash, int i)
{
	dash->request.signal = signals[i].number;
	return REACT_KILL | REACT_DRAW;
}

static const struct menu kill_menu = {
	.title = "Send a signal to ",
	.count = count_signals, .item = signal_item, .choose = send_signal,
};

static void open_menu(struct dash *dash, const struct menu *menu,
		      const char *whom)
{
	dash->overlay = OVERLAY_MENU;
	dash->menu = menu;
	dash->chosen = 0;
	snprintf(dash->menu_title, sizeof(dash->menu_title), "%s%s",
		 menu->title, whom);
}

void overlay_sort_menu(struct dash *dash)
{
	const struct column *sort, *column;
	int n;

	if (!view_columns(dash) || !dash->frame.rows)
		return;
	open_menu(dash, &sort_menu, "");
	sort = rows_sort(dash);
	n = count_columns(dash);
	for (int i = 0; i < n; i++) {
		sortable(dash, i, &column);
		if (column == sort)
			dash->chosen = i;
	}
}

/* Not whoever came to be in the place of the one that was chosen. */
static bool is_chosen(const struct dash *dash, const struct row *row)
{
	const struct table_state *table = dash_table(dash);

	return row && table->selects &&
	       !memcmp(&row->key, &table->selected, sizeof(row->key)) &&
	       dash->frame.rows->cfg.by & dim_bit(DIM_PROCESS);
}

void overlay_kill_menu(struct dash *dash)
{
	const struct row *row = rows_current(dash);
	const struct place *place = dash_place(dash);
	char whom[DASH_TEXT], name[DASH_TEXT];

	if (dash->cfg.replay) {
		dash_say(dash, "this is a record: nobody is there to be "
			 "signalled");
		return;
	}
	if (place->within & dim_bit(DIM_PROCESS)) {
		dash->request.process = place->whose;
		text_untrusted(whom, sizeof(whom), place->title);
	} else if (is_chosen(dash, row)) {
		dash->request.process = row->key;
		snprintf(name, sizeof(name), "%.40s %d", row->process,
			 row->key.pid);
		text_untrusted(whom, sizeof(whom), name);
	} else {
		dash_say(dash, "whom? Go to the processes (2), and choose "
			 "one with the arrows");
		return;
	}
	open_menu(dash, &kill_menu, whom);
}

static unsigned menu_input(struct dash *dash, const struct input *input)
{
	int n = dash->menu->count(dash);

	switch (input->code) {
	case INPUT_UP:
	case INPUT_WHEEL_UP:
		dash->chosen -= dash->chosen > 0;
		break;
	case INPUT_DOWN:
	case INPUT_WHEEL_DOWN:
		dash->chosen += dash->chosen < n - 1;
		break;
	case INPUT_HOME:
		dash->chosen = 0;
		break;
	case INPUT_END:
		dash->chosen = n - 1;
		break;
	case INPUT_ENTER:
		dash->overlay = OVERLAY_NONE;
		return dash->menu->choose(dash, dash->chosen);
	case INPUT_ESCAPE:
	case INPUT_CTRL('c'):
	case 'q':
	case INPUT_F(10):
		dash->overlay = OVERLAY_NONE;
		break;
	}
	return REACT_DRAW;
}

/* --- a line to type --------------------------------------------------------- */

static void search_typed(struct dash *dash)
{
	snprintf(dash->search, sizeof(dash->search), "%.63s", dash->typed);
	rows_search(dash, dash->search, false);
}

static unsigned search_done(struct dash *dash, bool kept)
{
	if (!kept)
		*dash->search = '\0';
	return REACT_DRAW;
}

static const struct prompt search_prompt = {
	"Search: ", search_typed, search_done
};

static void filter_typed(struct dash *dash)
{
	snprintf(dash->filter, sizeof(dash->filter), "%.63s", dash->typed);
	rows_arrange(dash);
}

static unsigned filter_done(struct dash *dash, bool kept)
{
	if (!kept)
		*dash->filter = '\0';
	rows_arrange(dash);
	return REACT_DRAW;
}

static const struct prompt filter_prompt = {
	"Filter: ", filter_typed, filter_done
};

static unsigned write_done(struct dash *dash, bool kept)
{
	if (!kept || !*dash->typed)
		return REACT_DRAW;
	snprintf(dash->request.path, sizeof(dash->request.path), "%s",
		 dash->typed);
	return REACT_WRITE | REACT_DRAW;
}

static const struct prompt write_prompt = {
	"Write this view to the file: ", NULL, write_done
};

static void open_prompt(struct dash *dash, const struct prompt *prompt,
			const char *text)
{
	dash->overlay = OVERLAY_PROMPT;
	dash->prompt = prompt;
	snprintf(dash->typed, sizeof(dash->typed), "%s", text);
}

void overlay_search(struct dash *dash)
{
	open_prompt(dash, &search_prompt, "");
}

void overlay_filter(struct dash *dash)
{
	open_prompt(dash, &filter_prompt, dash->filter);
}

void overlay_write(struct dash *dash)
{
	open_prompt(dash, &write_prompt, "");
}

static void delete_last(char *text)
{
	size_t len = strlen(text);

	while (len && (text[len - 1] & 0xc0) == 0x80)
		len--;
	text[len ? len - 1 : 0] = '\0';
}

static void append(char *text, size_t size, int c)
{
	size_t len = strlen(text);
	char utf8[5] = { 0 };

	if (c < 0x80) {
		utf8[0] = (char)c;
	} else if (c < 0x800) {
		utf8[0] = (char)(0xc0 | c >> 6);
		utf8[1] = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		utf8[0] = (char)(0xe0 | c >> 12);
		utf8[1] = (char)(0x80 | (c >> 6 & 63));
		utf8[2] = (char)(0x80 | (c & 63));
	} else {
		utf8[0] = (char)(0xf0 | c >> 18);
		utf8[1] = (char)(0x80 | (c >> 12 & 63));
		utf8[2] = (char)(0x80 | (c >> 6 & 63));
		utf8[3] = (char)(0x80 | (c & 63));
	}
	if (len + strlen(utf8) < size)
		strcat(text, utf8);
}

static unsigned prompt_input(struct dash *dash, const struct input *input)
{
	bool kept = input->code == INPUT_ENTER;

	if (kept || input->code == INPUT_ESCAPE ||
	    input->code == INPUT_CTRL('c')) {
		dash->overlay = OVERLAY_NONE;
		return dash->prompt->done(dash, kept);
	}
	if (input->code == INPUT_BACKSPACE)
		delete_last(dash->typed);
	else if (input->code == INPUT_CTRL('u'))
		*dash->typed = '\0';
	else if (input->code >= ' ' && input->code <= 0x10ffff)
		append(dash->typed, sizeof(dash->typed), input->code);
	if (dash->prompt->typed)
		dash->prompt->typed(dash);
	return REACT_DRAW;
}

/* --- help, and the question before quitting --------------------------------- */

void overlay_help(struct dash *dash)
{
	dash->overlay = OVERLAY_HELP;
	dash->help_top = 0;
}

static unsigned help_input(struct dash *dash, const struct input *input)
{
	switch (input->code) {
	case INPUT_UP:
	case INPUT_WHEEL_UP:
		dash->help_top -= dash->help_top > 0;
		break;
	case INPUT_DOWN:
	case INPUT_WHEEL_DOWN:
		dash->help_top++;
		break;
	case INPUT_PAGE_DOWN:
	case ' ':
		dash->help_top += 10;
		break;
	case INPUT_PAGE_UP:
		dash->help_top -= dash->help_top < 10 ? dash->help_top : 10;
		break;
	default:
		dash->overlay = OVERLAY_NONE;
	}
	return REACT_DRAW;
}

/* As at the end of a report: losses, own cost, notes. */
void overlay_info(struct dash *dash)
{
	size_t len = 0;
	FILE *out;

	if (!dash->frame.head)
		return;
	free(dash->info);
	dash->info = NULL;
	out = open_memstream(&dash->info, &len);
	if (!out)
		return;
	report_foot(out, dash_cumulative(dash) ? dash->frame.rows :
		    dash->frame.head);
	if (fclose(out))
		return;
	dash->overlay = OVERLAY_INFO;
	dash->help_top = 0;
}

unsigned overlay_quit(struct dash *dash)
{
	if (!dash->cfg.command || dash->frame.ended)
		return REACT_QUIT;
	dash->overlay = OVERLAY_QUIT;
	return REACT_DRAW;
}

static unsigned quit_input(struct dash *dash, const struct input *input)
{
	dash->overlay = OVERLAY_NONE;
	if (input->code == 'y' || input->code == 'q' ||
	    input->code == INPUT_CTRL('c') || input->code == INPUT_F(10))
		return REACT_QUIT;
	return REACT_DRAW;
}

unsigned overlay_input(struct dash *dash, const struct input *input)
{
	switch (dash->overlay) {
	case OVERLAY_MENU:
		return menu_input(dash, input);
	case OVERLAY_PROMPT:
		return prompt_input(dash, input);
	case OVERLAY_HELP:
	case OVERLAY_INFO:
		return help_input(dash, input);
	case OVERLAY_QUIT:
		return quit_input(dash, input);
	case OVERLAY_NONE:
		break;
	}
	return 0;
}
