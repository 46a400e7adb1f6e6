/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forecast.h"

#include <errno.h>
#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/grid.h"
#include "report/tree.h"

/* --- what follows ------------------------------------------------------ */

static double ratio(int64_t part, int64_t whole)
{
	return whole > 0 ? (double)part / (double)whole : (double)NAN;
}

double forecast_calls_per_s(const struct forecast *f)
{
	return f->totals.counted ? NS_PER_SEC * ratio(f->totals.calls,
						      f->totals.interval_ns) :
				   (double)NAN;
}

double forecast_own_ns(const struct forecast *f)
{
	return f->totals.counted ? ratio(f->totals.own_cpu_ns,
					 f->totals.calls) : (double)NAN;
}

double forecast_own_percent(const struct forecast *f)
{
	return 100 * ratio(f->totals.own_cpu_ns, f->totals.interval_ns);
}

double forecast_added_ns(const struct forecast *f)
{
	return f->projected ? (double)(f->strace.traced_ns -
				       f->strace.bare_ns) : (double)NAN;
}

/* Of all calls in the interval. */
static double all_added_ns(const struct forecast *f)
{
	return forecast_added_ns(f) * (double)f->totals.calls;
}

double forecast_wall_percent(const struct forecast *f)
{
	return f->totals.wall_ns > 0 ?
	       100 * all_added_ns(f) / (double)f->totals.wall_ns : (double)NAN;
}

double forecast_factor(const struct forecast *f)
{
	return f->totals.interval_ns > 0 ?
	       1 + all_added_ns(f) / (double)f->totals.interval_ns :
	       (double)NAN;
}

/* --- text -------------------------------------------------------------- */

struct figure {
	const char *what;
	double value;
	int decimals;
	bool projected;
};

static void put_figure(struct grid *grid, const struct figure *figure)
{
	if (isnan(figure->value))
		return;
	grid_put(grid, figure->what);
	grid_printf(grid, "%s%.*f", figure->projected ? "~" : "",
		    figure->decimals, figure->value);
	grid_put(grid, figure->projected ? "projected" : "measured");
}

static int print_figures(FILE *out, const struct forecast *f)
{
	const double loop = f->projected ? 1 : (double)NAN;
	const struct figure figures[] = {
		{ "calls a second", forecast_calls_per_s(f), 0, false },
		{ "our own CPU time, ns a call", forecast_own_ns(f), 1, false },
		{ "our own CPU time, % of a core", forecast_own_percent(f), 2,
		  false },
		{ "a loop's call on this machine, ns",
		  loop * (double)f->strace.bare_ns, 0, false },
		{ "the same under strace -cf, ns",
		  loop * (double)f->strace.traced_ns, 0, false },
		{ "strace -cf would add, ns a call", forecast_added_ns(f), 0,
		  true },
		{ "strace -cf would add, % of the target's wall",
		  forecast_wall_percent(f), 1, true },
		{ "the same work would take, times as long",
		  forecast_factor(f), 2, true },
	};
	struct grid grid;

	grid_init(&grid, 3);
	grid_head(&grid, "figure", true);
	grid_head(&grid, "value", false);
	grid_head(&grid, "is", true);
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		put_figure(&grid, &figures[i]);
	return grid_print(&grid, out);
}

int forecast_print_text(FILE *out, const struct forecast *f, struct why *why)
{
	char safe[512];

	fprintf(out, "%s: %.3f s, by %s\n\n",
		text_untrusted(safe, sizeof(safe), f->target),
		(double)f->totals.interval_ns / NS_PER_SEC,
		f->totals.collector);
	if (print_figures(out, f))
		return why_set(why, ENOMEM, "out of memory for the report");
	if (!f->projected)
		fprintf(out, "\nnothing can be projected: %s\n",
			text_untrusted(safe, sizeof(safe), f->reason));
	for (size_t i = 0; i < f->totals.n_notes; i++)
		fprintf(out, "%snote: %s\n", i ? "" : "\n",
			text_untrusted(safe, sizeof(safe),
				       f->totals.notes[i]));
	return 0;
}

/* --- JSON -------------------------------------------------------------- */

static struct tree *measured(const struct forecast *f)
{
	struct tree *object = tree_object();

	tree_int(object, "interval_ns", f->totals.interval_ns);
	tree_int(object, "wall_ns", f->totals.wall_ns);
	tree_int(object, "own_cpu_ns", f->totals.own_cpu_ns);
	tree_real(object, "own_core_percent", forecast_own_percent(f));
	if (f->totals.counted)
		tree_int(object, "calls", f->totals.calls);
	tree_real(object, "calls_per_second", forecast_calls_per_s(f));
	tree_real(object, "own_cpu_ns_per_call", forecast_own_ns(f));
	if (!f->projected)
		return object;
	tree_int(object, "loop_call_ns", f->strace.bare_ns);
	tree_int(object, "loop_call_strace_ns", f->strace.traced_ns);
	return object;
}

static struct tree *projected(const struct forecast *f)
{
	struct tree *object = tree_object();

	tree_real(object, "added_ns_per_call", forecast_added_ns(f));
	tree_real(object, "wall_percent", forecast_wall_percent(f));
	tree_real(object, "factor", forecast_factor(f));
	return object;
}

int forecast_print_json(FILE *out, const struct forecast *f, struct why *why)
{
	struct tree *top = tree_object(), *notes = tree_list();

	for (size_t i = 0; i < f->totals.n_notes; i++)
		tree_text(notes, NULL, f->totals.notes[i]);
	tree_text(top, "version", PACKAGE_VERSION);
	tree_text(top, "target", f->target);
	tree_text(top, "collector", f->totals.collector);
	tree_part(top, "measured", measured(f));
	if (f->projected)
		tree_part(top, "projected", projected(f));
	else
		tree_text(top, "reason", f->reason);
	tree_part(top, "notes", notes);
	return tree_print(out, top, why);
}
