/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dashboard without a terminal: what it is drawn from, and its screen. */
#ifndef SCENE_H
#define SCENE_H

#include "book.h"

#include <locale.h>
#include <stdlib.h>

#include "tui/dash.h"

struct scene {
	struct book book;
	struct dash_cfg cfg;
	struct dash *dash;
	struct snapshot *head, *snap;
	/* Takes snapshots, and shows them. */
	void (*show)(struct scene *s, bool fresh);
	int cols;
	char *screen;
	unsigned reactions;
};

static inline struct scene *scene_new(const struct dash_cfg *cfg,
				      void (*fill)(struct book *book),
				      void (*show)(struct scene *s,
						   bool fresh), int cols)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->cfg = *cfg;
	s->show = show;
	s->cols = cols;
	book_open(&s->book);
	fill(&s->book);
	assert_int_equal(dash_new(&s->dash, &s->cfg, NULL), 0);
	s->show(s, true);
	return s;
}

static inline int close_scene(void **state)
{
	struct scene *s = *state;

	dash_free(s->dash);
	snapshot_free(s->snap);
	snapshot_free(s->head);
	book_close(&s->book);
	free(s->screen);
	free(s);
	return 0;
}

static inline const char *draw(struct scene *s, int rows, int cols)
{
	struct canvas canvas;
	size_t len = 0;
	FILE *out;

	free(s->screen);
	s->screen = NULL;
	canvas_init(&canvas, rows, cols, true);
	canvas.letters = true;
	dash_draw(s->dash, &canvas);
	out = open_memstream(&s->screen, &len);
	assert_non_null(out);
	canvas_print(&canvas, out);
	assert_int_equal(fclose(out), 0);
	canvas_done(&canvas);
	return s->screen;
}

static inline void press(struct scene *s, int code)
{
	struct input input = { .code = code };

	s->reactions = dash_input(s->dash, &input);
	if (s->reactions & REACT_ROWS)
		s->show(s, false);
}

static inline void type(struct scene *s, const char *text)
{
	for (; *text; text++)
		press(s, *text);
}

static inline void assert_sees(struct scene *s, const char *text)
{
	if (!strstr(draw(s, 24, s->cols), text))
		fail_msg("'%s' is not on:\n%s", text, s->screen);
}

static inline void assert_misses(struct scene *s, const char *text)
{
	if (strstr(draw(s, 24, s->cols), text))
		fail_msg("'%s' is on:\n%s", text, s->screen);
}

/* The line of @text is above the one of @below. */
static inline void assert_above(struct scene *s, const char *text,
				const char *below)
{
	const char *screen = draw(s, 24, s->cols);
	const char *first = strstr(screen, text), *second = strstr(screen,
								   below);

	if (!first || !second || first >= second)
		fail_msg("'%s' is not above '%s' on:\n%s", text, below,
			 screen);
}

#endif
