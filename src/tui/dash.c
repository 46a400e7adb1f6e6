/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/dash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/state.h"

/* The least that anything can be seen on. */
#define LEAST_ROWS 8
#define LEAST_COLS 40

static const struct view *first_view(unsigned by)
{
	unsigned whose = dim_bit(DIM_CLIENT) | dim_bit(DIM_USER) |
			 dim_bit(DIM_SHARE);

	if (by & DIMS_OF_STACKS)
		return &view_sites;
	if (by & DIMS_OF_WAITS)
		return &view_reasons;
	if (by & DIMS_OF_OBJECTS)
		return &view_objects;
	if (by & dim_bit(DIM_PHASE))
		return &view_phases;
	if (by & whose)
		return &view_clients;
	if (by & dim_bit(DIM_REQUEST))
		return by & dim_bit(DIM_SYSCALL) ? &view_bill :
						   &view_requests;
	if (by & dim_bit(DIM_ERRNO))
		return &view_errors;
	return by & dim_bit(DIM_SYSCALL) ? &view_calls : &view_tasks;
}

int dash_new(struct dash **ret, const struct dash_cfg *cfg, struct why *why)
{
	struct dash *dash = calloc(1, sizeof(*dash));

	if (!dash)
		return why_set(why, ENOMEM, "out of memory");
	dash->cfg = *cfg;
	dash->delay_ns = dash->kept_delay_ns = NS_PER_SEC;
	dash->output_follows = true;
	dash->path[0].view = first_view(cfg->by);
	dash->latency_of = cfg->smb ? VIEW_REQUESTS : VIEW_CALLS;
	dash->threads = cfg->by & dim_bit(DIM_THREAD);
	dash_table(dash)->sort = cfg->sort;
	heat_init(&dash->heat);
	*ret = dash;
	return 0;
}

void dash_free(struct dash *dash)
{
	if (!dash)
		return;
	heat_done(&dash->heat);
	free(dash->order);
	free(dash->info);
	free(dash);
}

unsigned dash_by(const struct dash *dash)
{
	const struct place *place = dash_place(dash);

	return place->view->by(dash, place->within);
}

bool dash_cumulative(const struct dash *dash)
{
	return dash->cumulative && !dash_place(dash)->view->interval_only;
}

bool dash_details(const struct dash *dash)
{
	unsigned both = dim_bit(DIM_THREAD) | dim_bit(DIM_SYSCALL);

	return (dash_by(dash) & both) == both;
}

bool dash_paused(const struct dash *dash)
{
	return dash->paused;
}

int64_t dash_delay_ns(const struct dash *dash)
{
	return dash->delay_ns;
}

double dash_speed(const struct dash *dash)
{
	return dash->speed_log2 < 0 ? 1.0 / (1 << -dash->speed_log2) :
				      1 << dash->speed_log2;
}

void dash_set_delay(struct dash *dash, int64_t delay_ns)
{
	dash->delay_ns = delay_ns;
}

const struct dash_request *dash_request(const struct dash *dash)
{
	return &dash->request;
}

double dash_per_second(const struct snapshot *snap, enum measure m)
{
	double seconds = (double)snap->cfg.interval_ns / NS_PER_SEC;

	if (!snapshot_has(snap, m) || seconds <= 0)
		return -1;
	return (double)snap->total.cell.value[m] / seconds;
}

static bool lost_any(const struct snapshot *snap)
{
	for (int i = 0; i < LOSS_COUNT; i++)
		if (snap->lost[i] && i != LOSS_PARTIAL)
			return true;
	return false;
}

void dash_show(struct dash *dash, const struct dash_frame *frame)
{
	const struct place *place = dash_place(dash);

	dash->frame = *frame;
	/* Once there was some, all has it. */
	if (frame->head)
		dash->lost |= lost_any(frame->head);
	if (frame->rows)
		dash->lost |= lost_any(frame->rows);
	if (frame->fresh && frame->head) {
		history_add(&dash->history,
			    dash_per_second(frame->head, MEASURE_CALLS),
			    dash_per_second(frame->head, MEASURE_ERRORS));
		heat_add(&dash->heat, dash_cumulative(dash) ? NULL :
			 frame->rows, place->within, &place->whose);
	}
	rows_arrange(dash);
}

unsigned dash_input(struct dash *dash, const struct input *input)
{
	*dash->said = '\0';
	if (dash->overlay != OVERLAY_NONE)
		return overlay_input(dash, input);
	return keys_input(dash, input) | REACT_DRAW;
}

void dash_say(struct dash *dash, const char *text)
{
	text_untrusted(dash->said, sizeof(dash->said), text);
}

