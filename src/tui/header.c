/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose time it is, where it went in the last interval, and how many calls
 * took it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/bar.h"
#include "tui/state.h"

static const char *age_text(char *buf, size_t size, int64_t ns)
{
	long long s = ns / NS_PER_SEC;

	if (ns <= 0)
		*buf = '\0';
	else if (s >= 86400)
		snprintf(buf, size, ", up %lldd%02lldh", s / 86400,
			 s / 3600 % 24);
	else
		snprintf(buf, size, ", up %lld:%02lld:%02lld", s / 3600,
			 s / 60 % 60, s % 60);
	return buf;
}

/* When it was, by the clock of the recorded machine. */
static const char *when_text(char *buf, size_t size, const struct dash *dash)
{
	time_t when = (time_t)(dash->frame.replay_wall_ns / NS_PER_SEC);
	struct tm tm;

	if (!dash->cfg.replay || !gmtime_r(&when, &tm) ||
	    !strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC  ", &tm))
		*buf = '\0';
	return buf;
}

/* "REPLAY 00:12 of 05:00 2x  " */
static const char *replay_text(char *buf, size_t size,
			       const struct dash *dash)
{
	long long at = dash->frame.replay_ns / NS_PER_SEC;
	long long of = dash->frame.replay_total_ns / NS_PER_SEC;

	*buf = '\0';
	if (dash->cfg.replay)
		snprintf(buf, size, "REPLAY %02lld:%02lld of %02lld:%02lld "
			 "%gx  ", at / 60, at % 60, of / 60, of % 60,
			 dash_speed(dash));
	return buf;
}

/* Columns for the target's name, whatever else is to be said. */
#define LEAST_TARGET 20

static void draw_target(const struct dash *dash, struct canvas *canvas,
			const struct area *area)
{
	const struct gauges *now = &dash->frame.head->now;
	char age[32], target[128], args[160], left[512], right[192];
	char replay[64], when[32];
	int width;

	text_untrusted(target, sizeof(target), dash->cfg.target);
	text_untrusted(args, sizeof(args), dash->cfg.args);
	snprintf(left, sizeof(left), "%s%s: %llu process%s, %llu thread%s%s"
		 "  %s", when_text(when, sizeof(when), dash), target,
		 (unsigned long long)now->processes,
		 now->processes == 1 ? "" : "es",
		 (unsigned long long)now->threads,
		 now->threads == 1 ? "" : "s",
		 age_text(age, sizeof(age), dash->frame.age_ns), args);
	snprintf(right, sizeof(right), "%s%s%s%s, %s  every %.3g s",
		 replay_text(replay, sizeof(replay), dash),
		 dash->frame.ended ? "ENDED  " :
		 dash->paused ? "PAUSED  " : "",
		 dash_cumulative(dash) ? "ALL SINCE THE START  " : "",
		 dash->cfg.collector, dash->cfg.exact ? "exact" :
		 "~ estimated", (double)dash->delay_ns / NS_PER_SEC);
	width = canvas_width(canvas, right);
	if (width > area->cols - LEAST_TARGET)
		width = area->cols - LEAST_TARGET;
	canvas_put(canvas, area->row, area->col, area->cols - width - 1,
		   LOOK_BOLD, left);
	canvas_put(canvas, area->row, area->col + area->cols - width, width,
		   dash->paused || dash->frame.ended ? LOOK_ALERT :
		   LOOK_PLAIN, right);
}

/* In the order of the bar. */
static const struct {
	const char *name;
	enum look look;
	char letter;
	enum measure measure;
	int kind;		/* of blocked; -1: the measure itself */
} parts[] = {
	{ "user", LOOK_USER, 'U', MEASURE_USER, -1 },
	{ "system", LOOK_SYSTEM, 'S', MEASURE_SYSTEM, -1 },
	{ "run queue", LOOK_RUNQ, 'Q', MEASURE_RUNQ, -1 },
	{ "files", LOOK_FILES, 'f', MEASURE_BLOCKED, WAIT_FILES },
	{ "disk", LOOK_FILES, 'd', MEASURE_BLOCKED, WAIT_DISK },
	{ "page fault", LOOK_FAULT, 'g', MEASURE_BLOCKED, WAIT_FAULT },
	{ "read/write", LOOK_IO, 'i', MEASURE_BLOCKED, WAIT_IO },
	{ "pipe", LOOK_IO, 'p', MEASURE_BLOCKED, WAIT_PIPE },
	{ "network", LOOK_NETWORK, 'n', MEASURE_BLOCKED, WAIT_NETWORK },
	{ "locks", LOOK_LOCKS, 'l', MEASURE_BLOCKED, WAIT_LOCKS },
	{ "child", LOOK_CHILD, 'c', MEASURE_BLOCKED, WAIT_CHILD },
	{ "sleep", LOOK_SLEEP, 's', MEASURE_BLOCKED, WAIT_SLEEP },
	{ "events", LOOK_EVENTS, 'e', MEASURE_BLOCKED, WAIT_EVENTS },
	{ "stopped", LOOK_OTHER, 't', MEASURE_BLOCKED, WAIT_STOPPED },
	{ "other", LOOK_OTHER, 'o', MEASURE_BLOCKED, WAIT_OTHER },
};

#define N_PARTS ((int)(sizeof(parts) / sizeof(*parts)))

/* What no call is known for, is other. */
static int64_t part_ns(const struct account *all, int i)
{
	int64_t known = 0;

	if (parts[i].kind < 0)
		return all->cell.value[parts[i].measure];
	if (parts[i].kind != WAIT_OTHER)
		return all->kind_ns[parts[i].kind];
	for (int k = 0; k < WAIT_KINDS; k++)
		if (k != WAIT_OTHER)
			known += all->kind_ns[k];
	return all->cell.value[MEASURE_BLOCKED] - known;
}

static void draw_bar(const struct dash *dash, struct canvas *canvas,
		     const struct area *area)
{
	const struct account *all = &dash->frame.head->all;
	double wall = (double)all->cell.value[MEASURE_WALL];
	struct bar_part bar[N_PARTS];

	canvas_put(canvas, area->row, area->col, 1, LOOK_PLAIN, "[");
	canvas_put(canvas, area->row, area->col + area->cols - 1, 1,
		   LOOK_PLAIN, "]");
	for (int i = 0; i < N_PARTS; i++)
		bar[i] = (struct bar_part){
			wall > 0 ? (double)part_ns(all, i) / wall : 0,
			parts[i].look, parts[i].letter };
	bar_stacked(canvas, area->row, area->col + 1, area->cols - 2, bar,
		    N_PARTS);
}

/* Only what there is; the marks are those of the bar. */
static void draw_legend(const struct dash *dash, struct canvas *canvas,
			const struct area *area)
{
	const struct account *all = &dash->frame.head->all;
	double wall = (double)all->cell.value[MEASURE_WALL];
	bool guess = cell_is_estimate(&all->cell, MEASURE_BLOCKED) ||
		     !dash->cfg.exact;
	int at = 0;

	for (int i = 0; i < N_PARTS && wall > 0; i++) {
		double share = (double)part_ns(all, i) / wall;
		char text[48], mark[2] = { ' ' };
		int width;

		if (share < 0.0005 || !cell_has(&all->cell,
						parts[i].measure))
			continue;
		snprintf(text, sizeof(text), " %s %s%.1f%%", parts[i].name,
			 guess && parts[i].kind >= 0 ? "~" : "", 100 * share);
		width = canvas_width(canvas, text) + 1;
		if (at + width > area->cols)
			break;
		if (canvas->letters)
			mark[0] = parts[i].letter;
		canvas_put(canvas, area->row, area->col + at, 1,
			   parts[i].look, mark);
		canvas_put(canvas, area->row, area->col + at + 1, width - 1,
			   LOOK_PLAIN, text);
		at += width + 2;
	}
}

/* The last intervals at the right; what is not known stays blank. */
static void draw_spark(const struct dash *dash, struct canvas *canvas,
		       int row, int col, int width, const double *what)
{
	double most = 0;

	for (int i = 0; i < width; i++) {
		double value = history_get(&dash->history, what, i);

		most = value > most ? value : most;
	}
	for (int i = 0; i < width && most > 0; i++) {
		double value = history_get(&dash->history, what, i);

		canvas_put(canvas, row, col + width - 1 - i, 1, LOOK_PLAIN,
			   bar_level(canvas, value < 0 ? -1 : value / most));
	}
}

static void rate_text(char *buf, size_t size, const struct snapshot *head,
		      enum measure m)
{
	double rate = dash_per_second(head, m);

	if (rate < 0)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.0f/s", rate);
}

static void residual_text(char *buf, size_t size, const struct account *all)
{
	double wall = (double)all->cell.value[MEASURE_WALL];

	if (!all->has_residual || wall <= 0)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.2f%%",
			 100 * (double)all->residual_ns / wall);
}

