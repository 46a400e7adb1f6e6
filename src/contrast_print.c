/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "contrast_print.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/grid.h"
#include "report/tree.h"

/* Calls that are counted differently, in text; JSON has all of them. */
#define MAX_DIFFERING 10

/* --- cells of the table ------------------------------------------------ */

/* Two digits behind the point are more than a factor of 30 is good for. */
static int decimals(double value)
{
	return value < 10 ? 2 : value < 100 ? 1 : 0;
}

static void put_real(struct grid *grid, double value, int n)
{
	if (isnan(value))
		grid_put(grid, "-");
	else
		grid_printf(grid, "%.*f", n, value);
}

static void put_factor(struct grid *grid, const struct factor *f)
{
	if (f->known)
		put_real(grid, f->ratio, decimals(f->ratio));
	else
		grid_put(grid, "-");
	if (f->bounded)
		grid_printf(grid, "%.*f to %.*f", decimals(f->high), f->low,
			    decimals(f->high), f->high);
	else
		grid_put(grid, "-");
}

/* How a command ended. */
static void end_words(char *buf, size_t size, const struct contest_way *way)
{
	if (way->signal)
		snprintf(buf, size, "signal %d", way->signal);
	else
		snprintf(buf, size, "exit status %d", way->status);
}

static void put_remark(struct grid *grid, const struct contest *t, size_t i)
{
	int reference = contest_reference(t);
	size_t n = contest_count_differing(t, i);
	char words[32];

	end_words(words, sizeof(words), &t->ways[i]);
	if (t->ways[i].varies)
		grid_put(grid, "ends now so, now so");
	else if (!contest_is_fair(t, i))
		grid_printf(grid, "it ended otherwise: %s", words);
	else if (way_table[i].scope == SCOPE_NONE)
		grid_put(grid, i ? "counts no calls" : "-");
	else if (reference < 0)
		grid_put(grid, "-");
	else if ((size_t)reference == i)
		grid_put(grid, "all calls");
	else if (n)
		grid_printf(grid, "%zu differ%s", n, n == 1 ? "s" : "");
	else
		grid_printf(grid, "%sas %s", way_table[i].scope == SCOPE_ALL ?
			    "" : way_table[i].scope == SCOPE_MOST ?
			    "most calls, " : "some calls, ",
			    way_table[reference].name);
}

static void put_way(struct grid *grid, const struct contest *t, size_t i)
{
	struct factor f = contest_factor(t, i);

	if (!i)
		f.bounded = false;
	grid_put(grid, way_table[i].name);
	grid_printf(grid, "%zu", t->ways[i].runs);
	put_real(grid, contest_wall_ns(t, i) / NS_PER_SEC, 3);
	put_factor(grid, &f);
	put_real(grid, contest_start_ns(t, i) / NS_PER_SEC, 3);
	put_real(grid, contest_added_ns(t, i), 0);
	put_real(grid, contest_calls(t, i), 0);
	put_remark(grid, t, i);
}

static int print_ways(FILE *out, const struct contest *t)
{
	static const char *const heads[] = {
		"way", "runs", "wall s", "factor", "95%", "start s",
		"ns/call", "calls", "counts",
	};
	const int n = sizeof(heads) / sizeof(*heads);
	struct grid grid;

	grid_init(&grid, n);
	for (int i = 0; i < n; i++)
		grid_head(&grid, heads[i], i == 0 || i == n - 1);
	for (size_t i = 0; i < t->n_ways; i++)
		if (t->ways[i].runs)
			put_way(&grid, t, i);
	return grid_print(&grid, out);
}

/* --- calls ------------------------------------------------------------- */

static bool any_differs(const struct contest *t, size_t name)
{
	for (size_t i = 0; i < t->n_ways; i++)
		if (contest_differs(t, i, name))
			return true;
	return false;
}

