/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff_print.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/grid.h"
#include "report/tree.h"

#define DEFAULT_ROWS 10

/* --- text -------------------------------------------------------------- */

static void print_side(FILE *out, const struct observed_side *side,
		       const char *letter, const char *files)
{
	double length_ns = 0;
	char safe[256], name[64];

	for (size_t i = 0; i < side->n; i++)
		length_ns += side->length_ns[i];
	fprintf(out, "%s: %zu %s%s, %.3f s in all, by %s: %s\n", letter,
		side->n, side->of_intervals ? "interval" : "run",
		side->n == 1 ? "" : "s", length_ns / 1e9,
		side->collector ? text_untrusted(name, sizeof(name),
						 side->collector) :
				  "several collectors",
		text_untrusted(safe, sizeof(safe), files));
	if (side->of_intervals)
		fprintf(out, "note: %s is one run, whose intervals are no "
			"independent repeats: what is marked may be of that "
			"run alone; better take several runs\n", letter);
	if (side->calls_lost)
		fprintf(out, "note: %s has reports that have lost calls\n",
			letter);
	if (!side->all_calls)
		fprintf(out, "note: %s has reports without each call: what has "
			"no row there is not known\n", letter);
}

static void print_head(FILE *out, const struct observations *o,
		       const struct diff *diff, const struct options *options)
{
	const char *a = o->sides[0].collector, *b = o->sides[1].collector;

	diff_print_verdict(out, o, diff);
	putc('\n', out);
	print_side(out, &o->sides[0], "A", options->diff[0]);
	print_side(out, &o->sides[1], "B", options->diff[1]);
	if (!a || !b || strcmp(a, b))
		fputs("note: A and B were not measured by the same collector; "
		      "times may differ for that\n", out);
	putc('\n', out);
}

static void put_number(struct grid *grid, const struct comparison *c,
		       double value)
{
	static const struct {
		double least;
		const char *unit;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" },
		      { 1, "ns" } };
	const char *mark = c->estimated ? "~" : "";
	size_t i = 0;

	if (c->of == OBSERVED_CALLS) {
		grid_printf(grid, "%s%.*f", mark, value < 10 ? 3 :
			    value < 1000 ? 1 : 0, value);
		return;
	}
	while (i < 3 && value < units[i].least)
		i++;
	grid_printf(grid, "%s%.4g %s", mark, value / units[i].least,
		    units[i].unit);
}

static void put_factor(struct grid *grid, double factor)
{
	grid_printf(grid, factor < 10 ? "%.3f" : "%.1f", factor);
}

static void put_test(struct grid *grid, const struct comparison *comparison)
{
	const struct change *c = &comparison->change;

	if (c->known)
		put_factor(grid, c->ratio);
	else
		grid_put(grid, "-");
	if (c->known && c->tested) {
		put_factor(grid, c->low);
		put_factor(grid, c->high);
	} else {
		grid_put(grid, "-");
		grid_put(grid, "-");
	}
	if (!c->tested || comparison->aside)
		grid_put(grid, "-");
	else if (c->p < 0.0001)
		grid_put(grid, "<0.0001");
	else
		grid_printf(grid, "%.4f", c->p);
}

static void put_line(struct grid *grid, const struct diff_row *row,
		     const struct comparison *c)
{
	char words[256];

	put_number(grid, c, c->change.before);
	put_number(grid, c, c->change.after);
	put_test(grid, c);
	grid_put(grid, c->differs ? "*" : "");
	grid_put(grid, diff_words(words, sizeof(words), row, c));
	grid_put_untrusted(grid, row->row->name);
}

/* All of what differs; of others how often and how long. */
static void put_row(struct grid *grid, const struct diff *diff,
		    const struct diff_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->differs || !diff->tested ||
		    (row->list[i].of <= OBSERVED_WALL &&
		     !row->list[i].aside))
			put_line(grid, row, &row->list[i]);
}

static int print_table(FILE *out, const struct diff *diff, size_t n)
{
	static const char *const heads[] = {
		"before", "after", "factor", "from", "to", "p",
	};
	struct grid grid;

	grid_init(&grid, 9);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		grid_head(&grid, heads[i], false);
	grid_head(&grid, "", true);
	grid_head(&grid, "what", true);
	grid_head(&grid, "of", true);
	for (size_t i = 0; i < n; i++)
		put_row(&grid, diff, &diff->rows[i]);
	return grid_print(&grid, out);
}

/* What cannot be compared, as one side may just not have counted it. */
static void print_only(FILE *out, const struct diff *diff)
{
	size_t n = 0;
	char safe[256];

	for (size_t i = 0; i < diff->n; i++) {
		const struct diff_row *row = &diff->rows[i];

		if (row->only && n++ < DEFAULT_ROWS)
			fprintf(out, "%s%s", n == 1 ? "not in both, and so not "
				"compared: " : ", ",
				text_untrusted(safe, sizeof(safe),
					       row->row->name));
	}
	if (n > DEFAULT_ROWS)
		fprintf(out, " and %zu more", n - DEFAULT_ROWS);
	if (n)
		putc('\n', out);
}

