/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How overlays look; what they do is in overlay.c. */
#include <stdio.h>
#include <string.h>

#include "tui/menu.h"
#include "tui/state.h"

static void draw_box(struct canvas *canvas, const struct area *box,
		     const char *title)
{
	canvas_fill(canvas, box->row, box->col, box->rows, box->cols,
		    LOOK_BOX);
	canvas_fill(canvas, box->row, box->col, 1, box->cols, LOOK_TITLE);
	canvas_printf(canvas, box->row, box->col, box->cols, LOOK_TITLE,
		      " %s", title);
}

/* In the middle, as large as asked for and possible. */
static struct area place_box(const struct canvas *canvas, int rows, int cols)
{
	struct area box = { .rows = rows, .cols = cols };

	if (box.rows > canvas->rows - 1)
		box.rows = canvas->rows - 1;
	if (box.cols > canvas->cols)
		box.cols = canvas->cols;
	box.row = (canvas->rows - box.rows) / 2;
	box.col = (canvas->cols - box.cols) / 2;
	return box;
}

static void draw_menu(const struct dash *dash, struct canvas *canvas)
{
	int n = dash->menu->count(dash), top, lines;
	struct area box = place_box(canvas, n + 1, 64);

	lines = box.rows - 1;
	top = dash->chosen >= lines ? dash->chosen - lines + 1 : 0;
	draw_box(canvas, &box, dash->menu_title);
	for (int i = 0; i < lines && top + i < n; i++) {
		enum look look = top + i == dash->chosen ? LOOK_CHOSEN :
							   LOOK_BOX;

		canvas_fill(canvas, box.row + 1 + i, box.col, 1, box.cols,
			    look);
		canvas_put(canvas, box.row + 1 + i, box.col + 1,
			   box.cols - 2, look,
			   dash->menu->item(dash, top + i));
	}
}

static void draw_help(struct dash *dash, struct canvas *canvas)
{
	const char *keys, *words;
	struct area box;
	int n = 0;

	while (keys_help(n, &keys, &words))
		n++;
	box = place_box(canvas, n + 1, 78);
	if (dash->help_top > n - box.rows + 1)
		dash->help_top = n - box.rows + 1;
	if (dash->help_top < 0)
		dash->help_top = 0;
	draw_box(canvas, &box, "Keys; arrows scroll, any other key goes "
		 "back");
	for (int i = 0; i < box.rows - 1 &&
	     keys_help(dash->help_top + i, &keys, &words); i++) {
		canvas_put(canvas, box.row + 1 + i, box.col + 1, 20,
			   LOOK_BOX, keys);
		canvas_put(canvas, box.row + 1 + i, box.col + 22,
			   box.cols - 23, LOOK_BOX, words);
	}
}

int overlay_text(struct canvas *canvas, const struct area *area,
		 enum look look, const char *text, int skip)
{
	int lines = 0;

	while (*text) {
		int len = (int)strcspn(text, "\n"), used = len;
		char line[512];

		if (used > area->cols)
			for (used = area->cols; used > area->cols / 2 &&
			     text[used] != ' '; used--)
				;
		snprintf(line, sizeof(line), "%.*s", used, text);
		if (lines >= skip && lines - skip < area->rows)
			canvas_put(canvas, area->row + lines - skip,
				   area->col, area->cols, look, line);
		lines++;
		text += used;
		text += *text == ' ' || *text == '\n';
	}
	return lines;
}

static void draw_info(struct dash *dash, struct canvas *canvas)
{
	struct area box = place_box(canvas, canvas->rows - 4, 96), text;
	int lines;

	text = (struct area){ box.row + 1, box.col + 1, box.rows - 1,
			      box.cols - 2 };
	draw_box(canvas, &box, dash_cumulative(dash) ?
		 "About all since the start; any key goes back" :
		 "About the last interval; any key goes back");
	lines = overlay_text(canvas, &text, LOOK_BOX, dash->info, 1000000);
	if (dash->help_top > lines - text.rows)
		dash->help_top = lines - text.rows;
	if (dash->help_top < 0)
		dash->help_top = 0;
	overlay_text(canvas, &text, LOOK_BOX, dash->info, dash->help_top);
}