static void put_span(struct grid *grid, const struct span *span)
{
	if (!span)
		grid_put(grid, "-");
	else if (span->least == span->most)
		grid_printf(grid, "%llu", (unsigned long long)span->most);
	else
		grid_printf(grid, "%llu-%llu",
			    (unsigned long long)span->least,
			    (unsigned long long)span->most);
}

static bool counts(const struct contest *t, size_t i)
{
	return t->ways[i].runs && way_table[i].scope != SCOPE_NONE;
}

static int print_differing(FILE *out, const struct contest *t)
{
	struct grid grid;
	size_t n = 0, shown = 0;
	int columns = 1, err;

	for (size_t name = 0; name < t->names.n; name++)
		n += any_differs(t, name);
	if (!n)
		return 0;
	for (size_t i = 0; i < t->n_ways; i++)
		columns += counts(t, i);
	grid_init(&grid, columns);
	grid_head(&grid, "calls counted by", true);
	for (size_t i = 0; i < t->n_ways; i++)
		if (counts(t, i))
			grid_head(&grid, way_table[i].name, false);
	for (size_t name = 0; name < t->names.n; name++) {
		if (!any_differs(t, name) || shown++ >= MAX_DIFFERING)
			continue;
		grid_put(&grid, t->names.list[name].name);
		for (size_t i = 0; i < t->n_ways; i++)
			if (counts(t, i))
				put_span(&grid, contest_span(t, i, name));
	}
	putc('\n', out);
	err = grid_print(&grid, out);
	if (n > MAX_DIFFERING)
		fprintf(out, "and %zu more\n", n - MAX_DIFFERING);
	return err;
}

/* Calls that the reference itself has now so often, now so often. */
static void print_varying(FILE *out, const struct contest *t)
{
	int reference = contest_reference(t);
	size_t n = 0;

	for (size_t name = 0; reference >= 0 && name < t->names.n; name++) {
		const struct span *span = contest_span(t, (size_t)reference,
						     name);

		if (!span || span->least == span->most)
			continue;
		if (n++ < MAX_DIFFERING)
			fprintf(out, "%s %s %llu-%llu", n == 1 ?
				"\nof one run and another, the command's own "
				"calls vary:" : ",", t->names.list[name].name,
				(unsigned long long)span->least,
				(unsigned long long)span->most);
	}
	if (n > MAX_DIFFERING)
		fprintf(out, " and %zu more", n - MAX_DIFFERING);
	if (n)
		fprintf(out, " (by %s)\n", way_table[reference].name);
}

static void print_absent(FILE *out, const struct contest *t)
{
	char safe[1024];
	size_t n = 0;

	for (size_t i = 0; i < t->n_ways; i++) {
		const struct contest_way *way = &t->ways[i];

		if (way->there)
			continue;
		fprintf(out, "%snot compared: %s: %s\n", n++ ? "" : "\n",
			way_table[i].name,
			text_untrusted(safe, sizeof(safe), way->reason));
	}
}

static void print_head(FILE *out, const struct contest *t, char *const *command)
{
	char safe[256], words[32];

	for (; *command; command++)
		fprintf(out, "%s%s", text_untrusted(safe, sizeof(safe),
						    *command),
			command[1] ? " " : "");
	if (t->ways[0].status) {
		end_words(words, sizeof(words), &t->ways[0]);
		fprintf(out, " (it fails: %s)", words);
	}
	fputs("\n\n", out);
}

int contrast_print_text(FILE *out, const struct contest *t,
			char *const *command, struct why *why)
{
	print_head(out, t, command);
	if (print_ways(out, t))
		return why_set(why, ENOMEM, "out of memory for the report");
	fputs("wall: median; factor: mean of the rounds' ratios to the bare "
	      "run; start: what a\ncommand that does nothing takes more; "
	      "ns/call: added wall but start, by all calls\n", out);
	if (print_differing(out, t))
		return why_set(why, ENOMEM, "out of memory for the report");
	print_varying(out, t);
	print_absent(out, t);
	return 0;
}

