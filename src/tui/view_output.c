/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the launched command writes, its last lines; it can be scrolled. */
#include <string.h>

#include "base/text.h"
#include "tui/state.h"

static unsigned by_calls(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_SYSCALL) | within;
}

static bool is_there(const struct dash *dash)
{
	return dash->cfg.command;
}

static const char *lacks(const struct dash *dash)
{
	return dash->frame.output ? NULL :
	       "What it writes goes to the file of --command-output.";
}

int output_lines(const struct dash *dash)
{
	int n = 0;

	for (size_t i = 0; i < dash->frame.output_len; i++)
		n += dash->frame.output[i] == '\n';
	if (dash->frame.output_len &&
	    dash->frame.output[dash->frame.output_len - 1] != '\n')
		n++;
	return n;
}

static const char *line_at(const struct dash *dash, int number, size_t *len)
{
	const char *at = dash->frame.output;
	const char *end = at + dash->frame.output_len, *next;

	while (number-- > 0) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (!next)
			return NULL;
		at = next + 1;
	}
	next = memchr(at, '\n', (size_t)(end - at));
	*len = (size_t)((next ? next : end) - at);
	return at;
}

/* They do no harm, and a command's output is to look as it is. */
static void keep_backslashes(char *text)
{
	static const char escaped[] = "\\134";
	char *from = text;

	while ((text = strstr(from, escaped))) {
		from = text + 1;
		memmove(from, text + sizeof(escaped) - 1,
			strlen(text + sizeof(escaped) - 1) + 1);
	}
}

static void draw_output(struct dash *dash, struct canvas *canvas,
			const struct area *area)
{
	int n = output_lines(dash), rows = area->rows - 1;

	if (dash->output_follows || dash->output_top > n - rows)
		dash->output_top = n - rows;
	if (dash->output_top < 0)
		dash->output_top = 0;
	canvas_fill(canvas, area->row, area->col, 1, area->cols, LOOK_TITLE);
	canvas_printf(canvas, area->row, area->col, area->cols, LOOK_TITLE,
		      "output of the command: lines %d to %d of %d%s%s",
		      n ? dash->output_top + 1 : 0,
		      dash->output_top + rows < n ? dash->output_top + rows :
		      n, n, dash->frame.output_before ? ", the first ones are "
		      "gone" : "", dash->output_follows ? ", following" :
		      "; End follows");
	for (int i = 0; i < rows && dash->output_top + i < n; i++) {
		char line[512], safe[1024];
		size_t len = 0;
		const char *text = line_at(dash, dash->output_top + i, &len);

		if (!text)
			break;
		if (len >= sizeof(line))
			len = sizeof(line) - 1;
		for (size_t c = 0; c < len; c++)
			line[c] = text[c] == '\t' || !text[c] ? ' ' : text[c];
		line[len] = '\0';
		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		text_untrusted(safe, sizeof(safe), line);
		keep_backslashes(safe);
		canvas_put(canvas, area->row + 1 + i, area->col, area->cols,
			   LOOK_PLAIN, safe);
	}
}

static const struct {
	int code, by;
} moves[] = {
	{ INPUT_UP, -1 }, { INPUT_DOWN, 1 }, { INPUT_PAGE_UP, -20 },
	{ INPUT_PAGE_DOWN, 20 }, { INPUT_WHEEL_UP, -3 },
	{ INPUT_WHEEL_DOWN, 3 }, { INPUT_HOME, -1000000000 },
	{ INPUT_END, 0 },
};

static unsigned input_output(struct dash *dash, const struct input *input)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		if (moves[i].code != input->code)
			continue;
		dash->output_follows = input->code == INPUT_END;
		dash->output_top += moves[i].by;
		if (dash->output_top < 0)
			dash->output_top = 0;
		return REACT_DRAW;
	}
	return 0;
}

const struct view view_output = {
	.id = VIEW_OUTPUT,
	.name = "Output",
	.brief = "Output",
	.by = by_calls,
	.sort = "wall",
	.lacks = lacks,
	.draw = draw_output,
	.enters = -1,
	.is_there = is_there,
	.input = input_output,
};
