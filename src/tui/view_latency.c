/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the calls of a row took: their histogram and, over time, a heat
 * map. Without a call that was gone into it is of the row that was chosen in
 * the view where the user comes from: a call, or an SMB2 request.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/bar.h"
#include "tui/state.h"

#define LABEL_COLS 18

static unsigned by_rows(const struct dash *dash, unsigned within)
{
	unsigned call = dim_bit(DIM_SYSCALL);

	return within & call ? within :
	       view_table[dash->latency_of]->by(dash, within);
}

static const char *lacks(const struct dash *dash)
{
	return dash->cfg.histograms ? NULL : "Only the bpf collector has "
	       "histograms; smbsysacct --check says why it is not used.";
}

/* The row whose latencies are shown, NULL: there is none. */
static const struct row *row_of(const struct dash *dash)
{
	const struct place *place = dash_place(dash);
	const struct table_state *from = &dash->tables[dash->latency_of];
	const struct snapshot *snap = dash->frame.rows;
	const struct row *most = NULL;

	for (size_t i = 0; i < snap->n_rows; i++) {
		const struct row *row = &snap->rows[i];

		if (!key_is_within(&row->key, place->within, &place->whose))
			continue;
		if (from->selects &&
		    !memcmp(&row->key, &from->selected, sizeof(row->key)))
			return row;
		if (row->hist && (!most || row->cell.value[MEASURE_WALL] >
					   most->cell.value[MEASURE_WALL]))
			most = row;
	}
	return most;
}

/* The least value of an octave of the heat map. */
static uint64_t octave_from(int octave)
{
	return octave ? 1ull << (BUCKET_FIRST_LOG2 + octave - 1) : 0;
}

static const char *time_text(char *buf, size_t size, uint64_t ns)
{
	if (ns < 1000)
		snprintf(buf, size, "%llu ns", (unsigned long long)ns);
	else if (ns < 1000000)
		snprintf(buf, size, "%.3g us", (double)ns / 1000);
	else if (ns < 1000000000)
		snprintf(buf, size, "%.3g ms", (double)ns / 1000000);
	else
		snprintf(buf, size, "%.3g s", (double)ns / NS_PER_SEC);
	return buf;
}

/* The sums of a histogram by octave. */
static void sum_octaves(uint64_t *sum, const struct hist *hist)
{
	memset(sum, 0, HEAT_OCTAVES * sizeof(*sum));
	for (int i = 0; hist && i < BUCKETS; i++)
		sum[i ? 1 + (i - 1) / 4 : 0] += hist->count[i];
}

/* The last intervals of a row: counts by octave, and their sum. */
struct past {
	const uint32_t *count[HEAT_LENGTH];	/* NULL: not known */
	uint64_t all[HEAT_LENGTH];
};

static struct past past_of(const struct dash *dash, const struct row *row)
{
	struct past past = { .all = { 0 } };

	for (int i = 0; i < HEAT_LENGTH; i++) {
		past.count[i] = heat_get(&dash->heat, &row->key, i);
		for (int o = 0; past.count[i] && o < HEAT_OCTAVES; o++)
			past.all[i] += past.count[i][o];
	}
	return past;
}

struct range {
	int first, last;
};

/* Octaves that have calls, now or lately. */
static struct range range_of(const struct past *past, const uint64_t *sum)
{
	struct range range = { HEAT_OCTAVES, -1 };

	for (int o = 0; o < HEAT_OCTAVES; o++) {
		bool any = sum[o];

		for (int i = 0; !any && i < HEAT_LENGTH; i++)
			any = past->count[i] && past->count[i][o];
		if (!any)
			continue;
		range.last = o;
		if (o < range.first)
			range.first = o;
	}
	return range;
}

