/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "diff_print.h"

#define MAX_WORDS 128

static const char *unit_words(char *buf, size_t size,
			      const struct diff_row *row, enum diff_unit per)
{
	switch (per) {
	case PER_CALL:
		return row->row->of_requests ? "request" : "call";
	case PER_REQUEST:
		return text_untrusted(buf, size, row->row->requests->name);
	case PER_RUN:
		return "run";
	case PER_SECOND:
		break;
	}
	return "s";
}

char *diff_words(char *buf, size_t size, const struct diff_row *row,
		 const struct comparison *c)
{
	static const char *const of[OBSERVED_COUNT] = {
		"calls", "wall", "cpu", "blocked", "runq",
	};
	char safe[MAX_WORDS];

	snprintf(buf, size, "%s per %s", c->of == OBSERVED_CALLS &&
		 row->row->of_requests ? "requests" : of[c->of],
		 unit_words(safe, sizeof(safe), row, c->per));
	return buf;
}

static void print_times(FILE *out, const struct change *c)
{
	fprintf(out, c->ratio < 10 ? "%.2f" : "%.0f", c->ratio);
	fputs(" times", out);
}

static const struct comparison *differing(const struct diff_row *row,
					  enum observed of,
					  enum diff_unit per)
{
	const struct comparison *c = diff_find(row, of, per);

	return c && c->differs ? c : NULL;
}

static void print_calls(FILE *out, const struct diff_row *row,
			const struct comparison *c)
{
	char words[MAX_WORDS];
	double more = c->change.after - c->change.before;

	fprintf(out, "%.4g %s %s (%.4g before, %.4g after)", fabs(more),
		more < 0 ? "fewer" : "more",
		diff_words(words, sizeof(words), row, c), c->change.before,
		c->change.after);
}

/* One that was not there at all, or is not any more. */
static bool print_new(FILE *out, const struct diff_row *row,
		      const struct comparison *calls)
{
	char name[MAX_WORDS], words[MAX_WORDS];
	bool is_new;

	if (!calls || calls->change.known)
		return false;
	is_new = calls->change.before <= 0;
	fprintf(out, "%s is only in %s: %.4g %s",
		text_untrusted(name, sizeof(name), row->row->name),
		is_new ? "B" : "A", is_new ? calls->change.after :
					     calls->change.before,
		diff_words(words, sizeof(words), row, calls));
	return true;
}

static void print_other(FILE *out, const struct diff_row *row)
{
	char name[MAX_WORDS], words[MAX_WORDS];

	for (size_t i = 0; i < row->n; i++) {
		const struct comparison *c = &row->list[i];

		if (!c->differs)
			continue;
		text_untrusted(name, sizeof(name), row->row->name);
		diff_words(words, sizeof(words), row, c);
		if (!c->change.known) {
			fprintf(out, "%s has %s only in %s", name, words,
				c->change.before <= 0 ? "B" : "A");
			return;
		}
		fprintf(out, "B has ");
		print_times(out, &c->change);
		fprintf(out, " the %s of %s", words, name);
		return;
	}
}

static void print_row(FILE *out, const struct diff_row *row)
{
	const struct comparison *calls = differing(row, OBSERVED_CALLS,
						   row->unit);
	const struct comparison *wall = differing(row, OBSERVED_WALL,
						  row->unit);
	const struct comparison *each = differing(row, OBSERVED_WALL,
						  PER_CALL);
	char name[MAX_WORDS], unit[MAX_WORDS];

	if (print_new(out, row, calls))
		return;
	if (!calls && (!wall || !wall->change.known)) {
		print_other(out, row);
		return;
	}
	/* By request the name has it already. */
	text_untrusted(name, sizeof(name), row->row->name);
	unit_words(unit, sizeof(unit), row, row->unit);
	if (wall && wall->change.known) {
		fputs("B spends ", out);
		print_times(out, &wall->change);
		fprintf(out, " as long in %s", name);
	} else {
		fprintf(out, "B makes ");
		print_times(out, &calls->change);
		fprintf(out, " as many calls of %s", name);
	}
	if (row->unit != PER_REQUEST)
		fprintf(out, " per %s", row->unit == PER_RUN ? "run" : "s");
	if (calls) {
		fputs(": ", out);
		print_calls(out, row, calls);
	}
	if (each && each->change.known) {
		fputs(calls ? ", each taking " : ": each takes ", out);
		print_times(out, &each->change);
		fputs(" as long", out);
	}
}

/* A call says more than a request that it is part of, and by the request or
 * run more than by the second. */
static const struct diff_row *telling(const struct diff *diff)
{
	const struct diff_row *call = NULL;

	for (size_t i = 0; i < diff->n && diff->rows[i].differs; i++) {
		const struct diff_row *row = &diff->rows[i];

		if (row->row->call && row->unit != PER_SECOND)
			return row;
		if (row->row->call && !call)
			call = row;
	}
	return call ? call : &diff->rows[0];
}

void diff_print_verdict(FILE *out, const struct observations *o,
			const struct diff *diff)
{
	if (diff->differing) {
		print_row(out, telling(diff));
		if (diff->differing > 1)
			fprintf(out, "; %zu more row%s differ%s",
				diff->differing - 1,
				diff->differing > 2 ? "s" : "",
				diff->differing > 2 ? "" : "s");
		return;
	}
	if (diff->tested)
		fprintf(out, "no significant difference, in %zu comparisons "
			"of %zu rows", diff->compared, diff->n);
	else
		fprintf(out, "%zu and %zu observation%s say nothing of chance: "
			"take %d runs of each, or more; here are the factors "
			"alone", o->sides[0].n, o->sides[1].n,
			o->sides[1].n == 1 ? "" : "s", STATS_LEAST_PAIRS);
}
