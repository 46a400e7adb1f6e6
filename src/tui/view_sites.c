/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes the calls: the program's functions, and the stacks below one. */
#include <string.h>

#include "base/text.h"
#include "tui/state.h"

static unsigned by_callers(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_CALLER) | dim_bit(DIM_SYSCALL) | within;
}

static unsigned by_stacks(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_STACK) | dim_bit(DIM_SYSCALL) | within;
}

static bool is_no_tab(const struct dash *dash)
{
	(void)dash;
	return false;
}

/* The part of a chain up to the next "<", and what follows in @ret. */
static size_t next_frame(const char *chain, const char **ret)
{
	static const char between[] = " < ";
	const char *end = strstr(chain, between);

	*ret = end ? end + sizeof(between) - 1 : NULL;
	return end ? (size_t)(end - chain) : strlen(chain);
}

/* The stack of the current row, a function a line. */
static void draw_chain(struct canvas *canvas, const struct area *area,
		       const struct row *row)
{
	const char *at = row->chain;
	char frame[256], safe[256];

	canvas_fill(canvas, area->row, area->col, 1, area->cols, LOOK_TITLE);
	canvas_put(canvas, area->row, area->col, area->cols, LOOK_TITLE,
		   "who called whom, innermost first");
	for (int i = 1; at && i < area->rows; i++) {
		const char *next;
		size_t len = next_frame(at, &next);

		snprintf(frame, sizeof(frame), "%.*s",
			 (int)(len < sizeof(frame) ? len : sizeof(frame) - 1),
			 at);
		text_untrusted(safe, sizeof(safe), frame);
		canvas_put(canvas, area->row + i, area->col + 2,
			   area->cols - 2, LOOK_PLAIN, safe);
		at = next;
	}
}

/* Rows above, and the current one's stack below, if there is room. */
static void draw_stacks(struct dash *dash, struct canvas *canvas,
			const struct area *area)
{
	struct area upper = *area, lower = *area;
	const struct row *row;

	if (area->rows >= 10)
		upper.rows = area->rows / 2;
	lower.row += upper.rows;
	lower.rows -= upper.rows;
	table_draw(dash, canvas, &upper);
	if (!dash->frame.rows || dash->frame.rows->cfg.by != dash_by(dash))
		return;
	row = rows_current(dash);
	if (row && row->chain && lower.rows > 1)
		draw_chain(canvas, &lower, row);
}

const struct view view_sites = {
	.id = VIEW_SITES,
	.name = "Callers",
	.brief = "Who",
	.by = by_callers,
	.columns = "wall-percent,calls,errors,average,blocked,cpu,runq,wall,"
		   "bytes,syscall,caller",
	.sort = "wall",
	.enters = VIEW_STACKS,
	.enters_by = 1u << DIM_CALLER | 1u << DIM_SYSCALL,
	.outside = 1u << DIM_CALLER,
	.is_there = places_with_detail,
};

const struct view view_stacks = {
	.id = VIEW_STACKS,
	.name = "Stacks",
	.brief = "Stacks",
	.by = by_stacks,
	.columns = "wall-percent,calls,errors,average,blocked,cpu,runq,wall,"
		   "syscall,chain",
	.sort = "wall",
	.draw = draw_stacks,
	.enters = -1,
	.is_there = is_no_tab,
};