static void draw_rates(const struct dash *dash, struct canvas *canvas,
		       const struct area *area)
{
	const struct snapshot *head = dash->frame.head;
	char rate[2][32], residual[32], texts[2][48], right[96];
	const double *sparks[] = { dash->history.calls,
				   dash->history.errors };
	int left, at = 0;

	rate_text(rate[0], sizeof(rate[0]), head, MEASURE_CALLS);
	rate_text(rate[1], sizeof(rate[1]), head, MEASURE_ERRORS);
	residual_text(residual, sizeof(residual), &head->all);
	snprintf(texts[0], sizeof(texts[0]), "calls %-9s ", rate[0]);
	snprintf(texts[1], sizeof(texts[1]), "errors %-8s ", rate[1]);
	snprintf(right, sizeof(right), "in flight %llu, residual %s%s",
		 (unsigned long long)head->now.in_flight, residual,
		 dash->lost ? ", LOSS" : "");
	left = area->cols - canvas_width(canvas, right) - 2;
	for (int i = 0; i < 2; i++)
		left -= canvas_width(canvas, texts[i]) + 2;
	for (int i = 0; i < 2; i++) {
		int spark = left < 0 ? 0 : i ? left / 3 : left - left / 3;

		at += canvas_put(canvas, area->row, area->col + at,
				 area->cols - at, LOOK_PLAIN, texts[i]);
		draw_spark(dash, canvas, area->row, area->col + at,
			   spark, sparks[i]);
		at += spark + 2;
	}
	canvas_put_right(canvas, area->row, area->col + at, area->cols - at,
			 dash->lost ? LOOK_ALERT : LOOK_PLAIN, right);
}

int header_draw(const struct dash *dash, struct canvas *canvas,
		const struct area *area)
{
	struct area line = *area;

	if (!dash->frame.head) {
		canvas_put(canvas, area->row, area->col, area->cols,
			   LOOK_BOLD, "smbsysacct: the first interval is not "
			   "over yet");
		return area->rows < 4 ? area->rows : 4;
	}
	draw_target(dash, canvas, &line);
	if (area->rows > 1) {
		line.row++;
		draw_bar(dash, canvas, &line);
	}
	if (area->rows > 2) {
		line.row++;
		draw_legend(dash, canvas, &line);
	}
	if (area->rows > 3) {
		line.row++;
		draw_rates(dash, canvas, &line);
	}
	return line.row - area->row + 1;
}