/* --- JSON -------------------------------------------------------------- */

/* A whole number of nanoseconds, where it is known. */
static void set_ns(struct tree *object, const char *key, double ns)
{
	if (isfinite(ns))
		tree_int(object, key, llround(ns));
}

static void set_differing(struct tree *object, const struct contest *t,
			  size_t i)
{
	struct tree *names = tree_list();

	for (size_t name = 0; name < t->names.n; name++)
		if (contest_differs(t, i, name))
			tree_text(names, NULL, t->names.list[name].name);
	tree_part(object, "differing", names);
}

static void set_runs(struct tree *object, const struct contest *t, size_t i)
{
	const struct contest_way *way = &t->ways[i];
	struct factor f = contest_factor(t, i);
	struct tree *walls = tree_list();

	for (size_t k = 0; k < way->runs; k++)
		tree_int(walls, NULL, llround(way->wall_ns[k]));
	tree_part(object, "wall_ns", walls);
	set_ns(object, "wall_median_ns", contest_wall_ns(t, i));
	if (f.known)
		tree_real(object, "factor", f.ratio);
	if (f.bounded && i) {
		tree_real(object, "factor_low", f.low);
		tree_real(object, "factor_high", f.high);
	}
	set_ns(object, "start_ns", contest_start_ns(t, i));
	set_ns(object, "added_ns_per_call", contest_added_ns(t, i));
	set_ns(object, "calls", contest_calls(t, i));
	tree_int(object, "status", way->status);
	if (way->signal)
		tree_int(object, "signal", way->signal);
	tree_bool(object, "comparable", contest_is_fair(t, i));
	if (way_table[i].scope != SCOPE_NONE)
		set_differing(object, t, i);
}

static struct tree *of_way(const struct contest *t, size_t i)
{
	static const char *const scopes[] = {
		[SCOPE_NONE] = "none", [SCOPE_ALL] = "all",
		[SCOPE_MOST] = "most", [SCOPE_SOME] = "some",
	};
	struct tree *object = tree_object();

	tree_text(object, "way", way_table[i].name);
	tree_text(object, "counts", scopes[way_table[i].scope]);
	tree_int(object, "runs", (int64_t)t->ways[i].runs);
	if (t->ways[i].there)
		set_runs(object, t, i);
	else
		tree_text(object, "reason", t->ways[i].reason);
	return object;
}

static struct tree *of_call(const struct contest *t, size_t name)
{
	struct tree *object = tree_object(), *by = tree_object();

	for (size_t i = 0; i < t->n_ways; i++) {
		const struct span *span = contest_span(t, i, name);
		struct tree *both = span ? tree_list() : NULL;

		if (!span)
			continue;
		tree_int(both, NULL, (int64_t)span->least);
		tree_int(both, NULL, (int64_t)span->most);
		tree_part(by, way_table[i].name, both);
	}
	tree_text(object, "syscall", t->names.list[name].name);
	tree_part(object, "calls", by);
	return object;
}

int contrast_print_json(FILE *out, const struct contest *t,
			char *const *command, struct why *why)
{
	struct tree *top = tree_object(), *words = tree_list();
	struct tree *ways = tree_list(), *calls = tree_list();
	int reference = contest_reference(t);

	for (; *command; command++)
		tree_text(words, NULL, *command);
	for (size_t i = 0; i < t->n_ways; i++)
		tree_part(ways, NULL, of_way(t, i));
	for (size_t name = 0; name < t->names.n; name++)
		tree_part(calls, NULL, of_call(t, name));
	tree_text(top, "version", PACKAGE_VERSION);
	tree_part(top, "command", words);
	if (reference >= 0)
		tree_text(top, "reference", way_table[reference].name);
	tree_part(top, "ways", ways);
	tree_part(top, "calls", calls);
	return tree_print(out, top, why);
}
