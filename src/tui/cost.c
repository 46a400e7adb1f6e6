/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What accounting costs the target, and what strace -cf would. Ours is
 * measured, in the interval or by the collector's own trial; strace's is
 * projected: what it adds to a call on this machine, times the calls.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/bar.h"
#include "tui/state.h"

struct cost {
	bool known;
	bool estimated;
	bool by_trial;		/* not measured in this interval itself */
	double call_ns;		/* a call takes so much longer */
	double share;		/* of the target's wall */
};

/* Where calls are held up by us, that is a clock of its own. */
static struct cost our_cost(const struct snapshot *head)
{
	const struct cell *all = &head->all.cell;
	double calls = (double)head->total.cell.value[MEASURE_CALLS];
	double wall = (double)all->value[MEASURE_WALL], ns = -1;
	struct cost cost = { .known = false };

	if (cell_has(all, MEASURE_PARKED)) {
		ns = (double)all->value[MEASURE_PARKED];
		cost.estimated = cell_is_estimate(all, MEASURE_PARKED);
	}
	if (ns < 0 && head->cfg.call_cost_ns >= 0) {
		cost.by_trial = true;
		ns = (double)head->cfg.call_cost_ns * calls;
		cost.call_ns = (double)head->cfg.call_cost_ns;
	} else if (calls > 0) {
		cost.call_ns = ns / calls;
	}
	cost.known = ns >= 0 && wall > 0;
	cost.share = cost.known ? ns / wall : 0;
	return cost;
}

static struct cost strace_cost(const struct dash *dash)
{
	const struct snapshot *head = dash->frame.head;
	double calls = (double)head->total.cell.value[MEASURE_CALLS];
	double wall = (double)head->all.cell.value[MEASURE_WALL];
	struct cost cost = { .call_ns = dash->frame.trace_ns,
			     .estimated = true };

	cost.known = dash->frame.trace == TRACE_KNOWN && wall > 0 &&
		     snapshot_has(head, MEASURE_CALLS);
	cost.share = cost.known ? calls * cost.call_ns / wall : 0;
	return cost;
}

/* @least: not all of the calls are known. */
static void cost_text(char *buf, size_t size, const struct cost *cost,
		      bool least)
{
	const char *bound = cost->by_trial ? ">=" : "";
	const char *mark = cost->estimated ? "~" : "";

	if (!cost->known)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%s%s%.2f us/call, %s%s%.2f%% of wall",
			 bound, mark, cost->call_ns / 1000,
			 least ? ">=" : bound, mark, 100 * cost->share);
}

static void own_text(char *buf, size_t size, const struct snapshot *head)
{
	double interval = (double)head->cfg.interval_ns;

	snprintf(buf, size, "own CPU %.2f%% of a core", interval > 0 ?
		 100 * (double)head->cfg.own_cpu_ns / interval : 0);
}

static void factor_text(char *buf, size_t size, const struct cost *ours,
			const struct cost *strace)
{
	*buf = '\0';
	if (ours->known && strace->known && ours->call_ns > 0)
		snprintf(buf, size, "%s~%.0f times ours",
			 ours->by_trial ? "at most " : "", strace->call_ns / ours->call_ns);
}

static void strace_text(char *buf, size_t size, const struct dash *dash,
			const struct cost *strace)
{
	if (strace->known)
		cost_text(buf, size, strace, !dash->cfg.all_calls);
	else if (dash->frame.trace == TRACE_NONE)
		snprintf(buf, size, "- (%s)", dash->frame.trace_why);
	else if (dash->frame.trace == TRACE_KNOWN)
		snprintf(buf, size, "~%.2f us/call; calls are not counted",
			 dash->frame.trace_ns / 1000);
	else
		snprintf(buf, size, "being tried on a small loop");
}

static int draw_line(struct canvas *canvas, const struct area *area,
		     const char *who, const char *text)
{
	canvas_put(canvas, area->row, area->col, 28, LOOK_BOLD, who);
	return 22 + canvas_put(canvas, area->row, area->col + 22,
			       area->cols - 22, LOOK_PLAIN, text);
}

/* Both on one scale, which is the longer one's. */
static void draw_bars(struct canvas *canvas, const struct area *area,
		      int from, const struct cost *ours,
		      const struct cost *strace)
{
	int width = area->cols - from - 2;
	double most = ours->share > strace->share ? ours->share :
						    strace->share;

	if (width < 8 || !ours->known || !strace->known || most <= 0)
		return;
	bar_plain(canvas, area->row, area->col + from + 2, width,
		  ours->share / most, LOOK_BOLD);
	bar_plain(canvas, area->row + 1, area->col + from + 2, width,
		  strace->share / most, LOOK_BOLD);
}

int cost_draw(const struct dash *dash, struct canvas *canvas,
	      const struct area *area, bool brief)
{
	const struct snapshot *head = dash->frame.head;
	char ours[128], strace[256], own[48], factor[32], line[512];
	struct area second = *area;
	struct cost cost, traced;
	int first, next;

	if (!head)
		return 0;
	cost = our_cost(head);
	traced = strace_cost(dash);
	cost_text(ours, sizeof(ours), &cost, false);
	strace_text(strace, sizeof(strace), dash, &traced);
	own_text(own, sizeof(own), head);
	factor_text(factor, sizeof(factor), &cost, &traced);
	if (brief) {
		canvas_printf(canvas, area->row, area->col, area->cols,
			      LOOK_PLAIN, "cost %s, %s; strace -cf %s", ours,
			      own, *factor ? factor : "-");
		return 1;
	}
	snprintf(line, sizeof(line), "%s, %s", ours, own);
	first = draw_line(canvas, area, !cost.known ? "our cost" :
			  cost.by_trial ? "our cost, by a trial" :
			  "our cost, measured", line);
	second.row++;
	snprintf(line, sizeof(line), "%s%s%s", strace,
		 *factor ? ", " : "", factor);
	next = draw_line(canvas, &second, "strace -cf, projected", line);
	draw_bars(canvas, area, first > next ? first : next, &cost, &traced);
	return 2;
}