/* Names of the views, by their number keys; how wide they are. */
static int draw_names(struct dash *dash, struct canvas *canvas, int row,
		      bool brief)
{
	const struct view *present = dash_place(dash)->view;
	int at = 0, number = 0;

	for (int i = 0; i < VIEW_COUNT; i++) {
		const struct view *view = view_table[i];
		enum look look = view == present ? LOOK_CHOSEN : LOOK_PLAIN;
		char name[32];

		dash->hits.tabs[i].from = at;
		if (places_has(dash, view)) {
			snprintf(name, sizeof(name), brief ? "%d %s " :
				 " %d %s ", ++number, brief ? view->brief :
				 view->name);
			canvas_put(canvas, row, at, canvas->cols - at, look,
				   name);
			at += canvas_width(canvas, name);
		}
		dash->hits.tabs[i].to = at;
	}
	return at;
}

static void draw_tabs(struct dash *dash, struct canvas *canvas, int row)
{
	const struct place *place = dash_place(dash);
	char title[128], whose[256] = "";
	int at = draw_names(dash, canvas, row, false);

	dash->hits.tab_row = row;
	if (at > canvas->cols) {
		canvas_fill(canvas, row, 0, 1, canvas->cols, LOOK_PLAIN);
		at = draw_names(dash, canvas, row, true);
	}
	text_untrusted(title, sizeof(title), place->title);
	if (dash->depth)
		snprintf(whose, sizeof(whose), "of %s", title);
	if (*dash->filter)
		snprintf(whose + strlen(whose), sizeof(whose) -
			 strlen(whose), "  filter: %s", dash->filter);
	canvas_put(canvas, row, at + 1, canvas->cols - at - 1, LOOK_BOLD,
		   whose);
}

static void draw_view(struct dash *dash, struct canvas *canvas,
		      const struct area *area)
{
	const struct view *view = dash_place(dash)->view;
	const char *lack = view->lacks ? view->lacks(dash) : NULL;

	dash->hits.n_rows = dash->hits.n_columns = 0;
	dash->hits.title_row = -1;
	if (lack)
		overlay_text(canvas, &(struct area){ area->row + 1,
			     area->col + 1, area->rows - 1, area->cols - 2 },
			     LOOK_DIM, lack, 0);
	else if (view->draw)
		view->draw(dash, canvas, area);
	else
		table_draw(dash, canvas, area);
}

void dash_draw(struct dash *dash, struct canvas *canvas)
{
	struct area area = { 0, 0, canvas->rows, canvas->cols };
	int head = canvas->rows >= 16 ? 4 : canvas->rows >= 12 ? 2 : 1;

	canvas_fill(canvas, 0, 0, canvas->rows, canvas->cols, LOOK_PLAIN);
	if (canvas->rows < LEAST_ROWS || canvas->cols < LEAST_COLS) {
		canvas_printf(canvas, 0, 0, canvas->cols, LOOK_PLAIN,
			      "needs %dx%d", LEAST_COLS, LEAST_ROWS);
		return;
	}
	area.rows = head;
	area.row += header_draw(dash, canvas, &area);
	area.rows = canvas->rows - area.row;
	if (canvas->rows >= 12)
		area.row += cost_draw(dash, canvas, &area,
				      canvas->rows < 20);
	draw_tabs(dash, canvas, area.row++);
	area.rows = canvas->rows - 1 - area.row;
	draw_view(dash, canvas, &area);
	overlay_keys_draw(dash, canvas, canvas->rows - 1);
	overlay_draw(dash, canvas);
}

/* On a canvas that has room for all of it. */
int dash_write(struct dash *dash, char **ret, size_t *ret_len)
{
	struct table_state before = *dash_table(dash);
	enum overlay overlay = dash->overlay;
	struct hits hits = dash->hits;
	struct canvas canvas;
	FILE *out;

	canvas_init(&canvas, dash->n_order + output_lines(dash) + 40, 240,
		    true);
	canvas.letters = true;
	if (!canvas.rows)
		return -ENOMEM;
	dash->overlay = OVERLAY_NONE;
	dash_draw(dash, &canvas);
	dash->overlay = overlay;
	dash->hits = hits;
	*dash_table(dash) = before;
	/* Keys are of no use there. */
	canvas_fill(&canvas, canvas.rows - 1, 0, 1, canvas.cols, LOOK_PLAIN);
	while (canvas.rows > 1 && canvas_is_blank(&canvas, canvas.rows - 1))
		canvas.rows--;
	out = open_memstream(ret, ret_len);
	if (out)
		canvas_print(&canvas, out);
	canvas_done(&canvas);
	return out && !fclose(out) ? 0 : -ENOMEM;
}
