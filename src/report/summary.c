/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of strace -c, for eyes and scripts that know it: its columns, in
 * its order and widths. What strace calls seconds is CPU time, or with -w
 * elapsed time, of the calls. A collector that has neither shows blocked time
 * there, and the header says so.
 */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/abi.h"

struct summary {
	FILE *out;
	const struct snapshot *snap;
	enum measure time;	/* what seconds are */
	int64_t overhead_ns;	/* of each call, is none of its time */
	int *order;
	int abi;
};

static const char *const time_titles[] = {
	[MEASURE_WALL] = "wall",
	[MEASURE_BLOCKED] = "blocked~",
	[MEASURE_CPU] = "seconds",
};

/* The first that single calls have. */
static enum measure choose_time(const struct snapshot *snap, bool wall_clock)
{
	unsigned has = snap->cfg.measures & snap->cfg.by_call;
	unsigned exact = has & ~snap->cfg.estimated;

	/* CPU time that is in no call is no time of a call's. */
	if (wall_clock && exact & measure_bit(MEASURE_WALL))
		return MEASURE_WALL;
	if (!wall_clock && exact & measure_bit(MEASURE_CPU) &&
	    exact & measure_bit(MEASURE_WALL))
		return MEASURE_CPU;
	return MEASURE_BLOCKED;
}

static bool is_ours(const struct summary *s, const struct row *row)
{
	/* As strace: what has not ended is not counted. */
	if (cell_has(&row->cell, MEASURE_WALL) &&
	    !row->cell.value[MEASURE_CALLS] &&
	    cell_has(&row->cell, MEASURE_CALLS))
		return false;
	return row->key.abi == s->abi &&
	       (cell_has(&row->cell, MEASURE_CALLS) ||
		cell_has(&row->cell, s->time));
}

static void put_count(FILE *out, const struct cell *cell, enum measure m)
{
	if (!cell_has(cell, m))
		fprintf(out, " %9s", "-");
	else if (m == MEASURE_ERRORS && !cell->value[m])
		fprintf(out, " %9s", "");
	else
		fprintf(out, " %9lld", (long long)cell->value[m]);
}

/* With its marks; @decimals of @value. */
static void put_time(const struct summary *s, const struct cell *cell,
		     bool known, int decimals, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%.*f%s",
		 cell_is_estimate(cell, s->time) ? "~" : "", decimals, value,
		 s->time == MEASURE_BLOCKED && cell_is_doubtful(cell) ?
		 "?" : "");
	fprintf(s->out, " %11s", known ? text : "-");
}

/* As strace's -O has it, never below 0. */
static int64_t net_ns(const struct summary *s, const struct cell *cell)
{
	int64_t ns = cell->value[s->time];
	double overhead = (double)s->overhead_ns *
			  (double)cell->value[MEASURE_CALLS];

	if (overhead <= 0)
		return ns;
	return overhead < (double)ns ? ns - (int64_t)overhead : 0;
}

/* @ns of @all_ns; @counted: all that the time is of. */
static void put_line(const struct summary *s, const struct cell *cell,
		     int64_t ns, int64_t all_ns, bool counted,
		     const char *name)
{
	bool known = cell_has(cell, s->time);
	int64_t calls = cell->value[MEASURE_CALLS];

	if (known && all_ns > 0)
		fprintf(s->out, "%6.2f", 100.0 * (double)ns / (double)all_ns);
	else
		fprintf(s->out, "%6s", "-");
	put_time(s, cell, known, 6, (double)ns / NS_PER_SEC);
	put_time(s, cell, known && calls > 0 && counted, 0,
		 calls > 0 ? (double)(ns / calls / 1000) : 0);
	put_count(s->out, cell, MEASURE_CALLS);
	put_count(s->out, cell, MEASURE_ERRORS);
	fprintf(s->out, " %s\n", name);
}

static const char dashes[] =
	"------ ----------- ----------- --------- --------- ----------------";

static void print_abi(const struct summary *s)
{
	const struct row *rows = s->snap->rows;
	struct cell total = { 0 };
	bool any = false, counted = true;
	int64_t all_ns = 0;

	for (size_t i = 0; i < s->snap->n_rows; i++) {
		if (!is_ours(s, &rows[i]))
			continue;
		any = true;
		counted &= cell_has(&rows[i].cell, MEASURE_CALLS);
		cell_merge(&total, &rows[i].cell);
		all_ns += net_ns(s, &rows[i].cell);
	}
	if (!any)
		return;
	if (s->abi != ABI_NATIVE)
		fprintf(s->out, "System call usage summary for %s:\n",
			abi_name(s->abi));
	fprintf(s->out, "%% time %11s %11s %9s %9s %s\n%s\n",
		time_titles[s->time], "usecs/call", "calls", "errors",
		"syscall", dashes);
	for (size_t i = 0; i < s->snap->n_rows; i++) {
		const struct row *row = &rows[s->order[i]];

		if (is_ours(s, row))
			put_line(s, &row->cell, net_ns(s, &row->cell), all_ns,
				 true, row->syscall);
	}
	fprintf(s->out, "%s\n", dashes);
	put_line(s, &total, all_ns, all_ns, counted, "total");
	putc('\n', s->out);
}

static int print_summary(FILE *out, const struct snapshot *snap,
			 const struct report_cfg *cfg, struct why *why)
{
	struct summary s = {
		.out = out, .snap = snap,
		.time = choose_time(snap, cfg->wall_clock),
		.overhead_ns = cfg->overhead_ns,
		.order = column_order(snap, cfg->sort),
	};

	if (!s.order)
		return why_set(why, ENOMEM, "out of memory for the report");
	for (s.abi = ABI_NATIVE; s.abi <= ABI_X32; s.abi++)
		print_abi(&s);
	free(s.order);
	report_foot(out, snap);
	return 0;
}

const struct reporter report_summary = { .name = "summary",
					 .print = print_summary };