static void draw_octave(struct canvas *canvas, const struct area *line,
			const struct past *past, const uint64_t *sum,
			uint64_t most, int octave)
{
	int bar = (line->cols - LABEL_COLS) / 3;
	int heat = line->cols - LABEL_COLS - bar - 2;
	char from[24];

	canvas_put_right(canvas, line->row, line->col, 8, LOOK_PLAIN,
			 time_text(from, sizeof(from), octave_from(octave)));
	canvas_printf(canvas, line->row, line->col + 9, 9, LOOK_PLAIN,
		      "%8llu", (unsigned long long)sum[octave]);
	bar_plain(canvas, line->row, line->col + LABEL_COLS, bar,
		  most ? (double)sum[octave] / (double)most : 0, LOOK_BOLD);
	for (int i = 0; i < heat && i < HEAT_LENGTH; i++) {
		const uint32_t *count = past->count[i];
		int col = line->col + line->cols - 1 - i, shade = 0;
		char text[2] = { ' ' };
		uint64_t all = past->all[i];

		if (!all || !count[octave])
			continue;
		/* Of the interval's calls: 1%, 5%, 20%, 50%. */
		shade = (count[octave] * 100ull >= all) +
			(count[octave] * 20ull >= all) +
			(count[octave] * 5ull >= all) +
			(count[octave] * 2ull >= all);
		if (canvas->letters)
			text[0] = ".:+*#"[shade];
		canvas_put(canvas, line->row, col, 1, LOOK_HEAT + shade,
			   text);
	}
}

static void draw_title(const struct dash *dash, struct canvas *canvas,
		       const struct area *area, const struct row *row)
{
	static const double shares[] = { 0.5, 0.9, 0.99, 0.999 };
	static const char *const names[] = { "p50", "p90", "p99", "p99.9" };
	bool is_call = dash->frame.rows->cfg.by & dim_bit(DIM_SYSCALL);
	enum measure count = is_call ? MEASURE_CALLS : MEASURE_REQUESTS;
	char name[64], safe[160], call[64] = "", text[24];
	int at;

	if (is_call)
		text_untrusted(call, sizeof(call), row->syscall);
	table_name(name, sizeof(name), row);
	text_untrusted(safe, sizeof(safe), name);
	canvas_fill(canvas, area->row, area->col, 1, area->cols, LOOK_TITLE);
	at = canvas_printf(canvas, area->row, area->col, area->cols,
			   LOOK_TITLE, "%s%s%s%s%s%s%s: %lld %s",
			   row->request ? row->request : "",
			   row->request && is_call ? ": " : "", call,
			   row->error && *row->error ? " " : "",
			   row->error ? row->error : "", *safe ? " of " : "",
			   safe, (long long)row->cell.value[count],
			   is_call ? "calls" : "requests");
	for (int i = 0; i < 4; i++) {
		int64_t ns = row_percentile(row, shares[i]);

		at += canvas_printf(canvas, area->row, area->col + at,
				    area->cols - at, LOOK_TITLE, "  %s %s%s",
				    names[i], ns < 0 ? "-" : "~", ns < 0 ? "" :
				    time_text(text, sizeof(text),
					      (uint64_t)ns));
	}
	canvas_put_right(canvas, area->row, area->col + at + 1,
			 area->cols - at - 1, LOOK_TITLE,
			 dash->cumulative ? "all  | intervals >" :
					    "interval  | intervals >");
}

static void draw_latency(struct dash *dash, struct canvas *canvas,
			 const struct area *area)
{
	const struct row *row = dash->frame.rows &&
		dash->frame.rows->cfg.by == dash_by(dash) ? row_of(dash) :
							    NULL;
	uint64_t sum[HEAT_OCTAVES], most = 0;
	struct area line = *area;
	struct range range;
	struct past past;

	if (!row) {
		canvas_put(canvas, area->row, area->col, area->cols,
			   LOOK_DIM, dash_by(dash) & dim_bit(DIM_SYSCALL) ?
			   "no calls in this interval" :
			   "no requests in this interval");
		return;
	}
	draw_title(dash, canvas, area, row);
	sum_octaves(sum, row->hist);
	for (int o = 0; o < HEAT_OCTAVES; o++)
		most = sum[o] > most ? sum[o] : most;
	past = past_of(dash, row);
	range = range_of(&past, sum);
	/* The longest ones matter most, if there is no room for all. */
	if (range.last - range.first >= area->rows - 1)
		range.first = range.last - area->rows + 2;
	for (int o = range.first; o <= range.last; o++) {
		line.row++;
		draw_octave(canvas, &line, &past, sum, most, o);
	}
}

const struct view view_latency = {
	.id = VIEW_LATENCY,
	.name = "Latency",
	.brief = "Lat",
	.by = by_rows,
	.sort = "wall",
	.lacks = lacks,
	.draw = draw_latency,
	.enters = -1,
};