static void draw_question(struct canvas *canvas)
{
	struct area box = place_box(canvas, 4, 60);

	draw_box(canvas, &box, "Quit?");
	canvas_put(canvas, box.row + 1, box.col + 1, box.cols - 2, LOOK_BOX,
		   "What runs goes on; what it writes still goes to a file.");
	canvas_put(canvas, box.row + 2, box.col + 1, box.cols - 2, LOOK_BOX,
		   "y: quit   any other key: stay");
}

void overlay_draw(struct dash *dash, struct canvas *canvas)
{
	switch (dash->overlay) {
	case OVERLAY_MENU:
		draw_menu(dash, canvas);
		break;
	case OVERLAY_HELP:
		draw_help(dash, canvas);
		break;
	case OVERLAY_INFO:
		draw_info(dash, canvas);
		break;
	case OVERLAY_QUIT:
		draw_question(canvas);
		break;
	case OVERLAY_PROMPT:
	case OVERLAY_NONE:
		break;
	}
}

static const struct {
	const char *key, *words;
	int code;
} bottom[] = {
	{ "F1", "Help", INPUT_F(1) }, { "F3", "Search", INPUT_F(3) },
	{ "F4", "Filter", INPUT_F(4) }, { "F6", "Sort", INPUT_F(6) },
	{ "F9", "Kill", INPUT_F(9) }, { "F10", "Quit", INPUT_F(10) },
	{ "Tab", "View", INPUT_TAB }, { "Enter", "Into", INPUT_ENTER },
	{ "Z", "Pause", 'Z' }, { "C", "All", 'C' }, { "i", "Info", 'i' },
	{ "u", "Units", 'u' }, { "w", "Write", 'w' },
};

#define N_BOTTOM ((int)(sizeof(bottom) / sizeof(*bottom)))

_Static_assert(N_BOTTOM <= HITS_KEYS, "each of them can be clicked on");

static void draw_keys(struct dash *dash, struct canvas *canvas, int row)
{
	int at = 0;

	dash->hits.key_row = row;
	dash->hits.n_keys = 0;
	for (int i = 0; i < N_BOTTOM; i++) {
		int width = canvas_width(canvas, bottom[i].key) +
			    canvas_width(canvas, bottom[i].words) + 1;

		if (at + width - 1 > canvas->cols)
			break;
		dash->hits.keys[dash->hits.n_keys].from = at;
		dash->hits.keys[dash->hits.n_keys].to = at + width - 1;
		dash->hits.keys[dash->hits.n_keys++].code = bottom[i].code;
		canvas_put(canvas, row, at, width, LOOK_KEY, bottom[i].key);
		canvas_put(canvas, row, at + width - 1 -
			   canvas_width(canvas, bottom[i].words), width,
			   LOOK_PLAIN, bottom[i].words);
		at += width;
	}
}

void overlay_keys_draw(struct dash *dash, struct canvas *canvas, int row)
{
	int at;

	dash->hits.n_keys = 0;
	if (dash->overlay == OVERLAY_PROMPT) {
		at = canvas_put(canvas, row, 0, canvas->cols, LOOK_KEY,
				dash->prompt->title);
		at += canvas_put(canvas, row, at, canvas->cols - at,
				 LOOK_PLAIN, dash->typed);
		canvas_put(canvas, row, at, 1, LOOK_CHOSEN, " ");
	} else if (*dash->said) {
		canvas_put(canvas, row, 0, canvas->cols, LOOK_ALERT,
			   dash->said);
	} else {
		draw_keys(dash, canvas, row);
	}
}