static size_t rows_to_show(const struct diff *diff,
			   const struct options *options)
{
	size_t n = options->max_rows ? options->max_rows :
		   diff->differing > DEFAULT_ROWS ? diff->differing :
		   DEFAULT_ROWS;

	return n < diff->n ? n : diff->n;
}

int diff_print_text(FILE *out, const struct observations *o,
		    const struct diff *diff, const struct options *options,
		    struct why *why)
{
	size_t n = rows_to_show(diff, options);

	print_head(out, o, diff, options);
	if (print_table(out, diff, n))
		return why_set(why, ENOMEM, "out of memory for the report");
	if (n < diff->n)
		fprintf(out, "%zu more rows; --rows shows more\n",
			diff->n - n);
	print_only(out, diff);
	fprintf(out, "factor: of geometric means, with its 95%% interval; p by "
		"Welch's t test of logarithms,\ncorrected by Holm's method for "
		"%zu comparisons; *: p is below %g, and the factor %g or "
		"more,\nor its inverse\n", diff->compared, DIFF_LEVEL,
		DIFF_LEAST);
	return 0;
}

/* --- JSON -------------------------------------------------------------- */

static struct tree *of_side(const struct observed_side *side,
			    const char *files)
{
	struct tree *object = tree_object(), *names = tree_list();
	char *copy = strdup(files), *rest = copy, *name;
	double length_ns = 0;

	for (size_t i = 0; i < side->n; i++)
		length_ns += side->length_ns[i];
	while ((name = strsep(&rest, ",")))
		tree_text(names, NULL, name);
	free(copy);
	tree_part(object, "files", names);
	tree_int(object, "runs", (int64_t)side->runs);
	tree_int(object, "observations", (int64_t)side->n);
	tree_bool(object, "of_intervals", side->of_intervals);
	tree_bool(object, "launched", side->launched);
	tree_bool(object, "all_calls", side->all_calls);
	tree_bool(object, "calls_lost", side->calls_lost);
	tree_int(object, "length_ns", llround(length_ns));
	if (side->collector)
		tree_text(object, "collector", side->collector);
	return object;
}

static struct tree *of_comparison(const struct diff_row *row,
				  const struct comparison *c)
{
	static const char *const of[OBSERVED_COUNT] = {
		"calls", "wall_ns", "cpu_ns", "blocked_ns", "runq_ns",
	};
	static const char *const per[] = {
		[PER_CALL] = "call", [PER_REQUEST] = "request",
		[PER_RUN] = "run", [PER_SECOND] = "second",
	};
	struct tree *object = tree_object();
	const struct change *change = &c->change;

	tree_text(object, "of", c->of == OBSERVED_CALLS &&
		  row->row->of_requests ? "requests" : of[c->of]);
	tree_text(object, "per", per[c->per]);
	tree_real(object, "before", change->before);
	tree_real(object, "after", change->after);
	if (change->known)
		tree_real(object, "factor", change->ratio);
	if (change->known && change->tested) {
		tree_real(object, "low", change->low);
		tree_real(object, "high", change->high);
	}
	if (change->tested && !c->aside)
		tree_real(object, "p", change->p);
	tree_bool(object, "differs", c->differs);
	tree_bool(object, "estimated", c->estimated);
	return object;
}

static struct tree *of_row(const struct diff_row *row)
{
	struct tree *object = tree_object(), *list = tree_list();

	tree_text(object, "row", row->row->name);
	if (row->row->call)
		tree_text(object, "syscall", row->row->call);
	if (row->unit == PER_REQUEST)
		tree_text(object, "request", row->row->requests->name);
	tree_bool(object, "differs", row->differs);
	tree_bool(object, "only", row->only);
	tree_int(object, "cost_ns", llround(row->cost_ns));
	for (size_t i = 0; i < row->n; i++)
		tree_part(list, NULL, of_comparison(row, &row->list[i]));
	tree_part(object, "comparisons", list);
	return object;
}

int diff_print_json(FILE *out, const struct observations *o,
		    const struct diff *diff, const struct options *options,
		    struct why *why)
{
	struct tree *top = tree_object(), *rows = tree_list();
	size_t n = options->max_rows && options->max_rows < diff->n ?
		   options->max_rows : diff->n;
	char *verdict = NULL;
	size_t len = 0;
	FILE *words = open_memstream(&verdict, &len);

	if (words) {
		diff_print_verdict(words, o, diff);
		fclose(words);
	}
	tree_text(top, "version", PACKAGE_VERSION);
	tree_text(top, "verdict", verdict ? verdict : "");
	tree_bool(top, "tested", diff->tested);
	tree_int(top, "compared", (int64_t)diff->compared);
	tree_int(top, "differing", (int64_t)diff->differing);
	tree_real(top, "level", DIFF_LEVEL);
	tree_real(top, "least_factor", DIFF_LEAST);
	tree_part(top, "before", of_side(&o->sides[0], options->diff[0]));
	tree_part(top, "after", of_side(&o->sides[1], options->diff[1]));
	for (size_t i = 0; i < n; i++)
		tree_part(rows, NULL, of_row(&diff->rows[i]));
	tree_part(top, "rows", rows);
	free(verdict);
	return tree_print(out, top, why);
}
